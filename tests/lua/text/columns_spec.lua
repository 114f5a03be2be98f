local text_table = require "lanyard.text.columns"

local function plain(_, text) return text end

describe("a table", function()
  it("is as wide as its cells, counted in characters, without spaces at the end", function()
    assert.equal("NAME  X\né     1\nlong\n", text_table.render({ "NAME", "X" }, { { "é", 1 }, { "long", "" } }, plain))
  end)
  it("is nothing without rows", function()
    assert.equal("", text_table.render({ "NAME" }, {}, plain))
  end)
  it("shows what would reach the terminal as escapes", function()
    assert.equal("N\na\\x1b[31m\\x0ab\n", text_table.render({ "N" }, { { "a\27[31m\nb" } }, plain))
  end)
  it("paints cells that have a colour, and pads outside the paint", function()
    local function paint(colour, text) return colour and colour ~= "bold" and "<" .. text .. ">" or text end
    assert.equal("N   X\n<a>   1\nbb  2\n", text_table.render({ "N", "X" }, { { { "a", "red" }, 1 }, { "bb", 2 } }, paint))
  end)
  it("fits a width: the widest columns give way, and their cells take lines", function()
    local text = text_table.render({ "NAME", "WHO" }, { { "app", "arn:aws:iam::111122223333:role/one" }, { "b", "me" } },
      plain, 22)
    assert.equal("NAME  WHO\napp   arn:aws:iam::\n      111122223333:\n      role/one\nb     me\n", text)
  end)
  it("takes its whole width where it fits, and never less than a column needs to be read", function()
    local rows = { { ("x"):rep(20), ("y"):rep(20) } }
    assert.equal(2, select(2, text_table.render({ "A", "B" }, rows, plain, 42):gsub("\n", "")))
    assert.equal(4, select(2, text_table.render({ "A", "B" }, rows, plain, 3):gsub("\n", "")))
  end)
  it("breaks at spaces, else at marks, else anywhere, and between characters", function()
    assert.same({ "one two", "three" }, text_table.wrap("one two three", 8))
    assert.same({ "one two", "three" }, text_table.wrap("one two three", 7))
    assert.same({ "ab/", "cdef" }, text_table.wrap("ab/cdef", 5))
    assert.same({ "éééé", "éé" }, text_table.wrap("éééééé", 4))
    assert.same({ "" }, text_table.wrap("", 4))
  end)
end)
