local describe_services = require "lanyard.desired.services.describe"

local function state(members)
  local all = { disabled = false, role = { active = false }, tags = {}, domains = {} }
  for name, value in pairs(members) do all[name] = value end
  return all
end

-- A plan of a change of the service itself.
local function change(before, after, list)
  return { name = "web", kind = "update", settings = { before = state(before), after = state(after), differences = list } }
end

local function deployment(before, after, more)
  local plan = { current = before and { request = before }, request = after, references = {} }
  for name, value in pairs(more or {}) do plan[name] = value end
  return { name = "web", kind = "unchanged", deploys = true, deployment = plan,
    settings = { before = state {}, after = state {}, differences = {} } }
end

describe("the description of a service's plan", function()
  it("has a heading for each kind", function()
    local titles = {}
    for i, kind in ipairs { "create", "update", "delete", "unchanged" } do
      titles[i] = describe_services.title { kind = kind, name = "web" }
    end
    assert.same({ "+ create web", "~ change web", "- delete web", "~ deploy to web" }, titles)
  end)

  it("marks what is added, changed and removed, and shows the price before and after", function()
    assert.same({
      "~ scale: 1 -> 2", "+ domains of c: a.example", "- tag old: 1", "  price: 7 USD a month -> 14.50 USD a month",
    }, describe_services.lines(change({ monthly_price = 7 }, { monthly_price = 14.5 }, {
      { member = "scale", before = 1, after = 2 }, { member = "domain", name = "c", after = { "a.example" } },
      { member = "tag", name = "old", before = "1" },
    })))
    assert.same({ "~ disabled: no -> yes", "  AWS bills a disabled service, too" }, describe_services.lines(
      change({ monthly_price = 7 }, { monthly_price = 7, disabled = true }, { { member = "disabled", before = false, after = true } })))
  end)

  it("says that a price is unknown", function()
    assert.equal("  price: 7 USD a month -> an unknown price", describe_services.lines(change({ monthly_price = 7 }, {}, {}))[1])
  end)

  it("shows no value of a variable, and where it comes from", function()
    local before = { containers = { app = { image = "i:1", environment = { A = "planted", B = "planted" }, ports = { ["80"] = "HTTP" } } } }
    local after = { containers = { app = { image = "i:1", environment = { A = "other", C = "planted", D = "planted" } } } }
    local lines = describe_services.lines(deployment(before, after, { references = {
      { container = "app", name = "C", reference = { text = "ssm:/c", version = "4" } } } }))
    assert.same({
      "~ app: variable A = *** (new)", "- app: variable B", "+ app: variable C = *** from ssm:/c, version 4",
      "+ app: variable D = ***", "- app: port 80 HTTP",
    }, lines)
  end)

  it("says why the same containers are deployed", function()
    local request = { containers = { app = { image = "i:1" } } }
    assert.same({ "~ version 3 is being deployed" }, describe_services.lines(deployment(request, request, { in_progress = 3 })))
    assert.same({ "~ deployed again: because" }, describe_services.lines(deployment(request, request, { why = "because" })))
  end)

  it("lists what goes with a service that is deleted", function()
    local lines = describe_services.lines { name = "web", kind = "delete", deletion = {
      before = state { domains = { c = { "a.example", "b.example" } }, monthly_price = 10 },
      deployments = { {}, {} }, grants = { { repository = { name = "one" } }, { repository = { name = "two" } } },
    } }
    assert.same({ "- 2 deployments", "- domain names: a.example, b.example", "- 2 grants: one, two", "  price: 10 USD a month" }, lines)
    assert.equal("- its deployments, which could not be read",
      describe_services.deletion({ before = state {}, grants = {} })[1])
  end)
end)
