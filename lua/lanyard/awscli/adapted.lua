--- What the AWS CLI changes in inputs and outputs beyond the models, as botocore does for it.
---
---     adapted.input("ec2", operation, input)    -- the user data of an instance becomes base64
---     adapted.output("iam", operation, value)   -- policy documents become JSON
---
--- The models cannot express it: an id of Route 53 in an output begins with /hostedzone/, and IAM returns a policy
--- as text with URL escapes.

local crypto = require "lanyard.crypto"
local json = require "lanyard.json"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Inputs

-- Shapes of ids of Route 53: what follows the last slash of them is sent.
local ROUTE53_IDS = { ResourceId = true, DelegationSetId = true, ChangeId = true }

local INPUTS = {}

function INPUTS.route53(operation, input)
  for _, member in ipairs(operation.input and operation.input.members or {}) do
    local value = input[member.member]
    if ROUTE53_IDS[member.name] and type(value) == "string" then
      input[member.member] = value:match "[^/]*$"
    end
  end
end

local function user_data(_, input)
  input.UserData = type(input.UserData) == "string" and crypto.base64(input.UserData) or nil
end

INPUTS["ec2.RunInstances"] = user_data
INPUTS["autoscaling.CreateLaunchConfiguration"] = user_data

-- The account of the caller.
function INPUTS.glacier(_, input)
  input.accountId = input.accountId or "-"
end

local function percent(text)
  return (text:gsub("[^%w%-._~/]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- The key of a source is escaped, its version is not.
local function copy_source(_, input)
  local source = input.CopySource
  if type(source) == "string" then
    local path, version = source:match "^(.-)(%?versionId=.*)$"
    input.CopySource = percent(path or source) .. (version or "")
  end
end

INPUTS["s3.CopyObject"] = copy_source
INPUTS["s3.UploadPartCopy"] = copy_source

-- Keys can have characters that XML cannot express, so S3 is asked to escape them.
local function encoded_keys(_, input)
  if input.EncodingType == nil then
    input.EncodingType = "url"
    return true
  end
end

-- ---------------------------------------------------------------------------------------------
-- Outputs

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end))
end

local function unescape_plus(text)
  return unescape((text:gsub("%+", " ")))
end

-- Replaces the texts of a shape.
local function replace(shape, value, name, change)
  if shape.type == "structure" and type(value) == "table" then
    for _, member in ipairs(shape.members) do
      local item = value[member.member]
      if item ~= nil and member.type == "string" and member.name == name then
        value[member.member] = change(item)
      elseif item ~= nil then
        replace(member, item, name, change)
      end
    end
  elseif shape.type == "list" and type(value) == "table" then
    for _, item in ipairs(value) do
      replace(shape.item, item, name, change)
    end
  end
end

local function json_of(text)
  local value = type(text) == "string" and json.decode(text)
  return value or text
end

local OUTPUTS = {}

function OUTPUTS.iam(operation, value)
  replace(operation.output, value, "policyDocumentType", function(text)
    local decoded = json.decode(unescape(text))
    return decoded == nil and text or decoded
  end)
end

OUTPUTS["cloudformation.GetTemplate"] = function(_, value)
  value.TemplateBody = json_of(value.TemplateBody)
end

-- A bucket of us-east-1 has no location.
OUTPUTS["s3.GetBucketLocation"] = function(_, value)
  value.LocationConstraint = value.LocationConstraint or json.null
end

OUTPUTS["ec2.GetConsoleOutput"] = function(_, value)
  local bytes = type(value.Output) == "string" and crypto.base64_decode(value.Output)
  value.Output = bytes and (utf8.len(bytes) and bytes or bytes:gsub("[\128-\255]", "\u{FFFD}")) or value.Output
end

-- Members of the lists of the API become a definition.
OUTPUTS["datapipeline.GetPipelineDefinition"] = function(_, value)
  require("lanyard.awscli.pipeline_definition").from_api(value)
end

-- The members with keys of lists of objects, by operation.
local KEYS = {
  ListObjects = { "Delimiter", "Marker", "NextMarker", "Prefix", Contents = "Key", CommonPrefixes = "Prefix" },
  ListObjectsV2 = { "Delimiter", "Prefix", "StartAfter", Contents = "Key", CommonPrefixes = "Prefix" },
  ListObjectVersions = { "KeyMarker", "NextKeyMarker", "Prefix", "Delimiter", Versions = "Key", DeleteMarkers = "Key",
    CommonPrefixes = "Prefix" },
}

for operation, members in pairs(KEYS) do
  INPUTS["s3." .. operation] = encoded_keys
  OUTPUTS["s3." .. operation] = function(_, value, is_encoded)
    if not is_encoded or value.EncodingType ~= "url" then
      return
    end
    for list, name in pairs(members) do
      if type(list) == "number" then
        value[name] = type(value[name]) == "string" and unescape_plus(value[name]) or value[name]
      else
        for _, item in ipairs(value[list] or {}) do
          item[name] = type(item[name]) == "string" and unescape_plus(item[name]) or item[name]
        end
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------

local function adapt(map, service, operation, value, is_encoded)
  local changed
  for _, name in ipairs { service, service .. "." .. operation.name } do
    if map[name] then
      changed = map[name](operation, value, is_encoded) or changed
    end
  end
  return changed
end

--- Adapts an input, which is changed.
---@param service string  the name of the model
---@param operation model.Operation
---@param input table
---@return boolean? is_encoded  for `output`
function M.input(service, operation, input)
  return adapt(INPUTS, service, operation, input)
end

--- Adapts a printable output, which is changed.
---@param service string  the name of the model
---@param operation model.Operation
---@param value table
---@param is_encoded? boolean  what `input` returned
function M.output(service, operation, value, is_encoded)
  if operation.output then
    adapt(OUTPUTS, service, operation, value, is_encoded)
  end
end

return M
