--- Collects the facts about a change that are passed to a rule, as plain data. A fact that needs a call is read once.
---
---     local known = facts.new(region)
---     local change = known:of { on = "grant", repository = repository, service = service, after = text }
---
--- A fact that could not be read is absent, and `change.unknown` says why. A rule that needs it raises an error, which
--- denies the change.

local access_facts = require "lanyard.rules.access_facts"
local answers = require "lanyard.aws.answers"
local arn = require "lanyard.arn"
local timestamp = require "lanyard.text.timestamp"
local policy = require "lanyard.policy"
local services = require "lanyard.access.services"

local M = {}

--- The argument of a rule's check.
---@class rules.Change
---@field on "grant"|"revoke"|"enable"|"disable"|"deploy"|"undo"|"audit"|"call"|"service"  what is done
---@field action? "create"|"update"|"delete"|"delete-image"  what is done with a service, of "service"
---@field image? string  the name of the image, of the action "delete-image"
---@field dry_run boolean  whether nothing is written in any case
---@field time string  the current time, as "2027-01-31T12:00:00Z"
---@field epoch integer  the same in seconds since 1970
---@field caller? { account: string, arn: string, region: string }  who changes it
---@field service? rules.Service  the container service
---@field repository? string  the name
---@field repository_details? rules.Repository  what ECR says about the repository
---@field before? rules.Policy|rules.ServiceState  the policy as it is; of "service" the service as it is
---@field after? rules.Policy|rules.ServiceState  the policy as it would be; of "service" the service as it would be
---@field new_access? rules.Caller[]  who gains access to the repository by the change
---@field organization? { id: string? }  the organization of the account, for a bundled rule that needs it
---@field reach? rules.Caller[]  who has access to the repository after the change
---@field grant? table  what is known of a grant or of what is revoked: { service, principal, sid, expires, orphans }
---@field deployment? table  the request of a deployment, without the values of its environment
---@field references? table  where its variables come from: a list with container, variable and reference
---@field call? rules.Call  the call of AWS, of "call"
---@field unknown? string  what could not be read, and why

--- A call of AWS, as a rule sees it, before it is sent.
---@class rules.Call
---@field service string     as in AWS's models: "ecr"
---@field operation string   "PutImage"
---@field parameters table   the members of the request; sensitive ones are "***"
---@field reads boolean      whether it changes nothing, as far as its name says
---@field region string      "us-east-1"

--- A container service, as a rule sees it. One that does not exist has only a name, and no tags.
---@class rules.Service
---@field name string  the name
---@field arn? string  of the service
---@field region? string  its Region
---@field state? string  as Lightsail has it
---@field role? { active: boolean, arn: string? }  the puller role
---@field tags table<string, string>  of the service

--- What a container service is, as far as its owner decides, of "service". `before` is absent where a service is
--- created, and `after` where one is deleted.
---@class rules.ServiceState
---@field power string    "nano" and so on
---@field scale integer   the number of nodes
---@field disabled boolean  whether its containers are shut down
---@field role { active: boolean, arn: string? }  the puller role
---@field tags table<string, string>  of the service
---@field domains table<string, string[]>  domain names by certificate
---@field monthly_price? number  in USD, of all nodes; absent if it is unknown

--- A repository, as a rule sees it.
---@class rules.Repository
---@field name string  "team/web"
---@field arn string  of the repository
---@field account string  of the registry
---@field region string  of the registry
---@field mutability string  of its tags
---@field tags? table<string, string>  of the repository

--- A policy, as a rule sees it.
---@class rules.Policy
---@field text string  as ECR has it
---@field statements table[]  { sid, effect, principals = { { type, value } }, actions, resources,
---                           conditions = { { operator, key, values } }, ... }

---@class rules.Facts
local Facts = {}
Facts.__index = Facts

--- Returns the facts of an account and Region.
---@param region access.Region
---@param wanted? { reasons: boolean?, organization: boolean? }  add the facts about every possible request; about the
---  organization of the account
---@return rules.Facts
function M.new(region, wanted)
  wanted = wanted or {}
  return setmetatable({
    region = region, reasons = wanted.reasons, wants_organization = wanted.organization, services = {}, tags = {},
  }, Facts)
end

local function tags_by_key(list)
  local tags = {}
  for _, tag in ipairs(list) do
    tags[tag.Key] = tag.Value
  end
  return tags
