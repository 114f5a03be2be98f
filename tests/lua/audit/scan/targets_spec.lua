local fleet = require "fleet"
local scanner = require "lanyard.audit.scan.scanner"
local targets = require "lanyard.audit.scan.targets"

local TWO_REGIONS = { regions = {
  ["us-east-1"] = { repositories = { { name = "web" } } }, ["eu-west-1"] = { repositories = { { name = "web" } } },
} }
local OTHER = "444455556666"

local function two_regions()
  return fleet.new { [fleet.ACCOUNT] = TWO_REGIONS }
end

describe("the scopes that an audit spans", function()
  it("are read from the words of options", function()
    assert.same({ "a", "b" }, targets.words("a, b,a", "--profile"))
    assert.same({ "us-east-1", "eu-west-1" }, targets.regions "us-east-1,eu-west-1")
    assert.equal("all", targets.regions "all")
    for text, message in pairs {
      ["a,,b"] = "empty name", ["all,us-east-1"] = "written alone", ["us-east-1,nowhere"] = "'nowhere' is not a Region",
      [""] = "empty name",
    } do
      local nothing, err = targets.regions(text)
      assert.is_nil(nothing)
      assert.is_truthy(tostring(err):find(message, 1, true), tostring(err))
    end
  end)

  it("look up credentials once for all Regions", function()
    local accounts <close> = two_regions()
    local opened = 0
    local open = accounts:opener()
    local scopes = targets.plan { regions = "all", open = function(...)
      opened = opened + 1
      return open(...)
    end }
    assert.equal(16, #scopes)
    assert.equal(1, opened)
    assert.equal(scopes[1].session:credentials(), scopes[16].session:credentials())
  end)
end)

describe("all Regions of a span", function()
  it("are those that Lightsail lists, and it is said", function()
    local accounts <close> = two_regions()
    local said = {}
    local scopes = targets.plan { regions = "all", open = accounts:opener(), say = function(text) said[#said + 1] = text end }
    assert.equal(16, #scopes)
    assert.same({ "the 16 Regions are those that lightsail:GetRegions lists" }, said)
  end)

  it("are those that lanyard knows where Lightsail does not tell, and it is said", function()
    local accounts <close> = two_regions()
    accounts.refuse = function(operation)
      return operation == "GetRegions" and { code = "AccessDeniedException", message = "not you" } or nil
    end
    local said = {}
    local scopes = targets.plan { regions = "all", open = accounts:opener(), say = function(text) said[#said + 1] = text end }
    assert.equal(#targets.REGIONS, #scopes)
    assert.match("^the 17 Regions are those that lanyard knows.*not you", said[1])
  end)

  it("are none in a partition without Lightsail", function()
    local accounts <close> = two_regions()
    local open = accounts:opener()
    local scopes = targets.plan { regions = "all", open = function(profile) return open(profile, "cn-north-1") end }
    local _, failures = scanner.run(scopes)
    assert.match("in no Region of partition aws%-cn", tostring(failures[1].err))
  end)

  it("are asked for in a Region that Lightsail is in", function()
    local accounts <close> = two_regions()
    local open = accounts:opener()
    targets.plan { regions = "all", open = function(profile) return open(profile, "sa-east-1") end }
    assert.same({ "GetRegions us-east-1 111122223333" }, accounts.calls)
  end)
end)

describe("a span of other accounts", function()
  it("takes accounts of twelve digits, and a role's name with its path", function()
    assert.same({ fleet.ACCOUNT, OTHER }, targets.accounts(fleet.ACCOUNT .. "," .. OTHER, "--accounts"))
    assert.match("12 digits", tostring(select(2, targets.accounts("1234", "--accounts"))))
    assert.equal("ops/audit", targets.role "ops/audit")
    for _, name in ipairs { "", "/audit", "audit/", "arn:aws:iam::111122223333:role/x", "a b" } do
      assert.is_nil((targets.role(name)))
    end
  end)

  it("tells the external id that the roles ask for", function()
    local accounts <close> = fleet.new { [fleet.ACCOUNT] = TWO_REGIONS, [OTHER] = TWO_REGIONS }
    local asked
    accounts.refuse = function(operation, _, _, request)
      asked = operation == "AssumeRole" and request.body or asked
    end
    assert.equal("lent:1/a", targets.external_id "lent:1/a")
    targets.plan { role = "audit", accounts = { OTHER }, external_id = "lent:1/a", open = accounts:opener() }
    assert.match("&ExternalId=lent%%3A1%%2Fa&", asked .. "&")
  end)
end)
