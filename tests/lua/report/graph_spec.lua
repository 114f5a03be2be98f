local catalogue = require("lanyard.audit.findings").catalogue
local graph = require "lanyard.report.graph"
local reports = require "reports"

local function edges_of(report)
  local lines = {}
  for _, group in ipairs(graph.of(report, catalogue).groups) do
    for _, edge in ipairs(group.edges) do
      lines[#lines + 1] = ("%s -> %s %s: %s"):format(edge.from.name, edge.to.name, edge.state, edge.label)
    end
  end
  return lines
end

local function names(nodes)
  local list = {}
  for i, node in ipairs(nodes) do list[i] = node.name end
  return list
end

describe("the graph of grants", function()
  it("has principals and services on the left, repositories on the right, and an edge for each grant", function()
    local whole = graph.of(reports.small(), catalogue)
    assert.same({ "everyone", "old", "web", "idle" }, names(whole.groups[1].left))
    assert.same({ "spare", "team/api" }, names(whole.groups[1].right))
    assert.same({ "everyone -> team/api noted: public-access", "old -> team/api broken: missing-service",
      "web -> team/api ok: web" }, edges_of(reports.small()))
    assert.same({ left = 4, right = 2, ok = 1, noted = 1, broken = 1, missing = 0 }, whole.counts)
  end)

  it("labels grants that expire or have a condition", function()
    local report = reports.small()
    local access = report.scopes[1].repositories[2].access[1]
    access.expires = "2027-01-31T00:00:00Z"
    assert.equal("web -> team/api ok: web, until 2027-01-31", edges_of(report)[3])
    access.decision = "depends"
    assert.equal("web -> team/api ok: conditional: web, until 2027-01-31", edges_of(report)[3])
  end)

  it("has a node for each audience of everyone, and an edge for what only the registry policy allows", function()
    local report = reports.small()
    local repositories = report.scopes[1].repositories
    local function public(audience, kind)
      return { principal = "*", type = "*", kind = kind, decision = "depends", statement = "s", statements = { "s" },
        audience = audience }
    end
    repositories[1].access = { public("account 444455556666 (another account)", "account") }
    repositories[1].by_registry = { "idle" }
    repositories[2].access = { public("organization o-a1b2c3d4e5 (another organization)", "public"),
      public("account 111122223333 (this account)", "account") }
    report.findings = {}
    local lines = edges_of(report)
    table.sort(lines)
    assert.same({
      "account 111122223333 (this account) -> team/api ok: conditional: s",
      "account 444455556666 (another account) -> spare ok: conditional: s",
      "idle -> spare ok: registry policy",
      "organization o-a1b2c3d4e5 (another organization) -> team/api ok: conditional: s",
    }, lines)
  end)

  it("has the error of an account that could not be audited", function()
    local group = graph.of(reports.small(), catalogue).groups[2]
    assert.equal("444455556666 eu-west-1", group.title)
    assert.equal("AccessDenied: not for you", group.error)
  end)

  it("does not depend on the order of repositories, services and grants", function()
    local report = reports.small()
    local expected = edges_of(report)
    local scope = report.scopes[1]
    scope.repositories[1], scope.repositories[2] = scope.repositories[2], scope.repositories[1]
    scope.services[1], scope.services[2] = scope.services[2], scope.services[1]
    local access = scope.repositories[1].access
    access[1], access[3] = access[3], access[1]
    assert.same(expected, edges_of(report))
    assert.same({ "everyone", "old", "web", "idle" }, names(graph.of(report, catalogue).groups[1].left))
  end)

  it("marks a grant as broken when it is denied or has only one of two actions", function()
    local report = reports.small()
    local access = report.scopes[1].repositories[2].access
    access[1].decision, access[2].decision, access[3].decision = "deny", "partial", "depends"
    report.findings = {}
    assert.same({ "everyone -> team/api ok: conditional: #3", "old -> team/api broken: only one of two actions",
      "web -> team/api broken: denied" }, edges_of(report))
  end)

  it("has images that a service deploys and cannot pull, also of missing repositories", function()
    local report = reports.small()
    local function image(id, severity, repository)
      return { id = id, severity = severity, account = "111122223333", region = "us-east-1", repository = repository,
        service = "idle" }
    end
    report.findings = { image("image-not-granted", "high", "spare"), image("image-missing", "high", "lost"),
      image("mutable-tag-deployed", "info", "spare"), image("image-missing", "info", "spare") }
    local lines = edges_of(report)
    assert.same({ "idle -> lost missing: image-missing", "idle -> spare missing: image-not-granted" },
      { lines[1], lines[2] })
    assert.equal(5, #lines)
    assert.equal("absent", graph.of(report, catalogue).groups[1].right[1].kind)
  end)

  it("marks the grant for an image that cannot be pulled, and adds no other edge", function()
    local report = reports.small()
    report.findings = { { id = "image-not-granted", severity = "high", account = "111122223333", region = "us-east-1",
      repository = "team/api", service = "web" } }
    assert.equal("web -> team/api broken: image-not-granted", edges_of(report)[3])
    assert.equal(3, #edges_of(report))
  end)

  it("has the account of two profiles once, and a failure of one of them", function()
    local report = reports.small()
    report.scopes[3] = reports.small().scopes[1]
    assert.same(graph.of(reports.small(), catalogue).counts, graph.of(report, catalogue).counts)
    assert.equal(2, #graph.of(report, catalogue).groups)
    report.scopes[3] = { account = "111122223333", region = "us-east-1", error = { code = "X", message = "no" } }
    assert.equal("X: no", graph.of(report, catalogue).groups[3].error)
  end)

  it("separates equal names of two accounts", function()
    local report = reports.small()
    report.scopes[2] = { account = "444455556666", region = "us-east-1", services = {},
      repositories = report.scopes[1].repositories }
    local groups = graph.of(report, catalogue).groups
    assert.equal("g1p1", groups[1].edges[1].from.id)
    assert.equal("g2p1", groups[2].edges[1].from.id)
    assert.equal("ok", groups[2].edges[1].state)
    assert.equal("grant-4", groups[2].edges[1].id)
  end)
end)
