--- Whether the puller role of a service can pull from a repository, and why not: by the policies of the repository and
--- of the registry, the resource control policies that were read, and by what is known of a pull.
---
---     local found = pull.decide(surroundings.of(region), doc, role_arn, repository, now)
---     if found.decision ~= "allow" then print(found.reason) end
---
--- Known of a pull: the role belongs to an account of Lightsail, which is in no organization of the caller, and a
--- service assumes it, so without MFA; Lightsail pulls from its own network and not from a VPC of the caller
--- (unconfirmed: AWS documents no source of pulls), over TLS, and in the Region of the repository; account and
--- organization of the resource are the ones of the repository.

local arn = require "lanyard.arn"
local core = require "lanyard.policy.core"
local escape = require "lanyard.text.escape"
local expiry = require "lanyard.policy.expiry"
local json = require "lanyard.json"
local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local statements = require "lanyard.access.statements"

local condition_keys = lazy "lanyard.policy.condition_keys"
local reason = lazy "lanyard.policy.reason"

local M = {}

-- Keys that only requests from a VPC have.
local VPC_KEYS = { "aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn", "aws:VpcSourceIp" }
-- Keys that only calls of service principals have (see "Availability"); a pull is a call of a role:
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceaccount
local SERVICE_KEYS = { "aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths" }

