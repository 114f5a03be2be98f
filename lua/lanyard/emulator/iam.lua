-- AWS Identity and Access Management: the roles and users that policies name, GetRole and GetUser.
-- Shapes: botocore's model of 2010-05-08.
--
-- state.roles and state.users have them by ARN: { id, created, known_at }. Until `known_at` another
-- service that asks for one is told that there is none, as IAM spreads what is new.

local fault = require "lanyard.emulator.fault"
local ids = require "lanyard.emulator.ids"
local shape = require "lanyard.emulator.shape"

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
  return fault("ValidationError", shape.describe(violations))
end

-- Makes a role of any account, known to other services from `known_at` on.
function M.create_role(world, arn, known_at)
  world.state.roles[arn] = { id = ids.unique "AROA", created = world.now(), known_at = known_at or 0 }
end

function M.create_user(world, arn)
  world.state.users[arn] = { id = ids.unique "AIDA", created = world.now(), known_at = 0 }
end

function M.delete_role(world, arn)
  world.state.roles[arn] = nil
end

-- The unique id behind the ARN of a role or user that other services know already | nil
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

-- The identity of one's own account that has this name. --> ARN, path, identity | nil, fault
local function find(world, kind, identities, name)
  for arn, identity in pairs(identities) do
    local path, last = arn:match("^arn:aws:iam::" .. world.account .. ":" .. kind .. "(/.-)([^/]+)$")
    if last == name then
      return arn, path, identity
    end
  end
  return nil, fault("NoSuchEntity", ("The %s with name %s cannot be found."):format(kind, name), 404)
end

local function time(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
end

M.operations.GetRole = {
  input = shape.structure { RoleName = name_of(64) },
  call = function(world, input)
    local arn, path, role = find(world, "role", world.state.roles, input.RoleName)
    if not arn then
      return nil, path
    end
    return { Role = {
      Path = path, RoleName = input.RoleName, RoleId = role.id, Arn = arn, CreateDate = time(role.created),
      AssumeRolePolicyDocument = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D",
    } }
  end,
}

-- Unlike AWS's it wants a name: who calls is known from STS.
M.operations.GetUser = {
  input = shape.structure { UserName = name_of(128) },
  call = function(world, input)
    local arn, path, user = find(world, "user", world.state.users, input.UserName)
    if not arn then
      return nil, path
    end
    return { User = {
      Path = path, UserName = input.UserName, UserId = user.id, Arn = arn, CreateDate = time(user.created),
    } }
  end,
}

return M
