--- Parses the description of an AWS service. See lanyard.aws.services for the form.
---
---     local service = description.parse {
---       name = "sqs", protocol = "json", version = "1.0", target = "AmazonSQS",
---       operations = [[ GetQueueUrl QueueName -> QueueUrl:string! ]],
---     }
---
--- Operations, structures and waiters are parsed when they are first read: a script needs few of them.

local lazy = require "lanyard.lazy"
local lines = require "lanyard.text.lines"
local lists = require "lanyard.lists"
local recorded = require "lanyard.aws.recorded"
local shapes = require "lanyard.aws.shapes"

local acceptors = lazy "lanyard.aws.acceptors"

local M = {}

--- An operation of a service.
---@class aws.Operation
---@field required string[]             members that a call must give
---@field output table<string, aws.Type> members of the reply, see lanyard.aws.shapes
---@field reply table<string, string>   the kinds of these members: string, number, boolean, table or list
---@field reads? boolean                it changes nothing
---@field unsigned? boolean             it needs no credentials
---@field once? boolean                 it is not repeated if it may have been carried out
---@field method? string                rest_json: the HTTP method
---@field path? string                  rest_json: the path, with {member} and {member+} in it
---@field query? { name: string, member?: string, value?: string }[]
---@field headers table<string, string> rest_json: the member that each header carries
---@field placed table<string, boolean> rest_json: members that are not in the body
---@field payload? string               rest_json: the member that is the whole body
---@field raw_payload? boolean          rest_json: the body is bytes, not JSON
---@field reply_payload? string         rest_json: the member that is the whole reply
---@field raw_reply? boolean            rest_json: the reply is bytes, not JSON
---@field reply_headers table<string, string> rest_json: the members by the headers of the reply, in lower case
---@field host_prefix? string           what precedes the host of the endpoint, with {member} in it

--- A parsed service.
---@class aws.Service
---@field name string  "ecr"
---@field protocol "json"|"query"|"rest_json"  of its requests
---@field operations table<string, aws.Operation>  by name
---@field waiters table<string, aws.Waiter>  by name
---@field acceptors table<string, aws.Acceptor[]>  the groups of acceptors that have a name
---@field secrets string[]
---@field sensitive table<string, boolean>  members of replies that are hidden in logs
---@field transient table<string, boolean>

-- Prefixes of operations that change nothing.
local READS = { "^Get", "^List", "^Describe", "^Lookup", "^Simulate", "^BatchGet", "^BatchCheck", "^Decode" }
local METHODS = lists.set "GET PUT POST PATCH DELETE HEAD"
local FLAGS = lists.set "unsigned once"

-- Fields of a description that are parsed; all others are copied.
local PARSED = lists.set "operations secrets sensitive shapes transient waiters"

-- What a kind of type is in Lua. Replies in XML have texts for all values but lists and tables.
local KINDS = { structure = "table", map = "table", time = "number", integer = "number", echo = "string" }

-- Parses the path and query of a rest_json operation.
local function parse_target(operation, target)
  local path, query = target:match "^([^?]*)%??(.*)$"
  operation.path, operation.query = path, {}
  for member in path:gmatch "{(%w+)%+?}" do
    operation.placed[member] = true
    table.insert(operation.required, member)
  end
  for name, value in query:gmatch "([^&=]+)=([^&]*)" do
    local member, optional = value:match "^{(%w+)(%??)}$"
    table.insert(operation.query, { name = name, member = member, value = not member and value or nil })
    if member then
      operation.placed[member] = true
      table.insert(operation.required, optional == "" and member or nil)
    end
  end
end

-- Parses a word between an operation's name and its reply.
local function parse_word(operation, word)
  local header, member, optional = word:match "^([%w_-]+)={(%w+)(%??)}$"
  local payload, raw = word:match "^{(%w+)(:?r?a?w?)}$"
  if FLAGS[word] then
    operation[word] = true
  elseif word:find "^/" then
    parse_target(operation, word)
  elseif word:find "^@." then
    operation.host_prefix = word:sub(2)
    for name in word:gmatch "{(%w+)}" do
      table.insert(operation.required, name)
    end
  elseif METHODS[word] then
    operation.method = word
  elseif header then
    operation.headers[header] = member
    operation.placed[member] = true
    table.insert(operation.required, optional == "" and member or nil)
  else
    operation.payload = operation.payload or payload
    operation.raw_payload = raw == ":raw" or nil
    table.insert(operation.required, payload or word)
  end
end

-- Parses what a reply has.
local function parse_reply(operation, reply, structures)
  if reply:find("{", 1, true) then
    reply = reply:gsub("(%S+)={(%w+)}", function(header, member)
      operation.reply_headers[header:lower()] = member
      return member .. ":string"
    end)
    local payload, raw = reply:match "{(%w+)(:?r?a?w?)}"
    operation.reply_payload, operation.raw_reply = payload, raw == ":raw" or nil
    reply = reply:gsub("{[^}]*}", "")
  end
  operation.output = shapes.members(reply, structures)
  for member, type in pairs(operation.output) do
    operation.reply[member] = KINDS[type.kind] or type.kind
  end
end

-- structures: of the service
local function parse_operation(line, structures)
  local arrow = line:find("->", 1, true)
  local name, words = line:sub(1, (arrow or 0) - 1):match "^(%S+)(.*)$"
  local operation = { required = {}, reply = {}, headers = {}, reply_headers = {}, placed = {} }
  for _, prefix in ipairs(READS) do
    operation.reads = operation.reads or name:find(prefix) ~= nil
  end
  for word in words:gmatch "%S+" do
    parse_word(operation, word)
  end
  parse_reply(operation, arrow and line:sub(arrow + 2) or "", structures)
  return operation
end

-- Parses the waiters of a service when they are first read.
local function waiters_of(text)
  return function(service, field)
    if field ~= "waiters" and field ~= "acceptors" then
      return nil
    end
    service.waiters, service.acceptors = acceptors.parse(text)
    return rawget(service, field)
  end
end

--- Parses a description.
---@param description aws.ServiceDescription
---@return aws.Service
function M.parse(description)
  local service = { secrets = {}, transient = recorded.codes_of("transient", description.name) }
  for code in (description.transient or ""):gmatch "%S+" do
    service.transient[code] = true
  end
  for key, value in pairs(description) do
    if not PARSED[key] then
      service[key] = value
    end
  end
  for member in (description.secrets or ""):gmatch "%S+" do
    table.insert(service.secrets, member)
  end
  service.sensitive = lists.set(description.sensitive or "")
  local structures = shapes.parse(description.shapes or "")
  service.operations = lists.made_when_read(lines.by_word(description.operations), function(line)
    return parse_operation(line, structures)
  end)
  return setmetatable(service, { __index = waiters_of(description.waiters or "") })
end

--- Parses what `parse` left for later. Raises an error for a part that cannot be read.
---@param service aws.Service
function M.check(service)
  lists.sorted_names(service.operations)
  lists.sorted_names(service.acceptors)
  lists.sorted_names(service.waiters)
end

return M
