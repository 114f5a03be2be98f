--- Changes the policy of a repository safely. All changes that lanyard makes go through this module.
---
---     local result, err = write.change_policy(region, repository, function(doc)
---       return doc:allow { principal = arn, actions = policy.PULL_ACTIONS }
---     end, { action = "grant" })
---
--- ECR stores one text per repository, replaces it as a whole, and has no conditional write. So a change repeats the
--- round "lock, read, edit, journal, write, read back" until the edit is in place:
---   * A text that cannot be read or parsed is never overwritten (lanyard.access.repository_policy).
---   * The old text is in the journal before the write, so that a change can be undone, and the next change can
---     determine how an interrupted one ended (lanyard.access.journal).
---   * Other lanyards on this machine wait for the lock. One elsewhere can only overwrite this change with a text that
---     it read before: no more than `limits.bound` passes from sending the read to sending the write, or the policy is
---     read again. With `settle` the policy is read once more after twice that time, when the request of that writer
---     has arrived, if no request takes longer than the bound. Where another writer won, the edit is made again on the
---     current text. Only with `settle` do lanyards on several machines lose nothing of each other's: without it, a
---     write that is on its way when this change reads back arrives later (tests/model/safe_write.pml).
---   * The client does not repeat the requests of a round up to the write: after a failed request the next round begins
---     with a new read.

local attempts = require "lanyard.access.write.attempts"
local journal = require "lanyard.access.journal"
local lazy = require "lanyard.lazy"
local lock = require "lanyard.lock"
local proposals = require "lanyard.access.write.proposal"
local repository_policy = require "lanyard.access.repository_policy"
local retention = require "lanyard.access.journal.retention"
local round = require "lanyard.access.write.round"

local losses = lazy "lanyard.access.write.losses"

local M = {}

--- Changes a document. It is called once per round and for each read-back, so its outcome must depend on the document
--- alone.
---@alias access.write.Edit fun(document: policy.Document, current: policy.Document?): boolean|policy.Document|nil, any
---  document: a copy of `current`, or a new one if there is no policy. Returns true if it changed the document, false
---  if nothing is to change, another document that replaces it, or nil and an error. The second value is a detail; its
---  `parts` = list of { on, service, grant } names the changes that permit decides about one by one; with `whole`
---  they are one change.

---@class access.write.Options
---@field action? string   for the journal and permit
---@field record? table    what the journal and permit are to know of the change
---@field service? access.Service  for permit
---@field parts? table[]   the parts that the edit may return
---@field gives? ({ sid: string?, principal: string, actions: string[] }|{ document: policy.Document })[]  all that the
---  change may give, of a document what its Allow statements allow; a wider change is not written
---@field lifts_denies? boolean  with gives: the change may also give what Deny statements deny
---@field meant? policy.Document  instead of gives: allows all that the policy may allow after the change
---@field dry_run? boolean
---@field without_effect? boolean  the caller does not need what the change gives and takes, nor the difference
---@field settle? boolean  read the policy once more when other writers have finished
---@field progress? fun(text: string)
---@field await_principal? boolean  wait for IAM to propagate a role
---@field new_role? boolean         the role appeared moments ago
---@field hold? boolean  leave the journal entry of an undo unclosed; the caller holds the journal's undo lock

---@class access.write.Result
---@field changed boolean
---@field detail any        of the edit
---@field before? string    policy text, absent if there was no policy
---@field after? string     policy text, absent if there is no policy any more
---@field deleted_policy boolean
---@field diff string
---@field effect? { gives: string, takes: string }  if the policy changed or would change, for people
---@field entry? string     the id of the journal entry
---@field recovered? journal.Entry[]  entries that interrupted changes had left
---@field lost? access.write.Losses   statements of others that another writer removed meanwhile
---@field damaged? lanyard.Error[]    files in the journal that are not entries, or cannot be written

