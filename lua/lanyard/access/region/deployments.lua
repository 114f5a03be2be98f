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

--- Carries out a planned deployment to its end: deploys, follows, smoke-tests, and restores the earlier version.
---@param plan access.deployment.Plan
---@param options? access.deployment.ReleaseOptions
---@return access.deployment.Release result  with an error too: what was done before it
---@return aws.Error? err  of the first step that failed; a deployment or smoke test that failed is none
function Region:release(plan, options)
  return require("lanyard.access.deployment.release").release(self, plan, options)
end

--- Asks the public endpoint of a service for paths, until each answers as expected or the time is over.
---@param url string
---@param checks access.deployment.SmokeCheck[]  of lanyard.access.deployment.smoke
---@param options? { timeout: number?, progress: nil|fun(text: string) }  timeout: seconds
---@return access.deployment.SmokeResult[] results
function Region:smoke(url, checks, options)
  return require("lanyard.access.deployment.smoke").run(self, url, checks, options)
end

--- Plans a rollback: a new deployment with the containers of an earlier version.
---@param service_name string
---@param wants? { version: integer?, dry_run: boolean?, force: boolean?, has_url: boolean? }  version: the last one
---  that was active before the current one, if absent; has_url: without a public endpoint, the plan is an error
---@return access.deployment.RollbackPlan? plan
---@return aws.Error? err  code NoDeployment if there is no such version
function Region:plan_rollback(service_name, wants)
  return require("lanyard.access.deployment.rollback").plan(self, service_name, wants)
end

--- Carries out a planned rollback, and follows its deployment.
---@param plan access.deployment.RollbackPlan
---@param options? access.deployment.ReleaseOptions
---@return access.deployment.Release result  with an error too: what was done before it
---@return aws.Error? err
function Region:rollback(plan, options)
  return require("lanyard.access.deployment.release").rollback(self, plan, options)
end

--- Lists the deployments of a service, newest first.
---@param service_name string
---@return access.Deployment[]? deployments
---@return aws.Error? err
function Region:deployments(service_name)
  return require("lanyard.access.deployment.list").list(self, service_name)
end

--- Lists the deployments of a service, newest first, with what each one changed.
---@param service_name string
---@return access.deployment.Entry[]? entries
---@return aws.Error? err
function Region:deployment_history(service_name)
  return require("lanyard.access.deployment.history").read(self, service_name)
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
---@param options { request: access.deployment.Request?, reveal: boolean?, hidden: table? }
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
