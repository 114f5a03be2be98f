local prefixes = require "lanyard.report.graph.prefixes"

-- Returns the part of nodes with some names.
local function part(names)
  local nodes = {}
  for i, name in ipairs(names) do
    nodes[i] = { name = name }
  end
  return prefixes.part("", nodes)
end

local function describe_parts(parts)
  local lines = {}
  for i, one in ipairs(parts) do
    local names = {}
    for j, node in ipairs(one.nodes) do
      names[j] = node.name
    end
    lines[i] = ("%s%s: %s"):format(one.prefix, one.others and " (others)" or "", table.concat(names, " "))
  end
  return lines
end

describe("prefixes of names", function()
  it("are the longest that all names have, up to a separator", function()
    assert.equal("team/api-", part({ "team/api-a", "team/api-b" }).prefix)
    assert.equal("team/", part({ "team/api", "team/application" }).prefix)
    assert.equal("arn:aws:iam::", part({ "arn:aws:iam::1:role/a", "arn:aws:iam::2:role/a" }).prefix)
    assert.equal("", part({ "web", "worker" }).prefix)
    assert.equal("team/api", part({ "team/api" }).prefix)
  end)

  it("divide names level by level", function()
    local parts = prefixes.divide(part { "a/x/1", "a/x/2", "a/y-1", "b/1", "c.d_1", "c.d_2" })
    assert.same({ "a/: a/x/1 a/x/2 a/y-1", "b/1: b/1", "c.d_: c.d_1 c.d_2" }, describe_parts(parts))
    assert.same({ "a/x/: a/x/1 a/x/2", "a/y-1: a/y-1" }, describe_parts(prefixes.divide(parts[1])))
    assert.same({ "c.d_1: c.d_1", "c.d_2: c.d_2" }, describe_parts(prefixes.divide(parts[3])))
  end)

  it("join the names without a longer prefix, next to the ones that have one", function()
    local parts = prefixes.divide(part { "api", "team/a", "team/b", "web" })
    assert.same({ "team/: team/a team/b", " (others): api web" }, describe_parts(parts))
    assert.same({ "api: api", "web: web" }, describe_parts(prefixes.divide(parts[2])))
    assert.same({ "team/: team/a team/b", "web: web" }, describe_parts(prefixes.divide(part { "team/a", "team/b", "web" })))
  end)

  it("end when names are equal, or a name is a prefix itself", function()
    assert.same({ "a/: a/", "a/: a/" }, describe_parts(prefixes.divide(part { "a/", "a/" })))
    assert.same({ "a/: a/", "a/b: a/b" }, describe_parts(prefixes.divide(part { "a/", "a/b" })))
    assert.same({ "x\n/: x\n/a x\n/\255" }, describe_parts { part { "x\n/a", "x\n/\255" } })
  end)
end)
