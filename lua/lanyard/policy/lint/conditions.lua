-- Conditions that IAM does not know, or that cannot hold.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

local core = require "lanyard.policy.core"
local grammar = require "lanyard.policy.lint.grammar"
local suggest = require "lanyard.text.suggest"

local M = {}

-- Types whose operands may have policy variables.
local VARIABLES = { ["a string"] = true, ["an ARN"] = true }

local function items(node)
  return node.kind == "array" and node or { node }
end

local function text_of(item)
  return (item.kind == "boolean" or item.kind == "number") and tostring(item.value) or item.value
end

local function check_operator(operator, add)
  local name = operator.key.value
  local base = name:gsub("^For%a+:", ""):gsub("IfExists$", "")
  local meant = suggest(base, core.operators())
  add("unknown-operator", operator.key, ("there is no condition operator '%s'"):format(name),
    base == "Null" and "write Null: it has neither prefix nor suffix"
      or meant and ("write %s"):format(meant) or "use one that IAM's documentation lists")
end

local function check_operand(operator, item, type, version, add)
  local name, text = operator.key.value, text_of(item)
  if not text then
    add("wrong-type", item, ("%s compares with a value of type %s"):format(name, item.kind),
      "write a string, or a list of strings")
  elseif text:find("${", 1, true) and version == "2012-10-17" then
    if not VARIABLES[type] then
      add("bad-operand", item, ("%s takes %s, and no policy variable"):format(name, type), "write the value itself")
    end
  elseif not select(2, core.operand(name, text)) then
    add("bad-operand", item, ("'%s' is not %s, which %s takes"):format(text, type, name), "write " .. type)
  end
end

-- A condition is an object of operators, each an object of keys, each a scalar or a list of them.
local function check_condition(condition, version, add)
  for _, operator in ipairs(condition) do
    local type = core.operand(operator.key.value, "")
    if not type then
      check_operator(operator, add)
    end
    if operator.kind ~= "object" then
      add("wrong-type", operator, ("%s must be an object of condition keys"):format(operator.key.value),
        "write it as { condition key: value }")
    end
    for _, key in ipairs(operator.kind == "object" and type and operator or {}) do
      if key.kind == "array" and #key == 0 then
        add("empty-list", key, ("%s is compared with nothing"):format(key.key.value),
          "fill the list, or remove the key")
      end
      for _, item in ipairs(items(key)) do
        check_operand(operator, item, type, version, add)
      end
    end
  end
end

-- Each string of a node, whatever it is in.
local function each_string(node, look)
  local open = { node }
  while #open > 0 do
    local one = table.remove(open)
    if one.kind == "string" then
      look(one)
    end
    table.move(one, 1, #one, #open + 1, open)
  end
end

-- Variables are plain text before Version 2012-10-17, which is hardly meant.
local function check_variables(element, version, add)
  if version == "2012-10-17" then
    return
  end
  each_string(element, function(item)
    if item.value:find "%${[^}]*}" then
      add("dead-variable", item, ("'%s' is plain text under Version %s"):format(item.value, version),
        'write "Version": "2012-10-17"')
    end
  end)
end

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