end

--- Returns the caller's identity.
---@return { account: string, arn: string, region: string }?
---@return string? reason  why it is unknown
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

-- https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html: any account of an
-- organization may call it, and an account without one gets this error.
local NO_ORGANIZATION = "AWSOrganizationsNotInUseException"

--- Returns the organization of the caller's account. Without an id, the account belongs to none.
---@return { id: string? }?
---@return string? reason  why it is unknown
function Facts:organization()
  if not self.own_organization then
    local client, err = self.region.session:client "organizations"
    local reply
    if client then
      reply, err = client:DescribeOrganization {}
    end
    if not reply and not answers.rejected(err, NO_ORGANIZATION) then
      return nil, "the organization of the account: " .. tostring(err)
    end
    local id = reply and reply.Organization.Id
    if reply and not (type(id) == "string" and id:find "^o%-[a-z0-9]+$") then
      return nil, "the organization of the account: the reply of DescribeOrganization has no id"
    end
    self.own_organization = { id = id }
  end
  return self.own_organization
end

--- Returns the tags of a repository.
---@param repository table
---@return table<string, string>?
---@return string? reason  why they are unknown
function Facts:tags_of(repository)
  local known = self.tags[repository.arn]
  if not known then
    local reply, err = self.region.ecr:ListTagsForResource { resourceArn = repository.arn }
    if not reply then
      return nil, ("the tags of '%s': %s"):format(repository.name, tostring(err))
    end
    known = tags_by_key(reply.tags)
    self.tags[repository.arn] = known
  end
  return known
end

--- Returns a service as a rule gets it.
---@param service table
---@return table
function M.service(service)
  return {
    name = service.name, arn = service.arn, region = service.region, state = service.state, tags = service.tags or {},
    role = service.role and { active = service.role.active, arn = service.role.arn },
  }
end

--- Returns a service by name, also one that does not exist.
---@param name string
---@return table?
---@return string? reason  why it is unknown
function Facts:service_named(name)
  if not self.services[name] then
    local service, err = services.find(self.region, name)
    if not service and not answers.rejected(err, "NotFoundException") then
      return nil, ("the service '%s': %s"):format(name, tostring(err))
    end
    self.services[name] = service and M.service(service) or { name = name, tags = {} }
  end
  return self.services[name]
end

--- Returns a policy as a rule gets it.
---@param doc policy.Document
---@return rules.Policy
function M.policy(doc)
  return { text = tostring(doc), statements = doc:statements() }
end

local function document_of(value)
  return type(value) == "string" and policy.parse(value) or value
end

local function policy_of(value)
  local doc = document_of(value)
  return doc and M.policy(doc)
end

-- Returns a copy in which the values of environments are hidden.
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

--- Returns a change as a rule gets it.
---@param change table  see access.connect
---@return rules.Change
function Facts:of(change)
  local unknown = {}
  local function known(value, reason)
    unknown[#unknown + 1] = reason
    return value
  end
  known(nil, change.unknown)
  local now, of_service = self.region.clock.time(), change.on == "service"
  local facts = {
    on = change.on,
    dry_run = change.dry_run or false,
    time = timestamp.format(now),
    epoch = math.floor(now),
    caller = known(self:caller()),
    grant = change.grant,
    action = change.action,
    image = change.image,
    before = of_service and change.before or policy_of(change.before),
    after = of_service and change.after or policy_of(change.after),
    deployment = without_secrets(change.deployment),
    references = change.references,
    call = change.call,
  }
  if change.service then
    facts.service = M.service(change.service)
  elseif change.grant and change.grant.service then
    facts.service = known(self:service_named(change.grant.service))
  end
  local repository = change.repository
  if repository then
    facts.repository = repository.name
    facts.repository_details = {
      name = repository.name, arn = repository.arn, account = arn.parse(repository.arn).account,
      region = self.region.name, mutability = repository.mutability, tags = known(self:tags_of(repository)),
    }
  end
  if repository and self.wants_organization then
    facts.organization = known(self:organization())
  end
  if repository and self.reasons then
    known(nil, access_facts.add(facts, document_of(change.before), document_of(change.after)))
  end
  facts.unknown = unknown[1] and table.concat(unknown, "; ")
  return facts
end

return M
