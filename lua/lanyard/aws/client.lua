-- A client of one service: an operation of AWS is a method of it.
--
--   local reply, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
--   for repository in ecr:each("DescribeRepositories", "repositories") do ... end
--   local all, err = ecr:list("DescribeRepositories", "repositories")
--   local reply, err = lightsail:wait("ServiceActive", { serviceName = "web" }, { timeout = 600 })
--
-- err: code, message, status, request_id, operation, service, region, attempts, retryable, sent; reason
-- (OAuth's code, of the sign-in services); earlier (the failure of an attempt before that may have been
-- carried out, where the last one was refused).

local clock = require "lanyard.clock"
local credentials_core = require "lanyard.credentials"
local errors = require "lanyard.errors"
local http = require "lanyard.http"
local lists = require "lanyard.lists"
local suggest = require "lanyard.text.suggest"
local quota = require "lanyard.aws.quota"
local rate = require "lanyard.aws.rate"
local retry = require "lanyard.aws.retry"
local secrets = require "lanyard.aws.secrets"
local sigv4 = require "lanyard.sigv4"
local skew = require "lanyard.aws.skew"
local version = require "lanyard.version"
local waiters = require "lanyard.aws.waiters"
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
local function put_back(output, opened)
  for member, value in pairs(output) do
    if type(value) == "table" then
      put_back(value, opened)
    elseif value == "***" then
      output[member] = opened[member]
    end
  end
end

-- One line of UTF-8.
local function plain(text)
  text = text:gsub("%c+", " ")
  return utf8.len(text) and text or text:gsub("[\128-\255]", "?")
end

-- What came from outside, for a person: on one line, without a byte that a terminal acts on or that is no text,
-- and without the secrets of the request, which some answers repeat.
local function clean(err, input, keys)
  local redactor = credentials_core.redactor(secrets.of(input, { keys }))
  for _, name in ipairs { "message", "tip", "docs" } do
    err[name] = err[name] and redactor:redact(err[name])
  end
  for name, value in pairs(err) do
    err[name] = type(value) == "string" and plain(value) or value
  end
  return err
end

local function answer_of(self, operation, reply, opened)
  if reply.status >= 200 and reply.status < 300 then
    local described = self.description.operations[operation]
    if reply.body == "" and next(described.reply) then
      local nothing, err = invalid(self, operation, reply, "the answer is empty")
      err.retryable = true
      return nothing, err
    end
    local output, why = self.protocol.decode(reply.body, operation, described)
    if not output then
      return invalid(self, operation, reply, why)
    end
    output, why = check_reply(self, operation, reply, output, described)
    if output and opened then
      put_back(output, opened)
    end
    return output, why
  elseif reply.status < 400 then
    return invalid(self, operation, reply,
      ("the answer is a redirect (%d) to %s, which no AWS service sends: is the endpoint right?")
      :format(reply.status, (reply.headers.location or "nowhere"):match "^[^?#]*"))
  end
  local err = self.protocol.decode_error(reply)
  err.status = reply.status
  err.code = err.code or "Http" .. reply.status
  err.message = err.message or ("HTTP status %d without a message"):format(reply.status)
  err.request_id = reply.headers["x-amzn-requestid"] or reply.headers["x-amz-request-id"] or err.request_id
  err.date = reply.headers.date
  err.retry_after = retry.after(reply.headers, self.options.clock.time())
  err.sent = true
  err.retryable = retry.is_retryable(err)
  return failed(self, operation, err)
end

-- keys: nil for an operation that is not signed; offset: seconds that the service's clock is ahead
local function request_of(self, operation, input, keys, offset)
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
    time = options.clock.time() + offset,
    connect_timeout = options.connect_timeout,
    timeout = options.timeout,
    ca_bundle = options.ca_bundle,
    max_size = options.max_size,
    sealed = options.sealed,
  }
  if keys then
    for name, value in pairs((sigv4.sign(request))) do
      headers[name] = value
    end
  end
  return request
end

-- What stands for a sealed body that could not be opened: neither JSON nor XML.
local UNREADABLE = "***"

