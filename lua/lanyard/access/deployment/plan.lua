--- Plans a deployment of images to a container service: the request, the role, the grants. A plan changes nothing.
---
---     local plan = assert(region:plan_deployment("web", { images = { { container = "app", text = "web:1.4" } } }))
---
--- Planning checks that the deployment can work: the images exist in the service's Region, and its role can pull them,
--- or will be able to. A container that is not named stays as it is.

local answers = require "lanyard.aws.answers"
local deployments = require "lanyard.access.deployment.list"
local edits = require "lanyard.access.deployment.edits"
local errors = require "lanyard.errors"
local grants = require "lanyard.access.grants"
local image_reference = require "lanyard.access.deployment.image"
local images = require "lanyard.access.deployment.images"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local policy = require "lanyard.policy"
local references = require "lanyard.access.deployment.references"
local requests = require "lanyard.access.deployment.request"
local services = require "lanyard.access.services"
local surroundings = require "lanyard.access.surroundings"
local waiting = require "lanyard.access.wait"

local M = {}

--- The requested changes to a deployment.
---@class access.deployment.Wants
---@field images { container: string, text: string }[]  text: REPOSITORY[:TAG|@DIGEST], or with a registry's host
---@field request? access.deployment.Request  instead of the running deployment's
---@field containers? table<string, access.deployment.Container>  instead of the running deployment's
---@field public_endpoint? { containerName: string?, containerPort: integer }  containerName: absent for the only one
---@field public_endpoint_file? table  the whole public endpoint, with its health check
---@field no_public? boolean  without a public endpoint
---@field health? table      members of the public endpoint's health check
---@field ports? access.deployment.Setting[]  with `port` and `protocol`
---@field commands? access.deployment.Setting[]  with `words`; no words: the image's own command
---@field variables? access.deployment.Variable[]  to set
---@field unset? access.deployment.Setting[]  with the `name` of a variable to remove
---@field has_url? boolean  without a public endpoint, the plan is an error
---@field create? { power: string, scale: integer? }  create the service if it does not exist
---@field resolve? boolean  replace the tags of named images by digests
---@field force? boolean    deploy even if the same deployment is running
---@field dry_run? boolean  for permit
---@field enables? boolean  plan for a disabled service, which the caller enables before it deploys
---@field granted? fun(repository: string): boolean  the caller grants this repository before it deploys, so that the
---  plan rehearses no grant of it

--- What a deployment would do.
---@class access.deployment.Plan
---@field service access.Service  as it is before
---@field current? access.Deployment  the deployment that runs
---@field base? access.Deployment  whose containers are kept
---@field newest integer     the highest version of the service
---@field request access.deployment.Request  that would be sent
---@field images access.deployment.Image[]  of its containers
---@field repositories access.Repository[]  that its images are in
---@field grants table[]     what region:change_each returned for a dry run of the grants
---@field needs_role boolean  the puller role would be enabled
---@field references access.deployment.Variable[]  the variables whose values were fetched; a value is a secret
---@field in_place boolean   the same deployment is running, so that there is nothing to deploy
---@field in_progress? integer  the version of the same deployment, which is being made
---@field creates? { power: string, scale: integer }  the service does not exist, and would be created
---@field why? string        why it is deployed although it is running
---@field warnings string[]  for people

-- ---------------------------------------------------------------------------------------------
-- The request

-- The images of a request: the given ones in place of its own. list | nil, err
local function images_of(request, given)
  local by_container = {}
  for container, described in pairs(request.containers) do
    local image, err = image_reference.parse(container, described.image)
    if not image then
      return nil, err
    end
    by_container[container] = image
  end
  for _, one in ipairs(given) do
    local ok, message = names.container(one.container)
    if not ok then
      return nil, errors.new { code = "InvalidName", message = message }
    end
    local image, err = image_reference.parse_argument(one.container, one.text)
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

local function set_image(plan, image, wants)
  if wants.resolve and image.repository and (image.given or wants.request or wants.containers) then
    images.pin(image)
  end
  local container = plan.request.containers[image.container] or {}
  container.image = image.reference
  plan.request.containers[image.container] = container
  if image.foreign then
    table.insert(plan.warnings, ("image '%s' is in the registry of account %s: its owner must grant the pull; lanyard "
      .. "cannot check the image or the grant"):format(image.reference, image.account))
  end
