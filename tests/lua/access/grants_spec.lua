local grants = require "lanyard.access.grants"
local world = require "world"

describe("grants of a role", function()
  it("are found with their statements and ends", function()
    local w <close> = world.new()
    local service = w:service()
    assert(w.here:grant(service, w:repository "my-private-repo", { expires = 4102444800 }))
    assert(w.here:grant(service, w:repository "shared-repo"))
    local found = w.here:grants_of(service.role.arn, w.here:policies(assert(w.here:repositories())))
    assert.equal(2, #found)
    assert.equal(4102444800, grants.end_of(found[1]))
    assert.is_nil(grants.end_of(found[2]))
    assert.same({
      { "my-private-repo", "AllowLightsailPull-my-container-service until 2100-01-01T00:00:00Z" },
      { "shared-repo", "AllowLightsailPull-my-container-service" },
    }, grants.grant_rows(found, 0))
  end)

  it("are shown with their ends", function()
    assert.equal(" until 2100-01-01T00:00:00Z", grants.ending(4102444800, 4102444799))
    assert.equal(" (ended 2100-01-01T00:00:00Z)", grants.ending(4102444800, 4102444800))
    assert.equal("", grants.ending(nil, 0))
  end)

  it("end with the last of their statements, if all of them do", function()
    assert.equal(5, grants.end_of { statements = { { expires = 5 }, { expires = 3 } } })
    assert.is_nil(grants.end_of { statements = { { expires = 5 }, {} } })
  end)
end)
