local shard = require "lanyard.audit.scan.shard"
local system = require "lanyard.system"

describe("a shard", function()
  it("is written I/N", function()
    assert.same({ index = 2, count = 3 }, shard.parse "2/3")
    for _, text in ipairs { "", "0/3", "4/3", "1", "1/3/4", "a/b", "-1/3", "1/0", "1.5/3", "99999999999999999999/3" } do
      local nothing, message = shard.parse(text)
      assert.is_nil(nothing)
      assert.match("is not a shard", message)
    end
  end)

  it("is the one of the job, whose index is from 0, if it is written index/N", function()
    local _, message = shard.parse "index/3"
    assert.match("neither JOB_COMPLETION_INDEX nor AWS_BATCH_JOB_ARRAY_INDEX is set", message)
    for name, values in pairs { JOB_COMPLETION_INDEX = { "0", "2" }, AWS_BATCH_JOB_ARRAY_INDEX = { "1" } } do
      for _, value in ipairs(values) do
        system.setenv(name, value)
        assert.same({ index = math.tointeger(value) + 1, count = 3 }, shard.parse "index/3")
      end
      for value, expected in pairs { ["3"] = "'4/3' is not a shard", ["-1"] = name .. " is '-1'", x = name .. " is 'x'" } do
        system.setenv(name, value)
        _, message = shard.parse "index/3"
        assert.truthy(message:find(expected, 1, true), message)
      end
      system.setenv(name, nil)
    end
  end)

  it("contains a repository that no other shard contains, and is never empty", function()
    local count, sizes = 4, { 0, 0, 0, 0 }
    for n = 1, 400 do
      local shards = 0
      for i = 1, count do
        if shard.contains({ index = i, count = count }, "111122223333", "us-east-1", "team/app-" .. n) then
          shards, sizes[i] = shards + 1, sizes[i] + 1
        end
      end
      assert.equal(1, shards)
    end
    for i = 1, count do assert.is_true(sizes[i] > 60, "shard " .. i .. " has " .. sizes[i]) end
    -- Shards of two releases of lanyard must be compatible.
    assert.is_true(shard.contains({ index = 3, count = 7 }, "111122223333", "us-east-1", "web"))
  end)

  it("does not guess for a repository of an unknown account", function()
    assert.is_false((pcall(shard.contains, { index = 1, count = 1 }, nil, "us-east-1", "web")))
  end)
end)
