--- Knows which containers of a service have logs to read, and which values in them are secret.
---
--- All deployments of a service log to the same places, so the values of the environments of all its deployments are
--- removed, also of a deployment that is made while a log is followed.

local deployments = require "lanyard.access.deployment.list"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local redact = require "lanyard.text.redact"
local requests = require "lanyard.access.deployment.request"

local M = {}

--- What is known of the containers of a service.
---@class access.logs.Containers
---@field service string  its name
---@field current string[]  the containers of its deployments that matter now, sorted
---@field known string[]    the containers of all deployments that Lightsail lists, sorted
---@field private region access.Region
---@field private reveal? boolean
---@field private seen table<string, access.Deployment>  by version and time
---@field private hide? fun(text: string): string
local Containers = {}
Containers.__index = Containers

--- Returns what is known of a service before its deployments are read.
---@param region access.Region
---@param service string  its name
---@param reveal? boolean  show values of environment variables, and whatever else looks like a secret
---@return access.logs.Containers
function M.new(region, service, reveal)
  return setmetatable({ region = region, service = service, reveal = reveal, current = {}, known = {}, seen = {} },
    Containers)
end

-- The running deployment, and the one in progress or, if there is none, the last one that failed. If the service has
-- none of these, the newest one.
local function choose(list)
  local newest = {}
  for _, deployment in ipairs(list) do
    newest[deployment.state] = newest[deployment.state] or deployment
  end
  local chosen = {}
  chosen[#chosen + 1] = newest.ACTIVE
  chosen[#chosen + 1] = newest.ACTIVATING or newest.FAILED
  return chosen[1] and chosen or { list[1] }
end

local function names_of(list)
  local found = {}
  for _, deployment in ipairs(list) do
    for name in pairs(deployment.request.containers) do
      found[name] = true
    end
  end
  return lists.sorted_names(found)
end

--- Reads the deployments of the service.
---@return true? ok
---@return aws.Error? err
function Containers:read()
  local list, err = deployments.list(self.region, self.service)
  if not list then
    return nil, err
  end
  self.current, self.known = names_of(choose(list)), names_of(list)
  for _, deployment in ipairs(list) do
    -- The versions of a service that is deleted and created again begin at 1 again.
    local key = ("%d %s"):format(deployment.version, deployment.created)
    if not self.seen[key] then
      self.seen[key], self.hide = deployment, nil
    end
  end
  return true
end

--- Returns the error of a service that has no deployment.
---@return aws.Error
function Containers:none()
  return errors.new {
    code = "NoDeployment", message = ("the service '%s' has no deployment, so it has no logs"):format(self.service),
    tip = ("lanyard deploy %s CONTAINER=REPOSITORY[:TAG] creates one"):format(self.service),
  }
end

--- Removes secrets from a line: the values of environment variables of the deployments that were read, and what looks
--- like a secret (lanyard.text.redact).
---@param text string
---@return string
function Containers:redact(text)
  if self.reveal then
    return text
  end
  self.hide = self.hide or requests.redactor(self.seen)
  return redact.text(self.hide(text))
end

return M
