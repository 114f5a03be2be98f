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

describe("the targets of an audit", function()
  it("are parsed from the values of options", function()
    assert.same({ "a", "b" }, targets.list("a, b,a", "--profile"))
    assert.same({ "us-east-1", "eu-west-1" }, targets.regions "us-east-1,eu-west-1")
    assert.equal("all", targets.regions "all")
    for text, message in pairs {
      ["a,,b"] = "empty name", ["all,us-east-1"] = "cannot be combined",
      ["us-east-1,nowhere"] = "'nowhere' is not a Region",
      [""] = "empty name",
    } do
      local nothing, err = targets.regions(text)
      assert.is_nil(nothing)
      assert.is_truthy(tostring(err):find(message, 1, true), tostring(err))
    end
  end)

  it("name organizations by their ids, and units by their paths", function()
    local ID, UNIT = "o-a1b2c3d4e5", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"
    for text, expected in pairs {
      [ID] = { ID }, [ID .. "/"] = { ID }, [ID .. "/*"] = { ID }, [ID .. ",o-zzzzzzzzzz"] = { ID, "o-zzzzzzzzzz" },
      [ID .. "/r-ab12"] = { ID .. "/r-ab12/" }, [ID .. "/r-ab12/*"] = { ID .. "/r-ab12/" },
      [UNIT] = { UNIT }, [UNIT:sub(1, -2)] = { UNIT }, [UNIT .. "*"] = { UNIT },
      [UNIT .. "ou-ab12-22222222/*"] = { UNIT .. "ou-ab12-22222222/" },
    } do
      assert.same(expected, targets.organizations(text, "--trusted-organizations"))
    end
    for _, text in ipairs {
      "o-short", "O-A1B2C3D4E5", "r-ab12/ou-ab12-11111111", "ou-ab12-11111111", ID .. "/ou-ab12-11111111/", ID .. "*",
      ID .. "/r-ab12*", ID .. "/r-ab12/ou-ab12-1111*", ID .. "/*/ou-ab12-11111111/", UNIT .. "/", UNIT .. "/*",
      ID .. "//r-ab12/", UNIT .. "**", UNIT .. " ou-ab12-22222222/",
    } do
      local none, err = targets.organizations(text, "--trusted-organizations")
      assert.is_nil(none, text)
      assert.match("^%-%-trusted%-organizations: '" .. text:gsub("%p", "%%%0") .. "' is not an organization or an "
        .. "organizational unit: write o%-[^\n]*$", err.message)
    end
  end)

  it("get their credentials once for all Regions", function()
    local accounts <close> = two_regions()
    local opened = 0
    local open = accounts:opener()
    local found = targets.expand { regions = "all", open = function(...)
      opened = opened + 1
      return open(...)
    end }
    assert.equal(19, #found)
    assert.equal(1, opened)
    assert.equal(found[1].session:credentials(), found[19].session:credentials())
  end)
end)

describe("the targets of --region all", function()
  it("are the Regions that Lightsail lists, and a note says so", function()
    local accounts <close> = two_regions()
    local notes = {}
    local found = targets.expand { regions = "all", open = accounts:opener(), note = function(text) notes[#notes + 1] = text end }
    assert.equal(19, #found)
    assert.same({ "auditing the 19 Regions that lightsail:GetRegions lists" }, notes)
  end)

  it("are the Regions that lanyard knows when Lightsail cannot list them, and a note says so", function()
    local accounts <close> = two_regions()
    accounts.refuse = function(operation)
      return operation == "GetRegions" and { code = "AccessDeniedException", message = "not you" } or nil
    end
    local notes = {}
    local found = targets.expand { regions = "all", open = accounts:opener(), note = function(text) notes[#notes + 1] = text end }
    assert.equal(#targets.REGIONS, #found)
    assert.match("^cannot list the Regions of Lightsail, using the 20 that lanyard knows: .*not you", notes[1])
  end)

  it("do not exist in a partition without Lightsail", function()
    local accounts <close> = two_regions()
    local open = accounts:opener()
    local found = targets.expand { regions = "all", open = function(profile) return open(profile, "cn-north-1") end }
    local _, failures = scanner.run(found)
    assert.match("not available in partition aws%-cn", tostring(failures[1].err))
  end)

  it("are listed by a Region where Lightsail is available", function()
    local accounts <close> = two_regions()
    local open = accounts:opener()
    targets.expand { regions = "all", open = function(profile) return open(profile, "eu-south-1") end }
    assert.same({ "GetRegions us-east-1 111122223333" }, accounts.calls)
  end)
end)

describe("the targets in other accounts", function()
  it("need account ids of 12 digits and the name of a role, optionally with its path", function()
    assert.same({ fleet.ACCOUNT, OTHER }, targets.accounts(fleet.ACCOUNT .. "," .. OTHER, "--accounts"))
    assert.match("12 digits", tostring(select(2, targets.accounts("1234", "--accounts"))))
    assert.equal("ops/audit", targets.role_name "ops/audit")
    for _, name in ipairs { "", "/audit", "audit/", "arn:aws:iam::111122223333:role/x", "a b" } do
      assert.is_nil((targets.role_name(name)))
    end
  end)

  it("pass the external id to the roles", function()
    local accounts <close> = fleet.new { [fleet.ACCOUNT] = TWO_REGIONS, [OTHER] = TWO_REGIONS }
    local asked
    accounts.refuse = function(operation, _, _, request)
      asked = operation == "AssumeRole" and request.body or asked
    end
    assert.equal("lent:1/a", targets.external_id "lent:1/a")
    targets.expand { role = "audit", accounts = { OTHER }, external_id = "lent:1/a", open = accounts:opener() }
    assert.match("&ExternalId=lent%%3A1%%2Fa&", asked .. "&")
  end)
end)
