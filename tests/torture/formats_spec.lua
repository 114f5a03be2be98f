-- Random values: what python3-yaml reads from --output yaml, and what the AWS CLI writes as --output text.

local helper = require "helper"
local json = require "lanyard.json"
local tabbed = require "lanyard.text.tabbed"
local torture = require "torture"
local yaml = require "lanyard.text.yaml"

local random = torture.random()

local function one_of(list)
  return list[random(#list)]
end

local PIECES = {
  "a", "b", "yes", "No", "null", "~", "on", "true", "1", "0", "9", "-", "+", ".", ":", ": ", " ", "  ", "\n", "\n\n", "\t", "#", " #", "&", "*", "!",
  "|", ">", "%", "@", "`", "{", "}", "[", "]", ",", "?", "'", '"', "\\", "=", "<<", "e5", "0x1f", "1e3", "1:20", ".inf", ".nan", "_", "/",
  "2026-11-28", "T10:00:00Z", "---", "...", "\r", "\27[2J", "\127", "\u{85}", "\u{a0}", "\u{2028}", "\u{feff}", "\u{200b}", "é", "한", "😀",
  "\u{e0001}", "\u{1fffe}", "\u{fffd}", "\u{fffe}", "arn:aws:iam::1:role/x", "y", "n", "(", "$", "null ", "- a", "k: v",
}

local function text()
  local parts = {}
  for i = 1, random(5) - 1 do
    parts[i] = one_of(PIECES)
  end
  return table.concat(parts)
end

local SIMPLE = { "a", "web", "B", "x y", "1", "repository", "c" }

-- make: returns a string
local function value(depth, make)
  local kind = random(9)
  if depth == 0 or kind <= 3 then
    return random(3) > 1 and make() or one_of { 0, 1, -5, 2.5, 1e21, 1.5e-9, 1e300, -1e-7, math.maxinteger, math.mininteger, true, false, json.null }
  elseif kind <= 6 then
    local list = json.array {}
    for i = 1, random(4) - 1 do
      list[i] = value(depth - 1, make)
    end
    return list
  end
  local object = {}
  for _ = 1, random(4) - 1 do
    object[random(60) == 1 and make():rep(300) .. "k" or make()] = value(depth - 1, make)
  end
  return object
end

local function python(module)
  for _, path in ipairs { "/usr/bin/python3", "python3" } do
    if helper.run({ path, "-c", "import " .. module }, { HOME = os.getenv "HOME" }).status == 0 then
      return path
    end
  end
end

-- Returns the lines that the oracle answers to inputs.
local function ask(interpreter, format, inputs)
  local lines = {}
  for i, input in ipairs(inputs) do
    lines[i] = json.encode(input)
  end
  local result = helper.run({ interpreter, "tests/torture/formats_oracle.py", format }, { HOME = os.getenv "HOME" },
    table.concat(lines, "\n") .. "\n")
  assert.equal(0, result.status, result.err)
  local answers = {}
  for line in result.out:gmatch "[^\n]+" do
    local answer, err = json.decode(line)
    answers[#answers + 1] = err and error(err.message) or answer
  end
  assert.equal(#inputs, #answers)
  return answers
end

describe("a random value", function()
  it("is read from its YAML by python3-yaml as it was", function()
    local interpreter = python "yaml"
    if not interpreter then pending "python3-yaml is not installed" end
    local values, texts = {}, {}
    for i = 1, torture.choose(1000, 100000) do
      values[i] = value(4, text)
      texts[i] = yaml.encode(values[i])
      assert.not_match("[\0-\8\11-\31\127]", texts[i])
    end
    for i, read in ipairs(ask(interpreter, "yaml", texts)) do
      assert.equal(json.encode(values[i]), json.encode(read), texts[i])
    end
    torture.report("values read from YAML", #values)
  end)

  it("is written as text as the AWS CLI writes it", function()
    local interpreter = python "awscli.text"
    if not interpreter then pending "the AWS CLI is not installed" end
    local values, compared = {}, 0
    for i = 1, torture.choose(3000, 200000) do
      values[i] = value(4, function() return one_of(SIMPLE) end)
    end
    for i, written in ipairs(ask(interpreter, "text", values)) do
      -- It writes a list or object as Python does where another object of the list has a scalar of that name, and the
      -- numbers of Python; and no list of objects and others.
      if written ~= json.null and not written:find "[%[{]" and not written:find "e[+-]%d" then
        compared = compared + 1
        assert.equal(written, tabbed.encode(values[i]), json.encode(values[i]))
      end
    end
    assert.is_true(compared > #values / 3)
    torture.report("values as text", compared)
  end)
end)
