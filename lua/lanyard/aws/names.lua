--- Checks and parses names that AWS accepts: services, repositories, accounts, Regions, images.
---
---     names.repository "team/web"                       --> true
---     names.repository "Team"                           --> nil, "'Team' is not a repository name: ..."
---     names.image_name("web:1.0").tag                   --> "1.0"
---
--- The patterns are from AWS's service models, matched against the whole name: some published ones lack an anchor,
--- and would match a part of an invalid name. Each check returns true, or nil and a message.

local escape = require "lanyard.text.escape"

local M = {}

--- The patterns as AWS publishes them.
---@type table<string, string>
M.PATTERNS = {
  container_service = "^([a-z0-9]{1,2}|[a-z0-9][a-z0-9-]+[a-z0-9])$",
  repository = [[^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$]],
  registry_id = "^[0-9]{12}$",
}

local function reject(value, what, rule)
  return nil, ("'%s' is not %s: use %s"):format(tostring(value), what, rule)
end

local function container(value, what, longest)
  if type(value) == "string" and #value <= longest
    and (value:find "^[a-z0-9][a-z0-9]?$" or value:find "^[a-z0-9][a-z0-9-]+[a-z0-9]$") then
    return true
  end
  return reject(value, what,
    ("1 to %d lower-case letters, digits and hyphens, without a hyphen at the beginning or end"):format(longest))
end

---@param value any
---@return true? ok
---@return string? message
function M.container_service(value)
  return container(value, "a container service name", 63)
end

---@param value any
---@return true? ok
---@return string? message
function M.container(value)
  return container(value, "a container name", 53)
end

-- Reports whether a part of a repository name, between slashes, consists of letters and digits with single separators
-- between them: '.', '_', '__', or any number of '-'.
local function is_repository_part(part)
  local position = 1
  while true do
    local _, last = part:find("^[a-z0-9]+", position)
    if not last then
      return false
    elseif last == #part then
      return true
    end
    local separator = part:match("^%-+", last + 1) or part:match("^__?", last + 1) or part:match("^%.", last + 1)
    if not separator then
      return false
    end
    position = last + 1 + #separator
  end
end

---@param value any
---@return true? ok
---@return string? message
function M.repository(value)
  local ok = type(value) == "string" and #value >= 2 and #value <= 256
  for part in (ok and value .. "/" or ""):gmatch "([^/]*)/" do
    ok = ok and is_repository_part(part)
  end
  if ok then
    return true
  end
  local scheme = type(value) == "string" and value:match "^%a+://"
  local rest = not scheme and type(value) == "string" and value:match "^[^:@]*([:@].*)$"
  if scheme then
    return nil, ("'%s' is not a repository name: an image URI has no scheme, so leave out '%s'"):format(value, scheme)
  elseif rest then
    return nil, ("'%s' is not a repository name: grants are for a whole repository, so leave out '%s'"):format(value,
      rest)
  end
  return reject(value, "a repository name", "2 to 256 lower-case letters and digits, with . _ - / between them")
end

---@param value any
---@return true? ok
---@return string? message
function M.registry_id(value)
  if type(value) == "string" and #value == 12 and not value:find "%D" then
    return true
  end
  return reject(value, "an account id", "12 digits")
end

local function is_region(value)
  return type(value) == "string" and value:find "^[a-z][a-z]+%-[a-z][a-z-]*%-%d+$" ~= nil
end

---@param value any
---@return true? ok
---@return string? message
function M.region(value)
  if is_region(value) then
    return true
  end
  value = tostring(value)
  local shown = escape.printable(value)
  local trimmed = value:match "^[%s\x80-\xff]*(.-)[%s\x80-\xff]*$" -- web pages have blanks that are not ASCII
  if trimmed ~= value and is_region(trimmed) then
    return nil, ("'%s' is not a Region: %s was copied with it; write %s")
      :format(shown, value:find "[\r\n]" and "a line end" or "a blank", trimmed)
  end
  local zone = trimmed:match "^(%l+%-[%l-]+%-%d+)%l$"
  return nil, ("'%s' is not a Region: %s"):format(shown, zone and ("it is an Availability Zone; write " .. zone)
    or is_region(trimmed:lower()) and "write " .. trimmed:lower() or "write it like us-east-1")
