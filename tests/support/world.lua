-- An emulator without a server or a network, for specs of modules that use the AWS clients: requests go directly to the
-- emulator's dispatch, and sleeping advances the clock.

local access = require "lanyard.access"
local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local emulator = require "lanyard.emulator"
local errors = require "lanyard.errors"
local helper = require "helper"
local json = require "lanyard.json"
local server = require "lanyard.emulator.server"
local system = require "lanyard.system"
local task = require "lanyard.task"

local M = {}

-- Files are in memory: the journal is synced at each write, and specs need not wait for a disk.
local MEMORY = "/dev/shm"

local World = {}
World.__index = World

-- Returns { region, calls, world, folder }; closing it removes its folder. The fields `before` and `after`, if set, are
-- called with (operation, self) around each request. The field `change`, if set, is called with (operation, reply) and
-- can change the reply: its status, headers and body.
function M.new(options)
  local self = setmetatable({ folder = helper.folder(helper.exists(MEMORY) and MEMORY or nil), calls = {}, passed = 0 }, World)
  local all = { activation_delay = 0, now = function() return self:time() end }
  for name, value in pairs(options or {}) do all[name] = value end
  self.world = assert(emulator.world(all))
  self.region = self:connect()
  return self
end

function World:time()
  return system.time() + self.passed
end

local function lower_names(headers, url)
  local lower = { host = url:match "://([^/]+)" }
  for name, value in pairs(headers) do lower[name:lower()] = value end
  return lower
end

-- Returns a clock that advances by sleeping.
function World:clock()
  return {
    now = function() return system.clock() + self.passed end,
    time = function() return self:time() end,
    sleep = function(seconds)
      self.passed = self.passed + seconds
      if task.current() then task.sleep(0) end -- as a real sleep, it lets other tasks run
    end,
    random = function() return 0.5 end,
  }
end

-- Returns the settings of a session whose requests the emulator's dispatch answers.
function World:session_settings(clock)
  return {
    region = "us-east-1",
    clock = clock,
    endpoint_url = self.endpoint or "http://emulator.test",
    credentials = credentials.new {
      access_key_id = emulator.ACCESS_KEY_ID, secret_access_key = emulator.SECRET_ACCESS_KEY,
    },
    transport = function(request)
      local operation = (request.headers["X-Amz-Target"] or request.body:match "Action=(%w+)"):match "[^.]+$"
      self.calls[#self.calls + 1] = operation
      if self.before then self.before(operation, self) end
      local reply = server.dispatch(self.world, {
        method = request.method, target = "/", path = "/", body = request.body,
        headers = lower_names(request.headers, request.url),
      })
      if self.after then self.after(operation, self) end
      if self.change then self.change(operation, reply) end
      if reply.reset or reply.cut then
        return nil, errors.new { code = "Connection", message = "reset", retryable = true, sent = true }
      end
      local headers = {}
      for name, value in pairs(reply.headers) do headers[name:lower()] = value end
      return { status = reply.status, headers = headers, body = reply.body, elapsed = 0 }
    end,
  }
end

-- Returns another region of the same emulator: another lanyard on this machine, or (with another journal_root) on
-- another one.
function World:connect(settings)
  local clock = self:clock()
  local session = assert(aws.session(self:session_settings(clock)))
  local all = {
    permit = false,
    journal_root = self.folder .. "/journal",
    clock = clock,
  }
  for name, value in pairs(settings or {}) do all[name] = value end
  return access.connect(session, all)
end

-- Returns how often an operation was called.
function World:count(operation)
  local count = 0
  for _, name in ipairs(self.calls) do
    count = count + (name == operation and 1 or 0)
  end
  return count
end

-- Returns the text of a repository's policy without a call.
function World:text(name)
  local policy = self.world.region("us-east-1").repositories[name].policy
  return policy and policy.text
end

-- Replaces a policy, as another writer does.
function World:put(name, text)
  self.world.region("us-east-1").repositories[name].policy = text and { text = text, ids = {} }
end

-- Returns the Sids of a repository's policy, in order.
function World:sids(name)
  local sids = {}
  for i, statement in ipairs(json.decode(self:text(name)).Statement) do
    sids[i] = statement.Sid
  end
  return sids
end

function World:repository(name)
  return assert(self.region:repositories { name })[1]
end

-- Returns the default service with its role on.
function World:service()
  return assert(self.region:enable("my-container-service")).service
end

function World:__close()
  getmetatable(self.folder).__close()
end

return M
