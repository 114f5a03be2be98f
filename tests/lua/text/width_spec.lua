local width = require "lanyard.text.width"

-- "e" with a combining acute accent.
local COMBINED = "e\u{301}"

describe("text.width.of", function()
  for text, cells in pairs {
    [""] = 0, ["abc"] = 3, ["é"] = 1, ["한글"] = 4, ["漢字かな"] = 8, ["ＡＢ"] = 4, ["ｱ"] = 1, ["🚀"] = 2,
    [COMBINED] = 1, ["a\u{200b}b"] = 2, ["\u{1112}\u{1161}\u{11ab}"] = 2, ["soft\u{ad}"] = 5, ["→…"] = 2,
    ["\u{20000}"] = 2, ["\u{e000}"] = 1, ["\u{600}"] = 1, ["\u{d7a3}"] = 2,
  } do
    it(("is %d for '%s'"):format(cells, text), function()
      assert.equal(cells, width.of(text))
    end)
  end

  it("counts bytes that are not UTF-8 as one cell each", function()
    assert.equal(3, width.of "a\255b")
  end)
end)

describe("text.width.prefix", function()
  it("returns the bytes that fit", function()
    assert.equal(3, width.prefix("abcdef", 3))
    assert.equal(6, width.prefix("abcdef", 9))
    assert.equal(#"한글 ", width.prefix("한글 text", 5))
  end)

  it("does not split a wide character", function()
    assert.equal(#"한", width.prefix("한글", 3))
  end)

  it("keeps combining characters with the character before them", function()
    assert.equal(#COMBINED, width.prefix(COMBINED .. "x", 1))
  end)

  it("has at least one character", function()
    assert.equal(#"한", width.prefix("한글", 1))
    assert.equal(1, width.prefix("ab", 0))
  end)
end)
