-- A client of one service: an operation of AWS is a method of it.
--
--   local reply, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
--   for repository in ecr:each("DescribeRepositories", "repositories") do ... end
--   local all, err = ecr:list("DescribeRepositories", "repositories")
--
-- err: code, message, status, request_id, operation, service, attempts, retryable, sent.

local credentials_core = require "lanyard.credentials"
local errors = require "lanyard.errors"
local http = require "lanyard.http"
local lists = require "lanyard.lists"
local nearest = require "lanyard.policy.nearest"
local retry = require "lanyard.aws.retry"
local sigv4 = require "lanyard.sigv4"
local system = require "lanyard.system"
local task = require "lanyard.task"
local version = require "lanyard.version"
local wire = require "lanyard.aws.wire"

local M = {}

-- Of each protocol: encode, decode, decode_error, and in which FORMAT its replies are.
local PROTOCOLS = {
  json = require "lanyard.aws.protocol.json",
  query = require "lanyard.aws.protocol.query",
  rest_json = require "lanyard.aws.protocol.rest_json",
}
local USER_AGENT = ("lanyard/%s (Lua 5.4; libcurl)"):format(version)

-- The application's name goes behind lanyard's, as the SDKs put it.
local function user_agent(app_id)
  return app_id and USER_AGENT .. " app/" .. app_id:gsub("[^%w!#$%%&'*+.^_`|~-]", "-") or USER_AGENT
end

local Client = {}

-- ---------------------------------------------------------------------------------------------
-- One attempt

local function failed(self, operation, err)
  err.operation = operation
  err.service = self.service
  return nil, errors.new(err)
end

local function invalid(self, operation, reply, why)
  return failed(self, operation, {
    code = "InvalidResponse",
    message = why,
    status = reply.status,
    request_id = reply.headers["x-amzn-requestid"],
    retryable = false,
    sent = true,
    tip = "something between here and AWS may have changed the answer; --debug shows it",
  })
end

local function check_reply(self, operation, reply, output, described)
  for member, kind in pairs(described.reply) do
    local value = output[member]
    if kind == "list" and value == nil then
      output[member] = {}
    elseif value ~= nil and type(value) ~= (kind == "list" and "table" or kind) then
      return invalid(self, operation, reply, ("the answer's %s is a %s, not a %s"):format(member, type(value), kind))
    end
  end
  return output
end

-- Puts the sealed values where the text of a sealed reply had *** for them.
local function put_back(output, secrets)
  for member, value in pairs(output) do
    if type(value) == "table" then
      put_back(value, secrets)
    elseif value == "***" then
      output[member] = secrets[member]
    end
  end
end

local function answer_of(self, operation, reply, secrets)
  if reply.status >= 200 and reply.status < 300 then
    local described = self.description.operations[operation]
    local output, why = self.protocol.decode(reply.body, operation, described)
    if not output then
      return invalid(self, operation, reply, why)
    end
    output, why = check_reply(self, operation, reply, output, described)
    if output and secrets then
      put_back(output, secrets)
    end
    return output, why
  elseif reply.status < 400 then
    return invalid(self, operation, reply,
      ("the answer is a redirect (%d) to %s, which no AWS service sends: is the endpoint right?")
      :format(reply.status, reply.headers.location or "nowhere"))
  end
  local err = self.protocol.decode_error(reply)
  err.status = reply.status
  err.code = err.code or "Http" .. reply.status
  err.message = err.message or ("HTTP status %d without a message"):format(reply.status)
  err.request_id = reply.headers["x-amzn-requestid"] or reply.headers["x-amz-request-id"] or err.request_id
  err.sent = true
  err.retryable = retry.is_retryable(err)
  return failed(self, operation, err)
end

-- keys: nil for an operation that is not signed
local function request_of(self, operation, input, keys)
  local headers, body, method, target = self.protocol.encode(self.description, operation, input)
  headers["User-Agent"] = self.user_agent
  local options = self.options
  local request = {
    method = method or "POST",
    url = self.endpoint .. (target or "/"),
    headers = headers,
    body = body,
    credentials = keys,
    region = self.signing_region,
    service = self.description.signing_name or self.service,
    time = system.time(),
    connect_timeout = options.connect_timeout,
    timeout = options.timeout,
    ca_bundle = options.ca_bundle,
    sealed = options.sealed,
  }
  if keys then
    for name, value in pairs((sigv4.sign(request))) do
      headers[name] = value
    end
  end
  return request
end

-- A sealed body becomes text with *** in the place of secrets, which are given apart.
local function unseal(self, reply)
  if type(reply.body) == "string" then
    return nil
  end
  local secrets
  reply.body, secrets = reply.body:expose(self.description.secrets, self.protocol.FORMAT)
  return secrets
end

