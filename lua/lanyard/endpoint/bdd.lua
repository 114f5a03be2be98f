--- Compiles the other form of endpoint rules: a binary decision diagram. It has all conditions in one list, all results
--- in another, and nodes that say which condition decides what follows.
--- https://smithy.io/2.0/additional-specs/rules-engine/specification.html#smithy-rules-endpointbdd-trait
---
--- A reference to a node is its number from 1; a negative one exchanges what follows. 1 and -1 are the end without a
--- result, and 100000001 is the first result.

local crypto = require "lanyard.crypto"
local failure = require "lanyard.endpoint.failure"
local rules = require "lanyard.endpoint.rules"

local M = {}

local FIRST_RESULT = 100000001
local NODE = ">i4i4i4"
local NODE_BYTES = 12

-- Checks a reference from a node to what follows.
local function check(reference, nodes, results, at)
  local magnitude = math.abs(reference)
  local is_result = reference >= FIRST_RESULT and reference < FIRST_RESULT + #results
  if not (magnitude == 1 or is_result or magnitude >= 2 and magnitude <= #nodes) then
    failure.raise(at, "%d refers to nothing", reference)
  end
end

-- Returns the nodes: a list of { condition (from 0), reference if it holds, reference otherwise }.
local function read_nodes(described)
  local bytes = type(described.nodes) == "string" and crypto.base64_decode(described.nodes)
  if not bytes or #bytes % NODE_BYTES ~= 0 then
    failure.raise("nodes", "nodes of %d bytes in base64 were expected", NODE_BYTES)
  end
  local nodes = {}
  for position = 1, #bytes, NODE_BYTES do
    local condition, high, low = NODE:unpack(bytes, position)
    nodes[#nodes + 1] = { condition, high, low }
  end
  for i = 2, #nodes do
    local node, at = nodes[i], ("nodes.%d"):format(i - 1)
    if node[1] < 0 or node[1] >= #described.conditions then
      failure.raise(at, "there is no condition %d", node[1])
    end
    check(node[2], nodes, described.results, at)
    check(node[3], nodes, described.results, at)
  end
  return nodes
end

-- The names that conditions can see: parameters, and all that any condition assigns.
local function names_of(described, names)
  local all = setmetatable({}, { __index = names })
  for i, condition in ipairs(described.conditions) do
    local name = type(condition) == "table" and condition.assign
    if name and names[name] then
      failure.raise("conditions." .. i - 1, "'%s' cannot be assigned: it has a value", tostring(name))
    elseif name then
      all[name] = true
    end
  end
  return all
end

local function compile_all(list, compile, scope, eager)
  local compiled = {}
  local function item(i)
    compiled[i] = compiled[i] or compile(list[i], scope, i - 1)
    return compiled[i]
  end
  for i = 1, eager and #list or 0 do
    item(i)
  end
  return item
end

local function is_integer(value)
  return math.type(value) == "integer"
end

--- Compiles a diagram. Raises a failure.
---@param described table  the trait endpointBdd
---@param names table<string, boolean>  the parameters
---@param library table<string, endpoint.Function>
---@param eager? boolean  compile all conditions and results now, to check them
---@return fun(values: table): endpoint.Outcome evaluate
function M.compile(described, names, library, eager)
  for _, name in ipairs { "conditions", "results" } do
    if type(described[name]) ~= "table" then
      failure.raise(name, "a list was expected")
    end
  end
  local nodes, root = read_nodes(described), described.root
  if not is_integer(root) or root < 1 and root ~= -1 then
    failure.raise("root", "a reference to a node was expected")
  end
  check(root, nodes, described.results, "root")
  local scope = { names = names_of(described, names), library = library }
  local condition = compile_all(described.conditions, rules.compile_condition, scope, eager)
  local result = compile_all(described.results, rules.compile_result, scope, eager)
  return function(values)
    local reference, steps = root, 0
    while math.abs(reference) ~= 1 and reference < FIRST_RESULT do
      local node = nodes[math.abs(reference)]
      local holds = condition(node[1] + 1)(values) == (reference > 0)
      reference, steps = holds and node[2] or node[3], steps + 1
      if steps > #nodes then
        failure.raise("nodes", "the nodes have a loop")
      end
    end
    if reference < FIRST_RESULT then
      failure.raise("nodes", "no rule holds")
    end
    return result(reference - FIRST_RESULT + 1)(values)
  end
end

return M
