--- Emulates Lightsail, ECR, STS, IAM, Organizations and CloudTrail on loopback, as strict as AWS wherever a script can
--- observe it.
---
---     local emulator = require "lanyard.emulator"
---     local em = assert(emulator.start {})
---     emulator.use(em)      -- from now on every call of this process goes to the emulator
---     ...
---     em:stop()
---
--- The world has one customer account with one access key. Lightsail has its own account.

local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local fault_plan = require "lanyard.emulator.fault_plan"
local httpd = require "lanyard.httpd"
local seed = require "lanyard.emulator.seed"
local server = require "lanyard.emulator.server"
local state_file = require "lanyard.emulator.state_file"
local system = require "lanyard.system"

local M = {}

M.ACCOUNT = "111122223333"
M.LIGHTSAIL_ACCOUNT = "947856326339"
M.ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
M.SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
M.REGION = "us-east-1"

local ACTIVATION_DELAY = 2
local OPERATOR_CREATED = 1577836800 -- 2020-01-01T00:00:00Z

---@class emulator.Options
---@field port? integer  0, the default, picks a free port
---@field state_file? string  load the state from this file, and save it there
---@field seed? emulator.Seed
---@field faults? emulator.Fault[]
---@field activation_delay? number  seconds that a change of a service takes
---@field iam_delay? number  seconds after that until IAM knows the role
---@field trail_delay? number  seconds until CloudTrail shows a call
---@field reformat? boolean  return policies in ECR's layout, as the commands do, and not as they were sent
---@field on_error? fun(traceback: string)
---@field now? fun(): number  the clock, in seconds since 1970
---@field random? fun(): number

---@class emulator.World  everything that is emulated, without a server
---@field account string
---@field lightsail_account string
---@field caller emulator.Caller
---@field keys table<string, table>  access keys by id
---@field state emulator.State
---@field faults? emulator.FaultPlan
---@field calls integer  requests so far
---@field counts table<string, { calls: integer, throttled: integer }>  by "REGION OPERATION"
---@field options { activation_delay: number, iam_delay: number, trail_delay: number, reformat: boolean }
---@field now fun(): number
---@field region fun(name: string): table  the state of a Region
---@field save fun()

local Emulator = {}
Emulator.__index = Emulator

-- Loads the state file, or creates the state from the seed when the file does not exist.
local function load_state(world, options)
  if options.state_file then
    local state, err = state_file.load(options.state_file)
    if err then
      return nil, err
    elseif state then
      world.state = state
      return true
    end
  end
  world.state = state_file.empty()
  local ok, err = seed.create(world, options.seed or seed.DEFAULT_SEED)
  if ok and options.state_file then
    ok, err = state_file.save(options.state_file, world.state)
  end
  return ok, err
end

local function new_world(options)
  local delay = options.activation_delay or ACTIVATION_DELAY
  local caller = {
    arn = ("arn:aws:iam::%s:user/operator"):format(M.ACCOUNT),
    user_id = "AIDACKCEVSQ6C2EXAMPLE",
    account = M.ACCOUNT,
    created = OPERATOR_CREATED,
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
      trail_delay = options.trail_delay or delay,
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
      local ok, err = state_file.save(options.state_file, world.state)
      if not ok then
        error(err, 0)
      end
    end
  end
  return world
end

--- Creates a world without a server.
---@param options emulator.Options
---@return emulator.World?
---@return lanyard.Error? err
function M.world(options)
  local world = new_world(options)
  local ok, err
  if options.faults then
    world.faults, err = fault_plan.new(options.faults, options.random or system.uniform, world.now)
    if not world.faults then
      return nil, err
    end
  end
  ok, err = load_state(world, options)
  if not ok then
    return nil, err
  end
  return world
end

--- Starts an emulator on loopback.
---@param options emulator.Options
---@return { url: string, port: integer, world: emulator.World, stop: fun(self) }? emulator
---@return lanyard.Error? err
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

-- Environment variables that would make a command started by this process bypass the emulator.
local BYPASSES = {
  "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID", "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT",
  "AWS_USE_DUALSTACK_ENDPOINT",
}
local SERVICES = { "LIGHTSAIL", "ECR", "STS", "IAM", "ORGANIZATIONS", "CLOUDTRAIL" }

--- Sends the calls of this process, and of the commands that it starts, to an emulator, past any proxy.
---@param emulator { url: string }
function M.use(emulator)
  aws.defaults.endpoint_url = emulator.url
  aws.defaults.region = M.REGION
  aws.defaults.credentials = credentials.new {
    access_key_id = M.ACCESS_KEY_ID,
    secret_access_key = M.SECRET_ACCESS_KEY,
    source = "emulator",
  }
  for _, name in ipairs(BYPASSES) do
    system.setenv(name, nil)
  end
  for _, service in ipairs(SERVICES) do
    system.setenv("AWS_ENDPOINT_URL_" .. service, nil)
  end
  system.setenv("no_proxy", "*")
  system.setenv("AWS_ENDPOINT_URL", emulator.url)
  system.setenv("AWS_REGION", M.REGION)
  system.setenv("AWS_ACCESS_KEY_ID", M.ACCESS_KEY_ID)
  system.setenv("AWS_SECRET_ACCESS_KEY", M.SECRET_ACCESS_KEY)
end

return M
