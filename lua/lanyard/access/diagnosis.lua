-- Why a deployment failed: AWS does not say, so this looks at what it can - whether its images can be
-- pulled, and what its containers logged.

local deployments = require "lanyard.access.deployments"
local images = require "lanyard.access.images"
local lists = require "lanyard.lists"
local store = require "lanyard.access.store"
local task = require "lanyard.task"

local M = {}

-- Lines of a container that are kept, and pages of its log that are read.
M.LINES = 20
local PAGES = 40

-- How much earlier than a deployment was asked for its log begins, by this machine's clock.
local SLACK = 60

-- ---------------------------------------------------------------------------------------------
-- Logs

-- The version of the deployment that Lightsail wrote a line about: "[deployment:3] Started 1 new node";
-- nil for a line of the container itself.
local function told_version(message)
  return math.tointeger(tonumber(message:match "^%[deployment:(%d+)%]"))
end

local function last_of(list, count)
  return table.move(list, math.max(1, #list - count + 1), #list, 1, {})
end

-- The events of a container from when a deployment was made until the next one was, without what Lightsail
-- says of others, and whether there are more | nil, err
local function events_of(region, name, container, deployment, until_time)
  local events = {}
  local next_page = region.lightsail:pages("GetContainerLog", {
    serviceName = name, containerName = container, startTime = math.floor(deployment.created), endTime = until_time,
  })
  local pages, page, err = 0, next_page()
  while page and pages < PAGES do
    pages = pages + 1
    for _, event in ipairs(page.logEvents) do
      local message = tostring(event.message or "")
      local told, time = told_version(message), tonumber(event.createdAt) or 0
      if told == deployment.version or not told and time >= deployment.created then
        events[#events + 1] = { time = time, message = message, told = told, order = #events }
      end
    end
    page, err = next_page()
  end
  if err then
    return nil, err
  end
  table.sort(events, function(a, b)
    return a.time < b.time or a.time == b.time and a.order < b.order
  end)
  return events, page ~= nil
end

-- spoke: whether the container itself logged; cut: whether its log goes on behind the lines.
local function log_of(region, name, container, deployment, until_time, hide)
  local events, more = events_of(region, name, container, deployment, until_time)
  if not events then
    return { container = container, lines = {}, err = more }
  end
  local log = { container = container, lines = last_of(events, M.LINES), cut = more or nil }
  for _, event in ipairs(events) do
    log.spoke = log.spoke or not event.told
  end
  for _, line in ipairs(log.lines) do
    line.message = hide(line.message)
  end
  return log
end

-- When the log of a deployment ends for another was made, in whole seconds | nil. An interval is never empty.
local function end_of(deployment, list)
  local following = deployments.find(list, deployment.version + 1)
  return following and math.floor(math.max(following.created, deployment.created + 1))
end

-- The logs of a deployment's containers. Values of environments are hidden in their lines: also those of
-- the others in the list, for what runs beside it logs to the same place.
local function logs_of(region, name, deployment, list, reveal)
  local hide = deployments.hider({ deployment, list }, reveal)
  local until_time = end_of(deployment, list)
  return task.map(lists.sorted_names(deployment.request.containers), function(container)
    return log_of(region, name, container, deployment, until_time, hide)
  end, { limit = region.parallel })
end

-- ---------------------------------------------------------------------------------------------
-- Reasons

-- Why the service may not pull an image of a private registry | nil; of another account's, only its role is seen
local function trouble_of(region, service, image)
  if not service.role.arn then
    return ("image '%s': the puller role of '%s' is off: lanyard enable %s"):format(image.reference, service.name,
      service.name)
  elseif image.foreign then
    return nil
  end
  local doc, err = store.read(region.ecr, image.repository_name)
  if err then
    return err.message
  end
  local decision, why = images.decide(doc, service.role.arn, image.repository, region.clock.time())
  if decision ~= "allow" then
    return ("repository '%s': %s: lanyard grant %s %s"):format(image.repository_name, why, service.name,
      image.repository_name)
  end
  return nil
end

-- What keeps images from being pulled --> texts, images that nobody could look at
local function image_troubles(region, service, request)
  local found, unseen = {}, {}
  for _, container in ipairs(lists.sorted_names(request.containers)) do
    local image, err = images.read(container, request.containers[container].image)
    local ok = false
    if image then
      ok, err = images.look(region, { image })
    end
    if not ok then
      found[#found + 1] = err.message
    elseif not image.outside then
      found[#found + 1] = trouble_of(region, service, image)
    end
    if ok and not image.repository then
      unseen[#unseen + 1] = image
    end
  end
  return found, unseen
end

-- What there is to say of images of other accounts, where their containers kept silent.
local function foreign_doubts(unseen, logs)
  local reasons, spoke = {}, {}
  for _, log in ipairs(logs) do
    spoke[log.container] = log.spoke
  end
  for _, image in ipairs(unseen) do
    if image.foreign and not spoke[image.container] then
      reasons[#reasons + 1] = ("image '%s' is of account %s: whether it lets this role pull is not known")
        :format(image.reference, image.account)
    end
  end
  return reasons
end

local function health_check(request)
  local endpoint = request.publicEndpoint
  local check = endpoint and endpoint.healthCheck or deployments.HEALTH_CHECK
  return endpoint and ("the health check of '%s' did not pass: GET %s on port %d must answer %s within %d s")
    :format(endpoint.containerName, check.path or deployments.HEALTH_CHECK.path, endpoint.containerPort,
      check.successCodes or deployments.HEALTH_CHECK.successCodes,
      check.timeoutSeconds or deployments.HEALTH_CHECK.timeoutSeconds)
end

-- What the logs let one think, once no image is known to be out of reach. all_seen: whether every image was looked
-- at; running: the version that runs on | nil
local function guess(request, logs, all_seen, running)
  local silent = {}
  for _, log in ipairs(logs) do
    if log.err then
      return ("the log of '%s' could not be read: %s"):format(log.container, log.err.message)
    elseif not log.spoke then
      silent[#silent + 1] = "'" .. log.container .. "'"
    end
  end
  if #silent == #logs then
    return (all_seen and "its images can be pulled now, but no container logged a word: "
        or "no container logged a word: an image of another registry may not be there, ")
      .. "the grant may have come too late (deploy again), the image may not be for linux/amd64, or its program ended "
      .. "at once"
  end
  local health = health_check(request)
  local who = running and (" (or version %d did, which runs on)"):format(running) or ""
  return "the containers ran and logged" .. who .. ": a program ended by itself" .. (health and ", or " .. health or "")
    .. (#silent > 0 and ("; nothing was logged by %s"):format(table.concat(silent, ", ")) or "")
end

-- explain(region, outcome, options) --> reasons, logs; nil, nil, err
-- outcome: of lanyard.access.follow; options: request (what was asked for, should the deployment have
-- vanished), reveal (show values of environments in logs).
-- reasons: texts, the most likely first; logs: a list of { container, lines = { { time (seconds since 1970),
-- message } }, spoke, cut, err }, the newest line last.
function M.explain(region, outcome, options)
  if outcome.ending == "replaced" then
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
    return { "Lightsail lists it no more, so what it was made of is not known" }, {}
  end
  local logs = logs_of(region, name, deployment, list, options.reveal)
  local reasons, unseen = image_troubles(region, outcome.service, deployment.request)
  if #reasons == 0 then
    local running = outcome.service.current
    reasons = foreign_doubts(unseen, logs)
    reasons[#reasons + 1] = guess(deployment.request, logs, #unseen == 0, running and running.version)
  end
  return reasons, logs
end

return M
