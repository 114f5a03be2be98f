local run = require "lanyard.access.journal.run"

describe("the id of a command run", function()
  it("has the time of its beginning, to a hundredth of a second", function()
    for _, seconds in ipairs { 0, 1769860800.123, 4102444800, 28000000000 } do
      assert.is_true(math.abs(seconds - run.began(run.new(seconds))) < 0.011)
    end
  end)

  it("is the same for the whole process", function()
    assert.equal(run.current(), run.current())
    assert.is_number(run.began(run.current()))
  end)

  it("differs between commands that begin at the same time", function()
    local ids, count = {}, 0
    for _ = 1, 200 do
      local id = run.new(1769860800)
      count = count + (ids[id] and 0 or 1)
      ids[id] = true
    end
    assert.is_true(count > 150, "only " .. count .. " of 200 differ")
  end)

  it("is recognized by its form", function()
    for _, value in ipairs { "", "x", "mig3k0f2", "mig3k0f2-9tq", "mig3k0f2-9tq4x", "MIG3K0F2-9TQ4", "../etc-pass", 5, {} } do
      assert.is_nil(run.began(value), tostring(value))
    end
  end)
end)
