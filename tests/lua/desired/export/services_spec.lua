local cloudformation = require "lanyard.desired.export.cloudformation"
local deployable = require "deployable"
local export = require "lanyard.desired.export"
local helper = require "desired_services"
local json = require "lanyard.json"
local terraform = require "lanyard.desired.export.terraform"

local WEB = [[{ name = "web", scale = 2, tags = { env = "prod" },
  containers = { app = { image = "web:1.0", environment = { KEY = keep, REF = "ssm:/web/key" } } } }]]
local NEW = '{ name = "new", power = "micro", scale = 1, containers = { app = { image = "jobs:latest", environment = { A = "planted-a" } } } }'

local function exported(w, services)
  local found = assert(export.from_file(w.region, helper.desired(services)))
  assert.same({}, found.failures)
  return found
end

local function assert_no_secret(value)
  local text = json.encode(value)
  for _, secret in ipairs { "planted", deployable.SECRET } do
    assert.is_nil(text:find(secret, 1, true))
  end
end

describe("the export of services that a file describes", function()
  it("has resources of Terraform, with variables for environments", function()
    local w <close> = helper.world()
    local template = terraform.template(exported(w, WEB .. "," .. NEW))
    assert_no_secret(template)
    local services = template.resource.aws_lightsail_container_service
    assert.same({ "nano", 2, "micro" }, { services.web.power, services.web.scale, services.new.power })
    assert.same({ env = "prod" }, services.web.tags)
    assert.is_true(services.new.private_registry_access.ecr_image_puller_role.is_active)
    local deployment = template.resource.aws_lightsail_container_service_deployment_version.web
    assert.equal("${aws_lightsail_container_service.web.name}", deployment.service_name)
    assert.same({ "app", "side" }, { deployment.container[1].container_name, deployment.container[2].container_name })
    assert.same({ KEY = "${var.web_app_KEY}", REF = "${var.web_app_REF}" }, deployment.container[1].environment)
    assert.same({ type = "string", sensitive = true, description = "Variable REF of container app of web, from ssm:/web/key" },
      template.variable.web_app_REF)
    assert.equal("/up", deployment.public_endpoint.health_check.path)
    local ids = {}
    for i, one in ipairs(template.import) do ids[i] = one.id end
    assert.same({ "web", "web" }, ids) -- the service and the policy of the repository
  end)

  it("imports the deployment that runs", function()
    local w <close> = helper.world()
    local template = terraform.template(exported(w, '{ name = "web", containers = { app = { environment = keep } } }'))
    assert.same({ to = "aws_lightsail_container_service_deployment_version.web", id = "web/1" }, template.import[2])
  end)

  it("has resources of CloudFormation, with parameters for environments", function()
    local w <close> = helper.world()
    local template = cloudformation.template(exported(w, WEB .. "," .. NEW))
    assert_no_secret(template)
    local web = template.Resources.ServiceWeb.Properties
    assert.same({ 2, false }, { web.Scale, web.IsDisabled })
    local container = web.ContainerServiceDeployment.Containers[1]
    assert.same({ { Variable = "KEY", Value = { Ref = "VariableWebAppKEY" } }, { Variable = "REF", Value = { Ref = "VariableWebAppREF" } } },
      container.Environment)
    assert.same({ { Port = "80", Protocol = "HTTP" } }, container.Ports)
    assert.equal("/up", web.ContainerServiceDeployment.PublicEndpoint.HealthCheckConfig.Path)
    assert.same({ "String", true }, { template.Parameters.VariableWebAppKEY.Type, template.Parameters.VariableWebAppKEY.NoEcho })
    local imported = {}
    for i, one in ipairs(template.Metadata.ResourcesToImport) do imported[i] = one.LogicalResourceId end
    assert.same({ "ServiceWeb", "RepositoryJobs", "RepositoryWeb" }, imported)
    assert.truthy(template.Resources.ServiceNew)
  end)

  it("leaves out a service that CloudFormation would change", function()
    local w <close> = helper.world()
    local found = exported(w, '{ name = "web", containers = { app = { command = { "{{resolve:ssm:x}}" } } } }, { name = "fresh" }')
    local template = cloudformation.template(found)
    assert.is_nil(template.Resources.ServiceWeb)
    assert.equal("DynamicReference", found.failures[1].err.code)
    assert.truthy(template.Resources.ServiceFresh)
  end)
end)
