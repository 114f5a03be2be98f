--- Reads models in Smithy's JSON form, as https://github.com/aws/api-models-aws has them.
---
---     local folder = smithy.open "api-models-aws"
---     folder.read "ecr"   --> as lanyard.model.botocore's
---
--- A file has one service (https://smithy.io/2.0/spec/json-ast.html). Its traits become botocore's, which the rest of
--- lanyard knows. The newest version of a service is read.

local clean = require "lanyard.model.clean"
local files = require "lanyard.model.files"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local names = require "lanyard.model.names"
local operations = require "lanyard.model.smithy.operations"
local shapes = require "lanyard.model.smithy.shapes"
local system = require "lanyard.system"

local M = {}

-- The protocols by their traits, in the order in which a client prefers them.
local PROTOCOLS = {
  { "aws.protocols#awsJson1_0", "json", "1.0" }, { "aws.protocols#awsJson1_1", "json", "1.1" },
  { "aws.protocols#restJson1", "rest-json", "1.1" }, { "aws.protocols#restXml", "rest-xml" },
  { "smithy.protocols#rpcv2Cbor", "smithy-rpc-v2-cbor" }, { "aws.protocols#awsQuery", "query" },
  { "aws.protocols#ec2Query", "ec2" },
}

-- Ways to sign, in the order of Smithy without a trait that orders them.
local AUTH = { "aws.auth#sigv4", "aws.auth#sigv4a", "smithy.api#httpApiKeyAuth", "smithy.api#httpBasicAuth",
  "smithy.api#httpBearerAuth", "smithy.api#httpDigestAuth" }

-- Signature versions of botocore that Smithy does not have: S3 has rules of its own.
local SIGNATURES = { S3 = "s3", ["S3 Control"] = "s3v4" }

local function fail(format, ...)
  error({ problem = format:format(...) }, 0)
end

-- Returns the id and the shape of the only service of a file.
local function service_of(ast)
  local found
  for id, shape in pairs(type(ast.shapes) == "table" and ast.shapes or {}) do
    if type(shape) == "table" and shape.type == "service" then
      if found then
        fail "the file has several services"
      end
      found = id
    end
  end
  return found or fail "the file has no service", ast.shapes[found]
end

local function auth_of(traits)
  if traits["smithy.api#auth"] then
    return traits["smithy.api#auth"]
  end
  local auth = json.array {}
  for _, name in ipairs(AUTH) do
    if traits[name] then
      auth[#auth + 1] = name
    end
  end
  return auth[1] and auth
end

local function metadata_of(id, service)
  local traits = service.traits or {}
  local about = traits["aws.api#service"] or {}
  local name = id:match "#(.*)$"
  local metadata = {
    apiVersion = service.version, serviceId = about.sdkId or name, serviceFullName = traits["smithy.api#title"],
    endpointPrefix = about.endpointPrefix or about.arnNamespace or name:lower(), protocols = json.array {},
    auth = auth_of(traits),
  }
  for _, row in ipairs(PROTOCOLS) do
    if traits[row[1]] then
      table.insert(metadata.protocols, row[2])
      metadata.jsonVersion = metadata.jsonVersion or row[3]
    end
  end
  metadata.protocol = metadata.protocols[1]
  if not metadata.protocol then
    fail("the service %s has no protocol of AWS", name)
  end
  local signing = traits["aws.auth#sigv4"]
  if signing then
    metadata.signatureVersion = SIGNATURES[metadata.serviceId] or "v4"
  elseif traits["smithy.api#httpBearerAuth"] then
    metadata.signatureVersion = "bearer"
  end
  metadata.signingName = signing and signing.name
  local protocol = metadata.protocol
  if protocol == "json" or protocol == "smithy-rpc-v2-cbor" then
    metadata.targetPrefix = name
  elseif protocol == "query" or protocol == "ec2" then
    metadata.xmlNamespace = (traits["smithy.api#xmlNamespace"] or {}).uri
  end
  metadata.awsQueryCompatible = traits["aws.protocols#awsQueryCompatible"] and {} or nil
  return metadata
end

-- Merges the traits of `apply` statements into their shapes.
local function apply_traits(ast)
  for id, shape in pairs(ast.shapes) do
    if type(shape) == "table" and shape.type == "apply" then
      local target, member = id:match "^([^$]+)%$?(.*)$"
      local applied = ast.shapes[target]
      if applied and member ~= "" then
        applied = (applied.members or {})[member] or applied[member]
      end
      if applied and applied ~= shape then
        applied.traits = applied.traits or {}
        for trait, value in pairs(shape.traits or {}) do
          applied.traits[trait] = value
        end
      end
    end
  end
end

-- Returns what botocore's files of the service would contain, and the order of names.
local function convert(ast, order)
  local id, service = service_of(ast)
  apply_traits(ast)
  local metadata = metadata_of(id, service)
  local traits = service.traits or {}
  local rules = traits["smithy.rules#endpointRuleSet"] or traits["smithy.rules#endpointBdd"]
  local namespace = traits["smithy.api#xmlNamespace"]
  local converter = shapes.converter(ast.shapes, order, metadata, namespace and namespace.uri)
  local result = operations.convert(service, converter)
  result.metadata, result.shapes = metadata, converter.shapes
  return result, rules
end

--- Reads a file.
---@param path string
---@return table? data, lanyard.Error? err
function M.read(path)
  local ast, order = files.json(path)
  if not ast then
    return nil, order or files.missing(path)
  end
  local is_valid, result, rules = pcall(convert, ast, order)
  if not is_valid then
    -- What a file contains is not trusted: a trait of another type than Smithy's raises Lua's own error.
    local problem = type(result) == "table" and result.problem or "a trait does not have the form that Smithy describes"
    return nil, files.invalid(path, problem)
  end
  local data, problem = clean.service(result, order)
  if not data then
    return nil, files.invalid(path, problem)
  end
  data.paginators = next(result.paginators) and result.paginators or nil
  data.waiters = next(result.waiters) and clean.without_texts(result.waiters) or nil
  data.rules = rules and clean.without_texts(rules)
  return data
end

-- Adds the service of a file, unless there is a newer one. Other JSON files are not models; reading one that is not
-- JSON fails later.
local function add(found, path)
  local ast = files.json(path)
  local is_service, _, service = pcall(service_of, ast or {})
  if not ast then
    found[path:match "([^/]+)%.json"] = { path = path, version = "" }
  elseif is_service then
    local about = (service.traits or {})["aws.api#service"] or {}
    local name = names.of(about.sdkId or path:match "([^/]+)%.json")
    if not found[name] or (service.version or "") > found[name].version then
      found[name] = { path = path, version = service.version or "" }
    end
  end
end

-- The JSON files of a folder: in it, or in NAME/service/VERSION below it.
local function paths_in(folder)
  local paths = {}
  local function collect(at)
    for _, name in ipairs(system.list(at) or {}) do
      local stem = name:match "^(.*%.json)$" or name:match "^(.*%.json)%.gz$"
      if stem and stem ~= "package.json" then
        paths[#paths + 1] = at .. "/" .. stem
      end
    end
  end
  collect(folder)
  for _, name in ipairs(files.folders(folder)) do
    for _, version in ipairs(files.folders(folder .. "/" .. name .. "/service")) do
      collect(("%s/%s/service/%s"):format(folder, name, version))
    end
  end
  return paths
end

--- Opens a folder of models, with NAME/service/VERSION/NAME-VERSION.json or with one file for each service.
---@param folder string
---@return model.Folder? models  nil if no service is in it
function M.open(folder)
  local found = {}
  for _, path in ipairs(paths_in(folder)) do
    add(found, path)
  end
  if not next(found) then
    return nil
  end
  local newest = ""
  for _, entry in pairs(found) do
    newest = entry.version > newest and entry.version or newest
  end
  return {
    source = "Smithy models up to " .. newest,
    names = lists.sorted_names(found),
    read = function(name)
      return M.read(found[name].path)
    end,
    partitions = function() end,
  }
end

return M
