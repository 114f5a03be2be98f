-- Profiles of documents whose policy variables have values of a form, and of keys that are never empty (see
-- reason.profiles). A universe has every text that a variable's value and what is beside the variable make.

local dimensions = require "reason.dimensions"
local oracle = require "reason.oracle"
local profile = require("reason.profile").make
local universe = require "reason.universe"

local A, C = universe.A, universe.C
local key, absent_or = dimensions.key, dimensions.absent_or

local M = { makers = {} }

local EQUAL, LIKE = { "StringEquals", "StringNotEquals" }, { "StringLike", "StringNotLike" }
local ARN = { "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals" }

-- Returns the values, and each of them in each frame, where `%` is the value.
local function framed(values, ...)
  local list, seen = {}, {}
  for _, frame in ipairs { "%", ... } do
    local before, after = frame:match "^(.-)%%(.*)$"
    for _, value in ipairs(values) do
      local text = before .. value .. after
      if not seen[text] then
        seen[text] = true
        list[#list + 1] = text
      end
    end
  end
  return list
end

-- Returns the operands that have a variable in each frame.
local function variables_of(name, ...)
  local list = {}
  for i, frame in ipairs { ... } do list[i] = frame:gsub("%%", "${" .. name .. "}") end
  return list
end

local function joined(...)
  local all = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #all + 1, all) end
  return all
end

-- ARNs, and parts of them.
local function arn_texts(names, ...)
  local arns, rests = {}, {}
  for _, place in ipairs { "aws:s3::", "aws:z::", "z:s3::", ... } do
    for _, name in ipairs(names) do
      rests[#rests + 1] = place .. ":" .. name
      arns[#arns + 1] = "arn:" .. place .. ":" .. name
    end
  end
  return arns, rests
end

-- Policy variables beside ARN operators, in values that need not be ARNs.
function M.makers.arn_variables()
  local arns, rests = arn_texts({ "b", "bb", "c" }, "aws:s3:r:")
  local tags = joined(arns, rests, { "", "b", "bb", "c", "arn:::::b", "arn:::::c", "arn", ":b", ":c", "z:::::b", "aws:s3:r:b" })
  local frames = { "arn:%", "%/x", "arn:aws:s3:::%" }
  local variables = variables_of("aws:PrincipalTag/t", "%", "%", table.unpack(frames))
  local patterns = { "*", "arn:*:*:*:*:b", "arn:aws:s3:::b*", "arn:*:s3:*:*:*", "arn:aws:s3:::b" }
  local likes = { "arn:*", "*:b", "*b*", "arn:aws:s3:::*" }
  local function families(...)
    return { { operators = EQUAL, operands = { "arn:aws:s3:::b", "b", ... } }, { operators = EQUAL, operands = { "c", ... } },
      { operators = ARN, operands = joined(patterns, { ... }) }, { operators = LIKE, operands = joined(likes, { ... }) } }
  end
  return profile("arn_variables", {
    anyone = 90, conditions = 95, undecided = true, actions = { "*" }, action_values = { "s:a" }, old = 0,
    keys = { key("svc:k", absent_or(joined(framed(tags, table.unpack(frames)), variables))), key("aws:PrincipalTag/t", absent_or(tags)) },
    tests = { { key = "svc:k", families = families(table.unpack(variables)) }, { key = "svc:k", families = families(table.unpack(variables)) },
      { key = "aws:PrincipalTag/t", families = families() } },
  })
end

-- Policy variables of keys whose values are ARNs, and of keys with a form beside others.
function M.makers.forms()
  local arns, rests = arn_texts { "b", "bb", "c" }
  local variables = joined(variables_of("aws:SourceArn", "%", "x%", "%/x"), variables_of("aws:SourceAccount", "%", "x%"))
  local accounts, ends = { A, C, "111199998888", "121212121212" }, { "22223333", "99998888" }
  local texts = joined(framed(arns, "x%", "%/x"), framed(accounts, "x%"), rests, ends, { "", "a", "z", "b", "x", "1111", "arn:::::b" }, variables)
  local callers = {}
  for _, one in ipairs(universe.callers { accounts = { A }, names = joined({ "a", "z" }, framed(accounts, "x%")), paths = { "" }, sessions = { "z" } }) do
    if one.context["aws:username"] or one.principal == "*" or one.principal:find "role/[az]$" then callers[#callers + 1] = one end
  end
  return profile("forms", {
    anyone = 80, conditions = 95, undecided = true, sampled = true, actions = { "*" }, action_values = { "s:a" }, old = 0, callers = callers,
    principals = { AWS = { "arn:aws:iam::" .. A .. ":user/a", "arn:aws:iam::" .. A .. ":role/a" } },
    keys = { key("svc:k", absent_or(texts)), key("aws:SourceArn", absent_or(arns)), key("aws:SourceAccount", absent_or(accounts)) },
    tests = {
      { key = "svc:k", families = { { operators = EQUAL, operands = joined({ "b", A }, variables) },
        { operators = LIKE, operands = joined({ "arn:*", "x*", "*b", "1*" }, variables) },
        { operators = ARN, operands = { "arn:*:*:*:*:b", "${aws:SourceArn}", "arn:aws:s3:*:*:*" } } } },
      { key = "aws:SourceArn", families = { { operators = ARN, operands = { "arn:*:*:*:*:b", "arn:aws:s3:::*", "arn:*:s3:*:*:*" } },
        { operators = EQUAL, operands = { "arn:aws:s3:::b", "${svc:k}", "arn:${svc:k}" } }, { operators = LIKE, operands = { "*b", "arn:aws:*" } } } },
      { key = "aws:SourceAccount", families = { { operators = EQUAL, operands = { A, "${svc:k}", "1111${aws:SourceArn}", "1111${svc:k}" } },
        { operators = LIKE, operands = { "1*", "1111*", "1111${aws:SourceArn}" } } } },
      { key = "aws:username", families = { { operators = EQUAL, operands = { "a", "${aws:SourceAccount}", "x${aws:SourceAccount}", "x${aws:SourceArn}" } } } },
    },
  })
end

-- Policy variables of addresses, numbers and times.
function M.makers.points()
  local addresses = { "10.0.0.0", "10.1.1.1", "192.0.2.1", "192.0.2.2", "11.0.0.0", "1.1.1.1", "2001:db8::1", "::" }
  local ages, times = { "4", "5", "6", "10" }, { "10", "2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z" }
  local variables = joined(variables_of("aws:SourceIp", "%", "%", "x%", "10%"), variables_of("aws:MultiFactorAuthAge", "%", "x%"),
    variables_of("aws:TokenIssueTime", "%", "x%"))
  local texts = joined(framed(addresses, "x%", "10%"), framed(ages, "x%"), framed(times, "x%"), { "", "x", "xz", "z", "10z", "10" }, variables)
  local numbers = { "NumericLessThan", "NumericEquals", "NumericNotEquals", "NumericGreaterThanEquals" }
  return profile("points", {
    anyone = 90, conditions = 95, undecided = true, sampled = true, actions = { "*" }, action_values = { "s:a" }, old = 0,
    of = { ["aws:tokenissuetime"] = "aws:tokenissuetime" },
    keys = { key("svc:k", absent_or(texts)), key("aws:SourceIp", absent_or(addresses)), key("aws:MultiFactorAuthAge", absent_or(ages)),
      key("aws:TokenIssueTime", absent_or(times)) },
    tests = {
      { key = "svc:k", families = { { operators = EQUAL, operands = joined({ "10.0.0.0", "5", "z" }, variables) },
        { operators = LIKE, operands = joined({ "10*", "x*", "1*" }, variables) } } },
      { key = "aws:SourceIp", families = { { operators = { "IpAddress", "NotIpAddress" }, operands = { "10.0.0.0/8", "192.0.2.1", "::/0" } } } },
      { key = "aws:MultiFactorAuthAge", families = { { operators = numbers, operands = { "5" } } } },
      { key = "aws:TokenIssueTime", families = { { operators = { "DateLessThan", "DateEquals", "DateGreaterThan" },
        operands = { "2026-01-01T00:00:00Z" } } } },
    },
  })
end

-- Policy variables of the ids of organizations, beside tests of their paths.
function M.makers.organization_variables()
  local ids, paths, prefixed = { "o-a1b2c3d4e5", "o-f6g7h8i9j0", "o-zzzzzzzzzz" }, { {} }, {}
  for _, id in ipairs(ids) do
    for _, rest in ipairs { "/r-ab12/", "/r-ab12/ou-1/", "/r-zz/ou-zz/" } do paths[#paths + 1] = { id = id, path = id .. rest } end
    prefixed[#prefixed + 1] = "x" .. id
  end
  local function organization(name, side, flags)
    return { name = name, values = paths, flags = flags, set = function(request, value)
      request.context[("aws:%sOrgID"):format(side)] = value.id
      request.context[("aws:%sOrgPaths"):format(side)] = value.path and { value.path }
    end }
  end
  local principal, resource = "${aws:PrincipalOrgID}", "${aws:ResourceOrgID}"
  local function tests(side, other)
    return { key = ("aws:%sOrgPaths"):format(side), set = true, families = {
      { operators = LIKE, operands = { "o-a1b2c3d4e5/*", "o-a1b2c3d4e5/r-ab12/ou-1/*", other .. "/*", other .. "/r-ab12/*", "o-f6g7h8i9j0/*" } },
      { operators = EQUAL, operands = { "o-a1b2c3d4e5/r-ab12/ou-1/", "o-f6g7h8i9j0/r-ab12/", other .. "/r-ab12/" } } } },
    { key = ("aws:%sOrgID"):format(side), families = { { operators = EQUAL, operands = { "o-a1b2c3d4e5", "o-f6g7h8i9j0", other, other } } } }
  end
  local all = { tests("Principal", resource) }
  all[3], all[4] = tests("Resource", principal)
  all[5] = { key = "svc:k", families = { { operators = EQUAL, operands = { "o-a1b2c3d4e5", principal, resource, "x" .. principal } } } }
  local texts = joined(ids, prefixed, { "", "z", principal, resource, "x" .. principal })
  local arns = framed(joined(ids, { "z", principal }), "arn:aws:s3:::%")
  return profile("organization_variables", {
    anyone = 80, conditions = 95, undecided = true, actions = { "*" }, action_values = { "s:a" }, old = 0, tests = all,
    resources = { "*", "*", "arn:aws:s3:::" .. principal, "arn:aws:s3:::o-a1b2c3d4e5" },
    resource_values = table.move(arns, #arns // 2 + 1, #arns, 1, {}),
    keys = { organization("principal-organization", "Principal", function(value) return value.id and oracle.MEMBER or 0 end),
      organization("resource-organization", "Resource"), key("svc:k", absent_or(texts)) },
    of = { ["aws:principalorgid"] = "principal-organization", ["aws:principalorgpaths"] = "principal-organization",
      ["aws:resourceorgid"] = "resource-organization", ["aws:resourceorgpaths"] = "resource-organization" },
  })
end

-- Returns the lists of some different items, in each order.
local function orders(items, most)
  local lists, last = {}, { {} }
  for _ = 1, most do
    local longer = {}
    for _, list in ipairs(last) do
      for _, item in ipairs(items) do
        if not (" " .. table.concat(list, " ") .. " "):find(" " .. item .. " ", 1, true) then longer[#longer + 1] = joined(list, { item }) end
      end
    end
    lists, last = joined(lists, longer), longer
  end
  return lists
end

-- Keys that have several values and are never empty, with and without set operators.
function M.makers.never_empty()
  local services, lists = {}, { false }
  for i, name in ipairs { "a", "ab", "b", "ba", "bb", "c", "cb" } do services[i] = name .. ".amazonaws.com" end
  lists = joined(lists, orders(services, 3))
  local chain = { name = "chain", values = lists, flags = function(list) return list and oracle.MEMBER | oracle.FLAGS.VIA or 0 end,
    set = function(request, list)
      request.context["aws:CalledVia"] = list or nil
      request.context["aws:CalledViaFirst"], request.context["aws:CalledViaLast"] = (list or {})[1], list and list[#list] or nil
    end }
  local function families(suffix)
    return { { operators = EQUAL, operands = { "a" .. suffix, "b" .. suffix } }, { operators = LIKE, operands = { "a*", "*b" .. suffix } } }
  end
  -- Tests that several values leave open, of which none implies another.
  local function open(suffix)
    return { { operators = { "StringEquals" }, operands = { "a" .. suffix } }, { operators = { "StringLike" }, operands = { "b*" } } }
  end
  local ends, all = families ".amazonaws.com", families ""
  return profile("never_empty", {
    anyone = 90, conditions = 90, undecided = true, actions = { "*" }, action_values = { "s:a" }, options = { always = { "aws:TagKeys" } }, qualifiers = { "" },
    keys = { chain, key("aws:TagKeys", { table.unpack(dimensions.sets_of { "a", "aa", "ab", "b", "ba", "bb", "c" }, 2) }),
      key("aws:ViaAWSService", { "true", "false" }) },
    of = { ["aws:calledvia"] = "chain", ["aws:calledviafirst"] = "chain", ["aws:calledvialast"] = "chain" },
    tests = { { key = "aws:CalledVia", families = open ".amazonaws.com" }, { key = "aws:CalledVia", families = ends, set = true },
      { key = "aws:TagKeys", families = open "" }, { key = "aws:TagKeys", families = all, set = true },
      { key = "aws:CalledViaFirst", families = ends }, { key = "aws:CalledViaLast", families = ends } },
  })
end

M.names = { "arn_variables", "forms", "points", "organization_variables", "never_empty" }

return M
