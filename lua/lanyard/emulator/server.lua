--- The front end of all emulated services: one request in, one reply out.
---
---     local reply = server.dispatch(world, request)   -- request: as lanyard.httpd passes it

local auth = require "lanyard.emulator.auth"
local cloudtrail = require "lanyard.emulator.cloudtrail"
local ecr = require "lanyard.emulator.ecr"
local endpoints = require "lanyard.aws.endpoints"
local exception = require "lanyard.emulator.exception"
local fault_plan = require "lanyard.emulator.fault_plan"
local iam = require "lanyard.emulator.iam"
local ids = require "lanyard.emulator.ids"
local json_protocol = require "lanyard.emulator.protocol.json"
local lightsail = require "lanyard.emulator.lightsail"
local organizations = require "lanyard.emulator.organizations"
local public = require "lanyard.emulator.lightsail.public"
local query_protocol = require "lanyard.emulator.protocol.query"
local regions = require "lanyard.aws.regions"
local secretsmanager = require "lanyard.emulator.secretsmanager"
local shape = require "lanyard.emulator.shape"
local ssm = require "lanyard.emulator.ssm"
local sts = require "lanyard.emulator.sts"
local task = require "lanyard.task"
local timestamp = require "lanyard.text.timestamp"

local M = {}

---@class emulator.Service
---@field name string
---@field protocol "json"|"query"
---@field operations table<string, emulator.Operation>
---@field serves fun(region: string): boolean
---@field invalid fun(violations: emulator.Violation[]): emulator.Exception
---@field target? string  the prefix of X-Amz-Target (json)
---@field version? string  the version of the API (query)
---@field xmlns? string  the namespace of replies (query)

---@class emulator.Operation
---@field input emulator.Shape
---@field call fun(world: emulator.World, input: table, context: table): table?, emulator.Exception?
---@field writes? boolean  whether it changes the state

---@class emulator.Protocol
---@field operation fun(request: table, service: emulator.Service): string?
---@field input fun(request: table): table?, lanyard.Error?
---@field output fun(output: table, request_id: string, service: emulator.Service, operation: string): table
---@field exception fun(exception: emulator.Exception, request_id: string, service: emulator.Service): table
---@field unknown fun(request: table, service: emulator.Service): emulator.Exception

local PROTOCOLS = { json = json_protocol, query = query_protocol }
local SERVICES = { ecr, iam, lightsail, sts, organizations, cloudtrail, ssm, secretsmanager }

