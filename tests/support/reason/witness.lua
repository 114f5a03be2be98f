-- Checks the answers of policy.new_access.

local json = require "lanyard.json"
local policy = require "lanyard.policy"

local M = {}

-- Keys that every request has.
local ALWAYS = {
  ["aws:CurrentTime"] = "2026-11-28T06:00:00Z", ["aws:EpochTime"] = "1795845600", ["aws:SecureTransport"] = "true",
  ["aws:RequestedRegion"] = "us-east-1", ["aws:UserAgent"] = "x", ["aws:ViaAWSService"] = "false",
}

--- Decides a request by the document alone. An identity policy names no principal.
---@param doc policy.Document
---@param request table
---@param identity boolean
---@return "allow"|"deny"|"implicit-deny"|"depends"
function M.decide(doc, request, identity)
  local found = doc:weigh {
    principal = request.principal, action = request.action, resource = request.resource, context = request.context or {},
    identity = identity or nil, issuer = request.issuer,
  }
  local certain = next(found.allow)
  if found.deny then
    return "deny"
  elseif not certain and not next(found.maybe_allow) then
    return "implicit-deny"
  end
  return certain and not found.maybe_deny and "allow" or "depends"
end

-- Returns the request with a value for each key of every request that its context lacks: the witness says that any will do.
local function complete(request)
  local context, given = {}, {}
  for key, value in pairs(request.context or {}) do
    context[key], given[key:lower()] = value, true
  end
  -- A service acts for the caller.
  local forwarded = (given["aws:calledvia"] or given["aws:calledviafirst"] or given["aws:calledvialast"]) and not given["aws:viaawsservice"]
  context["aws:ViaAWSService"] = forwarded and "true" or context["aws:ViaAWSService"]
  given["aws:viaawsservice"] = given["aws:viaawsservice"] or forwarded
  for key, value in pairs(ALWAYS) do
    if not given[key:lower()] and not (key:find "Time" and (given["aws:currenttime"] or given["aws:epochtime"])) then
      context[key] = value
    end
  end
  return { principal = request.principal, action = request.action, resource = request.resource, issuer = request.issuer, context = context }
end

local DENIED = { deny = true, ["implicit-deny"] = true }
local MAYBE_ALLOWED, MAYBE_DENIED = { allow = true, depends = true }, { deny = true, ["implicit-deny"] = true, depends = true }

--- Returns why a witness does not show that `after` allows more than `before`, or nil if it does.
---@param before policy.Document
---@param after policy.Document
---@param found table    the witness
---@param options table  of new_access
---@return string?
function M.fault(before, after, found, options)
  local request = found.request
  if type(request) ~= "table" or type(found.certain) ~= "boolean" or type(found.because) ~= "string" then
    return "the witness has no request, or does not say whether it is certain, or not why"
  end
  local text = json.encode(request)
  for _, one in ipairs { request, complete(request) } do
    local possible, reason = policy.possible {
      principal = one.principal, resource = one.resource, issuer = one.issuer, context = one.context or {},
    }
    if not possible then
      return ("such a request cannot exist: %s\n%s"):format(reason, text)
    end
  end
  local identity = options.kind == "identity"
  for _, one in ipairs { request, complete(request) } do
    local first, second = M.decide(before, one, identity), M.decide(after, one, identity)
    local is_shown = found.certain and second == "allow" and DENIED[first]
      or not found.certain and MAYBE_ALLOWED[second] and MAYBE_DENIED[first] and (first == "depends" or second == "depends")
    if not is_shown then
      return ("before: %s, after: %s, certain: %s\n%s"):format(first, second, found.certain, json.encode(one))
    end
  end
  local statement = after:statements()[found.statement]
  if not statement or statement.effect ~= "Allow" then
    return ("statement %s of the second document is not an Allow"):format(found.statement)
  end
end

return M
