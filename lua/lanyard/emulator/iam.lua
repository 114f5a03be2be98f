--- AWS Identity and Access Management: the roles and users that policies name, GetRole and GetUser.
---
--- Shapes: botocore's model of 2010-05-08.
---
--- state.roles and state.users have { id, created, known_at } by ARN. Other services do not find a role or user before
--- `known_at`, because IAM propagates new ones with a delay.

local exception = require "lanyard.emulator.exception"
local ids = require "lanyard.emulator.ids"
local regions = require "lanyard.aws.regions"
local shape = require "lanyard.emulator.shape"
local timestamp = require "lanyard.text.timestamp"

---@type emulator.Service
local M = {
  name = "iam",
  protocol = "query",
  version = "2010-05-08",
  xmlns = "https://iam.amazonaws.com/doc/2010-05-08/",
  operations = {},
}

-- With an endpoint that is configured, SDKs sign for their own Region and not for us-east-1.
M.serves = regions.exists

function M.invalid(violations)
  return exception("ValidationError", shape.describe(violations))
end

--- Creates a role of any account.
---@param world emulator.World
---@param arn string
---@param known_at? number  when other services can find it, in seconds since 1970; immediately when absent
function M.create_role(world, arn, known_at)
  world.state.roles[arn] = { id = ids.unique "AROA", created = world.now(), known_at = known_at or 0 }
end

--- Creates a user.
---@param world emulator.World
---@param arn string
function M.create_user(world, arn)
  world.state.users[arn] = { id = ids.unique "AIDA", created = world.now(), known_at = 0 }
end

--- Deletes a role.
---@param world emulator.World
---@param arn string
function M.delete_role(world, arn)
  world.state.roles[arn] = nil
end

--- Returns a role or user. The operator is a user that no seed needs to name.
---@param world emulator.World
---@param arn string
---@return { id: string, created: number, known_at: number }?
function M.identity(world, arn)
  local operator = world.caller
  return world.state.roles[arn] or world.state.users[arn]
    or arn == operator.arn and { id = operator.user_id, created = operator.created, known_at = 0 } or nil
end

--- Returns the unique ID of a role or user, or nil when other services cannot find it.
---@param world emulator.World
---@param arn string
---@return string?
function M.id_of(world, arn)
  local identity = M.identity(world, arn)
  return identity and identity.known_at <= world.now() and identity.id or nil
end

local NAME = "[\\w+=,.@-]+"

local function name_of(max, required)
  return shape.string {
    required = required, min = 1, max = max, regex = NAME,
    check = function(value) return not value:find "[^%w_+=,.@-]" end,
  }
end

-- Finds a role or user of the customer's account by name. Returns its ARN, path and record, or nil and an exception.
local function find(world, kind, identities, name)
  for arn, identity in pairs(identities) do
    local path, last = arn:match("^arn:aws:iam::" .. world.account .. ":" .. kind .. "(/.-)([^/]+)$")
    if last == name then
      return arn, path, identity
    end
  end
  return nil, exception("NoSuchEntity", ("The %s with name %s cannot be found."):format(kind, name), 404)
end

M.operations.GetRole = {
  input = shape.structure { RoleName = name_of(64, true) },
  call = function(world, input)
    local arn, path, role = find(world, "role", world.state.roles, input.RoleName)
    if not arn then
      return nil, path
    end
    return { Role = {
      Path = path, RoleName = input.RoleName, RoleId = role.id, Arn = arn,
      CreateDate = timestamp.format(math.floor(role.created)),
      AssumeRolePolicyDocument = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D",
    } }
  end,
}

-- Finds a user by name, or the caller without a name. Returns the same as `find`.
local function find_user(world, name, caller)
  local own = world.caller.arn:match "[^/]+$"
  if not name and caller.arn ~= world.caller.arn then
    return nil, exception("ValidationError", "Must specify userName when calling with non-User credentials")
  elseif not name or name == own and not world.state.users[world.caller.arn] then
    return world.caller.arn, "/", M.identity(world, world.caller.arn)
  end
  return find(world, "user", world.state.users, name)
end

M.operations.GetUser = {
  input = shape.structure { UserName = name_of(128) },
  call = function(world, input, context)
    local arn, path, user = find_user(world, input.UserName, context.caller)
    if not arn then
      return nil, path
    end
    return { User = {
      Path = path, UserName = arn:match "[^/]+$", UserId = user.id, Arn = arn,
      CreateDate = timestamp.format(math.floor(user.created)),
    } }
  end,
}

return M
