--- Checks the conditions of a statement: unknown operators, values that cannot be compared, dead policy variables.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

local core = require "lanyard.policy.core"
local define = require("lanyard.policy.lint.catalogue").define
local grammar = require "lanyard.policy.lint.grammar"
local suggest = require "lanyard.text.suggest"

local UNKNOWN_OPERATOR = define {
  id = "unknown-operator", severity = "high", summary = "a condition operator unknown to IAM",
}
local BAD_OPERAND = define {
  id = "bad-operand", severity = "high", summary = "a value that a condition operator cannot compare",
}
local DEAD_VARIABLE = define {
  id = "dead-variable", severity = "medium", summary = "a policy variable that the Version makes plain text",
}

local M = {}

-- Types of operands that can contain policy variables.
local VARIABLES = { ["a string"] = true, ["an ARN"] = true }

local function items(node)
  return node.kind == "array" and node or { node }
end

local function text_of(item)
  return (item.kind == "boolean" or item.kind == "number") and tostring(item.value) or item.value
end

local function report_operator(operator, add)
  local name = operator.key.value
  local base = name:gsub("^For%a+:", ""):gsub("IfExists$", "")
  local suggestion = suggest(base, core.operators())
  add(UNKNOWN_OPERATOR, operator.key, ("'%s' is not a condition operator"):format(name),
    base == "Null" and "write Null, which takes neither prefix nor suffix"
      or suggestion and ("write %s"):format(suggestion) or "use an operator that IAM's documentation lists")
end

local function check_operand(operator, item, type, version, add)
  local name, text = operator.key.value, text_of(item)
  if not text then
    add(grammar.WRONG_TYPE, item, ("%s compares with a value of type %s"):format(name, item.kind),
      "write a string, or a list of strings")
  elseif text:find("${", 1, true) and version == "2012-10-17" then
    if not VARIABLES[type] then
      add(BAD_OPERAND, item, ("%s takes %s, not a policy variable"):format(name, type), "write the value itself")
    end
  elseif not select(2, core.operand(name, text)) then
    add(BAD_OPERAND, item, ("'%s' is not %s, which %s requires"):format(text, type, name), "write " .. type)
  end
end

-- A condition is an object of operators, each an object of keys, each a scalar or a list of scalars.
local function check_condition(condition, version, add)
  for _, operator in ipairs(condition) do
    local type = core.operand(operator.key.value, "")
    if not type then
      report_operator(operator, add)
    end
    if operator.kind ~= "object" then
      add(grammar.WRONG_TYPE, operator, ("%s must be an object of condition keys"):format(operator.key.value),
        "write it as { condition key: value }")
    end
    for _, key in ipairs(operator.kind == "object" and type and operator or {}) do
      if key.kind == "array" and #key == 0 then
        add(grammar.EMPTY_LIST, key, ("%s is compared with an empty list"):format(key.key.value),
          "add a value, or remove the key")
      end
      for _, item in ipairs(items(key)) do
        check_operand(operator, item, type, version, add)
      end
    end
  end
end

-- Calls visit(node) for each string in a node, at any depth.
local function each_string(node, visit)
  local open = { node }
  while #open > 0 do
    local one = table.remove(open)
    if one.kind == "string" then
      visit(one)
    end
    table.move(one, 1, #one, #open + 1, open)
  end
end

-- Before Version 2012-10-17 variables are plain text, which is rarely intended.
local function check_variables(element, version, add)
  if version == "2012-10-17" then
    return
  end
  each_string(element, function(item)
    if item.value:find "%${[^}]*}" then
      add(DEAD_VARIABLE, item, ("'%s' is plain text under Version %s"):format(item.value, version),
        'write "Version": "2012-10-17"')
    end
  end)
end

--- Checks the conditions of a statement, and the policy variables of its conditions and resources.
---@param node table      the statement's node
---@param version string  the Version of the document
---@param add policy.lint.Add
function M.check(node, version, add)
  local has = grammar.members(node)
  if has.Condition and has.Condition.kind == "object" then
    check_condition(has.Condition, version, add)
  end
  for _, name in ipairs { "Condition", "Resource", "NotResource" } do
    if has[name] then
      check_variables(has[name], version, add)
    end
  end
end

return M
