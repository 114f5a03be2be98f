--- Describes requests for people.

local lists = require "lanyard.lists"

local M = {}

local function who(principal)
  return principal == "*" and "anyone without an AWS identity" or principal
end

local function value_text(value)
  if type(value) == "table" then
    local texts = {}
    for i, item in ipairs(value) do
      texts[i] = tostring(item)
    end
    return ("[%s]"):format(table.concat(texts, ", "))
  end
  return value == "" and '""' or tostring(value)
end

--- Returns a request as one line:
--- "arn:aws:iam::111122223333:role/ci may use ecr:PutImage with aws:SourceIp = 192.0.2.1".
---@param request policy.Request
---@return string
function M.text(request)
  local issuer = request.issuer and (" (federated by %s)"):format(request.issuer) or ""
  local parts = { ("%s%s may use %s"):format(who(request.principal), issuer, request.action) }
  if request.resource then
    parts[#parts + 1] = "on " .. request.resource
  end
  local conditions = {}
  for _, key in ipairs(lists.sorted_names(request.context or {})) do
    conditions[#conditions + 1] = ("%s = %s"):format(key, value_text(request.context[key]))
  end
  if #conditions > 0 then
    parts[#parts + 1] = "with " .. table.concat(conditions, ", ")
  end
  return table.concat(parts, " ")
end

return M
