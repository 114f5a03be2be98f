--- Changes of repository policies as callers and reports see them.

local task = require "lanyard.task"

local M = {}

-- How many repositories are changed in parallel.
local PARALLEL = 8

--- A change of a repository's policy that was made, or would be made by a dry run.
---@class access.PolicyChange
---@field kind string             "granted", "would grant", "unchanged", ...
---@field repository access.Repository  the repository whose policy it is
---@field region string           the Region's name
---@field statement { sid: string? }  the statement of a grant
---@field expires? string         timestamp of the grant's end
---@field why? string             what was done or why nothing was, for people
---@field warning? string  what may keep the change from having its effect
---@field touched? integer        the number of statements that changed
---@field dry_run boolean  nothing was changed
---@field deleted_policy boolean  the policy has no statement left and was deleted
---@field before? string          policy text
---@field after? string           policy text
---@field diff string  a unified diff of the policies, "" without a change
---@field effect? { gives: string, takes: string }  see access.write.Result
---@field entry? string           the id of the journal entry
---@field recovered? journal.Entry[]  entries that interrupted changes had left
---@field lost? string[]          statements of others that another writer removed meanwhile, for messages
---@field damaged? lanyard.Error[]    files in the journal that are not entries, or cannot be written
---@field unclosed? lanyard.Error[]   of an undo: why its entry stays open after its result was reported

--- Options of all changes.
---@class access.ChangeOptions
---@field dry_run? boolean  change nothing, and return what would change
---@field without_effect? boolean  of a grant: leave `effect` out, and `diff` empty
---@field settle? boolean  read the policy once more when other writers have finished
---@field progress? fun(text: string)  receives a line about what a call waits for

-- How a dry run begins a reason, by how a change begins it.
local FUTURE = {
  added = "would add", removed = "would be removed", replaced = "would replace", joined = "would be joined",
}

-- Returns what was done or why nothing was, as a dry run says it.
local function why_of(result, dry_run)
  local why = result.detail and result.detail.why
  return why and dry_run and result.changed and why:gsub("^%l+", FUTURE) or why
end

local function kind_of(result, verb, past, dry_run)
  if not result.changed then
    return "unchanged"
  end
  return dry_run and "would " .. verb or past
end

--- Returns the change for a result of the safe write.
---@param region access.Region
---@param repository access.Repository
---@param result access.write.Result
---@param verbs { [1]: string, [2]: string }  for example { "grant", "granted" }
---@param options { dry_run: boolean? }
---@return access.PolicyChange
function M.of(region, repository, result, verbs, options)
  local detail = result.detail or {}
  return {
    kind = kind_of(result, verbs[1], verbs[2], options.dry_run),
    repository = repository,
    statement = { sid = detail.sid },
    expires = detail.expires,
    why = why_of(result, options.dry_run),
    warning = detail.warning,
    outlasts = detail.outlasts,
    touched = detail.touched,
    region = region.name,
    dry_run = options.dry_run or false,
    deleted_policy = result.deleted_policy,
    before = result.before,
    after = result.after,
    diff = result.diff,
    effect = result.effect,
    entry = result.entry,
    recovered = result.recovered,
    lost = result.lost and result.lost.names,
    damaged = result.damaged,
  }
end

--- Changes repositories in parallel. If one fails, the others are still changed.
---@param repositories access.Repository[]
---@param change fun(repository: access.Repository): access.PolicyChange?, aws.Error?
---@param observe? fun(index: integer, result: table?)  called when a change begins, and again with its result: what an
---  interruption of the caller leaves behind
---@return { repository: string, change: access.PolicyChange?, err: aws.Error? }[]  in the order of the repositories
function M.each(repositories, change, observe)
  observe = observe or function() end
  return task.map(repositories, function(repository, index)
    observe(index)
    local result, err = change(repository)
    local one = { repository = repository.name, change = result, err = err }
    observe(index, one)
    return one
  end, { limit = PARALLEL })
end

return M
