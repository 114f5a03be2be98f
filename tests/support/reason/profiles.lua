-- Pools of elements, each with a universe of requests that decides every document made of them (see reason.universe).

local dimensions = require "reason.dimensions"
local oracle = require "reason.oracle"
local pools = require "reason.profile"
local typed = require "reason.typed_profiles"
local universe = require "reason.universe"
local variables = require "reason.variable_profiles"

local profile, FEW_PRINCIPALS, FEW_ACTIONS = pools.make, pools.FEW_PRINCIPALS, pools.FEW_ACTIONS

local A, B, C = universe.A, universe.B, universe.C
local key, absent_or, sets_of = dimensions.key, dimensions.absent_or, dimensions.sets_of

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Pools

local EQUAL, LIKE = { "StringEquals", "StringNotEquals" }, { "StringLike", "StringNotLike" }
local ANY_CASE = { "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase" }
local BOOLEAN = { { operators = { "Bool" }, operands = { "true", "false" } } }

local ACTIONS = { "*", "*", "s:a", "s:A", "S:a*", "s:*b", "s:?", "s:ab", "s:*", "t:*", "*:a", "s:*a*" }

-- Names of actions, from a letter up.
local function action_values()
  local values = {}
  for _, name in ipairs((universe.words({ "a", "b", "c" },
    { like = { "*", "*b", "?", "a*", "*a*" }, any_case = { "a", "ab" } }, 1))) do
    if name ~= "" then
      for _, service in ipairs { "s", "t", "z" } do
        values[#values + 1] = service .. ":" .. name
      end
    end
  end
  return values
end

-- ---------------------------------------------------------------------------------------------
-- Profiles: functions, because a universe takes a moment to enumerate

M.makers = {}
for name, maker in pairs(variables.makers) do M.makers[name] = maker end
for name, maker in pairs(typed.makers) do M.makers[name] = maker end
M.makers.times = require "reason.time_profile"

-- Texts of free keys.
function M.makers.texts()
  local like = { "*", "a*", "*a", "*b", "*a*", "?", "a?", "*a*b", "ab*", "*ab*", "" }
  local equal, any_case = { "", "a", "b", "ab", "A", "a*" }, { "a", "AB", "b" }
  local values = universe.words({ "a", "b", "c", "A", "B", "*" }, { like = like, equal = equal, any_case = any_case })
  local families = { { operators = EQUAL, operands = equal }, { operators = LIKE, operands = like },
    { operators = ANY_CASE, operands = any_case } }
  return profile("texts", {
    anyone = 90,
    keys = { key("aws:PrincipalTag/t", absent_or(values)), key("aws:RequestTag/u", absent_or(values)) },
    tests = { { key = "aws:PrincipalTag/t", families = families }, { key = "aws:PrincipalTag/T", families = families },
      { key = "aws:RequestTag/u", families = families } },
  })
end

-- Callers, and the keys that follow from them.
local function caller_tests()
  local function arn(account, rest) return ("arn:aws:iam::%s:%s"):format(account, rest) end
  local patterns = { arn(A, "role/a*"), arn("*", "role/*a"), arn("*", "user/a"), arn(A, "*"), "*", "*/a", arn("*", "role/?"),
    arn("*", "*/a/*"), arn("?????????????", "root"), arn("*", "root"), arn(A, "role/a"), arn(B, "user/c/a"), arn("1*", "user/*"),
    "arn:aws:sts::*:federated-user/*", arn("*", "role/ab") }
  local arns = { arn(A, "role/a"), arn(A, "role/c/a"), arn(A, "user/a"), arn(B, "user/b"), arn(A, "root"),
    "arn:aws:sts::" .. A .. ":federated-user/a", "arn:aws:sts::" .. A .. ":assumed-role/a/a" }
  local arn_patterns = {}
  for _, pattern in ipairs(patterns) do
    if pattern:find "^arn" then arn_patterns[#arn_patterns + 1] = pattern end
  end
  return {
    { key = "aws:PrincipalArn", families = { { operators = LIKE, operands = patterns }, { operators = EQUAL, operands = arns },
      { operators = { "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals" }, operands = arn_patterns } } },
    { key = "aws:PrincipalAccount", families = { { operators = EQUAL, operands = { A, B } },
      { operators = LIKE, operands = { "1*", "*" } } } },
    { key = "aws:PrincipalType", families = { { operators = EQUAL, operands = { "Account", "User", "AssumedRole", "FederatedUser" } },
      { operators = LIKE, operands = { "A*", "*User" } } } },
    { key = "aws:username", families = { { operators = EQUAL, operands = { "a", "b", "ab" } },
      { operators = LIKE, operands = { "a*", "*b", "?", "*" } } } },
    { key = "aws:userid", families = { { operators = LIKE, operands = { "*:a", "*:*", "AROA*:b", "AIDA*" } },
      { operators = EQUAL, operands = { A, A .. ":a" } } } },
    { key = "aws:PrincipalIsAWSService", families = BOOLEAN },
  }
end

local CALLER_PRINCIPALS = {
  AWS = { A, "arn:aws:iam::" .. A .. ":root", B, "arn:aws:iam::" .. A .. ":role/a", "arn:aws:iam::" .. A .. ":role/c/a", "arn:aws:iam::" .. A .. ":user/a",
    "arn:aws:iam::" .. B .. ":user/c/a", "arn:aws:sts::" .. A .. ":assumed-role/a/a", "arn:aws:sts::" .. A .. ":federated-user/a", "*" },
  Service = { "ecs.amazonaws.com", "sns.amazonaws.com" },
}
local NAMES = { "a", "b", "c", "aa", "ab", "ac", "ba", "bc", "ca", "cb", "cc" }

-- Callers of all kinds, in one more account whose id begins with the same digit as the first one's.
local function all_callers()
  local callers = universe.callers { accounts = { A, B, C, "123456789012" }, names = NAMES, paths = { "", "a/", "c/" },
    sessions = { "a", "b", "c" }, derived = true }
  universe.add_provider(callers, "accounts.google.com", true)
  return callers
end

function M.makers.callers()
  return profile("callers", {
    anyone = 35, principals = CALLER_PRINCIPALS, tests = caller_tests(), not_principal = 0,
    callers = all_callers(),
  })
end

function M.makers.exceptions()
  return profile("exceptions", {
    anyone = 30, principals = CALLER_PRINCIPALS, not_principal = 50, conditions = 30, tests = caller_tests(),
    callers = all_callers(),
  })
end

local function organization_profile(name, accounts)
  local callers = universe.callers { accounts = { A, B, C, "123123123123" }, names = { "a", "z" }, paths = { "" },
    sessions = { "z" } }
  return profile(name, {
    principals = FEW_PRINCIPALS, callers = universe.with_organizations(callers, accounts), options = { accounts = accounts },
    tests = {
      { key = "aws:PrincipalOrgID", families = { { operators = EQUAL, operands = { "o-a1b2c3d4e5", "o-f6g7h8i9j0" } },
        { operators = LIKE, operands = { "o-a*" } } } },
      { key = "aws:PrincipalAccount", families = { { operators = EQUAL, operands = { A, B, C } } } },
    },
  })
end

function M.makers.organizations()
  return organization_profile("organizations")
end

function M.makers.accounts()
  return organization_profile("accounts", { [A] = "o-a1b2c3d4e5", [B] = "o-f6g7h8i9j0", [C] = false })
end

-- Accounts of organizations that no document names: one represents the accounts that the patterns do not distinguish.
function M.makers.groups()
  local first, second = "o-a1b2c3d4e5", "o-f6g7h8i9j0"
  local accounts = { [A] = first, [B] = second, ["100000000000"] = first, ["100000000001"] = first, ["100000000003"] = second,
    ["200000000003"] = first, ["200000000002"] = second, ["200000000000"] = false, ["300000000003"] = false }
  local all = { C, "123123123123", "911111111119", "333333333333", "111111111110", "900000000000", "211111111113",
    "211111111003", "911111111003" }
  for account in pairs(accounts) do all[#all + 1] = account end
  table.sort(all)
  local callers = universe.callers { accounts = all, names = { "a", "z" }, paths = { "" }, sessions = { "z" } }
  return profile("groups", {
    anyone = 80, callers = universe.with_organizations(callers, accounts), options = { accounts = accounts }, conditions = 90,
    tests = {
      { key = "aws:PrincipalOrgID", families = { { operators = EQUAL, operands = { first, second } } } },
      { key = "aws:PrincipalAccount", families = { { operators = LIKE, operands = { "1*", "*3", "*0", "2*3" } }, { operators = EQUAL, operands = { A, C } } } },
      { key = "aws:PrincipalArn", families = { { operators = { "ArnLike", "ArnNotLike" },
        operands = { "arn:aws:iam::1*:role/a", "arn:aws:iam::*3:*", "arn:aws:iam::*:user/z", "arn:aws:iam::2????????003:*" } } } },
    },
  })
end

local NAME_POOL = { "*", "a", "a*", "*/a", "?", "b*", "*b*", "a/?*" }
local RESOURCES = { "*", "*", "arn:aws:s3:::a", "arn:aws:s3:::a*", "arn:aws:s3:::*/a", "arn:aws:s3:::?", "arn:aws:s3:::*b*", "arn:aws:s3:::a/?*",
  "arn:aws:s3:::*", "arn:aws:sns:*:" .. A .. ":*", "arn:*:s3:::b*", "arn:aws:sns:r:" .. A .. ":a", "arn:aws:*:*:*:a*", "arn:*:*:*:*:*",
  "arn:aws:sns:*:*:a", "arn:aws:s??:*:*:*" }

-- A request without a resource has "*".
local function and_any(values)
  values[#values + 1] = "*"
  return values
end

local function resource_values()
  return and_any(universe.arns {
    partitions = { "aws", "aws-cn" }, services = { "s3", "sns", "z" }, regions = { "", "r", "q" }, accounts = { "", A, C },
    names = (function()
      local names = {}
      for _, name in ipairs((universe.words({ "a", "b", "c", "/" }, { like = NAME_POOL }, 1))) do
        if name ~= "" then names[#names + 1] = name end
      end
      return names
    end)(),
  })
end

function M.makers.places()
  return profile("places", {
    anyone = 90, actions = ACTIONS, action_values = action_values(), resources = RESOURCES, resource_values = resource_values(),
    owners = { A, B, C, "123456789012" },
    without_colons = true, -- the enumeration lacks resources that a star matches only across a colon; "crossing" has them
    tests = { { key = "aws:ResourceAccount", families = { { operators = EQUAL, operands = { A, B } }, { operators = LIKE, operands = { "1*", "*" } } } } },
    conditions = 20,
  })
end

function M.makers.identity()
  return profile("identity", {
    identity = true, actions = ACTIONS, action_values = action_values(), resources = { "*", "*", "arn:aws:s3:::a*", "arn:aws:s3:::*b", "arn:aws:s3:::ab" },
    resource_values = universe.arns { partitions = { "aws" }, services = { "s3", "z" }, regions = { "" }, accounts = { "" },
      names = (universe.words({ "a", "b", "c" }, { like = { "a*", "*b" }, equal = { "ab" } }, 1)) },
    callers = universe.callers { accounts = { A, B, C, "123456789012" }, names = NAMES, paths = { "", "a/", "c/" },
      sessions = { "a", "b", "c" }, identity = true },
    tests = caller_tests(), conditions = 50,
  })
end

-- Long lists of actions, whose patterns are searched one by one.
function M.makers.lists()
  local many, values = { "s:a", "S:a*", "s:*b", "s:?", "t:*", "*:a", "s:*a*", "z*:c" }, action_values()
  for i = 1, 66 do
    local name = ("f:%s%02d"):format(i % 3 == 0 and "X" or "x", i)
    many[#many + 1] = name .. (i % 7 == 0 and "*" or i % 11 == 0 and "?" or "")
    values[#values + 1] = name:lower()
    if i % 7 == 0 or i % 11 == 0 then values[#values + 1] = name .. "c" end
  end
  for _, value in ipairs { "f:c", "f:cc", "f:xc", "sc:c", "zc:c", "zc:cc" } do values[#values + 1] = value end
  return profile("lists", {
    anyone = 95, not_principal = 3, conditions = 10, actions = ACTIONS, many_actions = many, action_values = values,
    keys = { key("svc:Flag", { false, "true", "false" }) }, tests = { { key = "svc:Flag", families = BOOLEAN } },
  })
end

function M.makers.arns()
  local patterns = { "arn:aws:s3:::*", "arn:aws:s3:::a*", "arn:*:s3:*:*:*", "arn:aws:sns:r:" .. A .. ":?", "arn:aws:*:*:" .. A .. ":*", "arn:aws:s3:::*b" }
  local values = universe.arns {
    partitions = { "aws", "z" }, services = { "s3", "sns", "z" }, regions = { "", "r", "z" }, accounts = { "", A, C },
    names = { "a", "b", "c", "ab", "cb", "aa", "ac", "cc", "a:b", "c:c" },
  }
  local families = {
    { operators = { "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals" }, operands = patterns },
    { operators = EQUAL, operands = { "arn:aws:s3:::a", "arn:aws:s3:::ab" } },
  }
  -- The values of a key that AWS does not describe need not be ARNs.
  local any = table.move(values, 1, #values, 1, {})
  for _, value in ipairs { "", "c", "arn:aws:s3::", "arn::s3:::a" } do any[#any + 1] = value end
  return profile("arns", {
    anyone = 90, keys = { key("aws:SourceArn", absent_or(values)), key("svc:Arn", absent_or(any)) },
    tests = { { key = "aws:SourceArn", families = families }, { key = "svc:Arn", families = families } },
  })
end

function M.makers.values()
  local numbers = { operators = { "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
    "NumericGreaterThan", "NumericGreaterThanEquals" }, operands = { "1", "2", "2.5", "1e1", "-3", "0" } }
  local dates = { operators = { "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
    "DateGreaterThanEquals" }, operands = { "2026-01-01T00:00:00Z", "2026-01-01T00:00:10Z", "1767225605", "2026-06-01" } }
  local addresses = { operators = { "IpAddress", "NotIpAddress" }, operands = { "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9",
    "203.0.113.7", "203.0.113.6/31", "2001:db8::/32", "2001:db8::1", "0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1" } }
  return profile("values", {
    anyone = 90,
    keys = {
      key("aws:MultiFactorAuthAge", { false, "-4", "-3", "-2", "0", "0.5", "1", "1.5", "2", "2.25", "2.5", "5", "10", "11" }),
      key("svc:Date", { false, "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:02Z",
        "2026-01-01T00:00:05Z", "2026-01-01T00:00:07Z", "2026-01-01T00:00:10Z", "2026-02-01T00:00:00Z", "2026-06-01T00:00:00Z",
        "2026-06-02T00:00:00Z" }),
      key("aws:SourceIp", { false, "9.255.255.255", "10.0.0.0", "10.127.255.255", "10.128.0.0", "10.255.255.255", "11.0.0.0", "203.0.113.5",
        "203.0.113.6", "203.0.113.7", "203.0.113.8", "255.255.255.255", "0.0.0.0", "::", "2001:db8::", "2001:db8::1", "2001:db8::2",
        "2001:db9::", "ffff::" }),
      key("aws:MultiFactorAuthPresent", { false, "true", "false" }),
      key("svc:Flag", { false, "true", "false" }), -- no set operator: one value
      key("svc:Number", { false, "0", "1", "1.5", "2", "3" }),
    },
    tests = {
      { key = "aws:MultiFactorAuthAge", families = { numbers } }, { key = "svc:Date", families = { dates } },
      { key = "aws:SourceIp", families = { addresses } }, { key = "aws:MultiFactorAuthPresent", families = BOOLEAN },
      { key = "svc:Flag", families = BOOLEAN },
      { key = "svc:Number", families = { { operators = numbers.operators, operands = { "1", "2" } } } },
    },
  })
end

-- Keys with several values, with set operators. Without one the result is open for several values. The oracle takes each
-- such result as independent of others; the engine uses that AWS has one matcher: StringEquals a implies StringLike a*.
function M.makers.sets()
  local like, equal = { "a*", "*b", "*" }, { "a", "ab", "" }
  local texts = universe.words({ "a", "b", "c" }, { like = like, equal = equal }, 1)
  local families = { { operators = EQUAL, operands = equal }, { operators = LIKE, operands = like } }
  local sets = sets_of(texts)
  return profile("sets", {
    anyone = 90, one_matcher = true, keys = { key("aws:TagKeys", sets), key("svc:Keys", sets) }, conditions = 85,
    tests = { { key = "aws:TagKeys", families = families, set = true }, { key = "svc:Keys", families = families, set = true },
      { key = "aws:TagKeys", families = families } },
  })
end

-- Set operators on keys that have one value.
function M.makers.single()
  local like, equal = { "a*", "*b", "*" }, { "a", "ab", "" }
  local texts = universe.words({ "a", "b", "c" }, { like = like, equal = equal })
  local families = { { operators = EQUAL, operands = equal }, { operators = LIKE, operands = like } }
  return profile("single", {
    anyone = 90, keys = { key("aws:PrincipalTag/t", absent_or(texts)) }, conditions = 85,
    tests = { { key = "aws:PrincipalTag/t", families = families, set = true }, { key = "aws:PrincipalTag/t", families = families } },
  })
end

-- Principals of all kinds; two of each kind are named, and a fresh one is a caller, too.
function M.makers.kinds()
  local canonical = ("0123456789abcdef"):rep(4)
  local callers = universe.callers { accounts = { A, C }, names = { "a", "z" }, paths = { "" }, sessions = { "z" },
    issuers = { "zz" } }
  for _, provider in ipairs { "accounts.google.com", "graph.facebook.com", "arn:aws:iam::" .. A .. ":saml-provider/x",
    "arn:aws:iam::" .. A .. ":oidc-provider/y", "arn:aws:iam::" .. C .. ":saml-provider/z" } do
    universe.add_provider(callers, provider)
  end
  for _, id in ipairs { "AROAEXAMPLEEXAMPLE123", "AIDAEXAMPLEEXAMPLE123", "AROAEXAMPLEEXAMPLE999", "AIDAEXAMPLEEXAMPLE999", canonical,
    ("9876543210fedcba"):rep(4) } do
    callers[#callers + 1] = { principal = id, context = {} }
  end
  return profile("kinds", {
    anyone = 25, not_principal = 25, callers = callers, conditions = 25,
    without_colons = true, -- the enumeration lacks sessions that the user of a unique id federated; "ids" has them
    principals = {
      AWS = { A, "arn:aws:iam::" .. A .. ":role/a", "AROAEXAMPLEEXAMPLE123", "AIDAEXAMPLEEXAMPLE123", "*" },
      Service = { "ecs.amazonaws.com", "sns.amazonaws.com" },
      Federated = { "accounts.google.com", "arn:aws:iam::" .. A .. ":saml-provider/x", "arn:aws:iam::" .. A .. ":oidc-provider/y", "*" },
      CanonicalUser = { canonical },
    },
    tests = { { key = "aws:PrincipalTag/t", families = { { operators = EQUAL, operands = { "a" } } } } },
    keys = { key("aws:PrincipalTag/t", { false, "", "a", "b" }) },
  })
end

-- Stars that would have to cross a colon: whether they do is open.
function M.makers.crossing()
  return profile("crossing", {
    anyone = 90, actions = FEW_ACTIONS,
    resources = { "*", "arn:aws:*:a", "arn:*", "arn:aws:s3:::a*", "arn:aws:*:*:*:a*", "arn:aws:s3*", "arn:aws:s3:*", "arn:aws:s3:::*a" },
    resource_values = and_any(universe.arns { partitions = { "aws", "z" }, services = { "s3", "s3z", "z" }, regions = { "", "a" },
      accounts = { "", C }, names = { "a", "c", "ca", "ac", "aca", "a:c", "c:a", "c:c", "c:ac", "c:ca", "ac:a", "ac:c",
        "x:y:a", "x:y:a:c", "x:y:ac" } }),
  })
end

-- What IAM leaves open: operators and operands that do not exist, Denies that violate the grammar.
function M.makers.open()
  local families = { { operators = EQUAL, operands = { "a", "b" } }, { operators = { "StringSounds", "StringEqual" }, operands = { "a", "b" } } }
  return profile("open", {
    anyone = 80, conditions = 80, keys = { key("aws:PrincipalTag/t", { false, "", "a", "b", "c" }),
      key("aws:MultiFactorAuthAge", { false, "-1", "0", "0.5", "1", "2", "5", "7", "9" }) },
    tests = { { key = "aws:PrincipalTag/t", families = families },
      { key = "aws:MultiFactorAuthAge", families = { { operators = { "NumericLessThan", "NumericEquals" }, operands = { "1", "5", "many" } } } } },
  })
end

-- The paths of organizations, of callers and of resources. Each path begins with the id.
local PATHS = { "o-a1b2c3d4e5/r-ab12/", "o-a1b2c3d4e5/r-ab12/ou-1/", "o-a1b2c3d4e5/r-ab12/ou-1/ou-2/", "o-a1b2c3d4e5/r-zz/ou-zz/",
  "o-f6g7h8i9j0/r-ab12/", "o-f6g7h8i9j0/r-ab12/ou-1/", "o-f6g7h8i9j0/r-zz/ou-zz/", "o-zzzzzzzzzz/r-ab12/", "o-zzzzzzzzzz/r-zz/ou-1/",
  "o-azzzzzzzzz/r-ab12/ou-1/", "o-azzzzzzzzz/r-zz/", "o-zzzzzzzzzz/r-zz/ou-zz/", "o-azzzzzzzzz/r-zz/ou-zz/", "o-f6g7h8i9j0/r-zz/ou-1/",
  "o-a1b2c3d4e5/r-zz/ou-1/", "o-zzzzzzzzzz/r-zz/", "o-f6g7h8i9j0/r-zz/", "o-a1b2c3d4e5/r-zz/" }

-- Returns values of the two keys: absent, or an id and a path.
local function organization_values(accounts)
  local values = { {} }
  for _, path in ipairs(accounts or PATHS) do
    values[#values + 1] = { id = path:match "^[^/]*", path = path }
  end
  return values
end

local function path_tests(side)
  local operands = { "o-a1b2c3d4e5/*", "o-a1b2c3d4e5/r-ab12/ou-1/", "o-a1b2c3d4e5/r-ab12/ou-1/*", "*/ou-1/", "o-*/r-ab12/*", "*" }
  local plain = { "o-a1b2c3d4e5/r-ab12/ou-1/", "o-f6g7h8i9j0/r-ab12/" }
  return {
    { key = ("aws:%sOrgPaths"):format(side), set = true, families = { { operators = LIKE, operands = operands }, { operators = EQUAL, operands = plain } } },
    { key = ("aws:%sOrgID"):format(side), families = { { operators = EQUAL, operands = { "o-a1b2c3d4e5", "o-f6g7h8i9j0" } },
      { operators = LIKE, operands = { "o-a*" } } } },
  }
end

local function organization_dimension(name, side, member)
  return {
    name = name, values = organization_values(), flags = member and function(value) return value.id and oracle.MEMBER or 0 end,
    set = function(request, value)
      request.context[("aws:%sOrgID"):format(side)] = value.id
      request.context[("aws:%sOrgPaths"):format(side)] = value.path and { value.path }
    end,
  }
end

function M.makers.paths()
  local tests = path_tests "Principal"
  table.move(path_tests "Resource", 1, 2, 3, tests)
  return profile("paths", {
    conditions = 85, anyone = 70, tests = tests,
    keys = { organization_dimension("principal-organization", "Principal", true), organization_dimension("resource-organization", "Resource") },
    of = { ["aws:principalorgid"] = "principal-organization", ["aws:principalorgpaths"] = "principal-organization",
      ["aws:resourceorgid"] = "resource-organization", ["aws:resourceorgpaths"] = "resource-organization" },
  })
end

-- The option `always`: requests have these keys, if the caller can have them.
function M.makers.always()
  local texts = universe.words({ "a", "b", "c" }, { like = { "a*", "*b", "*" }, equal = { "a", "b", "" } })
  local families = { { operators = EQUAL, operands = { "a", "b", "" } }, { operators = LIKE, operands = { "a*", "*b", "*" } } }
  for i = #texts, 1, -1 do -- a key that every request has is not empty
    if texts[i] == "" then table.remove(texts, i) end
  end
  local tag = key("aws:PrincipalTag/t", { false, table.unpack(texts) })
  local flags = tag.flags
  tag.flags = function(value) return value and flags(value) or oracle.OUTSIDER end -- members have the tag
  local issued = key("aws:MultiFactorAuthAge", { false, "0", "1", "2" })
  issued.flags = function(value) return value and oracle.FLAGS.MFA | oracle.MEMBER or oracle.FLAGS.NO_AGE end
  return profile("always", {
    anyone = 70, conditions = 85, options = { always = { "aws:PrincipalTag/T", "svc:Name", "aws:MultiFactorAuthAge", "aws:TagKeys" } },
    keys = { tag, key("svc:Name", texts), issued, key("svc:Free", { false, "", table.unpack(texts) }),
      key("aws:TagKeys", { table.unpack(sets_of { "a", "b", "c" }, 2) }) },
    tests = { { key = "aws:PrincipalTag/t", families = families, null = 20 }, { key = "svc:Name", families = families, null = 20 },
      { key = "svc:Free", families = families, null = 20 },
      { key = "aws:TagKeys", set = true, families = { { operators = EQUAL, operands = { "a", "b" } } } },
      { key = "aws:MultiFactorAuthAge", families = { { operators = { "NumericLessThan", "NumericEquals" }, operands = { "1" } } } } },
  })
end

-- Unique ids and identity providers, with the keys that follow from callers.
local function id_callers()
  local callers = universe.callers { accounts = { A, B, C, "123456789012" }, names = { "a", "z", "ab", "b", "bb" }, paths = { "", "a/", "c/" },
    sessions = { "a", "b", "z" }, derived = true, issuers = { "zz", false } }
  for _, provider in ipairs { "accounts.google.com", "graph.facebook.com", "arn:aws:iam::" .. A .. ":saml-provider/x" } do
    universe.add_provider(callers, provider, true)
  end
  for _, id in ipairs { "EXAMPLEEXAMPLE123", "EXAMPLEEXAMPLE999" } do
    universe.add_ids(callers, id, { accounts = { A, B, C, "123456789012" }, names = NAMES, paths = { "", "a/", "c/" }, sessions = { "a", "b", "c" } })
  end
  return callers
end

function M.makers.ids()
  return profile("ids", {
    anyone = 25, callers = id_callers(), conditions = 70, not_principal = 0, tests = caller_tests(),
    principals = {
      AWS = { A, "AROAEXAMPLEEXAMPLE123", "AIDAEXAMPLEEXAMPLE123", "arn:aws:iam::" .. A .. ":role/a" },
      Federated = { "accounts.google.com", "arn:aws:iam::" .. A .. ":saml-provider/x", "*" },
      CanonicalUser = { ("0123456789abcdef"):rep(4) },
    },
  })
end

-- Keys that go together: of the network, of services that act for a caller, and of sessions.
function M.makers.relations()
  local texts = { { operators = EQUAL, operands = { "vpce-1", "vpce-2" } }, { operators = LIKE, operands = { "vpce-1*", "*" } } }
  local numbers = { { operators = { "NumericLessThan", "NumericGreaterThanEquals" }, operands = { "5" } } }
  local networks = { { operators = { "IpAddress", "NotIpAddress" }, operands = { "192.0.2.0/24" } } }
  local services = { { operators = EQUAL, operands = { "a.amazonaws.com" } } }
  local callers = table.move(pools.FEW_CALLERS, 1, #pools.FEW_CALLERS, 1, {})
  universe.add_provider(callers, "accounts.google.com")
  return profile("relations", {
    anyone = 70, conditions = 95, old = 0, callers = callers,
    keys = {
      key("aws:SourceIp", { false, "192.0.2.0", "192.0.3.0" }), key("aws:SourceVpce", { false, "vpce-1", "vpce-2", "vpce-3", "vpce-11" }),
      key("aws:ViaAWSService", { "true", "false" }),
      key("aws:CalledVia", { false, { "a.amazonaws.com" }, { "b.amazonaws.com" }, { "b.amazonaws.com", "a.amazonaws.com" } }),
      key("aws:MultiFactorAuthAge", { false, "4", "5" }), key("aws:MultiFactorAuthPresent", { false, "true", "false" }),
      key("aws:TokenIssueTime", { false, "2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z" }),
      key("aws:FederatedProvider", { false, "a", "b" }), key("aws:SourceIdentity", { false, "a", "b" }),
    },
    of = { ["aws:tokenissuetime"] = "aws:tokenissuetime" },
    tests = {
      { key = "aws:SourceIp", families = networks }, { key = "aws:SourceVpce", families = texts },
      { key = "aws:ViaAWSService", families = BOOLEAN, null = 0 }, { key = "aws:CalledVia", families = services, set = true },
      { key = "aws:MultiFactorAuthAge", families = numbers, null = 20 },
      { key = "aws:MultiFactorAuthPresent", families = BOOLEAN, null = 20 },
      { key = "aws:TokenIssueTime", null = 50, families = { { operators = { "DateLessThan" }, operands = { "2026-01-01T00:00:00Z" } } } },
      { key = "aws:FederatedProvider", families = { { operators = EQUAL, operands = { "a" } } } },
      { key = "aws:SourceIdentity", families = { { operators = EQUAL, operands = { "a" } } } },
    },
  })
end

-- Services, each with every list of names that the documents distinguish.
function M.makers.services()
  local callers = universe.callers { accounts = { A, C }, names = { "a", "z" }, paths = { "" }, sessions = { "z" } }
  for _, service in ipairs { "ecs", "sns", "zzz" } do
    local names = {}
    for i, region in ipairs { "", ".us-east-1", ".eu-west-1", ".zz-1" } do names[i] = service .. region .. ".amazonaws.com" end
    for _, own in ipairs(names) do
      for _, list in ipairs(universe.subsets(names)) do
        if (" " .. table.concat(list, " ") .. " "):find(" " .. own .. " ", 1, true) then
          universe.add_service(callers, own, false, list)
        end
      end
    end
  end
  for _, name in ipairs { "zzz.ic.gov", "ecs.ic.gov", "us-east-1.ic.gov", "ecs-us-east-1.ic.gov" } do
    universe.add_service(callers, name)
  end
  local some = { "ecs.amazonaws.com", "ecs.us-east-1.amazonaws.com", "ecs.eu-west-1.amazonaws.com", "sns.us-east-1.amazonaws.com" }
  return profile("services", {
    anyone = 40, not_principal = 20, conditions = 80, callers = callers,
    principals = { AWS = { A, "arn:aws:iam::" .. A .. ":role/a" }, Service = some },
    tests = {
      { key = "aws:PrincipalServiceNamesList", set = true, null = 15, families = { { operators = EQUAL, operands = some } } },
      { key = "aws:PrincipalServiceName", null = 15, families = { { operators = EQUAL, operands = some },
        { operators = LIKE, operands = { "*.amazonaws.com", "ecs*", "*us-east-1*" } } } },
      { key = "aws:PrincipalIsAWSService", families = BOOLEAN },
    },
  })
end

-- Several dimensions at once.
function M.makers.mixed()
  local texts = universe.words({ "a", "b", "c" }, { like = { "a*", "*b" }, equal = { "a", "b" } })
  local families = { { operators = EQUAL, operands = { "a", "b" } }, { operators = LIKE, operands = { "a*", "*b" } } }
  return profile("mixed", {
    anyone = 40, principals = CALLER_PRINCIPALS, actions = ACTIONS, action_values = action_values(),
    callers = universe.callers { accounts = { A, B, C }, names = { "a", "b", "ab", "c" }, paths = { "", "c/" },
      sessions = { "a", "c" } },
    resources = { "*", "arn:aws:s3:::a*", "arn:aws:s3:::*b", "arn:aws:s3:::ab" },
    resource_values = universe.arns { partitions = { "aws" }, services = { "s3", "z" }, regions = { "" }, accounts = { "" },
      names = (universe.words({ "a", "b", "c" }, { like = { "a*", "*b" }, equal = { "ab" } }, 1)) },
    keys = { key("aws:PrincipalTag/t", absent_or(texts)), key("svc:Flag", { false, "true", "false" }) },
    tests = { { key = "aws:PrincipalTag/t", families = families }, { key = "svc:Flag", families = BOOLEAN },
      { key = "aws:PrincipalAccount", families = { { operators = EQUAL, operands = { A, B } } } } },
  })
end

-- What reason.z3 encodes; without sets, variables and keys that follow from callers.
function M.makers.z3()
  local texts = universe.words({ "a", "b", "c" }, { like = { "*", "a*", "*b", "?", "*a*b", "a?" }, equal = { "", "a", "b", "ab" } })
  local families = { { operators = EQUAL, operands = { "", "a", "b", "ab" } },
    { operators = LIKE, operands = { "*", "a*", "*b", "?", "*a*b", "a?" } } }
  local numbers = { operators = { "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
    "NumericGreaterThan", "NumericGreaterThanEquals" }, operands = { "1", "2", "2.5", "-3" } }
  local addresses = { operators = { "IpAddress", "NotIpAddress" }, operands = { "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9",
    "203.0.113.7", "2001:db8::/32", "2001:db8::1", "0.0.0.0/0", "::/0" } }
  local role = "arn:aws:iam::" .. A .. ":role/"
  return profile("z3", {
    anyone = 50, old = 0, not_principal = 0,
    principals = { AWS = { A, B, role .. "a", role .. "ab", "arn:aws:iam::" .. B .. ":user/a" } },
    actions = { "*", "*", "s:a", "S:a*", "s:*b", "s:?", "s:ab", "s:*", "t:*", "*:a" }, action_values = action_values(),
    callers = universe.callers { accounts = { A, B, C }, names = NAMES, paths = { "" }, sessions = { "c" } },
    resources = { "*", "*", "arn:aws:s3:::a", "arn:aws:s3:::a*", "arn:aws:s3:::*b", "arn:aws:sns:*:" .. A .. ":*", "arn:*:s3:::b*" },
    resource_values = universe.arns { partitions = { "aws", "aws-cn" }, services = { "s3", "sns", "z" }, regions = { "", "r" },
      accounts = { "", A, C }, names = { "a", "b", "c", "ab", "ac", "cb", "ba", "bb", "bc" } },
    keys = { key("aws:PrincipalTag/t", absent_or(texts)), key("aws:RequestTag/u", absent_or(texts)),
      key("aws:MultiFactorAuthAge", { false, "-4", "-3", "0", "1", "1.5", "2", "2.25", "2.5", "5" }),
      key("aws:MultiFactorAuthPresent", { false, "true", "false" }),
      key("aws:SourceIp", { false, "9.255.255.255", "10.0.0.0", "10.128.0.0", "11.0.0.0", "203.0.113.7", "::", "2001:db8::",
        "2001:db8::1" }) },
    tests = { { key = "aws:PrincipalTag/t", families = families }, { key = "aws:RequestTag/u", families = families },
      { key = "aws:MultiFactorAuthAge", families = { numbers } }, { key = "aws:MultiFactorAuthPresent", families = BOOLEAN },
      { key = "aws:SourceIp", families = { addresses } },
      { key = "aws:PrincipalArn", families = { { operators = LIKE, operands = { role .. "a*", "arn:aws:iam::*:user/*", "*a", role .. "?" } } } } },
  })
end

M.names = { "texts", "callers", "exceptions", "organizations", "accounts", "places", "identity", "arns", "values", "sets", "single",
  "variables", "frames", "operands", "kinds", "crossing", "open", "times", "mixed", "paths", "always", "ids", "relations",
  "groups", "lists", "services", "characters" }
table.move(typed.names, 1, #typed.names, #M.names + 1, M.names)

return M
