--- The methods of a region about deployments, and about waiting for a service.

---@class access.Region
local Region = {}

--- Plans a deployment, and changes nothing.
---@param service_name string
---@param wants access.deployment.Wants
---@return access.deployment.Plan? plan
---@return aws.Error? err
function Region:plan_deployment(service_name, wants)
  return require("lanyard.access.deployment.plan").plan(self, service_name, wants)
end

--- Options of carrying out a deployment.
---@class access.deployment.Options
---@field timeout? number  seconds
---@field settle? boolean  read policies once more when other writers have finished
---@field progress? fun(text: string)  receives a line about what a call waits for
---@field seen? table      receives what was done, as it is done

--- Carries out a planned deployment: enables the role, grants, and requests the deployment.
---@param plan access.deployment.Plan
---@param options? access.deployment.Options
---@return access.deployment.Result result  with an error too: what was done before it
---@return aws.Error? err
function Region:deploy(plan, options)
  return require("lanyard.access.deployment.deploy").deploy(self, plan, options)
end

--- Lists the deployments of a service, newest first.
---@param service_name string
---@return access.Deployment[]? deployments
---@return aws.Error? err
function Region:deployments(service_name)
  return require("lanyard.access.deployment.list").list(self, service_name)
end

--- Returns the deployment of a version, or the newest one.
---@param service_name string
---@param version? integer
---@return access.Deployment? deployment
---@return aws.Error? err  code NoDeployment
function Region:choose_deployment(service_name, version)
  return require("lanyard.access.deployment.list").choose(self, service_name, version)
end

--- Waits until a deployment has ended.
---@param service_name string
---@param version integer
---@param options? access.WaitOptions
---@return access.deployment.Outcome? outcome
---@return aws.Error? err
function Region:follow_deployment(service_name, version, options)
  return require("lanyard.access.deployment.follow").follow(self, service_name, version, options)
end

--- Returns likely reasons why a deployment failed, and its logs.
---@param outcome access.deployment.Outcome
---@param options { request: access.deployment.Request?, reveal: boolean? }
---@return string[]? reasons
---@return access.deployment.Log[]? logs
---@return aws.Error? err
function Region:explain_deployment(outcome, options)
  return require("lanyard.access.deployment.diagnosis").explain(self, outcome, options)
end

--- Waits until a service accepts changes, or is DISABLED.
---@param name string
---@param options? access.WaitOptions
---@return access.Service? service
---@return aws.Error? err
function Region:wait_for_service(name, options)
  return require("lanyard.access.wait").for_service(self, name, options)
end

--- Waits until the puller role of a service is on and has an ARN.
---@param name string
---@param options? access.WaitOptions
---@return access.Service? service
---@return aws.Error? err
function Region:wait_for_role(name, options)
  return require("lanyard.access.wait").for_role(self, name, options)
end

return { methods = Region }
