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
  for i, row in ipairs(patterns.of(whole)[1]) do
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

  it("have the id of their first grant", function()
    local _, row_of = patterns.of(graph_of(300, function(i) return { grant(i % 2 == 0 and "even" or "odd") } end))
    assert.same({ "grant-1", "grant-2", "grant-1", "grant-2" },
      { row_of["grant-1"], row_of["grant-2"], row_of["grant-299"], row_of["grant-300"] })
  end)
end)
