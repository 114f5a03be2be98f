-- Profiles of documents with policy variables (see reason.profiles).

local dimensions = require "reason.dimensions"
local profile = require("reason.profile").make
local sampler = require "reason.sampler"
local torture = require "torture"
local universe = require "reason.universe"

local A, C = universe.A, universe.C
local key, absent_or = dimensions.key, dimensions.absent_or

local M = { makers = {} }

local EQUAL, LIKE = { "StringEquals", "StringNotEquals" }, { "StringLike", "StringNotLike" }

-- Policy variables, alone or in a literal frame.
function M.makers.variables()
  local names = { "a", "b", "c", "ab" }
  local callers = universe.callers { accounts = { A, C }, names = names, paths = { "", "z/" }, sessions = { "c" } }
  local resources = universe.arns { partitions = { "aws" }, services = { "s3" }, regions = { "" }, accounts = { "" },
    names = { "a", "b", "c", "ab", "a/a", "b/c", "c/c", "ab/c", "${aws:username}/c", "${aws:username}/", "${aws:username}",
      "${aws:PrincipalTag/t}", "a/", "c/", "b/", "ab/" } }
  resources[#resources + 1] = "arn:aws:z:::c"
  resources[#resources + 1] = "arn:z:s3:::c"
  local families = {
    { operators = EQUAL, operands = { "a", "b", "${aws:username}" } },
    { operators = LIKE, operands = { "a*", "*", "${aws:username}" } },
  }
  return profile("variables", {
    anyone = 70, callers = callers, resource_values = resources, old = 25,
    resources = { "*", "arn:aws:s3:::a", "arn:aws:s3:::a/*", "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::${aws:PrincipalTag/t}", "arn:aws:s3:::*",
      "arn:aws:s3:::${aws:username}" },
    keys = { key("aws:PrincipalTag/t", absent_or { "", "a", "b", "c", "ab", "a/a", "b/c", "c/c", "a/", "ab/", "ab/c", "${aws:username}" }) },
    tests = { { key = "aws:PrincipalTag/t", families = families },
      { key = "aws:username", families = { { operators = EQUAL, operands = { "a", "b", "${aws:PrincipalTag/t}" } } } } },
  })
end

-- Returns the texts over some letters of at most `length` letters.
local function texts_up_to(letters, length)
  local found, last = { "" }, { "" }
  for _ = 1, length do
    local longer = {}
    for _, text in ipairs(last) do
      for _, letter in ipairs(letters) do longer[#longer + 1] = text .. letter end
    end
    table.move(longer, 1, #longer, #found + 1, found)
    last = longer
  end
  return found
end

-- Returns a profile whose requests are sampled. The engine may not know an answer. letters: of resources
local function sampled(name, keys, fields, letters)
  local order = {}
  for one in pairs(keys) do order[#order + 1] = one end
  table.sort(order)
  fields.anyone, fields.undecided, fields.sampled, fields.old, fields.conditions = 85, true, true, 5, fields.conditions or 75
  fields.actions, fields.action_values = { "*" }, { "s:a" }
  local made = profile(name, fields)
  made.universe = sampler.new {
    random = torture.random(), keys = keys, order = order, prefix = "arn:aws:s3:::", words = texts_up_to(letters or { "a", "x", "/" }, 3),
    count = 600, callers = universe.callers { accounts = { A }, names = { "a", "x", "xa", "ax" }, paths = { "" }, sessions = { "z" } },
  }
  return made
end

-- Policy variables beside wildcards, literals and other variables, in resources and in operands.
function M.makers.frames()
  local resources = { "*", "a", "a*", "x*", "*a", "*/a", "${svc:a}", "${svc:b}", "x${svc:a}", "${svc:a}/*", "x${svc:a}/*",
    "${svc:b}/x*", "${aws:username}", "${aws:username}/*", "x${aws:username}", "${svc:a, 'x'}", "${svc:b, 'a'}/*", "${svc:a}/${svc:b}",
    "x*${svc:a}", "a${*}${svc:a}", "${svc:a}x" }
  for i = 2, #resources do resources[i] = "arn:aws:s3:::" .. resources[i] end
  local values = absent_or(texts_up_to({ "a", "x", "/" }, 2))
  local function tests(own, other)
    return { key = own, families = {
      { operators = EQUAL, operands = { "a", "x", ("${%s}"):format(other), ("x${%s}"):format(other), ("${%s}/a"):format(other), "${aws:username}",
        ("${%s, 'x'}"):format(other) } },
      { operators = LIKE, operands = { "a*", "x*", "*a", "x/*", ("${%s}*"):format(other), ("*${%s}"):format(other), "${*}" } },
    } }
  end
  return sampled("frames", { ["svc:a"] = values, ["svc:b"] = values }, {
    resources = resources,
    tests = { tests("svc:a", "svc:b"), tests("svc:b", "svc:a"),
      { key = "aws:username", families = { { operators = EQUAL, operands = { "a", "x", "${svc:a}", "${svc:b, 'a'}", "x${svc:a}" } } } } },
  })
end

-- Policy variables in the operands of several keys that depend on each other.
function M.makers.operands()
  local values = absent_or(texts_up_to({ "a", "x" }, 2))
  local variables = { "${svc:a}", "${svc:b}", "x${svc:a}", "${svc:b}a", "${svc:a}*", "x${svc:b}*", "*${svc:a}", "${svc:a}${svc:b}", "${svc:a, 'x'}", "${?}" }
  local function families(...)
    return { { operators = EQUAL, operands = { "a", "x", "xa", ... } },
      { operators = LIKE, operands = { "a*", "x*", "*a", "?a", ... } },
      { operators = { "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase" }, operands = { "X", ... } } }
  end
  local tested = { key = "svc:k", families = families(table.unpack(variables)) }
  return sampled("operands", { ["svc:k"] = absent_or(texts_up_to({ "a", "x" }, 3)), ["svc:a"] = values, ["svc:b"] = values }, {
    conditions = 90, resources = { "*", "arn:aws:s3:::${svc:a}", "arn:aws:s3:::x*" },
    tests = { tested, tested, { key = "svc:a", families = families("${svc:b}", "x${svc:b}", "${aws:username}") },
      { key = "svc:b", families = families("${svc:a}", "${svc:a}*") } },
  })
end

-- Characters of several bytes, of which a ? matches one.
function M.makers.characters()
  local resources = { "*", "?", "é?", "?a", "??", "*é", "a?*", "???", "${svc:a}", "é${svc:a}", "${svc:a}é", "a${svc:a}é", "é?${svc:a}",
    "${svc:a}?", "?${svc:a}" }
  for i = 2, #resources do resources[i] = "arn:aws:s3:::" .. resources[i] end
  local made = sampled("characters", { ["svc:k"] = absent_or(texts_up_to({ "a", "é" }, 2)), ["svc:a"] = absent_or(texts_up_to({ "a", "é" }, 2)) }, {
    resources = resources, conditions = 60,
    tests = {
      { key = "svc:k", families = { { operators = EQUAL, operands = { "a", "é", "${svc:a}" } },
        { operators = LIKE, operands = { "?", "??", "é?", "?é", "${svc:a}?", "?${svc:a}" } } } },
      { key = "svc:a", families = { { operators = LIKE, operands = { "?", "??", "é*", "*é" } } } },
    },
  }, { "a", "é" })
  return made
end

return M
