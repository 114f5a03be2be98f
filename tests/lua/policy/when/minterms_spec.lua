local minterms = require "lanyard.policy.when.minterms"
local torture = require "torture"

-- Returns the value of a sum of products.
local function value_of(products, assignment)
  for _, product in ipairs(products) do
    if assignment & product.mask == product.bits then return true end
  end
  return false
end

describe("a minimal sum of products", function()
  it("has the value of the function, for random functions with assignments that cannot occur", function()
    local random = torture.random()
    for _ = 1, torture.choose(200, 5000) do
      local count, values = random(6), {}
      for assignment = 0, (1 << count) - 1 do
        values[assignment] = ({ true, false, "impossible" })[random(3)]
      end
      local products = minterms.minimize(count, function(assignment)
        local value = values[assignment]
        if value ~= "impossible" then return value end
      end)
      for assignment, value in pairs(values) do
        if value ~= "impossible" then
          assert.equal(value, value_of(products, assignment))
        end
      end
    end
  end)
  it("is short", function()
    local function products(count, value) return minterms.minimize(count, value) end
    assert.same({}, products(3, function() return false end))
    assert.same({ { mask = 0, bits = 0 } }, products(3, function() return true end))
    assert.same({ { mask = 1, bits = 1 } }, products(2, function(x) return x & 1 == 1 end))
    assert.same({ { mask = 0, bits = 0 } }, products(1, function(x) if x == 1 then return true end end))
    assert.equal(2, #products(3, function(x) return x & 3 == 3 or x & 6 == 6 end))
  end)
end)
