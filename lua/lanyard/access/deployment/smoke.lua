--- Asks a deployment's public endpoint for paths, until each answers as expected or the time is over.
---
--- ```lua
--- local smoke = require "lanyard.access.deployment.smoke"
--- local check = assert(smoke.parse "/up=200-299")
--- print(check.path, (smoke.parse "up"))
--- --> /up	nil
--- ```
---
--- Requests go through TLS with the certificate checked, and follow no redirect: a status such as 302 is the reply. A
--- public endpoint answers 503 for some seconds after its deployment is active, so every status that is not expected is
--- asked for again; an invalid certificate is not.

local health = require "lanyard.access.deployment.health"
local http = require "lanyard.http"
local task = require "lanyard.task"
local waiters = require "lanyard.aws.waiters"

local M = {}

--- Seconds, unless a caller gives another timeout.
M.TIMEOUT = 60

-- The status codes that pass, unless a check names others.
local CODES = "200-399"

-- The time for one reply, and the pauses between requests, in seconds.
local PATIENCE = 10
local FIRST, LONGEST, GROWTH = 0.5, 5, 1.5

-- Bytes of a reply that are read: the status is what counts.
local MAX_SIZE = 64 * 1024 * 1024

--- What to ask for.
---@class access.deployment.SmokeCheck
---@field path string
---@field codes string  such as "200-399"

--- The result of a check.
---@class access.deployment.SmokeResult
---@field path string
---@field codes string
---@field passed boolean
---@field status? integer  of the last reply
---@field err? lanyard.Error  of the last request, if it had no reply
---@field attempts integer
---@field seconds number

--- Parses a check: "/path" or "/path=200-399". A text after the last = is a list of codes if it has their form.
---@param text string
---@return access.deployment.SmokeCheck? check
---@return string? message
function M.parse(text)
  local path, codes = text:match "^(.*)=([%d,-]+)$"
  path, codes = path or text, codes or CODES
  if path:sub(1, 1) ~= "/" or path:find "[%s%c#]" or not utf8.len(path) then
    return nil, ("'%s' is not a path: write it from its first slash, such as /up or /up=200-299"):format(path)
  end
  local problem = health.codes_problem(codes, 100, 599)
  if problem then
    return nil, problem
  end
  return { path = path, codes = codes }
end

--- Returns a list of parsed checks.
---@param texts string[]
---@return access.deployment.SmokeCheck[]? checks
---@return string? message
function M.parse_all(texts)
  local checks = {}
  for i, text in ipairs(texts) do
    local message
    checks[i], message = M.parse(text)
    if not checks[i] then
      return nil, "--smoke: " .. message
    end
  end
  return checks
end

-- Bytes that a URL cannot have as they are, percent-encoded.
local function encoded(path)
  return (path:gsub("[^%w%-._~:/?%[%]@!$&'()*+,;=%%]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- Asks for one path until it answers as expected.
local function run_one(region, url, check, options)
  local result = { path = check.path, codes = check.codes, passed = false, attempts = 0 }
  local clock = region.clock
  local began = clock.now()
  local deadline = began + (options.timeout or M.TIMEOUT)
  local wait = waiters.new {
    clock = clock, timeout = options.timeout or M.TIMEOUT, pauses = waiters.growing(FIRST, LONGEST, GROWTH),
  }
  local target = url:gsub("/+$", "") .. encoded(check.path)
  wait:poll(function()
    result.attempts = result.attempts + 1
    local reply, err = (options.request or http.request) {
      url = target, timeout = math.max(0.1, math.min(PATIENCE, deadline - clock.now())), max_size = MAX_SIZE,
      headers = { ["User-Agent"] = "lanyard" }, ca_bundle = region.session.options.ca_bundle,
    }
    result.status, result.err = reply and reply.status, err
    result.passed = reply ~= nil and health.accepts(check.codes, reply.status)
    local progress = options.progress or region.progress
    if progress and not result.passed then
      progress(("asking for %s (%s): %s"):format(check.path, wait:remaining(), reply and reply.status or err.message))
    end
    return (result.passed or err and not err.retryable) and "success" or "retry", true
  end, function() return nil end)
  result.seconds = clock.now() - began
  return result
end

--- Carries out checks, in parallel.
---@param region access.Region
---@param url string  of the public endpoint
---@param checks access.deployment.SmokeCheck[]
---@param options? { timeout: number?, progress: nil|fun(text: string), request: function? }  timeout: in seconds, of
---  each check with its repetitions; request: instead of lanyard.http's
---@return access.deployment.SmokeResult[] results  in the order of the checks
function M.run(region, url, checks, options)
  return task.map(checks, function(check)
    return run_one(region, url, check, options or {})
  end, { limit = region.parallel })
end

--- Reports whether all checks passed.
---@param results access.deployment.SmokeResult[]
---@return boolean
function M.all_passed(results)
  for _, result in ipairs(results) do
    if not result.passed then
      return false
    end
  end
  return true
end

return M
