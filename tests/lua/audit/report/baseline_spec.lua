local baseline = require "lanyard.audit.report.baseline"
local fleet = require "fleet"
local json = require "lanyard.json"
local merge = require "lanyard.audit.report.merge"

local ACCOUNT = fleet.ACCOUNT

local function access(principal, decision)
  return { principal = principal, type = "AWS", decision = decision or "allow" }
end

-- A report of us-east-1: { repository = { findings = ids, access = accesses, unknown } }, findings about none
local function report(repositories, others, more)
  local made = merge.empty "2026-11-25T01:00:00Z"
  local scope = { account = ACCOUNT, region = "us-east-1", repositories = json.array {}, services = json.array {} }
  made.scopes[1] = scope
  local function add(id, repository, service)
    table.insert(made.findings, {
      id = id, severity = "high", message = id, why = "w", fix = "f", account = ACCOUNT, region = "us-east-1",
      repository = repository, service = service, key = table.concat({ id, repository or "", service or "" }, "|"),
    })
  end
  for name, what in pairs(repositories) do
    table.insert(scope.repositories, { name = name, access = json.array(what.access or {}), unknown = what.unknown })
    for _, id in ipairs(what.findings or {}) do add(id, name) end
  end
  for _, id in ipairs(others or {}) do add(id, nil, "svc") end
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function ids(findings)
  local list = {}
  for i, finding in ipairs(findings) do list[i] = finding.id end
  table.sort(list)
  return list
end

local function compare(new, old)
  baseline.compare(new, old)
  return ids(baseline.new(new)), ids(new.baseline.gone), new
end

describe("a report beside an earlier one", function()
  it("says which findings are new, unchanged and gone", function()
    local new, gone, marked = compare(
      report { web = { findings = { "kept", "came" } } }, report { web = { findings = { "kept", "went" } } })
    assert.same({ "came" }, new)
    assert.same({ "went" }, gone)
    assert.equal("unchanged", marked.findings[1].state)
    assert.equal("new", marked.findings[2].state)
    assert.equal("2026-11-25T01:00:00Z", marked.baseline.time)
  end)

  it("says that a finding is gone when its repository is", function()
    local _, gone = compare(report {}, report { web = { findings = { "went" } } })
    assert.same({ "went" }, gone)
  end)

  it("takes a finding that is worse than it was as new", function()
    local old, new = report { web = { findings = { "worse", "better" } } }, report { web = { findings = { "worse", "better" } } }
    old.findings[1].severity, new.findings[1].severity = "medium", "critical"
    old.findings[2].severity, new.findings[2].severity = "medium", "low"
    assert.same({ "worse" }, (compare(new, old)))
    assert.same({}, new.baseline.gone)
  end)

  it("does not say that a grant came where the earlier report did not look", function()
    local granted = { web = { access = { access "CI" } }, jobs = { access = { access "CI" } } }
    local function came(old)
      return #select(3, compare(report(granted), old)).baseline.grants.new
    end
    assert.equal(1, came(report { web = { access = { access "CI" } } }))
    assert.equal(1, came(report { web = { unknown = "denied" } }))
    local failed = report {}
    failed.scopes[1] = { account = ACCOUNT, region = "us-east-1", error = { code = "X", message = "x" } }
    assert.equal(0, came(failed))
  end)

  it("says where the earlier report did not look", function()
    local whole, failed = report {}, report {}
    failed.scopes[1] = { account = ACCOUNT, region = "us-east-1", error = { code = "X", message = "x" } }
    local function part(service) return report({}, {}, { part = { service = service } }) end
    assert.same({}, baseline.unseen(whole, whole))
    assert.same({ ACCOUNT .. " us-east-1" }, baseline.unseen(whole, failed))
    assert.same({ "all that this audit did" }, baseline.unseen(whole, part "web"))
    assert.same({}, baseline.unseen(part "web", part "web"))
    assert.same({}, baseline.unseen(part "web", whole))
  end)

  it("takes what is muted in either as there", function()
    local function muted() return { muted = report({ web = { findings = { "orphan" } } }).findings } end
    local plain = { web = { findings = { "open", "orphan" } } }
    local rest = { web = { findings = { "open" } } }
    local new, gone = compare(report(plain), report(rest, {}, muted()))
    assert.same({ {}, {} }, { new, gone })
    new, gone = compare(report(rest, {}, muted()), report(plain))
    assert.same({ {}, {} }, { new, gone })
  end)

  it("does not say so of what it did not look at", function()
    local old = report({ web = { findings = { "of-web" } } }, { "of-all" })
    local part = { part = { repositories = json.array { "x" } } }
    assert.same({}, (select(2, compare(report({}, {}, part), old))))
    assert.same({ "of-web" }, (select(2, compare(report({ web = {} }, {}, part), old))))
    assert.same({}, (select(2, compare(report { web = { unknown = "denied" } }, old))))
    local failed = report {}
    failed.scopes[1] = { region = "us-east-1", error = { code = "X", message = "x" } }
    assert.same({}, (select(2, compare(failed, old))))
    assert.same({}, (select(2, compare(report({ web = {} }, {}, { part = { service = "other" } }), old))))
    local blind = report { web = {} }
    blind.scopes[1].services_unknown = "denied"
    assert.same({ "of-web" }, (select(2, compare(blind, old))))
    assert.same({ "of-all", "of-web" }, (select(2, compare(report { web = {} }, old))))
  end)

  it("does not say so of images that it could not look at", function()
    local old = report { web = { findings = { "image-missing", "public-access" } } }
    local blind = report { web = {} }
    blind.scopes[1].repositories[1].images_unknown = "denied"
    assert.same({ "public-access" }, (select(2, compare(blind, old))))
    assert.same({ "image-missing", "public-access" }, (select(2, compare(report { web = {} }, old))))
  end)

  it("does not say so of what IAM and the registry do not show any more", function()
    local old = report({ web = { findings = { "missing-principal", "public-access" } } }, {})
    for _, id in ipairs { "registry-public", "registry-pull" } do
      table.insert(old.findings, { id = id, severity = "high", account = ACCOUNT, region = "us-east-1", key = id })
    end
    local blind = report { web = {} }
    blind.scopes[1].registry_unknown, blind.scopes[1].identities_unknown = "denied", "denied"
    assert.same({ "public-access" }, (select(2, compare(blind, old))))
    assert.equal(4, #select(2, compare(report { web = {} }, old)))
  end)

  it("tells grants that came and went, and one that changed as both", function()
    local _, _, marked = compare(
      report { web = { access = { access "same", access "came", access("changed", "depends"), access("no", "deny") } } },
      report { web = { access = { access "same", access "went", access "changed", access("never", "deny") } },
        gone = { access = { access "dropped" } } })
    local function list(grants)
      local found = {}
      for i, grant in ipairs(grants) do
        found[i] = ("%s %s %s"):format(grant.repository, grant.principal, grant.decision)
      end
      table.sort(found)
      return found
    end
    assert.same({ "web came allow", "web changed depends" }, list(marked.baseline.grants.new))
    assert.same({ "gone dropped allow", "web changed allow", "web went allow" }, list(marked.baseline.grants.gone))
  end)

  it("does not say that grants went which it could not read", function()
    local old = report { web = { access = { access "x" } } }
    local _, _, marked = compare(report { web = { unknown = "denied" } }, old)
    assert.equal(0, #marked.baseline.grants.gone)
    marked = select(3, compare(report({}, {}, { part = {} }), old))
    assert.equal(0, #marked.baseline.grants.gone)
  end)
end)
