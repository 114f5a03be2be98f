--- Calls the operations of one AWS service. An operation is a method of the client:
---
---     local reply, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
---     for repository in ecr:each("DescribeRepositories", "repositories") do ... end

local call = require "lanyard.aws.call"
local clock = require "lanyard.clock"
local http = require "lanyard.http"
local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"
local modelled = require "lanyard.aws.modelled"
local option_types = require "lanyard.aws.option_types"
local quota = require "lanyard.aws.quota"
local retry = require "lanyard.aws.retry"
local suggest = require "lanyard.text.suggest"
local version = require "lanyard.version"

local pages = lazy "lanyard.aws.pages"
local waiters = lazy "lanyard.aws.waiters"

local M = {}

-- Each protocol is loaded for the first service that needs it. It has encode, decode, decode_error, and FORMAT, the
-- format of its replies.
local PROTOCOLS = {
  json = function() return require "lanyard.aws.protocol.json" end,
  query = function() return require "lanyard.aws.protocol.query" end,
  rest_json = function() return require "lanyard.aws.protocol.rest_json" end,
}
local USER_AGENT = ("lanyard/%s (Lua 5.4; libcurl)"):format(version)

-- The application's name follows lanyard's, as in the SDKs.
local function user_agent(app_id)
  return app_id and USER_AGENT .. " app/" .. app_id:gsub("[^%w!#$%%&'*+.^_`|~-]", "-") or USER_AGENT
end

--- An error of a call to AWS. `code` is AWS's own, such as "AccessDeniedException".
---@class aws.Error : lanyard.Error
---@field region? string    the Region that was called
---@field attempts? integer how often the request was sent
---@field sent? boolean     whether AWS may have received the request
---@field reason? string    the OAuth error code, from the sign-in services
---@field earlier? aws.Error  the failure of an earlier attempt that may have been carried out, if the last one was
---  rejected
---@field members? table<string, any>  all that the error says, by AWS's names, if a model describes the operation;
---  sensitive members are "***"
---@field type? string      "Sender" or "Receiver": who is at fault, if the service says it
---@field cause? aws.Error  of a wait: the error of its last call
---@field reply? table      of a wait: its last reply

--- A client of one AWS service. Each operation is a method with AWS's name, which takes the members of the request and
--- returns the reply, or nil and an error: `ecr:GetRepositoryPolicy { repositoryName = "web" }`. Members have AWS's
--- names, too. A time is a number of seconds since 1970. A reply that AWS's model describes has the types of the model,
--- and a member that the model lacks is kept as it was received.
---@class aws.Client
---@field service string         "ecr"
---@field region string          "us-east-1"
---@field endpoint string        the URL that is called
---@field custom_endpoint? string  the same, if it is not AWS's own
---@field signing_region string  the Region in signatures
---@field session aws.Session  that made it
---@field description aws.Service  its operations and waiters
---@field options aws.ClientOptions  of its calls
---@field [string] fun(self: aws.Client, input?: table, options?: aws.CallOptions): table?, aws.Error?  the
---  operations of the service
local Client = {}

-- ---------------------------------------------------------------------------------------------
-- Calls. What belongs to operations of models is loaded at the first call of one: most commands call none.

