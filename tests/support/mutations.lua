-- Replaces values in decoded JSON by what they must not be, for specs of damaged replies and files.

local json = require "lanyard.json"

local M = {}

--- What a value is replaced by: functions of the value. nil removes it.
M.REPLACEMENTS = {
  function() return nil end,
  function() return json.null end,
  function() return "text" end,
  function() return "" end,
  function() return -7.5 end,
  function() return 1e300 end,
  function() return true end,
  function() return json.array {} end,
  function() return { a = { b = 1 } } end,
  function(value) return json.array { value, value } end,
  function(value) return { value = value } end,
  function() return json.array { "text", json.null } end,
}

--- Returns the paths of all values in a decoded text, as lists of keys.
function M.paths(value, path, all)
  path, all = path or {}, all or {}
  all[#all + 1] = path
  if type(value) == "table" then
    local keys = {}
    for key in pairs(value) do keys[#keys + 1] = key end
    table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
    for _, key in ipairs(keys) do
      local longer = table.move(path, 1, #path, 1, {})
      longer[#longer + 1] = key
      M.paths(value[key], longer, all)
    end
  end
  return all
end

--- Replaces the value at a path of a JSON text. Raises an error if the text has no such path.
function M.replace(text, path, replace)
  local root = { json.decode(text) }
  local parent, key = root, 1
  for _, step in ipairs(path) do
    parent, key = parent[key], step
  end
  local new = replace(parent[key])
  if new == nil and math.type(key) == "integer" and parent ~= root then
    table.remove(parent, key)
  else
    parent[key] = new
  end
  return root[1] == nil and "" or json.encode(root[1])
end

return M
