-- One request in, one reply out: the front end that all emulated services share.

local auth = require "lanyard.emulator.auth"
local fault = require "lanyard.emulator.fault"
local faults = require "lanyard.emulator.faults"
local ids = require "lanyard.emulator.ids"
local shape = require "lanyard.emulator.shape"
local task = require "lanyard.task"
local wire = require "lanyard.emulator.wire"

local M = {}

local SERVICES = {
  require "lanyard.emulator.ecr",
  require "lanyard.emulator.iam",
  require "lanyard.emulator.lightsail",
  require "lanyard.emulator.sts",
}

-- The service that a request is for: by its credential's scope, or by what it looks like.
local function service_of(request)
  local scope = auth.scope(request.headers)
  local target = request.headers["x-amz-target"]
  local version = not target and request.body:match "Version=([%d-]+)"
  local by_scope, by_look
  for _, service in ipairs(SERVICES) do
    by_scope = by_scope or scope and scope.service == service.name and service
    by_look = by_look or target and service.target and target:sub(1, #service.target + 1) == service.target .. "."
      and service or version and service.version == version and service
  end
  return by_look or by_scope
end

local function checked_input(protocol, operation, service, request)
  local input, err = protocol.input(request)
  if not input then
    return nil, fault(err.code, err.message)
  end
  local violations, mistyped = shape.check(operation.input, input)
  if mistyped then
    return nil, fault("SerializationException", ("%s has another type"):format(mistyped))
  elseif #violations > 0 then
    return nil, service.invalid(violations)
  end
  return input
end

-- Runs the operation. --> output | nil, fault
local function perform(world, service, name, request, rule)
  local protocol = wire[service.protocol]
  local now = world.now() + (rule and rule.skew or 0)
  local caller, region = auth.caller(world, request, service.name, service.protocol, now)
  if not caller then
    return nil, region
  end
  local operation = service.operations[name or ""]
  if not operation then
    return nil, protocol.unknown(request, service)
  elseif not service.serves(region) then
    return nil, fault("InvalidSignatureException", "Credential should be scoped to a valid region. ")
  end
  local input, refused = checked_input(protocol, operation, service, request)
  if not input then
    return nil, refused
  end
  return operation.call(world, input, {
    region = region,
    caller = caller,
    account = world.account,
    now = world.now(),
    stale = rule and rule.stale,
  })
end

-- The end of a reply that a rule spoils: cut short, or by another clock.
local function spoiled(reply, rule, now)
  if rule and rule.cut then
    reply.cut = math.min(math.tointeger(rule.cut) or 0, #reply.body - 1)
  end
  if rule and rule.skew then
    reply.headers.Date = os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(now + rule.skew))
  end
  return reply
end

-- Answers a request to a service, unless a rule keeps the operation from happening.
local function answer(world, service, request, rule, name)
  local protocol = wire[service.protocol]
  local request_id = ids.uuid()
  local operation = service.operations[name or ""]
  local prevented = rule and not rule.late and (rule.reset or rule.cut and operation and operation.writes)
  local output, refused = nil, rule and faults.fault_of(rule)
  if prevented then
    output = {}
  elseif not refused then
    output, refused = perform(world, service, name, request, rule)
    if output and operation.writes then
      world.save()
    end
  end
  return refused and protocol.fault(refused, request_id, service)
    or protocol.output(output, request_id, service, name)
end

-- What the emulator tells of itself: how many calls there were, or `REGION OPERATION CALLS THROTTLED` lines.
local function told(world, path)
  local lines = {}
  if path == "/_emulator/calls" then
    lines[1] = world.calls
  elseif path == "/_emulator/operations" then
    for name, counted in pairs(world.counts) do
      lines[#lines + 1] = ("%s %d %d"):format(name, counted.calls, counted.throttled)
    end
    table.sort(lines)
  else
    return { status = 404, headers = {}, body = "" }
  end
  return { status = 200, headers = { ["Content-Type"] = "text/plain" }, body = table.concat(lines, "\n") .. "\n" }
end

local function count(world, region, operation, rule)
  local name = ("%s %s"):format(region or "-", operation or "-")
  local counted = world.counts[name] or { calls = 0, throttled = 0 }
  world.counts[name] = counted
  counted.calls = counted.calls + 1
  counted.throttled = counted.throttled + (rule and (rule.throttle or rule.rate) and 1 or 0)
end

-- dispatch(world, request) --> reply { status, headers, body, reset, cut }
-- request: as lanyard.httpd gives it.
function M.dispatch(world, request)
  if request.path:find "^/_emulator/" then
    return told(world, request.path)
  end
  world.calls = world.calls + 1
  local service = request.method == "POST" and service_of(request) or nil
  local name = service and wire[service.protocol].operation(request, service)
  local scope = auth.scope(request.headers)
  local region = scope and scope.region
  local rule = world.faults and world.faults:meet(service and service.name, name, region)
  count(world, region, name, rule)
  if rule and rule.delay then
    task.sleep(rule.delay)
  end
  local reply
  if service then
    reply = answer(world, service, request, rule, name)
  else
    reply = {
      status = 404,
      headers = { ["Content-Type"] = "application/xml" },
      body = "<UnknownOperationException/>\n",
    }
  end
  if rule and rule.reset then
    return { reset = true }
  end
  return spoiled(reply, rule, world.now())
end

return M
