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

-- dispatch(world, request) --> reply { status, headers, body, reset, cut }
-- request: as lanyard.httpd gives it.
function M.dispatch(world, request)
  if request.path == "/_emulator/calls" then
    return { status = 200, headers = { ["Content-Type"] = "text/plain" }, body = world.calls .. "\n" }
  end
  world.calls = world.calls + 1
  local service = service_of(request)
  if not service or request.method ~= "POST" then
    return {
      status = 404,
      headers = { ["Content-Type"] = "application/xml" },
      body = "<UnknownOperationException/>\n",
    }
  end
  local protocol = wire[service.protocol]
  local name = protocol.operation(request, service)
  local request_id = ids.uuid()
  local rule = world.faults and world.faults:meet(service.name, name)
  if rule and rule.delay then
    task.sleep(rule.delay)
  end
  if rule and rule.reset and not rule.late then
    return { reset = true }
  end
  local output, refused
  local injected = rule and faults.fault_of(rule)
  if injected then
    refused = injected
  elseif not (rule and rule.cut and not rule.late) then
    output, refused = perform(world, service, name, request, rule)
  else
    output = {}
  end
  if output and service.operations[name] and service.operations[name].writes then
    world.save()
  end
  if rule and rule.reset then
    return { reset = true }
  end
  local reply = refused and protocol.fault(refused, request_id, service)
    or protocol.output(output, request_id, service, name)
  reply.cut = rule and math.tointeger(rule.cut)
  if rule and rule.skew then
    reply.headers.Date = os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(world.now() + rule.skew))
  end
  return reply
end

return M
