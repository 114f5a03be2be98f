--- One round of a policy change: lock, read, edit, journal, write, read back.
---
--- A round ends with "done" and a result, "failed" and an error, or "again" and the seconds to wait first. The lock is
--- held for the round, not while waiting for the next one.

local lock = require "lanyard.lock"
local proposals = require "lanyard.access.write.proposal"
local read_back = require "lanyard.access.write.read_back"
local repository_policy = require "lanyard.access.repository_policy"
local retry = require "lanyard.aws.retry"

local M = {}

-- Whether a read returned what this machine has just replaced: ECR may answer from an older copy.
local function is_stale(change, current)
  local last = change.journal:last()
  if not last or last.state ~= "done" or type(last.closed) ~= "number" then
    return false
  end
  local age = change.clock.time() - last.closed
  local is_current = repository_policy.matcher(current)
  return age >= 0 and age < change.region.limits.lag and is_current(last.before) and not is_current(last.after)
end

-- Notes that a write of this change is sent. If the change settles, the policy is read once more after it, also when
-- another writer replaced it: what this change wrote may be in that writer's text and be overwritten again.
local function note_attempt(change)
  change.attempted, change.settled = true, false
end

-- Notes that a write of this change took effect.
local function note_written(change, entry, result)
  change.entry, change.written, change.settled = entry.id, result, false
end

-- Learns from the journal how a write of this change ended whose reply was lost: this round settled its entry, or
-- another lanyard did so between the rounds.
local function recall_unanswered(change)
  local unanswered = change.unanswered
  if not unanswered then
    return true
  end
  change.unanswered = nil
  local entry, err = change.journal:finished(unanswered.entry.id)
  if entry and entry.state == "done" then
    note_written(change, entry, unanswered.result)
  end
  return not err, err
end

local function begin_entry(change, current, document)
  local caller, access_key = change.region.session:known_caller()
  return change.journal:begin {
    action = change.options.action,
    run = change.region.run,
    detail = change.options.record,
    caller = caller,
    access_key = access_key,
    endpoint = change.client.endpoint,
    account = change.repository.registry_id,
    region = change.region.name,
    repository = change.name,
    before = current and tostring(current),
    after = document and tostring(document),
  }
end

-- Finishes an entry. If this fails, the entry stays open, which is reported, and the next change settles it. The next
-- change also removes the old entries that cannot be removed now.
local function finish(change, entry, state)
  local ok, err = change.journal:finish(entry, state, change.options.hold)
  if not ok then
    table.insert(change.journal.damaged, err)
  end
  change.journal:prune()
end

-- After a write that ECR did not confirm.
local function after_failed_write(change, entry, proposal, err)
  local may_have_happened = retry.may_have_happened(err)
  if may_have_happened then
    change.unanswered = { entry = entry, result = proposal.result }
  else
    change.journal:discard(entry)
  end
  if err.retryable or may_have_happened then
    return change.attempts:after_fault(err)
  end
  return change.attempts:after_refusal(err, proposal.document)
end

-- Journals, writes, and reads back.
local function perform(change, current, proposal, read_at)
  local entry, err = begin_entry(change, current, proposal.document)
  if not entry then
    return "failed", err
  elseif change.clock.now() - read_at > change.region.limits.bound then
    change.journal:discard(entry)
    return change.attempts:after_slow_read()
  end
  note_attempt(change)
  local ok
  ok, err = repository_policy.write(change.client, change.name, proposal.document)
  if not ok then
    return after_failed_write(change, entry, proposal, err)
  end
  local in_place
  in_place, err = read_back.is_in_place(change, current, proposal.document)
  if err then
    err.written = true
    err.tip = err.tip or "ECR accepted the write, but it could not be read back: run the command again to make sure"
    return "failed", err
  elseif not in_place then
    finish(change, entry, "lost")
    return change.attempts:after_overwrite()
  end
  finish(change, entry, "done")
  note_written(change, entry, proposal.result)
  return "done", proposal.result
end

-- Settles what interrupted changes left. true | nil, err
local function settle(change, current)
  local settled, err = change.journal:settle(repository_policy.matcher(current), change.options.hold)
  if not settled then
    return nil, err
  end
  -- Later rounds settle only what this change left open itself.
  change.recovered = change.recovered or settled
  change.attempted = change.attempted or #settled > 0
  return recall_unanswered(change)
end

--- Runs one round.
---@param change access.write.Change
---@return "done"|"failed"|"again" outcome
---@return access.write.Result|aws.Error|number value
function M.run(change)
  local held <close>, err = lock.wait(change.directory .. "/lock", change.clock, change.region.limits.lock)
  if not held then
    return "failed", err
  end
  local _ <close> = change.journal:locked()
  local read_at = change.clock.now()
  local current
  current, err = repository_policy.read(change.client, change.name)
  if err then
    if err.retryable then
      return change.attempts:after_fault(err)
    end
    return "failed", err
  end
  change.disturbed = change.disturbed or change.is_read and not repository_policy.same(current, change.last)
  change.first, change.last = change.is_read and change.first or current, current
  change.is_read = true
  local ok
  ok, err = settle(change, current)
  if not ok then
    return "failed", err
  elseif is_stale(change, current) then
    change.first, change.last, change.is_read = nil, nil, false
    return "again", 0.2
  end
  local proposal
  proposal, err = proposals.make(change, current)
  if not proposal then
    return "failed", err
  elseif not proposal.changed then
    return "done", change.written or proposal.result
  end
  return perform(change, current, proposal, read_at)
end

return M