local function attempt(self, operation, input, keys)
  local request = request_of(self, operation, input, keys)
  local debug = self.options.debug
  local redactor = debug and credentials_core.redactor { keys }
  if debug then
    debug(wire.request(request, redactor))
  end
  local reply, err = self.options.transport(request)
  if not reply then
    if debug then
      debug("< " .. err.message)
    end
    return failed(self, operation, {
      code = err.code, message = err.message, retryable = err.retryable, sent = err.sent,
    })
  end
  local secrets = unseal(self, reply)
  if debug then
    debug(wire.reply(reply, redactor))
  end
  return answer_of(self, operation, reply, secrets)
end

-- ---------------------------------------------------------------------------------------------
-- Calls

local function check_call(self, operation, input, level)
  local described = self.description.operations[operation]
  if not described then
    local meant = nearest(operation, lists.sorted_names(self.description.operations))
    error(("%s has no operation '%s'%s"):format(self.service, tostring(operation),
      meant and "; " .. meant .. " is near" or ""), level + 1)
  end
  for _, member in ipairs(described.required) do
    if input[member] == nil then
      error(("%s:%s needs %s"):format(self.service, operation, member), level + 1)
    end
  end
end

local function call(self, operation, input)
  local keys, err
  if not (self.options.unsigned or self.description.operations[operation].unsigned) then
    keys, err = self.session:credentials()
    if not keys then
      return nil, err
    end
  end
  local most = self.options.max_attempts
  for number = 1, most do
    local output
    output, err = attempt(self, operation, input, keys)
    if output then
      return output
    end
    err.attempts = number
    err.region = self.region
    if number == most or not err.retryable then
      return nil, err
    end
    task.sleep(retry.delay(number))
  end
end

-- client:call(operation, input) --> reply | nil, err: the same as client:Operation(input)
function Client:call(operation, input)
  input = input or {}
  check_call(self, operation, input, 2)
  return call(self, operation, input)
end

-- client:pages(operation [, input]) --> iterator of replies; nil, err as its last
function Client:pages(operation, input)
  local paging = self.description.paging or {}
  paging = paging[operation] or paging
  check_call(self, operation, input or {}, 2)
  local page = {}
  for name, value in pairs(input or {}) do
    page[name] = value
  end
  local ended = false
  return function()
    if ended then
      return nil
    end
    local reply, err = call(self, operation, page)
    local token = reply and paging[2] and reply[paging[2]]
    ended = not token or token == ""
    if token and token == page[paging[1]] then
      ended = true
      return nil, errors.new {
        code = "InvalidResponse", service = self.service, operation = operation,
        message = "the token of the next page is that of this one",
      }
    elseif token then
      page[paging[1]] = token
    end
    return reply, err
  end
end

-- client:list(operation, member [, input]) --> the items of that list on all pages | nil, err
function Client:list(operation, member, input)
  local items = {}
  local next_page = self:pages(operation, input)
  while true do
    local page, err = next_page()
    if err then
      return nil, err
    elseif not page then
      return items
    end
    table.move(page[member], 1, #page[member], #items + 1, items)
  end
end

-- client:each(operation, member [, input]) --> iterator of the items, page by page. Raises err.
function Client:each(operation, member, input)
  local next_page = self:pages(operation, input)
  local page, position = { [member] = {} }, 0
  return function()
    position = position + 1
    while page[member][position] == nil do
      local err
      page, err = next_page()
      if err then
        error(err, 0)
      elseif not page then
        return nil
      end
      position = 1
    end
    return page[member][position]
  end
end

local meta = {}

function meta.__index(self, name)
  local method = Client[name]
  if method then
    return method
  elseif type(name) ~= "string" or not name:find "^%u" then
    return nil
  end
  if not self.description.operations[name] then
    check_call(self, name, {}, 2)
  end
  method = function(client, input)
    if client ~= self then
      error("call it with a colon: client:" .. name .. " { ... }", 2)
    end
    input = input or {}
    check_call(client, name, input, 2)
    return call(client, name, input)
  end
  rawset(self, name, method)
  return method
end

-- new(session, description, endpoint, options) --> client
-- endpoint: see lanyard.aws.endpoints; options: max_attempts, connect_timeout, timeout, ca_bundle,
-- app_id, debug(line), transport (lanyard.http.request unless given), unsigned (ask for no credentials and
-- sign nothing), sealed (the secret members of replies are sealed secrets).
function M.new(session, description, endpoint, options)
  return setmetatable({
    session = session,
    service = description.name,
    description = description,
    protocol = PROTOCOLS[description.protocol] or error("no protocol '" .. tostring(description.protocol) .. "'"),
    region = session.region,
    endpoint = (endpoint.url:gsub("/+$", "")),
    signing_region = endpoint.signing_region,
    user_agent = user_agent(options.app_id),
    options = {
      max_attempts = options.max_attempts,
      connect_timeout = options.connect_timeout,
      timeout = options.timeout,
      ca_bundle = options.ca_bundle,
      debug = options.debug,
      transport = options.transport or http.request,
      unsigned = options.unsigned,
      sealed = options.sealed,
    },
  }, meta)
end

return M
