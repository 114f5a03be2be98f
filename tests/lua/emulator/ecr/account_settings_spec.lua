local cloudtrail = require "lanyard.emulator.cloudtrail"
local world = require "world"

describe("the emulated account settings", function()
  local w, ecr
  before_each(function()
    w = world.new()
    ecr = w.region.ecr
  end)
  after_each(function() getmetatable(w).__close(w) end)

  it("have the defaults of a new registry", function()
    for name, value in pairs { REGISTRY_POLICY_SCOPE = "V2", BASIC_SCAN_TYPE_VERSION = "AWS_NATIVE", BLOB_MOUNTING = "DISABLED" } do
      assert.same({ name, value }, (function(reply) return { reply.name, reply.value } end)(assert(ecr:GetAccountSetting { name = name })))
    end
  end)

  it("are set for each Region", function()
    local put = assert(ecr:PutAccountSetting { name = "REGISTRY_POLICY_SCOPE", value = "V1" })
    assert.equal("REGISTRY_POLICY_SCOPE V1", put.name .. " " .. put.value)
    assert.equal("V1", assert(ecr:GetAccountSetting { name = "REGISTRY_POLICY_SCOPE" }).value)
    assert.equal("V1", w.world.state.regions["us-east-1"].account_settings.REGISTRY_POLICY_SCOPE)
    assert.is_nil(w.world.region("eu-west-1").account_settings)
    assert.equal(1, #w.world.trail["us-east-1"])
    assert.equal("PutAccountSetting", cloudtrail.event(w.world, w.world.trail["us-east-1"][1]).EventName)
  end)

  for _, case in ipairs {
    { "NO_SUCH_SETTING", "V2", "'name'" }, { "registry_policy_scope", "V2", "'name'" }, { "REGISTRY_POLICY_SCOPE", "V3", "'value'" },
    { "REGISTRY_POLICY_SCOPE", "v1", "'value'" }, { "BASIC_SCAN_TYPE_VERSION", "CLAIR", "'value'" }, { "BLOB_MOUNTING", "", "'value'" },
    { "", "V1", "'name'" }, { ("N"):rep(65), "V1", "'name'" },
  } do
    it(("reject %s = '%s'"):format(case[1], case[2]), function()
      local reply, err = ecr:PutAccountSetting { name = case[1], value = case[2] }
      assert.is_nil(reply)
      assert.equal("InvalidParameterException", err.code)
      assert.matches("Invalid parameter at " .. case[3], err.message)
    end)
  end

  it("reject a read of an unknown setting", function()
    local reply, err = ecr:GetAccountSetting { name = "SCOPE" }
    assert.is_nil(reply)
    assert.equal("InvalidParameterException", err.code)
  end)
end)