end

-- Fetches the values of references. true | nil, err
local function fetch(region, plan, wants)
  local list = {}
  plan.references = {}
  for _, variable in ipairs(wants.variables or {}) do
    if variable.reference then
      list[#list + 1] = variable.reference
      plan.references[#list] = variable
    end
  end
  return references.fetch(region, list)
end

-- Puts images and settings into the plan's request. true | nil, err
local function complete(region, plan, wants)
  local list, err = images_of(plan.request, wants.images)
  local ok = list
  if list then
    ok, err = images.resolve(region, list)
  end
  if ok then
    ok, err = images.check_stored(region, list)
  end
  if not ok then
    return nil, err
  end
  for _, image in ipairs(list) do
    set_image(plan, image, wants)
  end
  plan.images = list
  plan.repositories = images.repositories_of(list)
  ok, err = edits.locate(plan.request, wants)
  if ok then
    ok, err = fetch(region, plan, wants)
  end
  if ok then
    ok, err = edits.apply(plan.request, wants)
  end
  if not ok then
    return nil, err
  end
  if wants.has_url and not plan.request.publicEndpoint then
    return nil, errors.new { code = "InvalidDeployment", message = "the deployment has no public endpoint to test",
      tip = "pass --public CONTAINER:PORT, or leave out --smoke" }
  end
  return requests.check(plan.request)
end

-- ---------------------------------------------------------------------------------------------
-- Checks

local function check_state(service, enables)
  local failed = waiting.failure(service)
  if failed then
    return nil, failed
  elseif service.state == "DISABLED" and not enables then
    return nil, errors.new {
      code = "ServiceDisabled",
      message = ("the service '%s' is disabled and accepts no deployment"):format(service.name),
      tip = ("enable it first: lanyard service update %s --enabled"):format(service.name),
    }
  end
  return true
end

-- A grant that expired is not renewed without a request.
local function with_advice(err, service, repository)
  if err.code == "GrantEnded" then
    err.tip = ("renew it first: lanyard grant %s %s --expires DATE (or never)"):format(service.name, repository)
  end
  return err
end

-- Checks one rehearsed grant. true | nil, err
local function check_grant(region, plan, item, repository, service)
  if item.err then
    return nil, with_advice(item.err, plan.service, item.repository)
  end
  local doc = item.change.after and policy.parse(item.change.after)
  local decision, reason, advice = grants.explain(doc, service.role.arn, repository, region.clock.time(),
    surroundings.of(region))
  if decision == "deny" then
    return nil, errors.new {
      code = "PullDenied",
      message = ("the service could not pull from repository '%s': %s"):format(item.repository, reason),
      tip = advice
        or ("correct its policy first: see lanyard policy show and lanyard audit %s"):format(item.repository),
    }
  elseif decision == "depends" then
    table.insert(plan.warnings, ("repository '%s': %s"):format(item.repository, reason))
  end
  return true
end

-- Rehearses the grants, and checks that the role can pull with them. true | nil, err
local function rehearse_grants(region, plan, granted)
  local service, rehearsed = services.with_role(plan.service), {}
  for _, repository in ipairs(plan.repositories) do
    rehearsed[#rehearsed + 1] = not (granted and granted(repository.name)) and repository or nil
  end
  plan.grants = region:change_each(rehearsed, function(repository)
    return region:grant(service, repository, { dry_run = true })
  end)
  for i, item in ipairs(plan.grants) do
    local ok, err = check_grant(region, plan, item, rehearsed[i], service)
    if not ok then
      return nil, err
    end
  end
  return true
end

-- An image whose tag points to something that was pushed after a deployment was created | nil
local function pushed_since(plan, deployment)
  for _, image in ipairs(plan.images) do
    if not image.digest and image.pushed and image.pushed > deployment.created then
      return image
    end
  end
  return nil
end

-- Whether the deployment that is running, and will go on running, is the wanted one.
local function is_in_place(plan, force)
  local current = plan.current
  local will_stay = current and current.state == "ACTIVE" and not plan.service.next
  if force or not will_stay or not requests.same(plan.request, current.request) then
    return false
  end
  local newer = pushed_since(plan, current)
  if newer then
    plan.why = ("'%s' was pushed after version %d was deployed"):format(newer.reference, current.version)
  end
  return newer == nil
end

-- The version of the deployment that is being made, if it is the wanted one: of an earlier run that was interrupted, or
-- whose reply was lost | nil
local function in_progress(plan, force)
  local next_one = not force and plan.service.next and deployments.find(plan.list, plan.service.next.version)
  if next_one and next_one.state == "ACTIVATING" and requests.same(plan.request, next_one.request)
    and not pushed_since(plan, next_one) then
    return next_one.version
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- The plan

-- The scale of a service that is created without one.
local SCALE = 1

-- The service that `create` would make | nil, err
local function new_service(region, plan, name, create)
  plan.creates = { power = create.power, scale = create.scale or SCALE }
  plan.list, plan.newest = {}, 0
  local ok, err = region:create_service(name, plan.creates, { dry_run = true })
  return ok and {
    name = name, region = region.name, state = "READY", role = { active = false }, tags = {},
    raw = { power = plan.creates.power, scale = plan.creates.scale },
  } or nil, err
end

-- Warns of an existing service that differs from the one that would be created.
local function compare(plan, create)
  local raw = plan.service.raw
  for _, member in ipairs { "power", "scale" } do
    if create[member] and raw[member] ~= create[member] then
      table.insert(plan.warnings, ("the service '%s' exists with the %s %s, not %s: lanyard service update %s --%s %s")
        :format(plan.service.name, member, raw[member], create[member], plan.service.name, member, create[member]))
    end
  end
end

-- Reads the service and its deployments. true | nil, err
local function read_service(region, plan, name, wants)
  local create = wants.create
  local list, err
  plan.service, err = region:service(name)
  if create and answers.rejected(err, "NotFoundException") then
    plan.service, err = new_service(region, plan, name, create)
    return plan.service and true, err
  elseif not plan.service then
    return nil, err
  end
  list, err = deployments.list(region, name)
  if not list then
    return nil, err
  end
  plan.list = list
  plan.newest = list[1] and list[1].version or 0
  plan.current = plan.service.current and deployments.find(list, plan.service.current.version)
  if plan.service.current and not plan.current then
    return nil, errors.new {
      code = "InvalidResponse",
      message = ("Lightsail's list of deployments of '%s' does not have version %d, which is the current one, so its "
        .. "containers cannot be kept"):format(name, plan.service.current.version),
      tip = "describe the whole deployment with --file",
    }
  end
  compare(plan, create or {})
  return check_state(plan.service, wants.enables)
end

-- The request that settings are put into.
local function start(plan, wants)
  local current = plan.current and plan.current.request or {}
  if wants.request then
    return requests.from(wants.request)
  elseif wants.containers then
    return requests.from { containers = wants.containers, publicEndpoint = current.publicEndpoint }
  end
  return requests.from(current)
end

--- Plans a deployment.
---@param region access.Region
---@param name string  the service's name
---@param wants access.deployment.Wants
---@return access.deployment.Plan? plan
---@return aws.Error? err
function M.plan(region, name, wants)
  local plan = { warnings = {} }
  local ok, err = read_service(region, plan, name, wants)
  if not ok then
    return nil, err
  end
  plan.base = not wants.request and plan.current or nil
  plan.request = start(plan, wants)
  ok, err = complete(region, plan, wants)
  if ok then
    plan.needs_role = images.need_role(plan.images)
    ok, err = rehearse_grants(region, plan, wants.granted)
  end
  if ok then
    plan.in_place = is_in_place(plan, wants.force)
    plan.in_progress = in_progress(plan, wants.force)
  end
  if ok and not (plan.in_place or plan.in_progress) then
    ok, err = region:permit {
      on = "deploy", service = plan.service, deployment = requests.shown(plan.request), dry_run = wants.dry_run,
    }
  end
  if not ok then
    return nil, err
  end
  return plan
end

return M
