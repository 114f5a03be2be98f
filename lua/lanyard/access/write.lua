-- The safe write: the one way in which lanyard changes the policy of a repository.
--
-- ECR keeps one text a repository, replaces it whole, and has no conditional write. So a change is a
-- round of
--     lock, read, edit, journal, write, read back
-- repeated until the edit is seen in place:
--   * What cannot be read or parsed is not written over (lanyard.access.store).
--   * The old text is in the journal before the write, so that a change can be undone and a killed
--     one is understood by the next (lanyard.access.journal).
--   * Rivals on this machine wait for the lock. A rival elsewhere can only overwrite this change
--     with a text it read before: from sending the read to sending the write no more than `bound`
--     passes, or it reads again. With `settle` the policy is read once more after twice the
--     bound, when such a rival's request has arrived, if no request travels longer than the bound.
--     Where another writer won, the edit is made anew on the text that is there.
--   * The requests of a round are not repeated blindly by the client: after a fault the next round
--     begins with a new read.
-- The lock is held for a round, not while waiting for the next.

local errors = require "lanyard.errors"
local journal = require "lanyard.access.journal"
local lock = require "lanyard.lock"
local policy = require "lanyard.policy"
local refusal = require "lanyard.access.refusal"
local retry = require "lanyard.aws.retry"
local store = require "lanyard.access.store"

local M = {}

local Change = {}
Change.__index = Change

local function tell(self, text)
  if self.options.progress then
    self.options.progress(text)
  end
end

-- ---------------------------------------------------------------------------------------------
-- How a round ends: "done", result | "failed", err | "again", seconds to wait first

-- After a request that failed on its way or was throttled.
function Change:fault(err)
  self.faults = self.faults + 1
  if self.faults > self.limits.faults then
    return "failed", err
  end
  return "again", self.clock.random() * math.min(8, 0.5 * 2 ^ (self.faults - 1))
end

-- After another writer's text took the place of ours.
function Change:rival()
  self.rivals = self.rivals + 1
  if self.rivals > self.limits.contention then
    return "failed", errors.new {
      code = "Contended",
      message = ("another writer changed the policy of '%s' after each of %d writes; gave up")
        :format(self.name, self.rivals),
      tip = "find out what else writes this policy, then run the command again",
    }
  end
  return "again", self.clock.random() * math.min(2, 0.1 * 2 ^ self.rivals)
end

-- After the time between read and write ran out.
function Change:late()
  self.overdue = self.overdue + 1
  if self.overdue > self.limits.overdue then
    return "failed", errors.new {
      code = "TooSlow",
      message = ("reading the policy of '%s' took over %g s %d times; nothing was written, since it may have "
        .. "changed meanwhile"):format(self.name, self.limits.bound, self.overdue),
      tip = "try again on a faster connection or with fewer calls at once",
    }
  end
  return "again", 0
end

-- After ECR refused the text: a role may only be unknown yet. A role that appeared moments ago is
-- waited for in any case; another one where no other principal can be the reason.
function Change:refused(err, doc)
  local kind = refusal.kind(err)
  local waits = kind == "principal" and self.options.await_principal and not refusal.has_orphans(doc)
  if not (waits or kind and self.options.fresh) then
    return "failed", refusal.explain(err, doc, self.name)
  end
  self.refusals = self.refusals + 1
  self.refused_at = self.refused_at or self.clock.now()
  local wait = refusal.principal_wait(self.refusals)
  if self.clock.now() + wait > self.refused_at + self.limits.principal then
    return "failed", refusal.explain(err, doc, self.name)
  end
  tell(self, ("%s: IAM does not know the role yet; trying again in %d s"):format(self.name, wait))
  return "again", wait
end

-- ---------------------------------------------------------------------------------------------
-- The steps of a round

-- Whether a read shows what this machine replaced a moment ago: ECR may answer from an older copy.
function Change:is_stale(found)
  local last = self.journal:last()
  if not last or last.state ~= "done" or type(last.closed) ~= "number" then
    return false
  end
  local age = self.clock.time() - last.closed
  local in_place = store.is(found)
  return age >= 0 and age < self.limits.lag and in_place(last.before) and not in_place(last.after)
end

