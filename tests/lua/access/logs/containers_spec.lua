local containers = require "lanyard.access.logs.containers"
local deployable = require "deployable"

-- Returns a source whose service has these deployments, newest last: "STATE container,container".
local function source_of(w, deployments, reveal)
  local list = {}
  for version, text in ipairs(deployments) do
    local state, names = text:match "^(%u+) (.*)$"
    list[version] = { version = version, state = state, createdAt = version, containers = {} }
    for name in names:gmatch "[^,]+" do
      list[version].containers[name] = { image = "nginx:1", environment = { V = ("secret-of-%d"):format(version) } }
    end
  end
  deployable.stand_in(w, "GetContainerServiceDeployments", function() return { deployments = list } end)
  local source = containers.new(w.region, "web", reveal)
  assert(source:read())
  return source, list
end

describe("the containers whose logs are read", function()
  it("belong to the running deployment, and of the one in progress or that failed last", function()
    local w <close> = deployable.world()
    for expected, deployments in pairs {
      ["b"] = { "INACTIVE a", "ACTIVE b" },
      ["b,c"] = { "FAILED a", "ACTIVE b", "FAILED c" },
      ["b,d"] = { "ACTIVE b", "FAILED c", "ACTIVATING d" },
      ["a,b"] = { "FAILED a", "ACTIVE b" },
      ["c"] = { "INACTIVE a,b", "INACTIVE c" },
      ["e,f"] = { "ACTIVATING f,e" },
      [""] = {},
    } do
      assert.equal(expected, table.concat(source_of(w, deployments).current, ","))
    end
    assert.same({ "a", "b", "c" }, source_of(w, { "INACTIVE a,b", "INACTIVE c" }).known)
    assert.equal("NoDeployment", containers.new(w.region, "web"):none().code)
  end)

  it("have logs without the values of all deployments that were seen", function()
    local w <close> = deployable.world()
    local source, list = source_of(w, { "INACTIVE a", "ACTIVE b" })
    assert.equal("*** *** secret-of-3", source:redact "secret-of-1 secret-of-2 secret-of-3")
    table.remove(list, 1)
    list[2] = { version = 3, state = "ACTIVE", createdAt = 3, containers = { c = { image = "x", environment = { V = "secret-of-3" } } } }
    assert(source:read())
    assert.equal("*** *** ***", source:redact "secret-of-1 secret-of-2 secret-of-3")
    list[1] = { version = 1, state = "ACTIVE", createdAt = 9, containers = { c = { image = "x", environment = { V = "of-another-service" } } } }
    assert(source:read()) -- the service was created again
    assert.equal("*** *** ***", source:redact "secret-of-1 secret-of-3 of-another-service")
    assert.equal("password=***", source:redact "password=hunter2")
    assert.equal("secret-of-1 password=hunter2", source_of(w, { "ACTIVE a" }, true):redact "secret-of-1 password=hunter2")
  end)
end)
