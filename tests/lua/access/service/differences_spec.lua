local differences = require "lanyard.access.service.differences"
local state = require "lanyard.access.service.state"

-- Returns a state with these members.
local function of(members)
  local one = state.empty()
  for name, value in pairs(members) do one[name] = value end
  return one
end

local BEFORE = of { power = "nano", scale = 1, tags = { env = "test", old = "" }, domains = { site = { "a.example" } } }

describe("the differences of two states", function()
  local after = of { power = "micro", scale = 2, disabled = true, role = { active = true }, tags = { env = "prod" },
    domains = { site = { "a.example", "b.example" }, shop = { "c.example" } } }
  local list = differences.between(BEFORE, after)

  it("are in a fixed order, and none for equal states", function()
    local names = {}
    for i, one in ipairs(list) do names[i] = one.member .. (one.name and " " .. one.name or "") end
    assert.same({ "power", "scale", "disabled", "role", "domain shop", "domain site", "tag env", "tag old" }, names)
    assert.same({}, differences.between(BEFORE, of { power = "nano", scale = 1, tags = { env = "test", old = "" },
      domains = { site = { "a.example" } } }))
  end)

  it("are described for people", function()
    local texts = {}
    for i, one in ipairs(list) do texts[i] = differences.describe(one) end
    assert.same({
      "power is nano, not micro", "scale is 1, not 2", "disabled is no, not yes", "puller role is off, not on",
      "domains of shop are none, not c.example", "domains of site are a.example, not a.example, b.example",
      "tag env is test, not prod", "tag old is '', not none",
    }, texts)
  end)

  it("are commands that change them", function()
    assert.same({
      "lanyard service update web --power micro --scale 2 --disabled --domain shop=c.example "
        .. "--domain 'site=a.example,b.example' --tag env=prod --untag old --region us-east-1",
      "lanyard enable web --region us-east-1",
    }, differences.commands("web", list, "us-east-1"))
    assert.same({}, differences.commands("web", {}, "us-east-1"))
  end)

  it("are the members of a request, without tags", function()
    assert.same({
      power = "micro", scale = 2, isDisabled = true, privateRegistryAccess = { ecrImagePullerRole = { isActive = true } },
      publicDomainNames = { site = { "a.example", "b.example" }, shop = { "c.example" } },
    }, differences.request(list, after))
    local only_tags = of { power = "nano", scale = 1, tags = { new = "x" }, domains = BEFORE.domains }
    local tags = differences.between(BEFORE, only_tags)
    assert.is_nil(differences.request(tags, only_tags))
    local set, removed = differences.tags(tags)
    assert.same({ { new = "x" }, { "env", "old" } }, { set, { table.unpack(removed) } })
  end)

  it("name every certificate in a request about one of them, and an empty list for one that is detached", function()
    local two = of { domains = { site = { "a.example" }, shop = { "c.example" } } }
    local one = of { domains = { site = { "a.example" } } }
    assert.same({ publicDomainNames = { site = { "a.example" }, shop = {} } },
      differences.request(differences.between(two, one), one))
  end)
end)

describe("tags as Lightsail has them", function()
  it("are sorted, and have no empty value", function()
    assert.same({ { key = "a" }, { key = "b", value = "1" } }, { table.unpack(differences.tag_list { b = "1", a = "" }) })
  end)
end)
