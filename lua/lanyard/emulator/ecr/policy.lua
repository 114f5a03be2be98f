--- Accepts, stores and returns policies of repositories and registries as ECR does.
---
---     local stored, failure = policy.accept(world, text, { caller = arn })
---     reply.policyText = policy.describe(world, stored)

local acceptance = require "lanyard.emulator.ecr.acceptance"
local arn = require "lanyard.arn"
local documents = require "lanyard.emulator.ecr.documents"
local iam = require "lanyard.emulator.iam"
local invalid = require "lanyard.emulator.ecr.invalid"
local layout = require "lanyard.emulator.ecr.layout"

local M = {}

--- Returns the exception for a policy that ECR rejects.
---@param reason string
---@return emulator.Exception
function M.rejection(reason)
  return invalid("PolicyText", reason)
end

-- Reports whether a principal exists, and the unique ID of a role or user. ECR checks only principals of the own
-- account and Lightsail's roles.
local function principal_exists(world, value)
  if value == "*" or value:find "^%d+$" then
    return true
  end
  local parsed = arn.parse(value)
  if not parsed then
    return false
  end
  local session_role = parsed.service == "sts" and parsed.resource:match "^assumed%-role/([^/]+)/"
  if parsed.resource == "root" then
    return true
  elseif session_role and parsed.account == world.account then
    for known in pairs(world.state.roles) do
      if known:match(":" .. world.account .. ":role/.-([^/]+)$") == session_role then
        return true
      end
    end
    return false
  elseif parsed.account ~= world.account and not parsed.resource:find "^role/amazon/lightsail/" then
    return true
  end
  local id = iam.id_of(world, value)
  return id ~= nil, id
end

--- A policy that the emulator stores.
---@class emulator.StoredPolicy
---@field text string
---@field ids table<string, string>  the unique IDs of the roles and users that it names, by ARN

-- Returns the unique IDs of the principals that a document names, or nil and an exception when one does not exist.
local function unique_ids(world, doc)
  local ids = {}
  for _, statement in ipairs(doc:statements()) do
    for _, principal in ipairs(statement.principals) do
      if principal.type == "AWS" then
        local exists, id = principal_exists(world, principal.value)
        if not exists then
          return nil, M.rejection "Principal not found"
        end
        ids[principal.value] = id
      end
    end
  end
  return ids
end

---@class emulator.PolicyOptions
---@field caller string  the caller's ARN
---@field force? boolean  accept a policy that locks the caller out
---@field kind? "registry"|"repository"  the default is "repository"
---@field scope? "V1"|"V2"  of a registry policy

--- Checks a policy.
---@param world emulator.World
---@param text string
---@param options emulator.PolicyOptions
---@return emulator.StoredPolicy?
---@return emulator.Exception?
function M.accept(world, text, options)
  local kind = options.kind or "repository"
  local doc = acceptance.check(text, { kind = kind, scope = options.scope })
  if not doc then
    return nil, M.rejection(("Invalid %s policy provided"):format(kind))
  end
  local ids, failure = unique_ids(world, doc)
  if not ids then
    return nil, failure
  end
  if kind == "repository" and not options.force
    and doc:can { principal = options.caller, action = "ecr:SetRepositoryPolicy" } == "deny" then
    -- The message of ECR is not known; this one has the words of its documentation.
    return nil, M.rejection "The policy would prevent you from setting another policy in the future; use force"
  end
  return { text = text, ids = ids }
end

-- Returns the layout of the text of a stored policy. A text that is not a policy, which a state file can have, is as it
-- was.
local function layout_of(stored, text)
  local known = documents.of(stored, text)
  known.layout = known.layout or known.document and layout.of(known.document) or text
  return known.layout
end

--- Returns the text that a read returns: the ARN of a role or user deleted since the write is its unique ID.
---@param world emulator.World
---@param stored emulator.StoredPolicy
---@return string
function M.describe(world, stored)
  local text = stored.text
  for value, id in pairs(stored.ids) do
    local identity = iam.identity(world, value)
    if not identity or identity.id ~= id then
      local quoted = '"' .. value:gsub("%p", "%%%0") .. '"'
      text = text:gsub(quoted, '"' .. id .. '"')
    end
  end
  return world.options.reformat and layout_of(stored, text) or text
end

return M