--- The state of a running change, shared by the modules of this package.
---@class access.write.Change
---@field region access.Region
---@field client aws.Client
---@field clock clock
---@field repository access.Repository
---@field name string                  the repository's name
---@field edit access.write.Edit
---@field options access.write.Options
---@field progress fun(text: string)
---@field attempts write.Attempts
---@field directory string             of the lock and the journal
---@field journal journal.Journal
---@field entry? string                the id of the last entry whose write took effect
---@field written? access.write.Result what that write did
---@field unanswered? { entry: journal.Entry, result: access.write.Result }  a write whose reply was lost
---@field attempted? boolean           a write was sent, by this change or by an interrupted one that it settled
---@field settled? boolean             the policy was read once more after the last write
---@field is_read? boolean             the policy was read
---@field first? policy.Document       the policy as it was read first
---@field last? policy.Document        the policy as it was read last
---@field disturbed? boolean           another writer changed the policy since the first read
---@field recovered? journal.Entry[]

-- Reports what other writers removed while the change was made. The journal keeps it, for `lanyard undo --lost`.
local function report_losses(change, result)
  result.lost = change.entry and change.disturbed and losses.find(change) or nil
  local ok, err = true, nil
  if result.lost then
    ok, err = change.journal:annotate(change.entry, { lost = result.lost.policy })
  end
  if not ok then
    table.insert(change.journal.damaged, err)
  end
end

-- Adds what a change gives and takes to its result.
local function with_effect(change, result)
  local is_needed = result.changed and not change.options.without_effect
  result.effect = is_needed and proposals.effect(result.before, result.after) or nil
  return result
end

-- Repeats rounds until one ends the change.
local function run(change)
  local ok, err = change.journal:create_directory()
  if not ok then
    return nil, err
  end
  while true do
    local outcome, value = round.run(change)
    if outcome == "failed" then
      return nil, value
    elseif outcome == "again" then
      change.clock.sleep(value)
    elseif not change.options.settle or not change.attempted or change.settled then
      report_losses(change, value)
      value.recovered, value.damaged = change.recovered, change.journal.damaged
      value.entry = change.entry
      return with_effect(change, value)
    else
      change.settled = true
      change.progress(("%s: waiting for other writers to finish"):format(change.name))
      change.clock.sleep(2 * change.region.limits.bound)
    end
  end
end

-- Returns what a change would do, without lock, journal or write.
local function rehearse(change)
  local current, err = repository_policy.read(change.region.ecr, change.name)
  if err then
    return nil, err
  end
  local proposal
  proposal, err = proposals.make(change, current)
  return proposal and with_effect(change, proposal.result), err
end

--- Changes the policy of a repository.
---@param region access.Region
---@param repository access.Repository
---@param edit access.write.Edit
---@param options access.write.Options
---@return access.write.Result? result
---@return aws.Error? err
function M.change_policy(region, repository, edit, options)
  local change = {
    region = region,
    client = region.ecr_once,
    clock = region.clock,
    repository = repository,
    name = repository.name,
    edit = edit,
    options = options,
    progress = options.progress or function() end,
  }
  change.attempts = attempts.new(change)
  local ok, err = retention.limits() -- a mistake in them is reported before anything is sent
  if ok then
    ok, err = proposals.prepare(change)
  end
  if not ok then
    return nil, err
  elseif options.dry_run then
    return rehearse(change)
  end
  change.directory, err = region:repository_directory(repository)
  if not change.directory then
    return nil, err
  end
  change.journal = journal.open(change.directory, region.clock, repository.name)
  return run(change)
end

--- Returns what a change gives and takes. See lanyard.access.write.proposal.
---@type fun(before: string?, after: string?): { gives: string, takes: string }
M.effect = proposals.effect

--- Settles what interrupted changes of a repository left in the journal, as the next change of it does.
---@param region access.Region
---@param repository access.Repository
---@param hold? boolean  see access.write.Options
---@return journal.Entry[]? settled  see Journal:settle
---@return aws.Error? err
function M.settle(region, repository, hold)
  local directory, err = region:repository_directory(repository)
  if not directory then
    return nil, err
  end
  local held <close>, locked = lock.wait(directory .. "/lock", region.clock, region.limits.lock)
  if not held then
    return nil, locked
  end
  local current
  current, err = repository_policy.read(region.ecr, repository.name)
  if err and err.code ~= "RepositoryNotFoundException" then -- a repository that was deleted has no policy
    return nil, err
  end
  local records = journal.open(directory, region.clock, repository.name)
  local _ <close> = records:locked()
  return records:settle(repository_policy.matcher(current), hold)
end

return M
