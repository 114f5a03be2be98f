--- Options of the AWS CLI for a part of a member, in the syntax of that part, and options that save a part of the
--- output in a file. lanyard.awscli.extras has the options that are texts.
---
---     deploy create-deployment --s3-location bucket=b,key=k,bundleType=zip
---     --> { revision = { revisionType = "S3", s3Location = { bucket = "b", ... } } }
---
---     iot create-keys-and-certificate --private-key-outfile key.pem

local environment = require "lanyard.environment"
local file_value = require "lanyard.awscli.file_value"
local json = require "lanyard.json"
local system = require "lanyard.system"

local M = {}

--- What is saved after a call.
---@class awscli.Save
---@field path string
---@field take fun(reply: table): any  returns the text or secret, and removes what is not printed then

-- Returns the structure at a path, which is made where it is missing, and the last name of the path.
local function inside(input, path)
  local parents, last = path:match "^(.-)([^.]+)$"
  for name in parents:gmatch "[^.]+" do
    input[name] = input[name] or {}
    input = input[name]
  end
  return input, last
end

-- Returns an option that sets a part of a member. fixed: other parts with their values
local function part(name, path, help, excludes, fixed)
  local function set(input, words, shape)
    local value, message = require("lanyard.awscli.values").read(shape, words)
    if value == nil then
      return nil, message
    end
    for other, text in pairs(fixed or {}) do
      local object, last = inside(input, other)
      if object[last] ~= nil and object[last] ~= text then
        return nil, ("%s is %s already"):format(other, tostring(object[last]))
      end
      object[last] = text
    end
    local object, last = inside(input, path)
    object[last] = value
    return true
  end
  return { name = name, kind = "value", path = path, help = help, excludes = excludes, set = set }
end

-- Returns a flag that sets the states of the clusters to list.
local function state_flag(name, ...)
  local states = { ... }
  return { name = name, kind = "flag", help = "only clusters in the states " .. table.concat(states, ", "),
    excludes = "cluster-states", set = function(input)
      if input.ClusterStates then
        return nil, "only one of --cluster-states, --active, --terminated and --failed is possible"
      end
      input.ClusterStates = json.array(states)
      return true
    end }
end

-- ---------------------------------------------------------------------------------------------
-- Tags of EMR: NAME=VALUE

local function set_tags(input, words)
  local tags = json.array {}
  for i, word in ipairs(words) do
    if word:find "^Key=.*,Value=" then
      return nil, ("'%s': EMR takes NAME=VALUE"):format(word)
    end
    local name, value = word:match "^([^=]*)=(.*)$"
    tags[i] = { Key = name or word, Value = value or "" }
  end
  input.Tags = tags
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Data Pipeline

local function set_definition(input, words)
  local text, message = file_value.read(words[1])
  local definition, err = json.decode(type(text) == "string" and text or "")
  if not text then
    return nil, message
  elseif type(definition) ~= "table" then
    return nil, "invalid JSON: " .. (err and err.message or "an object with objects is expected")
  end
  local converted
  converted, message = require("lanyard.awscli.pipeline_definition").to_api(definition)
  for name, list in pairs(converted or {}) do
    input[name] = (name == "pipelineObjects" or not input[name]) and list or input[name]
  end
  return converted and true, message
end

local function set_parameter_values(input, words)
  local list, message = require("lanyard.awscli.pipeline_definition").parameter_values(words)
  input.parameterValues = list
  return list and true, message
end

local PARAMETER_VALUES = {
  name = "parameter-values", kind = "list", help = "NAME=VALUE ...", set = set_parameter_values,
}

-- ---------------------------------------------------------------------------------------------
-- Files

-- Returns an option that saves a part of the output.
local function outfile(name, help, take)
  return { name = name, kind = "value", help = help, set = function(_, words, _, saves)
    local path, message = environment.expand_path(words[1])
    local folder = path and (path:match "^(.*)/" or ".")
    if not path or not system.exists(folder == "" and "/" or folder) then
      return nil, message or ("the folder %s does not exist"):format(folder)
    end
    saves[#saves + 1] = { path = path, take = function(reply) return take(reply, saves) end }
    return true
  end }
end

local function certificate(reply)
  return reply.certificatePem
end

local function key(name)
  return function(reply)
    return (reply.keyPair or {})[name]
  end
end

local METHODS = { QRCodePNG = true, Base32StringSeed = true }

local function set_method(_, words, _, saves)
  saves.method = words[1]
  return METHODS[saves.method], "QRCodePNG or Base32StringSeed is expected"
end

-- What is saved is not printed.
local function seed(reply, saves)
  local device = reply.VirtualMFADevice or {}
  local bytes = device[saves.method]
  for method in pairs(METHODS) do
    device[method] = nil
  end
  return bytes
end

local function check_seed(_, saves)
  if (saves[1] == nil) ~= (saves.method == nil) then
    return nil, "--outfile and --bootstrap-method belong together"
  end
  return true
end

local CERTIFICATE = outfile("certificate-pem-outfile", "saves certificatePem in this file", certificate)

local FORMS = {
  ["cloudsearch define-expression"] = {
    part("name", "Expression.ExpressionName", "sets Expression.ExpressionName"),
    part("expression", "Expression.ExpressionValue", "sets Expression.ExpressionValue"),
  },
  ["configservice put-configuration-recorder"] = {
    part("recording-group", "ConfigurationRecorder.recordingGroup", "sets ConfigurationRecorder.recordingGroup"),
  },
  ["datapipeline activate-pipeline"] = { PARAMETER_VALUES },
  ["datapipeline put-pipeline-definition"] = {
    PARAMETER_VALUES,
    { name = "pipeline-definition", kind = "value", help = "file://FILE of a pipeline definition",
      excludes = "pipeline-objects", set = set_definition },
  },
  ["emr add-tags"] = { { name = "tags", kind = "list", help = "NAME=VALUE ...", set = set_tags } },
  ["emr list-clusters"] = {
    state_flag("active", "STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"),
    state_flag("terminated", "TERMINATED"), state_flag("failed", "TERMINATED_WITH_ERRORS"),
  },
  ["iam create-virtual-mfa-device"] = {
    outfile("outfile", "saves the QR code or seed in this file", seed),
    { name = "bootstrap-method", kind = "value", help = "what --outfile saves: QRCodePNG or Base32StringSeed",
      set = set_method },
    finish = check_seed,
  },
  ["iot create-certificate-from-csr"] = { CERTIFICATE },
  ["iot create-keys-and-certificate"] = {
    CERTIFICATE, outfile("public-key-outfile", "saves keyPair.PublicKey in this file", key "PublicKey"),
    outfile("private-key-outfile", "saves keyPair.PrivateKey in this file", key "PrivateKey"),
  },
}

for operation in ("create-deployment get-application-revision register-application-revision"):gmatch "%S+" do
  FORMS["deploy " .. operation] = {
    part("s3-location", "revision.s3Location", "bucket=TEXT,key=TEXT,bundleType=TEXT,...", "revision",
      { ["revision.revisionType"] = "S3" }),
    part("github-location", "revision.gitHubLocation", "repository=TEXT,commitId=TEXT", "revision",
      { ["revision.revisionType"] = "GitHub" }),
  }
end

--- Returns the options of an operation.
---@param words string  the service and the operation, as in the AWS CLI
---@return awscli.Extra[]?
function M.of(words)
  return FORMS[words]
end

return M
