--- Random requests for policy.decide and @cloud-copilot/iam-simulate, and why their answers differ.

local json = require "lanyard.json"
local policy = require "lanyard.policy"

local M = {}

local ANSWERS = { Allowed = "allow", ImplicitlyDenied = "implicit-deny", ExplicitlyDenied = "deny" }

-- ---------------------------------------------------------------------------------------------
-- Requests

local A, B = "111122223333", "444455556666"
local PRINCIPALS = {
  "arn:aws:iam::" .. A .. ":user/kim", "arn:aws:iam::" .. A .. ":role/ci", "arn:aws:iam::" .. B .. ":role/ci",
  "arn:aws:sts::" .. A .. ":assumed-role/ci/job", "arn:aws:sts::" .. B .. ":assumed-role/ci/job", "ecs.amazonaws.com",
}
local NAMED = { "*", A, B, "arn:aws:iam::" .. A .. ":root", "arn:aws:iam::" .. A .. ":user/kim", "arn:aws:iam::" .. A .. ":role/ci",
  "arn:aws:iam::" .. B .. ":role/ci", "arn:aws:sts::" .. A .. ":assumed-role/ci/job" }
local RESOURCES = { "arn:aws:sqs:us-east-1:" .. A .. ":q", "arn:aws:sqs:us-east-1:" .. A .. ":caf\u{E9}",
  "arn:aws:sqs:us-east-1:" .. A .. ":a:b" }
local PATTERNS = { "*", "arn:aws:sqs:*:*:*", "arn:aws:sqs:us-east-1:" .. A .. ":q", "arn:aws:sqs:*:" .. A .. ":?",
  "arn:aws:sqs:*:*:caf?", "arn:aws:sqs:*:*:caf??", "arn:aws:sqs:*:b", "arn:aws:sqs:*", "arn:aws:sqs:us-east-1:" .. B .. ":*",
  "arn:aws:sqs:*:*:${aws:PrincipalTag/team, 'q'}" }
local ACTIONS = { "*", "sqs:*", "sqs:Send*", "sqs:SendMessage", "SQS:sendmessage", "sqs:Delete*", "sqs:?endMessage" }

local TEXT = { operators = { "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
  "StringNotLike" }, operands = { "a", "A", "b", "a*", "?", "??", "", "caf?", "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'a'}", "${*}" } }
local NUMBER = { operators = { "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
  "NumericGreaterThan", "NumericGreaterThanEquals" }, operands = { "10", "5", "1.5", "-1", "1e1", "x" } }
local DATE = { operators = { "DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThanEquals" },
  operands = { "2026-01-01T00:00:00Z", "2026-01-02", "1767225600", "2026" } }
