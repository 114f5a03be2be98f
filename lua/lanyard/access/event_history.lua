--- Reads from CloudTrail's event history who changed the policies of repositories, when, and with which program.
---
---     local history = event_history.open(region)
---     for _, event in ipairs(assert(history:changes("web", since))) do print(event.time, event.tool) end
---
--- The history has the calls of the last 90 days; a call appears in it after about five minutes. LookupEvents accepts
--- one attribute and two calls a second for an account and Region, so the history is read by the name of the call,
--- newest first, at that rate, and only as far back as somebody asks. Pages are kept: many repositories share them.
---
--- Source: AWS CloudTrail API reference, LookupEvents; "CloudTrail record contents".

local json = require "lanyard.json"
local task = require "lanyard.task"
local timestamp = require "lanyard.text.timestamp"

local M = {}

--- How many seconds of calls the history has.
M.LENGTH = 90 * 24 * 60 * 60

-- Seconds between two calls: a little more than half a second, because the clocks of both sides differ.
local PAUSE = 0.55

-- Other callers share the rate, so a call may be throttled several times. A number that the user sets wins.
local ATTEMPTS = 10

-- The calls that change or remove a policy, as results name them.
local ACTIONS = {
  SetRepositoryPolicy = "set policy", DeleteRepositoryPolicy = "delete policy", DeleteRepository = "delete repository",
}

-- Programs by a text in the user agent or the name of the calling service; the first that matches counts. Tools that
-- contain another one come before it.
local TOOLS = {
  { "lanyard/", "lanyard" }, { "Pulumi", "Pulumi" }, { "OpenTofu", "OpenTofu" }, { "Terraform", "Terraform" },
  { "cloudformation", "CloudFormation" }, { "aws-cdk", "AWS CDK" }, { "Ansible", "Ansible" },
  { "console.amazonaws.com", "AWS console" }, { "AWS Internal", "AWS console" }, { "Mozilla/", "AWS console" },
  { "aws-cli", "AWS CLI" }, { "Boto3", "boto3" }, { "Botocore", "boto3" },
}

--- A change of a repository's policy.
---@class access.PolicyEvent
---@field at number           seconds since 1970
---@field time string         timestamp
---@field action "set policy"|"delete policy"|"delete repository"
---@field repository string
---@field principal string    ARN of the caller, or the calling service
---@field tool string         name of the program, or the first product of its user agent
---@field user_agent string
---@field source string       IP address, or the name of a service
---@field id string           of the event
---@field order? integer      in which it was read

local function text_of(value)
  return type(value) == "string" and value or ""
end

local function table_of(value)
  return type(value) == "table" and value or {}
end

local function tool_of(user_agent, service)
  for _, tool in ipairs(TOOLS) do
    if user_agent:find(tool[1], 1, true) or service:find(tool[1], 1, true) then
      return tool[2]
    end
  end
  return service ~= "" and service or user_agent:match "^[^%s/]+" or "unknown"
end

--- Returns the change that an event of LookupEvents records, or nil for a call that failed or is incomplete.
---@param event table
---@return access.PolicyEvent?
function M.parse(event)
  local record = table_of(json.decode(text_of(event.CloudTrailEvent)))
  local identity, parameters = table_of(record.userIdentity), table_of(record.requestParameters)
  local at = timestamp.parse(text_of(record.eventTime))
  local action, repository = ACTIONS[text_of(record.eventName)], text_of(parameters.repositoryName)
  if not at or not action or repository == "" or text_of(record.errorCode) ~= "" then
    return nil
  end
  local service, user_agent = text_of(identity.invokedBy), text_of(record.userAgent)
  local principal = text_of(identity.arn)
  return {
    at = at, time = timestamp.format(at), action = action, repository = repository,
    principal = principal ~= "" and principal or service ~= "" and service or "unknown",
    tool = tool_of(user_agent, service), user_agent = user_agent, source = text_of(record.sourceIPAddress),
    id = text_of(record.eventID),
  }
end

---@class access.EventHistory
---@field private clock clock
---@field private client aws.Client
---@field private gate task.Semaphore
---@field private streams table[]     one for each name of a call: { name, token, ended, oldest }
---@field private by_repository table<string, access.PolicyEvent[]>
---@field private err? aws.Error      why the history cannot be read
local History = {}
History.__index = History

--- Returns the history of a Region. Nothing is read yet.
---@param region access.Region
---@return access.EventHistory? history
---@return aws.Error? err  if the configured endpoint is not valid
function M.open(region)
  local sources = region.session.sources
  local client, err = region.session:client("cloudtrail", {
    max_attempts = not (sources and sources.max_attempts) and ATTEMPTS or nil,
  })
  if not client then
    return nil, err
  end
  local streams = {}
  for name in pairs(ACTIONS) do
    streams[#streams + 1] = { name = name, oldest = math.huge, ended = false }
  end
  table.sort(streams, function(a, b) return a.name < b.name end)
  return setmetatable({
    clock = region.clock, client = client, gate = task.semaphore(1), streams = streams, by_repository = {},
  }, History)
end

-- Reads the next page of a stream.
local function read_page(self, stream)
  if self.called then
    self.clock.sleep(math.max(0, self.called + PAUSE - self.clock.now()))
  end
  self.called = self.clock.now()
  local page, err = self.client:LookupEvents {
    LookupAttributes = { { AttributeKey = "EventName", AttributeValue = stream.name } },
    NextToken = stream.token,
  }
  if not page then
    return nil, err
  end
  for _, event in ipairs(page.Events) do
    local change = M.parse(table_of(event))
    if change then
      local list = self.by_repository[change.repository] or {}
      self.by_repository[change.repository] = list
      list[#list + 1], change.order = change, #list
      stream.oldest = math.min(stream.oldest, change.at)
    end
  end
  stream.token, stream.ended = page.NextToken, not page.NextToken
  return true
end

--- Returns the changes of a repository's policy since a time, newest first.
---@param repository string
---@param since number  seconds since 1970
---@return access.PolicyEvent[]? changes
---@return aws.Error? err  for example AccessDenied; a second question does not call again
function History:changes(repository, since)
  local _ <close> = self.gate:acquire()
  for _, stream in ipairs(self.streams) do
    while not self.err and not stream.ended and stream.oldest > since do
      local ok, err = read_page(self, stream)
      self.err = not ok and err or nil
    end
  end
  if self.err then
    return nil, self.err
  end
  local found = {}
  for _, change in ipairs(self.by_repository[repository] or {}) do
    found[#found + 1] = change.at >= since and change or nil
  end
  table.sort(found, function(a, b)
    if a.at ~= b.at then
      return a.at > b.at
    end
    return a.order < b.order -- times are whole seconds; AWS returns the newest first
  end)
  return found
end

return M
