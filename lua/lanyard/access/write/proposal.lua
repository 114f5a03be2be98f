--- Decides what a repository's policy should become: runs the edit, checks its size and what it gives, and asks permit.
---
---     local proposal, err = proposals.make(change, current)

local errors = require "lanyard.errors"
local lazy = require "lanyard.lazy"
local plain = require "lanyard.policy.plain"
local policy = require "lanyard.policy"
local policy_statements = require "lanyard.policy.statements"
local statements = require "lanyard.access.statements"

local acceptance = lazy "lanyard.policy.acceptance"
local effect = lazy "lanyard.policy.effect"
local witness = lazy "lanyard.policy.witness"

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
    message = ("the policy of '%s' would have %d characters, without white space; ECR accepts %d")
      :format(name, size, policy.LIMIT),
    tip = ("make room with lanyard revoke --orphans %s, or pass --fold (to grant, plan or apply), which joins "
      .. "lanyard's own statements into one"):format(name),
    size = size,
    limit = policy.LIMIT,
  }
end

-- Returns a document as it is sent. ECR counts the characters of that text, and returns policies laid out longer than
-- they were sent: a document that is too large in the layout of what was read is sent without white space. Returns nil
-- and an error if it is too large even so.
local function sendable(change, document)
  if document:size() <= policy.LIMIT then
    return document
  end
  local size = document:compact_size()
  if size > policy.LIMIT then
    return nil, too_large(change.name, size)
  end
  return assert(policy.parse(document:compact()))
end

-- Fails if ECR is known to refuse the document. A policy that ECR holds with the same fault is the better evidence, and
-- an undo writes a policy that ECR held.
local function check_acceptance(change, current, document)
  local refusal = change.options.action ~= "undo" and not plain.is_accepted(document) and acceptance.refusal(document)
  local held = refusal and current and acceptance.refusal(current)
  if not refusal or held and held.id == refusal.id then
    return true
  end
  local statement = refusal.statement and ("statement %s: "):format(
    statements.label(document:statements()[refusal.statement])) or ""
  return nil, errors.new {
    code = "RefusedPolicy",
    message = ("ECR would refuse this policy of '%s': %s%s: %s; nothing was written"):format(change.name, statement,
      refusal.message, refusal.fix),
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
  end
  local sent, err = sendable(change, document)
  if sent then
    local ok
    ok, err = check_acceptance(change, current, document)
    sent = ok and sent
  end
  if not sent then
    return nil, err
  end
  return true, sent, detail
end

-- Returns a document without its Deny statements.
local function without_denies(doc)
  local copy = doc:copy()
  copy:remove { match = function(statement) return statement.effect == "Deny" end }
  return copy
end

-- Returns a document with the Allow statements of another one. Without statements, it gets that one's Version, too.
local function with_allows(doc, from)
  if doc:empty() then
    return without_denies(from)
  end
  for _, statement in ipairs(from:statements()) do
    if statement.effect == "Allow" then
      doc:append(from, statement.index)
    end
  end
  return doc
end

-- Returns a document that allows what the current one allows and what the change is meant to give.
local function widest(change, current)
  local options = change.options
  local meant = current and current:copy() or policy.new()
  if options.lifts_denies then
    meant = without_denies(meant)
  end
  for _, one in ipairs(options.gives) do
    if one.document then
      meant = with_allows(meant, one.document)
    else
      meant:allow { sid = one.sid, principal = one.principal, actions = one.actions }
    end
  end
  return meant
end

-- Reports whether a document is another one without some of its Allow statements, so that it cannot allow more.
local function is_part_of(document, whole)
  local effects, kept = {}, {}
  for _, statement in ipairs(whole:statements()) do
    effects[whole:meaning(statement.index)] = statement.effect
  end
  for _, statement in ipairs(document:statements()) do
    local meaning = document:meaning(statement.index)
    if not effects[meaning] then
      return false
    end
    kept[meaning] = true
  end
  for meaning, kind in pairs(effects) do
    if kind ~= "Allow" and not kept[meaning] then
      return false
    end
  end
  return policy_statements.version(document) == policy_statements.version(whole)
end

-- Fails if the document would allow a request that neither the current one nor what the change is meant to give allows.
local function check_width(change, current, document)
  local meant = change.options.gives and widest(change, current) or change.options.meant
  local is_open = document and meant and not meant:equivalent(document) and not is_part_of(document, meant)
  local found = is_open and policy.new_access(meant, document)
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
      if #parts > 1 and err.tip and not detail.whole then
        err.tip = ("%s\nall %d changes of '%s' are one write, so none of them was made")
          :format(err.tip, #parts, change.name)
      end
      return nil, err
    end
  end
  return true
end

--- Returns what a change gives and takes, over every possible request. Called after the time from read to write: it
--- can take a tenth of a second.
---@param before? string  policy text; nil: no policy
---@param after? string
---@return { gives: string, takes: string }  for people
function M.effect(before, after)
  local function parsed(text)
    return text and assert(policy.parse(text)) or policy.new()
  end
  local old, new = parsed(before), parsed(after)
  local gives, takes = plain.effect_texts(old, new)
  if not gives then
    gives, takes = effect.texts(effect.of(old, new))
  end
  return { gives = gives, takes = takes }
end

local function result_of(change, current, document, changed, detail)
  local is_compared = changed and not change.options.without_effect
  return {
    changed = changed,
    detail = detail,
    before = current and tostring(current),
    after = document and tostring(document),
    deleted_policy = changed and document == nil,
    diff = is_compared and (current or policy.new()):diff(document or policy.new(), {
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
