local grant_views = require "lanyard.cli.grants"
local grants = require "lanyard.access.grants"
local world = require "world"

-- A world whose service is granted two repositories, one until 2100. Returns it and the service.
local function granted()
  local w = world.new()
  local service = w:service()
  assert(w.region:grant(service, w:repository "my-private-repo", { expires = 4102444800 }))
  assert(w.region:grant(service, w:repository "shared-repo"))
  return w, service
end

describe("the expiry of a grant", function()
  it("is a suffix, which says whether it has passed", function()
    assert.equal(" until 2100-01-01T00:00:00Z", grant_views.expiry(4102444800, 4102444799))
    assert.equal(" (expired 2100-01-01T00:00:00Z)", grant_views.expiry(4102444800, 4102444800))
    assert.equal("", grant_views.expiry(nil, 0))
  end)
end)

describe("the rows of grants", function()
  it("have the repository, and its statements with their expiry", function()
    local w <close>, service = granted()
    local list = w.region:grants_of(service.role.arn, assert(w.region:policies()))
    assert.same({
      { "my-private-repo", "AllowLightsailPull-my-container-service until 2100-01-01T00:00:00Z" },
      { "shared-repo", "AllowLightsailPull-my-container-service" },
    }, grant_views.rows(list, 0))
  end)
end)

describe("the grants of a role", function()
  it("are shown with their expiry, and are data for JSON", function()
    local w <close>, service = granted()
    assert.same({
      names = { "my-private-repo", "shared-repo" },
      expires = { ["my-private-repo"] = "2100-01-01T00:00:00Z" },
      decisions = { ["my-private-repo"] = "allow", ["shared-repo"] = "allow" },
      shown = "my-private-repo until 2100-01-01T00:00:00Z, shared-repo",
    }, grant_views.of_role(w.region, service.role.arn, grants.index(assert(w.region:policies()))))
  end)

  it("are unknown if the policies cannot be listed", function()
    local w <close>, service = granted()
    local found = grant_views.of_role(w.region, service.role.arn, grants.index {}, "no access")
    assert.same({ "(unknown)", "no access" }, { found.shown, found.unknown })
  end)

  it("are none if the service has no role", function()
    local w <close> = world.new()
    assert.equal("-", grant_views.of_role(w.region, nil, grants.index(assert(w.region:policies()))).shown)
  end)
end)
