--- Ends a script: its exit status, and the message on stderr.

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local lazy = require "lanyard.lazy"

local catalogue = lazy "lanyard.cli.errors"
local timestamp = lazy "lanyard.text.timestamp"

local M = {}

--- The exit statuses: `ok` 0, `failed` 1, `usage` 2, `found` 3 (a plan or an audit found something), `refused` 4 (a
--- rule denied the change) and `interrupted` 130.
---@type table<string, integer>
M.STATUS = { ok = 0, failed = 1, usage = 2, found = 3, refused = 4, interrupted = 130 }

local MOST_STATUS = 255

local Exit = {}
Exit.__index = Exit
Exit.__name = "lanyard.exit"

function Exit:__tostring()
  return self.message or ("exit " .. self.status)
end

--- Ends the script with a status and, on stderr, a message. Errors end with `problem` or `fail`, which print a code.
---@param status integer  one of `cli.exit`
---@param message? string
function M.leave(status, message)
  error(setmetatable({ status = status, message = message }, Exit), 0)
end

--- Reports whether a raised value is a script's own exit.
---@param value any
---@return boolean
function M.is_exit(value)
  return getmetatable(value) == Exit
end

--- Returns the exit status for an error.
---@param err any  an error of the library, or a text
---@return integer status
function M.status_of(err)
  local record = errors.is(err) and catalogue.get(err.code)
  return record and record.status or M.STATUS.failed
end

--- Appends the code of an error to the first line of a message: "... [NoRegion]".
---@param message string
---@param code string
---@return string
function M.with_code(message, code)
  return (message:gsub("^[^\n]*", "%0 [" .. escape.printable(code):gsub("%%", "%%%%") .. "]", 1))
end

--- Returns an error and its code in one line, without advice.
---@param err lanyard.Error
---@return string
function M.line(err)
  local has_code = err.operation and err.status -- what AWS answered has its code already
  return has_code and tostring(err) or M.with_code(tostring(err), err.code)
end

--- Ends the script with an error that has no object: its message, its code, and the exit status of the code.
---@param code string  of the catalogue (lanyard.cli.errors)
---@param message string
function M.problem(code, message)
  M.leave(assert(catalogue.get(code), code).status, M.with_code(message, code))
end

-- Returns an error as text. A script may use a plain table with the members of an error.
local function text_of(err)
  if type(err) == "table" and not getmetatable(err) and (err.code or err.message) then
    return err.code and err.message and ("%s: %s"):format(err.code, err.message) or tostring(err.code or err.message)
  end
  return tostring(err)
end

--- Describes an error with its code and what to do about it, in lines that are safe to print on a terminal. Times are
--- shown as local times, but not in what AWS answered.
---@param err any  a text, or an error with its advice
---@return string text
function M.describe(err)
  local text = text_of(err)
  if errors.is(err) and not err.problems then
    -- A message of AWS, or a name in another one, must not look like lines of lanyard.
    text = escape.printable(err.operation and text:gsub("[\r\n]+", " ") or text)
  end
  if not (errors.is(err) and err.operation) then
    text = timestamp.localized(text)
  end
  if errors.is(err) and err.problems then
    text = text:gsub("[^\n]+", function(line) return M.with_code(line, err.code) end)
  elseif errors.is(err) and not (err.operation and err.status) then -- what AWS answered has its code already
    text = M.with_code(text, err.code)
  end
  local advice = errors.is(err) and require("lanyard.aws.advice").advice(err)
  text = advice and text .. "\n" .. advice or text
  return (text:gsub("[^\n]+", escape.printable))
end

--- Ends the script with an error and the exit status that belongs to it.
---@param err any a text, or an error with its advice
---@param status? integer instead of the error's own
function M.fail(err, status)
  local text = M.describe(err)
  if not errors.is(err) then
    text = M.with_code(text, "ScriptFailed")
  end
  -- A message of several lines has a problem in each. Advice is indented.
  M.leave(status or M.status_of(err), (text:gsub("\n(%S)", "\nlanyard: %1")))
end

local last -- functions that are called when the script has succeeded

--- Calls a function after the script has ended without an error and its output is written. Nothing can fail after the
--- last of these functions, so it can commit what a repetition of the command must not do again.
---@param f fun()
function M.at_end(f)
  last = last or {}
  last[#last + 1] = f
end

--- Calls the functions that `at_end` was given.
function M.complete()
  for _, f in ipairs(last or {}) do
    f()
  end
end

--- Returns the first of two results, or ends the script with the second.
---
--- ```lua
--- local session = cli.check(lanyard.aws.session { region = "us-east-1" })
--- print(session.region)
--- --> us-east-1
--- ```
---@param result any  nil: the call failed
---@param err any     its error
---@return any result
function M.check(result, err)
  if result == nil then
    M.fail(err)
  end
  return result
end

--- Like `check`, for a file named on the command line: a file that cannot be read or used is a usage error.
---@param result any  nil: the call failed
---@param err any     its error
---@return any result
function M.check_file(result, err)
  if result == nil then
    M.fail(err, M.STATUS.usage)
  end
  return result
end

--- Returns how a script ended that raised a value.
---@param raised any
---@param with_traceback boolean
---@return integer status
---@return string? message
function M.of_error(raised, with_traceback)
  if M.is_exit(raised) then
    return raised.status, raised.message
  elseif errors.is(raised) then
    if raised.code == "Interrupted" then
      return M.STATUS.interrupted, "interrupted"
    end
    return M.status_of(raised), M.describe(raised)
  end
  local text = text_of(raised)
  if raised == nil or type(raised) == "table" and text:find "^table: " then
    text = ("the script raised %s without a message"):format(raised == nil and "nil" or "a table")
  end
  if not with_traceback then
    text = text:match "^[^\n]*" .. " (--debug prints the traceback)"
  end
  return M.STATUS.failed, M.with_code(text, "ScriptError")
end

--- Returns how a script ended by what it returned. An integer is the exit status; `false` and `nil, err` mean failure,
--- as they do for calls of the library, and so does an integer outside 0 to 255; anything else means success.
---@return integer status
---@return string? message
function M.of_results(...)
  local first, err = ...
  if math.type(first) == "integer" then
    if first < 0 or first > MOST_STATUS then -- the system would keep the last 8 bits: 256 would be success
      return M.STATUS.failed, M.with_code(("it returned %d; an exit status is 0 to %d"):format(first, MOST_STATUS),
        "ScriptFailed")
    end
    return first
  elseif first == false or first == nil and err ~= nil then
    local is_object = errors.is(err)
    local message = err == nil and "it returned false" or M.describe(err)
    return M.status_of(err), is_object and message or M.with_code(message, "ScriptFailed")
  end
  return M.STATUS.ok
end

return M
