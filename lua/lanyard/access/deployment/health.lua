--- Reads the health check of a public endpoint from options.
---
---     local check, message = health.read { health_path = "/up", health_codes = "200-299" }
---     --> { path = "/up", successCodes = "200-299" }
---
--- The ranges are from
--- https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_ContainerServiceHealthCheckConfig.html
--- It gives no upper bound for the thresholds.

local M = {}

local MOST = 2147483647

-- The options with whole numbers: the member of the request, its bounds and its unit.
local NUMBERS = {
  { option = "health_interval", member = "intervalSeconds", least = 5, most = 300, unit = " seconds" },
  { option = "health_timeout", member = "timeoutSeconds", least = 2, most = 60, unit = " seconds" },
  { option = "health_healthy", member = "healthyThreshold", least = 1, most = MOST, unit = "" },
  { option = "health_unhealthy", member = "unhealthyThreshold", least = 1, most = MOST, unit = "" },
}

local function flag(option)
  return "--" .. option:gsub("_", "-")
end

--- Returns what is wrong with a list of HTTP codes and ranges, such as "200,202" or "200-399"; nil if it is valid.
---@param text string
---@param least integer
---@param most integer
---@return string? message
function M.codes_problem(text, least, most)
  for part in (text .. ","):gmatch "([^,]*)," do
    local first, last = part:match "^(%d%d%d)%-(%d%d%d)$"
    first = first or part:match "^%d%d%d$"
    last = last or first
    if not first or tonumber(first) < least or tonumber(last) > most or tonumber(first) > tonumber(last) then
      return ("'%s' is not a list of HTTP codes from %d to %d: write 200, 200,202 or 200-299"):format(text, least, most)
    end
  end
  return nil
end

--- Reports whether a status is in such a list.
---@param codes string
---@param status integer
---@return boolean
function M.accepts(codes, status)
  for part in codes:gmatch "[^,]+" do
    local first, last = part:match "^(%d+)%-?(%d*)$"
    if status >= tonumber(first) and status <= tonumber(last ~= "" and last or first) then
      return true
    end
  end
  return false
end

local function number_problem(value, row)
  local whole = math.tointeger(value)
  if not whole or whole < row.least or whole > row.most then
    return ("%s must be a whole number from %d to %d%s"):format(flag(row.option), row.least, row.most, row.unit)
  end
end

--- Reads the options of a health check.
---@param options table  health_path, health_codes: texts; health_interval, health_timeout: seconds; health_healthy,
---  health_unhealthy: integers; each may be absent
---@return table? check  members of a healthCheck; nil without a message if there are none
---@return string? message
function M.read(options)
  local check = {}
  local path = options.health_path
  if path and (path:sub(1, 1) ~= "/" or path:find "[%s%c#]" or not utf8.len(path)) then
    return nil, ("--health-path: '%s' is not a path: write it from its first slash, such as /up"):format(path)
  end
  check.path = path
  if options.health_codes then
    local problem = M.codes_problem(options.health_codes, 200, 499)
    if problem then
      return nil, "--health-codes: " .. problem
    end
    check.successCodes = options.health_codes
  end
  for _, row in ipairs(NUMBERS) do
    local value = options[row.option]
    local problem = value and number_problem(value, row)
    if problem then
      return nil, problem
    end
    check[row.member] = value and math.tointeger(value)
  end
  return next(check) and check or nil
end

return M
