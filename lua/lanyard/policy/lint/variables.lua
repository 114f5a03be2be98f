--- Checks policy variables, ${key} or ${key, 'default'}.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

local condition_keys = require "lanyard.policy.condition_keys"
local define = require("lanyard.policy.lint.catalogue").define
local suggestions = require "lanyard.policy.lint.suggestions"

local DEAD_VARIABLE = define {
  id = "dead-variable", severity = "medium", summary = "a policy variable that the Version makes plain text",
  help = "Policy variables exist from Version 2012-10-17 on. Before it, ${aws:username} is plain text.",
}
local BAD_VARIABLE = define {
  id = "bad-variable", severity = "high", summary = "a policy variable with a syntax error",
  help = "A variable is ${key} or ${key, 'default'}, of a single-valued key and without blanks in it. IAM rejects the "
    .. "policy, or takes the variable as plain text.",
}
local UNKNOWN_VARIABLE = define {
  id = "unknown-variable", severity = "high", summary = "a policy variable of a key that does not exist",
  help = "No request has the key, so that the value or resource matches nothing.",
}

local M = {}

--- Returns a text in which each variable is replaced. Patterns would take quadratic time for many open braces.
---@param text string
---@param by string
---@return string
function M.replace(text, by)
  local parts, at = {}, 1
  while true do
    local start = text:find("${", at, true)
    local stop = start and text:find("}", start, true)
    if not stop then
      parts[#parts + 1] = text:sub(at)
      return table.concat(parts)
    end
    parts[#parts + 1] = text:sub(at, start - 1)
    parts[#parts + 1] = by
    at = stop + 1
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

-- These stand for the character itself.
local LITERALS = { ["*"] = true, ["?"] = true, ["$"] = true }

-- Returns what is wrong with the text between the braces, and how to fix it.
local function fault_of(inner)
  local name, default = inner:match "^([^,]*),(.*)$"
  name = name or inner
  if name:find "^%s*$" then
    return "has no name", "write the name of a condition key"
  elseif name:find "[{}$]" then
    return "contains another variable", "close the brace of the first one"
  elseif name:find "%s" then
    return "has a blank in its name", "remove the blank"
  elseif name:find [=[[*?!"'#%%&()<>;|\\^`~]]=] then
    return ("has the character %s in its name"):format(name:match [=[[*?!"'#%%&()<>;|\\^`~]]=]), "correct the name"
  elseif default and not default:find "^%s?'[^']*'$" then
    return "has a default value without quotes", ("write ${%s, 'default'}"):format(name)
  end
  return nil
end

-- Reports a key that does not exist, or has several values ("You can't use a multivalued condition key as a variable").
-- Only the global keys and the keys of ECR have a complete list.
local function check_key(item, inner, add)
  local name = inner:match "^([^,]*)"
  local key = condition_keys.find(name)
  if key and key.multivalued then
    add(BAD_VARIABLE, item, ("the variable '${%s}' has a key with several values, which a variable cannot have"):format(
      inner), "use a single-valued key", "medium")
    return
  end
  local prefix = (name:match "^(%w+):" or ""):lower()
  if (prefix == "aws" or prefix == "ecr" or not name:find(":", 1, true)) and not key then
    local suggestion = suggestions.find(condition_keys.nearest, name)
    add(UNKNOWN_VARIABLE, item, ("'${%s}': '%s' is not a condition key"):format(inner, name),
      suggestion and ("write %s"):format(suggestion) or "use a key that IAM's documentation lists")
  end
end

local function check_text(item, add)
  local text, at = item.value, 1
  while true do
    local start = text:find("${", at, true)
    if not start then
      return
    end
    local stop = text:find("}", start, true)
    local inner = text:sub(start + 2, (stop or #text + 1) - 1)
    local fault, fix = fault_of(inner)
    if not stop then
      add(BAD_VARIABLE, item, ("the variable in '%s' has no closing brace"):format(text), "add }")
      return
    elseif LITERALS[inner] then
      at = stop + 1
    elseif fault then
      add(BAD_VARIABLE, item, ("the variable '${%s}' %s"):format(inner, fault), fix)
      at = stop + 1
    else
      check_key(item, inner, add)
      at = stop + 1
    end
  end
end

-- Before Version 2012-10-17 variables are plain text, which is rarely intended.
local function check_version(item, version, add)
  if M.replace(item.value, "") ~= item.value then
    add(DEAD_VARIABLE, item, ("'%s' is plain text under Version %s"):format(item.value, version),
      'write "Version": "2012-10-17"')
  end
end

--- Checks the variables in the conditions and resources of a statement.
---@param scope policy.lint.Scope
function M.check(scope)
  for _, name in ipairs { "Condition", "Resource", "NotResource" } do
    if scope.has[name] then
      each_string(scope.has[name], function(item)
        if scope.version == "2012-10-17" then
          check_text(item, scope.add)
        else
          check_version(item, scope.version, scope.add)
        end
      end)
    end
  end
end

return M
