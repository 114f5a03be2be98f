--- Makes a witness easier to read: a known action instead of an invented one, a usual resource, and no context key that
--- the difference does not need. Each step is kept only if the evaluator confirms that the new document still allows
--- the request and the old one does not.

local ecr_actions = require "lanyard.policy.ecr_actions"
local lists = require "lanyard.lists"
local request_of = require "lanyard.policy.request"

-- The actions that are tried first, because people know them.
local FIRST = { "BatchGetImage", "PutImage", "SetRepositoryPolicy", "DeleteRepository" }
-- A request with more keys stays as it is: each step takes longer, too.
local MOST_KEYS = 60
local RESOURCE = "arn:aws:ecr:us-east-1:123456789012:repository/example"

local function answer(doc, request, identity)
  local matches = doc:weigh {
    principal = request.principal, action = request.action, resource = request.resource, context = request.context,
    identity = identity, issuer = request.issuer,
  }
  local allowed = next(matches.allow) ~= nil
  return allowed and not matches.deny and not matches.maybe_deny,
    matches.deny ~= nil or not allowed and not next(matches.maybe_allow)
end

local function is_possible(request, complete)
  return (request_of.possible(request, request_of.resource_account(nil, request.resource), complete))
end

-- Reports whether `after` certainly allows a request, and `before` certainly does not.
local function differs(before, after, request, identity)
  local allowed = answer(after, request, identity)
  local _, refused = answer(before, request, identity)
  return allowed and refused
end

-- Returns a copy of a request, with one member replaced; false removes it.
local function with(request, name, value)
  local copy = {
    principal = request.principal, action = request.action, resource = request.resource, issuer = request.issuer,
    context = {},
  }
  for key, values in pairs(request.context) do
    copy.context[key] = values
  end
  if name then
    copy[name] = value or nil
  end
  return copy
end

-- Returns the actions to try in place of one.
local function actions_for(action, resource)
  local service = action:match "^([^:]*):"
  local names = {}
  local free = not service or service == "ecr" or service:find "^%a?$"
  if free and resource == "*" then
    names[1] = "ecr:GetAuthorizationToken" -- which has no other resource
  elseif free then
    for _, list in ipairs { FIRST, ecr_actions.ALL } do
      for _, name in ipairs(list) do
        names[#names + 1] = "ecr:" .. name
      end
    end
  end
  return names
end

-- Resources without a Region, or without an account.
local GLOBAL = {
  s3 = "arn:aws:s3:::example", iam = "arn:aws:iam::123456789012:role/example",
  sts = "arn:aws:iam::123456789012:role/example",
}

-- Returns resources of the service of an action, if the resource is another service's.
local function fitting_resources(action, resource)
  local service = action:match "^(%l[%l%d-]+):"
  local other = resource:match "^arn:[^:]*:([^:]*):"
  if not service or service == "example" or not other or other == service then
    return {}
  end
  return {
    GLOBAL[service] or service == "ecr" and RESOURCE or ("arn:aws:%s:us-east-1:123456789012:example"):format(service),
    (resource:gsub("^(arn:[^:]*:)[^:]*", "%1" .. service:gsub("%%", "%%%%"))),
  }
end

-- Returns the keys that the request may lack: not what AWS or `options` says of every request or account.
local function optional_keys(request, options)
  local required, keys = {}, {}
  for _, key in ipairs(options.always or {}) do
    required[key:lower()] = true
  end
  if next(options.accounts or {}) then
    required["aws:principalorgid"], required["aws:principalorgpaths"] = true, true
  end
  for _, key in ipairs(lists.sorted_names(request.context)) do
    local without = with(request)
    without.context[key] = {} -- absent
    keys[#keys + 1] = not required[key:lower()] and is_possible(without) and key or nil
  end
  return keys
end

--- Returns a simpler request with the same difference.
---@param request policy.Request  that `after` certainly allows and `before` certainly does not
---@param before policy.Document
---@param after policy.Document
---@param options policy.ReasonOptions
---@return policy.Request
return function(request, before, after, options)
  if #lists.sorted_names(request.context) > MOST_KEYS then
    return request
  end
  local identity, complete = options.kind == "identity", is_possible(request, true)
  local function keep(simpler)
    local kept = is_possible(simpler, complete) and differs(before, after, simpler, identity)
    request = kept and simpler or request
    return kept
  end
  local function replace(name, values)
    for _, value in ipairs(values) do
      if keep(with(request, name, value)) then
        return
      end
    end
  end
  local known = lists.contains(ecr_actions.ALL, request.action:match "^ecr:(.*)$")
  if not known or request.resource == "*" then
    replace("action", actions_for(request.action, request.resource))
  end
  if request.resource then
    replace("resource", { not identity and false or RESOURCE, RESOURCE })
    replace("resource", identity and fitting_resources(request.action, request.resource) or {})
  end
  for _, key in ipairs(optional_keys(request, options)) do
    local simpler = with(request)
    simpler.context[key] = nil
    keep(simpler)
  end
  return request
end
