local harmless = require "lanyard.runbook.harmless"

-- Returns a text as it leaves the filter, in pieces of `size` bytes.
local function filtered(text, size)
  local filter, parts = harmless.new(), {}
  for position = 1, #text, size do
    parts[#parts + 1] = filter:add(text:sub(position, position + size - 1))
  end
  return table.concat(parts) .. filter:rest()
end

describe("output on a terminal", function()
  it("keeps colours, erased lines and carriage returns, and has its other control characters escaped", function()
    for text, expected in pairs {
      ["plain\ttext\n"] = "plain\ttext\n",
      ["\27[31mred\27[0;1m\27[m"] = "\27[31mred\27[0;1m\27[m",
      ["1 of 2\r\27[K2 of 2\r\n"] = "1 of 2\r\27[K2 of 2\r\n",
      ["\27[2J\27[1;1Hx"] = "\\x1b[2J\\x1b[1;1Hx",
      ["\27]0;title\7"] = "\\x1b]0;title\\x07",
      ["\27]52;c;eA==\27\\"] = "\\x1b]52;c;eA==\\x1b\\",
      ["\27P1$r\27[?25l"] = "\\x1bP1$r\\x1b[?25l",
      ["\u{9b}2J \u{202e} \xff"] = "\\u{9b}2J \\u{202e} \\xff",
      ["\u{c4}\u{20ac}\u{1f600}"] = "\u{c4}\u{20ac}\u{1f600}",
    } do
      for size = 1, 7 do
        assert.equal(expected, filtered(text, size))
      end
    end
  end)

  it("passes on each piece at once, except an incomplete end", function()
    local filter = harmless.new()
    assert.equal("question? ", filter:add "question? ")
    assert.equal("a", filter:add "a\xc3")
    assert.equal("\u{e4}b", filter:add "\xa4b\27[3")
    assert.equal("\27[31mc", filter:add "1mc\27")
    assert.equal("\\x1b", filter:rest())
    assert.equal("", filter:rest())
    assert.equal("\\xff\\xc3(", filter:add "\xff\xc3(")
    assert.equal("\\x1b[" .. ("1;"):rep(50), filter:add("\27[" .. ("1;"):rep(50))) -- too long for a sequence
  end)
end)
