-- The elements of statements: what the oracle tests one by one.

local json = require "lanyard.json"

local M = {}

local function is_list(value)
  return type(value) == "table" and value[1] ~= nil
end

function M.list_of(value)
  return is_list(value) and value or { value }
end

local VARIABLE = "%$%{([^},]*)"

-- Calls `found` with the name of each key of a policy variable in a text.
local function each_variable(text, found)
  for name in text:gmatch(VARIABLE) do
    if not name:find "^[*?$]$" then
      found((name:gsub(" +$", "")))
    end
  end
end

-- Returns a text that is equal for equal elements.
local function canonical(name, value)
  local items = {}
  if type(value) == "table" and not is_list(value) then
    for kind, list in pairs(value) do
      for _, item in ipairs(M.list_of(list)) do
        items[#items + 1] = kind .. "=" .. tostring(item):gsub("^arn:aws:iam::(%d+):root$", "%1")
      end
    end
  else
    for _, item in ipairs(M.list_of(value)) do items[#items + 1] = tostring(item) end
  end
  table.sort(items)
  return name .. " " .. table.concat(items, " ")
end

-- Returns the elements of a statement: lists of parts. An element holds if one of its parts does; with `negated`, if none
-- does. The patterns of a resource and the principals are parts, because what is open about one is the same in every list. A part is
-- { member = in JSON, atom = canonical text, dimensions = names, effect }.
function M.of(statement, version, dimension_of)
  local elements = {}
  local function part(member, atom, value, dimensions, variables)
    local used, text = {}, json.encode(value)
    for _, name in ipairs(dimensions) do used[name] = true end
    if variables and version == "2012-10-17" then
      each_variable(text, function(key) used[dimension_of(key)] = true end)
    end
    local names = {}
    for name in pairs(used) do names[#names + 1] = name end
    table.sort(names)
    return {
      member = member:format(text), atom = atom, dimensions = names,
      effect = atom:find "^N?o?t?Principal" and statement.Effect or "Allow",
    }
  end
  local function add(...)
    elements[#elements + 1] = { parts = { part(...) } }
  end
  if type(statement.Principal) == "table" then
    local element = { parts = {} }
    for kind, list in pairs(statement.Principal) do
      for _, item in ipairs(M.list_of(list)) do
        local value = { [kind] = item }
        element.parts[#element.parts + 1] = part('"Principal":%s', canonical("Principal", value), value, { "who" })
      end
    end
    elements[#elements + 1] = element
  end
  for _, name in ipairs { "Principal", "NotPrincipal", "Action", "NotAction" } do
    local value = statement[name]
    if value ~= nil and not (name == "Principal" and type(value) == "table") then
      add('"' .. name .. '":%s', canonical(name, value), value, { name:find "Principal" and "who" or "action" })
    end
  end
  for _, name in ipairs { "Resource", "NotResource" } do
    if statement[name] ~= nil then
      local element = { parts = {}, negated = name == "NotResource" }
      for i, pattern in ipairs(M.list_of(statement[name])) do
        element.parts[i] = part('"Resource":%s', "Resource " .. pattern, pattern, { "resource" }, true)
      end
      elements[#elements + 1] = element
    end
  end
  for operator, keys in pairs(statement.Condition or {}) do
    for key, operands in pairs(keys) do
      add(('"Condition":{"%s":{"%s":%%s}}'):format(operator, key), canonical(operator .. " " .. key:lower(), operands),
        operands, { dimension_of(key) }, not operator:find "Null")
    end
  end
  return elements
end

return M
