--- Makes one attempt of a call: signs and sends the request, and checks and decodes the reply.
---
---     local output, err = attempt(client, "GetRepositoryPolicy", { repositoryName = "web" }, keys, 0)
---
--- lanyard.aws.call decides what follows a failed attempt.

local credentials_core = require "lanyard.credentials"
local errors = require "lanyard.errors"
local host_prefix = require "lanyard.aws.host_prefix"
local lazy = require "lanyard.lazy"
local retry = require "lanyard.aws.retry"
local shapes = require "lanyard.aws.shapes"
local sigv4 = require "lanyard.sigv4"

local secrets = lazy "lanyard.aws.secrets"
local wire = lazy "lanyard.aws.wire"

local function failed(client, operation, err)
  err.operation = operation
  err.service = client.service
  return nil, errors.new(err)
end

-- ---------------------------------------------------------------------------------------------
-- The request

-- Builds a request and signs it, unless `keys` is nil. `offset` is how many seconds the service's clock is ahead.
local function request_of(client, operation, input, keys, offset)
  local headers, body, method, target, prefix = client.protocol.encode(client.description, operation, input)
  headers["User-Agent"] = client.user_agent
  local options = client.options
  local request = {
    method = method or "POST",
    url = host_prefix(client.endpoint, prefix) .. (target or "/"),
    headers = headers,
    body = body,
    credentials = keys,
    region = client.signing_region,
    service = client.description.signing_name or client.service,
    time = options.clock.time() + offset,
    connect_timeout = options.connect_timeout,
    timeout = options.timeout,
    ca_bundle = options.ca_bundle,
    max_size = options.max_size,
    sealed = options.sealed,
  }
  if keys then
    sigv4.sign_request(request)
  end
  return request
end

-- Builds the request of a plan and signs it.
local function request_of_plan(client, plan, keys, offset)
  local options, headers = client.options, {}
  for name, value in pairs(plan.headers) do
    headers[name] = value
  end
  local request = {
    method = plan.method, url = plan.url, headers = headers, body = plan.body,
    body_before = plan.body_before, body_after = plan.body_after, payload_hash = plan.payload_hash,
    connect_timeout = options.connect_timeout, timeout = plan.is_long and math.huge or options.timeout,
    stall_timeout = plan.is_long and options.timeout or nil, ca_bundle = options.ca_bundle,
    max_size = options.max_size, to = plan.to, as_stored = plan.as_stored,
  }
  plan:sign(request, keys, options.clock.time() + offset)
  return request
end

-- ---------------------------------------------------------------------------------------------
-- The reply

local function invalid(client, operation, reply, message)
  return failed(client, operation, {
    code = "InvalidResponse",
    message = message,
    status = reply.status,
    request_id = reply.headers["x-amzn-requestid"],
    retryable = false,
    sent = true,
    tip = "a proxy may have changed the reply; --debug shows it",
  })
end

-- Puts sealed values where the text of a sealed reply has *** for them.
local function restore_sealed(output, opened)
  for member, value in pairs(output) do
    if type(value) == "table" then
      restore_sealed(value, opened)
    elseif value == "***" then
      output[member] = opened[member]
    end
  end
end

-- Reports whether the reply of an operation has a body with members.
local function has_body(described)
  local count = 0
  for member in pairs(described.reply) do
    count = count + 1
    for _, in_header in pairs(described.reply_headers) do
      count = in_header == member and count - 1 or count
    end
  end
  return count > 0
end

local function read_success(client, operation, input, reply, opened)
  local described = client.description.operations[operation]
  if reply.body == "" and has_body(described) then
    local _, err = invalid(client, operation, reply, "the reply is empty")
    err.retryable = true
    return nil, err
  end
  local output, message, dropped = client.protocol.decode(reply.body, operation, described, reply.headers)
  if not output then
    return invalid(client, operation, reply, message)
  end
  local fault = shapes.check(described.output, output, {
    input = input, xml = client.protocol.FORMAT == "xml", dropped = dropped,
  })
  if fault then
    return invalid(client, operation, reply, "the member " .. fault)
  elseif opened then
    restore_sealed(output, opened)
  end
  return output
end

-- A proxy in front of an http endpoint asks for a password in place of the service, with a page that is not AWS's.
local function proxy_refused(client, operation)
  return failed(client, operation, {
    code = "Proxy",
    message = "the proxy requires a user and a password (407)",
    proxy_status = 407,
    retryable = false,
    sent = false,
  })
end

local NO_MESSAGE = "HTTP status %d without a message"

local function read_failure(client, operation, reply, plan)
  if reply.status == 407 then
    return proxy_refused(client, operation)
  end
  local err = plan and plan:failure(reply) or client.protocol.decode_error(reply)
  err.status = reply.status
  err.code = err.code or "Http" .. reply.status
  err.message = err.message or NO_MESSAGE:format(reply.status)
  err.request_id = reply.headers["x-amzn-requestid"] or reply.headers["x-amz-request-id"] or err.request_id
  err.date = reply.headers.date
  err.retry_after = retry.after(reply.headers, client.options.clock.time())
  err.sent = true
  err.retryable = err.retryable or retry.is_retryable(err, client.description.transient)
  return failed(client, operation, err)
end

local function is_redirect(reply)
  return reply.status >= 300 and reply.status < 400
end

local function redirected(client, operation, reply)
  return invalid(client, operation, reply,
    ("the reply is a redirect (%d) to %s, which AWS services do not send: check the endpoint")
    :format(reply.status, (reply.headers.location or "nowhere"):match "^[^?#]*"))
