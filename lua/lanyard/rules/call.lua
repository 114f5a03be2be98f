--- Describes a call of AWS for rules with on = "call".
---
---     call.facts(client, "PutImage", input)
---     --> { service = "ecr", operation = "PutImage", parameters = ..., reads = false, region = "us-east-1" }

local json = require "lanyard.json"
local secrets = require "lanyard.aws.secrets"

local M = {}

-- Returns a copy as plain data: sealed secrets and streams are ***, and null is left out.
local function plain(value)
  if type(value) == "userdata" then
    return value ~= json.null and "***" or nil
  elseif type(value) ~= "table" then
    return value
  end
  local copy = {}
  for name, item in pairs(value) do
    copy[name] = plain(item)
  end
  return copy
end

--- Returns a call as a rule gets it.
---@param client aws.Client
---@param operation string  that the service has
---@param input table
---@return rules.Call
function M.facts(client, operation, input)
  local described = client.description.operations[operation]
  return {
    service = client.service, operation = operation, reads = described.reads == true, region = client.region,
    parameters = plain(secrets.hide(described.model and described.model.input, input)),
  }
end

return M
