local state = require "lanyard.access.service.state"

local SERVICE = { name = "web", power = "nano", scale = 1, disabled = false, role = { active = true, arn = "arn" },
  tags = { env = "test" }, domains = { site = { "a.example", "b.example" } } }

describe("the state of a service", function()
  it("is a copy of what its owner decides", function()
    local one = state.of(SERVICE)
    one.tags.env, one.domains.site = nil, nil
    assert.same({ env = "test" }, SERVICE.tags)
    assert.is_truthy(SERVICE.domains.site)
  end)

  it("keeps what a change does not name", function()
    local before = state.of(SERVICE)
    assert.same(before, state.with(before, {}))
    local after = state.with(before, { scale = 3, tags = { team = "shop" } })
    assert.same({ "nano", 3, false, true, { env = "test", team = "shop" } },
      { after.power, after.scale, after.disabled, after.role.active, after.tags })
    assert.same({ env = "test" }, before.tags)
  end)

  it("is enabled and disabled, and loses tags", function()
    local before = state.of(SERVICE)
    local disabled = state.with(before, { disabled = true, untag = { "env", "none" } })
    assert.same({ true, {} }, { disabled.disabled, disabled.tags })
    assert.is_false(state.with(disabled, { disabled = false }).disabled)
  end)

  it("has all names of the certificates that a change gives, and moves a name", function()
    local before = state.of(SERVICE)
    assert.same({ site = { "c.example" } }, state.with(before, { domains = { site = { "c.example" } } }).domains)
    assert.same({ site = { "b.example" }, new = { "a.example" } },
      state.with(before, { domains = { new = { "a.example" } } }).domains)
    assert.same({ new = { "a.example", "b.example" } },
      state.with(before, { domains = { new = { "b.example", "a.example" } } }).domains)
    assert.same({}, state.with(before, { no_domains = true }).domains)
    assert.same({ new = { "z.example" } }, state.with(before, { no_domains = true, domains = { new = { "z.example" } } }).domains)
  end)

  it("has its domain names sorted, of all certificates", function()
    assert.same({ "a.example", "b.example", "c.example" },
      state.domain_names { x = { "c.example" }, y = { "b.example", "a.example" } })
  end)
end)