-- Returns the service that a request is for: by its target or API version, else by its credential scope.
local function service_of(request, scope)
  local target = request.headers["x-amz-target"]
  local version = not target and request.body:match "Version=([%d-]+)"
  local by_scope, by_content
  for _, service in ipairs(SERVICES) do
    by_scope = by_scope or scope and scope.service == service.name and service
    by_content = by_content
      or target and service.target and target:sub(1, #service.target + 1) == service.target .. "." and service
      or version and service.version == version and service
  end
  return by_content or by_scope
end

-- [X-Amz-Target] = the service and the name of the operation, of all operations that exist.
local BY_TARGET = {}
for _, service in ipairs(SERVICES) do
  for name in pairs(service.target and service.operations or {}) do
    BY_TARGET[service.target .. "." .. name] = { service = service, operation = name }
  end
end

-- Returns the service that a request is for, and the name of the operation; nil for neither.
local function route(request, scope)
  local known = BY_TARGET[request.headers["x-amz-target"]]
  if known then
    return known.service, known.operation
  end
  local service = service_of(request, scope)
  return service, service and PROTOCOLS[service.protocol].operation(request, service)
end

local function checked_input(protocol, operation, service, request)
  local input, err = protocol.input(request)
  if not input then
    return nil, exception(err.code, err.message)
  end
  local violations, mistyped = shape.check(operation.input, input)
  if mistyped then
    return nil, exception("SerializationException", ("%s has the wrong type"):format(mistyped))
  elseif #violations > 0 then
    return nil, service.invalid(violations)
  end
  return shape.clean(operation.input, input)
end

-- Runs an operation. CloudTrail records the ones that change something, also when they fail.
local function run(world, service, name, request, input, context)
  local operation = service.operations[name]
  local output, failure = operation.call(world, input, context)
  if operation.writes then
    cloudtrail.record(world, {
      service = service.name, operation = name, region = context.region, caller = context.caller,
      key = auth.scope(request.headers).key, user_agent = request.headers["user-agent"],
      request_id = context.request_id, input = input, output = output, failure = failure,
    })
  end
  return output, failure
end

-- Returns the exception for a Region where a service does not answer, or nil. On AWS, the key of an account is unknown
-- in another partition, and there is no endpoint in a Region without the service; the emulator has one for all, and
-- answers that the account has no access there.
local function region_refusal(service, region)
  if service.serves(region) then
    return nil
  elseif regions.exists(region) then
    return exception("OptInRequired", ("The AWS Access Key Id needs a subscription for the service: %s is not "
      .. "available in %s."):format(service.name, region), 403)
  elseif endpoints.partition(region) ~= "aws" then
    return auth.unknown_key(service.protocol)
  end
  return exception("InvalidSignatureException", "Credential should be scoped to a valid region. ")
end

-- Authenticates and validates a request and runs its operation. Returns the output, or nil and an exception.
local function perform(world, service, name, request, fault, request_id)
  local protocol = PROTOCOLS[service.protocol]
  local now = world.now() + (fault and fault.skew or 0)
  local caller, region = auth.caller(world, request, service.name, service.protocol, now)
  if not caller then
    return nil, region
  end
  local operation = service.operations[name or ""]
  if not operation then
    return nil, protocol.unknown(request, service)
  end
  local refusal = region_refusal(service, region)
  if refusal then
    return nil, refusal
  end
  local input, failure = checked_input(protocol, operation, service, request)
  if not input then
    return nil, failure
  end
  return run(world, service, name, request, input, {
    region = region,
    caller = caller,
    account = world.account,
    now = world.now(),
    request_id = request_id,
    stale = fault and fault.stale,
  })
end

-- Answers a request to a service, unless a fault prevents the operation.
local function answer(world, service, request, fault, name)
  local protocol = PROTOCOLS[service.protocol]
  local request_id = ids.uuid()
  local operation = service.operations[name or ""]
  local prevented = fault and not fault.late and (fault.reset or fault.cut and operation and operation.writes)
  local output, failure = nil, fault and fault_plan.exception(fault)
  if prevented then
    output = {}
  elseif not failure then
    output, failure = perform(world, service, name, request, fault, request_id)
    if output and operation.writes then
      world.save()
    end
  end
  return failure and protocol.exception(failure, request_id, service)
    or protocol.output(output, request_id, service, name)
end

-- Applies the effects of a fault on a finished reply: cuts it short, or dates it by another clock.
local function apply_fault(reply, fault, now)
  if fault and fault.reset then
    return { reset = true }
  end
  if fault and fault.cut then
    reply.cut = math.min(math.tointeger(fault.cut) or 0, #reply.body - 1)
  end
  if fault and fault.skew then
    reply.headers.Date = timestamp.format_http(now + fault.skew)
  end
  return reply
end

-- Counts a request. Names that no service has are counted together, so that requests cannot fill the memory.
local function count(world, service, region, operation, fault)
  operation = service and service.operations[operation or ""] and operation or "-"
  region = region and regions.exists(region) and region or "-"
  local of_region = world.counts[region] or {}
  world.counts[region] = of_region
  local counted = of_region[operation] or { calls = 0, throttled = 0 }
  of_region[operation] = counted
  counted.calls = counted.calls + 1
  counted.throttled = counted.throttled + (fault and (fault.throttle or fault.rate) and 1 or 0)
end

-- Returns a line `REGION OPERATION CALLS THROTTLED` for each operation that was called.
local function count_lines(world)
  local lines = {}
  for region, operations in pairs(world.counts) do
    for name, counted in pairs(operations) do
      lines[#lines + 1] = ("%s %s %d %d"):format(region, name, counted.calls, counted.throttled)
    end
  end
  table.sort(lines)
  return lines
end

-- Reports the emulator's counts: all calls, or the calls of each operation.
local function report_counts(world, path)
  local lines
  if path == "/_emulator/calls" then
    lines = { world.calls }
  elseif path == "/_emulator/operations" then
    lines = count_lines(world)
  else
    return { status = 404, headers = {}, body = "" }
  end
  return { status = 200, headers = { ["Content-Type"] = "text/plain" }, body = table.concat(lines, "\n") .. "\n" }
end

local function unknown_service()
  return {
    status = 404,
    headers = { ["Content-Type"] = "application/xml" },
    body = "<UnknownOperationException/>\n",
  }
end

--- Answers one request.
---@param world emulator.World
---@param request table  as lanyard.httpd passes it
---@return { status: integer, headers: table, body: string, reset: boolean?, cut: integer? } reply
function M.dispatch(world, request)
  local visited = public.answer(world, request)
  if visited then
    return visited
  elseif request.path:find "^/_emulator/" then
    return report_counts(world, request.path)
  end
  world.calls = world.calls + 1
  local scope = auth.scope(request.headers)
  local service, name
  if request.method == "POST" then
    service, name = route(request, scope)
  end
  local region = scope and scope.region
  local fault = world.faults and world.faults:next(service and service.name, name, region)
  count(world, service, region, name, fault)
  if fault and fault.delay then
    task.sleep(fault.delay)
  end
  local reply = service and answer(world, service, request, fault, name) or unknown_service()
  return apply_fault(reply, fault, world.now())
end

return M