-- What the rules are told of the change, or of a part of it; `before` and `after` are documents.
function Change:facts(part, before, after)
  return {
    on = part.on or self.options.action,
    repository = self.repository,
    service = part.service or self.options.service,
    grant = part.grant or self.options.record,
    before = before and tostring(before),
    after = after and tostring(after),
    dry_run = self.options.dry_run,
  }
end

-- What the policy shall be. --> document | nil, changed, detail; or nil, nil, err
function Change:propose(found)
  local wanted = found and found:copy() or policy.new()
  local outcome, detail = self.edit(wanted, found)
  if outcome == nil then
    return nil, nil, detail
  elseif outcome == false then
    return found, false, detail
  elseif outcome ~= true then
    wanted = outcome
  end
  if wanted:empty() then
    return nil, found ~= nil, detail
  end
  if wanted:size() > policy.LIMIT then
    return nil, nil, errors.new {
      code = "PolicyTooLarge",
      message = ("the policy of '%s' would have %d characters; ECR takes %d")
        :format(self.name, wanted:size(), policy.LIMIT),
      tip = ("make room: lanyard revoke --orphans %s, or pass --fold (to grant, plan, apply), which joins lanyard's "
        .. "own statements into one"):format(self.name),
      size = wanted:size(),
      limit = policy.LIMIT,
    }
  end
  return wanted, true, detail
end

-- The parts of a change, one unless it has several.
local function parts_of(of)
  return of and of.parts or { {} }
end