-- A sealed body becomes text with *** in the place of secrets, which are given apart.
local function unseal(self, reply)
  if type(reply.body) == "string" then
    return nil
  end
  local text, opened = reply.body:unseal(self.description.secrets, self.protocol.FORMAT)
  reply.body = text or UNREADABLE
  return text and opened
end

local function attempt(self, operation, input, keys, offset)
  local request = request_of(self, operation, input, keys, offset)
  local debug = self.options.debug
  local redactor = debug and credentials_core.redactor(secrets.of(input, { keys }))
  if debug then
    debug(wire.request(request, redactor))
  end
  local reply, err = self.options.transport(request)
  if not reply then
    if debug then
      debug("< " .. err.message)
    end
    return failed(self, operation, {
      code = err.code,
      message = err.code == "TooLarge" and "the answer is larger than an answer may be" or err.message,
      retryable = err.retryable,
      sent = err.sent,
    })
  end
  local opened = unseal(self, reply)
  if debug then
    debug(wire.reply(reply, redactor))
  end
  local output
  output, err = answer_of(self, operation, reply, opened)
  return output, err and clean(err, input, keys)
end

-- ---------------------------------------------------------------------------------------------
-- Calls

local function check_call(self, operation, input, level)
  local described = self.description.operations[operation]
  if not described then
    local meant = suggest(operation, lists.sorted_names(self.description.operations))
    error(("%s has no operation '%s'%s"):format(self.service, tostring(operation),
      meant and "; " .. meant .. " is near" or ""), level + 1)
  end
  for _, member in ipairs(described.required) do
    if input[member] == nil then
      error(("%s:%s needs %s"):format(self.service, operation, member), level + 1)
    end
  end
end

local function note(self, text, ...)
  if self.options.debug then
    self.options.debug("* " .. text:format(...))
  end
end

-- The limiter that a call passes | nil when it passes none: AWS limits each operation in each Region.
local function limiter_of(self, operation, keys)
  if self.options.retry_mode ~= "adaptive" then
    return nil
  end
  local owner = keys and keys.account_id or self.session
  return rate.limiter(owner, ("%s %s %s"):format(self.region, self.endpoint, operation), self.options.clock)
end

-- Puts right why AWS refused a signature: this machine's clock, or credentials that have ended. Whether
-- the call may succeed now. `signed_by` is the clock's offset that it was signed with; `righted` has what was
-- done in this call; each is done once.
local function put_right(self, err, keys, signed_by, righted)
  local offsets = self.shared.offsets
  local offset = skew.offset(err, self.options.clock.time(), signed_by)
  if offset and not righted.clock then
    righted.clock = true
    offsets[self.endpoint] = offset
    note(self, "%s's clock is %+d s from this machine's: signing by it from now on", self.service, offset)
    return true
  elseif retry.is_expired(err) and keys and not righted.keys and self.session.expire then
    righted.keys = true
    self.session:expire(keys)
    local fresh = self.session:credentials()
    return fresh ~= nil and fresh.access_key_id ~= keys.access_key_id
  end
  return false
end

-- Waits before the next attempt. What it costs | nil when so much failed lately that none is made
local function back_off(self, err, number)
  local options = self.options
  local cost = retry.cost(err)
  if not self.quota:take(cost) then
    note(self, "not tried again: too many calls to %s fail", self.service)
    return nil
  end
  local delay = retry.delay(number, err, options.clock.random, options.longest_delay)
  note(self, "attempt %d of %d: %s; again in %.2f s", number, options.max_attempts, err.code, delay)
  options.clock.sleep(delay)
  return cost
end

-- What a call ends in that failed. `doubtful`: the failure of an attempt before that may have been
-- carried out, which a refusal now ("already exists") may come of.
local function ending(err, doubtful, described)
  if doubtful and doubtful ~= err and not described.reads and not retry.may_have_happened(err) then
    err.earlier = doubtful
    err.tip = err.tip or ("attempt %d of this call broke off (%s) and may have been carried out; look before it is "
      .. "made again"):format(doubtful.attempts, doubtful.code)
  end
  return nil, err
end

