--- The types of options and arguments: the placeholder that help shows, and how a text becomes a value.
---
--- A converter returns the value, or nil and a message; the message ends the command with exit status 2. The build
--- reads this module to check declarations, so only converters require modules that need the running program.

local lazy = require "lanyard.lazy"
local severities = require "lanyard.severity"

local timestamp = lazy "lanyard.text.timestamp"

---@class cli.Type
---@field value string placeholder in help
---@field convert? fun(text: string): any, string?
---@field choices? string[]

local SECONDS = { s = 1, m = 60, h = 3600, d = 86400 }

local M = {}

M.text = { value = "TEXT" }
M.file = { value = "FILE" }
M.query = { value = "EXPRESSION" } -- Command:parse reads it, together with --output
M.severity = { value = "SEVERITY", choices = severities.LIST }

-- A format NAME is the module lanyard.report.NAME ("table" is lanyard.report.terminal).
M["report-format"] = {
  value = "FORMAT",
  choices = {
    "table", "json", "jsonl",
    "csv", "sarif", "junit",
    "markdown", "prometheus", "html",
  },
}
M["graph-format"] = { value = "FORMAT", choices = { "svg", "dot", "mermaid", "json" } }

M.duration = { value = "DURATION" }

--- Converts a duration to seconds: "90", "90s", "10m", "2h", "1d". Options of a declaration have the type "duration"
--- instead.
---@param text string
---@return number? seconds
---@return string? message  what is wrong with the text
function M.duration.convert(text)
  local number, unit = text:match "^(%d+%.?%d*)([smhd]?)$"
  if not number then
    return nil, ("'%s' is not a duration: write 90s, 10m, 2h or 1d"):format(text)
  end
  return tonumber(number) * SECONDS[unit ~= "" and unit or "s"]
end

M.seconds = { value = "SECONDS" }

--- Converts a timeout to seconds: "10", "2.5"; 0 means no limit, as in the AWS CLI. Options of a declaration have the
--- type "seconds" instead.
---@param text string
---@return number? seconds
---@return string? message  what is wrong with the text
function M.seconds.convert(text)
  local number = text:find "^%d+%.?%d*$" and tonumber(text)
  if number then
    return number
  end
  return nil, ("'%s' is not a timeout: write seconds, or 0 for no limit"):format(text)
end

M.days = { value = "DAYS" }

function M.days.convert(text)
  local number = math.tointeger(tonumber(text))
  if not number or number < 1 then
    return nil, ("'%s' is not a number of days: write a whole number, at least 1"):format(text)
  end
  return number
end

M.integer = { value = "N" }

function M.integer.convert(text)
  local number = text:find "^%d+$" and math.tointeger(tonumber(text))
  if not number then
    return nil, ("'%s' is not a whole number"):format(text)
  end
  return number
end

-- The same type without 0.
local function positive(kind)
  return {
    value = kind.value,
    convert = function(text)
      local number, message = kind.convert(text)
      if number and number <= 0 then
        return nil, ("'%s' must be more than 0"):format(text)
      end
      return number, message
    end,
  }
end

M["positive-duration"] = positive(M.duration)
M["positive-integer"] = positive(M.integer)

M.account = { value = "ID" }

function M.account.convert(text)
  if text:find "^%d%d%d%d%d%d%d%d%d%d%d%d$" then
    return text
  end
  return nil, ("'%s' is not an account id: write 12 digits"):format(text)
end

M["role-name"] = { value = "NAME" }

M["role-name"].convert = function(text)
  return require("lanyard.audit.scan.targets").role_name(text)
end

M["external-id"] = { value = "ID" }

M["external-id"].convert = function(text)
  return require("lanyard.audit.scan.targets").external_id(text)
end

M["run-id"] = { value = "ID" }

M["run-id"].convert = function(text)
  if #text <= 128 and text:find "^[%w._:-]+$" then
    return text
  end
  return nil, ("'%s' is not a run id: write 1 to 128 of A-Z a-z 0-9 . _ : -"):format(text)
end

M.shard = { value = "I/N" }

function M.shard.convert(text)
  return require("lanyard.audit.scan.shard").parse(text)
end

M.since = { value = "WHEN" }

-- "12h", "7d", "2026-11-25", "2026-11-25T01:00:00Z" --> the timestamp
function M.since.convert(text)
  local seconds
  if text:find "^%d+%.?%d*[smhd]$" then
    seconds = require("lanyard.clock").time() - M.duration.convert(text)
  else
    seconds = timestamp.parse(text:find "^%d+%-%d+%-%d+$" and text .. "T00:00:00Z" or text)
  end
  if not seconds or seconds < 0 then
    return nil, ("'%s' is not a time: write 12h, 7d, 2026-11-25 or 2026-11-25T01:00:00Z"):format(text)
  end
  return timestamp.format(seconds)
end

M.port = { value = "PORT" }

function M.port.convert(text)
  local number = M.integer.convert(text)
  if not number or number > 65535 then
    return nil, ("'%s' is not a port: write a number from 0 to 65535"):format(text)
  end
  return number
end

M.version = { value = "VERSION" }

function M.version.convert(text)
  local number = M.integer.convert(text)
  if not number or number < 1 then
    return nil, ("'%s' is not a version: write a whole number, at least 1"):format(text)
  end
  return number
end

M.expiry = { value = "WHEN" }

-- "2027-01-31", "2027-01-31T00:00Z", "30d", "12h" --> seconds since 1970; "never" --> false
function M.expiry.convert(text)
  if text == "never" then
    return false
  end
  return timestamp.deadline(text, require("lanyard.clock").time())
end

--- Returns what help shows for the value of an option; nil for a flag.
---@param option cli.Option
---@return string?
function M.placeholder(option)
  if option.value then
    return option.value
  elseif option.choices then
    return option[1] == "--output" and "FORMAT" or "CHOICE"
  end
  return option.type and M[option.type].value
end

return M
