--- What the AWS CLI prints in another form than the model has: policies and templates as JSON.
---
---     adapted("iam", operation, value)   -- value: a printable output, which is changed
---
--- What differs in calls, for scripts too, is in lanyard.aws.customized.

local json = require "lanyard.json"

-- Replaces the texts of a shape that are JSON.
local function replace(shape, value, name)
  if shape.type == "structure" and type(value) == "table" then
    for _, member in ipairs(shape.members) do
      local item = value[member.member]
      if type(item) == "string" and member.name == name then
        local decoded = json.decode(item)
        value[member.member] = decoded == nil and item or decoded
      elseif item ~= nil then
        replace(member, item, name)
      end
    end
  elseif shape.type == "list" and type(value) == "table" then
    for _, item in ipairs(value) do
      replace(shape.item, item, name)
    end
  end
end

local OUTPUTS = {}

function OUTPUTS.iam(operation, value)
  replace(operation.output, value, "policyDocumentType")
end

OUTPUTS["cloudformation.GetTemplate"] = function(_, value)
  local text = value.TemplateBody
  value.TemplateBody = type(text) == "string" and json.decode(text) or text
end

-- A bucket of us-east-1 has no location.
OUTPUTS["s3.GetBucketLocation"] = function(_, value)
  value.LocationConstraint = value.LocationConstraint or json.null
end

-- JSON has no bytes.
OUTPUTS["ec2.GetConsoleOutput"] = function(_, value)
  local text = value.Output
  value.Output = type(text) == "string" and not utf8.len(text) and text:gsub("[\128-\255]", "\u{FFFD}") or text
end

-- The lists of the API become a definition.
OUTPUTS["datapipeline.GetPipelineDefinition"] = function(_, value)
  require("lanyard.awscli.pipeline_definition").from_api(value)
end

--- Adapts a printable output, which is changed.
---@param service string  the name of the model
---@param operation model.Operation
---@param value table
return function(service, operation, value)
  local change = OUTPUTS[service] or OUTPUTS[service .. "." .. operation.name]
  if change and operation.output then
    change(operation, value)
  end
end
