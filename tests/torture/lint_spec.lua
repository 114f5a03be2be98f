-- Lints random documents, large and small, and asks whom they allow: every finding has a location in the text, and
-- nothing raises an error.

local audience = require "lanyard.policy.audience"
local json = require "lanyard.json"
local kinds = require "lanyard.policy.lint.kinds"
local lint_cases = require "lint_cases"
local policy = require "lanyard.policy"
local torture = require "torture"

local SEED = math.tointeger(os.getenv "LANYARD_SEED" or "") or 1

local random = math.random

local function pick(list)
  return list[random(#list)]
end

local STRINGS = {
  "", "*", "?", "${", "${}", "${aws:username}", "${aws:username, 'a'}", "${${a}}", "}", "a", "true", "1", "1e400", "-1", "nan", "0x10",
  "2026-01-01", "2026-13-01", "9999-12-31T23:59:59Z", "10.0.0.0/8", "::/0", "::1/129", "1.2.3.4/33", "arn:", "arn:aws:::::", "arn:aws:ecr",
  "arn:aws:ecr:us-east-1:111122223333:repository/a", "arn:aws:iam::111122223333:root", "arn:*:*:*:*:*", "111122223333", "AROAEXAMPLE",
  "ecr:*", "ecr:BatchGetImage", "*:*", "sts:AssumeRole", "iam:PassRole", ":", "a:b", "o-a", "vpc-12345678", "us-east-1", "us-", "é\u{1F600}",
  "arn:aws:iam::1231231234:root", "arn:aws:iam::${aws:PrincipalAccount}:root", "arn:aws:iam::*:role/x", "1231231234", "10.1.2.3/8",
  "repo:*", "accounts.google.com", ("x"):rep(300), ("*"):rep(50), ("${"):rep(100),
}
local OPERATORS = {
  "StringEquals", "StringLike", "StringNotEquals", "ForAllValues:StringLike", "ForAnyValue:Null", "Null", "NullIfExists", "Bool", "ArnLike",
  "DateLessThan", "DateGreaterThan", "DateEquals", "NumericLessThan", "IpAddress", "NotIpAddressIfExists", "BinaryEquals", "", "For:", "IfExists",
  "ForAnyValues:StringNotLike", "stringEquals",
}
local KEYS = {
  "aws:PrincipalOrgID", "aws:principalorgid", "aws:PrincipalOrgPaths", "aws:SourceIp", "aws:VpcSourceIp", "aws:CurrentTime", "aws:EpochTime",
  "aws:SourceVpc", "aws:PrincipalTag", "aws:PrincipalTag/", "aws:PrincipalTag/a", "aws:", ":", "", "a", "s3:prefix", "iam:PassedToService",
  "aws:TagKeys", "aws:RequestTag/a", "token.actions.githubusercontent.com:sub", "aws:RequestedRegion", "aws:SecureTransport", "ecr:", "ecr:a",
}

local value

local function list()
  local items = json.array {}
  for i = 1, random(0, 4) do
    items[i] = random(8) == 1 and value() or pick(STRINGS)
  end
  return items
end

local function object(names)
  local found = {}
  for _ = 1, random(0, 3) do
    found[pick(names)] = random(3) == 1 and value() or list()
  end
  return found
end

function value()
  local kind = random(8)
  if kind == 1 then
    return random(2) == 1
  elseif kind == 2 then
    return random(-5, 5) * 10 ^ random(-3, 12)
  elseif kind == 3 then
    return list()
  elseif kind == 4 then
    return object(STRINGS)
  end
  return pick(STRINGS)
end

local function condition()
  local found = {}
  for _ = 1, random(0, 3) do
    found[pick(OPERATORS)] = random(10) == 1 and value() or object(KEYS)
  end
  return found
end

local PRINCIPALS = { "AWS", "Service", "Federated", "CanonicalUser", "*", "Aws" }

local function principals()
  return object(PRINCIPALS)
end

local ELEMENTS = {
  { "Sid", value }, { "Principal", function() return random(3) == 1 and "*" or principals() end }, { "NotPrincipal", principals },
  { "Action", list }, { "NotAction", list }, { "Resource", list }, { "NotResource", value }, { "Condition", condition },
  { "Resorce", value },
}

local function statement()
  local found = { Effect = random(10) == 1 and value() or pick { "Allow", "Deny" } }
  for _, element in ipairs(ELEMENTS) do
    local name, make = table.unpack(element)
    local rare = name:find "^Not" or name == "Resorce"
    found[name] = random(rare and 12 or 2) == 1 and make() or nil
  end
  return found
end

local function document()
  local statements = json.array {}
  for i = 1, random(0, 4) do
    statements[i] = statement()
  end
  return json.encode { Version = pick { "2012-10-17", "2008-10-17", "x" }, Statement = statements }
end

local function check(text)
  local doc = policy.parse(text)
  for _, name in ipairs(doc and kinds.NAMES or {}) do
    for _, finding in ipairs(doc:lint { type = name, account = "111122223333" }) do
      assert.is_true(finding.first >= 1 and finding.last <= #text and finding.first <= finding.last, text)
      assert.is_true(finding.line >= 1 and finding.message ~= "" and finding.fix ~= "", text)
    end
  end
  if doc then
    doc:can { principal = "arn:aws:iam::111122223333:role/x", action = "ecr:BatchGetImage", context = {}, partial = true }
    audience.of(doc, { account = "111122223333" })
  end
  return doc and kinds.guess(doc)
end

it("random documents have findings of every type of policy, answers and audiences, and no error", function()
  local cases = torture.choose(150, 100000)
  for seed = 1, cases do
    math.randomseed(SEED, seed)
    local text = document()
    local ok, err = pcall(check, text)
    assert.is_true(ok, ("%s (LANYARD_SEED %d, case %d)\n%s"):format(err, SEED, seed, text))
  end
  torture.report("lint: random documents", cases)
end)

-- Parts of documents of many kilobytes: what is repeated, and the elements of the statement.
local LARGE = {
  actions = function(items) return { Action = items } end,
  resources = function(items) return { Resource = items } end,
  principals = function(items) return { Principal = { AWS = items } } end,
  values = function(items) return { Condition = { StringEquals = { ["aws:PrincipalOrgID"] = items } } } end,
  addresses = function(items) return { Condition = { IpAddress = { ["aws:SourceIp"] = items } } } end,
  variables = function(items) return { Condition = { StringEquals = { ["aws:username"] = table.concat(items) } } } end,
}
local ITEMS = {
  actions = "ecr:Batch%d*", resources = "arn:aws:ecx:us-esat-1:111122223333:repository/a%d*", principals = "arn:aws:iam::%012d:root",
  values = "o-%d*", addresses = "203.0.%d.1/24", variables = "${%d",
}

it("documents of many kilobytes are linted without an error", function()
  local size, cases = torture.choose(8000, 1000000), 0
  for name, elements in pairs(LARGE) do
    local items, length = json.array {}, 0
    while length < size do
      items[#items + 1] = ITEMS[name]:format(#items + 1)
      length = length + #items[#items] + 3
    end
    for _, kind in ipairs { "repository", "identity" } do
      local doc = assert(policy.parse(lint_cases.policy(kind, elements(items))))
      assert.is_table(doc:lint { type = kind })
      cases = cases + 1
    end
  end
  torture.report("lint: large documents", cases)
end)
