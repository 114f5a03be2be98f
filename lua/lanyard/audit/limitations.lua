--- What an audit did not consider, why, and what that can mean. Each report has the list.
---
---     report.limitations = limitations.of(inventory)
---     limitations.add(report, other_report)

local denial = require "lanyard.aws.denial"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

--- A kind of policy that an audit did not consider.
---@class audit.Limitation
---@field kind "resource-control-policies"|"service-control-policies"|"vpc-endpoint-policies"  of the policies
---@field reason string       why the audit did not consider them
---@field effect string       what they can change
---@field accounts? string[]  the accounts whose repositories it is about; absent: all of the report

-- An SCP of the organization limits its own users and roles, not callers of other accounts.
-- https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
-- An endpoint policy limits the requests that pass the endpoint.
-- https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
local ALWAYS = {
  {
    kind = "service-control-policies",
    reason = "not read",
    effect = "they can deny access to users and roles of their own organization, not to Lightsail's puller roles",
  },
  {
    kind = "vpc-endpoint-policies",
    reason = "not read",
    effect = "each can deny only requests that pass its endpoint",
  },
}

local CONTROLS_EFFECT = "they can deny pulls and other access that the report shows as allowed"

-- Without the request id, which differs in each run.
local function reason_of(err)
  local call = err.operation and ("organizations:%s: "):format(err.operation) or ""
  local text = err.code and err.status and ("%s%s: %s"):format(call, err.code, err.message) or call .. err.message
  return text .. (denial.CODES[err.code]
    and "; only the management account and delegated administrators of the organization can read them" or "")
end

--- Returns what the audit of an account and Region did not consider.
---@param inventory audit.Inventory
---@return audit.Limitation[]
function M.of(inventory)
  local found = json.array {}
  if inventory.controls_error then
    found[1] = {
      kind = "resource-control-policies", reason = reason_of(inventory.controls_error), effect = CONTROLS_EFFECT,
      accounts = inventory.account and json.array { inventory.account } or nil,
    }
  end
  for _, one in ipairs(ALWAYS) do
    found[#found + 1] = { kind = one.kind, reason = one.reason, effect = one.effect }
  end
  return found
end

local ORDER = { ["resource-control-policies"] = 1, ["service-control-policies"] = 2, ["vpc-endpoint-policies"] = 3 }

local function add_accounts(one, accounts)
  local all = lists.set(table.concat(one.accounts or {}, " "))
  for _, account in ipairs(accounts or {}) do
    all[account] = true
  end
  one.accounts = one.accounts and json.array(lists.sorted_names(all)) or nil
end

--- Adds the limitations of a report to another one. A report of a version of lanyard that had none adds none.
---@param into audit.Report
---@param from audit.Report
function M.add(into, from)
  if not from.limitations then
    return
  end
  local known = {}
  into.limitations = into.limitations or json.array {}
  for _, one in ipairs(into.limitations) do
    known[one.kind .. "\n" .. one.reason] = one
  end
  for _, one in ipairs(from.limitations) do
    local same = known[one.kind .. "\n" .. one.reason]
    if same then
      add_accounts(same, one.accounts)
    else
      table.insert(into.limitations, {
        kind = one.kind, reason = one.reason, effect = one.effect,
        accounts = one.accounts and json.array(table.move(one.accounts, 1, #one.accounts, 1, {})),
      })
    end
  end
  table.sort(into.limitations, function(a, b)
    if a.kind ~= b.kind then
      return (ORDER[a.kind] or math.huge) < (ORDER[b.kind] or math.huge)
    end
    return a.reason < b.reason
  end)
end

--- Reports whether a report could not consider the resource control policies of an account.
---@param report audit.Report
---@param account? string
---@return boolean
function M.lacks_controls(report, account)
  for _, one in ipairs(report.limitations or {}) do
    if one.kind == "resource-control-policies" and (not one.accounts or lists.contains(one.accounts, account)) then
      return true
    end
  end
  return false
end

return M
