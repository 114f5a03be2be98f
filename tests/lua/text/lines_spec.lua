-- Texts as lists of lines.

local lines = require "lanyard.text.lines"

describe("the lines of a text", function()
  it("have no newlines, and one is empty if the text has an empty line", function()
    assert.same({ "one", "", "two" }, lines.of "one\n\ntwo\n")
    assert.same({ "" }, lines.of "\n")
  end)

  it("are the same without a newline at the end", function()
    assert.same(lines.of "one\ntwo\n", lines.of "one\ntwo")
    assert.same({}, lines.of "")
  end)

  it("can be continued with a backslash", function()
    assert.same({ "one   two three", "four" }, lines.joined "one \\\n two\\\nthree\nfour\n")
    assert.same({ "one" }, lines.joined "one\\\n")
  end)

  it("are found by their first words", function()
    local found = lines.by_word "  Get id -> Getter\n\tGetter Get\\\n  Put Get\n\nPut x\nLast"
    assert.equal("Get id -> Getter", found.Get)
    assert.equal("Getter Get   Put Get", found.Getter)
    assert.equal("Put x", found.Put)
    assert.equal("Last", found.Last)
    for _, absent in ipairs { "id", "Gett", "", "Get id", "->", 1 } do
      assert.is_nil(found[absent])
    end
    local all = {}
    for word, line in pairs(found) do
      all[word] = line
    end
    assert.same({ Get = found.Get, Getter = found.Getter, Put = found.Put, Last = found.Last }, all)
  end)

  it("are found by the same words that pairs lists, whatever the text", function()
    local seed <const>, PARTS = os.time(), { "a", "b", " ", "\t", "\r", "\n", "\\", "\\\n" }
    math.randomseed(seed)
    local words = { "a", "b", "aa", "ab", "ba", "bb", "\\", "a\\", "\\a", "a\\b", "\\\\", "aba" }
    for _ = 1, 2000 do
      local parts = {}
      for i = 1, math.random(0, 12) do parts[i] = PARTS[math.random(#PARTS)] end
      local text = table.concat(parts)
      local found, all = lines.by_word(text), {}
      for word, line in pairs(found) do all[word] = line end
      for _, word in ipairs(words) do
        assert.equal(all[word], found[word], ("seed %d: %q in %q"):format(seed, word, text))
      end
    end
  end)
end)
