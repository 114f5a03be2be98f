--- Resolves the images of a deployment: finds their repositories, and checks that the images exist in this Region.

local answers = require "lanyard.aws.answers"
local image_reference = require "lanyard.access.deployment.image"
local lists = require "lanyard.lists"
local task = require "lanyard.task"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Resolving

-- true | nil, err for an image that Lightsail in this Region cannot pull
local function check_region(region, image)
  if image.region and image.region ~= region.name then
    return image_reference.invalid("WrongRegion", image.reference,
      ("it is in %s; a service in %s pulls only from its own Region"):format(image.region, region.name),
      "push it to a repository in " .. region.name)
  end
  return true
end

-- Returns the images of the caller's own registry | nil, err. Marks the images of other accounts.
local function own_images(region, images)
  local own, account = {}, nil
  for _, image in ipairs(images) do
    local ok, err = check_region(region, image)
    if ok and image.account and not account then
      account, err = region:account()
    end
    if err then
      return nil, err
    elseif not image.outside and (not image.account or image.account == account) then
      own[#own + 1] = image
    end
    image.foreign = image.account ~= nil and image.account ~= account or nil
  end
  return own
end

-- What to do about a repository that does not exist.
local function tip_for_missing(region, own)
  for _, image in ipairs(own) do
    if not image.host then
      return ("a name without a registry host is a repository of your own in %s; write a public image as "
        .. "docker.io/library/nginx:latest or public.ecr.aws/nginx/nginx:latest"):format(region.name)
    end
  end
  return "correct the name of the image, or create the repository and push the image"
end

-- The repositories of images, by name | nil, err
local function read_repositories(region, own)
  local wanted, by_name = {}, {}
  for i, image in ipairs(own) do
    wanted[i] = image.repository_name
  end
  if #own == 0 then
    return by_name
  end
  local found, err = region:repositories(wanted)
  if not found then
    if answers.rejected(err, "RepositoryNotFoundException") then
      err.tip = tip_for_missing(region, own)
    end
    return nil, err
  end
  for _, repository in ipairs(found) do
    by_name[repository.name] = repository
  end
  return by_name
end

-- Gives own images their repositories and references. true | nil, err
local function set_repositories(region, own)
  local by_name, err = read_repositories(region, own)
  if not by_name then
    return nil, err
  end
  for _, image in ipairs(own) do
    image.repository = by_name[image.repository_name]
    image.host = image.host or image.repository.uri:match "^[^/]+"
    image.reference = image.reference or image.host .. "/" .. image.repository_name
      .. (image.tag and ":" .. image.tag or not image.digest and ":latest" or "")
      .. (image.digest and "@" .. image.digest or "")
  end
  return true
end

--- Describes one image.
---@param region access.Region
---@param repository_name string
---@param id { imageDigest: string?, imageTag: string? }
---@return table? detail  of the reply
---@return aws.Error? err  ImageNotFoundException if it does not exist, see lanyard.aws.answers
function M.detail(region, repository_name, id)
  local reply, err = region.ecr:DescribeImages { repositoryName = repository_name, imageIds = { id } }
  if not reply then
    return nil, err
  end
  local wanted = id.imageDigest or id.imageTag
  local found
  found, err = answers.by_name(reply.imageDetails, { wanted }, {
    service = "ecr", operation = "DescribeImages", what = "image",
    name = function(detail)
      local is_tagged = id.imageTag and lists.contains(detail.imageTags or {}, id.imageTag)
      return detail.imageDigest and is_tagged and id.imageTag or detail.imageDigest
    end,
  })
  return found and found[wanted], err
end

--- Reads the digest of an image of the caller's own registry.
---@param region access.Region
---@param image access.deployment.Image
---@return { digest: string, pushed: number }? detail
---@return aws.Error? err  if it does not exist, or cannot be pulled
function M.describe(region, image)
  local id = image.digest and { imageDigest = image.digest } or { imageTag = image.tag or "latest" }
  local detail, err = M.detail(region, image.repository_name, id)
  if err and not answers.rejected(err, "ImageNotFoundException") then
    return nil, err
  elseif not detail then
    return image_reference.invalid("ImageNotFoundException", image.reference,
      ("repository '%s' has no image %s in %s (container '%s')"):format(image.repository_name,
        id.imageDigest or "tagged '" .. id.imageTag .. "'", region.name, image.container),
      "push it first, or name an existing image")
  elseif detail.imageStatus and detail.imageStatus ~= "ACTIVE" then
    return image_reference.invalid("ImageNotActive", image.reference,
      ("it is %s and cannot be pulled"):format(detail.imageStatus), "restore it from ECR's archive first")
  end
  return { digest = detail.imageDigest, pushed = detail.imagePushedAt }
end

--- Resolves images: sets the members that `access.deployment.Image` lists, and checks that images of the caller's
--- registry exist.
---@param region access.Region
---@param images access.deployment.Image[]
---@return true? ok
---@return aws.Error? err
function M.resolve(region, images)
  local own, err = own_images(region, images)
  local ok = own and true
  if own then
    ok, err = set_repositories(region, own)
  end
  if not ok then
    return nil, err
  end
  local details = task.map(own, function(image)
    local detail, failure = M.describe(region, image)
    return { detail = detail, err = failure }
  end, { limit = region.parallel })
  for i, image in ipairs(own) do
    if details[i].err then
      return nil, details[i].err
    end
    image.found_digest, image.pushed = details[i].detail.digest, details[i].detail.pushed
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Lightsail's own registry

-- Reports whether the images of a service have one of a name. A name that ends with .latest is the newest of its label
-- (the member `image` of Container in AWS's model of Lightsail).
local function has_stored(registered, name)
  local label = name:match "^(.*%.)latest$"
  for _, one in ipairs(registered) do
    if one.image == name or label and type(one.image) == "string" and one.image:sub(1, #label) == label then
      return true
    end
  end
  return false
end

--- Checks that images of Lightsail's own registry are registered to their services. They are not checked for a caller
--- that may not list them.
---@param region access.Region
---@param images access.deployment.Image[]
---@return true? ok
---@return aws.Error? err  code ImageNotFoundException
function M.check_stored(region, images)
  local registered = {}
  for _, image in ipairs(images) do
    local service_name = (image.reference or ""):match "^:([a-z0-9-]+)%.[a-z0-9-]+%.%w+$"
    if service_name and registered[service_name] == nil then
      local reply, err = region.lightsail:GetContainerImages { serviceName = service_name }
      local is_missing = answers.rejected(err, "NotFoundException")
      if err and not is_missing and not err.code:find "AccessDenied" then
        return nil, err
      end
      registered[service_name] = reply and reply.containerImages or is_missing and {} or false
    end
    if service_name and registered[service_name] and not has_stored(registered[service_name], image.reference) then
      return image_reference.invalid("ImageNotFoundException", image.reference,
        ("no such image is registered to the container service '%s' in %s (container '%s')"):format(service_name,
          region.name, image.container), ("lanyard images %s lists its images"):format(service_name))
    end
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Using resolved images

--- Replaces the tag in an image's reference by the digest that it points to now.
---@param image access.deployment.Image
function M.pin(image)
  image.reference = ("%s/%s@%s"):format(image.host, image.repository_name, image.found_digest)
  image.tag, image.digest = nil, image.found_digest
end

--- Returns the repositories of images in the caller's registry, each once, sorted by name.
---@param images access.deployment.Image[]
---@return access.Repository[]
function M.repositories_of(images)
  local found, by_name = {}, {}
  for _, image in ipairs(images) do
    local repository = image.repository
    if repository and not by_name[repository.name] then
      by_name[repository.name] = true
      found[#found + 1] = repository
    end
  end
  table.sort(found, function(a, b) return a.name < b.name end)
  return found
end

--- Reports whether the service's puller role pulls any of the images, including images of other accounts.
---@param images access.deployment.Image[]
---@return boolean
function M.need_role(images)
  for _, image in ipairs(images) do
    if not image.outside then
      return true
    end
  end
  return false
end

return M