local KEYS = {
  ["svc:Text"] = { { TEXT }, { false, "a", "A", "ab", "", "caf\u{E9}", "\u{1F511}", "*" } },
  ["aws:PrincipalTag/team"] = { { TEXT }, { false, "a", "q", "" } },
  ["aws:TagKeys"] = { { TEXT }, { false, json.array { "a" }, json.array { "a", "b" }, json.array { "ab", "" }, json.array {} } },
  ["svc:Count"] = { { NUMBER }, { false, "10", "5", "1.5", "-2", "x", "1e1" } },
  ["svc:Time"] = { { DATE }, { false, "2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z", "1767225600" } },
  ["svc:Flag"] = { { { operators = { "Bool" }, operands = { "true", "false", "yes" } } }, { false, "true", "false", "True", "yes" } },
  ["aws:SourceIp"] = { { { operators = { "IpAddress", "NotIpAddress" }, operands = { "10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "0.0.0.0/0" } } },
    { false, "10.1.2.3", "192.0.2.1", "203.0.113.9", "2001:db8::1" } },
  ["aws:SourceArn"] = { { { operators = { "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike" },
    operands = { "arn:aws:sns:*:*:t", "arn:aws:sns:us-east-1:" .. A .. ":t", "arn:aws:*:t", "arn:aws:sns:*:*:?" } } },
    { false, "arn:aws:sns:us-east-1:" .. A .. ":t", "arn:aws:sns:us-east-1:" .. A .. ":a:t", "t" } },
}
local NAMES = {}
for name in pairs(KEYS) do NAMES[#NAMES + 1] = name end
table.sort(NAMES)

local function pick(random, list)
  return list[random(#list)]
end

-- Returns one value, or sometimes a list of two.
local function some(random, list)
  return random(3) == 1 and json.array { pick(random, list), pick(random, list) } or pick(random, list)
end

local function random_condition(random)
  local condition = {}
  for _ = 1, random(2) do
    local key = pick(random, NAMES)
    local family = pick(random, KEYS[key][1])
    local is_null = random(8) == 1
    local operator = is_null and "Null" or pick(random, family.operators) .. (random(6) == 1 and "IfExists" or "")
    local operands = some(random, is_null and { "true", "false" } or family.operands)
    local set = random(key == "aws:TagKeys" and 2 or 8) == 1 and pick(random, { "ForAnyValue:", "ForAllValues:" }) or ""
    condition[set .. operator] = condition[set .. operator] or {}
    condition[set .. operator][key] = operands
  end
  return condition
end

local function random_policy(random, principals)
  local statements = json.array {}
  for i = 1, random(3) do
    local one = { Effect = random(3) == 1 and "Deny" or "Allow" }
    one[random(8) == 1 and "NotAction" or "Action"] = some(random, ACTIONS)
    one[random(8) == 1 and "NotResource" or "Resource"] = some(random, PATTERNS)
    one.Condition = random(2) == 1 and random_condition(random) or nil
    if principals then
      local name = pick(random, principals)
      one[name ~= "*" and random(10) == 1 and "NotPrincipal" or "Principal"] = name == "*" and "*"
        or random(4) == 1 and { Service = "ecs.amazonaws.com" } or { AWS = name }
    end
    statements[i] = one
  end
  return { Version = "2012-10-17", Statement = statements }
end

local function random_levels(random, principals)
  local list = json.array {}
  for i = 1, random(2) do
    list[i] = { policies = json.array { random_policy(random, principals) } }
  end
  return list
end

--- Returns a random case in the form of iam-simulate's published ones.
---@param random fun(most: integer): integer
---@return table case
function M.case(random)
  local context = {}
  for _, name in ipairs(NAMES) do
    context[name] = random(2) == 1 and pick(random, KEYS[name][2]) or nil
  end
  local principal = pick(random, PRINCIPALS)
  if principal == "ecs.amazonaws.com" then
    context["aws:PrincipalTag/team"] = nil
  end
  local service = principal == "ecs.amazonaws.com"
  local case = {
    request = { principal = principal, action = pick(random, { "sqs:SendMessage", "sqs:DeleteQueue" }), context = context,
      resource = { resource = pick(random, RESOURCES), accountId = A } },
    identityPolicies = not service and random(5) > 1 and json.array { random_policy(random) } or json.array {},
    resourcePolicy = (service or random(2) == 1) and random_policy(random, NAMED) or nil,
  }
  case.permissionBoundaries = not service and random(6) == 1 and json.array { random_policy(random) } or nil
  case.sessionPolicy = principal:find ":sts:" and random(5) == 1 and random_policy(random) or nil
  case.serviceControlPolicies = random(5) == 1 and random_levels(random) or nil
  -- "Principal must be *" in a resource control policy.
  case.resourceControlPolicies = random(6) == 1 and random_levels(random, { "*" }) or nil
  case.endpointPolicies = random(6) == 1 and json.array { random_policy(random, NAMED) } or nil
  return case
end

-- ---------------------------------------------------------------------------------------------
-- Answers

local RCP_FULL_ACCESS = [[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}]]

local function texts(list)
  local found = {}
  for i, one in ipairs(list) do found[i] = json.encode(one) end
  return found
end

local function levels(list, more)
  if not list or #list == 0 then return nil end
  local found = {}
  for i, level in ipairs(list) do
    found[i] = texts(level.policies)
    table.insert(found[i], more)
  end
  return found
end

--- Returns a case as options of policy.decide.
---@param case table
---@return policy.DecideOptions
function M.options(case)
  local request, boundaries = case.request, case.permissionBoundaries
  return {
    principal = type(request.principal) == "table" and "*" or request.principal, action = request.action,
    resource = request.resource.resource, resource_account = request.resource.accountId, context = request.context or {},
    resource_policy = case.resourcePolicy and json.encode(case.resourcePolicy),
    identity_policies = texts(case.identityPolicies or {}),
    boundaries = boundaries and #boundaries > 0 and texts(boundaries) or nil, -- in the cases, [] means no boundary
    session_policies = case.sessionPolicy and { json.encode(case.sessionPolicy) } or nil,
    scps = levels(case.serviceControlPolicies), rcps = levels(case.resourceControlPolicies, RCP_FULL_ACCESS),
    vpc_endpoint_policies = case.endpointPolicies and texts(case.endpointPolicies) or nil,
  }
end

--- Returns the answers of iam-simulate | nil, if node or the package is missing
---@param folder string  has node_modules
---@param cases table[]
---@return string[]?
function M.answers(folder, cases)
  local requests, answers = os.tmpname(), {}
  local file = assert(io.open(requests, "w"))
  for _, case in ipairs(cases) do
    file:write(json.encode(case), "\n")
  end
  file:close()
  local pipe <close> = assert(io.popen(("node tests/support/iam_simulate.mjs '%s' < %s 2>&1"):format(folder, requests)))
  for line in pipe:lines() do answers[#answers + 1] = line end
  os.remove(requests)
  return answers
end

--- Returns the answers of policy.decide.
---@param cases table[]
---@return string[]
function M.decisions(cases)
  local answers = {}
  for i, case in ipairs(cases) do answers[i] = (policy.decide(M.options(case))) end
  return answers
end

--- Returns the cases that are decided differently, as { case, ours, theirs }.
---@param folder string
---@param cases table[]
---@return table[]
function M.differences(folder, cases)
  local ours, theirs, found = M.decisions(cases), M.answers(folder, cases), {}
  assert(#theirs == #cases, theirs[#theirs])
  for i, case in ipairs(cases) do
    local other = ANSWERS[theirs[i]] or theirs[i]
    found[i] = other ~= ours[i] and { case = case, ours = ours[i], theirs = other } or false
  end
  return found
end

-- ---------------------------------------------------------------------------------------------
-- Smaller cases with the same difference

local function copy(value)
  return json.decode(json.encode(value))
end

-- Calls `use(path)` for each part of a case that can be removed.
local function each_part(value, path, use)
  for key, item in pairs(type(value) == "table" and value or {}) do
    local at = table.move(path, 1, #path, 1, {})
    at[#at + 1] = key
    local fixed = key == "request" or key == "resource" or key == "principal" or key == "action" or key == "Version" or key == "Effect"
      or key == "accountId"
    if not fixed and (type(key) == "string" or #value > 1 or path[#path] == "identityPolicies") then
      use(at)
    end
    each_part(item, at, use)
  end
end

local REQUIRED = { Action = true, Statement = true, Principal = true, NotAction = true, NotPrincipal = true, Resource = true,
  NotResource = true, context = true, resource = true, policies = true, AWS = true, Service = true, identityPolicies = true }

-- Returns the cases that lack one part.
local function reductions(case)
  local list = {}
  each_part(case, {}, function(path)
    if REQUIRED[path[#path]] then return end
    local smaller = copy(case)
    local at = smaller
    for i = 1, #path - 1 do at = at[path[i]] end
    local last = path[#path]
    if math.type(last) then
      table.remove(at, last)
      json.array(at)
    else
      at[last] = nil
      if path[#path - 1] == "Condition" and not next(at) then
        local statement = smaller
        for i = 1, #path - 2 do statement = statement[path[i]] end
        statement.Condition = nil
      elseif path[#path - 2] == "Condition" and not next(at) then
        return
      end
    end
    list[#list + 1] = smaller
  end)
  return list
end

--- Returns for each difference the smallest case found that has it.
---@param folder string
---@param differences table[]
---@return table[]
function M.shrink(folder, differences)
  local current, active = table.move(differences, 1, #differences, 1, {}), true
  while active do
    local cases, owners = {}, {}
    for i, one in ipairs(current) do
      for _, smaller in ipairs(not one.done and reductions(one.case) or {}) do
        cases[#cases + 1], owners[#owners + 1] = smaller, i
      end
    end
    local found = #cases > 0 and M.differences(folder, cases) or {}
    active = false
    local changed = {}
    for c, one in ipairs(found) do
      local before = current[owners[c]]
      if one and not changed[owners[c]] and one.ours == before.ours and one.theirs == before.theirs then
        current[owners[c]], changed[owners[c]], active = one, true, true
      end
    end
    for i, one in ipairs(current) do one.done = not changed[i] end
  end
  return current
end

-- ---------------------------------------------------------------------------------------------
-- Why the answers differ

local function has(case, what)
  return json.encode(case):find(what) ~= nil
end

-- Calls `use(operator, key, operands)` for each test of a case.
local function any_test(value, use)
  for name, item in pairs(type(value) == "table" and value or {}) do
    if name == "Condition" then
      for operator, keys in pairs(item) do
        for key, operands in pairs(keys) do
          if use(operator, key, type(operands) == "table" and operands or { operands }) then return true end
        end
      end
    elseif any_test(item, use) then
      return true
    end
  end
  return false
end

-- The classes of differences: what all their smallest cases have, and why policy.decide answers as it does. The first
-- class that fits counts. The pages are of https://docs.aws.amazon.com/IAM/latest/UserGuide/ unless named otherwise.
M.CLASSES = {
  { name = "year", argument = "reference_policies_condition_operators, Date: W3C's ISO 8601 dates, of which YYYY is one",
    fits = function(case) return any_test(case, function(operator, _, operands)
      return operator:find "Date" and table.concat(operands, " "):find "2026%f[^%d-]"
    end) end },
  { name = "seconds", argument = "reference_policies_condition_operators, Date: \"epoch (UNIX) time\" is in seconds; iam-simulate "
      .. "compares it with milliseconds",
    fits = function(case) return any_test(case, function(operator) return operator:find "Date" end) and has(case, "1767225600") end },
  { name = "every address", argument = "reference_policies_condition_operators, IP address: CIDR (RFC 4632), in which /0 contains "
      .. "every address; iam-simulate's has none",
    fits = function(case) return any_test(case, function(operator, _, operands)
      return operator:find "IpAddress" and table.concat(operands, " "):find("0.0.0.0/0", 1, true)
    end) end },
  { name = "address of the other family", argument = "reference_policies_condition_operators, IP address: NotIpAddress is \"all IP "
      .. "addresses except the specified\", so an IPv6 address passes one of IPv4",
    fits = function(case) return any_test(case, function(operator) return operator:find "NotIpAddress" end)
      and tostring(case.request.context["aws:SourceIp"]):find ":" end },
  { name = "ForAnyValue with IfExists", argument = "reference_policies_condition_operators, IfExists: \"If the key is not present, "
      .. "evaluate the condition element as true\"",
    fits = function(case) return any_test(case, function(operator) return operator:find "^ForAnyValue:.*IfExists" end) end },
  { name = "several values without a set operator",
    argument = "reference_policies_condition-single-vs-multi-valued-context-keys: a set operator is required; the result "
      .. "without one is not documented, so it is open; for one value it is the comparison with that value",
    fits = function(case)
      return any_test(case, function(operator, key)
        return not operator:find ":" and not operator:find "^Null" and type(case.request.context[key]) == "table"
      end)
    end },
  { name = "Null with a set operator", argument = "not documented; open where PMapper, which was compared with AWS's policy "
      .. "simulator, and iam-simulate differ (see condition_spec)",
    fits = function(case) return any_test(case, function(operator) return operator:find ":Null" end) end },
  { name = "empty value", argument = "reference_policies_condition_operators, Null: \"the key exists and its value is not null\"; "
      .. "ForAllValues: \"a null data set, such as an empty string\"; PMapper decides Null so",
    fits = function(case)
      return any_test(case, function(_, key)
        local value = case.request.context[key]
        return value == "" or type(value) == "table" and (#value == 0 or value[1] == "" or value[2] == "")
      end) or has(case, [["aws:PrincipalTag/team":""]])
    end },
  { name = "variable in a resource", argument = "reference_policies_variables: \"You can use policy variables in the Resource "
      .. "element\"; iam-simulate splits the pattern at the colon in the variable",
    fits = function(case) return has(case, '"arn:aws:sqs:%*:%*:%${') end },
  { name = "default of a variable", argument = "reference_policies_variables, Specifying default values: "
      .. "\"${key, 'default value'}\" with a blank after the comma",
    fits = function(case) return has(case, "%${aws:PrincipalTag/team, ") end },
  { name = "escape under StringEqualsIgnoreCase", argument = "reference_policies_variables, Special characters: ${*}, ${?} and "
      .. "${$} can be used \"in any string where you can use regular policy variables\"",
    fits = function(case) return any_test(case, function(operator, _, operands)
      return operator:find "EqualsIgnoreCase" and table.concat(operands):find("${*}", 1, true)
    end) end },
  { name = "value without a variable", argument = "reference_policies_variables: without a value \"the whole statement\" may not "
      .. "match; here a test with such an operand matches nothing, so that a negated one holds",
    fits = function(case) return has(case, "%${aws:PrincipalTag/team}") end },
  { name = "pattern of fewer than six parts", argument = "reference_policies_elements_resource: \"*\" at the end of a part \"can "
      .. "expand to match beyond the colon boundaries\"; such a pattern has no other reading (core/README.md)",
    fits = function(case) return has(case, '"arn:aws:sqs:%*"') or has(case, '"arn:aws:sqs:%*:b"') end },
  { name = "character of several bytes", argument = "reference_policies_elements_resource: ? is \"any single character\"; "
      .. "iam-simulate counts UTF-16 units",
    fits = function(case) return any_test(case, function(operator, key, operands)
      return operator:find "Like" and table.concat(operands):find("?", 1, true) and has(case.request.context[key] or "", "\xF0")
    end) end },
  { name = "Principal of a VPC endpoint policy", argument = "vpc/latest/privatelink/vpc-endpoints-access: an endpoint policy "
      .. "controls \"which AWS principals can use the endpoint\", and must contain a Principal element; iam-simulate ignores it",
    fits = function(case) return case.endpointPolicies and not has(case.endpointPolicies, '"Principal":"%*"') end },
  { name = "service control policies and services", argument = "organizations/latest/userguide/orgs_manage_policies_scps: they "
      .. "affect \"IAM users and roles that are managed by accounts\" of the organization",
    fits = function(case) return case.request.principal == "ecs.amazonaws.com" and case.serviceControlPolicies end },
  { name = "NotPrincipal", argument = "reference_policies_elements_notprincipal: an account that is named does not exclude its "
      .. "principals for certain, and a Deny must name account, role and session to exclude one",
    fits = function(case) return has(case, "NotPrincipal") end },
  { name = "anyone within the account", argument = "access_policies_boundaries: only grants to a role are limited by an implicit "
      .. "deny; a statement for everyone allows an anonymous request, too",
    fits = function(case)
      return has(case.resourcePolicy or {}, '"Principal":"%*"') and (case.permissionBoundaries or case.sessionPolicy)
    end },
  { name = "grant to a session", argument = "access_policies_boundaries, IAM role session: a grant to the session's ARN is \"not "
      .. "limited by an implicit deny in an identity-based policy, a permissions boundary, or session policy\"",
    fits = function(case) return has(case.resourcePolicy or {}, "assumed%-role") and (case.permissionBoundaries or case.sessionPolicy) end },
  { name = "value of another type", argument = "not documented: open; iam-simulate takes it for no match",
    fits = function(case) return any_test(case, function(operator, key, operands)
      local all = table.concat(operands, " ") .. " " .. tostring(case.request.context[key])
      return operator:find "Numeric" and all:find "[xe]" or operator:find "Bool" and all:find "yes"
        or operator:find "Arn" and all:find "arn:aws:%*:t"
    end) end },
  { name = "star over a colon", argument = "reference_policies_elements_resource and AWS's reference policies differ: open "
      .. "(core/README.md)", fits = function(case) return has(case.request, ":a:b") end },
}

--- Returns the class of a difference, or nil.
---@param case table  the smallest one
---@return string?
function M.class(case)
  for _, class in ipairs(M.CLASSES) do
    if class.fits(case) then return class.name end
  end
end

return M
