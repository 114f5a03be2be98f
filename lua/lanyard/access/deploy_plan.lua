-- What a deployment of images to a container service takes: the request, the role, the grants.
--
--   local plan = assert(region:plan_deployment("web", { images = { { container = "app", text = "web:1.4" } } }))
--
-- A plan changes nothing, and sees that what will be asked for can work: the images are there, in the
-- service's Region, and its role is or will be let at them. A container that is not named stays as it is.

local deployments = require "lanyard.access.deployments"
local errors = require "lanyard.errors"
local images = require "lanyard.access.images"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local policy = require "lanyard.policy"
local services = require "lanyard.access.services"
local waiting = require "lanyard.access.wait"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- What to ask for

-- The images of a request: those given on top of those it has. list | nil, err
local function images_of(request, given)
  local by_container = {}
  for container, described in pairs(request.containers) do
    local image, err = images.read(container, described.image)
    if not image then
      return nil, err
    end
    by_container[container] = image
  end
  for _, one in ipairs(given) do
    local ok, why = names.container(one.container)
    if not ok then
      return nil, errors.new { code = "InvalidName", message = why }
    end
    local image, err = images.given(one.container, one.text)
    if not image then
      return nil, err
    end
    by_container[one.container] = image
  end
  local list = {}
  for i, container in ipairs(lists.sorted_names(by_container)) do
    list[i] = by_container[container]
  end
  return list
end

-- Opens the public endpoint's port where it is not open, and keeps the health check of its container.
local function set_endpoint(request, wanted)
  local container = request.containers[wanted.containerName]
  local before = request.publicEndpoint
  local port = tostring(wanted.containerPort)
  if container then
    container.ports = container.ports or {}
    container.ports[port] = container.ports[port] or "HTTP"
  end
  request.publicEndpoint = {
    containerName = wanted.containerName,
    containerPort = wanted.containerPort,
    healthCheck = before and before.containerName == wanted.containerName and before.healthCheck or nil,
  }
end

-- Puts images and endpoint into the plan's request. true | nil, err
local function complete(region, plan, wants)
  local list, err = images_of(plan.request, wants.images)
  local ok = list
  if list then
    ok, err = images.look(region, list)
  end
  if not ok then
    return nil, err
  end
  for _, image in ipairs(list) do
    if wants.resolve and image.repository and (image.given or wants.request) then
      images.pin(image)
    end
    local container = plan.request.containers[image.container] or {}
    container.image = image.reference
    plan.request.containers[image.container] = container
    if image.foreign then
      table.insert(plan.warnings, ("image '%s' is in the registry of account %s: its owner must grant the pull, and "
        .. "lanyard sees neither"):format(image.reference, image.account))
    end
  end
  if wants.public_endpoint then
    set_endpoint(plan.request, wants.public_endpoint)
  end
  plan.images = list
  plan.repositories = images.repositories_of(list)
  return deployments.check(plan.request)
end

-- ---------------------------------------------------------------------------------------------
-- Whether it can work

local function check_state(service)
  local failed = waiting.failure(service)
  if failed then
    return nil, failed
  elseif service.state == "DISABLED" then
    return nil, errors.new {
      code = "ServiceDisabled",
      message = ("the service '%s' is disabled, and takes no deployment"):format(service.name),
      tip = "enable it first: aws lightsail update-container-service --no-is-disabled --service-name " .. service.name,
    }
  end
  return true
end

-- A grant that has ended is not given anew without a word.
local function with_advice(err, service, repository)
  if err.code == "GrantEnded" then
    err.tip = ("give it another end first: lanyard grant %s %s --expires DATE, or never")
      :format(service.name, repository)
  end
  return err
end

-- What the grants will be, and that they will do. true | nil, err
local function rehearse_grants(region, plan)
  local service = services.with_role(plan.service)
  plan.grants = region:change_each(plan.repositories, function(repository)
    return region:grant(service, repository, { dry_run = true })
  end)
  for i, item in ipairs(plan.grants) do
    if item.err then
      return nil, with_advice(item.err, plan.service, item.repository)
    end
    local doc = item.change.after and policy.parse(item.change.after)
    local decision, why = images.decide(doc, service.role.arn, plan.repositories[i], region.clock.time())
    if decision == "deny" then
      return nil, errors.new {
        code = "PullDenied",
        message = ("the service could not pull from repository '%s': %s"):format(item.repository, why),
        tip = ("put its policy right first: lanyard policy show and lanyard audit %s tell more")
          :format(item.repository),
      }
    elseif decision == "depends" then
      table.insert(plan.warnings, ("repository '%s': %s"):format(item.repository, why))
    end
  end
  return true
end

-- An image by tag whose tag points, since the running deployment was made, to something pushed later.
local function pushed_since(plan)
  for _, image in ipairs(plan.images) do
    if not image.digest and image.pushed and image.pushed > plan.current.created then
      return image
    end
  end
  return nil
end

-- Whether the deployment that runs, and will run on, is what is asked for, so that there is nothing to deploy.
local function is_in_place(plan, force)
  local current = plan.current
  local will_stay = current and current.state == "ACTIVE" and not plan.service.next
  if force or not will_stay or not deployments.same(plan.request, current.request) then
    return false
  end
  local newer = pushed_since(plan)
  if newer then
    plan.why = ("'%s' was pushed after version %d was deployed"):format(newer.reference, current.version)
  end
  return newer == nil
end

-- The service, and the deployments it had and has. true | nil, err
local function read_service(region, plan, name)
  local list, err
  plan.service, err = region:service(name)
  if not plan.service then
    return nil, err
  end
  list, err = deployments.list(region, name)
  if not list then
    return nil, err
  end
  plan.newest = list[1] and list[1].version or 0
  plan.current = plan.service.current and deployments.find(list, plan.service.current.version)
  if plan.service.current and not plan.current then
    return nil, errors.new {
      code = "InvalidResponse",
      message = ("Lightsail's list of deployments of '%s' has no version %d, which is the current one: what it is "
        .. "made of cannot be kept"):format(name, plan.service.current.version),
      tip = "describe the whole deployment with --file",
    }
  end
  return check_state(plan.service)
end

-- plan_deployment(region, service name, wants) --> plan | nil, err
-- wants: images (a list of { container, text }; text as a person writes it: REPOSITORY[:TAG|@DIGEST] or
-- with a registry's host), request (of lanyard.access.deployments: instead of the running deployment),
-- public_endpoint ({ containerName, containerPort }), resolve (pin tags of what is named to digests),
-- force (deploy although it runs already), dry_run (for the rules: nothing will be done).
-- plan: service, current (deployment | nil), newest (the highest version), request, images, repositories,
-- grants (changes, as region:change_each gives them), needs_role, in_place, why, warnings.
function M.plan(region, name, wants)
  local plan = { warnings = {} }
  local ok, err = read_service(region, plan, name)
  if not ok then
    return nil, err
  end
  plan.request = deployments.request(wants.request or plan.current and plan.current.request or {})
  ok, err = complete(region, plan, wants)
  if ok then
    plan.needs_role = images.need_role(plan.images)
    ok, err = rehearse_grants(region, plan)
  end
  if ok then
    plan.in_place = is_in_place(plan, wants.force)
  end
  if ok and not plan.in_place then
    ok, err = region:permitted {
      on = "deploy", service = plan.service, deployment = deployments.shown(plan.request), dry_run = wants.dry_run,
    }
  end
  if not ok then
    return nil, err
  end
  return plan
end

return M
