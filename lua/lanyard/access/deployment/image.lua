--- Parses image references of containers.

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local names = require "lanyard.aws.names"

local M = {}

--- The image of a container.
---@class access.deployment.Image
---@field container string  the name of the container
---@field reference? string    what the deployment has; of an argument without a registry, `images.resolve` sets it
---@field given boolean?       named by the caller, not taken from the running deployment
---@field outside boolean?     not in a private registry of ECR: a public one, or Lightsail's own store
---@field account? string  the registry's account
---@field region? string  the registry's Region
---@field host? string  the registry's host
---@field repository_name? string  as the image names it
---@field tag? string  as the image names it
---@field digest? string  as the image names it
---@field foreign? boolean     of another account; set by `images.resolve`, like the members below
---@field repository? access.Repository  as ECR has it
---@field found_digest? string  of the image in ECR
---@field pushed? number       seconds since 1970

--- Returns nil and an error about an image; its message is safe to print on a terminal.
---@param code string
---@param reference string
---@param reason string
---@param tip? string
---@return nil
---@return aws.Error
function M.invalid(code, reference, reason, tip)
  return nil, errors.new {
    code = code, message = escape.printable(("image '%s': %s"):format(reference, reason)), tip = tip,
  }
end

-- Whether a reference begins with the host of a registry, by the rule of container runtimes.
local function has_host(reference)
  local first = reference:match "^([^/]+)/"
  return first ~= nil and (first:find "[.:]" ~= nil or first == "localhost")
end

local function parse_ecr(image, reference)
  local parts = names.image(reference)
  if not parts then
    return M.invalid("InvalidName", reference,
      "it begins with a registry of ECR, but a valid repository, tag or digest does not follow")
  end
  local written = parts.repository .. (parts.tag and ":" .. parts.tag or "")
    .. (parts.digest and "@" .. parts.digest or "")
  local ok, message = names.image_name(written)
  if not ok then
    return M.invalid("InvalidName", reference, message)
  end
  image.host, image.account, image.region = parts.host, parts.account, parts.region
  image.repository_name, image.tag, image.digest = parts.repository, parts.tag, parts.digest
  return image
end

--- Parses the reference of a container in a deployment.
---@param container string
---@param reference string
---@return access.deployment.Image? image
---@return aws.Error? err
function M.parse(container, reference)
  local image = { container = container, reference = reference }
  if names.image(reference) or reference:find "^%d+%.dkr[.-]ecr" then
    return parse_ecr(image, reference)
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

--- Parses an image as a user writes it. A name without a registry is a repository of the caller's own registry; its
--- `reference` is set by `images.resolve`.
---@param container string
---@param text string
---@return access.deployment.Image? image
---@return aws.Error? err
function M.parse_argument(container, text)
  local image, err
  if text:find "^:" or has_host(text) then
    image, err = M.parse(container, text)
    if image and image.outside and not is_outside_reference(text) then
      return M.invalid("InvalidName", text, "it is not an image reference: write HOST/NAME[:TAG][@DIGEST]")
    end
  else
    local name, message = names.image_name(text)
    if not name then
      return M.invalid("InvalidName", text, message,
        "write an image of another registry with its host: docker.io/library/nginx:latest")
    end
    image = { container = container, repository_name = name.repository, tag = name.tag, digest = name.digest }
  end
  if image then
    image.given = true
  end
  return image, err
end

return M