-- Makes a name one short line for an error.
local function shown(name)
  return require("lanyard.text.escape").printable(#name > 60 and name:sub(1, 60) .. "..." or name)
end

-- Raises an error, with a suggestion, for a name that the service does not have. `err` says why its model is missing.
local function unknown(self, kind, name, known, err, level)
  local suggestion = suggest(name, known)
  local reason = suggestion and (" (did you mean %s?)"):format(suggestion)
    or err and err.code == "NoModels" and ": " .. err.message or ""
  error(("%s has no %s '%s'%s"):format(self.service, kind, shown(name), reason), level + 1)
end

-- Raises an error for what is not a name.
local function check_name(self, kind, name, level)
  if type(name) ~= "string" then
    error(("%s: the name of the %s was expected, got %s"):format(self.service, kind,
      name == nil and "nothing" or "a " .. type(name)), level + 1)
  end
end

-- Returns a described operation. Raises an error for a name that the service does not have, and for a model that cannot
-- be read.
local function find_operation(self, name, level)
  check_name(self, "operation", name, level + 1)
  local described = self.description.operations[name]
  if not described then
    local _, err = self.description.load_model()
    if err and not modelled.is_absent(err) then
      error(("%s has no described operation '%s', and its model cannot be read: %s"):format(self.service,
        shown(name), err.message), level + 1)
    end
    unknown(self, "operation", name, modelled.operation_names(self.description), err, level + 1)
  end
  return described
end

-- Raises an error for an input that is not a table of members. AWS's model of an operation says more.
local function check_members(self, operation, input, level)
  local got = type(input) ~= "table" and "a " .. type(input)
  for name in pairs(got and {} or input) do
    got = type(name) ~= "string" and "a table with the key " .. tostring(name) or got
  end
  if got then
    error(("%s:%s: expected a table of members, got %s"):format(self.service, operation, got), level + 1)
  end
end

-- Returns an input with its idempotency tokens. Raises an error for one that the operation does not take.
local function check_call(self, operation, input, level)
  local described = find_operation(self, operation, level + 1)
  if described.model then
    local complete, message = require("lanyard.aws.plan").input(described.service, described.model, input)
    return complete or error(("%s:%s: %s"):format(self.service, operation, message), level + 1)
  end
  check_members(self, operation, input, level + 1)
  for _, member in ipairs(described.required) do
    if input[member] == nil then
      error(("%s:%s requires %s"):format(self.service, operation, member), level + 1)
    end
  end
  return input
end

local OPTIONS_OF_CALL = lists.set "to"

-- Returns the options of a call. Raises an error for one that the operation does not have.
local function check_options(self, operation, options, level)
  option_types.check(options, {}, level + 1)
  for name in pairs(options or {}) do
    if not OPTIONS_OF_CALL[name] then
      error(("%s:%s has no option '%s'"):format(self.service, operation, tostring(name)), level + 1)
    elseif not self.description.operations[operation].model then
      error(("%s:%s has the option '%s' only in AWS's model: create the client with the option modelled")
        :format(self.service, operation, name), level + 1)
    end
  end
  return options
end

--- Calls an operation by its name: `client:call("GetRole", input)` is `client:GetRole(input)`. Raises an error for an
--- unknown operation and for a missing required member.
---
--- ```lua
--- local ecr = aws.client "ecr"
--- print(ecr:call("DescribeRepositories").repositories[1].repositoryName)
--- --> my-private-repo
--- print(select(2, pcall(ecr.call, ecr, "DescribeRepository")))
--- --> ecr has no operation 'DescribeRepository' (did you mean DescribeRepositories?)
--- ```
---@param operation string
---@param input? table  the members of the request
---@param options? aws.CallOptions
---@return table? reply
---@return aws.Error? err
function Client:call(operation, input, options)
  return call(self, operation, check_call(self, operation, input or {}, 2),
    check_options(self, operation, options, 2))
end

-- Returns the iterator over pages, and the paginator.
local function pages_of(self, operation, input, level)
  input = check_call(self, operation, input or {}, level + 1)
  local paginator, err = pages.of(self.description, operation)
  if err then
    err.service = self.service
    return function() return nil, err end
  end
  return pages.iterate(paginator, input, function(page)
    return call(self, operation, page)
  end, self.service), paginator
end

-- Returns what gets the items of a page. Raises an error if there is no such list.
-- It and what it returns are called by the methods that scripts call: the error has the line of the script.
local function items_of(self, operation, paginator, member)
  local get, message = pages.items(self.description.operations[operation], paginator, member)
  local function failed(reason)
    error(("%s:%s: %s"):format(self.service, operation, reason), 4)
  end
  if not get then
    failed(message)
  end
  return function(page)
    local items, reason = get(page)
    return items or failed(reason)
  end
end

--- Iterates over the pages of an operation. If a page cannot be read, the iterator returns nil and the error, and ends:
--- `for` does not see that error. `list` returns it, and `each` raises it.
---@param operation string
---@param input? table  the members of the first request
---@return fun(): table?, aws.Error? next_page
function Client:pages(operation, input)
  return pages_of(self, operation, input, 2)
end

--- Returns the items of a list on all pages.
---
--- ```lua
--- local ecr = aws.client "ecr"
--- local query = "repositories[].repositoryName"
--- print(table.concat(ecr:list("DescribeRepositories", query), " "))
--- --> my-private-repo shared-repo
--- ```
---@param operation string
---@param member? string  the member of the reply that is the list, or a query (JMESPath) of the reply; by default the
---  main list of AWS's model, or the only list of a described operation
---@param input? table  the members of the first request
---@return table[]? items
---@return aws.Error? err
function Client:list(operation, member, input)
  local all = {}
  local next_page, paginator = pages_of(self, operation, input, 2)
  local items = items_of(self, operation, paginator, member)
  while true do
    local page, err = next_page()
    if err then
      return nil, err
    elseif not page then
      return all
    end
    local found = items(page)
    table.move(found, 1, #found, #all + 1, all)
  end
end

--- Iterates over the items of a list, and requests pages as needed. Raises the error of a failed call.
---
--- ```lua
--- local ecr = aws.client "ecr"
--- for repository in ecr:each("DescribeRepositories", "repositories") do
---   print(repository.repositoryName)
--- end
--- --> my-private-repo
--- --> shared-repo
--- ```
---@param operation string
---@param member? string  the member of the reply that is the list, or a query (JMESPath) of the reply; by default the
---  main list of AWS's model, or the only list of a described operation
---@param input? table   the members of the first request
---@return fun(): table? next_item
function Client:each(operation, member, input)
  local next_page, paginator = pages_of(self, operation, input, 2)
  local items = items_of(self, operation, paginator, member)
  local found, position = {}, 0
  return function()
    position = position + 1
    while found[position] == nil do
      local page, err = next_page()
      if err then
        error(err, 0)
      elseif not page then
        return nil
      end
      found, position = items(page), 1
    end
    return found[position]
  end
end

local function waiter_names(description, service)
  local names = lists.sorted_names(description.waiters)
  local of_model = lists.sorted_names(service and service.waiters or {})
  return table.move(of_model, 1, #of_model, #names + 1, names)
end

-- Returns a waiter of the description, or of the model. Raises an error for a name that the service does not have, and
-- for a waiter that cannot be read.
local function find_waiter(self, name, level)
  check_name(self, "waiter", name, level + 1)
  local waiter = self.description.waiters[name]
  if waiter then
    return waiter
  end
  local service, err = self.description.load_model()
  if service then
    waiter, err = require("lanyard.aws.model_waiters").compile(service, name)
  end
  if err and not modelled.is_absent(err) then
    error(("%s: %s"):format(self.service, err.message), level + 1)
  end
  return waiter or unknown(self, "waiter", name, waiter_names(self.description, service), err, level + 1)
end

--- Waits for a state: calls an operation again and again until a reply decides, as a waiter of the service says. Raises
--- an error for an unknown waiter.
---
--- ```lua
--- local lightsail = aws.client "lightsail"
--- local reply, err = lightsail:wait("ServiceActive", {
---   serviceName = "nothing" }, { timeout = 5 })
--- print(reply, err.code)
--- --> nil	NotFoundException
--- ```
---@param name string  the waiter: of the description ("ServiceActive"), or of AWS's model ("TableExists")
---@param input? table  the members of the request
---@param options? table  `timeout` in seconds, instead of the waiter's own, and values that the waiter names
---@return table? reply  the reply that decided
---@return aws.Error? err  code "WaiterTimeout" or "WaiterFailed", with the last `reply` and the `cause`; or the error
---  of a call that the waiter does not expect
function Client:wait(name, input, options)
  option_types.check(options, option_types.WAIT, 2)
  local waiter = find_waiter(self, name, 2)
  check_call(self, waiter.operation, input or {}, 2)
  return waiters.wait(self, waiter, input or {}, options or {})
end

--- Returns a URL with which anybody can call an operation until it expires: it contains the signature. Keep it secret.
--- The operation must come from AWS's model of the service (option `modelled`, if the service is described, too).
---
--- ```lua
--- local s3 = aws.client "s3" -- from AWS's models
--- local url, headers, method = s3:presign("GetObject", {
---   Bucket = "reports", Key = "2026/10.csv" }, { expires = 600 })
--- print(method, url:match "reports/[^?]*", url:match "Expires=%d+")
--- --> GET	reports/2026/10.csv	Expires=600
--- ```
---@param operation string
---@param input? table  the members of the request
---@param options? { expires?: integer }  seconds from now; 3600 by default, and 604800 at most
---@return string? url
---@return table<string, string>|aws.Error headers  the headers that the request must have; or the error
---@return string? method  of the request
function Client:presign(operation, input, options)
  option_types.check(options, {}, 2)
  for name in pairs(options or {}) do
    if name ~= "expires" then
      error(("presign has no option '%s': use expires"):format(tostring(name)), 2)
    end
  end
  input = check_call(self, operation, input or {}, 2)
  local described = self.description.operations[operation]
  if not described.model then
    error(("%s:%s is not an operation of AWS's model: create the client with the option modelled"):format(self.service,
      operation), 2)
  end
  return require("lanyard.aws.presign")(self, described, input, options or {})
end

--- Returns how many seconds the service's clock is ahead of this machine's, as far as a rejected signature has shown.
---@return number
function Client:clock_offset()
  return self.shared.offsets[self.endpoint] or 0
end

-- ---------------------------------------------------------------------------------------------
-- Clients

local meta = {}

-- An operation becomes a method of the client at its first use.
function meta.__index(self, name)
  local method = Client[name]
  if method then
    return method
  elseif type(name) ~= "string" or not name:find "^%u" then
    return nil
  end
  find_operation(self, name, 2)
  method = function(client, input, options)
    if client ~= self then
      error("call it with a colon: client:" .. name .. " { ... }", 2)
    end
    return call(client, name, check_call(client, name, input or {}, 2), check_options(client, name, options, 2))
  end
  rawset(self, name, method)
  return method
end

--- Returns new state for the clients of a session to share: the retry quotas, by service and Region, and the clock
--- offsets, by endpoint. It belongs into session.shared.
---@return { quotas: table, offsets: table<string, number> }
function M.new_shared()
  return { quotas = {}, offsets = {} }
end

--- Options of one call of an operation that comes from AWS's model of the service.
---@class aws.CallOptions
---@field to? string  path of a file that receives the streaming member of the reply, without holding it in memory; the
---  file appears when it is complete

--- Options of a client. Each replaces the one of the session.
---@class aws.ClientOptions
---@field max_attempts? integer     attempts of a call, including those after a corrected clock or expired credentials
---@field retry_mode? string       "standard" or "adaptive"
---@field longest_delay? number    seconds between two attempts; 20 by default
---@field connect_timeout? number  seconds
---@field timeout? number          seconds for the whole attempt
---@field ca_bundle? string        path of a file with certificate authorities
---@field max_size? integer        bytes of a reply; 64 MiB by default
---@field app_id? string           application name in the User-Agent
---@field debug? fun(line: string)  receives a log of the requests, without secrets
---@field on_retry? fun(err: lanyard.Error?, delay: number?)  is called before the wait for a retry, and with nil after
---  it
---@field transport? function      lanyard.http.request by default
---@field clock? lanyard.Clock      lanyard.clock by default
---@field modelled? boolean        prefer AWS's model of a service that is described, too
---@field unsigned? boolean        request no credentials and sign nothing
---@field permit? fun(client: aws.Client, operation: string, input: table): true?, lanyard.Error?  decides about each
---  call before it is sent
---@field sealed? boolean          return the secret members of replies as sealed secrets

local OPTIONS = {
  "max_attempts", "longest_delay", "connect_timeout", "timeout", "ca_bundle", "max_size", "debug", "on_retry",
  "unsigned", "sealed", "permit",
}

--- Creates a client.
---@param session aws.Session
---@param description aws.Service
---@param endpoint { url: string, signing_region: string, source?: string }  see lanyard.aws.endpoints
---@param options aws.ClientOptions
---@return aws.Client
function M.new(session, description, endpoint, options)
  local protocol = description.model or PROTOCOLS[description.protocol]
    or error(("'%s' is not a protocol"):format(tostring(description.protocol)))
  local mode, message = retry.mode(options.retry_mode)
  local own = {
    retry_mode = mode or error(message, 3),
    transport = options.transport or http.request,
    clock = options.clock or clock,
  }
  for _, name in ipairs(OPTIONS) do
    own[name] = options[name]
  end
  local shared = session.shared
  local quota_name = ("%s %s"):format(description.name, session.region)
  shared.quotas[quota_name] = shared.quotas[quota_name] or quota.new()
  if message and own.debug then
    own.debug("* " .. message)
  end
  return setmetatable({
    session = session,
    shared = shared,
    quota = shared.quotas[quota_name],
    service = description.name,
    description = description,
    protocol = not description.model and protocol() or nil,
    region = session.region,
    endpoint = (endpoint.url:gsub("/+$", "")),
    custom_endpoint = endpoint.source and endpoint.url or nil,
    signing_region = endpoint.signing_region,
    user_agent = user_agent(options.app_id),
    options = own,
  }, meta)
end

return M
