local json = require "lanyard.json"
local principal = require "lanyard.access.principal"
local services = require "lanyard.access.services"
local world = require "world"

-- A service as Lightsail describes it.
local function service(general, puller)
  return services.service({
    containerServiceName = "web", principalArn = general,
    privateRegistryAccess = puller and { ecrImagePullerRole = { isActive = true, principalArn = puller } },
  }, "us-east-1")
end

describe("the ARN of a puller role", function()
  local general = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/abc"
  local puller = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/def"

  it("is the role's own if the role is on", function()
    assert.equal(puller, services.puller_arn(service(general, puller)))
  end)

  it("is a placeholder from the general role if the role is off, or from the service's name", function()
    assert.equal((general:gsub("abc", "private-repo-access/NOT-KNOWN-YET")), services.puller_arn(service(general)))
    for _, off in ipairs { service(general), service(nil), service("") } do
      local found = principal.classify("AWS", services.puller_arn(off))
      assert.same({ "puller", "web", "us-east-1" }, { found.kind, found.service, found.region })
    end
  end)
end)

describe("a container service", function()
  it("is the requested one: another, none or two of them are an error", function()
    local w <close> = world.new()
    for message, names in pairs {
      ["'other', which was not requested"] = { "other" },
      ["lacks the container service 'my%-container%-service'"] = {},
      ["twice"] = { "my-container-service", "my-container-service" },
    } do
      w.change = function(_, reply)
        local list = json.array {}
        for i, name in ipairs(names) do list[i] = { containerServiceName = name, state = "READY" } end
        reply.body = json.encode { containerServices = list }
      end
      local found, err = w.region:service "my-container-service"
      assert.is_nil(found)
      assert.same({ "InvalidResponse", "GetContainerServices" }, { err.code, err.operation })
      assert.matches(message, err.message)
    end
  end)

  it("does not exist only if Lightsail rejects the call", function()
    local w <close> = world.new()
    assert.matches("container service 'nosuch' does not exist", select(2, w.region:service "nosuch").message)
    w.change = function(_, reply) reply.status = 500 end
    assert.equal(500, select(2, w.region:service "nosuch").status)
  end)
end)

describe("a service", function()
  it("has whole numbers as integers, however Lightsail writes them", function()
    local w <close> = world.new()
    w.change = function(operation, reply)
      if operation == "GetContainerServices" then
        local changed
        reply.body, changed = reply.body:gsub('"scale": ?(%d+)', '"scale":%1.0')
        assert.is_true(changed > 0)
      end
    end
    local reply = assert(w.region.lightsail:GetContainerServices {})
    assert.equal("integer", math.type(reply.containerServices[1].scale))
    assert.not_matches("%.", tostring(reply.containerServices[1].scale))
  end)
end)
