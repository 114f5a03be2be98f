--- Writes an imported desired state as a Lua or JSON file.
---
---     io.write(format.lua(imported))  -- imported: see lanyard.desired.import

local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local lua_value = require "lanyard.desired.import.lua_value"
local pull_access = require "lanyard.desired.pull_access"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- The longest list on one line, in bytes.
local WIDTH = 100

local function quoted_list(names, indent)
  local quoted = {}
  for i, name in ipairs(names) do
    quoted[i] = lua_value.quote(name)
  end
  local line = "{ " .. table.concat(quoted, ", ") .. " }"
  if #indent + #line <= WIDTH then
    return line
  end
  local separator = ",\n" .. indent .. "  "
  return "{\n" .. indent .. "  " .. table.concat(quoted, separator) .. ",\n" .. indent .. "}"
end

local function grant_line(grant)
  local expires = grant.expires and (", expires = %s"):format(lua_value.quote(pull_access.date(grant.expires))) or ""
  return ("    { service = %s, repositories = %s%s },\n"):format(lua_value.quote(grant.service),
    quoted_list(grant.repositories, "    "), expires)
end

local function add_comments(parts, title, lines)
  if #lines > 0 then
    parts[#parts + 1] = "--\n-- " .. title .. "\n"
  end
  for _, line in ipairs(lines) do
    parts[#parts + 1] = "--   " .. escape.printable(line) .. "\n"
  end
end

-- The members of services that come first.
local ORDER = { "name", "power", "scale", "disabled", "role", "tags", "domains", "public", "containers", "image" }

local function add_services(parts, services)
  if #services == 0 then
    return
  end
  parts[#parts + 1] = "  services = {\n"
  for _, service in ipairs(services) do
    parts[#parts + 1] = "    " .. lua_value.write(service, "    ", ORDER) .. ",\n"
  end
  parts[#parts + 1] = "  },\n"
end

--- Returns a desired-state file in Lua. Comments list what the file cannot state.
---@param imported desired.Imported
---@return string
function M.lua(imported)
  local parts = { escape.format("-- Services and pull access in %s of account %s, imported by lanyard on %s.",
    imported.region, imported.account, timestamp.format(imported.time)) .. "\n" }
  add_comments(parts, "Not in this file:", imported.omitted)
  add_comments(parts, "Only partly in this file:", imported.partial)
  local unread = {}
  for i, one in ipairs(imported.unread) do
    unread[i] = ("%s: %s"):format(one.repository.name, one.err.code)
  end
  add_comments(parts, "Incomplete: these policies could not be read. apply --prune would remove their grants:", unread)
  parts[#parts + 1] = ("\nreturn {\n  region = %s,\n"):format(lua_value.quote(imported.region))
  parts[#parts + 1] = "  grants = {\n"
  for _, grant in ipairs(imported.grants) do
    parts[#parts + 1] = grant_line(grant)
  end
  parts[#parts + 1] = "  },\n"
  add_services(parts, imported.services or {})
  parts[#parts + 1] = "}\n"
  return table.concat(parts)
end

--- Returns a desired-state file, ready for lanyard.json.
---@param imported desired.Imported
---@return table
function M.json(imported)
  local grants = json.array {}
  for i, grant in ipairs(imported.grants) do
    grants[i] = {
      service = grant.service, repositories = json.array(grant.repositories),
      expires = grant.expires and pull_access.date(grant.expires) or nil,
    }
  end
  return {
    region = imported.region, grants = grants,
    services = imported.services[1] and json.array(imported.services) or nil,
  }
end

return M
