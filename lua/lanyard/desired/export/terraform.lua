--- Writes policies and services as a Terraform configuration in JSON syntax.
---
---     local configuration = terraform.template(exported)  -- exported: see lanyard.desired.export
---
--- aws_ecr_repository_policy owns the whole policy. The role's ARN in it is a reference to the service's resource, so
--- that it stays right when the role is turned off and on. Import blocks (Terraform 1.5) take over existing resources.

local deployments = require "lanyard.desired.export.deployment"
local export = require "lanyard.desired.export"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

-- Escapes ${ and %{, which begin a template in Terraform. Where further $ or % precede, doubling would be ambiguous:
-- they become the value of a template.
local function literal(text)
  return (text:gsub("([$%%]+){", function(signs)
    local sign = signs:sub(-1)
    local rest = signs:sub(1, -2)
    if rest:sub(-1) == sign then
      return ('${"%s"}{'):format(signs)
    end
    return rest .. sign .. sign .. "{"
  end))
end

-- A text of the configuration that has templates of its own.
local Template = {}

-- Copies a part of the configuration for Terraform, which reads every string and every name of a map as a template:
-- all but the ones of `Template` are escaped.
local function guarded(value)
  if type(value) == "string" then
    return literal(value)
  elseif type(value) ~= "table" then
    return value
  elseif getmetatable(value) == Template then
    return value.text
  end
  local copy = setmetatable({}, getmetatable(value))
  for name, member in pairs(value) do
    copy[type(name) == "string" and literal(name) or name] = guarded(member)
  end
  return copy
end

-- Replaces characters that a resource name cannot have.
local function clean(name)
  local label = name:gsub("[^%w_-]", "_")
  return label:find "^[%a_]" and label or "_" .. label
end

local function service_resource(service)
  local certificates = json.array {}
  for _, certificate in ipairs(lists.sorted_names(service.domains)) do
    table.insert(certificates, {
      certificate_name = certificate, domain_names = service.domains[certificate],
    })
  end
  return {
    name = service.name, power = service.power, scale = service.scale, is_disabled = service.disabled,
    private_registry_access = { ecr_image_puller_role = { is_active = service.role } },
    public_domain_names = #certificates > 0 and { certificate = certificates } or nil,
    tags = next(service.tags) and service.tags or nil,
  }
end

local function template_of(text)
  return setmetatable({ text = text }, Template)
end

local function health_check(check)
  return check and {
    healthy_threshold = check.healthyThreshold, unhealthy_threshold = check.unhealthyThreshold,
    timeout_seconds = check.timeoutSeconds, interval_seconds = check.intervalSeconds, path = check.path,
    success_codes = check.successCodes,
  }
end

-- A deployment, whose variables are variables of the configuration. Resources and import ids:
-- terraform-provider-aws, website/docs/r/lightsail_container_service_deployment_version.html.markdown
local function deployment_resource(deployment, label, variables)
  local containers, endpoint = json.array {}, deployment.request.publicEndpoint
  for i, name in ipairs(lists.sorted_names(deployment.request.containers)) do
    local container, environment = deployment.request.containers[name], nil
    for variable in pairs(container.environment or {}) do
      environment = environment or {}
      environment[variable] = template_of(("${var.%s}"):format(variables[deployment.inputs[name][variable].name]))
    end
    containers[i] = {
      container_name = name, image = container.image, command = container.command, environment = environment,
      ports = container.ports,
    }
  end
  return {
    service_name = template_of(("${aws_lightsail_container_service.%s.name}"):format(label)), container = containers,
    public_endpoint = endpoint and {
      container_name = endpoint.containerName, container_port = endpoint.containerPort,
      health_check = health_check(endpoint.healthCheck) or {},
    },
  }
end

-- Returns the variables of the configuration, and their names by the names of inputs.
local function variables_of(services)
  local inputs, variables = deployments.inputs(services), {}
  local names = export.labels(inputs, "name", clean)
  for _, input in ipairs(inputs) do
    variables[names[input.name]] = { type = "string", sensitive = true, description = input.description }
  end
  return variables, names
end

-- Replaces the role ARNs of a policy by references to the services.
local function policy_text(text, services, labels)
  text = literal(text)
  for _, service in ipairs(services) do
    local reference = ('"${aws_lightsail_container_service.%s.private_registry_access[0].ecr_image_puller_role[0]'
      .. '.principal_arn}"'):format(labels[service.name])
    text = text:gsub('"' .. service.role_arn:gsub("%p", "%%%0") .. '"', function() return reference end)
  end
  return template_of(text)
end

--- Returns a configuration, ready for lanyard.json.
---@param exported desired.Exported
---@return table
function M.template(exported)
  local services = export.labels(exported.services, "name", clean)
  local repositories = export.labels(exported.policies, "repository", clean)
  local imports, resources = json.array {}, {}
  local variables, names = variables_of(exported.services)
  local function add(kind, label, resource, id)
    resources[kind] = resources[kind] or {}
    resources[kind][label] = resource
    if id then
      table.insert(imports, { to = kind .. "." .. label, id = id })
    end
  end
  for _, service in ipairs(exported.services) do
    add("aws_lightsail_container_service", services[service.name], service_resource(service),
      service.exists and service.name or nil)
    local deployment = service.deployment
    if deployment then
      add("aws_lightsail_container_service_deployment_version", services[service.name],
        deployment_resource(deployment, services[service.name], names),
        deployment.version and ("%s/%d"):format(service.name, deployment.version) or nil)
    end
  end
  for _, policy in ipairs(exported.policies) do
    add("aws_ecr_repository_policy", repositories[policy.repository], {
      repository = policy.repository, policy = policy_text(policy.text, exported.services, services),
    }, policy.exists and policy.repository or nil)
  end
  return {
    ["//"] = ("lanyard export: account %s, %s. Each policy is the complete policy: Terraform removes statements that "
      .. "others add. Review terraform plan before you apply it."):format(exported.account, exported.region),
    import = #imports > 0 and guarded(imports) or nil,
    resource = next(resources) and guarded(resources) or nil,
    variable = next(variables) and guarded(variables) or nil,
  }
end

return M
