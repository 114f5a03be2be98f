local catalogue = require("lanyard.audit.findings").catalogue
local fold = require "lanyard.report.graph.fold"
local graph = require "lanyard.report.graph"
local reports = require "reports"

local function access(service)
  return { principal = "arn:" .. service, type = "AWS", kind = "puller", decision = "allow", statement = "s",
    statements = { "s" }, service = service, region = "us-east-1" }
end

-- Returns the graph of repositories with names, each of which grants pulls to some services.
local function graph_of(names, ...)
  local repositories = {}
  for i, name in ipairs(names) do
    repositories[i] = { name = name, access = {} }
    for j, service in ipairs { ... } do
      repositories[i].access[j] = access(service)
    end
  end
  return graph.of({ findings = {}, scopes = { { account = "111122223333", region = "us-east-1", services = {},
    repositories = repositories } } }, catalogue)
end

-- Returns "PREFIX001" and so on.
local function numbered(prefix, count)
  local names = {}
  for i = 1, count do
    names[i] = ("%s%03d"):format(prefix, i)
  end
  return names
end

local function join(...)
  local all = {}
  for _, list in ipairs { ... } do
    table.move(list, 1, #list, #all + 1, all)
  end
  return all
end

local function names_of(nodes)
  local names = {}
  for i, node in ipairs(nodes) do
    names[i] = node.name
  end
  return names
end

local function edges_of(whole)
  local lines = {}
  for _, group in ipairs(whole.groups) do
    for i, edge in ipairs(group.edges) do
      lines[i] = ("%s -> %s %s: %s"):format(edge.from.name, edge.to.name, edge.state, edge.label)
    end
  end
  return lines
end

describe("a folded graph", function()
  it("is the graph itself up to 200 boxes", function()
    local whole = graph_of(numbered("app-", 199), "web")
    assert.equal(whole, fold.of(whole))
    local folded = fold.of(graph_of(numbered("app-", 200), "web"))
    assert.same({ "app-*: 200 repositories" }, names_of(folded.groups[1].right))
    assert.same({ "web -> app-*: 200 repositories ok: 200 grants: s" }, edges_of(folded))
    assert.equal("201 services, other principals and repositories with 200 grants are folded by the prefixes of their "
      .. "names; name repositories to draw each grant, for example: lanyard graph 'app-*'", folded.note)
  end)

  it("is the graph itself up to 200 lines", function()
    local whole = graph_of(numbered("app-", 50), "a", "b", "c", "d")
    assert.equal(whole, fold.of(whole))
    local folded = fold.of(graph_of(join(numbered("app-", 50), { "one" }), "a", "b", "c", "d"))
    assert.same({ "app-*: 50 repositories", "one" }, names_of(folded.groups[1].right))
    assert.same({ "a", "b", "c", "d" }, names_of(folded.groups[1].left))
    assert.equal(8, #folded.groups[1].edges)
  end)

  it("is divided level by level, as long as it stays small", function()
    local names = join(numbered("org/a/x-", 50), numbered("org/a/y-", 4), numbered("org/b/", 3), { "org/one", "tool", "try" })
    assert.same({ "org/*: 58 repositories", "tool", "try" }, names_of(fold.of(graph_of(names, "web"), 4).groups[1].right))
    assert.same({ "org/a/*: 54 repositories", "org/b/*: 3 repositories", "org/one", "tool", "try" },
      names_of(fold.of(graph_of(names, "web"), 6).groups[1].right))
    assert.same({ "org/a/x-*: 50 repositories", "org/a/y-001", "org/a/y-002", "org/a/y-003", "org/a/y-004", "org/b/001",
      "org/b/002", "org/b/003", "org/one", "tool", "try" }, names_of(fold.of(graph_of(names, "web"), 12).groups[1].right))
  end)

  it("has names without a separator in one box, next to the ones with a prefix", function()
    local names = {}
    for i = 1, 300 do
      names[i] = ("r%03d"):format(i)
    end
    assert.same({ "*: 300 repositories" }, names_of(fold.of(graph_of(names, "web")).groups[1].right))
    assert.match("name repositories to draw each grant$", fold.of(graph_of(names, "web")).note)
    assert.same({ " (others)*", "team/1", "team/2" }, { " (others)*",
      table.unpack(names_of(fold.of(graph_of(join(names, { "team/1", "team/2" }), "web")).groups[1].right), 2) })
    assert.equal("* (others): 300 repositories",
      fold.of(graph_of(join(names, { "team/1", "team/2" }), "web")).groups[1].right[1].name)
  end)

  it("folds services and other principals, each kind by itself", function()
    local services = numbered("svc-", 30)
    local whole = graph_of(numbered("app-", 30), table.unpack(services))
    local report = { findings = {}, scopes = { { account = "1", region = "us-east-1", services = {}, repositories = {
      { name = "a", access = { access "svc-1", access "svc-2",
        { principal = "*", type = "*", kind = "public", decision = "allow", statement = "s", statements = { "s" } } } },
    } } } }
    assert.same({ "svc-*: 30 services" }, names_of(fold.of(whole, 50).groups[1].left))
    assert.same({ "everyone", "svc-*: 2 services" }, (function()
      local names = names_of(fold.of(graph.of(report, catalogue), 3).groups[1].left)
      table.sort(names)
      return names
    end)())
  end)

  it("joins grants of one state only, and names the label that all of them have", function()
    local report = reports.small()
    local repositories = report.scopes[1].repositories
    repositories[1] = { name = "team/worker", access = { access "web", access "old" } }
    repositories[1].access[1].statement, repositories[1].access[2].decision = "other", "deny"
    repositories[2].access[3] = nil
    for i = 3, 5 do
      repositories[i] = { name = "team/" .. i, access = {} }
    end
    report.scopes[1].services = {}
    report.findings = { report.findings[2] }
    local folded = fold.of(graph.of(report, catalogue), 4)
    assert.same({ "old -> team/*: 5 repositories broken: 2 grants", "web -> team/*: 5 repositories ok: 2 grants" },
      { edges_of(folded)[1], edges_of(folded)[2] })
    assert.equal("missing-service", folded.groups[1].edges[1].findings[1].id)
    assert.equal("grant-1", folded.groups[1].edges[1].id)
    assert.same({ 1, 2 }, { folded.groups[1].edges[1].number, folded.groups[1].edges[2].number })
    assert.same({ left = 2, right = 5, ok = 2, noted = 0, broken = 2, missing = 0 }, folded.counts)
  end)

  it("has how many policies are unknown, and the error of an account", function()
    local report = reports.small()
    local repositories = report.scopes[1].repositories
    repositories[3] = { name = "many/1", access = {}, policy_error = "no" }
    repositories[4] = { name = "many/2", access = {}, policy_error = "no" }
    local folded = fold.of(graph.of(report, catalogue), 7)
    assert.equal("2 policies unknown", folded.groups[1].right[1].note)
    assert.equal("AccessDenied: not for you", folded.groups[2].error)
  end)

  it("does not depend on the order of repositories", function()
    local names = join(numbered("a/x-", 150), numbered("a/y-", 150), numbered("b/", 20))
    local expected = fold.of(graph_of(names, "web", "api"))
    local reversed = {}
    for i, name in ipairs(names) do
      reversed[#names + 1 - i] = name
    end
    local other = fold.of(graph_of(reversed, "api", "web"))
    assert.same(edges_of(expected), edges_of(other))
    assert.equal(expected.note, other.note)
  end)

  it("has hostile prefixes as text in each format", function()
    local report = reports.hostile()
    for i = 1, 300 do
      report.scopes[1].repositories[i + 2] = { name = reports.HOSTILE .. "/" .. i, access = {} }
    end
    for _, format in ipairs { "svg", "dot", "mermaid", "html" } do
      local text = reports.text(format, report)
      assert.match("300 repositories", text, format)
      assert.is_nil((format == "svg" or format == "html") and text:find("<script>alert", 1, true) or nil, format)
      assert.is_nil(text:find "[\27\127]", format)
    end
    local dot = reports.text("dot", report):gsub('\\[\\"]', ""):gsub('"[^"\n]*"', "")
    assert.is_nil(dot:find '[<"]')
    for label in reports.text("mermaid", report):gmatch '"([^\n]-)"' do
      assert.is_nil(label:gsub("#%d+;", ""):find "[^%w ./_:,-]")
    end
  end)
end)
