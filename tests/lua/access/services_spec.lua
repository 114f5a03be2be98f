local principal = require "lanyard.access.principal"
local services = require "lanyard.access.services"

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
