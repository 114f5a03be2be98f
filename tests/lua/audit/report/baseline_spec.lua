local baseline = require "lanyard.audit.report.baseline"
local document = require "lanyard.audit.report.document"
local fleet = require "fleet"
local json = require "lanyard.json"

local ACCOUNT = fleet.ACCOUNT

local function access(principal, decision)
  return { principal = principal, type = "AWS", decision = decision or "allow" }
end

-- A report of us-east-1: { repository = { findings = ids, access = accesses, policy_error } }, findings about no repository
local function report(repositories, others, more)
  local made = document.new "2026-11-25T01:00:00Z"
  local scope = { account = ACCOUNT, region = "us-east-1", repositories = json.array {}, services = json.array {} }
  made.scopes[1] = scope
  local function add(id, repository, service)
    table.insert(made.findings, {
      id = id, severity = "high", message = id, why = "w", fix = "f", account = ACCOUNT, region = "us-east-1",
      repository = repository, service = service, key = table.concat({ id, repository or "", service or "" }, "|"),
    })
  end
  for name, what in pairs(repositories) do
    table.insert(scope.repositories, { name = name, access = json.array(what.access or {}), policy_error = what.policy_error })
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
  return ids(baseline.new(new)), ids(new.baseline.resolved), new
end

describe("comparing a report with an earlier one", function()
  it("marks findings as new or unchanged and lists the resolved ones", function()
    local new, resolved, marked = compare(
      report { web = { findings = { "same", "added" } } }, report { web = { findings = { "same", "removed" } } })
    assert.same({ "added" }, new)
    assert.same({ "removed" }, resolved)
    assert.equal("unchanged", marked.findings[1].state)
    assert.equal("new", marked.findings[2].state)
    assert.equal("2026-11-25T01:00:00Z", marked.baseline.time)
  end)

  it("resolves a finding when its repository was deleted", function()
    local _, resolved = compare(report {}, report { web = { findings = { "removed" } } })
    assert.same({ "removed" }, resolved)
  end)

  it("counts a finding that became more severe as new", function()
    local old, new = report { web = { findings = { "worse", "better" } } }, report { web = { findings = { "worse", "better" } } }
    old.findings[1].severity, new.findings[1].severity = "medium", "critical"
    old.findings[2].severity, new.findings[2].severity = "medium", "low"
    assert.same({ "worse" }, (compare(new, old)))
    assert.same({}, new.baseline.resolved)
  end)

  it("adds no grant that the earlier report does not cover", function()
    local granted = { web = { access = { access "CI" } }, jobs = { access = { access "CI" } } }
    local function added(old)
      return #select(3, compare(report(granted), old)).baseline.grants.added
    end
    assert.equal(1, added(report { web = { access = { access "CI" } } }))
    assert.equal(1, added(report { web = { policy_error = "denied" } }))
    local failed = report {}
    failed.scopes[1] = { account = ACCOUNT, region = "us-east-1", error = { code = "X", message = "x" } }
    assert.equal(0, added(failed))
  end)

  describe("with the texts of the policies", function()
    local ROOT = "arn:aws:iam::444455556666:root"
    local function text(principal, more)
      return ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"ecr:BatchGetImage"%s}]}')
        :format(principal, more or "")
    end

    -- Returns a report of one repository with a policy that allows one principal.
    local function of(principal, policy, findings, more)
      local made = report({ web = { access = { access(principal) }, findings = findings } }, nil, more)
      made.scopes[1].repositories[1].policy = policy
      for _, finding in ipairs(made.findings) do
        finding.principal = principal
        finding.key = finding.key .. principal
      end
      return made
    end

    it("ignores a policy that is only written differently, and names it", function()
      local new, resolved, made = compare(of(ROOT, text(ROOT), { "other-account" }),
        of("444455556666", text("444455556666", ',"Sid":"x"'), { "other-account" }))
      assert.same({ {}, {} }, { new, resolved })
      assert.same({ { account = ACCOUNT, region = "us-east-1", repository = "web", same_access = true } },
        made.baseline.policies)
      assert.same({ added = {}, removed = {} }, made.baseline.grants)
      new, resolved, made = compare(of(ROOT, text(ROOT), { "other-account", "added" }), of("444455556666", text("444455556666"), {}))
      assert.same({ { "added", "other-account" }, {} }, { new, resolved })
      assert.same({}, made.baseline.policies) -- both spellings have one meaning
    end)

    it("says what a change gives and takes", function()
      local _, _, made = compare(of("444455556666", text "444455556666"), of("777788889999", text "777788889999"))
      assert.same({ account = ACCOUNT, region = "us-east-1", repository = "web", same_access = false,
        gives = "ecr:BatchGetImage to account 444455556666", takes = "ecr:BatchGetImage from account 777788889999" },
        made.baseline.policies[1])
      assert.same({ 1, 1 }, { #made.baseline.grants.added, #made.baseline.grants.removed })
      _, _, made = compare(of("444455556666", text "444455556666"), report { web = { access = {} } })
      assert.same({}, made.baseline.policies) -- the earlier report has no texts
    end)

    it("lists a grant that has expired, whatever was rewritten", function()
      local date = ',"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-25T00:30:00Z"}}'
      local before = of("444455556666", text("444455556666", date))
      before.scopes[1].repositories[1].access[1].expires = "2026-11-25T00:30:00Z"
      local after = of(ROOT, text("444455556666", date .. ',"Sid":"x"'))
      after.scopes[1].repositories[1].access = json.array {}
      local _, _, made = compare(after, before)
      assert.is_true(made.baseline.policies[1].same_access)
      assert.same({ 0, 1 }, { #made.baseline.grants.added, #made.baseline.grants.removed })
    end)
  end)

  it("describes what the earlier report does not cover", function()
    local whole, failed = report {}, report {}
    failed.scopes[1] = { account = ACCOUNT, region = "us-east-1", error = { code = "X", message = "x" } }
    local function part(service) return report({}, {}, { partial = { service = service } }) end
    assert.same({}, baseline.uncovered(whole, whole))
    assert.same({ ACCOUNT .. " us-east-1" }, baseline.uncovered(whole, failed))
    assert.same({ "everything that this audit covers" }, baseline.uncovered(whole, part "web"))
    assert.same({}, baseline.uncovered(part "web", part "web"))
    assert.same({}, baseline.uncovered(part "web", whole))
  end)

  it("counts a muted finding of either report as present", function()
    local function muted() return { muted = report({ web = { findings = { "orphan" } } }).findings } end
    local plain = { web = { findings = { "open", "orphan" } } }
    local rest = { web = { findings = { "open" } } }
    local new, resolved = compare(report(plain), report(rest, {}, muted()))
    assert.same({ {}, {} }, { new, resolved })
    new, resolved = compare(report(rest, {}, muted()), report(plain))
    assert.same({ {}, {} }, { new, resolved })
  end)

  it("resolves no finding that the report does not cover", function()
    local old = report({ web = { findings = { "of-web" } } }, { "of-all" })
    local part = { partial = { repositories = json.array { "x" } } }
    assert.same({}, (select(2, compare(report({}, {}, part), old))))
    assert.same({ "of-web" }, (select(2, compare(report({ web = {} }, {}, part), old))))
    assert.same({}, (select(2, compare(report { web = { policy_error = "denied" } }, old))))
    local failed = report {}
    failed.scopes[1] = { region = "us-east-1", error = { code = "X", message = "x" } }
    assert.same({}, (select(2, compare(failed, old))))
    assert.same({}, (select(2, compare(report({ web = {} }, {}, { partial = { service = "other" } }), old))))
    local blind = report { web = {} }
    blind.scopes[1].services_error = "denied"
    assert.same({ "of-web" }, (select(2, compare(blind, old))))
    assert.same({ "of-all", "of-web" }, (select(2, compare(report { web = {} }, old))))
  end)

  it("resolves no finding about images that could not be checked", function()
    local old = report { web = { findings = { "image-missing", "public-access" } } }
    local blind = report { web = {} }
    blind.scopes[1].repositories[1].images_error = "denied"
    assert.same({ "public-access" }, (select(2, compare(blind, old))))
    assert.same({ "image-missing", "public-access" }, (select(2, compare(report { web = {} }, old))))
  end)

  it("resolves no finding that needs IAM or a registry policy that could not be read", function()
    local old = report({ web = { findings = { "missing-principal", "public-access" } } }, {})
    for _, id in ipairs { "registry-public", "registry-pull" } do
      table.insert(old.findings, { id = id, severity = "high", account = ACCOUNT, region = "us-east-1", key = id })
    end
    local blind = report { web = {} }
    blind.scopes[1].registry_error, blind.scopes[1].identities_error = "denied", "denied"
    assert.same({ "public-access" }, (select(2, compare(blind, old))))
    assert.equal(4, #select(2, compare(report { web = {} }, old)))
  end)

  it("resolves no finding that needs to know what exists, if AWS did not say it", function()
    local old = report { web = { findings = { "missing-service", "image-missing", "drift", "public-access" } } }
    local blind = report { web = {} }
    blind.scopes[1].absences_error = "denied"
    assert.same({ "public-access" }, (select(2, compare(blind, old))))
    assert.equal(4, #select(2, compare(report { web = {} }, old)))
  end)

  it("lists grants that were added and removed, and a changed one as both", function()
    local _, _, marked = compare(
      report { web = { access = { access "same", access "added", access("changed", "depends"), access("no", "deny") } } },
      report { web = { access = { access "same", access "removed", access "changed", access("never", "deny") } },
        resolved = { access = { access "dropped" } } })
    local function list(grants)
      local found = {}
      for i, grant in ipairs(grants) do
        found[i] = ("%s %s %s"):format(grant.repository, grant.principal, grant.decision)
      end
      table.sort(found)
      return found
    end
    assert.same({ "web added allow", "web changed depends" }, list(marked.baseline.grants.added))
    assert.same({ "resolved dropped allow", "web changed allow", "web removed allow" }, list(marked.baseline.grants.removed))
  end)

  it("lists a grant whose audience changed as both, with the audiences", function()
    local function lists_of(before, after)
      local function of(audience)
        local one = access("*", "depends")
        one.audience = audience
        return report { web = { access = { one } } }
      end
      local grants = select(3, compare(of(after), of(before))).baseline.grants
      return { grants.added[1] and grants.added[1].audience, grants.removed[1] and grants.removed[1].audience }
    end
    assert.same({ "organization o-b (another organization)", "organization o-a (another organization)" },
      lists_of("organization o-a (another organization)", "organization o-b (another organization)"))
    -- Another value of --trusted-organizations does not change the policy.
    assert.same({}, lists_of("organization o-a (another organization)", "organization o-a (trusted)"))
    assert.same({}, lists_of("account 1 (another account)", "account 1 (trusted)"))
    assert.same({}, lists_of("arn (another account)", "arn (trusted account)"))
    -- Reports of earlier releases have no audiences.
    assert.same({}, lists_of(nil, "organization o-a (another organization)"))
    assert.same({}, lists_of("organization o-a (another organization)", nil))
  end)

  it("removes no grant that could not be read", function()
    local old = report { web = { access = { access "x" } } }
    local _, _, marked = compare(report { web = { policy_error = "denied" } }, old)
    assert.equal(0, #marked.baseline.grants.removed)
    marked = select(3, compare(report({}, {}, { partial = {} }), old))
    assert.equal(0, #marked.baseline.grants.removed)
  end)
end)
