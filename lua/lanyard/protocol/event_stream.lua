--- Streams of events in replies: each message is an event, or an exception, which ends the stream.
---
---     local stream = event_stream.reader(shape, decode)
---     for _, event in ipairs(assert(stream:feed(chunk))) do ... event.Records.Payload ... end
---     assert(stream:finish())
---
--- An event is a table with one member: its name and its value. https://smithy.io/2.0/spec/streaming.html

local event_message = require "lanyard.protocol.event_message"
local fault = require "lanyard.protocol.fault"
local json = require "lanyard.json"

local M = {}

local INITIAL = "initial-response" -- of protocols without bindings to HTTP: the other members of the output

-- The Lua types of headers, by the type of the member.
local HEADER_TYPES = {
  string = "string", blob = "string", boolean = "boolean", integer = "number", long = "number", timestamp = "number",
}

local function add_headers(event, shape, message, path)
  for _, member in ipairs(shape.members) do
    local value = message.headers[member.member]
    if member.eventheader and value ~= nil then
      path[#path + 1] = member.member
      if type(value) ~= HEADER_TYPES[member.type] then
        fault.wrong_type(path, value, "a " .. member.type)
      end
      event[member.member] = value
      path[#path] = nil
    end
  end
end

-- Returns the member that is the whole payload.
local function payload_member(shape)
  for _, member in ipairs(shape.members) do
    if member.eventpayload then
      return member
    end
  end
end

-- Returns the value of an event.
local function value_of(shape, message, decode, path)
  local member, event = payload_member(shape), {}
  if member and (member.type == "blob" or member.type == "string") then
    event[member.member] = message.payload
  elseif member and message.payload ~= "" then
    path[#path + 1] = member.member
    event[member.member] = decode(member, message.payload, path)
    path[#path] = nil
  elseif message.payload ~= "" then
    event = decode(shape, message.payload, path)
  end
  add_headers(event, shape, message, path)
  return event
end

-- Raises an exception of the stream. Exceptions that are not described have a code and a message.
local function raise_exception(self, message)
  local headers = message.headers
  local code = headers[":exception-type"] or headers[":error-code"]
  local name = tostring(code or "an unknown error")
  local text = headers[":error-message"]
  if message.payload ~= "" then
    local value = fault.catch(self.decode, self.shape.by_name[name], message.payload, {})
    text = text or type(value) == "table" and (value.message or value.Message) or nil
  end
  fault.raise({}, ("the service ended the stream of events with %s%s"):format(fault.shown(name),
    type(text) == "string" and ": " .. text:gsub("%c", " ") or ""), type(code) == "string" and fault.shown(code) or nil)
end

-- Returns an event that the model does not have: its value as it is, or its bytes.
local function unknown(self, message)
  local value = fault.catch(self.decode, nil, message.payload, {})
  return value == nil and message.payload or value
end

-- Adds the event of a message to a list.
local function add_event(self, events, message)
  local kind, name = message.headers[":message-type"], message.headers[":event-type"]
  if kind == "exception" or kind == "error" then
    raise_exception(self, message)
  elseif kind ~= "event" or type(name) ~= "string" then
    fault.raise({}, "the stream of events is damaged: a message has no type")
  elseif name == INITIAL then
    self.initial = message.payload
    return
  end
  local member = self.shape.by_name[name]
  local value = member and value_of(member, message, self.decode, { name }) or unknown(self, message)
  events[#events + 1] = { [name] = value }
end

---@class protocol.EventStream
---@field initial? string  the payload of the initial response
---@field failure? string  why the stream ended, reported after the events before it
---@field code? string     of the exception that ended it
local Stream = {}
Stream.__index = Stream

--- Makes a reader of one stream.
---@param shape model.Shape  the union of the events
---@param decode fun(shape?: model.Shape, text: string, path: string[]): any  decodes a structure; may raise a fault
---@return protocol.EventStream
function M.reader(shape, decode)
  return setmetatable({ shape = shape, decode = decode, messages = event_message.reader() }, Stream)
end

--- Reads a chunk. Returns the events that end in it. The first exception ends the stream: it is the result of the call
--- after the events before it.
---@param chunk string
---@return table<string, any>[]? events
---@return string? message
function Stream:feed(chunk)
  local events, messages = json.array {}, nil
  if not self.failure then
    messages, self.failure = self.messages:feed(chunk)
  end
  for _, message in ipairs(messages or {}) do
    local _, failure, code = fault.catch(add_event, self, events, message)
    if failure then
      self.failure, self.code = failure, code
      break
    end
  end
  if self.failure and #events == 0 then
    return nil, self.failure
  end
  return events
end

--- Ends the stream.
---@return true?
---@return string? message
function Stream:finish()
  if self.failure then
    return nil, self.failure
  end
  return self.messages:finish()
end

--- Reads a whole stream. Raises a fault if it is damaged or has an exception.
---@param shape model.Shape
---@param text string
---@param decode fun(shape?: model.Shape, text: string, path: string[]): any
---@param path string[]
---@return table<string, any>[] events
---@return string? initial  the payload of the initial response
function M.read(shape, text, decode, path)
  local stream = M.reader(shape, decode)
  local events, message = stream:feed(text)
  if events then
    local _, unfinished = stream:finish()
    message = unfinished
  end
  if message then
    fault.raise(path, message, stream.code)
  end
  return events, stream.initial
end

return M
