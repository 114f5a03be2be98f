-- The images that an audit looks at.
--
--   seen.deployed = images.deployed(seen, { [name] = repository })
--   images.find(region, seen.deployed)
--   images.look_for_use(region, seen, repository, unused_days)
--
-- What is deployed (`seen` is of lanyard.audit.scan.inventory) is a list of each image of a private ECR registry
-- that a service's current or next deployment names, once a service:
--   { service, reference, image = of names.image, repository = of seen | nil, here = boolean,
--     containers = names of those that run it, found = boolean | nil (not known) }
-- region is whether it is in the service's Region and account; what only the next deployment names runs nowhere.

local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local task = require "lanyard.task"

local M = {}

local DAY = 86400

-- The images of a service, in order of their references.
local function images_of(seen, service, repositories)
  local found, known = {}, {}
  local function add(reference)
    local image = names.image(reference)
    if image and not known[reference] then
      local is_local = image.region == service.region and (not seen.account or image.account == seen.account)
      known[reference] = {
        service = service, reference = reference, uri = image, is_local = is_local, containers = {},
        repository = is_local and image.region == seen.region and repositories[image.repository] or nil,
      }
      found[#found + 1] = known[reference]
    end
    return known[reference]
  end
  local running = service.current and service.current.images or {}
  for _, container in ipairs(lists.sorted_names(running)) do
    local one = add(running[container])
    if one then
      table.insert(one.containers, container)
    end
  end
  for _, reference in pairs(service.next and service.next.images or {}) do
    add(reference)
  end
  table.sort(found, function(a, b) return a.reference < b.reference end)
  return found
end

-- Whether an image is there. true | false | nil, err
local function exists(region, repository, image)
  local reply, err = region.ecr:DescribeImages {
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

-- deployed(seen, repositories by name) --> the list
function M.deployed(seen, repositories)
  local deployed = {}
  for _, service in ipairs(seen.services) do
    local found = images_of(seen, service, repositories)
    table.move(found, 1, #found, #deployed + 1, deployed)
  end
  return deployed
end

-- find(region, deployed): whether each is there, asked once for an image, however many services deploy it.
-- Why that is not known is repository.images_unknown.
function M.find(region, deployed)
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
    local _ <close> = region.gate and region.gate:acquire() or nil
    local found, err = exists(region, same[1].repository, same[1].uri)
    for _, one in ipairs(same) do
      one.exists = found
    end
    if err then
      same[1].repository.images_unknown = tostring(err)
    end
  end, { limit = region.parallel })
end

local function is_deployed(seen, service, repository)
  for _, one in ipairs(seen.deployed) do
    if one.service == service and one.repository == repository then
      return true
    end
  end
  return false
end

-- Grants to a role that is on, of a repository that none of its service's deployments names.
local function idle_grants(seen, repository)
  local idle = {}
  for _, access in ipairs(repository.access) do
    local service = seen.service[access.service]
    if access.kind == "puller" and service and service.role.arn == access.principal
      and not is_deployed(seen, service, repository) then
      idle[#idle + 1] = access
    end
  end
  return idle
end

-- The time of the last pull of any image | nil, err; 0 for never
local function last_pull(region, repository)
  local details, err = region.ecr:list("DescribeImages", "imageDetails", { repositoryName = repository.name })
  if not details then
    return nil, err
  end
  local last = 0
  for _, detail in ipairs(details) do
    last = math.max(last, detail.lastRecordedPullTime or 0)
  end
  return last
end

-- look_for_use(region, seen, repository, days): a grant that no deployment has a use for, of a repository
-- without a pull for so many days, gets unused = true and last_pull.
function M.look_for_use(region, seen, repository, days)
  local since = seen.now - days * DAY
  -- What came to be since then had no time to be used.
  local grants = (repository.created or 0) <= since and idle_grants(seen, repository) or {}
  if #grants == 0 then
    return
  end
  local last, err = last_pull(region, repository)
  if not last then
    repository.images_unknown = tostring(err)
  elseif last <= since then
    for _, access in ipairs(grants) do
      access.unused, access.last_pull = true, last
    end
  end
end

return M
