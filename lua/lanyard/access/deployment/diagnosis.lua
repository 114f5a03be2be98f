--- Finds likely reasons why a deployment failed. AWS does not report the reason, so this checks whether the images can
--- be pulled, and reads the logs of the containers.

local deployments = require "lanyard.access.deployment.list"
local image_reference = require "lanyard.access.deployment.image"
local images = require "lanyard.access.deployment.images"
local lists = require "lanyard.lists"
local container_logs = require "lanyard.access.deployment.logs"
local pull = require "lanyard.access.pull"
local requests = require "lanyard.access.deployment.request"
local statements = require "lanyard.access.statements"
local surroundings = require "lanyard.access.surroundings"

local M = {}

-- How much earlier than a deployment was followed it may have been created, in seconds.
local SLACK = 60

--- A likely reason why a deployment failed.
---@class access.deployment.Cause
---@field text string      the reason
---@field words? string[]  the words of the lanyard command that removes it
---@field repository_name? string  the repository that has to be granted
---@field advice? string   what removes it, if no command does

-- ---------------------------------------------------------------------------------------------
-- Images

local function has_grant(doc, role_arn)
  for _, statement in ipairs(doc and doc:statements() or {}) do
    if statements.names(statement, role_arn) then
      return true
    end
  end
  return false
end

-- Why the service may be unable to pull an image of a private registry | nil. Of another account's image, only the
-- service's own role can be checked.
local function pull_problem(region, service, image)
  if not service.role.arn then
    return { text = ("image '%s': the puller role of '%s' is off"):format(image.reference, service.name),
      words = { "enable", service.name }, repository_name = not image.foreign and image.repository_name or nil }
  elseif image.foreign then
    return nil
  end
  local doc, err = region:policy(image.repository)
  if err then
    return { text = err.message }
  end
  local found = pull.decide(surroundings.of(region), doc, service.role.arn, image.repository, region.clock.time())
  if found.decision == "allow" then
    return nil
  end
  local words = { "grant", service.name, image.repository_name }
  local cause = { text = ("repository '%s': %s"):format(image.repository_name, found.reason),
    repository_name = image.repository_name }
  if found.advice then -- a grant alone does not help against a Deny
    cause.advice = pull.edit(found, service.role.arn, image.repository_name)
      .. (has_grant(doc, service.role.arn) and "" or ", and grant it: lanyard " .. table.concat(words, " "))
  else
    cause.words = words
  end
  return cause
end

-- Returns what prevents the images from being pulled, and the images that could not be checked.
local function image_problems(region, service, request)
  local problems, unchecked = {}, {}
  for _, container in ipairs(lists.sorted_names(request.containers)) do
    local image, err = image_reference.parse(container, request.containers[container].image)
    local ok = false
    if image then
      ok, err = images.resolve(region, { image })
    end
    if not ok then
      problems[#problems + 1] = { text = err.message, advice = err.tip }
    elseif not image.outside then
      problems[#problems + 1] = pull_problem(region, service, image)
    end
    if ok and not image.repository then
      unchecked[#unchecked + 1] = image
    end
  end
  return problems, unchecked
end

-- Returns possible causes for images of other accounts whose containers logged nothing.
local function foreign_doubts(unchecked, logs)
  local reasons, spoke = {}, {}
  for _, log in ipairs(logs) do
    spoke[log.container] = log.spoke
  end
  for _, image in ipairs(unchecked) do
    if image.foreign and not spoke[image.container] then
      reasons[#reasons + 1] = { text = ("image '%s' belongs to account %s: whether that account allows this role to "
        .. "pull is unknown"):format(image.reference, image.account) }
    end
  end
  return reasons
end

-- ---------------------------------------------------------------------------------------------
-- Logs

local function health_check(request)
  local endpoint = request.publicEndpoint
  local check = endpoint and endpoint.healthCheck or requests.HEALTH_CHECK
  return endpoint and ("the health check of '%s' failed: GET %s on port %d must return %s within %d s")
    :format(endpoint.containerName, check.path or requests.HEALTH_CHECK.path, endpoint.containerPort,
      check.successCodes or requests.HEALTH_CHECK.successCodes,
      check.timeoutSeconds or requests.HEALTH_CHECK.timeoutSeconds)
end

-- The most likely reason by the logs, once no image is known to be out of reach.
-- all_checked: whether every image was checked; running: the version that is still active | nil
local function reason_by_logs(request, logs, all_checked, running)
  local silent = {}
  for _, log in ipairs(logs) do
    if log.err then
      return ("cannot read the log of '%s': %s"):format(log.container, log.err.message)
    elseif not log.spoke then
      silent[#silent + 1] = "'" .. log.container .. "'"
    end
  end
  if #silent == #logs then
    return (all_checked and "the images can be pulled now, but no container logged anything: "
        or "no container logged anything: an image of another registry may not exist, ")
      .. "the grant may have come too late (deploy again), the image may not be for linux/amd64, or its program exited "
      .. "immediately"
  end
  local health = health_check(request)
  local other = running and (" (or the containers of version %d did, which is still active)"):format(running) or ""
  return "the containers started and logged" .. other .. ": a program exited" .. (health and ", or " .. health or "")
    .. (#silent > 0 and ("; nothing was logged by %s"):format(table.concat(silent, ", ")) or "")
end

-- ---------------------------------------------------------------------------------------------
-- The diagnosis

--- Returns likely reasons why a deployment failed, the most likely first, and its logs.
---@param region access.Region
---@param service access.Service
---@param deployment access.Deployment
---@param list access.Deployment[]  all deployments of the service
---@param reveal? boolean  show values of environment variables in logs
---@param hidden? table<string, boolean>  values that are redacted in any case
---@return access.deployment.Cause[] causes
---@return access.deployment.Log[] logs
function M.causes(region, service, deployment, list, reveal, hidden)
  local logs = container_logs.read(region, service.name, deployment, list, reveal, hidden)
  local causes, unchecked = image_problems(region, service, deployment.request)
  if #causes == 0 then
    local running = service.current
    causes = foreign_doubts(unchecked, logs)
    causes[#causes + 1] = {
      text = reason_by_logs(deployment.request, logs, #unchecked == 0, running and running.version),
    }
  end
  return causes, logs
end

--- Returns likely reasons why a deployment that was followed failed, as texts, and its logs.
---@param region access.Region
---@param outcome access.deployment.Outcome
---@param options { request: access.deployment.Request?, reveal: boolean?, hidden: table? }  request: what was asked
---  for, if Lightsail does not list the deployment any more; reveal: show values of environment variables in logs;
---  hidden: values that are redacted in any case
---@return string[]? reasons  the most likely first
---@return access.deployment.Log[]? logs
---@return aws.Error? err
function M.explain(region, outcome, options)
  if outcome.result == "replaced" then
    return {}, {}
  end
  local name = outcome.service.name
  local list, err = deployments.list(region, name)
  if not list then
    return nil, nil, err
  end
  local deployment = deployments.find(list, outcome.version)
    or { version = outcome.version, request = options.request or { containers = {} },
      created = region.clock.time() - outcome.seconds - SLACK }
  if not next(deployment.request.containers) then
    return { "Lightsail does not list the deployment any more, so its containers are unknown" }, {}
  end
  local causes, logs = M.causes(region, outcome.service, deployment, list, options.reveal, options.hidden)
  local reasons = {}
  for i, cause in ipairs(causes) do
    local advice = cause.words and "lanyard " .. table.concat(cause.words, " ") or cause.advice
    reasons[i] = cause.text .. (advice and ": " .. advice or "")
  end
  return reasons, logs
end

return M
