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

local function add(template, id, added, identifier)
  template.Resources[id] = added
  table.insert(template.Metadata.ResourcesToImport, {
    ResourceType = added.Type, LogicalResourceId = id, ResourceIdentifier = identifier,
  })
end

-- Adds the services, and returns the attributes that replace their role ARNs. A service that a template cannot contain
-- is added to the failures; policies have the ARN of its role.
local function add_services(template, exported)
  local ids, attributes = export.labels(exported.services, "name", clean "Service"), {}
  for _, service in ipairs(exported.services) do
    local id, added = ids[service.name], service_resource(service)
    local part = replaced_part(added)
    if part then
      table.insert(exported.failures, {
        service = service.name, err = not_exported(("service '%s'"):format(service.name), part),
      })
    else
      attributes[service.role_arn] = {
        ["Fn::GetAtt"] = json.array { id, "PrivateRegistryAccess.EcrImagePullerRole.PrincipalArn" },
      }
      add(template, id, added, { ServiceName = service.name })
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
