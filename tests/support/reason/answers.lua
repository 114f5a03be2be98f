-- Statements for specs of policy.new_access, and answers as short texts.

local assert = require "luassert"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

local M = {}

--- Returns a document.
function M.parse(statements)
  return assert(policy.parse(json.encode { Version = "2012-10-17", Statement = json.array(statements) }))
end

--- A statement that allows an action to everyone, with some elements replaced; false removes one.
function M.allow(elements)
  local statement = { Effect = "Allow", Principal = "*", Action = "s:a" }
  for name, value in pairs(elements or {}) do statement[name] = value or nil end
  return statement
end

--- The same for a Deny of every action.
function M.deny(elements)
  local statement = M.allow(elements)
  statement.Effect, statement.Action = "Deny", "*"
  return statement
end

--- A statement with a condition of one operator and key.
function M.where(operator, key, value, elements)
  local statement = M.allow(elements)
  statement.Condition = { [operator] = { [key] = value } }
  return statement
end

--- A statement with a resource and a condition.
function M.on(resource, condition, elements)
  local statement = M.allow(elements)
  statement.Resource, statement.Condition = resource, condition
  return statement
end

--- A Deny of every other resource.
function M.not_on(resource)
  return M.deny { NotResource = resource }
end

-- Describes an answer, with some fields of the request.
local function answer(before, after, options, fields)
  local found, undecided, reason = policy.new_access(M.parse(before), M.parse(after), options)
  if not found then
    return undecided and "undecided: " .. reason or "none"
  end
  local text = found.certain and "certain" or "possible"
  for _, field in ipairs(fields) do
    local value = found.request[field]
    text = text .. " " .. (type(value) == "table" and json.encode(value) or tostring(value))
  end
  return text
end

--- Compares answers: { expected, before, after, options }, with some fields of the witness.
function M.check(fields, rows)
  for _, row in ipairs(rows) do
    assert.equal(row[1], answer(row[2], row[3], row[4], fields), json.encode { before = row[2], after = row[3] })
  end
end

return M
