-- The emulator validates requests as AWS's models say: members, required ones, lengths, ranges, patterns and values. Its
-- replies have members of the models only.

local botocore = require "botocore"
local json = require "lanyard.json"
local world = require "world"

local KINDS = {
  string = "string", integer = "integer", long = "integer", float = "number", double = "number", timestamp = "number",
  boolean = "boolean", structure = "structure", list = "list", map = "map",
}

-- Differences that are meant, with reasons.
local KNOWN = {
  -- Ranges that are in the documentation of the members only.
  ["containerName: pattern"] = true, ["healthCheck.timeoutSeconds: min"] = true, ["healthCheck.timeoutSeconds: max"] = true,
  ["healthCheck.intervalSeconds: min"] = true, ["healthCheck.intervalSeconds: max"] = true,
  -- Lightsail has its own message for the name of a container (lanyard.emulator.lightsail.deployments).
  ["containers.key: pattern"] = true,
}

local function is_known(path, what)
  local name = path:gsub("^[^.]+%.", "") .. ": " .. what
  for known in pairs(KNOWN) do
    if name == known or name:sub(-#known - 1) == "." .. known then return true end
  end
  return false
end

local compare

local function differ(found, path, what, mine, theirs)
  if mine ~= theirs and not is_known(path, what) then
    found[#found + 1] = ("%s: %s is %s, in the model %s"):format(path, what, tostring(mine), tostring(theirs))
  end
end

local function compare_members(found, path, shape, model, shapes)
  local required = {}
  for _, name in ipairs(model.required or {}) do required[name] = true end
  for name, member in pairs(model.members) do
    local mine = shape.members[name]
    differ(found, path .. "." .. name, "described", mine ~= nil, true)
    if mine then
      differ(found, path .. "." .. name, "required", mine.required or false, required[name] or false)
      compare(found, path .. "." .. name, mine, shapes[member.shape], shapes)
    end
  end
  for name in pairs(shape.members) do differ(found, path .. "." .. name, "described", true, model.members[name] ~= nil) end
end

function compare(found, path, shape, model, shapes)
  differ(found, path, "kind", shape.kind, KINDS[model.type])
  if shape.kind == "structure" then
    return compare_members(found, path, shape, model, shapes)
  elseif shape.kind == "list" then
    compare(found, path .. ".item", shape.item, shapes[model.member.shape], shapes)
  elseif shape.kind == "map" then
    compare(found, path .. ".key", shape.key, shapes[model.key.shape], shapes)
    compare(found, path .. ".value", shape.value, shapes[model.value.shape], shapes)
  end
  differ(found, path, "min", shape.min, model.min)
  differ(found, path, "max", shape.max, model.max)
  differ(found, path, "pattern", shape.regex, model.pattern)
  differ(found, path, "enum", shape.enum and table.concat(shape.enum, " "), model.enum and table.concat(model.enum, " "))
end

local DATA = botocore.recent()
local models = {}

local function model_of(name)
  models[name] = models[name] or DATA and assert(DATA:file(name, "service-2.json"))
  return models[name]
end

describe("the emulator's description of requests", function()
  for _, name in ipairs { "lightsail", "ssm", "secretsmanager" } do
    it("agrees with AWS's model of " .. name, function()
      local model = model_of(name)
      if not model then return pending "needs botocore 1.43 or later" end
      local found, count = {}, 0
      for operation, described in pairs(require("lanyard.emulator." .. name).operations) do
        local input = model.operations[operation].input
        compare(found, operation, described.input, input and model.shapes[input.shape] or { type = "structure", members = {} }, model.shapes)
        count = count + 1
      end
      table.sort(found)
      assert.equal("", table.concat(found, "\n"))
      assert.truthy(count > 0)
    end)
  end
end)

-- Adds the members of a value that a model does not have, and values of other kinds.
local function check_reply(found, path, value, model, shapes)
  local kind = type(value) == "table" and (model.type == "list" and "list" or model.type == "map" and "map" or "structure") or type(value)
  local expected = { string = "string", blob = "string", integer = "number", long = "number", float = "number", double = "number",
    timestamp = "number", boolean = "boolean" }
  if kind ~= (expected[model.type] or model.type) then
    found[#found + 1] = ("%s is a %s, in the model a %s"):format(path, kind, model.type)
  elseif kind == "structure" then
    for name, member in pairs(value) do
      local described = model.members[name]
      if not described then
        found[#found + 1] = ("the model lacks %s.%s"):format(path, name)
      else
        check_reply(found, path .. "." .. name, member, shapes[described.shape], shapes)
      end
    end
  elseif kind == "list" or kind == "map" then
    for _, item in pairs(value) do
      check_reply(found, path .. "[]", item, shapes[(model.member or model.value).shape], shapes)
    end
  elseif path == "GetRegions.regions[].name" then
    return -- Regions of newer models
  elseif model.enum and not (" " .. table.concat(model.enum, " ") .. " "):find(" " .. value .. " ", 1, true) then
    found[#found + 1] = ("%s is %s, which the model lacks"):format(path, value)
  end
end

local ENDPOINT = { containerName = "app", containerPort = 80 }
local CONTAINERS = { app = { image = "nginx", ports = { ["80"] = "HTTP" }, environment = { A = "b" }, command = { "x" } } }
local NAME = { serviceName = "web" }

-- Calls of all operations that reply with something, in an order in which they succeed.
local CALLS = {
  { "lightsail", "CreateContainerService", { serviceName = "web", power = "nano", scale = 1, tags = { { key = "a", value = "b" } },
    publicDomainNames = { ["my-certificate"] = { "example.com" } }, deployment = { containers = CONTAINERS, publicEndpoint = ENDPOINT },
    privateRegistryAccess = { ecrImagePullerRole = { isActive = true } } } },
  { "lightsail", "GetContainerServices", NAME },
  { "lightsail", "UpdateContainerService", { serviceName = "web", scale = 2 } },
  { "lightsail", "CreateContainerServiceDeployment", { serviceName = "web", containers = CONTAINERS, publicEndpoint = ENDPOINT } },
  { "lightsail", "GetContainerServiceDeployments", NAME },
  { "lightsail", "RegisterContainerImage", { serviceName = "web", label = "app", digest = "sha256:" .. ("0"):rep(64) } },
  { "lightsail", "GetContainerImages", NAME },
  { "lightsail", "DeleteContainerImage", { serviceName = "web", image = ":web.app.1" } },
  { "lightsail", "CreateContainerServiceRegistryLogin" }, { "lightsail", "GetContainerAPIMetadata" }, { "lightsail", "GetContainerServicePowers" },
  { "lightsail", "GetContainerLog", { serviceName = "web", containerName = "app" } },
  { "lightsail", "GetContainerServiceMetricData", { serviceName = "web", metricName = "CPUUtilization", startTime = 1, endTime = 86401, period = 300,
    statistics = { "Average", "Minimum", "Maximum", "Sum", "SampleCount" } } },
  { "lightsail", "GetCertificates", { includeCertificateDetails = true } },
  { "lightsail", "TagResource", { resourceName = "web", tags = { { key = "k" } } } },
  { "lightsail", "UntagResource", { resourceName = "web", tagKeys = { "k" } } },
  { "lightsail", "GetRegions", { includeAvailabilityZones = true } },
  { "lightsail", "DeleteContainerService", NAME },
  { "ssm", "GetParameter", { Name = "/my-app/database-url:1", WithDecryption = true } },
  { "ssm", "GetParameters", { Names = { "/my-app/log-level", "absent" } } },
  { "secretsmanager", "GetSecretValue", { SecretId = "my-app" } },
}

describe("the emulator's replies", function()
  it("have members of AWS's models only, for every operation", function()
    if not model_of "lightsail" then return pending "needs botocore 1.43 or later" end
    local w <close> = world.new()
    local found, called, body = {}, {}, nil
    w.change = function(_, reply) body = reply.body end
    for _, call in ipairs(CALLS) do
      local service, operation, input = table.unpack(call)
      if input and input.startTime then
        w.passed = w.passed + 900
        input.startTime, input.endTime = math.floor(w:time()) - 3600, math.floor(w:time())
      end
      local client = assert(w.region.session:client(service))
      assert(client[operation](client, input))
      local model = model_of(service)
      local output = model.operations[operation].output
      check_reply(found, operation, json.decode(body), model.shapes[output.shape], model.shapes)
      called[service .. " " .. operation] = true
    end
    assert.equal("", table.concat(found, "\n"))
    for _, service in ipairs { "lightsail", "ssm", "secretsmanager" } do
      for operation in pairs(require("lanyard.emulator." .. service).operations) do
        assert.is_true(called[service .. " " .. operation], operation .. " is not called here")
      end
    end
  end)
end)
