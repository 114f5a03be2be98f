-- Endpoint rules as binary decision diagrams:
-- https://smithy.io/2.0/additional-specs/rules-engine/specification.html#smithy-rules-endpointbdd-trait

local crypto = require "lanyard.crypto"
local endpoint = require "lanyard.endpoint"

local PARTITIONS = { partitions = { { id = "aws", regionRegex = [[^us\-\w+\-\d+$]], outputs = { dnsSuffix = "amazonaws.com" } } } }

local FIPS = { fn = "booleanEquals", argv = { { ref = "UseFips" }, true } }
local HAS_ENDPOINT = { fn = "isSet", argv = { { ref = "Endpoint" } } }
local URL = { fn = "parseURL", argv = { { ref = "Endpoint" } }, assign = "url" }

local function result(url) return { type = "endpoint", endpoint = { url = url } } end

local RESULTS = { result "https://fips.{Region}", result "https://plain.{Region}", result "{url#scheme}://{url#authority}",
  { type = "error", error = "{Endpoint} is not a URL" } }

-- Results by number, from 1.
local function R(number) return 100000000 + number end

local function diagram(nodes, fields)
  local bytes = { (">i4i4i4"):pack(-1, 1, -1) }
  for i, node in ipairs(nodes) do bytes[i + 1] = (">i4i4i4"):pack(table.unpack(node)) end
  local made = {
    version = "1.1",
    parameters = { Region = { type = "string", required = true }, UseFips = { type = "boolean", required = true, default = false },
      Endpoint = { type = "string" } },
    conditions = { FIPS, HAS_ENDPOINT, URL }, results = RESULTS, root = 2,
    nodeCount = #nodes + 1, nodes = crypto.base64(table.concat(bytes)),
  }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

local function url_of(rules, given)
  given.Region = "r"
  local found, err = endpoint.resolve(rules, given, PARTITIONS)
  return found and found.url or err.message, err and err.code
end

describe("a diagram of endpoint rules", function()
  it("follows its nodes to a result", function()
    local rules = { version = "1.1", parameters = { Region = { type = "string", required = true },
      UseFips = { type = "boolean", required = true, default = false } }, conditions = { FIPS }, results = { RESULTS[1], RESULTS[2] },
      root = 2, nodeCount = 2, nodes = "/////wAAAAH/////AAAAAAX14QEF9eEC" }
    assert.equal("https://fips.r", url_of(rules, { UseFips = true }))
    assert.equal("https://plain.r", url_of(rules, {}))
    assert.is_true(endpoint.check(rules, PARTITIONS))
  end)

  -- Node 4 is reached directly and exchanged.
  it("exchanges what follows a negative reference, and keeps what conditions assign", function()
    local rules = diagram { { 1, 3, -4 }, { 2, R(3), R(4) }, { 0, R(2), R(1) } }
    assert.is_true(endpoint.check(rules, PARTITIONS))
    assert.equal("http://x:1", url_of(rules, { Endpoint = "http://x:1" }))
    assert.same({ "nothing is not a URL", "NoEndpoint" }, { url_of(rules, { Endpoint = "nothing" }) })
    assert.equal("https://plain.r", url_of(diagram { { 1, 3, 4 }, { 2, R(3), R(4) }, { 0, R(1), R(2) } }, {}))
    assert.equal("https://fips.r", url_of(rules, { UseFips = true }))
    assert.equal("https://plain.r", url_of(rules, {}))
  end)

  it("can end without a result", function()
    for _, stop in ipairs { 1, -1 } do
      local message, code = url_of(diagram { { 0, R(1), stop } }, {})
      assert.equal("the endpoint rules cannot be evaluated: nodes: no rule holds", message)
      assert.equal("InvalidModel", code)
    end
  end)

  for name, case in pairs {
    ["whose nodes are not base64"] = { diagram({}, { nodes = "AQB*" }), "nodes: nodes of 12 bytes in base64 were expected" },
    ["whose nodes are cut"] = { diagram({}, { nodes = "AQBA" }), "nodes: nodes of 12 bytes in base64 were expected" },
    ["with a negative root"] = { diagram({ { 0, R(1), R(2) } }, { root = -2 }), "root: a reference to a node was expected" },
    ["with a root that is a text"] = { diagram({ { 0, R(1), R(2) } }, { root = "2" }), "root: a reference to a node was expected" },
    ["with a root that does not exist"] = { diagram({ { 0, R(1), R(2) } }, { root = 3 }), "root: 3 refers to nothing" },
    ["that refers to no node"] = { diagram { { 0, R(1), 3 } }, "nodes.1: 3 refers to nothing" },
    ["that refers to no result"] = { diagram { { 0, R(1), R(5) } }, "nodes.1: 100000005 refers to nothing" },
    ["that refers to 0"] = { diagram { { 0, R(1), 0 } }, "nodes.1: 0 refers to nothing" },
    ["with a condition that does not exist"] = { diagram { { 3, R(1), R(2) } }, "nodes.1: there is no condition 3" },
    ["with a loop"] = { diagram { { 0, R(1), 2 } }, "nodes: the nodes have a loop" },
    ["without conditions"] = { diagram({}, { conditions = "x" }), "conditions: a list was expected" },
    ["with an unknown function"] = { diagram({ { 0, R(1), R(2) } }, { conditions = { { fn = "guess", argv = {} } } }),
      "conditions.0: lanyard does not know the function 'guess'" },
    ["with a tree as a result"] = { diagram({ { 0, 1, R(1) } }, { results = { { type = "tree" } } }),
      "results.0: lanyard does not know the rule type 'tree'" },
    ["that assigns a parameter"] = { diagram({ { 0, 1, R(1) } }, { conditions = { { fn = "isSet", argv = { "x" }, assign = "Region" } } }),
      "conditions.0: 'Region' cannot be assigned: it has a value" },
  } do
    it(name .. " is an error that says where", function()
      local message, code = url_of(case[1], {})
      assert.equal("the endpoint rules cannot be evaluated: " .. case[2], message)
      assert.equal("InvalidModel", code)
    end)
  end
end)
