--- Reads the values that environment variables refer to: parameters of Systems Manager and secrets of Secrets Manager.
---
---     local reference = references.parse "ssm:/web/key"
---     local ok, err = references.fetch(region, { reference })
---     reference.value, reference.version   --> the value, "3"
---
--- A value is a secret: nothing but the request of a deployment holds it. What is printed or stored names the reference
--- and the version. Lightsail itself keeps environments in plain text: GetContainerServiceDeployments returns them.
---
--- GetParameters accepts 10 names at a time and lists the ones that do not exist as InvalidParameters; GetSecretValue
--- returns the version with the stage AWSCURRENT (AWS's models of ssm 2014-11-06 and secretsmanager 2017-10-17).

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local task = require "lanyard.task"

local M = {}

local MOST_NAMES = 10

--- A value of AWS that an environment variable refers to.
---@class access.deployment.Reference
---@field text string   as the caller writes it, such as "ssm:/web/key"
---@field kind "ssm"|"secretsmanager"  the service that has it
---@field name string   of the parameter or secret, or its ARN
---@field key? string   of a member of the secret, which is a JSON object
---@field value? string   set by `fetch`
---@field version? string  set by `fetch`: the parameter's version, or the id of the secret's

-- ---------------------------------------------------------------------------------------------
-- Parsing

--- Parses the value of a variable. A value that begins with "ssm::" or "secretsmanager::" is literal: one of the colons
--- is removed.
---@param text string
---@return string|access.deployment.Reference|nil value  a text is literal
---@return string? message
function M.parse(text)
  local kind, rest = text:match "^(ssm):(.*)$"
  if not kind then
    kind, rest = text:match "^(secretsmanager):(.*)$"
  end
  if not kind then
    return text
  elseif rest:sub(1, 1) == ":" then
    return kind .. rest
  end
  local name, key = rest, nil
  if kind == "secretsmanager" and rest:find("#", 1, true) then
    name, key = rest:match "^([^#]*)#(.*)$"
  end
  if name == "" or name:find "[%s%c#]" or #name > 2048 or key == "" then
    return nil, kind == "ssm" and "a reference to a parameter is ssm:NAME, such as ssm:/web/key"
      or "a reference to a secret is secretsmanager:NAME or secretsmanager:NAME#KEY"
  end
  return { text = text, kind = kind, name = name, key = key }
end

--- Returns which variables come from references, without their values.
---@param variables access.deployment.Variable[]
---@return { container: string, variable: string, reference: string }[]
function M.shown(variables)
  local list = {}
  for i, one in ipairs(variables) do
    list[i] = { container = one.container, variable = one.name, reference = one.reference.text }
  end
  return list
end

-- ---------------------------------------------------------------------------------------------
-- Fetching

local function failed(reference, code, reason, tip)
  return errors.new {
    code = code, message = ("%s: %s"):format(escape.printable(reference.text), reason), tip = tip,
    service = reference.kind,
  }
end

-- The name of a parameter, or its ARN, without the version or label that can follow it
local function base_of(name)
  return name:match "^(arn:[^/]*/.-):[%w_.-]+$" or not name:find "^arn:" and name:match "^([^:]*):" or name
end

-- A call that can still take a parameter | nil. Two versions of one parameter are read by two calls.
local function call_for(calls, name)
  for _, call in ipairs(calls) do
    if call.kind == "ssm" and #call.names < MOST_NAMES and not call.bases[base_of(name)] then
      return call
    end
  end
  return nil
end

-- Groups references into calls: one for each secret, and one for every ten parameters.
local function calls_of(list)
  local calls, by_name = {}, {}
  for _, reference in ipairs(list) do
    local id = reference.kind .. ":" .. reference.name
    if by_name[id] then
      table.insert(by_name[id], reference)
    else
      by_name[id] = { reference }
      if reference.kind == "secretsmanager" then
        calls[#calls + 1] = { kind = "secretsmanager", name = reference.name, references = by_name[id] }
      else
        local call = call_for(calls, reference.name)
        if not call then
          call = { kind = "ssm", names = {}, bases = {}, references = by_name }
          calls[#calls + 1] = call
        end
        table.insert(call.names, reference.name)
        call.bases[base_of(reference.name)] = true
      end
    end
  end
  return calls
end

-- The parameter of a reply with a name, which can be an ARN | nil. The version or label that was asked for is the
-- parameter's Selector: each call has one version of a parameter, so that it need not be compared.
local function find_parameter(reply, name)
  local base = base_of(name)
  for _, one in ipairs(reply.Parameters or {}) do
    if base == one.Name or base == one.ARN then
      return one
    end
  end
  return nil
end

-- true | nil, err
local function read_parameters(client, call, region_name)
  local reply, err = client:GetParameters { Names = json.array(call.names), WithDecryption = true }
  if not reply then
    return nil, err
  end
  for _, name in ipairs(call.names) do
    local found = find_parameter(reply, name)
    local references = call.references["ssm:" .. name]
    if not found or type(found.Value) ~= "string" then
      return nil, failed(references[1], "ParameterNotFound",
        ("Systems Manager has no such parameter in %s"):format(region_name),
        "lanyard aws ssm describe-parameters lists the parameters")
    end
    for _, reference in ipairs(references) do
      reference.value = found.Value
      reference.version = found.Version and ("%d"):format(found.Version)
    end
  end
  return true
end

-- The value of a member as text | nil
local function member_text(value)
  if type(value) == "string" then
    return value
  elseif type(value) == "boolean" or math.type(value) == "integer" then
    return tostring(value)
  elseif type(value) == "number" then
    return json.encode(value)
  end
  return nil
end

-- Sets the value of a reference to a secret | nil, err. No message repeats a part of the secret.
local function set_secret(reference, reply)
  local text = reply.SecretString
  if type(text) ~= "string" then
    return nil, failed(reference, "InvalidSecret", "the secret is binary, which an environment variable cannot hold")
  elseif reference.key then
    local object = json.decode(text)
    if type(object) ~= "table" or json.is_array(object) then
      return nil, failed(reference, "InvalidSecret", "the secret is not a JSON object, so it has no keys",
        "leave out #" .. escape.printable(reference.key))
    elseif object[reference.key] == nil then
      return nil, failed(reference, "InvalidSecret", "the secret has no such key",
        "lanyard aws secretsmanager get-secret-value shows the keys, with their values")
    end
    text = member_text(object[reference.key])
    if not text then
      return nil, failed(reference, "InvalidSecret", "the value of the key is not a text, a number or a boolean")
    end
  end
  reference.value, reference.version = text, reply.VersionId
  return true
end

-- true | nil, err
local function read_secret(client, call)
  local reply, err = client:GetSecretValue { SecretId = call.name }
  if not reply then
    return nil, err
  end
  for _, reference in ipairs(call.references) do
    local ok
    ok, err = set_secret(reference, reply)
    if not ok then
      return nil, err
    end
  end
  return true
end

-- What the caller needs for a key of KMS besides the call itself.
local KMS = "a customer managed key of KMS also needs kms:Decrypt on the key"

-- Adds what was read to an error of AWS. Lanyard's own names the reference.
local function explained(err, call)
  if not err.service or not err.status then
    return err
  end
  local names = call.names and table.concat(call.names, ", ") or call.name
  err.message = ("%s:%s: %s"):format(call.kind, escape.printable(names), err.message)
  if err.code:find "AccessDenied" or err.code:find "Decryption" or err.code:find "InvalidKeyId" then
    err.tip = err.tip and err.tip .. "; " .. KMS or KMS
  end
  return err
end

--- Reads the values of references in parallel, each parameter and secret once. Sets `value` and `version`.
---@param region access.Region
---@param list access.deployment.Reference[]
---@return true? ok
---@return aws.Error? err  names the reference, and no part of a value
function M.fetch(region, list)
  local calls, clients = calls_of(list), {}
  for _, call in ipairs(calls) do
    if not clients[call.kind] then
      local client, err = region.session:client(call.kind, { modelled = true }) -- the model marks what is secret
      if not client then
        return nil, err
      end
      clients[call.kind] = client
    end
  end
  local results = task.map(calls, function(call)
    local read = call.kind == "ssm" and read_parameters or read_secret
    local ok, err = read(clients[call.kind], call, region.name)
    return { ok = ok, err = err }
  end, { limit = region.parallel })
  for i, result in ipairs(results) do
    if not result.ok then
      return nil, explained(result.err, calls[i])
    end
  end
  return true
end

return M
