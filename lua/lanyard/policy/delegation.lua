--- Distinguishes principals that a statement names from the ones that it only includes.
---
--- A statement for an account lets the account's administrators allow its principals. A role or user that a statement
--- names is allowed without them, if it belongs to the resource's account. And a session that a statement names is not
--- limited by the role's boundary, nor by a session policy, as a session of a role that a statement names is. So the
--- statement for the account covers the one for the role, and the one for the role covers the one for its session, over
--- every request, and yet the role or the session can lose access with its statement.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-role-session
---
--- A statement for everyone is sufficient for each of them. A Deny denies the principals that it includes, too.

local coverage = require "lanyard.policy.coverage"
local json = require "lanyard.json"

local M = {}

-- Returns a unique id in place of an account. No principal of the account has it.
local function id_of_account(value)
  return coverage.is_account(value) and "AIDAACCOUNT" .. coverage.account(value) or nil
end

-- Returns a unique id in place of a role, too. No session of the role has it.
local function id_of_role(value)
  local is_role = value:find "^arn:[%w-]+:iam::%d+:role/"
  return is_role and "AROAROLE" .. value:gsub("%W", function(byte) return ("%02X"):format(byte:byte()) end)
    or id_of_account(value)
end

local function is_session(value)
  return value:find "^arn:[%w-]+:sts::%d+:assumed%-role/" ~= nil
end

-- Calls visit(statement, value) for each AWS principal that an Allow names.
local function each_named(doc, visit)
  for _, statement in ipairs(doc:statements()) do
    local names = statement.effect == "Allow" and not statement.not_principal and not statement.flaw
    for _, principal in ipairs(names and statement.principals or {}) do
      if principal.type == "AWS" then
        visit(statement, principal.value)
      end
    end
  end
end

-- Returns a copy of a document with other values in place of AWS principals.
local function replaced(doc, id_of)
  local lists, changed = {}, {}
  each_named(doc, function(statement, value)
    local id, index = id_of(value), statement.index
    lists[index] = lists[index] or json.array {}
    table.insert(lists[index], id or value)
    changed[index] = changed[index] or id ~= nil
  end)
  local copy = doc:copy()
  for index, list in pairs(lists) do
    if changed[index] then
      copy:set { index = index, element = "Principal", within = { "AWS" }, value = list }
    end
  end
  return copy
end

local function apart_from_accounts(doc)
  return replaced(doc, id_of_account)
end

local function apart_from_roles(doc)
  return replaced(doc, id_of_role)
end

--- Returns the forms in which documents have to be compared, too: functions that return a copy, in which accounts do
--- not include their principals, or roles their sessions.
---@param ... policy.Document
---@return (fun(doc: policy.Document): policy.Document)[]
function M.forms(...)
  local accounts, roles, sessions = false, false, false
  for _, doc in ipairs { ... } do
    each_named(doc, function(_, value)
      accounts = accounts or id_of_account(value) ~= nil
      roles, sessions = roles or id_of_role(value) ~= nil, sessions or is_session(value)
    end)
  end
  local forms = { accounts and apart_from_accounts or nil }
  forms[#forms + 1] = roles and sessions and apart_from_roles or nil
  return forms
end

return M
