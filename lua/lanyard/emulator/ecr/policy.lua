-- What ECR makes of the policy of a repository or of the registry: which texts it takes, and what it gives back.

local arn = require "lanyard.arn"
local fault = require "lanyard.emulator.fault"
local iam = require "lanyard.emulator.iam"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

local M = {}

-- Findings of the linter that ECR, too, takes as a reason to refuse.
local REFUSED = {}
for id in ([[bad-action bad-effect bad-principal bad-version both-elements empty-list foreign-action no-action
  no-effect no-principal no-statement unknown-action unknown-element wrong-type]]):gmatch "%S+" do
  REFUSED[id] = true
end

-- The fault of a text that is not taken.
function M.refuse(why)
  return fault("InvalidParameterException",
    ("Invalid parameter at 'PolicyText' failed to satisfy constraint: '%s'"):format(why))
end

local function names_login(doc)
  for _, statement in ipairs(doc:statements()) do
    for _, action in ipairs(statement.actions) do
      if action:lower() == "ecr:getauthorizationtoken" then
        return true
      end
    end
  end
  return false
end

-- Whether a principal is somebody: those of one's own account and Lightsail's roles must exist.
-- --> true | false, unique id of the role or user
local function exists(world, value)
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

-- accept(world, text, caller_arn, force [, kind]) --> { text, ids = { [ARN] = unique id } } to keep | nil, fault
-- kind: "registry", or "repository" unless given.
function M.accept(world, text, caller_arn, force, kind)
  local invalid = ("Invalid %s policy provided"):format(kind or "repository")
  local doc = policy.parse(text)
  if not doc then
    return nil, M.refuse(invalid)
  end
  for _, finding in ipairs(doc:lint()) do
    if REFUSED[finding.id] then
      return nil, M.refuse(invalid)
    end
  end
  if names_login(doc) then
    return nil, M.refuse(invalid)
  end
  local unique_ids = {}
  for _, statement in ipairs(doc:statements()) do
    for _, principal in ipairs(statement.principals) do
      if principal.type == "AWS" then
        local there, id = exists(world, principal.value)
        if not there then
          return nil, M.refuse "Principal not found"
        end
        unique_ids[principal.value] = id
      end
    end
  end
  if not force and doc:can { principal = caller_arn, action = "ecr:SetRepositoryPolicy" } == "deny" then
    return nil, M.refuse "The policy would keep you from setting another one; force it if that is meant"
  end
  return { text = text, ids = unique_ids }
end

-- A list of one, as ECR gives it back.
local function collapse(value)
  if json.is_array(value) then
    return #value == 1 and value[1] or value
  end
  return value
end

-- The text laid out anew: members sorted, lists of one collapsed, `"name" : value`.
local function reformatted(text)
  local document = json.decode(text)
  local statements = json.is_array(document.Statement) and document.Statement or json.array { document.Statement }
  for _, statement in ipairs(statements) do
    for _, element in ipairs { "Action", "NotAction", "Resource", "NotResource" } do
      statement[element] = statement[element] and collapse(statement[element])
    end
    for _, element in ipairs { "Principal", "NotPrincipal" } do
      local principal = statement[element]
      if type(principal) == "table" then
        for kind, value in pairs(principal) do
          principal[kind] = collapse(value)
        end
      end
    end
  end
  document.Statement = statements
  return (json.encode(document, { pretty = true }):gsub('(\n *"[^"\n]*"):', "%1 :"))
end

-- show(world, kept) --> the text as a read gives it: the ARN of a role that was deleted since has
-- become the role's unique id
function M.show(world, kept)
  local text = kept.text
  for value, id in pairs(kept.ids) do
    local identity = world.state.roles[value] or world.state.users[value]
    if not identity or identity.id ~= id then
      local quoted = '"' .. value:gsub("%p", "%%%0") .. '"'
      text = text:gsub(quoted, '"' .. id .. '"')
    end
  end
  return world.options.reformat and reformatted(text) or text
end

return M
