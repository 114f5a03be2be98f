--- Writes policies and services as a CloudFormation template.
---
---     local template = cloudformation.template(exported)  -- exported: see lanyard.desired.export
---
--- AWS::ECR::Repository has the whole policy in RepositoryPolicyText. Every resource of the template exists already,
--- so a stack takes it over by an import; the Metadata lists the resources in the form that the import requires.
--- Deleting the stack deletes none of them.

local deployments = require "lanyard.desired.export.deployment"
local errors = require "lanyard.errors"
local export = require "lanyard.desired.export"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local requests = require "lanyard.access.deployment.request"

local M = {}

-- Returns a function that makes logical IDs, which have only letters and digits.
local function clean(prefix)
  return function(name)
    return prefix .. name:gsub("^%l", string.upper):gsub("[^%w]+(%w?)", string.upper)
  end
end

local function resource(kind, properties)
  return { Type = kind, DeletionPolicy = "Retain", UpdateReplacePolicy = "Retain", Properties = properties }
end

-- The properties of a deployment, whose variables are parameters:
-- https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lightsail-container.html
local function deployment_of(deployment, parameters)
  local containers = json.array {}
  for i, name in ipairs(lists.sorted_names(deployment.request.containers)) do
    local container, environment, ports = deployment.request.containers[name], json.array {}, json.array {}
    for _, variable in ipairs(lists.sorted_names(container.environment or {})) do
      local input = deployment.inputs[name][variable]
      table.insert(environment, { Variable = variable, Value = { Ref = parameters[input.name] } })
    end
    for _, port in ipairs(lists.sorted_names(container.ports or {})) do
      table.insert(ports, { Port = port, Protocol = container.ports[port] })
    end
    containers[i] = {
      ContainerName = name, Image = container.image, Command = container.command,
      Environment = #environment > 0 and environment or nil, Ports = #ports > 0 and ports or nil,
    }
  end
  local endpoint = deployment.request.publicEndpoint
  local check = endpoint and endpoint.healthCheck
  return {
    Containers = containers,
    PublicEndpoint = endpoint and {
      ContainerName = endpoint.containerName, ContainerPort = endpoint.containerPort,
      HealthCheckConfig = check and {
        HealthyThreshold = check.healthyThreshold, UnhealthyThreshold = check.unhealthyThreshold,
        TimeoutSeconds = check.timeoutSeconds, IntervalSeconds = check.intervalSeconds, Path = check.path,
        SuccessCodes = check.successCodes,
      },
    },
  }
end

local function service_resource(service)
  local domains, tags = json.array {}, json.array {}
  for _, certificate in ipairs(lists.sorted_names(service.domains)) do
    table.insert(domains, { CertificateName = certificate, DomainNames = service.domains[certificate] })
  end
  for _, key in ipairs(lists.sorted_names(service.tags)) do
    table.insert(tags, { Key = key, Value = service.tags[key] })
  end
  return resource("AWS::Lightsail::Container", {
    ServiceName = service.name, Power = service.power, Scale = service.scale, IsDisabled = service.disabled,
    PrivateRegistryAccess = { EcrImagePullerRole = { IsActive = service.role } },
    PublicDomainNames = #domains > 0 and domains or nil,
    Tags = #tags > 0 and tags or nil,
  })
end

-- Copies a policy and replaces each role ARN by the attribute of its service.
local function with_references(value, attributes)
  if type(value) ~= "table" then
    return attributes[value] or value
  end
  local copy = setmetatable({}, getmetatable(value))
  for name, member in pairs(value) do
    copy[name] = with_references(member, attributes)
  end
  return copy
end

-- Returns what CloudFormation would replace in a value of the account, else nil: a dynamic reference in a string, or an
-- object that it reads as a function. Neither can be escaped.
local function replaced_part(value)
  if type(value) == "string" then
    return value:lower():find "{{%s*resolve%s*:" and "{{resolve:" or nil
  elseif type(value) ~= "table" then
    return nil
  end
  for name, member in pairs(value) do
    local is_function = type(name) == "string" and (name == "Ref" or name:find "^Fn::") and name
    local found = is_function or replaced_part(name) or replaced_part(member)
    if found then
      return found
    end
  end
  return nil
end

local function not_exported(subject, part)
  return errors.new {
    code = "DynamicReference",
    message = ("%s contains %s, which CloudFormation would replace; it is not exported"):format(subject, part),
  }
end

-- identifier: nil for a resource that does not exist yet
local function add(template, id, added, identifier)
  template.Resources[id] = added
  if not identifier then
    return
  end
  table.insert(template.Metadata.ResourcesToImport, {
    ResourceType = added.Type, LogicalResourceId = id, ResourceIdentifier = identifier,
  })
end

-- Adds a parameter for each variable of a deployment. Returns their ids by the names of inputs.
local function add_parameters(template, services)
  local inputs = deployments.inputs(services)
  local ids = export.labels(inputs, "name", clean "Variable")
  for _, input in ipairs(inputs) do
    template.Parameters = template.Parameters or {}
    template.Parameters[ids[input.name]] = { Type = "String", NoEcho = true, Description = input.description }
  end
  return ids
end

-- Adds the services, and returns the attributes that replace their role ARNs. A service that a template cannot contain
-- is added to the failures; policies have the ARN of its role.
local function add_services(template, exported)
  local ids, attributes = export.labels(exported.services, "name", clean "Service"), {}
  local parameters = add_parameters(template, exported.services)
  for _, service in ipairs(exported.services) do
    local id, added = ids[service.name], service_resource(service)
    local part = replaced_part(added)
      or service.deployment and replaced_part(requests.shown(service.deployment.request))
    if part then
      table.insert(exported.failures, {
        service = service.name, err = not_exported(("service '%s'"):format(service.name), part),
      })
    else
      attributes[service.role_arn] = {
        ["Fn::GetAtt"] = json.array { id, "PrivateRegistryAccess.EcrImagePullerRole.PrincipalArn" },
      }
      -- Added after the check: a reference to a parameter is not a value of the account.
      added.Properties.ContainerServiceDeployment = service.deployment and deployment_of(service.deployment, parameters)
      add(template, id, added, service.exists and { ServiceName = service.name } or nil)
    end
  end
  return attributes
end

local function add_policies(template, exported, attributes)
  local ids = export.labels(exported.policies, "repository", clean "Repository")
  for _, policy in ipairs(exported.policies) do
    local document, name = json.decode(policy.text), policy.repository
    local part = replaced_part { name, document }
    if part then
      table.insert(exported.failures, {
        repository = name, err = not_exported(("the policy of '%s'"):format(name), part),
      })
    else
      add(template, ids[name], resource("AWS::ECR::Repository", {
        RepositoryName = name, RepositoryPolicyText = with_references(document, attributes),
      }), { RepositoryName = name })
    end
  end
end

--- Returns a template, ready for lanyard.json. A service or policy that a template cannot contain is added to
--- `exported.failures`.
---@param exported desired.Exported
---@return table
function M.template(exported)
  local template = {
    AWSTemplateFormatVersion = "2010-09-09",
    Description = ("lanyard export: account %s, %s. Create the stack by importing the resources that the Metadata "
      .. "lists; each policy is the complete policy."):format((exported.account:gsub("{", "(")), exported.region),
    Metadata = { ResourcesToImport = json.array {} },
    Resources = {},
  }
  add_policies(template, exported, add_services(template, exported))
  return template
end

return M
