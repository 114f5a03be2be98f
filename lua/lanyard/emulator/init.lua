--- Emulates Lightsail, ECR, STS, IAM, Organizations, CloudTrail, and what reads the parameters of Systems Manager and
--- the secrets of Secrets Manager, on loopback. It is as strict as AWS wherever a script can observe it.
---
--- ```lua
--- local aws, emulator = require "lanyard.aws", require "lanyard.emulator"
--- local em = assert(emulator.start {
---   seed = { regions = { ["us-east-1"] = {
---     repositories = { { name = "web", images = { "1.0" } } } } } },
---   faults = { { operation = "ListImages", times = 1, throttle = true } },
--- })
--- emulator.use(em) -- from now on every call of this process goes there
--- local ecr = assert(aws.client "ecr")
--- print(#assert(ecr:list("ListImages", "imageIds", { repositoryName = "web" })))
--- --> 1
--- em:stop()
--- ```
---
--- There is one customer account with one access key. Lightsail has its own account. `lanyard help emulate` describes
--- seeds and faults, and `lanyard emulate` runs an emulator as a server for other programs.

local fault_plan = require "lanyard.emulator.fault_plan"
local httpd = require "lanyard.httpd"
local lazy = require "lanyard.lazy"
local seed = require "lanyard.emulator.seed"
local server = require "lanyard.emulator.server"
local state_file = require "lanyard.emulator.state_file"
local system = require "lanyard.system"
local task = require "lanyard.task"

local aws, credentials = lazy "lanyard.aws", lazy "lanyard.credentials"

local M = {}

--- The id of the customer's account.
---@type string
M.ACCOUNT = "111122223333"
--- The id of the account in which Lightsail creates puller roles.
---@type string
M.LIGHTSAIL_ACCOUNT = "947856326339"
--- The id of the access key that the emulator accepts.
---@type string
M.ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
--- The secret of the access key.
---@type string
M.SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
--- The Region that `use` sets.
---@type string
M.REGION = "us-east-1"

local ACTIVATION_DELAY = 2
local OPERATOR_CREATED = 1577836800 -- 2020-01-01T00:00:00Z

--- How an emulator is started.
---@class emulator.Options
---@field port? integer  0, the default, picks a free port
---@field state_file? string  load the state from this file, and save it there
---@field seed? emulator.Seed  what exists at the start; the seed of `lanyard emulate` by default
---@field faults? emulator.Fault[]  each request gets the first one that matches it
---@field activation_delay? number  seconds that a change of a service takes
---@field iam_delay? number  seconds after that until IAM knows the role
---@field trail_delay? number  seconds until CloudTrail shows a call
---@field reformat? boolean  return policies in ECR's layout, as the commands do, and not as they were sent
---@field on_error? fun(traceback: string)  receives what went wrong inside of the emulator; stderr by default
---@field now? fun(): number  the clock, in seconds since 1970
---@field random? fun(): number  for the probability of faults: numbers in [0, 1)

--- Everything that is emulated, without a server.
---@class emulator.World
---@field account string
---@field lightsail_account string
---@field caller emulator.Caller
---@field keys table<string, table>  access keys by id
---@field state emulator.State
---@field faults? emulator.FaultPlan
---@field calls integer  requests so far
---@field counts table<string, table<string, { calls: integer, throttled: integer }>>  by Region and operation
---@field options { activation_delay: number, iam_delay: number, trail_delay: number, reformat: boolean }
---@field now fun(): number
---@field region fun(name: string): table  the state of a Region
---@field save fun()  saves the state in the state file, if there is one; it can wait for other tasks
---@field port? integer  of the server, if there is one: public URLs of services have it

--- A running emulator.
---@class emulator.Emulator
---@field url string            the endpoint: "http://127.0.0.1:8080"
---@field port integer  that it listens on
---@field world emulator.World  what is emulated
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

-- The part of the time of a save that the first of several changes waits for the others.
local SHARED = 0.1

-- Returns a function that saves the state before it returns. A save writes the whole state, so that changes that are
-- made at the same time share one.
local function saver(world, path)
  local lock, changed, saved, cost = task.semaphore(1), 0, 0, 0
  return function()
    changed = changed + 1
    local own <const> = changed
    local _ <close> = lock:acquire()
    if saved < own then
      task.sleep(SHARED * cost)
      local including <const>, began = changed, system.clock()
      local ok, err = state_file.save(path, world.state)
      cost = system.clock() - began
      if not ok then
        error(err, 0)
      end
      saved = including
    end
  end
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
  world.save = options.state_file and saver(world, options.state_file) or function() end
  return world
end

--- Creates a world without a server.
---@param options emulator.Options
---@return emulator.World? world
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
---@return emulator.Emulator? emulator
---@return lanyard.Error? err  the seed, a fault or the state file is invalid, or the port is in use
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
  world.port = listener.port
  return setmetatable({ url = listener.url, port = listener.port, world = world, listener = listener }, Emulator)
end

--- Stops the emulator, and closes its connections.
function Emulator:stop()
  self.listener.close()
end

-- Environment variables that would make a command started by this process bypass the emulator.
local BYPASSES = {
  "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID", "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT",
  "AWS_USE_DUALSTACK_ENDPOINT",
}
local SERVICES = { "LIGHTSAIL", "ECR", "STS", "IAM", "ORGANIZATIONS", "CLOUDTRAIL", "SSM", "SECRETS_MANAGER" }

--- Sends the calls of this process, and of the commands that it starts, to an emulator, past any proxy. It changes the
--- environment of the process.
---@param emulator emulator.Emulator
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
