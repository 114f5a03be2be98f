local shard = require "lanyard.audit.scan.shard"

describe("a shard", function()
  it("is written I/N", function()
    assert.same({ index = 2, count = 3 }, shard.parse "2/3")
    for _, text in ipairs { "", "0/3", "4/3", "1", "1/3/4", "a/b", "-1/3", "1/0", "1.5/3", "99999999999999999999/3" } do
      local nothing, message = shard.parse(text)
      assert.is_nil(nothing)
      assert.match("is not a shard", message)
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
end)
