--- AWS Identity and Access Management: the roles and users that policies name, GetRole and GetUser.
---
--- Shapes: botocore's model of 2010-05-08.
---
--- state.roles and state.users have { id, created, known_at } by ARN. Other services do not find a role or user before
--- `known_at`, because IAM propagates new ones with a delay.

local exception = require "lanyard.emulator.exception"
local ids = require "lanyard.emulator.ids"
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

function M.serves()
  return true
end

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

--- Returns the unique ID of a role or user, or nil when other services cannot find it.
---@param world emulator.World
---@param arn string
---@return string?
function M.id_of(world, arn)
  local identity = world.state.roles[arn] or world.state.users[arn]
  return identity and identity.known_at <= world.now() and identity.id or nil
end

local NAME = "[\\w+=,.@-]+"

local function name_of(max)
  return shape.string {
    required = true, min = 1, max = max, regex = NAME,
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
  input = shape.structure { RoleName = name_of(64) },
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

-- Unlike on AWS, the name is required. STS reports the caller.
M.operations.GetUser = {
  input = shape.structure { UserName = name_of(128) },
  call = function(world, input)
    local arn, path, user = find(world, "user", world.state.users, input.UserName)
    if not arn then
      return nil, path
    end
    return { User = {
      Path = path, UserName = input.UserName, UserId = user.id, Arn = arn,
      CreateDate = timestamp.format(math.floor(user.created)),
    } }
  end,
}

return M
