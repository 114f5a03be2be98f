--- Pipeline definitions of AWS Data Pipeline, as its users write them, and the lists of the API.
---
---     pipeline_definition.to_api { objects = { { id = "x", type = "ShellCommandActivity", runsOn = { ref = "y" } } } }
---     --> { pipelineObjects = { { id = "x", name = "x", fields = { { key = "runsOn", refValue = "y" }, ... } } } }
---
--- https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-writing-pipeline-definition.html

local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- To the API

local function field_of(key, value)
  local is_reference = type(value) == "table" and not json.is_array(value) and value.ref and next(value, "ref") == nil
  return is_reference and { key = key, refValue = value.ref } or { key = key, stringValue = value }
end

-- Returns the fields of an object, sorted. A list is several fields with one key.
local function fields_of(object, without)
  local fields = json.array {}
  for _, key in ipairs(lists.sorted_names(object)) do
    local value = object[key]
    for _, item in ipairs(json.is_array(value) and value or { value }) do
      fields[#fields + 1] = not without[key] and field_of(key, item) or nil
    end
  end
  return fields
end

-- Returns the elements of a list by a function, or nil and a message if one has no id.
local function each(list, name, convert)
  if not json.is_array(list) then
    return nil, ("'%s' is not a list"):format(name)
  end
  local converted = json.array {}
  for i, element in ipairs(list) do
    if type(element) ~= "table" or type(element.id) ~= "string" then
      return nil, ("%s.%d has no id"):format(name, i - 1)
    end
    converted[i] = convert(element)
  end
  return converted
end

local function values_of(values)
  local list = json.array {}
  for _, id in ipairs(lists.sorted_names(values)) do
    for _, value in ipairs(json.is_array(values[id]) and values[id] or { values[id] }) do
      list[#list + 1] = { id = id, stringValue = value }
    end
  end
  return list
end

--- Converts a definition.
---@param definition table
---@return { pipelineObjects: table[], parameterObjects?: table[], parameterValues?: table[] }?
---@return string? message
function M.to_api(definition)
  local objects, message = each(definition.objects, "objects", function(object)
    return { id = object.id, name = object.name or object.id, fields = fields_of(object, { id = true, name = true }) }
  end)
  local parameters
  if objects and definition.parameters then
    parameters, message = each(definition.parameters, "parameters", function(parameter)
      return { id = parameter.id, attributes = fields_of(parameter, { id = true }) }
    end)
  end
  if message then
    return nil, message
  end
  return {
    pipelineObjects = objects, parameterObjects = parameters,
    parameterValues = type(definition.values) == "table" and values_of(definition.values) or nil,
  }
end

--- Converts NAME=VALUE words to parameter values.
---@param words string[]
---@return table[]?
---@return string? message
function M.parameter_values(words)
  local list = json.array {}
  for i, word in ipairs(words) do
    local id, value = word:match "^([^=]+)=(.*)$"
    if not id then
      return nil, ("'%s' is not NAME=VALUE"):format(word)
    end
    list[i] = { id = id, stringValue = value }
  end
  return list
end

-- ---------------------------------------------------------------------------------------------
-- From the API

-- Adds a value. The values of one key are a list.
local function add(object, key, value)
  local existing = object[key]
  if existing == nil then
    object[key] = value
  elseif json.is_array(existing) then
    existing[#existing + 1] = value
  else
    object[key] = json.array { existing, value }
  end
end

local function object_of(element, fields)
  local object = { id = element.id, name = element.name }
  for _, field in ipairs(fields or {}) do
    add(object, field.key, field.stringValue or { ref = field.refValue })
  end
  return object
end

local function map(list, convert)
  local converted = json.array {}
  for i, element in ipairs(list) do
    converted[i] = convert(element)
  end
  return converted
end

--- Converts the lists of an output in place.
---@param output table
function M.from_api(output)
  if output.pipelineObjects then
    output.objects = map(output.pipelineObjects, function(element) return object_of(element, element.fields) end)
  end
  if output.parameterObjects then
    output.parameters = map(output.parameterObjects, function(element)
      return object_of(element, element.attributes)
    end)
  end
  if output.parameterValues then
    output.values = {}
    for _, element in ipairs(output.parameterValues) do
      add(output.values, element.id, element.stringValue)
    end
  end
  output.pipelineObjects, output.parameterObjects, output.parameterValues = nil, nil, nil
end

return M