-- Returns the keys that no pull has: the ones of a VPC and of services, and the ones in a policy that do not exist.
local function absent_keys(doc)
  local keys, known = table.move(VPC_KEYS, 1, #VPC_KEYS, 1, {}), {}
  table.move(SERVICE_KEYS, 1, #SERVICE_KEYS, #keys + 1, keys)
  for _, statement in ipairs(doc:statements()) do
    for _, condition in ipairs(statement.conditions) do
      local name = condition.key:lower()
      if known[name] == nil then
        known[name] = condition_keys.is_never_sent(condition.key)
        keys[#keys + 1] = known[name] and condition.key or nil
      end
    end
  end
  return keys
end

-- Returns the keys of a pull whose values are known.
local function context_of(absent, resource, now)
  local context = expiry.at(now)
  for _, key in ipairs(absent) do
    context[key] = {}
  end
  context["aws:SecureTransport"] = "true"
  context["aws:RequestedRegion"] = arn.parse(resource).region
  return context
end

-- ---------------------------------------------------------------------------------------------
-- What depends

local function deny(condition, elements)
  local statement = { Effect = "Deny", Principal = "*", Action = "*", Condition = condition }
  for name, value in pairs(elements or {}) do
    statement[name] = value
  end
  return json.encode(statement)
end

-- Returns Denies of every request that is not a pull by the role: of other principals, actions and resources, from a
-- VPC, at another time, or by an account of the caller's organization. A request from elsewhere has aws:SourceIp.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip
local function other_requests(request, now, organization)
  local denies = {
    deny { ArnNotEquals = { ["aws:PrincipalArn"] = request.principal } },
    '{"Effect":"Deny","Principal":"*","NotAction":"' .. request.action .. '"}',
    deny(nil, { NotResource = request.resource }),
    deny { DateNotEquals = { ["aws:CurrentTime"] = expiry.at(now)["aws:CurrentTime"] } },
    deny { Null = { ["aws:SourceIp"] = "true" } },
    deny { Bool = { ["aws:MultiFactorAuthPresent"] = "true" } },
    deny { Null = { ["aws:MultiFactorAuthAge"] = "false" } },
    deny { BoolIfExists = { ["aws:SecureTransport"] = "false" } },
    deny { StringNotEquals = { ["aws:RequestedRegion"] = request.context["aws:RequestedRegion"] } },
  }
  for _, key in ipairs(lists.sorted_names(request.context)) do
    local is_absent = type(request.context[key]) == "table" and #request.context[key] == 0
    denies[#denies + 1] = is_absent and deny { Null = { [key] = "false" } } or nil
  end
  if organization.id then
    denies[#denies + 1] = deny { StringNotEquals = { ["aws:ResourceOrgID"] = organization.id } }
  end
  if organization.without_role then
    denies[#denies + 1] = deny { StringEquals = { ["aws:PrincipalOrgID"] = organization.id } }
    denies[#denies + 1] = deny { ["ForAnyValue:StringLike"] = { ["aws:PrincipalOrgPaths"] = organization.id .. "/*" } }
  end
  return denies
end

-- Reports whether a request is possible that statements allow, and others do not. nil: this cannot be decided
local function is_new(before, after)
  local function parse(list)
    return core.parse('{"Version":"2012-10-17","Statement":[' .. table.concat(list, ",") .. "]}")
  end
  local smaller, larger = #before > 0 and parse(before) or core.new(), parse(after)
  if not smaller or not larger then
    return nil
  end
  local found, undecided = reason.new_access(smaller, larger)
  if not found and undecided then
    return nil
  end
  return found ~= nil
end

-- Returns "deny" if no value of what is unknown lets the role pull, "allow" if all do, else "depends".
local function decide_all(joined, request, now, organization)
  local others, policies = other_requests(request, now, organization), joined:texts()
  table.move(others, 1, #others, #policies + 1, policies)
  if is_new({}, policies) == false then
    return "deny"
  end
  table.insert(others, '{"Effect":"Allow","Principal":"*","Action":"*"}')
  return is_new(policies, others) == false and "allow" or "depends"
end

-- Keys whose value in a pull is known.
local KNOWN = {
  ["aws:principalarn"] = true, ["aws:principalaccount"] = true, ["aws:principaltype"] = true,
  ["aws:principalisawsservice"] = true, ["aws:resourceaccount"] = true, ["aws:currenttime"] = true,
  ["aws:epochtime"] = true, ["aws:sourcevpc"] = true, ["aws:sourcevpce"] = true, ["aws:sourcevpcarn"] = true,
  ["aws:vpcsourceip"] = true, ["aws:securetransport"] = true, ["aws:requestedregion"] = true,
  ["aws:multifactorauthpresent"] = true, ["aws:multifactorauthage"] = true, ["aws:sourceaccount"] = true,
  ["aws:sourcearn"] = true, ["aws:sourceorgid"] = true, ["aws:sourceorgpaths"] = true,
}
local ORGANIZATION = { ["aws:principalorgid"] = true, ["aws:principalorgpaths"] = true }

-- Returns what a Deny hangs on, as text: "unless account 947856326339 is in o-a1b2c3d4e5".
local function doubt_of(statement, role_arn)
  local organizations, keys, needs_one = {}, {}, false
  for _, condition in ipairs(statement.conditions) do
    local negated = condition.operator:find "Not" and ORGANIZATION[condition.key:lower()]
    needs_one = needs_one or negated and condition.operator:find "^ForAnyValue:" ~= nil
    for _, value in ipairs(negated and condition.values or {}) do
      organizations[#organizations + 1] = value:match "^[^/]+"
    end
    keys[#keys + 1] = not KNOWN[condition.key:lower()] and condition.key or nil
  end
  if #organizations > 0 and #keys == 1 then
    -- Without an organization, the key has no value, for which ForAnyValue does not hold.
    return (needs_one and "if account %s is in an organization other than %s" or "unless account %s is in %s")
      :format(arn.parse(role_arn).account, table.concat(organizations, ", "))
  end
  return "depending on " .. (#keys > 0 and table.concat(keys, ", ") or "facts that the policy does not contain")
end

-- Operators that exempt the role from a Deny if their list of aws:PrincipalArn has its pattern.
local EXEMPTS = { ArnNotLike = true, ArnNotEquals = true, StringNotLike = true }

--- Returns what to add to a Deny so that it does not apply to a role, up to the name of the statement: a condition, or
--- a value where the statement has such a condition, because an object has each name once. The id at the end of a
--- puller role's ARN changes when the role is enabled again.
---@param statement policy.Statement  the Deny
---@param role_arn string
---@return string
function M.exception(statement, role_arn)
  local pattern = role_arn:gsub("(/private%-repo%-access/)[^/]+$", "%1*")
  local has_operator = false
  for _, condition in ipairs(statement.conditions) do
    if EXEMPTS[condition.operator:gsub("IfExists$", "")] and condition.key:lower() == "aws:principalarn" then
      return ('"%s" to the values of %s under %s in'):format(pattern, condition.key, condition.operator)
    end
    has_operator = has_operator or condition.operator == "ArnNotLike"
  end
  return (has_operator and '"aws:PrincipalArn": "%s" to ArnNotLike in'
    or 'the condition "ArnNotLike": {"aws:PrincipalArn": "%s"} to'):format(pattern)
end

--- Returns how to edit a policy so that a Deny does not apply to a role.
---@param found access.PullDecision  with `statement`, the Deny
---@param role_arn string
---@param repository_name string
---@return string
function M.edit(found, role_arn, repository_name)
  return ("edit %s: add %s the Deny in statement %s"):format(found.origin and found.origin.name
    or "the policy of " .. repository_name, M.exception(found.statement, role_arn),
    escape.printable(statements.label(found.statement)))
end

-- ---------------------------------------------------------------------------------------------
-- Decisions

local function name_of(statement, origin)
  return escape.printable(statements.describe(statement) .. (origin and " of " .. origin.name or ""))
end

-- Returns what is assumed of the source of a pull, if a Deny hangs on it.
local function source_of(statement)
  for _, condition in ipairs(statement.conditions) do
    for _, key in ipairs(VPC_KEYS) do
      if key:lower() == condition.key:lower() then
        return ", which pulls from outside the account's VPCs (unconfirmed: AWS documents no source)"
      end
    end
  end
  return ""
end

---@class access.PullDecision
---@field decision "allow"|"deny"|"depends"
---@field reason? string  if the decision is not "allow"
---@field statement? policy.Statement  that denies, or on which it depends
---@field origin? access.PolicyOrigin  of the statement, unless it is the repository policy's
---@field advice? string        how to exempt the role from the statement

-- Reports whether the organization of the caller can matter, which takes a call to read.
local function names_organization(joined, statement)
  return statement.effect == "Deny" or table.concat(joined:texts()):lower():find("aws:resourceorg", 1, true) ~= nil
end

-- Asks the policies; if they leave it open, with what is known of a pull. Returns the answer as Joined:can does.
local function ask(around, joined, request, now)
  local answer, statement, origin = joined:can(request)
  if not around or answer ~= "depends" then
    return answer, statement, origin
  end
  local organization = names_organization(joined, statement)
    and around:organization_beside(arn.parse(request.principal).account, arn.parse(request.resource).account) or {}
  if organization.id then
    request.context["aws:ResourceOrgID"] = organization.id
    answer, statement, origin = joined:can(request)
  end
  if answer == "depends" then
    answer = decide_all(joined, request, now, organization)
  end
  return answer, statement, origin
end

--- Decides one action.
---@param around? access.Surroundings
---@param joined access.JoinedPolicies
---@param request table  for doc:can
---@param now number     seconds since 1970
---@return access.PullDecision
local function decide_action(around, joined, request, now)
  local answer, statement, origin = ask(around, joined, request, now)
  local found = { decision = answer, statement = statement, origin = origin }
  local name = statement and name_of(statement, origin)
  if found.decision ~= "allow" and statement and statement.effect == "Deny" then
    found.advice = ("to exempt the role, add %s that statement"):format(M.exception(statement, request.principal))
  end
  if found.decision == "deny" and statement.effect == "Allow" then
    found.reason = ("no statement allows the role to call %s: the condition of %s does not hold"):format(request.action,
      name)
  elseif found.decision == "deny" then
    found.reason = ("%s denies %s to the role%s"):format(name, request.action, source_of(statement))
  elseif answer == "implicit-deny" then
    found.decision, found.reason = "deny", ("no statement allows the role to call %s now"):format(request.action)
  elseif answer == "depends" and statement.effect == "Deny" then
    found.reason = ("%s denies %s to the role %s"):format(name, request.action,
      doubt_of(statement, request.principal))
  elseif answer == "depends" then
    found.reason = ("a condition decides whether the role can call %s (%s)"):format(request.action, name)
  end
  return found
end

-- absent: the keys that no pull has, see `absent_keys`; nil: without what is known of a pull
local function request_of(absent, role_arn, action, resource, now)
  return {
    principal = role_arn, action = action, resource = resource, partial = true,
    context = absent and context_of(absent, resource, now) or expiry.at(now),
  }
end

--- Decides each action of a pull.
---@param around access.Surroundings
---@param doc? policy.Document
---@param role_arn string
---@param resource string  the repository's ARN
---@param now number
---@return table<string, access.PullDecision>  by action
function M.answers(around, doc, role_arn, resource, now)
  local joined, found = around:join(doc), {}
  local absent = joined and absent_keys(joined:document())
  for _, action in ipairs(policy.PULL_ACTIONS) do
    found[action] = joined
      and decide_action(around, joined, request_of(absent, role_arn, action, resource, now), now)
      or { decision = "deny", reason = "it has no policy" }
  end
  return found
end

--- Decides whether a role can pull from a repository.
---@param around? access.Surroundings  nil: by the repository policy only, without what is known of a pull
---@param doc? policy.Document  the repository's policy
---@param role_arn string
---@param repository { arn: string }
---@param now number  seconds since 1970
---@return access.PullDecision
function M.decide(around, doc, role_arn, repository, now)
  local joined = around and around:join(doc) or doc and require("lanyard.access.surroundings").join(doc)
  if not joined then
    return { decision = "deny", reason = "it has no policy" }
  end
  local absent, worst = around and absent_keys(joined:document()), nil
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local found = decide_action(around, joined, request_of(absent, role_arn, action, repository.arn, now), now)
    if found.decision == "deny" then
      return found
    elseif found.decision == "depends" then
      worst = found
    end
  end
  return worst or { decision = "allow" }
end

--- Returns what prevents the pull in spite of a grant, or may prevent it.
---@param around access.Surroundings
---@param change access.PolicyChange
---@param role_arn string
---@param now number  seconds since 1970
---@return string? warning
function M.warning(around, change, role_arn, now)
  local text = change.after or change.kind == "unchanged" and change.before
  local doc = text and policy.parse(text)
  local found = doc and M.decide(around, doc, role_arn, change.repository, now)
  return found and found.advice and ("%s: the pull %s fail; %s"):format(found.reason,
    found.decision == "deny" and "will" or "may", found.advice) or nil
end

return M
