--- AWS Systems Manager: the parameters that GetParameter and GetParameters read.
---
--- Shapes: botocore's model of 2014-11-06. Texts: the error for a parameter that does not exist is recorded with an
--- empty message; the text about a version is in examples of the AWS CLI and in moto.
---
--- region.parameters[name] = { type, data_type, versions = { { version, value, modified,
---   labels = { [label] = true } } } }

local crypto = require "lanyard.crypto"
local exception = require "lanyard.emulator.exception"
local json = require "lanyard.json"
local regions = require "lanyard.aws.regions"
local shape = require "lanyard.emulator.shape"

---@type emulator.Service
local M = {
  name = "ssm",
  protocol = "json",
  target = "AmazonSSM",
  operations = {},
}

M.serves = regions.exists

local function validation(message)
  return exception("ValidationException", message)
end

-- Systems Manager writes the members of a request in lower case: Value null at 'name'.
function M.invalid(violations)
  for _, one in ipairs(violations) do
    one.path = one.path:gsub("^%u", string.lower)
  end
  return validation(shape.describe(violations))
end

--- Returns the parameters of a Region, by name.
function M.parameters(world, region)
  local state = world.region(region)
  state.parameters = state.parameters or {}
  return state.parameters
end

--- Returns the ARN of a parameter. The slash at the beginning of a name is the one after "parameter".
---@return string
function M.arn(world, region, name)
  return ("arn:aws:ssm:%s:%s:parameter/%s"):format(region, world.account, (name:gsub("^/", "")))
end

--- Adds a version of a parameter, and creates the parameter if it does not exist.
---@param options { type: string?, value: string, labels: string[]?, data_type: string? }
function M.put(world, region, name, options)
  local parameters = M.parameters(world, region)
  local parameter = parameters[name] or { type = options.type or "String", data_type = options.data_type or "text",
    versions = json.array {} }
  parameters[name] = parameter
  local labels = {}
  for _, label in ipairs(options.labels or {}) do
    for _, version in ipairs(parameter.versions) do
      version.labels[label] = nil
    end
    labels[label] = true
  end
  table.insert(parameter.versions, {
    version = #parameter.versions + 1, value = options.value, modified = world.now(), labels = labels,
  })
end

-- Splits a reference into the name of a parameter and a version or label. Returns nil and an exception for a text that
-- is not a reference. A reference is NAME, NAME:SELECTOR, or an ARN with or without a selector.
local function parse(text)
  local trimmed = text:match "^ *(.-) *$"
  local region, account, in_arn = trimmed:match "^arn:aws[%w-]*:ssm:([%w-]*):(%d*):parameter(/.+)$"
  local name, selector = (in_arn or trimmed):match "^([^:]*):(.*)$"
  name = name or in_arn or trimmed
  if trimmed:find "[^%w_./:-]" or name == "" or selector and (selector == "" or selector:find ":") then
    return nil, validation("Invalid parameter name. Please use correct syntax for referencing a version/label "
      .. "<name>:<version/label>")
  end
  return { name = name, selector = selector, region = region, account = account }
end

-- Finds the parameter of a reference. In an ARN, the slash of a name without one is not part of the name. Nothing of
-- another Region or account exists.
local function find(world, context, reference)
  local parameters = M.parameters(world, context.region)
  local name = reference.name
  if reference.region and (reference.region ~= context.region or reference.account ~= world.account) then
    return nil
  elseif reference.region and not parameters[name] then
    name = name:sub(2)
  end
  return parameters[name], name
end

local function find_version(parameter, selector)
  local versions = parameter.versions
  if not selector then
    return versions[#versions]
  elseif selector:find "^%d+$" then
    return versions[math.tointeger(tonumber(selector)) or 0]
  end
  for _, version in ipairs(versions) do
    if version.labels[selector] then
      return version
    end
  end
  return nil
end

-- Represents the text that Systems Manager returns for a SecureString without decryption: the output of KMS.
local function encrypt(value)
  return "AQICAH" .. crypto.sha256_hex(value) .. crypto.sha256_hex("lanyard" .. value)
end

local function describe(world, context, name, parameter, version, request, selector)
  local is_secure = parameter.type == "SecureString"
  return {
    Name = name,
    Type = parameter.type,
    Value = is_secure and not request.WithDecryption and encrypt(version.value) or version.value,
    Version = version.version,
    Selector = selector and ":" .. selector or nil,
    LastModifiedDate = version.modified,
    ARN = M.arn(world, context.region, name),
    DataType = parameter.data_type,
  }
end

-- Reads a parameter. Returns it, or nil and an exception.
local function read(world, context, text, request)
  local reference, failure = parse(text)
  if not reference then
    return nil, failure
  end
  local parameter, name = find(world, context, reference)
  if not parameter then
    return nil, exception("ParameterNotFound", "")
  end
  local version = find_version(parameter, reference.selector)
  if not version then
    return nil, exception("ParameterVersionNotFound", ("Systems Manager could not find version %s of %s. Verify the "
      .. "version and try again."):format(reference.selector, name))
  end
  return describe(world, context, name, parameter, version, request, reference.selector)
end

local NAME = { required = true, min = 1, max = 2048 }

M.operations.GetParameter = {
  input = shape.structure { Name = shape.string(NAME), WithDecryption = shape.boolean() },
  call = function(world, request, context)
    local parameter, failure = read(world, context, request.Name, request)
    return parameter and { Parameter = parameter }, failure
  end,
}

M.operations.GetParameters = {
  input = shape.structure {
    Names = shape.list(shape.string(NAME), { required = true, min = 1, max = 10 }),
    WithDecryption = shape.boolean(),
  },
  call = function(world, request, context)
    local found, absent, seen = json.array {}, json.array {}, {}
    for _, text in ipairs(request.Names) do
      local parameter, failure = read(world, context, text, request)
      if not parameter and failure.code == "ValidationException" then
        return nil, failure
      elseif not seen[text] then
        table.insert(parameter and found or absent, parameter or text)
      end
      seen[text] = true
    end
    -- "The results for GetParameters requests are listed in alphabetical order in query responses."
    table.sort(found, function(a, b)
      if a.Name ~= b.Name then
        return a.Name < b.Name
      end
      return a.Version < b.Version
    end)
    return { Parameters = found, InvalidParameters = absent }
  end,
}

return M
