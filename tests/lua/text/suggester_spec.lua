local suggester = require "lanyard.text.suggester"

describe("a suggester", function()
  it("suggests the nearest name, for 20 missing names", function()
    local names = {}
    local nearest = suggester(names)
    for i = 1, 20 do
      names[i] = "service-" .. string.char(96 + i):rep(5)
      assert.equal(names[i], nearest(names[i] .. "x"))
    end
    assert.is_nil(nearest "service-aaaa")
  end)

  it("suggests nothing that is not near", function()
    assert.is_nil(suggester { "grant" } "deploy")
  end)
end)
