--- Decides what a repository's policy should become: runs the edit, checks its size and what it gives, and asks permit.
---
---     local proposal, err = proposals.make(change, current)

local effect = require "lanyard.policy.effect"
local errors = require "lanyard.errors"
local policy = require "lanyard.policy"
local witness = require "lanyard.policy.witness"

local M = {}

--- What a change would write.
---@class write.Proposal
---@field changed boolean
---@field document? policy.Document  nil: no policy
---@field result access.write.Result

-- The description of a change, or of a part of it, for permit.
local function describe(change, part, before, after)
  return {
    on = part.on or change.options.action,
    repository = change.repository,
    service = part.service or change.options.service,
    grant = part.grant or change.options.record,
    before = before and tostring(before),
    after = after and tostring(after),
    dry_run = change.options.dry_run,
  }
end

-- A change has one part, unless it says otherwise.
local function parts_of(owner)
  return owner and owner.parts or { {} }
end

--- Announces a change to permit, before the time from read to write begins.
---@param change access.write.Change
---@return true? ok
---@return aws.Error? err
function M.prepare(change)
  for _, part in ipairs(parts_of(change.options)) do
    local ok, err = change.region:prepare_permit(describe(change, part))
    if not ok then
      return nil, err
    end
  end
  return true
end

local function too_large(name, size)
  return errors.new {
    code = "PolicyTooLarge",
    message = ("the policy of '%s' would have %d characters; ECR accepts %d"):format(name, size, policy.LIMIT),
    tip = ("make room with lanyard revoke --orphans %s, or pass --fold (to grant, plan or apply), which joins "
      .. "lanyard's own statements into one"):format(name),
    size = size,
    limit = policy.LIMIT,
  }
end

-- true, document | nil, detail; or false, current, detail if nothing changes; or nil, err
local function edited(change, current)
  local document = current and current:copy() or policy.new()
  local outcome, detail = change.edit(document, current)
  if outcome == nil then
    return nil, detail
  elseif outcome == false then
    return false, current, detail
  elseif outcome ~= true then
    document = outcome
  end
  if document:empty() then
    return current ~= nil, nil, detail
  elseif document:size() > policy.LIMIT then
    return nil, too_large(change.name, document:size())
  end
  return true, document, detail
end

-- Fails if the document would allow a request that neither the current one nor what the change is meant to give allows.
local function check_width(change, current, document)
  local meant = current and current:copy() or policy.new()
  for _, one in ipairs(change.options.gives or {}) do
    meant:allow { principal = one.principal, actions = one.actions }
  end
  local found = change.options.gives and document and policy.new_access(meant, document)
  if found and found.certain then
    return nil, errors.new {
      code = "WiderThanMeant",
      message = ("the change would give more than it is meant to: %s in the policy of '%s'; nothing was written")
        :format(witness.text(found.request), change.name),
      tip = "this is a fault of lanyard: please report it, with the policy",
    }
  end
  return true
end

local function permitted(change, current, document, detail)
  local parts = parts_of(detail)
  for _, part in ipairs(parts) do
    local ok, err = change.region:permit(describe(change, part, current, document))
    if not ok then
      if #parts > 1 and err.tip then
        err.tip = ("%s\nall %d changes of '%s' are one write, so none of them was made")
          :format(err.tip, #parts, change.name)
      end
      return nil, err
    end
  end
  return true
end

-- Returns what a rehearsed change gives and takes.
local function effect_of(current, document)
  local gives, takes = effect.texts(effect.of(current or policy.new(), document or policy.new()))
  return { gives = gives, takes = takes }
end

local function result_of(change, current, document, changed, detail)
  return {
    changed = changed,
    effect = changed and change.options.dry_run and effect_of(current, document) or nil,
    detail = detail,
    before = current and tostring(current),
    after = document and tostring(document),
    deleted_policy = changed and document == nil,
    diff = changed and (current or policy.new()):diff(document or policy.new(), {
      from = current and change.name or "no policy",
      to = document and change.name or "no policy",
    }) or "",
  }
end

--- Returns what a change would write, if permit allows it.
---@param change access.write.Change
---@param current? policy.Document  as read; nil: no policy
---@return write.Proposal? proposal
---@return aws.Error? err
function M.make(change, current)
  local changed, document, detail = edited(change, current)
  if changed == nil then
    return nil, document
  end
  if changed then
    local ok, err = check_width(change, current, document)
    if ok then
      ok, err = permitted(change, current, document, detail)
    end
    if not ok then
      return nil, err
    end
  end
  return { changed = changed, document = document, result = result_of(change, current, document, changed, detail) }
end

return M
