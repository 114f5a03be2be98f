-- Reports of an audit for the specs of its formats.

local findings = require "lanyard.audit.findings"

local M = {}

-- Returns the output of a format.
function M.text(format, report)
  local parts = {}
  require("lanyard.report." .. format).write(report, function(text) parts[#parts + 1] = text end, {
    catalogue = findings.catalogue,
  })
  return table.concat(parts)
end

local ROLE = "arn:aws:iam::222233334444:role/amazon/lightsail/us-east-1/containers/%s/private-repo-access/%s"

-- Two accounts, one of which could not be audited. `team/api` grants pulls to `web`, to the role of a deleted service
-- and to everyone; `spare` has no grants.
function M.small()
  local web, old = ROLE:format("web", "3EXAMPLEm8gmrcs1vEXAMPLEkkemufe7ime26fo9i7e5ct93k7ng"), ROLE:format("old", "7gone")
  local function finding(id, severity, rest)
    local all = { id = id, severity = severity, account = "111122223333", region = "us-east-1",
      message = id .. " is so", why = "it matters", fix = "lanyard fix " .. id }
    for name, value in pairs(rest) do all[name] = value end
    all.key = table.concat({ id, all.account, all.region, all.repository or "", all.service or "", all.principal or "" }, "|")
    return all
  end
  return {
    version = 2, tool = "lanyard 0.1.0", time = "2026-11-25T01:00:00Z",
    scopes = {
      {
        account = "111122223333", region = "us-east-1",
        repositories = {
          { name = "spare", arn = "arn:aws:ecr:us-east-1:111122223333:repository/spare", access = {} },
          {
            name = "team/api", arn = "arn:aws:ecr:us-east-1:111122223333:repository/team/api",
            access = {
              { principal = web, type = "AWS", kind = "puller", decision = "allow", statement = "web",
                statements = { "web" }, service = "web", region = "us-east-1", account = "222233334444" },
              { principal = old, type = "AWS", kind = "puller", decision = "allow", statement = "old",
                statements = { "old" }, service = "old", region = "us-east-1", account = "222233334444" },
              { principal = "*", type = "*", kind = "public", decision = "allow", statement = "#3", statements = { "#3" } },
            },
          },
        },
        services = { { name = "idle", state = "READY", isActive = false, principalArn = "" },
          { name = "web", state = "RUNNING", isActive = true, principalArn = web } },
      },
      { account = "444455556666", region = "eu-west-1", error = { code = "AccessDenied", message = "not for you" } },
    },
    findings = {
      finding("public-access", "critical", { repository = "team/api", principal = "*", statement = "#3", index = 3,
        location = { first = 41, last = 60, line = 2, column = 5 } }),
      finding("missing-service", "medium", { repository = "team/api", service = "old", principal = old, statement = "old" }),
      finding("unused-role", "low", { service = "web", principal = web }),
    },
  }
end

-- A text from a policy, a name or an error that attacks the reader of a report.
M.HOSTILE = "<script>alert(1)</script>\"'&|,; \n- x\r\n\27[31m\127\u{9b}\u{202e}`a` ``b`` [l](https://evil.test) ]]> --> {} \\ %s"

-- A report with hostile texts wherever a text comes from AWS, a policy or an error. Messages begin with a formula.
function M.hostile()
  local report = M.small()
  local function spoil(value, names)
    for name, member in pairs(value) do
      if type(member) == "table" then
        spoil(member, names)
      elseif names[name] then
        value[name] = (name == "message" and "=HYPERLINK(1)" or "") .. M.HOSTILE
      end
    end
  end
  spoil(report.scopes, { name = true, arn = true, principal = true, statement = true, service = true, message = true,
    code = true })
  spoil(report.findings, { repository = true, principal = true, statement = true, service = true, message = true,
    why = true, fix = true, key = true })
  report.scopes[1].repositories[1].policy_error = M.HOSTILE
  report.scopes[1].services_error = M.HOSTILE
  report.scopes[1].repositories[2].access[1].statements[1] = M.HOSTILE
  return report
end

-- A report by `make` (small by default), compared with an earlier one: its first two findings are new, and one is
-- resolved; one grant was added, and one removed.
function M.changed(make)
  local now, old = (make or M.small)(), (make or M.small)()
  old.time, old.findings[1].key, old.findings[2].key = "2026-11-24T01:00:00Z", "of before", "changed"
  table.remove(old.findings, 2)
  local access = old.scopes[1].repositories[2].access
  access[1].principal = access[1].principal .. "-of-before"
  require("lanyard.audit.report.baseline").compare(now, old)
  return now
end

-- A report by `make` (small by default) whose second finding is muted.
function M.muted(make)
  local report = (make or M.small)()
  report.muted = { table.remove(report.findings, 2) }
  report.muted[1].muted = { reason = make == M.hostile and M.HOSTILE or "known", expires = "2027-01-31", location = "rules.lua:3" }
  return report
end

-- A report by `make` (small by default) with so many more repositories `many/app-0001` and so on: each grants pulls to
-- `web`, and has a finding of the same kind. With `different` each grant has a statement of its own, and each finding a
-- reason.
function M.large(count, make, different)
  local report = (make or M.small)()
  local scope, finding = report.scopes[1], report.findings[2]
  local access = scope.repositories[2].access[1]
  for i = 1, count do
    local name = ("many/app-%04d"):format(i)
    local label = different and "web-" .. i or access.statement
    table.insert(scope.repositories, { name = name, arn = scope.repositories[1].arn .. i, access = { { principal = access.principal, type = "AWS",
      kind = "puller", decision = "allow", statement = label, statements = { label }, service = "web",
      region = "us-east-1", account = access.account } } })
    table.insert(report.findings, { id = "unused-grant", severity = "low", account = finding.account,
      region = finding.region, repository = name, message = name .. " is not used",
      why = different and "reason " .. i or "it matters", fix = "lanyard fix " .. name, key = "unused-grant|" .. i })
  end
  return report
end

-- A report without repositories and findings.
function M.empty()
  return {
    version = 2, tool = "lanyard 0.1.0", time = "2026-11-25T01:00:00Z", findings = {},
    scopes = { { account = "111122223333", region = "us-east-1", repositories = {}, services = {} } },
  }
end

return M
