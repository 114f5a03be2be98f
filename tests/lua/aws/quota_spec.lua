local quota = require "lanyard.aws.quota"

describe("the quota of retries", function()
  it("allows 100 retries of cost 5", function()
    local left, taken = quota.new(), 0
    while left:take(5) do
      taken = taken + 1
    end
    assert.equal(100, taken)
  end)
  it("is refilled by successes up to its capacity", function()
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
