-- Changes of repositories' policies as callers and reports see them.

local task = require "lanyard.task"

local M = {}

-- How many repositories change at once.
local CHANGES = 8

-- The kind of a change, in words: granted, "would grant", unchanged.
local function kind_of(result, verb, past, dry_run)
  if not result.changed then
    return "unchanged"
  end
  return dry_run and "would " .. verb or past
end

-- of(region, repository, result of write.change_policy, { verb, past }, options) --> change
function M.of(region, repository, result, words, options)
  local detail = result.detail or {}
  return {
    kind = kind_of(result, words[1], words[2], options.dry_run),
    repository = repository,
    statement = { sid = detail.sid },
    expires = detail.expires,
    why = detail.why,
    warning = detail.warning,
    touched = detail.touched,
    region = region.name,
    dry_run = options.dry_run or false,
    deleted_policy = result.deleted_policy,
    before = result.before,
    after = result.after,
    diff = result.diff,
    entry = result.entry,
    recovered = result.recovered,
  }
end

-- each(repositories, f) --> list of { repository = name, change | nil, err | nil }, in their
-- order; f(repository) --> change | nil, err. One that fails does not stop the others.
function M.each(repositories, f)
  return task.map(repositories, function(repository)
    local change, err = f(repository)
    return { repository = repository.name, change = change, err = err }
  end, { limit = CHANGES })
end

return M
