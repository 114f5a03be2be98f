-- Names as AWS takes them. The patterns are those of AWS's service models, matched whole: as
-- published some lack an anchor, and would find a good part in any bad name.
--
-- Each check: check(value) --> true | nil, a line that says what is wrong.

local M = {}

-- AWS's own spelling, for messages.
M.PATTERNS = {
  container_service = "^([a-z0-9]{1,2}|[a-z0-9][a-z0-9-]+[a-z0-9])$",
  repository = [[^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$]],
  registry_id = "^[0-9]{12}$",
}

local function refuse(value, what, rule)
  return nil, ("'%s' is no %s: AWS takes %s"):format(tostring(value), what, rule)
end

local function container(value, what, longest)
  if type(value) == "string" and #value <= longest
    and (value:find "^[a-z0-9][a-z0-9]?$" or value:find "^[a-z0-9][a-z0-9-]+[a-z0-9]$") then
    return true
  end
  return refuse(value, what, ("%s, 1 to %d characters"):format(M.PATTERNS.container_service, longest))
end

function M.container_service(value)
  return container(value, "container service's name", 63)
end

function M.container(value)
  return container(value, "container's name", 53)
end

-- Whether a part of a repository's name, between slashes, is runs of letters and digits with single
-- separators between them: '.', '_', '__', or any number of '-'.
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

function M.repository(value)
  local ok = type(value) == "string" and #value >= 2 and #value <= 256
  for part in (ok and value .. "/" or ""):gmatch "([^/]*)/" do
    ok = ok and is_repository_part(part)
  end
  if ok then
    return true
  end
  return refuse(value, "repository's name", M.PATTERNS.repository .. ", 2 to 256 characters")
end

function M.registry_id(value)
  if type(value) == "string" and #value == 12 and not value:find "%D" then
    return true
  end
  return refuse(value, "account id", "12 digits")
end

function M.region(value)
  if type(value) == "string" and value:find "^[a-z][a-z]+%-[a-z][a-z-]*%-%d+$" then
    return true
  end
  return nil, ("'%s' is no Region: write one as us-east-1"):format(tostring(value))
end

-- A tag as the registry protocol has it; ECR takes up to 300 characters, Docker 128.
function M.image_tag(value)
  if type(value) == "string" and #value <= 128 and value:find "^[%w_][%w_.-]*$" then
    return true
  end
  return refuse(value, "image tag", "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
end

function M.digest(value)
  if type(value) == "string" and #value == 71 and value:find "^sha256:%x+$" and not value:find "%u" then
    return true
  end
  return refuse(value, "image digest", "sha256: and 64 hexadecimal digits")
end

-- image_name(text) --> { repository, tag, digest } of REPOSITORY[:TAG][@DIGEST] | nil, what is wrong
function M.image_name(text)
  local name, digest = text:match "^([^@]*)@(.*)$"
  name = name or text
  local repository, tag = name:match "^([^:]*):(.*)$"
  local found = { repository = repository or name, tag = tag, digest = digest }
  local ok, why = M.repository(found.repository)
  if ok and tag then
    ok, why = M.image_tag(tag)
  end
  if ok and digest then
    ok, why = M.digest(digest)
  end
  if not ok then
    return nil, why
  end
  return found
end

-- Hosts of ECR's registries, after the account: dkr.ecr.REGION.SUFFIX, and dual-stack.
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

-- image(reference) --> { account, region, repository, tag, digest, host, suffix } of an image in an ECR
-- private registry | nil for any other image
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
