local quota = require "lanyard.aws.quota"

describe("the quota of retries", function()
  it("gives 100 retries of cost 5, and none after that", function()
    local left, taken = quota.new(), 0
    while left:take(5) do
      taken = taken + 1
    end
    assert.equal(100, taken)
  end)
  it("takes back what succeeds, and no more than it began with", function()
    local left = quota.new(10)
    assert.is_true(left:take(10))
    assert.is_false(left:take(1))
    left:give(7)
    assert.is_false(left:take(8))
    assert.is_true(left:take(7))
    left:give(1000)
    assert.is_true(left:take(10))
    assert.is_false(left:take(1))
  end)
end)
