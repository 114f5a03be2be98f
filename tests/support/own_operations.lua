-- Compares the services that lanyard.aws.models describes with a model of AWS.
--
--   own_operations.differences(description, model)   --> { "GetThing: the model has no such operation", ... }, sorted

local description = require "lanyard.aws.description"
local lists = require "lanyard.lists"
local secret_fields = require "lanyard.text.secret_fields"

local M = {}

local PROTOCOLS = { json = "json", query = "query", rest_json = "rest-json" }

-- The types of models that a described type can have. A blob is a text in base64 on the wire.
local TYPES = {
  string = lists.set "string blob", echo = lists.set "string", number = lists.set "integer long float double", integer = lists.set "integer long",
  boolean = lists.set "boolean", time = lists.set "timestamp", table = lists.set "structure map", structure = lists.set "structure",
  map = lists.set "map", list = lists.set "list",
}

-- Adds a difference if two values differ.
local function compare(add, what, mine, theirs)
  if (mine or false) ~= (theirs or false) then
    add(("%s is %s, in the model %s"):format(what, tostring(mine), tostring(theirs)))
  end
end

local function compare_sets(add, what, mine, theirs)
  for name in pairs(mine) do
    if not theirs[name] then add(("%s: the model lacks %s"):format(what, name)) end
  end
  for name in pairs(theirs) do
    if not mine[name] then add(("%s: only the model has %s"):format(what, name)) end
  end
end

local compare_members

-- Compares a described type with a shape. `wire` is the protocol: in Query replies, lists are recognized by their items.
local function compare_type(add, path, type_, shape, wire)
  if not TYPES[type_.kind][shape.type] then
    add(("%s is a %s, in the model a %s"):format(path, type_.kind, shape.type))
  elseif type_.kind == "structure" then
    compare_members(add, path, type_.members, shape, wire)
  elseif type_.kind == "list" or type_.kind == "map" then
    if wire == "query" and (shape.flattened or shape.item and (shape.item.locationName or "member") ~= "member") then
      add(path .. " has items of another name than member")
    elseif type_.item then
      compare_type(add, path .. "[]", type_.item, shape.item or shape.value, wire)
    end
  end
end

function compare_members(add, path, members, shape, wire)
  for name, type_ in pairs(members) do
    local member = shape and shape.by_name[name]
    local full = path .. "." .. name
    if not member then
      add("the model has no " .. full)
    else
      if not member.location and (member.locationName or name) ~= name then
        add(("%s is called %s on the wire"):format(full, member.locationName))
      end
      compare_type(add, full, type_, member, wire)
    end
  end
end

-- Where members are sent: by the name on the wire.
local function places_of(operation)
  local places = {}
  for header, member in pairs(operation.headers) do places["header " .. header:lower() .. " " .. member] = true end
  for _, parameter in ipairs(operation.query or {}) do
    places[("query %s %s"):format(parameter.name, parameter.member or "=" .. parameter.value)] = true
  end
  if operation.payload then places["payload " .. operation.payload] = true end
  return places
end

local function modelled_places_of(operation)
  local input, places = operation.input, {}
  for _, member in ipairs(input and input.members or {}) do
    local name = member.locationName or member.member
    if member.location == "header" then
      places["header " .. name:lower() .. " " .. member.member] = true
    elseif member.location == "querystring" then
      places["query " .. name .. " " .. member.member] = true
    end
  end
  if input and input.payload then places["payload " .. input.payload] = true end
  return places
end

-- The path of a model with the names of members in place of the ones on the wire.
local function modelled_path_of(operation)
  local members = {}
  for _, member in ipairs(operation.input and operation.input.members or {}) do
    members[member.locationName or member.member] = member.member
  end
  return (operation.uri:match "^[^?]*":gsub("{([%w_]+)(%+?)}", function(name, greedy) return ("{%s%s}"):format(members[name], greedy) end))
end

local function compare_http(add, described, operation)
  compare(add, "the method", described.method, operation.method)
  compare(add, "the path", described.path, modelled_path_of(operation))
  compare_sets(add, "the request", places_of(described), modelled_places_of(operation))
  compare(add, "the body of the reply", described.reply_payload, operation.output and operation.output.payload)
end

