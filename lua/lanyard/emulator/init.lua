-- Lightsail, ECR, STS and IAM on loopback, as strict as AWS where a script can tell.
--
--   local emulator = require "lanyard.emulator"
--   local em = assert(emulator.start {})
--   emulator.use(em)      -- from now on every call of this process goes there
--   ...
--   em:stop()
--
-- The world has one customer account and one access key, and Lightsail an account of its own.

local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local faults = require "lanyard.emulator.faults"
local httpd = require "lanyard.httpd"
local server = require "lanyard.emulator.server"
local state = require "lanyard.emulator.state"
local system = require "lanyard.system"

local M = {}

M.ACCOUNT = "111122223333"
M.LIGHTSAIL_ACCOUNT = "947856326339"
M.ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
M.SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
M.REGION = "us-east-1"

local ACTIVATION_DELAY = 2

local Emulator = {}
Emulator.__index = Emulator

-- Puts into a world what its state file or its seed has. true | nil, err
local function fill(world, options)
  if options.state_file then
    local kept, err = state.load(options.state_file)
    if err then
      return nil, err
    elseif kept then
      world.state = kept
      return true
    end
  end
  world.state = state.empty()
  local ok, err = state.plant(world, options.seed or state.DEFAULT_SEED)
  if ok and options.state_file then
    ok, err = state.save(options.state_file, world.state)
  end
  return ok, err
end

-- world(options) --> world | nil, err: everything that is emulated, without a server
-- options: see start; also now (a clock, seconds since 1970) and random.
function M.world(options)
  local delay = options.activation_delay or ACTIVATION_DELAY
  local caller = {
    arn = ("arn:aws:iam::%s:user/operator"):format(M.ACCOUNT),
    user_id = "AIDACKCEVSQ6C2EXAMPLE",
    account = M.ACCOUNT,
  }
  local world = {
    account = M.ACCOUNT,
    lightsail_account = M.LIGHTSAIL_ACCOUNT,
    caller = caller,
    keys = { [M.ACCESS_KEY_ID] = { secret = M.SECRET_ACCESS_KEY, caller = caller } },
    now = options.now or system.time,
    calls = 0,
    counts = {},
    options = {
      activation_delay = delay,
      iam_delay = options.iam_delay or delay / 2,
      reformat = options.reformat or false,
    },
  }
  function world.region(name)
    local regions = world.state.regions
    regions[name] = regions[name] or { services = {}, repositories = {} }
    return regions[name]
  end
  function world.save()
    if options.state_file then
      local ok, err = state.save(options.state_file, world.state)
      if not ok then
        error(err, 0)
      end
    end
  end

  local err
  if options.faults then
    world.faults, err = faults.new(options.faults, options.random or system.uniform, world.now)
  end
  if not err then
    err = select(2, fill(world, options))
  end
  if err then
    return nil, err
  end
  return world
end

-- start(options) --> emulator { url, port, world, stop() } | nil, err
-- options: port (0: any that is free), state_file, seed and faults (tables), activation_delay and
-- iam_delay in seconds (how long a service changes, and how long after that IAM does not know its
-- role), reformat (policies come back laid out anew), on_error(traceback).
function M.start(options)
  local world, err = M.world(options)
  if not world then
    return nil, err
  end
  local listener
  listener, err = httpd.serve {
    port = options.port or 0,
    max_body = 8 * 1024 * 1024,
    on_error = options.on_error,
    handler = function(request) return server.dispatch(world, request) end,
  }
  if not listener then
    return nil, err
  end
  return setmetatable({ url = listener.url, port = listener.port, world = world, listener = listener }, Emulator)
end

function Emulator:stop()
  self.listener.close()
end

-- Points the sessions of this process at an emulator, past any proxy.
function M.use(emulator)
  system.setenv("no_proxy", "*")
  aws.defaults.endpoint_url = emulator.url
  aws.defaults.region = M.REGION
  aws.defaults.credentials = credentials.new {
    access_key_id = M.ACCESS_KEY_ID,
    secret_access_key = M.SECRET_ACCESS_KEY,
    source = "emulator",
  }
end

return M
