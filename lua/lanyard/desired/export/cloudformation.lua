--- Writes policies and services as a CloudFormation template.
---
---     local template = cloudformation.template(exported)  -- exported: see lanyard.desired.export
---
--- AWS::ECR::Repository has the whole policy in RepositoryPolicyText. Every resource of the template exists already,
--- so a stack takes it over by an import; the Metadata lists the resources in the form that the import requires.
--- Deleting the stack deletes none of them.

local errors = require "lanyard.errors"
local export = require "lanyard.desired.export"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

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

-- Returns an error for a policy in which CloudFormation would insert a secret or a parameter, else nil.
local function check_references(policy)
  if policy.text:find("{{resolve:", 1, true) then
    return errors.new {
      code = "DynamicReference",
      message = ("the policy of '%s' contains {{resolve:, which CloudFormation would replace; it is not exported")
        :format(policy.repository),
    }
  end
  return nil
end

local function add(template, id, added, identifier)
  template.Resources[id] = added
  table.insert(template.Metadata.ResourcesToImport, {
    ResourceType = added.Type, LogicalResourceId = id, ResourceIdentifier = identifier,
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

--- Returns a template, ready for lanyard.json. A policy that a template cannot contain is added to `exported.failures`.
---@param exported desired.Exported
---@return table
function M.template(exported)
  local template = {
    AWSTemplateFormatVersion = "2010-09-09",
    Description = ("lanyard export: account %s, %s. Create the stack by importing the resources that the Metadata "
      .. "lists; each policy is the complete policy."):format(exported.account, exported.region),
    Metadata = { ResourcesToImport = json.array {} },
    Resources = {},
  }
  local attributes = add_services(template, exported)
  local ids = export.labels(exported.policies, "repository", clean "Repository")
  for _, policy in ipairs(exported.policies) do
    local err = check_references(policy)
    if err then
      table.insert(exported.failures, { repository = policy.repository, err = err })
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
