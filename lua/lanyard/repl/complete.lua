--- Completes a line of Lua: modules, globals, fields and methods, the operations and members of AWS services, names of
--- services and Regions. It calls no functions, metamethods included, and makes no request.
---
---     complete.at("ecr:Describe", globals)   --> "Describe", { "DescribeImages", "DescribeRepositories", ... }

local lists = require "lanyard.lists"
local modules = require "lanyard.modules"
local regions = require "lanyard.aws.regions"
local services = require "lanyard.aws.services"

local M = {}

-- Returns the names in a list or the keys of a set that begin with a text, sorted and without duplicates.
local function matching(names, prefix)
  local found, seen = {}, {}
  for _, name in ipairs(names) do
    if name:sub(1, #prefix) == prefix and not seen[name] then
      seen[name] = true
      found[#found + 1] = name
    end
  end
  table.sort(found)
  return found
end

-- The table that a metatable names for absent fields.
local function index_of(value)
  local meta = getmetatable(value)
  local index = type(meta) == "table" and rawget(meta, "__index")
  return type(index) == "table" and index or nil
end

-- Returns a field without calling anything.
local function field(value, name)
  for _ = 1, 10 do
    if type(value) ~= "table" then
      return nil
    end
    local found = rawget(value, name)
    if found ~= nil then
      return found
    end
    value = index_of(value)
  end
end

-- The description of the service of a client | nil
local function description_of(value)
  local described = type(value) == "table" and rawget(value, "description")
  return type(described) == "table" and type(described.operations) == "table" and described or nil
end

-- The modules below the door: `lanyard` or a folder of it, whose name ends in a dot.
local function modules_below(prefix)
  local names = {}
  for _, name in ipairs(modules) do
    if name:sub(1, #prefix) == prefix then
      names[#names + 1] = name:sub(#prefix + 1):match "^[^.]+"
    end
  end
  return names
end

local function text_keys(value, into, kind)
  for _ = 1, 10 do
    if type(value) ~= "table" then
      break
    end
    for name, member in next, value do
      if type(name) == "string" and name:find "^[%a_][%w_]*$" and (not kind or type(member) == kind) then
        into[#into + 1] = name
      end
    end
    value = index_of(value)
  end
  return into
end

-- Returns the value of a path such as aws.client | nil, and the prefix of the modules below it, where it is the door.
local function resolve(path, globals)
  local value, prefix
  for name in path:gmatch "[%a_][%w_]*" do
    if value == nil and not prefix then
      value, prefix = field(globals, name), name == "lanyard" and "" or nil
    elseif prefix then
      local module = prefix .. name
      local full_name = "lanyard." .. module
      value = lists.contains(modules, module) and require(full_name) or nil
      prefix = #modules_below(module .. ".") > 0 and module .. "." or nil
    else
      value = field(value, name)
    end
    if value == nil and not prefix then
      return nil
    end
  end
  return value, prefix
end

-- The methods of every client.
local CLIENT = { "call", "each", "list", "pages", "wait" }

-- ---------------------------------------------------------------------------------------------
-- What can be completed

local function after_require(text)
  local part = text:match "require%s*%(?%s*[\"']([%w_.]*)$"
  if not part then
    return nil
  end
  local names = { "lanyard" }
  for i, name in ipairs(modules) do
    names[i + 1] = "lanyard." .. name
  end
  return part, matching(names, part)
end

local function service_name(text)
  local part = text:match "client%s*%(?%s*[\"']([%w_-]*)$"
  return part, part and matching(services.names(), part)
end

local function region_name(text)
  local part = text:match "region%s*=%s*[\"']([%w-]*)$"
  return part, part and matching(regions.of "ecr", part)
end

-- The members of the request, inside the braces of client:Operation { ... }; the ones that were given are left out.
local function request_member(text, globals)
  local path, operation, given = text:match "([%a_][%w_.]*)%s*:%s*(%u%w*)%s*%(?%s*{([^{}]*)$"
  local described = path and description_of((resolve(path, globals)))
  local part = described and described.operations[operation] and (given:match "[,;]%s*([%w_]*)$"
    or given:match "^%s*([%w_]*)$")
  if not part then
    return nil
  end
  local names = {}
  for _, name in ipairs(described.operations[operation].required) do
    names[#names + 1] = not given:find("%f[%w_]" .. name .. "%s*=") and name .. " = " or nil
  end
  return part, matching(names, part)
end

-- The operation in a text: client:list("Desc
local function operation_text(text, globals)
  local path, part = text:match "([%a_][%w_.]*)%s*:%s*%l+%s*%(%s*[\"'](%w*)$"
  local described = path and description_of((resolve(path, globals)))
  return described and part, described and matching(lists.sorted_names(described.operations), part)
end

local function method(text, globals)
  local path, part = text:match "([%a_][%w_.]*)%s*:%s*([%w_]*)$"
  if not path then
    return nil
  end
  local value = resolve(path, globals)
  local names = type(value) == "string" and text_keys(string, {}) or text_keys(value, {}, "function")
  local described = description_of(value)
  if described then
    local operations = lists.sorted_names(described.operations)
    table.move(operations, 1, #operations, #names + 1, names)
    table.move(CLIENT, 1, #CLIENT, #names + 1, names)
  end
  return part, matching(names, part)
end

local function member(text, globals)
  local path, part = text:match "([%a_][%w_.]*)%.([%w_]*)$"
  if not path then
    return nil
  end
  local value, prefix = resolve(path, globals)
  local names = text_keys(value, {})
  local below = (prefix == "" or prefix and value == nil) and modules_below(prefix) or {} -- a module has fields only
  table.move(below, 1, #below, #names + 1, names)
  return part, matching(names, part)
end

local KEYWORDS = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true "
  .. "until while"):gmatch "%S+" do
  KEYWORDS[#KEYWORDS + 1] = word
end

local function global(text, globals)
  local part = text:match "([%a_][%w_]*)$"
  if not part then
    return nil
  end
  return part, matching(text_keys(globals, table.move(KEYWORDS, 1, #KEYWORDS, 1, {})), part)
end

local KINDS = { after_require, service_name, region_name, operation_text, request_member, method, member, global }

--- Completes the text before the cursor.
---@param text string
---@param globals table
---@return string part       the end of the text that is completed
---@return string[] candidates  texts that begin with it
function M.at(text, globals)
  local line = text:match "[^\n]*$"
  for _, kind in ipairs(KINDS) do
    local part, candidates = kind(line, globals)
    if part and candidates then
      return part, candidates
    end
  end
  return "", {}
end

return M