end

--- Checks a tag by the registry protocol: up to 128 characters, as Docker does. ECR accepts 300.
---@param value any
---@return true? ok
---@return string? message
function M.image_tag(value)
  if type(value) == "string" and #value <= 128 and value:find "^[%w_][%w_.-]*$" then
    return true
  end
  return reject(value, "an image tag", "1 to 128 letters, digits and . _ -, without . or - at the beginning")
end

---@param value any
---@return true? ok
---@return string? message
function M.digest(value)
  if type(value) == "string" and #value == 71 and value:find "^sha256:%x+$" and not value:find "%u" then
    return true
  end
  return reject(value, "an image digest", "sha256: and 64 hexadecimal digits")
end

--- Parses REPOSITORY[:TAG][@DIGEST].
---@param text string
---@return { repository: string, tag?: string, digest?: string }? name
---@return string? message
function M.image_name(text)
  local name, digest = text:match "^([^@]*)@(.*)$"
  name = name or text
  local repository, tag = name:match "^([^:]*):(.*)$"
  local found = { repository = repository or name, tag = tag, digest = digest }
  local ok, message = M.repository(found.repository)
  if ok and tag then
    ok, message = M.image_tag(tag)
  end
  if ok and digest then
    ok, message = M.digest(digest)
  end
  if not ok then
    return nil, message
  end
  return found
end

-- Hosts of ECR registries after the account: dkr.ecr.REGION.SUFFIX, and the dual-stack form. The flag marks FIPS hosts.
local REGISTRY = {
  { "^dkr%.ecr%.([%w-]+)%.(.+)$", false },
  { "^dkr%.ecr%-fips%.([%w-]+)%.(.+)$", true },
  { "^dkr%-ecr%.([%w-]+)%.(on%..+)$", false },
  { "^dkr%-ecr%-fips%.([%w-]+)%.(on%..+)$", true },
}
local SUFFIXES = {
  ["amazonaws.com"] = true, ["amazonaws.com.cn"] = true, ["amazonaws.eu"] = true,
  ["on.aws"] = true, ["on.amazonwebservices.com.cn"] = true, ["sc2s.sgov.gov"] = true,
  ["c2s.ic.gov"] = true, ["cloud.adc-e.uk"] = true, ["csp.hci.ic.gov"] = true,
}

local function split_host(host)
  local account, rest = host:match "^(%d+)%.(.+)$"
  if not account or #account ~= 12 then
    return nil
  end
  for _, form in ipairs(REGISTRY) do
    local region, suffix = rest:match(form[1])
    if region and SUFFIXES[suffix] then
      return account, region, suffix
    end
  end
  return nil
end

---@class aws.Image
---@field account string
---@field region string
---@field repository string
---@field tag? string
---@field digest? string
---@field host string
---@field suffix string  the domain of the registry

--- Parses the URI of an image in an ECR private registry. Returns nil for any other image.
---@param reference string
---@return aws.Image?
function M.image(reference)
  local host, path = reference:match "^([^/]+)/(.+)$"
  local account, region, suffix
  if host then
    account, region, suffix = split_host(host)
  end
  if not account then
    return nil
  end
  local name, digest = path:match "^([^@]+)@(.+)$"
  name = name or path
  local repository, tag = name:match "^(.-):([^:/]+)$"
  repository = repository or name
  if not M.repository(repository) then
    return nil
  end
  return {
    account = account, region = region, repository = repository, tag = tag, digest = digest,
    host = host, suffix = suffix,
  }
end

return M
