-- Audits, grants, revokes and undoes in one process, and prints what the process holds: soak_worker.lua SECONDS ROUNDS
--
-- It ends after both. Each line is `rounds KiB-of-Lua-heap descriptors KiB-of-resident-memory`, after the garbage was collected. The last
-- line is `done CALLS FAILED`.

local access = require "lanyard.access"
local audit = require "lanyard.audit"
local aws = require "lanyard.aws"
local clock = require "lanyard.clock"
local system = require "lanyard.system"

local SECONDS, ROUNDS = assert(tonumber(arg[1])), assert(tonumber(arg[2]))
local REPOSITORIES = { "my-private-repo", "shared-repo" }
-- Rounds between two samples.
local EVERY = 2

local function resident()
  local file <close> = assert(io.open "/proc/self/status")
  return math.tointeger(tonumber(file:read "a":match "VmRSS:%s*(%d+)"))
end

local function descriptors()
  return #assert(system.list "/proc/self/fd")
end

-- Retries wait for milliseconds here, so that the time goes into calls.
local quick = { now = clock.now, time = clock.time, random = clock.random,
  sleep = function(seconds) clock.sleep(math.min(seconds, 0.002)) end }
local session = assert(aws.session { max_attempts = 10, clock = quick })
local region = access.connect(session, { permit = false, settle = false, clock = quick })
local calls, failed = 0, 0

local function tried(result, err)
  calls = calls + 1
  if not result then
    failed = failed + 1
    assert(type(err) == "table" and err.code, err)
  end
  return result
end

local function round()
  local service = tried(region:service "my-container-service")
  for _, repository in ipairs(service and tried(region:repositories(REPOSITORIES)) or {}) do
    if tried(region:grant(service, repository)) and tried(region:undo(repository)) then
      tried(region:grant(service, repository))
    end
    tried(region:revoke({ service = service.name }, repository))
  end
  tried(audit.run(region))
end

local started, rounds = clock.now(), 0
assert(region:enable "my-container-service")
repeat
  round()
  rounds = rounds + 1
  if rounds % EVERY == 0 then
    collectgarbage()
    collectgarbage()
    print(rounds, math.floor(collectgarbage "count"), descriptors(), resident())
  end
until clock.now() - started >= SECONDS and rounds >= ROUNDS
print("done", calls, failed)