-- The same, where the rules permit all parts of it.
function Change:plan(found)
  local wanted, changed, detail = self:propose(found)
  local parts = changed and parts_of(detail) or {}
  for _, part in ipairs(parts) do
    local ok, err = self.region:permitted(self:facts(part, found, wanted))
    if not ok then
      if #parts > 1 and err.tip then
        err.tip = ("%s\nall changes of '%s' are one write: none of the %d was made"):format(err.tip, self.name, #parts)
      end
      return nil, nil, err
    end
  end
  return wanted, changed, detail
end

function Change:result(found, wanted, changed, detail)
  return {
    changed = changed,
    detail = detail,
    before = found and tostring(found),
    after = wanted and tostring(wanted),
    deleted_policy = changed and wanted == nil,
    diff = changed and (found or policy.new()):diff(wanted or policy.new(), {
      from = found and self.name or "no policy",
      to = wanted and self.name or "no policy",
    }) or "",
  }
end

-- Reads back until the edit is seen in place. A read that shows the old text may only be late.
function Change:confirm(entry, found, wanted)
  local give_up = self.clock.now() + self.limits.lag
  local pause = 0.1
  while true do
    local shown, err = store.read(self.client, self.name)
    if err and not err.retryable then
      return "failed", err
    elseif not err then
      if store.same(shown, wanted) or self.edit(shown and shown:copy() or policy.new(), shown) == false then
        return "done"
      elseif not store.same(shown, found) then
        break
      end
    end
    if self.clock.now() >= give_up then
      if err then
        return "failed", err
      end
      break
    end
    self.clock.sleep(pause)
    pause = math.min(pause * 2, 1)
  end
  self.journal:close(entry, "lost")
  return self:rival()
end

-- After a write that is known to be in place.
function Change:made(entry, result)
  self.entry, self.written, self.settled = entry.id, result, false
end

-- Learns from the journal how a write of this change ended whose answer was lost: this round found out,
-- or another lanyard between the rounds.
function Change:recall()
  local unanswered = self.unanswered
  if not unanswered then
    return true
  end
  self.unanswered = nil
  local entry, err = self.journal:closed(unanswered.entry.id)
  if entry and entry.state == "done" then
    self:made(entry, unanswered.result)
  end
  return not err, err
end

-- Journals and writes, and sees that it is in place.
function Change:perform(found, wanted, result, read_at)
  local entry, err = self.journal:intend {
    action = self.options.action,
    detail = self.options.record,
    endpoint = self.client.endpoint,
    account = self.account,
    region = self.region.name,
    repository = self.name,
    before = found and tostring(found),
    after = wanted and tostring(wanted),
  }
  if not entry then
    return "failed", err
  end
  if self.clock.now() - read_at > self.limits.bound then
    self.journal:forget(entry)
    return self:late()
  end
  local ok
  ok, err = store.write(self.client, self.name, wanted)
  if not ok then
    local open = retry.may_have_happened(err)
    if open then
      self.unanswered = { entry = entry, result = result }
    else
      self.journal:forget(entry)
    end
    if err.retryable or open then
      return self:fault(err)
    end
    return self:refused(err, wanted)
  end

  local ending, value = self:confirm(entry, found, wanted)
  if ending == "done" then
    -- Should this fail, the entry stays open and the next change closes it.
    self.journal:close(entry, "done")
    self:made(entry, result)
    return "done", result
  elseif ending == "failed" then
    value.written = true
    value.tip = value.tip or "the write was accepted, but not seen in place: run the command again to make sure"
  end
  return ending, value
end

function Change:round()
  local held <close>, err = lock.wait(self.folder .. "/lock", self.clock, self.limits.lock)
  if not held then
    return "failed", err
  end
  local read_at = self.clock.now()
  local found
  found, err = store.read(self.client, self.name)
  if err then
    if err.retryable then
      return self:fault(err)
    end
    return "failed", err
  end
  local settled
  settled, err = self.journal:reconcile(store.is(found))
  if not settled then
    return "failed", err
  end
  self.recovered = self.recovered or settled -- later rounds find what this change itself left open
  local recalled
  recalled, err = self:recall()
  if not recalled then
    return "failed", err
  end
  if self:is_stale(found) then
    return "again", 0.2
  end

  local wanted, changed, detail = self:plan(found)
  if changed == nil then
    return "failed", detail
  end
  local result = self:result(found, wanted, changed, detail)
  if not changed then
    return "done", self.written or result
  end
  return self:perform(found, wanted, result, read_at)
end

function Change:run()
  local ok, err = self.journal:prepare()
  if not ok then
    return nil, err
  end
  while true do
    local ending, value = self:round()
    if ending == "failed" then
      return nil, value
    elseif ending == "again" then
      self.clock.sleep(value)
    elseif not self.options.settle or not self.written or self.settled then
      value.recovered = self.recovered
      value.entry = self.entry
      return value
    else
      self.settled = true
      tell(self, ("%s: waiting for rivals to settle"):format(self.name))
      self.clock.sleep(2 * self.limits.bound)
    end
  end
end

-- What a change would be, without lock, journal or write.
function Change:rehearse()
  local found, err = store.read(self.region.ecr, self.name)
  if err then
    return nil, err
  end
  local wanted, changed, detail = self:plan(found)
  if changed == nil then
    return nil, detail
  end
  return self:result(found, wanted, changed, detail)
end

-- change_policy(region, repository, edit, options) --> result | nil, err
--
-- edit(document, found) changes the document given, a copy of `found` (nil: there is no policy, and
-- the document is a new one). It returns true when it changed it, false when there is nothing to do,
-- another document to take its place, or nil and an err to refuse; and as second value a detail of
-- its own. It is called once a round and at each read-back, so its outcome must depend on nothing
-- but the document. Where it makes several changes at once, detail.parts = list of { on, service, grant },
-- each as action, service and record are below: the rules are asked about each of them.
--
-- options: action (for the journal and the rules), record (likewise: a table), service (for the rules; the one
-- that record.service names unless given), parts (those that the edit may tell of), dry_run, settle, progress(text),
-- await_principal (wait for IAM to know a role), fresh (the role appeared moments ago).
--
-- result: changed, detail, before, after (texts; absent: no policy), deleted_policy, diff, entry (the
-- journal's id), recovered (entries that a killed change had left open).
function M.change_policy(region, repository, edit, options)
  local change = setmetatable({
    region = region,
    client = region.ecr_once,
    repository = repository,
    name = repository.name,
    account = repository.registry_id,
    edit = edit,
    options = options,
    limits = region.limits,
    clock = region.clock,
    faults = 0,
    rivals = 0,
    overdue = 0,
    refusals = 0,
  }, Change)
  -- Before the round, whose time is bounded.
  for _, part in ipairs(parts_of(options)) do
    local ok, err = region:prepare_permit(change:facts(part))
    if not ok then
      return nil, err
    end
  end
  if options.dry_run then
    return change:rehearse()
  end
  local folder, err = region:state_folder(repository)
  if not folder then
    return nil, err
  end
  change.folder = folder
  change.journal = journal.open(folder, region.clock)
  return change:run()
end

return M
