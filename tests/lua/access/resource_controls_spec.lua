local json = require "lanyard.json"
local resource_controls = require "lanyard.access.resource_controls"
local world = require "world"

local OWN, MANAGEMENT, OTHER = "111122223333", "999988887777", "444455556666"
local UNIT, INNER = "ou-a1b2-11111111", "ou-a1b2-22222222"

local function rcp(name, targets)
  return { name = name, targets = targets, content = { Version = "2012-10-17", Statement = json.array {
    { Sid = name, Effect = "Deny", Principal = "*", Action = "ecr:*", Resource = "*",
      Condition = { StringNotEquals = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" } } },
  } } }
end

local function organization(changes)
  local one = {
    management = MANAGEMENT, delegated = true,
    units = { { id = UNIT }, { id = INNER, parent = UNIT } },
    accounts = { { id = OWN, parent = INNER }, { id = MANAGEMENT }, { id = OTHER } },
    resource_control_policies = {
      rcp "root", rcp("unit", { UNIT }), rcp("inner", { INNER }), rcp("account", { OWN }), rcp("elsewhere", { OTHER }),
      rcp("nowhere", {}),
    },
  }
  for name, value in pairs(changes or {}) do one[name] = value end
  return one
end

local function open(seed)
  local w = world.new { seed = { organization = seed } }
  return w, resource_controls.reader(w.region.session)
end

local function names(controls)
  local list = {}
  for i, control in ipairs(controls.list) do list[i] = control.name end
  return table.concat(list, " ")
end

describe("the resource control policies of an account", function()
  it("are attached to the account, its units or the root", function()
    local _ <close>, reader = open(organization())
    local controls = assert(reader:of(OWN, true))
    assert.equal("root unit inner account", names(controls))
    assert.equal("root", controls.list[1].doc:statements()[1].sid)
    assert.equal("root elsewhere", names(assert(reader:of(OTHER, true))))
    assert.equal("the resource control policy 'root' (p-00000001)", resource_controls.describe(controls.list[1]))
  end)

  it("come with the organization's keys of the account's callers", function()
    local _ <close>, reader = open(organization())
    local controls = assert(reader:of(OWN, true))
    assert.equal("o-a1b2c3d4e5", controls.organization)
    assert.same({ ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5",
      ["aws:PrincipalOrgPaths"] = { ("o-a1b2c3d4e5/r-a1b2/%s/%s/"):format(UNIT, INNER) } }, controls.context)
  end)

  it("are none for the management account, without a policy, without the type, and without an organization", function()
    local _ <close>, reader = open(organization())
    assert.same({}, assert(reader:of(MANAGEMENT, true)).list)
    for _, seed in ipairs { { management = MANAGEMENT, delegated = true, accounts = { { id = MANAGEMENT } } }, false } do
      local w <close>, other = open(seed)
      assert.same({}, assert(other:of(OWN, true)).list)
      assert.equal(1, #w.calls)
    end
  end)

  it("are read once, whatever accounts are asked about", function()
    local w <close>, reader = open(organization())
    for _ = 1, 3 do
      assert(reader:of(OWN, true))
      assert(reader:of(OTHER, true))
    end
    assert.same({ 1, 6, 5 }, { w:count "ListPolicies", w:count "ListTargetsForPolicy", w:count "DescribePolicy" })
    assert.equal(4, w:count "ListParents")
  end)

  it("are an error where they cannot be read, after one call", function()
    local w <close>, reader = open(organization { delegated = false })
    for _, account in ipairs { OWN, OTHER, OWN } do
      local controls, err = reader:of(account, true)
      assert.is_nil(controls)
      assert.equal("AccessDeniedException", err.code)
    end
    assert.equal(1, #w.calls)
  end)

  it("are an error for an account of another organization", function()
    local _ <close>, reader = open(organization())
    local controls, err = reader:of("222222222222", false)
    assert.is_nil(controls)
    assert.equal("account 222222222222 is not in the caller's organization", err.message)
  end)

  it("are an error if a text is not a policy, or the parents do not end in a root", function()
    local w <close>, reader = open(organization())
    w.change = function(operation, reply)
      reply.body = operation == "DescribePolicy" and reply.body:gsub('"Content":".-[^\\]"', '"Content":"x"') or reply.body
    end
    local _, err = reader:of(OWN, true)
    assert.equal("UnreadablePolicy", err.code)
    assert.matches("cannot read the resource control policy 'root' %(p%-00000001%): ", err.message)
    local v <close>, circular = open(organization())
    v.change = function(operation, reply)
      reply.body = operation == "ListParents" and '{"Parents":[{"Id":"' .. UNIT .. '","Type":"ORGANIZATIONAL_UNIT"}]}' or reply.body
    end
    _, err = circular:of(OWN, true)
    assert.equal("InvalidResponse", err.code)
    assert.matches("do not end in a root", err.message)
  end)
end)
