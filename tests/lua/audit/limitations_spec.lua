local json = require "lanyard.json"
local limitations = require "lanyard.audit.limitations"
local merge = require "lanyard.audit.report.merge"
local summary = require "lanyard.report.summary"

local A, B = "111122223333", "444455556666"

local function inventory(account, err)
  return { account = account, controls_error = err }
end

local function refused(operation)
  return { code = "AccessDeniedException", status = 400, operation = operation, message = "no", service = "organizations" }
end

local function report(time, list)
  return { version = 2, tool = "lanyard 1", time = time, scopes = json.array {}, findings = json.array {}, limitations = list }
end

local function kinds(list)
  local found = {}
  for i, one in ipairs(list) do found[i] = one.kind end
  return table.concat(found, " ")
end

describe("the limitations of an audit", function()
  it("are always the policies of callers and of VPC endpoints", function()
    local found = limitations.of(inventory(A))
    assert.equal("service-control-policies vpc-endpoint-policies", kinds(found))
    assert.matches("not to Lightsail's puller roles", found[1].effect)
    assert.is_nil(found[1].accounts)
  end)

  it("have resource control policies that could not be read, with the reason but not the id of the request", function()
    local err = refused "ListPolicies"
    err.request_id = "REQUEST"
    local one = limitations.of(inventory(A, err))[1]
    assert.equal("resource-control-policies", one.kind)
    assert.matches("^organizations:ListPolicies: AccessDeniedException: no; only the management account", one.reason)
    assert.is_nil(one.reason:find("REQUEST", 1, true))
    one = limitations.of(inventory(A, { code = "Timeout", message = "took longer than 5 s" }))[1]
    assert.equal("took longer than 5 s", one.reason)
  end)

  it("are joined by reason when reports are merged", function()
    local joined = merge.join({
      report("2026-11-28T00:00:00Z", limitations.of(inventory(B, refused "ListPolicies"))),
      report("2026-11-28T00:00:01Z", limitations.of(inventory(A, refused "ListPolicies"))),
      report("2026-11-28T00:00:02Z", limitations.of(inventory(B, refused "ListParents"))),
      report("2026-11-28T00:00:03Z", nil),
    }, { "a", "b", "c", "d" })
    assert.equal("resource-control-policies resource-control-policies service-control-policies vpc-endpoint-policies",
      kinds(joined.limitations))
    assert.same({ B }, joined.limitations[1].accounts)
    assert.same({ A, B }, joined.limitations[2].accounts)
  end)

  it("are absent from the merge of reports of earlier releases, and are printed as nothing", function()
    local joined = merge.join({ report("2026-11-28T00:00:00Z"), report("2026-11-28T00:00:01Z") }, { "a", "b" })
    assert.is_nil(joined.limitations)
    assert.same({}, summary.considered(joined))
  end)

  it("name at most five accounts in a sentence", function()
    local accounts = json.array {}
    for i = 1, 7 do accounts[i] = ("%012d"):format(i) end
    local sentence = summary.limitations { limitations = { { kind = "resource-control-policies", reason = "no",
      effect = "they can deny", accounts = accounts } } }[1]
    assert.equal("not considered: resource control policies of accounts 000000000001, 000000000002, 000000000003, "
      .. "000000000004, 000000000005 and 2 more (no); they can deny", sentence)
  end)

  it("show whether the policies of an account were considered", function()
    local one = report("2026-11-28T00:00:00Z", limitations.of(inventory(A, refused "ListPolicies")))
    assert.is_true(limitations.lacks_controls(one, A))
    assert.is_false(limitations.lacks_controls(one, B))
    assert.is_false(limitations.lacks_controls(report "2026-11-28T00:00:00Z", A))
  end)
end)
