--- What a change of a policy gives and takes, over every possible request.
---
---     local change = effect.of(before, after)
---     for _, line in ipairs(effect.lines(change)) do print(line) end
---     -- gives: arn:aws:iam::111122223333:role/ci may use ecr:BatchGetImage (statement 2 (ci) allows it)
---     -- takes: nothing

local new_access = require("lanyard.policy.reason").new_access
local witness = require "lanyard.policy.witness"

local M = {}

---@class policy.Side
---@field witness? policy.Witness  a request that only this side allows
---@field undecided? string        why it is unknown whether there is one

---@class policy.Effect
---@field gives policy.Side  what only the new document allows
---@field takes policy.Side  what only the old document allows

local function side(from, to, options)
  local found, undecided, reason = new_access(from, to, options)
  return { witness = found, undecided = undecided and reason or found and not found.certain and found.because or nil }
end

--- Compares two documents by what they allow.
---@param before policy.Document
---@param after policy.Document
---@param options? policy.ReasonOptions
---@return policy.Effect
function M.of(before, after, options)
  return { gives = side(before, after, options), takes = side(after, before, options) }
end

--- Reports whether the documents allow the same requests.
---@param change policy.Effect
---@return boolean? same  nil if it is undecided
function M.same(change)
  if change.gives.witness or change.takes.witness then
    return false
  elseif change.gives.undecided or change.takes.undecided then
    return nil
  end
  return true
end

local function text(one)
  if one.witness then
    local example = ("%s (%s)"):format(witness.text(one.witness.request), one.witness.because)
    return one.undecided and "cannot be excluded: " .. example or example
  elseif one.undecided then
    return "cannot be excluded: " .. one.undecided
  end
  return "nothing"
end

--- Returns two lines: what the change gives, and what it takes, each with one request as an example.
---@param change policy.Effect
---@return string[]
function M.lines(change)
  return { "gives: " .. text(change.gives), "takes: " .. text(change.takes) }
end

return M
