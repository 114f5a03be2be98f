-- Random expressions and documents, compared with python3-jmespath, which is the reference for the AWS CLI.

local helper = require "helper"
local jmespath = require "lanyard.text.jmespath"
local json = require "lanyard.json"
local torture = require "torture"

local random = torture.random()

local function one_of(list)
  return list[random(#list)]
end

-- Neither 0 nor 1: they equal false and true inside of lists in Python.
local SCALARS = { 2, 3, 7.5, -4, 20, "a", "b", "ab", "é", "", "7", "2.5", "한글", true, false, json.null }
local NAMES = { "a", "b", "c", "d", "e" }

local function document(depth)
  local kind = random(10)
  if depth == 0 or kind <= 3 then
    return one_of(SCALARS)
  elseif kind <= 6 then
    local list, same = json.array {}, random(3) == 1 and document(depth - 1)
    for i = 1, random(5) - 1 do
      list[i] = same or document(depth - 1)
    end
    return list
  elseif kind == 7 then
    local list, strings = json.array {}, random(2) == 1
    for i = 1, random(5) do
      list[i] = strings and one_of { "x", "y", "é", "xy", "" } or random(9) + 1
    end
    return list
  end
  local object = {}
  for _ = 1, random(5) - 1 do
    object[one_of(NAMES)] = document(depth - 1)
  end
  return object
end

local expression -- of a depth

local LITERALS = { "`2`", "`3`", "`null`", "`true`", "`[2, \"a\"]`", "`{\"a\": 2}`", "'a'", "'ab'", "`\"b\"`", "`a`", "'é'", "''" }
local FUNCTIONS = {
  abs = "e", avg = "e", ceil = "e", contains = "ee", ends_with = "ee", floor = "e", join = "ee", keys = "e", length = "e",
  map = "re", max = "e", max_by = "er", merge = "ee", min = "e", min_by = "er", not_null = "ee", reverse = "e", sort = "e",
  sort_by = "er", starts_with = "ee", sum = "e", to_array = "e", to_number = "e", to_string = "e", type = "e", values = "e",
}
local FUNCTION_NAMES = {}
for name in pairs(FUNCTIONS) do
  FUNCTION_NAMES[#FUNCTION_NAMES + 1] = name
end
table.sort(FUNCTION_NAMES)

local function call(depth)
  local name, arguments = one_of(FUNCTION_NAMES), {}
  for kind in FUNCTIONS[name]:gmatch "." do
    arguments[#arguments + 1] = (kind == "r" and "&" or "") .. expression(depth - 1)
  end
  return ("%s(%s)"):format(name, table.concat(arguments, ", "))
end

local function slice()
  local function bound() return random(3) == 1 and "" or tostring(random(9) - 5) end
  local step = random(2) == 1 and ":" .. one_of { "", "2", "-1", "-2", "3" } or ""
  return ("[%s:%s%s]"):format(bound(), bound(), step)
end

local FORMS = {
  function() return one_of(NAMES) end,
  function() return one_of { '"a"', "@", "*", "[*]", "[]", "[0]", "[-1]" } end,
  function() return one_of(LITERALS) end,
  function(depth) return ("%s.%s"):format(expression(depth - 1), one_of(NAMES)) end,
  function(depth) return ("%s.*"):format(expression(depth - 1)) end,
  function(depth) return ("%s[%d]"):format(one_of(NAMES), random(5) - 3) .. (depth > 2 and "." .. one_of(NAMES) or "") end,
  function(depth) return expression(depth - 1) .. one_of { "[*]", "[]", slice() } end,
  function(depth) return ("%s[?%s]"):format(one_of { "", "a", "b", "@", "a.b" }, expression(depth - 1)) end,
  function(depth) return ("[*].%s"):format(expression(depth - 1)) end,
  function(depth) return ("%s | %s"):format(expression(depth - 1), expression(depth - 1)) end,
  function(depth) return ("(%s)"):format(expression(depth - 1)) end,
  function(depth) return ("!%s"):format(expression(depth - 1)) end,
  function(depth)
    return ("%s %s %s"):format(expression(depth - 1), one_of { "==", "!=", "<", "<=", ">", ">=", "&&", "||" },
      expression(depth - 1))
  end,
  function(depth) return ("[%s, %s]"):format(expression(depth - 1), expression(depth - 1)) end,
  function(depth) return ("{a: %s, \"b\": %s}"):format(expression(depth - 1), expression(depth - 1)) end,
  call, call, call,
}

function expression(depth)
  return FORMS[depth <= 0 and random(3) or random(#FORMS)](depth)
end

-- An expression with a character removed, repeated or replaced.
local function damaged(text)
  local at = random(#text)
  local other = one_of { "", text:sub(at, at) .. text:sub(at, at), "[", "]", ".", "*", "(", ")", ":", "&", "|", "!", "`", "'", ",",
    "0", "a", "=", "<", "?", "{", "}", "@", "\"", " ", "-" }
  return text:sub(1, at - 1) .. other .. text:sub(at + 1)
end

-- Lanyard refuses at once what the reference accepts, or accepts until it evaluates it.
local function is_stricter(text, err, compiled)
  return not compiled and err.kind ~= "syntax"                     -- found without evaluating
    or err.message:find("'&' is valid only", 1, true) ~= nil       -- a reference that is not an argument
    or err.message:find("the literal is not JSON", 1, true) ~= nil -- `[1` is a string there
    or err.message:find "^expected ',' or '%)'" ~= nil             -- arguments without a comma
    or err.message:find "^expected '}'" ~= nil                     -- members without a comma
    or err.message:find "^merge%(%) takes an object" ~= nil        -- the types of arguments after the first
    or err.message:find "^expected '%]', found '%-?%d" ~= nil      -- two numbers in one place of a slice
    or text:find ",%s*%)" ~= nil                                   -- a comma after the last argument
end

local function python()
  for _, path in ipairs { "/usr/bin/python3", "python3" } do
    if helper.run({ path, "-c", "import jmespath" }).status == 0 then
      return path
    end
  end
end

describe("JMESPath", function()
  it("has the results of python3-jmespath", function()
    local interpreter = python()
    if not interpreter then pending "python3-jmespath is not installed" end
    local cases, lines = {}, {}
    for i = 1, torture.choose(6000, 300000) do
      local text = expression(random(4))
      text = i % 4 == 0 and damaged(text) or text
      if utf8.len(text) then
        cases[#cases + 1] = { expression = text, given = document(4) }
        lines[#lines + 1] = json.encode(cases[#cases])
      end
    end
    local result = helper.run({ interpreter, "tests/torture/jmespath_oracle.py" }, nil, table.concat(lines, "\n") .. "\n")
    assert.equal(0, result.status, result.err)
    local i, failed = 0, 0
    for line in result.out:gmatch "[^\n]+" do
      i = i + 1
      local case, expected = cases[i], json.decode(line)
      local query, err = jmespath.compile(case.expression)
      local found
      if query then
        found, err = query:search(case.given)
      end
      failed = failed + (expected.error and 1 or 0)
      local shown = ("%s of %s: %s"):format(case.expression, json.encode(case.given), expected.message or "")
      if expected.error == "other" or case.expression:find "%[[%d%s-]+%]%s*%[[^%]]*:" then
        -- Python's own errors, such as for a number searched in a string. And the reference does not make a projection of
        -- a slice directly behind an index: its parser joins the two.
        goto continue
      elseif err then
        if not is_stricter(case.expression, err, query) then
          assert.equal(expected.error or json.encode(expected.result), err.kind, shown .. err.message)
        end
      else
        assert.equal(expected.error or json.encode(expected.result), json.encode(found), shown)
      end
      ::continue::
    end
    assert.equal(#cases, i)
    torture.report("queries compared with python3-jmespath", i, failed .. " of them errors")
  end)
end)
