--- What decides about a pull besides the repository policy: the registry policy, the resource control policies of the
--- organization if they could be read, and what is known of the caller.
---
---     local around = surroundings.of(region)
---     local answer, statement, origin = around:join(doc):can { ... }
---
--- The policy of the registry applies to every request about a repository, unless its scope is V1: then it decides
--- three actions only, and no pull.
--- https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html
--- How an Allow of the registry policy combines with a repository policy for a role of another account is not
--- documented: both are taken as resource-based policies of the account, as Amazon ECR calls them.

local answers = require "lanyard.aws.answers"
local errors = require "lanyard.errors"
local match = require "lanyard.match"
local organization = require "lanyard.access.organization"
local policy = require "lanyard.policy"
local resource_controls = require "lanyard.access.resource_controls"
local task = require "lanyard.task"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- The registry

local function read_scope(region)
  local reply, err = region.ecr:GetAccountSetting { name = "REGISTRY_POLICY_SCOPE" }
  if not reply then
    return nil, err
  end
  return reply.value == "V1" and "V1" or "V2"
end

---@class access.Registry
---@field doc? policy.Document  nil if the registry has no policy
---@field statements policy.Statement[]
---@field decides? policy.Document  the document if it decides about pulls
---@field scope? "V1"|"V2"    nil if there is no policy, or with `scope_err`
---@field scope_err? aws.Error  why the scope could not be read; then the policy decides about no pull here

--- Reads the registry policy, and its scope if there is a policy.
---@param region access.Region
---@return access.Registry?
---@return aws.Error? err
function M.registry(region)
  local reply, err = region.ecr:GetRegistryPolicy()
  if answers.rejected(err, "RegistryPolicyNotFoundException") then
    return { statements = {} }
  elseif not reply then
    return nil, err
  elseif not reply.policyText then
    return nil, errors.new { code = "NoPolicy", message = "the reply of ecr:GetRegistryPolicy contains no policy" }
  end
  local doc, scope
  doc, err = policy.parse(reply.policyText)
  if not doc then
    return nil, errors.new { code = "UnreadablePolicy", message = "cannot read the registry policy: " .. err.message }
  end
  scope, err = read_scope(region)
  return {
    doc = doc, statements = doc:statements(), scope = scope, scope_err = err,
    decides = scope == "V2" and doc or nil,
  }
end

-- ---------------------------------------------------------------------------------------------
-- Joining

local function is_current(doc)
  for _, member in ipairs(doc:tree()) do
    if member.key.value == "Version" then
      return member.value == "2012-10-17"
    end
  end
  return false
end

