local registry = require "lanyard.audit.scan.registry"

-- Returns a region whose registry answers with a reply or an error.
local function region_with(reply, err)
  return { ecr = { GetRegistryPolicy = function() return reply, err end } }
end

describe("the registry policy", function()
  it("has its statements", function()
    local found = assert(registry.read(region_with {
      policyText = '{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:*","Resource":"*"}}' }))
    assert.equal(1, #found.statements)
    assert.equal("Allow", found.statements[1].effect)
  end)

  it("has no statements when it does not exist", function()
    local found = assert(registry.read(region_with(nil, { code = "RegistryPolicyNotFoundException" })))
    assert.same({}, found.statements)
    assert.is_nil(found.doc)
  end)

  it("is an error when it cannot be read, is missing in the reply or is invalid", function()
    local denied = { code = "AccessDeniedException" }
    assert.equal(denied, select(2, registry.read(region_with(nil, denied))))
    assert.equal("NoPolicy", select(2, registry.read(region_with {})).code)
    local _, err = registry.read(region_with { policyText = "none" })
    assert.equal("UnreadablePolicy", err.code)
    assert.matches("^cannot read the registry policy: line 1", err.message)
  end)
end)