local function call(self, operation, input)
  local options, described = self.options, self.description.operations[operation]
  local unsigned = options.unsigned or described.unsigned
  local righted, cost, doubtful = {}, nil, nil
  for number = 1, options.max_attempts do
    local keys, output, err
    if not unsigned then
      keys, err = self.session:credentials()
      if not keys then
        return nil, err
      end
    end
    local limiter = limiter_of(self, operation, keys)
    local sent = limiter and limiter:acquire()
    local offset = self.shared.offsets[self.endpoint] or 0
    output, err = attempt(self, operation, input, keys, offset)
    if limiter then
      limiter:record(err ~= nil and retry.is_throttling(err), sent)
    end
    if output then
      self.quota:give(cost or 1)
      return output
    end
    err.attempts, err.region = number, self.region
    local right = put_right(self, err, keys, offset, righted)
    err.retryable = right or err.retryable
    if retry.may_have_happened(err) then
      doubtful = err
    end
    if not err.retryable or number == options.max_attempts or described.once and doubtful then
      return ending(err, doubtful, described)
    elseif not right then
      cost = back_off(self, err, number)
      if not cost then
        return ending(err, doubtful, described)
      end
    end
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
  local ended, seen = false, {}
  return function()
    if ended then
      return nil
    end
    local reply, err = call(self, operation, page)
    local token = reply and paging[2] and reply[paging[2]]
    ended = not token or token == ""
    if token and seen[token] then
      ended = true
      return nil, errors.new {
        code = "InvalidResponse", service = self.service, operation = operation,
        message = "the token of the next page is that of a page before",
      }
    elseif token then
      seen[token] = true
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

-- client:wait(name, input [, options]) --> the reply waited for | nil, err; see lanyard.aws.waiters
function Client:wait(name, input, options)
  local waiter = self.description.waiters[name]
  if not waiter then
    local meant = suggest(tostring(name), lists.sorted_names(self.description.waiters))
    error(("%s has no waiter '%s'%s"):format(self.service, tostring(name),
      meant and "; " .. meant .. " is near" or ""), 2)
  end
  check_call(self, waiter.operation, input or {}, 2)
  return waiters.wait(self, waiter, input or {}, options or {})
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

-- What the clients of a session share: the quotas of retries, by service and Region, and how far the
-- clocks of endpoints are from this machine's.
local function shared_of(session)
  session.shared = session.shared or { quotas = {}, offsets = {} }
  return session.shared
end

-- new(session, description, endpoint, options) --> client
-- endpoint: see lanyard.aws.endpoints; options: max_attempts (all that a call may take, what is put right
-- between two included), retry_mode (see lanyard.aws.retry), longest_delay between two attempts (20
-- seconds), connect_timeout, timeout, ca_bundle, max_size of a reply (bytes; 64 MiB), app_id,
-- debug(line), transport (lanyard.http.request unless given), clock (lanyard.clock unless given), unsigned
-- (ask for no credentials and sign nothing), sealed (the secret members of replies are sealed secrets).
function M.new(session, description, endpoint, options)
  local shared = shared_of(session)
  local name = ("%s %s"):format(description.name, session.region)
  shared.quotas[name] = shared.quotas[name] or quota.new()
  local mode, why = retry.mode(options.retry_mode)
  local self = setmetatable({
    session = session,
    shared = shared,
    quota = shared.quotas[name],
    service = description.name,
    description = description,
    protocol = PROTOCOLS[description.protocol] or error("no protocol '" .. tostring(description.protocol) .. "'"),
    region = session.region,
    endpoint = (endpoint.url:gsub("/+$", "")),
    signing_region = endpoint.signing_region,
    user_agent = user_agent(options.app_id),
    options = {
      max_attempts = options.max_attempts,
      retry_mode = mode or error(why),
      longest_delay = options.longest_delay,
      connect_timeout = options.connect_timeout,
      timeout = options.timeout,
      ca_bundle = options.ca_bundle,
      max_size = options.max_size,
      debug = options.debug,
      transport = options.transport or http.request,
      clock = options.clock or clock,
      unsigned = options.unsigned,
      sealed = options.sealed,
    },
  }, meta)
  if why then
    note(self, "%s", why)
  end
  return self
end

return M
