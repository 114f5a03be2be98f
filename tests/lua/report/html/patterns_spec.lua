local catalogue = require("lanyard.audit.findings").catalogue
local graph = require "lanyard.report.graph"
local patterns = require "lanyard.report.html.patterns"

-- Returns the graph of repositories; `access` returns the grants of the repository with a number.
local function graph_of(count, access)
  local repositories = {}
  for i = 1, count do
    local grants, statements = access(i)
    repositories[i] = { name = ("app-%03d"):format(i), access = grants, statements = statements }
  end
  return graph.of({ findings = {}, scopes = { { account = "1", region = "us-east-1", services = {},
    repositories = repositories } } }, catalogue)
end

local function grant(service, rest)
  local one = { principal = "arn:" .. service, type = "AWS", kind = "puller", decision = "allow", statement = "s",
    statements = { "s" }, service = service, region = "us-east-1" }
  for name, value in pairs(rest or {}) do
    one[name] = value
  end
  return one
end

local function counts_of(whole)
  local counts = {}
  for i, row in ipairs(patterns.grants(whole)[1]) do
    counts[i] = #row.edges
  end
  return counts
end

describe("patterns of grants", function()
  it("are rows of several grants when there are more than 200", function()
    local function access() return { grant "web" } end
    assert.equal(200, #counts_of(graph_of(200, access)))
    assert.same({ 201 }, counts_of(graph_of(201, access)))
  end)

  it("differ by principal, state, label and the texts of statements", function()
    assert.same({ 149, 150, 1 }, counts_of(graph_of(150, function(i)
      return { grant "web", grant("api", i == 7 and { expires = "2027-01-31T00:00:00Z" } or nil) }
    end)))
    assert.same({ 200, 100 }, counts_of(graph_of(300, function(i)
      return { grant("web", i % 3 == 0 and { decision = "deny" } or nil) }
    end)))
    assert.same({ 200, 100 }, counts_of(graph_of(300, function(i)
      return { grant("web", i % 3 == 0 and { principal = "arn:web:2" } or nil) }
    end)))
    assert.same({ 200, 100 }, counts_of(graph_of(300, function(i)
      return { grant "web" }, { { index = 1, label = "s", text = i % 3 == 0 and "one" or "two" },
        { index = 2, label = "t", text = tostring(i) } }
    end)))
  end)

  it("join grants with statements of their own when there are more than 1000 rows", function()
    local function rows(count)
      return patterns.grants(graph_of(count, function(i)
        local label = i > 2 and "s" .. i or "s"
        return { grant("web", { statement = label, statements = { label }, decision = i == 4 and "deny" or nil }) }
      end))[1]
    end
    assert.equal(1000, #rows(1001))
    local joined = rows(1002)
    assert.same({ 2, 999, 1 }, { #joined[1].edges, #joined[2].edges, #joined[3].edges })
    assert.is_nil(joined[1].is_mixed)
    assert.is_true(joined[2].is_mixed)
  end)

  it("have the id of their first grant", function()
    local _, row_of = patterns.grants(graph_of(300, function(i) return { grant(i % 2 == 0 and "even" or "odd") } end))
    assert.same({ "grant-1", "grant-2", "grant-1", "grant-2" },
      { row_of["grant-1"], row_of["grant-2"], row_of["grant-299"], row_of["grant-300"] })
  end)
end)

-- Returns findings about repositories; `change` can change the one with a number.
local function findings_of(count, change)
  local list = {}
  for i = 1, count do
    local name = ("app-%03d"):format(i)
    list[i] = { severity = "high", id = "x", account = "1", region = "us-east-1", repository = name, why = "it matters",
      message = ("%s allows x, and %s-too is another name"):format(name, name), fix = "lanyard fix " .. name }
    if change then
      change(list[i], i)
    end
  end
  return list
end

local function rows_of(findings, statement_of)
  local lines = {}
  for i, row in ipairs(patterns.findings(findings, statement_of or function() end)) do
    lines[i] = ("%d: %s"):format(#row.findings, row.message)
  end
  return lines
end

describe("patterns of findings", function()
  it("are rows of several findings when there are more than 200", function()
    assert.equal(200, #rows_of(findings_of(200)))
    assert.equal("1: app-001 allows x, and app-001-too is another name", rows_of(findings_of(200))[1])
    assert.same({ "2: each of 2 repositories allows x" }, { rows_of(findings_of(202, function(finding, i)
      finding.message = finding.repository .. " allows x"
      finding.why = tostring(i <= 2)
    end))[1] })
  end)

  it("join findings with texts of their own when there are more than 1000 rows", function()
    local function findings(count)
      return findings_of(count, function(finding, i)
        finding.why = i > 2 and "reason " .. i or "a reason"
        finding.message = finding.repository .. " allows x"
        finding.severity = i == 4 and "low" or finding.severity
      end)
    end
    assert.equal(1000, #rows_of(findings(1001)))
    assert.same({ "2: each of 2 repositories allows x", "999: each of 999 findings has its own text",
      "1: app-004 allows x" }, rows_of(findings(1002)))
    local statement = { label = "s", text = "t" }
    local row = patterns.findings(findings(1002), function() return statement end)[2]
    for _, finding in ipairs(row.findings) do
      assert.equal(statement, row.statements[finding])
    end
  end)

  it("do not replace a name inside of a longer word", function()
    local function rename(finding)
      finding.message = ("a/%s %s.x %s: 'x%s' '%s'."):format(finding.repository, finding.repository,
        finding.repository, finding.repository, finding.repository)
    end
    assert.equal(201, #rows_of(findings_of(201, rename)))
    assert.same({ "201: 'each of 201 repositories'." }, rows_of(findings_of(201, function(finding)
      finding.message = ("'%s'."):format(finding.repository)
    end)))
  end)

  it("differ by severity, state, principal, reason, fix and the text of the statement", function()
    local values = { severity = "low", state = "new", principal = "arn:other", service = "web", why = "other",
      fix = "ask the owner", region = "eu-west-1" }
    for name, value in pairs(values) do
      assert.equal(2, #rows_of(findings_of(300, function(finding, i)
        finding.message = "m"
        finding[name] = i % 3 == 0 and value or finding[name]
      end)), name)
    end
    assert.equal(2, #rows_of(findings_of(300, function(finding) finding.message = "m" end), function(finding)
      return { label = "s", text = finding.repository:sub(-1) == "7" and "one" or "two" }
    end))
    assert.equal(300, #rows_of(findings_of(300, function(finding, i)
      finding.message, finding.repository, finding.service = "m", nil, "service-" .. i
    end)))
  end)
end)