end

-- Returns the output of a reply | nil, err
local function read_reply(client, operation, input, reply, opened)
  if reply.status >= 200 and reply.status < 300 then
    return read_success(client, operation, input, reply, opened)
  elseif is_redirect(reply) then
    return redirected(client, operation, reply)
  end
  return read_failure(client, operation, reply)
end

-- Returns the output of a reply to a plan | nil, err
local function read_planned(client, plan, reply)
  local operation = plan.operation.name
  if plan:is_success(reply) then
    local output, message, retryable, code = plan:read(reply)
    if output then
      return output
    elseif code then
      return failed(client, operation, {
        code = code, message = message, status = reply.status, retryable = false, sent = true,
      })
    end
    local _, err = invalid(client, operation, reply, message)
    err.retryable = retryable or false
    return nil, err
  elseif is_redirect(reply) and not plan:redirects() then
    return redirected(client, operation, reply)
  end
  return read_failure(client, operation, reply, plan)
end

-- Represents a sealed body that cannot be unsealed. It is neither JSON nor XML.
local UNREADABLE = "***"

-- Replaces a sealed body by its text, with *** in place of the secrets, and returns the secrets.
local function unseal(client, reply)
  if type(reply.body) == "string" then
    return nil
  end
  local text, opened = reply.body:unseal(client.description.secrets, client.protocol.FORMAT)
  reply.body = text or UNREADABLE
  return text and opened
end

-- ---------------------------------------------------------------------------------------------
-- The error

-- Makes a text one line of UTF-8.
local function to_line(text)
  text = text:gsub("%c+", " ")
  return utf8.len(text) and text or text:gsub("[\128-\255]", "?")
end

-- Makes the texts of an error, which come from outside, safe to print: each is one line, without control characters and
-- without the secrets of the request, which some services repeat in their errors. Lanyard's own text is not changed: it
-- stays readable where a secret is as short as "a".
local function sanitize(err, redactor)
  local own = err.status and NO_MESSAGE:format(err.status)
  for _, name in ipairs { "message", "tip", "docs" } do
    err[name] = err[name] and (err[name] == own and own or redactor:redact(err[name]))
  end
  for name, value in pairs(err) do
    err[name] = type(value) == "string" and to_line(value) or value
  end
  return err
end

local function transport_failed(client, operation, err)
  return failed(client, operation, {
    code = err.code,
    message = err.code == "TooLarge" and "the reply is larger than the limit" or err.message,
    retryable = err.retryable,
    sent = err.sent,
    proxy_status = err.proxy_status,
    proxy_certificate = err.proxy_certificate,
    without_authorities = err.without_authorities,
  })
end

-- Returns a redactor of what no log and no error may contain, the secrets that are too short for it, and a redactor of
-- the ones that a log must hide first (lanyard.aws.secrets), or nil.
local function redactor_of(client, input, keys, plan, output)
  local known, short = secrets.of(input, { keys }), {}
  if plan then
    secrets.of_shape(plan.operation.input, input, known, short)
    secrets.of_shape(plan.operation.output, output, known, short)
  elseif next(client.description.sensitive) then
    secrets.of_members(client.description.sensitive, output, known, short)
  end
  local first = known.whole and credentials_core.redactor(known.whole, secrets.SHORTEST)
  return credentials_core.redactor(known, secrets.SHORTEST), short, first
end

-- Reports whether a failed attempt may have written to a device or FIFO, which would get the same bytes again from the
-- next attempt.
local function cannot_repeat(plan, reply, err)
  local in_place = plan and plan.to and not plan.to:is_temporary()
  return in_place and (reply and plan:is_success(reply) or not reply and err.sent)
end

--- Makes one attempt of a call.
---@param client aws.Client
---@param operation string
---@param input table
---@param keys? userdata  credentials or a token; nil for an operation that is not signed
---@param offset number   seconds that the service's clock is ahead of this machine's
---@param plan? aws.Plan  of an operation that comes from a model
---@return table? output
---@return lanyard.Error? err
return function(client, operation, input, keys, offset, plan)
  local request = plan and request_of_plan(client, plan, keys, offset)
    or request_of(client, operation, input, keys, offset)
  local debug = client.options.debug
  local redactor, short, first
  if debug then
    redactor, short, first = redactor_of(client, input, keys, plan)
    debug(wire.request(request, redactor, short, first))
  end
  local ready, err, reply = true, nil, nil
  if plan and plan.to then
    ready, err = plan.to:rewind()
  end
  if ready then
    reply, err = client.options.transport(request)
  end
  if not reply then
    if debug then
      debug("< " .. err.message)
    end
    err.retryable = not cannot_repeat(plan, nil, err) and err.retryable
    return transport_failed(client, operation, err)
  end
  local output
  if plan then
    output, err = read_planned(client, plan, reply)
    if err and cannot_repeat(plan, reply, err) then
      err.retryable = false
    end
  else
    local opened = unseal(client, reply)
    output, err = read_reply(client, operation, input, reply, opened)
  end
  if debug then
    if output then
      redactor, short, first = redactor_of(client, input, keys, plan, output)
    end
    debug(wire.reply(reply, redactor, short, first))
  end
  if plan and client.options.sealed then
    output = output and secrets.seal(plan.operation.output, output)
  end
  return output, err and sanitize(err, redactor or (redactor_of(client, input, keys, plan)))
end
