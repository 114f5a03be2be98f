--- Finds what a machine's settings send over plain http to another host.
---
---     for _, one in ipairs(plain_http.exposed(session)) do print(one.setting, one.host, one.what) end
---
--- Requests to AWS are signed, so that their secret does not travel. Everything else in them does, and the replies,
--- which can contain credentials and policies, can be read and replaced on the way.

local config = require "lanyard.aws.config"
local imds = require "lanyard.aws.credentials.imds"
local loopback = require "lanyard.loopback"
local proxy = require "lanyard.aws.proxy"
local services = require "lanyard.aws.services"

local M = {}

-- Hosts that are reached without leaving the machine or its hypervisor, besides loopback.
local LOCAL = { "^169%.254%.%d+%.%d+$", "^%[fd00:ec2::%x+%]$" }

local function is_local(host)
  for _, pattern in ipairs(LOCAL) do
    if host:find(pattern) then
      return true
    end
  end
  return loopback.is(host)
end

--- Returns the host of an http URL that is not on this machine, or nil.
---@param url string
---@return string? host  without user, password and port
function M.host(url)
  local authority = url:lower():match "^http://([^/?#]*)"
  local host = authority and authority:match "[^@]*$":gsub(":%d*$", "")
  return host and host ~= "" and not is_local(host) and host or nil
end

---@class aws.PlainHttp
---@field setting string   where the URL is configured
---@field host string
---@field what string      what is exposed
---@field services? string[]

-- Returns the URL that is in force for a service, and where it is configured.
local function endpoint_of(session, service)
  if session.endpoint_url then
    return session.endpoint_url, "the endpoint URL"
  end
  return config.endpoint(session.profile, service)
end

local function add_endpoints(session, found)
  local by_setting = {}
  for _, service in ipairs(services.names()) do
    local url, setting = endpoint_of(session, service)
    local host = url and M.host(url)
    if host then
      local name = setting .. " " .. host
      if not by_setting[name] then
        by_setting[name] = { setting = setting, host = host, services = {}, what = "requests and replies of AWS" }
        found[#found + 1] = by_setting[name]
      end
      table.insert(by_setting[name].services, service)
    end
  end
end

--- Returns the settings that send something over plain http to another host.
---@param session aws.Session
---@return aws.PlainHttp[]
function M.exposed(session)
  local found = {}
  add_endpoints(session, found)
  local url = imds.endpoint(session.profile)
  if url and M.host(url) then
    found[#found + 1] = {
      setting = "the endpoint of the EC2 metadata service", host = M.host(url), what = "credentials",
    }
  end
  for _, one in ipairs(proxy.in_force() or {}) do
    if one.has_password and M.host(one.url) then
      found[#found + 1] = {
        setting = one.variable, host = M.host(one.url), what = "the user and password of the proxy",
      }
    end
  end
  return found
end

return M
