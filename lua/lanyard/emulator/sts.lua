--- AWS Security Token Service: GetCallerIdentity and AssumeRole.
---
--- Shapes: botocore's model of 2011-06-15.

local exception = require "lanyard.emulator.exception"
local ids = require "lanyard.emulator.ids"
local regions = require "lanyard.aws.regions"
local shape = require "lanyard.emulator.shape"
local timestamp = require "lanyard.text.timestamp"

---@type emulator.Service
local M = {
  name = "sts",
  protocol = "query",
  version = "2011-06-15",
  xmlns = "https://sts.amazonaws.com/doc/2011-06-15/",
  operations = {},
}

M.serves = regions.exists

function M.invalid(violations)
  return exception("ValidationError", shape.describe(violations))
end

M.operations.GetCallerIdentity = {
  input = shape.structure {},
  call = function(_, _, context)
    local caller = context.caller
    return { Arn = caller.arn, UserId = caller.user_id, Account = caller.account }
  end,
}

local SESSION_NAME = "[\\w+=,.@-]*"

local function is_session_name(value)
  return not value:find "[^%w_+=,.@-]"
end

-- Returns the name of a role of the customer's account, or nil.
local function role_name(world, arn)
  return arn:match("^arn:aws:iam::" .. world.account .. ":role/.-([^/]+)$")
end

M.operations.AssumeRole = {
  input = shape.structure {
    RoleArn = shape.string { required = true, min = 20, max = 2048 },
    RoleSessionName = shape.string {
      required = true, min = 2, max = 64, regex = SESSION_NAME, check = is_session_name,
    },
    DurationSeconds = shape.integer { min = 900, max = 43200 },
    ExternalId = shape.string { min = 2, max = 1224 },
  },
  call = function(world, input, context)
    local role = world.state.roles[input.RoleArn]
    local name = role_name(world, input.RoleArn)
    if not role or not name then
      return nil, exception("AccessDenied", ("User: %s is not authorized to perform: sts:AssumeRole on resource: %s")
        :format(context.caller.arn, input.RoleArn), 403)
    end
    local expires = context.now + (input.DurationSeconds or 3600)
    local key = {
      secret = ids.secret(40),
      token = ids.secret(200),
      expires = expires,
      caller = {
        account = world.account,
        arn = ("arn:aws:sts::%s:assumed-role/%s/%s"):format(world.account, name, input.RoleSessionName),
        user_id = role.id .. ":" .. input.RoleSessionName,
      },
    }
    local id = ids.unique "ASIA"
    world.keys[id] = key
    return {
      Credentials = {
        AccessKeyId = id,
        SecretAccessKey = key.secret,
        SessionToken = key.token,
        Expiration = timestamp.format(math.floor(expires)),
      },
      AssumedRoleUser = { AssumedRoleId = key.caller.user_id, Arn = key.caller.arn },
    }
  end,
}

return M
