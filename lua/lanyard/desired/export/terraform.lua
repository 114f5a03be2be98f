--- Writes policies and services as a Terraform configuration in JSON syntax.
---
---     local configuration = terraform.template(exported)  -- exported: see lanyard.desired.export
---
--- aws_ecr_repository_policy owns the whole policy. The role's ARN in it is a reference to the service's resource, so
--- that it stays right when the role is turned off and on. Import blocks (Terraform 1.5) take over existing resources.

local export = require "lanyard.desired.export"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

-- Escapes ${ and %{, which begin a template in Terraform.
local function literal(text)
  return (text:gsub("([$%%]){", "%1%1{"))
end

-- Replaces characters that a resource name cannot have.
local function clean(name)
  local label = name:gsub("[^%w_-]", "_")
  return label:find "^[%a_]" and label or "_" .. label
end

local function service_resource(service)
  local certificates, tags = json.array {}, {}
  for _, certificate in ipairs(lists.sorted_names(service.domains)) do
    table.insert(certificates, {
      certificate_name = literal(certificate), domain_names = service.domains[certificate],
    })
  end
  for key, value in pairs(service.tags) do
    tags[literal(key)] = literal(value)
  end
  return {
    name = service.name, power = service.power, scale = service.scale, is_disabled = service.disabled,
    private_registry_access = { ecr_image_puller_role = { is_active = true } },
    public_domain_names = #certificates > 0 and { certificate = certificates } or nil,
    tags = next(tags) and tags or nil,
  }
end

-- Replaces the role ARNs of a policy by references to the services.
local function policy_text(text, services, labels)
  text = literal(text)
  for _, service in ipairs(services) do
    local reference = ('"${aws_lightsail_container_service.%s.private_registry_access[0].ecr_image_puller_role[0]'
      .. '.principal_arn}"'):format(labels[service.name])
    text = text:gsub('"' .. service.role_arn:gsub("%p", "%%%0") .. '"', function() return reference end)
  end
  return text
end

--- Returns a configuration, ready for lanyard.json.
---@param exported desired.Exported
---@return table
function M.template(exported)
  local services = export.labels(exported.services, "name", clean)
  local repositories = export.labels(exported.policies, "repository", clean)
  local imports, resources = json.array {}, {}
  local function add(kind, label, resource, id)
    resources[kind] = resources[kind] or {}
    resources[kind][label] = resource
    if id then
      table.insert(imports, { to = kind .. "." .. label, id = id })
    end
  end
  for _, service in ipairs(exported.services) do
    add("aws_lightsail_container_service", services[service.name], service_resource(service), service.name)
  end
  for _, policy in ipairs(exported.policies) do
    add("aws_ecr_repository_policy", repositories[policy.repository], {
      repository = policy.repository, policy = policy_text(policy.text, exported.services, services),
    }, policy.exists and policy.repository or nil)
  end
  return {
    ["//"] = ("lanyard export: account %s, %s. Each policy is the complete policy: Terraform removes statements that "
      .. "others add. Review terraform plan before you apply it."):format(exported.account, exported.region),
    import = #imports > 0 and imports or nil,
    resource = next(resources) and resources or nil,
  }
end

return M
