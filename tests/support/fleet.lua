--- Accounts and Regions for the specs of audits: an emulated world for each account, behind one HTTP server that also
--- answers for AWS Organizations and for AssumeRole in every account.
---
---     local accounts <close> = fleet.new { ["111122223333"] = SEED, ["444455556666"] = SEED }
---     accounts.refuse = function(operation, region, account) return { code = ..., message = ... } end   -- or nil
---     local found = targets.expand { regions = ..., open = accounts:opener() }
---     accounts.calls      -- "OPERATION REGION ACCOUNT" of each request, in order

local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local emulator = require "lanyard.emulator"
local httpd = require "lanyard.httpd"
local json = require "lanyard.json"
local server = require "lanyard.emulator.server"

local M = {}
M.__index = M

M.ACCOUNT = emulator.ACCOUNT
M.OPEN = '{"Version":"2012-10-17","Statement":[{"Sid":"open","Effect":"Allow","Principal":"*",'
  .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}'

local ROLE_REPLY = [[<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
  <Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>
  <SessionToken>token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>
  <AssumedRoleUser><Arn>arn:aws:sts::%s:assumed-role/x/y</Arn><AssumedRoleId>id:y</AssumedRoleId></AssumedRoleUser>
  </AssumeRoleResult></AssumeRoleResponse>]]

local function reply(value)
  return { status = 200, headers = { ["Content-Type"] = "application/x-amz-json-1.1" }, body = json.encode(value) }
end

-- Answers AssumeRole with a key that is valid in the world of the role's account.
local function assume(self, role)
  local account = role:match "^arn:aws:iam::(%d+):role/"
  local world = self.worlds[account]
  local key = "ASIA" .. account .. "ROLE"
  world.keys[key] = {
    secret = "a secret that is forty characters long..", token = "token",
    caller = { account = account, arn = role, user_id = "id" },
  }
  self.account_of[key] = account
  return { status = 200, headers = {}, body = ROLE_REPLY:format(key, world.keys[key].secret, account) }
end

local function answer(self, request)
  local operation = (request.headers["x-amz-target"] or request.body:match "Action=(%w+)"):match "[^.]+$"
  local key, _, region = request.headers.authorization:match "Credential=([^/]+)/([^/]+)/([^/]+)/"
  local account = self.account_of[key] or M.ACCOUNT
  self.calls[#self.calls + 1] = ("%s %s %s"):format(operation, region, account)
  local refused = self.refuse and self.refuse(operation, region, account, request)
  if refused then
    return { status = 400, headers = {}, body = request.headers["x-amz-target"]
      and json.encode { __type = refused.code, message = refused.message }
      or ("<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>")
        :format(refused.code, refused.message) }
  elseif operation == "ListAccounts" and self.organization then
    local token = json.decode(request.body).NextToken
    return reply(self.organization[token or "first"])
  elseif operation == "AssumeRole" then
    local role = request.body:match "RoleArn=([^&]+)":gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    return assume(self, role)
  end
  return server.dispatch(self.worlds[account], request)
end

function M.new(seeds)
  local self = setmetatable({ worlds = {}, calls = {}, account_of = {} }, M)
  for account, seed in pairs(seeds) do
    local world = assert(emulator.world { activation_delay = 0, seed = seed })
    world.account = account
    self.worlds[account] = world
  end
  self.server = assert(httpd.serve {
    handler = function(request) return answer(self, request) end,
    on_error = function(text) self.failure = text end,
  })
  return self
end

-- Returns the function with which targets.expand opens sessions.
function M:opener(options)
  return function(_, region)
    return aws.session {
      region = region or "us-east-1", endpoint_url = self.server.url, max_attempts = 1,
      transport = options and options.transport,
      credentials = credentials.new {
        access_key_id = emulator.ACCESS_KEY_ID, secret_access_key = emulator.SECRET_ACCESS_KEY,
      },
    }
  end
end

-- Returns how often an operation was called.
function M:count(operation)
  local count = 0
  for _, call in ipairs(self.calls) do
    count = count + (call:match "^%S+" == operation and 1 or 0)
  end
  return count
end

function M:__close()
  self.server.close()
  if self.failure then error(self.failure, 0) end
end

return M