-- Returns the texts of a document's statements as version 2012-10-17 reads them: in an earlier version, `${` is text.
local function add_texts(texts, doc)
  local current = is_current(doc)
  for _, statement in ipairs(doc:statements()) do
    texts[#texts + 1] = current and statement.text or (statement.text:gsub("%${", "${$}{"))
  end
end

--- A policy that decides besides the one of the repository.
---@class access.PolicyOrigin
---@field kind "registry"|"control"
---@field name string  for messages: "the registry policy"
---@field id? string   of a resource control policy

---@class access.JoinedPolicies
---@field private doc policy.Document
---@field private parts { doc: policy.Document, first: integer, origin: access.PolicyOrigin? }[]  first: how many
---  statements of the joined document precede it
local Joined = {}
Joined.__index = Joined

--- Decides a request as doc:decision does. The statement is the one of the original document.
---@param request table
---@return string answer
---@return policy.Statement? statement
---@return access.PolicyOrigin? origin  of the statement; nil: the repository policy
function Joined:can(request)
  local answer, statement = self.doc:decision(request)
  if not statement then
    return answer
  end
  for i = #self.parts, 1, -1 do
    local part = self.parts[i]
    if statement.index > part.first then
      return answer, part.doc:statement(statement.index - part.first), part.origin
    end
  end
end

--- Returns the joined document, with the statements of all policies, in order.
---@return policy.Document
function Joined:document()
  return self.doc
end

--- Returns the texts of the joined statements, as version 2012-10-17 reads them.
---@return string[]
function Joined:texts()
  local texts = {}
  for _, part in ipairs(self.parts) do
    add_texts(texts, part.doc)
  end
  return texts
end

local REGISTRY = { kind = "registry", name = "the registry policy" }

-- Returns a document with the Denies of a resource control policy: no other statement of it decides anything here.
local function denies_of(control)
  local doc = control.doc:copy()
  for index = #doc:statements(), 1, -1 do
    if doc:statement(index).effect ~= "Deny" then
      doc:remove { index = index }
    end
  end
  return doc
end

local function join_parts(parts)
  local texts = {}
  for _, part in ipairs(parts) do
    part.first = #texts
    add_texts(texts, part.doc)
  end
  local whole = assert(policy.parse('{"Version":"2012-10-17","Statement":[' .. table.concat(texts, ",") .. "]}"))
  return setmetatable({ doc = whole, parts = parts }, Joined)
end

local joined_last = {}

--- Joins the policies that decide about a repository.
---@param doc? policy.Document       of the repository
---@param registry? policy.Document  of the registry, if it decides about pulls
---@param controls? access.ResourceControl[]
---@return access.JoinedPolicies?  nil if nothing can allow
function M.join(doc, registry, controls)
  controls = controls or {}
  if not (doc or registry) then
    return nil
  elseif not registry and #controls == 0 then
    return setmetatable({ doc = doc, parts = { { doc = doc, first = 0 } } }, Joined)
  elseif joined_last.doc == doc and joined_last.registry == registry and joined_last.controls == controls then
    return joined_last.joined
  end
  local parts = {}
  parts[1] = doc and { doc = doc } or nil
  parts[#parts + 1] = registry and { doc = registry, origin = REGISTRY } or nil
  for _, control in ipairs(controls) do
    control.denies = control.denies or denies_of(control)
    parts[#parts + 1] = {
      doc = control.denies,
      origin = { kind = "control", name = resource_controls.describe(control), id = control.id },
    }
  end
  joined_last = { doc = doc, registry = registry, controls = controls, joined = join_parts(parts) }
  return joined_last.joined
end

-- ---------------------------------------------------------------------------------------------
-- What decides in a Region

---@class access.Surroundings
---@field private region access.Region
---@field private organization access.OrganizationReader
---@field registry? access.Registry
---@field registry_err? aws.Error  why the registry policy could not be read
---@field controls? access.Controls  that apply to the repositories; nil if they were not read
local Surroundings = {}
Surroundings.__index = Surroundings

--- Returns the organization of the repositories' account, and whether a role's account is known not to be in it. Calls
--- AWS once, when it is first asked.
---@param role_account string
---@param account string  the owner of the repositories
---@return { id?: string, without_role?: boolean }  empty if the accounts of the organization cannot be read, or if the
---  repositories' account is in another one
function Surroundings:organization_beside(role_account, account)
  local found = self.organization:read()
  return found and found.accounts[account] and { id = found.id, without_role = not found.accounts[role_account] } or {}
end

-- Reports whether a document has an Allow of an action of a pull.
local function has_allow(doc)
  for _, statement in ipairs(doc and doc:statements() or {}) do
    for _, pattern in ipairs(statement.effect == "Allow" and statement.actions or {}) do
      for _, action in ipairs(policy.PULL_ACTIONS) do
        if match.glob(pattern, action, true) ~= (statement.not_action or false) then
          return true
        end
      end
    end
  end
  return false
end

--- Reports whether the registry policy decides about pulls, and allows somebody an action of one.
---@return boolean
function Surroundings:registry_allows()
  local doc = self.registry and self.registry.decides
  if self.registry_has_allow == nil then
    self.registry_has_allow = has_allow(doc)
  end
  return self.registry_has_allow
end

--- Joins the policies that decide about a repository.
---@param doc? policy.Document  of the repository
---@return access.JoinedPolicies?
function Surroundings:join(doc)
  return M.join(doc, self.registry and self.registry.decides, self.controls and self.controls.list)
end

--- Reads the registry policy of a region. The resource control policies are not read.
---@param region access.Region
---@param organizations? access.OrganizationReader  unless given, the organization is read with the region's session
---@return access.Surroundings
function M.read(region, organizations)
  local registry, err = M.registry(region)
  return setmetatable({
    region = region, registry = registry, registry_err = err,
    organization = organizations or organization.reader(region.session),
  }, Surroundings)
end

-- What a command waits for that can do without the resource control policies.
local PATIENCE = { max_attempts = 2, connect_timeout = 3, timeout = 10 }

-- Reads the registry policy and the resource control policies.
local function read_all(region)
  local around, controls
  task.all {
    function() around = M.read(region) end,
    function()
      controls = resource_controls.reader(region.session, PATIENCE):of(function() return region:account() end, true)
    end,
  }
  around.controls = controls
  return around
end

--- Returns the surroundings of the repositories of a region, which are read when they are first asked for. Without the
--- permission to read resource control policies, they are not considered.
---@param region access.Region
---@return access.Surroundings
function M.of(region)
  local shared = region.shared
  shared.surroundings_gate = shared.surroundings_gate or task.semaphore(1)
  local _ <close> = shared.surroundings_gate:acquire()
  shared.surroundings = shared.surroundings or read_all(region)
  return shared.surroundings
end

return M
