-- What takes a look at all repositories of an account and Region, found in the report of one that shards looked
-- at: roles that no repository grants, and images of repositories that are not there.
--
--   for _, finding in ipairs(whole.findings(scope)) do ... end      -- scope: of a report, without an error

local findings = require "lanyard.audit.findings"
local images = require "lanyard.audit.scan.images"

local M = {}

-- A service of a report in the form that rules know.
local function service_of(plain, region)
  local role = plain.principalArn ~= "" and plain.principalArn or nil
  return { name = plain.name, region = region, role = { active = plain.isActive, arn = role },
    current = { images = plain.images } }
end

-- What rules look at, as lanyard.audit.scan.inventory has it.
local function seen_of(scope)
  local seen = {
    account = scope.account, region = scope.region, profile = scope.profile, role = scope.role,
    whole = true, granted = {},
    repositories = scope.repositories, services = {}, services_unknown = scope.services_unknown,
    share = function(text) return text end,
  }
  local repositories = {}
  for _, repository in ipairs(scope.repositories) do
    repositories[repository.name] = repository
    seen.unread = seen.unread or repository.unknown ~= nil
    for _, access in ipairs(repository.access) do
      seen.granted[access.principal] = true
    end
  end
  for i, plain in ipairs(scope.services) do
    seen.services[i] = service_of(plain, scope.region)
  end
  seen.deployed = images.deployed(seen, repositories)
  return seen
end

-- findings(scope) --> list | nil where a service does not tell its images, as in reports of earlier releases
function M.findings(scope)
  for _, service in ipairs(scope.services) do
    if not service.images then
      return nil
    end
  end
  return findings.of_all_shards(seen_of(scope))
end

return M
