-- Policies and services as a CloudFormation template.
--
-- AWS::ECR::Repository has the whole text of a policy in RepositoryPolicyText. All that is in the template is
-- there already, so a stack takes it over by an import; its Metadata lists the resources as that asks for them.
-- Nothing is deleted with the stack.

local errors = require "lanyard.errors"
local export = require "lanyard.desired.export"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

-- Makes logical IDs, which have letters and digits only.
local function clean(prefix)
  return function(name)
    return prefix .. name:gsub("^%l", string.upper):gsub("[^%w]+(%w?)", string.upper)
  end
end

local function resource(kind, properties)
  return { Type = kind, DeletionPolicy = "Retain", UpdateReplacePolicy = "Retain", Properties = properties }
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
    PrivateRegistryAccess = { EcrImagePullerRole = { IsActive = true } },
    PublicDomainNames = #domains > 0 and domains or nil,
    Tags = #tags > 0 and tags or nil,
  })
end

-- A policy as it is in a template: the roles are attributes of their services.
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

-- Why a policy can't stand in a template | nil: CloudFormation would put a secret or a parameter there.
local function flaw_of(policy)
  if policy.text:find("{{resolve:", 1, true) then
    return errors.new {
      code = "DynamicReference",
      message = ("the policy of '%s' has {{resolve:, which CloudFormation would replace; it was left out")
        :format(policy.repository),
    }
  end
  return nil
end

local function add(template, id, of, identifier)
  template.Resources[id] = of
  table.insert(template.Metadata.ResourcesToImport, {
    ResourceType = of.Type, LogicalResourceId = id, ResourceIdentifier = identifier,
  })
end

local function add_services(template, exported)
  local ids, attributes = export.labels(exported.services, "name", clean "Service"), {}
  for _, service in ipairs(exported.services) do
    local id = ids[service.name]
    attributes[service.role_arn] = {
      ["Fn::GetAtt"] = json.array { id, "PrivateRegistryAccess.EcrImagePullerRole.PrincipalArn" },
    }
    add(template, id, service_resource(service), { ServiceName = service.name })
  end
  return attributes
end

-- template(exported) --> a template, ready for lanyard.json; see lanyard.desired.export. A policy that cannot
-- stand in one is added to the failures.
function M.template(exported)
  local template = {
    AWSTemplateFormatVersion = "2010-09-09",
    Description = ("lanyard export: account %s, %s. Create the stack by importing the resources that the Metadata "
      .. "lists; each policy is the whole of it."):format(exported.account, exported.region),
    Metadata = { ResourcesToImport = json.array {} },
    Resources = {},
  }
  local attributes = add_services(template, exported)
  local ids = export.labels(exported.policies, "repository", clean "Repository")
  for _, policy in ipairs(exported.policies) do
    local flaw = flaw_of(policy)
    if flaw then
      table.insert(exported.failures, { repository = policy.repository, err = flaw })
    else
      add(template, ids[policy.repository], resource("AWS::ECR::Repository", {
        RepositoryName = policy.repository,
        RepositoryPolicyText = with_references(json.decode(policy.text), attributes),
      }), { RepositoryName = policy.repository })
    end
  end
  return template
end

return M
