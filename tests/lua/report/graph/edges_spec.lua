local edges = require "lanyard.report.graph.edges"

local BREAKS = { ["missing-service"] = true }

local function edge(access, ...)
  access.statement, access.statements = access.statement or "s", access.statements or { "s" }
  local found = edges.of_access(access, { ... }, BREAKS)
  return ("%s: %s"):format(found.state, found.label)
end

describe("an edge of the graph", function()
  it("is ok without findings, and labelled with its statement", function()
    assert.equal("ok: s", edge { decision = "allow" })
    assert.equal("ok: conditional: s, until 2027-01-31", edge { decision = "depends", expires = "2027-01-31T00:00:00Z" })
  end)

  it("is noted or broken by findings about its principal, service or statement", function()
    local function access()
      return { decision = "allow", principal = "p", service = "web" }
    end
    assert.equal("noted: wide", edge(access(), { id = "wide", principal = "p" }, { id = "wide", statement = "s" }))
    assert.equal("ok: s", edge(access(), { id = "wide", principal = "q" }, { id = "wide", service = "web" },
      { id = "wide", statement = "t" }, { id = "wide" }))
    assert.equal("broken: missing-service", edge(access(), { id = "missing-service", service = "web" }))
  end)

  it("is broken when the policy does not allow the pull", function()
    assert.equal("broken: denied", edge { decision = "deny" })
    assert.equal("broken: only one of two actions", edge { decision = "partial" })
  end)
end)