local function compare_pages(add, service, name, operation, paginator)
  local found = service.paging and (service.paging[name] or service.paging) or {}
  local token_in, token_out = found[1], found[2]
  if paginator then
    compare(add, "the input token", token_in, paginator.input_token)
    compare(add, "the output token", token_out, paginator.output_token)
  elseif operation.output and operation.output.by_name[token_out or ""] then
    compare(add, "the input token " .. token_in, true, operation.input and operation.input.by_name[token_in] ~= nil)
  end
end

-- Visits the texts of a shape that the model marks as sensitive, with the names that lead to them.
local function visit_sensitive(shape, path, sensitive, visit, seen)
  sensitive = sensitive or shape.sensitive == true
  if seen[shape.name or shape] then return end
  seen[shape.name or shape] = true
  for _, member in ipairs(shape.members or {}) do
    visit_sensitive(member, path .. "." .. member.member, sensitive, visit, seen)
  end
  if shape.item or shape.value then visit_sensitive(shape.item or shape.value, path, sensitive, visit, seen) end
  seen[shape.name or shape] = nil
  if sensitive and shape.type ~= "structure" then visit(path) end
end

-- A name that leads to a text hides it in the log.
local function is_hidden(path)
  for name in path:gmatch "[^.]+" do
    if secret_fields.is_secret(name) then return true end
  end
  return false
end

-- What a model marks is hidden in the log, in a request too, and what a reply has of it can be sealed or is hidden.
local function compare_secrets(add, service, operation)
  local sealed = lists.set(table.concat(service.secrets, " "))
  for _, direction in ipairs { "input", "output" } do
    visit_sensitive(operation[direction] or {}, "", false, function(path)
      local name = path:match "[^.]+$"
      local is_known = direction == "output" and service.sensitive[name] or is_hidden(path)
      if not is_known then add(path:sub(2) .. " is sensitive, and printed in the log") end
      if direction == "output" and not sealed[name] and not service.sensitive[name] then
        add(path:sub(2) .. " is sensitive, and not in `secrets`")
      end
    end, {})
  end
end

local function compare_operation(add, service, name, model)
  local described, operation = service.operations[name], model:operation(name)
  if not operation then
    return add "the model has no such operation"
  end
  local required = {}
  for _, member in ipairs(operation.input and operation.input.members or {}) do
    required[member.member] = operation.input.is_required[member.member] and not member.idempotencyToken or nil
  end
  compare_sets(add, "required", lists.set(table.concat(described.required, " ")), required)
  compare_members(add, "reply", described.output, operation.output, PROTOCOLS[service.protocol])
  compare(add, "unsigned", described.unsigned, operation.unsigned)
  compare(add, "reads", described.reads, operation.reads)
  for member, type_ in pairs(described.output) do
    if type_.kind == "echo" then compare_type(add, "request." .. member, type_, operation.input.by_name[member] or { type = "nil" }) end
  end
  if service.protocol == "rest_json" then compare_http(add, described, operation) end
  compare_pages(add, service, name, operation, model.paginators[name])
  compare_secrets(add, service, operation)
end

-- Compares a description with a model.
---@param given aws.ServiceDescription
---@param model model.Service
---@return string[] differences  sorted, each begins with the name of the operation or of the service
function M.differences(given, model)
  local service, found = description.parse(given), {}
  local function adder(what)
    return function(text) found[#found + 1] = what .. ": " .. text end
  end
  local metadata, add = model.metadata, adder(given.name)
  local protocols = lists.set(table.concat(metadata.protocols or { metadata.protocol }, " "))
  compare(add, PROTOCOLS[given.protocol], true, protocols[PROTOCOLS[given.protocol]])
  compare(add, "the signing name", given.signing_name or given.name, metadata.signingName or metadata.endpointPrefix)
  compare(add, "the target prefix", given.target, metadata.targetPrefix)
  if given.protocol == "json" then
    compare(add, "the version of JSON", given.version, metadata.jsonVersion)
  elseif given.protocol == "query" then
    compare(add, "the version of the API", given.version, metadata.apiVersion)
  end
  for name in pairs(service.operations) do
    compare_operation(adder(name), service, name, model)
  end
  table.sort(found)
  return found
end

return M
