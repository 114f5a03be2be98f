local blocks = require "lanyard.text.blocks"

describe("a line of blocks", function()
  it("has eight levels, the lowest for 0 and the highest for the top and above", function()
    assert.equal("▁▁▁▂▄▄▅██", blocks.line({ -1, 0, 1, 1.01, 3.5, 4, 4.01, 8, 99 }, 8))
    assert.equal("....::--==++**##@@", blocks.line({ 0, 0.1, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8 }, 8, true))
  end)

  it("has a blank for a missing number", function()
    assert.equal("  █ ", blocks.line({ false, false, 2, false }, 2))
    assert.equal("", blocks.line({}, 1))
  end)

  it("is scaled to a round number that is not below the largest", function()
    for value, expected in pairs { [0.3] = 0.5, [1] = 1, [1.1] = 2, [5] = 5, [7] = 10, [37] = 50, [51] = 100, [100] = 100, [1000] = 1000,
      [0.001] = 0.001 } do
      assert.is_true(blocks.ceiling(value) >= value)
      assert.is_true(math.abs(blocks.ceiling(value) - expected) < 1e-9, value)
    end
    assert.same({ 1, 1, 1, 1 }, { blocks.ceiling(0), blocks.ceiling(-5), blocks.ceiling(0 / 0), blocks.ceiling(math.huge) })
  end)
end)
