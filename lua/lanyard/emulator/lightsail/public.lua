--- The public URLs of container services: what they are, and what they answer.
---
--- On AWS, a URL is https://NAME.ID.REGION.cs.amazonlightsail.com/. A running emulator has a domain under localhost and
--- its own port in place of it: http://NAME.ID.REGION.cs.amazonlightsail.localhost:PORT/. curl and all that use libcurl
--- resolve such names to loopback (RFC 6761, section 6.3), so that each service and Region has a host name of its own.
---
--- The program of the container that the public endpoint names answers (lanyard.emulator.program) while a deployment is
--- active. Without one Lightsail answers 404: the page is recorded with a service whose deployments are gone, and the
--- same workshop shows it for a service that has none yet
--- (https://github.com/rioastamal/workshop-amazon-lightsail-containers).

local crypto = require "lanyard.crypto"
local lists = require "lanyard.lists"
local programs = require "lanyard.emulator.program"
local services = require "lanyard.emulator.lightsail.services"
local task = require "lanyard.task"

local M = {}

local HOST_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"

-- Returns the part of a service's host name that makes it unique: 13 letters and digits that depend on its ID.
local function host_id(service)
  local text = {}
  for byte in crypto.sha256_hex(service.id):sub(1, 26):gmatch "%x%x" do
    local i = tonumber(byte, 16) % #HOST_ALPHABET + 1
    text[#text + 1] = HOST_ALPHABET:sub(i, i)
  end
  return table.concat(text)
end

--- Returns the URL of a service.
---@param world emulator.World
---@param region string
---@param name string
---@param service table
---@return string
function M.url(world, region, name, service)
  local host = ("%s.%s.%s.cs.amazonlightsail."):format(name, host_id(service), region)
  return world.port and ("http://%slocalhost:%d/"):format(host, world.port) or ("https://%scom/"):format(host)
end

-- Finds the service that has one of its public domain names.
local function find_by_domain(world, host)
  for _, region in ipairs(lists.sorted_names(world.state.regions)) do
    local found = services.existing(world, region)
    for _, name in ipairs(lists.sorted_names(found)) do
      for _, domains in pairs(found[name].domains) do
        if lists.contains(domains, host) then
          return found[name], name
        end
      end
    end
  end
  return nil
end

local function not_found()
  return {
    status = 404,
    headers = { ["Content-Type"] = "text/html" },
    body = "<!DOCTYPE html>\n<html>\n<head><title>404 No Such Service</title></head>\n<body bgcolor=\"white\">\n"
      .. "<center><h1>404 No Such Service</h1></center>\n</body>\n</html>\n",
  }
end

-- Returns the active deployment of a service that is reachable, or nil.
local function active(world, service)
  local current = services.current_and_next(world, service)
  local deployment = current and service.deployments[current]
  if not deployment or not deployment.endpoint or service.disabled or service.gone_at then
    return nil
  end
  return deployment
end

-- Returns the status of a reply: each request of a path gets the next one of the list, until the last one.
local function next_status(world, service, deployment, path, statuses)
  if #statuses == 1 then
    return statuses[1]
  end
  world.visits = world.visits or {}
  local key = ("%s %d %s"):format(service.id, deployment.version, path)
  world.visits[key] = math.min((world.visits[key] or 0) + 1, #statuses)
  return statuses[world.visits[key]]
end

local function run(world, service, name, deployment, request)
  local container = deployment.endpoint.containerName
  local reply = programs.reply(deployment.programs and deployment.programs[container] or {}, request.path)
  local status = next_status(world, service, deployment, request.path, reply.statuses)
  if reply.delay > 0 then
    task.sleep(reply.delay)
  end
  local empty = request.method == "HEAD" or status == 204 or status == 304
  return {
    status = status,
    headers = { ["Content-Type"] = "text/plain; charset=utf-8" },
    body = empty and "" or reply.body
      or ("%s: container %s, deployment %d\n"):format(name, container, deployment.version),
  }
end

--- Answers a request to the public URL of a service. Returns nil for a request to an API.
---@param world emulator.World
---@param request lanyard.HttpdRequest
---@return lanyard.HttpdReply?
function M.answer(world, request)
  local host = (request.headers.host or ""):lower():gsub(":%d+$", "")
  local name, id, region = host:match "^([a-z0-9-]+)%.([a-z0-9]+)%.([a-z0-9-]+)%.cs%.amazonlightsail%.%a+$"
  local service
  if name then
    service = world.state.regions[region] and services.find(world, region, name)
    service = service and host_id(service) == id and service
  elseif not request.headers.authorization then
    service, name = find_by_domain(world, host)
  end
  if not name then
    return nil
  end
  local deployment = service and active(world, service)
  return deployment and run(world, service, name, deployment, request) or not_found()
end

return M
