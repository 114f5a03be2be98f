-- What a rule sees of a change, as plain data. What costs a call is read once.
--
-- A change, for the check of a rule:
--   on          "grant", "revoke", "enable", "disable", "deploy", "undo", or "audit"
--   dry_run     whether nothing is written anyway
--   time        now, as "2027-01-31T12:00:00Z"; epoch: the same in seconds since 1970
--   caller      { account, arn, region } of who makes the change
--   service     { name, arn, region, state, role = { active, arn }, tags = { [key] = value } }, where one is
--               concerned; only { name, tags = {} } of one that is gone
--   repository  the repository's name, where one is concerned
--   repository_details  { name, arn, account, region, mutability, tags = { [key] = value } }
--   before, after  the policies: { text, statements = { { sid, effect, principals = { { type, value } }, actions,
--               resources, conditions = { { operator, key, values } }, ... } } }; absent where there is none
--   grant       what is known of a grant or of what is revoked: { service, principal, sid, expires, orphans }
--   deployment  the request of a deployment, values of its environment hidden
-- What could not be read is absent, and change.unknown says why; a rule that needs it fails, and so denies.

local arn = require "lanyard.arn"
local timestamp = require "lanyard.text.timestamp"
local policy = require "lanyard.policy"
local services = require "lanyard.access.services"

local M = {}

local Facts = {}
Facts.__index = Facts

-- new(region) --> facts about what is in its account and Region
function M.new(region)
  return setmetatable({ region = region, services = {}, tags = {} }, Facts)
end

local function with_tags(list)
  local tags = {}
  for _, tag in ipairs(list) do
    tags[tag.Key] = tag.Value
  end
  return tags
end

-- { arn, account, region } | nil, why
function Facts:caller()
  if not self.identity then
    local identity, err = self.region.session:identity()
    if not identity then
      return nil, "the caller's identity: " .. tostring(err)
    end
    self.identity = { account = identity.account, arn = identity.arn, region = self.region.name }
  end
  return self.identity
end

-- The tags of a repository | nil, why
function Facts:tags_of(repository)
  local known = self.tags[repository.arn]
  if not known then
    local reply, err = self.region.ecr:ListTagsForResource { resourceArn = repository.arn }
    if not reply then
      return nil, ("the tags of '%s': %s"):format(repository.name, tostring(err))
    end
    known = with_tags(reply.tags)
    self.tags[repository.arn] = known
  end
  return known
end

-- A service as rules see it.
function M.service(service)
  return {
    name = service.name, arn = service.arn, region = service.region, state = service.state, tags = service.tags or {},
    role = service.role and { active = service.role.active, arn = service.role.arn },
  }
end

-- The service of a name, gone or not | nil, why
function Facts:service_named(name)
  if not self.services[name] then
    local service, err = services.find(self.region, name)
    if not service and err.code ~= "NotFoundException" then
      return nil, ("the service '%s': %s"):format(name, tostring(err))
    end
    self.services[name] = service and M.service(service) or { name = name, tags = {} }
  end
  return self.services[name]
end

-- A policy as rules see it.
function M.policy(doc)
  return { text = tostring(doc), statements = doc:statements() }
end

local function parsed(given)
  local doc = type(given) == "string" and policy.parse(given) or given
  return doc and M.policy(doc)
end

-- A copy without what environments hold.
local function without_secrets(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  for name, member in pairs(value) do
    copy[name] = without_secrets(member)
    if name == "environment" and type(member) == "table" then
      copy[name] = {}
      for variable in pairs(member) do
        copy[name][variable] = "***"
      end
    end
  end
  return copy
end

-- of(change) --> the change as rules see it. change: see access.connect
function Facts:of(change)
  local unknown = {}
  local function known(value, why)
    unknown[#unknown + 1] = why
    return value
  end
  local now = self.region.clock.time()
  local seen = {
    on = change.on,
    dry_run = change.dry_run or false,
    time = timestamp.format(now),
    epoch = math.floor(now),
    caller = known(self:caller()),
    grant = change.grant,
    before = parsed(change.before),
    after = parsed(change.after),
    deployment = without_secrets(change.deployment),
  }
  if change.service then
    seen.service = M.service(change.service)
  elseif change.grant and change.grant.service then
    seen.service = known(self:service_named(change.grant.service))
  end
  local repository = change.repository
  if repository then
    seen.repository = repository.name
    seen.repository_details = {
      name = repository.name, arn = repository.arn, account = arn.parse(repository.arn).account,
      region = self.region.name, mutability = repository.mutability, tags = known(self:tags_of(repository)),
    }
  end
  seen.unknown = unknown[1] and table.concat(unknown, "; ")
  return seen
end

return M
