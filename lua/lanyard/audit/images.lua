-- The images that an audit looks at.
--
--   images.look(here, seen, unused_days)
--
-- Gives `seen` (of lanyard.audit.collect) the list `deployed`: each image of a private ECR registry that
-- a service's current or next deployment names, once a service:
--   { service, reference, image = of names.image, repository = of seen | nil, here = boolean,
--     found = boolean | nil (not known) }
-- `here` is whether it is in the service's Region and account. A grant that no deployment has a use
-- for, of a repository without a pull for `unused_days`, has access.unused = true and access.last_pull.
-- Why images could not be looked at is repository.images_unknown.

local names = require "lanyard.aws.names"
local task = require "lanyard.task"

local M = {}

local DAY = 86400

-- The images of a service, in order of their references.
local function images_of(seen, service)
  local found, known = {}, {}
  for _, deployment in ipairs { service.current or {}, service.next or {} } do
    for _, reference in pairs(deployment.images or {}) do
      local image = names.image(reference)
      if image and not known[reference] then
        known[reference] = true
        local is_here = image.region == service.region and (not seen.account or image.account == seen.account)
        found[#found + 1] = {
          service = service, reference = reference, image = image, here = is_here,
          repository = is_here and image.region == seen.region and seen.repository[image.repository] or nil,
        }
      end
    end
  end
  table.sort(found, function(a, b) return a.reference < b.reference end)
  return found
end

-- Whether an image is there. true | false | nil, err
local function exists(here, repository, image)
  local reply, err = here.ecr:DescribeImages {
    repositoryName = repository.name,
    imageIds = { image.digest and { imageDigest = image.digest } or { imageTag = image.tag or "latest" } },
  }
  if reply then
    return true
  elseif err.code == "ImageNotFoundException" then
    return false
  end
  return nil, err
end

-- Asks once for each image, however many services deploy it.
local function find_deployed(here, deployed)
  local asked, list = {}, {}
  for _, one in ipairs(deployed) do
    if one.repository then
      asked[one.reference] = asked[one.reference] or {}
      if #asked[one.reference] == 0 then
        list[#list + 1] = asked[one.reference]
      end
      table.insert(asked[one.reference], one)
    end
  end
  task.map(list, function(same)
    local found, err = exists(here, same[1].repository, same[1].image)
    for _, one in ipairs(same) do
      one.found = found
    end
    if err then
      same[1].repository.images_unknown = tostring(err)
    end
  end, { limit = here.parallel })
end

-- Grants to a role that is on, of repositories that none of its service's deployments names.
local function idle_grants(seen, repository, uses)
  local idle = {}
  for _, access in ipairs(repository.access) do
    local service = seen.service[access.service]
    if access.kind == "puller" and service and service.role.arn == access.principal
      and not uses[service][repository] then
      idle[#idle + 1] = access
    end
  end
  return idle
end

-- The time of the last pull of any image | nil, err; 0 for never
local function last_pull(here, repository)
  local details, err = here.ecr:list("DescribeImages", "imageDetails", { repositoryName = repository.name })
  if not details then
    return nil, err
  end
  local last = 0
  for _, detail in ipairs(details) do
    last = math.max(last, detail.lastRecordedPullTime or 0)
  end
  return last
end

local function find_unused(here, seen, days)
  local since = seen.now - days * DAY
  local candidates, uses = {}, {}
  for _, service in ipairs(seen.services) do
    uses[service] = {}
  end
  for _, one in ipairs(seen.deployed) do
    uses[one.service][one.repository or false] = true
  end
  for _, repository in ipairs(seen.repositories) do
    -- What came to be since then had no time to be used.
    local grants = (repository.created or 0) <= since and idle_grants(seen, repository, uses) or {}
    if #grants > 0 then
      candidates[#candidates + 1] = { repository = repository, grants = grants }
    end
  end
  task.map(candidates, function(one)
    local last, err = last_pull(here, one.repository)
    if not last then
      one.repository.images_unknown = tostring(err)
    elseif last <= since then
      for _, access in ipairs(one.grants) do
        access.unused, access.last_pull = true, last
      end
    end
  end, { limit = here.parallel })
end

function M.look(here, seen, unused_days)
  seen.deployed = {}
  for _, service in ipairs(seen.services) do
    local found = images_of(seen, service)
    table.move(found, 1, #found, #seen.deployed + 1, seen.deployed)
  end
  find_deployed(here, seen.deployed)
  find_unused(here, seen, unused_days)
end

return M
