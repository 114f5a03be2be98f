--- Describes how a deployment differs from another one, without the values of environment variables.
---
---     changes.between(earlier.request, later.request)   --> { "app: image web:1.0 -> web:1.1", "app: variable + KEY" }

local lists = require "lanyard.lists"
local requests = require "lanyard.access.deployment.request"
local shellwords = require "lanyard.text.shellwords"

local M = {}

local function names_of(before, after)
  local all = {}
  for _, map in ipairs { before or {}, after or {} } do
    for name in pairs(map) do
      all[name] = true
    end
  end
  return lists.sorted_names(all)
end

-- Adds a line for a value that differs: nil is absent.
local function compare(lines, prefix, what, before, after)
  if before == after then
    return
  elseif before == nil then
    lines[#lines + 1] = ("%s%s + %s"):format(prefix, what, after)
  elseif after == nil then
    lines[#lines + 1] = ("%s%s - %s"):format(prefix, what, before)
  else
    lines[#lines + 1] = ("%s%s %s -> %s"):format(prefix, what, before, after)
  end
end

local function compare_environment(lines, prefix, before, after)
  before, after = before or {}, after or {}
  for _, name in ipairs(names_of(before, after)) do
    local mark = before[name] == nil and "+ %s" or after[name] == nil and "- %s"
      or before[name] ~= after[name] and "%s = *** (new)" or nil
    lines[#lines + 1] = mark and prefix .. "variable " .. mark:format(name)
  end
end

local function command_of(container)
  return container.command and shellwords.join(container.command)
end

local function compare_container(lines, name, before, after)
  local prefix = name .. ": "
  compare(lines, prefix, "image", before.image, after.image)
  compare(lines, prefix, "command", command_of(before), command_of(after))
  compare_environment(lines, prefix, before.environment, after.environment)
  local old, new = before.ports or {}, after.ports or {}
  for _, port in ipairs(names_of(old, new)) do
    compare(lines, prefix, "port " .. port, old[port], new[port])
  end
end

local function endpoint_of(request)
  local endpoint = request.publicEndpoint
  return endpoint and ("%s:%d"):format(endpoint.containerName, endpoint.containerPort)
end

--- Returns the differences, one line each.
---@param before? access.deployment.Request  nil: there was no deployment
---@param after access.deployment.Request
---@return string[] lines
function M.between(before, after)
  local lines = {}
  before, after = requests.completed(before or {}), requests.completed(after)
  for _, name in ipairs(names_of(before.containers, after.containers)) do
    local old, new = before.containers[name], after.containers[name]
    if old and new then
      compare_container(lines, name, old, new)
    elseif new then
      lines[#lines + 1] = ("+ container %s (%s)"):format(name, new.image)
    else
      lines[#lines + 1] = ("- container %s (%s)"):format(name, old.image)
    end
  end
  compare(lines, "", "public endpoint", endpoint_of(before), endpoint_of(after))
  local old, new = before.publicEndpoint, after.publicEndpoint
  for _, member in ipairs(old and new and names_of(old.healthCheck, new.healthCheck) or {}) do
    compare(lines, "health check: ", member, old.healthCheck[member], new.healthCheck[member])
  end
  return lines
end

return M
