-- The sandbox's own string.find, match, gmatch and gsub against Lua's, on random patterns.

local sandbox = require "lanyard.sandbox"

local CASES = 12000

local PIECES = {
  "a", "b", "c", ".", "%a", "%d", "%s", "%w", "%W", "%p", "%x", "%c", "%g", "%u", "%l", "%A", "%.", "%%", "%z", "[ab]",
  "[^a]", "[a-c]", "[%a_]", "[^%s]", "[]]", "[^]]", "[a-]", "[]-a]", "[%a-z]", "[", "]", "(", ")", "()", "(a)", "(.)",
  "(.-)", "%1", "%2", "%0", "%9", "%b()", "%bab", "%b", "%f[%w]", "%f[^a]", "%f", "%", "^", "$", "-", "*", "+", "?", "\0",
}
local SUFFIXES = { "", "", "", "*", "+", "-", "?" }
local LETTERS = { "a", "b", "c", "a", "(", ")", " ", ".", "%", "1", "]", "-", "\0", "\255", "A" }
local REPLACEMENTS = { "x", "%0", "%1", "%2", "<%1%%>", "%", "%a", "", 7 }

math.randomseed(20260101)

local function pick(list)
  return list[math.random(#list)]
end

local function text_of(list, most)
  local parts = {}
  for i = 1, math.random(0, most) do parts[i] = pick(list) end
  return table.concat(parts)
end

local function pattern()
  local parts = {}
  for i = 1, math.random(0, 6) do parts[i] = pick(PIECES) .. pick(SUFFIXES) end
  return (math.random(5) == 1 and "^" or "") .. table.concat(parts)
end

-- Returns what all four functions do with one case. The same text runs in this process and in a sandbox.
local TRY = [[
  function try(subject, pattern, init, replacement)
    local function matches()
      local found = {}
      for a, b, c in string.gmatch(subject, pattern, init) do
        found[#found + 1] = { a, b or false, c or false }
      end
      return found
    end
    local function upper(...)
      return select("#", ...) == 1 and tostring((...)):upper() or nil
    end
    return {
      find = table.pack(pcall(string.find, subject, pattern, init)),
      plain = table.pack(pcall(string.find, subject, pattern, init, true)),
      match = table.pack(pcall(string.match, subject, pattern, init)),
      gmatch = table.pack(pcall(matches)),
      gsub = table.pack(pcall(string.gsub, subject, pattern, replacement)),
      few = table.pack(pcall(string.gsub, subject, pattern, replacement, 2)),
      called = table.pack(pcall(string.gsub, subject, pattern, upper)),
      looked_up = table.pack(pcall(string.gsub, subject, pattern, { a = "A", b = 5, c = false })),
    }
  end
]]

describe("patterns in a sandbox", function()
  it("match and fail like Lua's", function()
    local box <close> = assert(sandbox.open(TRY, "try.lua"))
    local environment = setmetatable({}, { __index = _G })
    assert(load(TRY, "@try.lua", "t", environment))()
    local found, failed = 0, 0
    for _ = 1, CASES do
      local case = { text_of(LETTERS, 14), pattern(), math.random(-3, 16), pick(REPLACEMENTS) }
      local ours = assert(box:call("try", table.unpack(case)))
      local theirs = environment.try(table.unpack(case))
      found = found + (theirs.find[2] and theirs.find[1] and 1 or 0)
      failed = failed + (theirs.find[1] and 0 or 1)
      assert.same(theirs, ours, ("%q %q %d %q"):format(table.unpack(case)))
    end
    -- The cases are useful only if many match and many are invalid.
    assert.is_true(found > CASES / 10 and failed > CASES / 10, found .. " found, " .. failed .. " failed")
  end)

  for title, case in pairs {
    ["many captures"] = { ("a"):rep(40), ("(a)"):rep(33) },
    ["32 captures"] = { ("a"):rep(40), ("(a)"):rep(32) },
    ["many items that wait"] = { ("a"):rep(300), ("a?"):rep(250) },
    ["many items that do not"] = { ("b"):rep(300), ("a*"):rep(250) },
    ["a number"] = { 12345, 34 },
    ["positions"] = { "hello world", "()l+()" },
    ["an open capture"] = { "abc", "(a" },
    ["the end of a text"] = { "THE (quick) fox", "%f[%a]%a+%f[%A]" },
  } do
    it("behave like Lua's with " .. title, function()
      local box <close> = assert(sandbox.open(TRY, "try.lua"))
      local environment = setmetatable({}, { __index = _G })
      assert(load(TRY, "@try.lua", "t", environment))()
      assert.same(environment.try(case[1], case[2], 1, "<%0>"), box:call("try", case[1], case[2], 1, "<%0>"))
    end)
  end
end)
