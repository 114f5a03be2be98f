-- Which of many globs match a text.

local globs = require "lanyard.globs"
local match = require "lanyard.match"

describe("an index of globs", function()
  it("returns the values of the ones that match, in the order in which they were added", function()
    local index = globs.new()
    for i, glob in ipairs { "*", "team/*", "*-test", "team/web", "t?am/w*", "web", "*/web", "team/web*", "TEAM/*", "" } do
      index:add(glob, i)
    end
    assert.same({ 1, 2, 4, 5, 7, 8 }, index:matching "team/web")
    assert.same({ 1, 3 }, index:matching "a-test")
    assert.same({ 1, 10 }, index:matching "")
    assert.same({ "a*" }, globs.of({ "a*", "b" }):matching "ab")
    -- A beginning and an ending do not share characters, and wildcards of the text are ordinary.
    assert.same({ "a*a", "a*b*a" }, globs.of({ "ab*ba", "a*a", "a*b*a" }):matching "aba")
    assert.same({ "a*", "a**b" }, globs.of({ "a*", "a**b", "ab*" }):matching "a*b")
  end)

  it("finds what a comparison with each finds", function()
    local parts, list = { "a", "b", "ab", "*", "?", "/", "" }, {}
    local function text(seed)
      local made = ""
      for _ = 1, 4 do
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        made = made .. parts[(seed >> 16) % #parts + 1]
      end
      return made
    end
    for i = 1, 300 do list[i] = text(i * 7919) end
    local index = globs.of(list)
    for i = 1, 300 do
      local name, expected = text(i * 104729):gsub("[*?]", "b"), {}
      for _, glob in ipairs(list) do
        expected[#expected + 1] = match.glob(glob, name) and glob or nil
      end
      assert.same(expected, index:matching(name))
    end
  end)
end)
