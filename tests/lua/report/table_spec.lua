local text_table = require "lanyard.report.table"

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
end)
