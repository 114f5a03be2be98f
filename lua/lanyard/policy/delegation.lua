--- Distinguishes an account as a principal from the principals of the account.
---
--- A statement for an account lets the account's administrators allow its principals. A role or user that a statement
--- names is allowed without them, if it belongs to the resource's account. So the statement for the account covers the
--- one for the role over every request, and yet the role can lose access with its statement.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts

local json = require "lanyard.json"

local M = {}

-- Returns a unique id in place of an account. No principal of the account has it.
local function id_of(value)
  local account = value:match "^arn:[%w-]+:iam::(%d+):root$" or value
  account = account:match "^%d%d%d%d%d%d%d%d%d%d%d%d$"
  return account and "AIDAACCOUNT" .. account
end

--- Returns a copy of a document in which accounts do not include their principals.
---@param doc policy.Document
---@return policy.Document
function M.apart(doc)
  local copy = doc:copy()
  for i, statement in ipairs(doc:statements()) do
    local values, has_account = json.array {}, false
    for _, principal in ipairs(statement.not_principal and {} or statement.principals) do
      if principal.type == "AWS" then
        local id = id_of(principal.value)
        has_account = has_account or id ~= nil
        values[#values + 1] = id or principal.value
      end
    end
    if has_account and not statement.flaw then
      copy:set { index = i, element = "Principal", within = { "AWS" }, value = values }
    end
  end
  return copy
end

return M
