local compact_repository = require "lanyard.access.compact_repository"
local world = require "world"

local FIELDS = { "name", "arn", "uri", "registry_id", "created", "mutability" }

local function fields_of(repository)
  local fields = {}
  for _, field in ipairs(FIELDS) do fields[field] = repository[field] end
  return fields
end

local function full(name, mutability)
  return { name = name, arn = "arn:aws:ecr:us-east-1:111122223333:repository/" .. name,
    uri = "111122223333.dkr.ecr.us-east-1.amazonaws.com/" .. name, registry_id = "111122223333", created = 1.5,
    mutability = mutability }
end

describe("a compact repository", function()
  it("has the fields of the full one", function()
    for _, one in ipairs { full("web", "MUTABLE"), full("team/web", "IMMUTABLE"), full("other", "MUTABLE") } do
      local compact = compact_repository.new(one)
      assert.same(one, fields_of(compact))
      assert.is_nil(rawget(compact, "arn"))
      assert.is_nil(compact.access)
    end
  end)

  it("has its fields whenever the collector runs", function()
    for n = 1, 3 do -- each has a new metatable
      debug.sethook(function() collectgarbage() end, "", 1)
      local compact = compact_repository.new(full("collected", "MUTABLE_" .. n))
      debug.sethook()
      assert.same(full("collected", "MUTABLE_" .. n), fields_of(compact))
    end
  end)

  it("is the full one if its ARN does not end with its name", function()
    local one = full("web", "MUTABLE")
    one.arn = one.arn .. "site"
    assert.equal(one, compact_repository.new(one))
  end)

  it("is listed by a region that is connected so", function()
    local w <close> = world.new()
    local plain, compact = assert(w.region:repositories()), assert(w.region:with({ compact = true }):repositories())
    assert.equal(#plain, #compact)
    for i, one in ipairs(plain) do
      assert.same(fields_of(one), fields_of(compact[i]))
      assert.is_not_nil(rawget(one, "arn"))
      assert.is_nil(rawget(compact[i], "arn"))
    end
  end)
end)
