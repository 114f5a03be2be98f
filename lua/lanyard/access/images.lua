-- The images of a deployment: which of them the service's puller role must be let at, and whether it can
-- pull them.
--
-- An image: { container, reference (what the deployment says), given (by the caller, not kept), outside
-- = true } where it is in no private registry of ECR (a public one, or Lightsail's own store), else with
-- { account, region, repository_name, tag, digest, host }; M.look adds, for those of the caller's
-- account, { repository (of lanyard.access), found_digest, pushed (seconds since 1970) }.

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local expiry = require "lanyard.policy.expiry"
local names = require "lanyard.aws.names"
local policy = require "lanyard.policy"
local statements = require "lanyard.access.statements"
local task = require "lanyard.task"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- References

local function refuse(code, reference, why, tip)
  return nil, errors.new {
    code = code, message = escape.printable(("image '%s': %s"):format(reference, why)), tip = tip,
  }
end

-- Whether a reference begins with the host of a registry, as container runtimes tell it.
local function has_host(reference)
  local first = reference:match "^([^/]+)/"
  return first ~= nil and (first:find "[.:]" ~= nil or first == "localhost")
end

local function of_ecr(image, reference)
  local parts = names.image(reference)
  if not parts then
    return refuse("InvalidName", reference, "it names a registry of ECR, and then no repository, tag or digest as ECR "
      .. "has them")
  end
  local written = parts.repository .. (parts.tag and ":" .. parts.tag or "")
    .. (parts.digest and "@" .. parts.digest or "")
  local ok, why = names.image_name(written)
  if not ok then
    return refuse("InvalidName", reference, why)
  end
  image.host, image.account, image.region = parts.host, parts.account, parts.region
  image.repository_name, image.tag, image.digest = parts.repository, parts.tag, parts.digest
  return image
end

-- read(container, reference) --> image | nil, err, of what a deployment has
function M.read(container, reference)
  local image = { container = container, reference = reference }
  if names.image(reference) or reference:find "^%d+%.dkr[.-]ecr" then
    return of_ecr(image, reference)
  end
  image.outside = true
  return image
end

-- Whether a reference has the form of one in another registry, or in Lightsail's own store.
local function is_outside_reference(reference)
  if reference:find "^:" then
    return reference:find "^:[a-z0-9-]+%.[a-z0-9-]+%.%w+$" ~= nil
  end
  local path, rest = reference:match "^[%w.-]+:?%d*/([a-z0-9][a-z0-9._/-]*)(.*)$"
  if not path or path:find "//" or path:find "/$" then
    return false
  end
  local tag, digest = rest:match "^:([^@]*)", rest:match "@(.*)$"
  return (rest == "" or tag or digest) and (not tag or names.image_tag(tag)) and (not digest or names.digest(digest))
end

-- given(container, text) --> image | nil, err, of what a person writes: a name without a registry is a
-- repository of the caller's own. Its reference is known when it was looked at.
function M.given(container, text)
  local image, err
  if text:find "^:" or has_host(text) then
    image, err = M.read(container, text)
    if image and image.outside and not is_outside_reference(text) then
      return refuse("InvalidName", text, "it is no reference of an image: HOST/NAME[:TAG][@DIGEST]")
    end
  else
    local name, why = names.image_name(text)
    if not name then
      return refuse("InvalidName", text, why,
        "an image of another registry is written with its host: docker.io/library/nginx:latest")
    end
    image = { container = container, short = text, repository_name = name.repository, tag = name.tag,
      digest = name.digest }
  end
  if image then
    image.given = true
  end
  return image, err
end

-- ---------------------------------------------------------------------------------------------
-- Looking

-- true | nil, err for an image that Lightsail in this Region cannot pull
local function check_place(region, image)
  if image.region and image.region ~= region.name then
    return refuse("WrongRegion", image.reference,
      ("it is in %s; a service in %s pulls from its own Region only"):format(image.region, region.name),
      "push it to a repository in " .. region.name)
  end
  return true
end

-- Images of the caller's own registry.
local function own_images(region, images)
  local own, account = {}, nil
  for _, image in ipairs(images) do
    local ok, err = check_place(region, image)
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

-- Gives own images their repositories. true | nil, err
local function find_repositories(region, own)
  local wanted = {}
  for _, image in ipairs(own) do
    wanted[#wanted + 1] = image.repository_name
  end
  local found, err = {}, nil
  if #own > 0 then
    found, err = region:repositories(wanted)
  end
  if not found then
    if err.code == "RepositoryNotFoundException" then
      err.tip = "a name without a registry's host is a repository of your own in " .. region.name
        .. "; a public image is written as docker.io/library/nginx:latest or public.ecr.aws/nginx/nginx:latest"
    end
    return nil, err
  end
  for _, image in ipairs(own) do
    for _, repository in ipairs(found) do
      if repository.name == image.repository_name then
        image.repository = repository
      end
    end
    image.host = image.host or image.repository.uri:match "^[^/]+"
    image.reference = image.reference or image.host .. "/" .. image.repository_name
      .. (image.tag and ":" .. image.tag or not image.digest and ":latest" or "")
      .. (image.digest and "@" .. image.digest or "")
  end
  return true
end

-- exists(region, image) --> { digest, pushed } | nil, err
function M.exists(region, image)
  local id = image.digest and { imageDigest = image.digest } or { imageTag = image.tag or "latest" }
  local reply, err = region.ecr:DescribeImages { repositoryName = image.repository_name, imageIds = { id } }
  local detail = reply and reply.imageDetails[1]
  if not reply and err.code ~= "ImageNotFoundException" then
    return nil, err
  elseif not detail then
    return refuse("ImageNotFoundException", image.reference, ("repository '%s' has no image %s in %s (container '%s')")
      :format(image.repository_name, id.imageDigest or "tagged '" .. id.imageTag .. "'", region.name, image.container),
      "push it first, or name one that is there")
  elseif detail.imageStatus and detail.imageStatus ~= "ACTIVE" then
    return refuse("ImageNotActive", image.reference, ("it is %s, and cannot be pulled"):format(detail.imageStatus),
      "restore it from ECR's archive first")
  end
  return { digest = detail.imageDigest, pushed = detail.imagePushedAt }
end

-- look(region, images) --> true | nil, err: sees that they are there, and where
function M.look(region, images)
  local own, err = own_images(region, images)
  local ok = own and true
  if own then
    ok, err = find_repositories(region, own)
  end
  if not ok then
    return nil, err
  end
  local answers = task.map(own, function(image)
    local detail, why = M.exists(region, image)
    return { detail = detail, err = why }
  end, { limit = region.parallel })
  for i, image in ipairs(own) do
    if answers[i].err then
      return nil, answers[i].err
    end
    image.found_digest, image.pushed = answers[i].detail.digest, answers[i].detail.pushed
  end
  return true
end

-- Makes an image's reference name its digest, whatever its tag will be.
function M.pin(image)
  image.reference = ("%s/%s@%s"):format(image.host, image.repository_name, image.found_digest)
  image.tag, image.digest = nil, image.found_digest
end

-- The repositories of images of the caller's registry, each once.
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

-- Whether any of the images is pulled by the service's role: also one of another account's registry.
function M.need_role(images)
  for _, image in ipairs(images) do
    if not image.outside then
      return true
    end
  end
  return false
end

-- ---------------------------------------------------------------------------------------------
-- Pulling

-- decide(doc | nil, role ARN, repository, now) --> "allow" | "deny" | "depends", why it is not "allow"
function M.decide(doc, role_arn, repository, now)
  local context = expiry.at(now)
  local depends
  for _, action in ipairs(doc and policy.PULL_ACTIONS or {}) do
    local answer, statement = doc:can {
      principal = role_arn, action = action, resource = repository.arn, context = context, partial = true,
    }
    local by = statement and "statement " .. escape.printable(statements.label(statement))
    if answer == "deny" then
      return "deny", ("%s denies %s to the role"):format(by or "the policy", action)
    elseif answer == "implicit-deny" then
      return "deny", ("no statement lets the role call %s now"):format(action)
    elseif answer == "depends" then
      depends = ("whether the role may call %s depends on a condition (%s)"):format(action, by or "of the policy")
    end
  end
  if not doc then
    return "deny", "it has no policy"
  end
  return depends and "depends" or "allow", depends
end

return M
