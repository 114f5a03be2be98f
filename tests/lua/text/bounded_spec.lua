local bounded = require "lanyard.text.bounded"

local function of(limit, ...)
  local kept = bounded.new(limit)
  for _, piece in ipairs { ... } do kept:add(piece) end
  return kept:text()
end

describe("a bounded text", function()
  it("is complete if it is short enough", function()
    assert.equal("", (of(10)))
    assert.equal("0123456789", (of(10, "01", "", "234", "56789")))
    assert.equal(0, select(2, of(10, "0123456789")))
  end)

  it("has the first and the last bytes of a long text, and the number of bytes left out", function()
    for size = 1, 7 do -- pieces of any size
      local pieces, text = {}, "abcdefghijklmnopqrstuvwxyz"
      for at = 1, #text, size do pieces[#pieces + 1] = text:sub(at, at + size - 1) end
      local shown, left_out = of(10, table.unpack(pieces))
      assert.equal("abcde\n[... 16 bytes left out ...]\nvwxyz", shown)
      assert.equal(16, left_out)
    end
  end)

  it("does not grow with the text", function()
    local kept = bounded.new(1000)
    local piece = ("x"):rep(100)
    for _ = 1, 100000 do kept:add(piece) end
    collectgarbage()
    local shown, left_out = kept:text()
    assert.equal(9999000, left_out)
    assert.is_true(#shown < 1100)
  end)
end)
