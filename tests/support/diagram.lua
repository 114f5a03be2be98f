-- Writes an endpoint rule set as a decision diagram (Smithy's endpointBdd), so that the cases of rule sets test diagrams.

local crypto = require "lanyard.crypto"

local NO_RESULT = -1
local FIRST_RESULT = 100000001

-- Returns the reference to the first of the rules from a position on. What is reached from a node is added before it.
local function add_rules(made, rules, from)
  local rule = rules[from]
  if not rule then
    return NO_RESULT
  end
  local otherwise = add_rules(made, rules, from + 1)
  local target
  if rule.type == "tree" then
    target = add_rules(made, rule.rules, 1)
  else
    made.results[#made.results + 1] = rule
    target = FIRST_RESULT + #made.results - 1
  end
  for i = #rule.conditions, 1, -1 do
    made.conditions[#made.conditions + 1] = rule.conditions[i]
    made.nodes[#made.nodes + 1] = (">i4i4i4"):pack(#made.conditions - 1, target, otherwise)
    target = #made.nodes
  end
  return target
end

return function(rules)
  local made = { conditions = {}, results = {}, nodes = { (">i4i4i4"):pack(-1, 1, -1) } }
  local root = add_rules(made, rules.rules, 1)
  return {
    version = "1.1", parameters = rules.parameters, conditions = made.conditions, results = made.results, root = root,
    nodeCount = #made.nodes, nodes = crypto.base64(table.concat(made.nodes)),
  }
end
