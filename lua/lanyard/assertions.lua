--- The assertions of specs, with the names of busted.
---
--- ```lua
--- local assert = require "lanyard.assertions" -- a spec has it
--- assert.equal(4, 2 + 2)
--- assert.same({ "web" }, { "web" })
--- local failure = assert.has_error(function()
---   assert.matches("^gr", "denied")
--- end)
--- print(failure.message)
--- --> expected a match of "^gr" in "denied"
--- ```
---
--- A failed assertion raises a failure with `message` and `location`, the place of the call. A note begins its message.
--- `assert(value, message)` fails like Lua's own. equals, are_equal, are_same, match, is_truthy, is_falsy and error are
--- other names of equal, same, matches, truthy, falsy and has_error, as in busted.

local diff = require "lanyard.text.diff"
local escape = require "lanyard.text.escape"
local pretty = require "lanyard.text.pretty"

local M = {}

local Failure = {}
Failure.__index = Failure
Failure.__name = "lanyard.failure"

function Failure:__tostring()
  return (self.location and self.location .. ": " or "") .. self.message
end

--- Reports whether a raised value is a failed assertion.
---@param value any
---@return boolean
function M.is_failure(value)
  return getmetatable(value) == Failure
end

-- The place in a file from which the assertion was called: FILE:LINE.
local function location_of_caller()
  local own = debug.getinfo(1, "S").source
  for level = 2, 30 do
    local info = debug.getinfo(level, "Sl")
    if not info then
      return nil
    elseif info.source ~= own and info.currentline > 0 then
      return ("%s:%d"):format(info.source:gsub("^@", ""), info.currentline)
    end
  end
end

local function fail(message, note)
  error(setmetatable({
    message = (note and tostring(note) .. ": " or "") .. message, location = location_of_caller(),
  }, Failure), 0)
end

local function is_long(text)
  return #text > 70 or text:find("\n", 1, true) ~= nil
end

-- Describes two values: side by side, or by their differences where they are long.
local function differences(expected, actual)
  local texts = type(expected) == "string" and type(actual) == "string"
    and (expected .. actual):find("\n", 1, true) ~= nil
  local a = texts and escape.lines(expected) or pretty.render(expected)
  local b = texts and escape.lines(actual) or pretty.render(actual)
  if not texts and type(expected) == "table" and type(actual) == "table" and (is_long(a) or is_long(b)) then
    texts, a, b = true, pretty.render(expected, 1), pretty.render(actual, 1)
  end
  if texts and a ~= b then
    local stop = a:sub(-1) == "\n" and b:sub(-1) == "\n" and "" or "\n"
    return ("the values differ (- expected, + actual)\n%s"):format(diff.unified(a .. stop, b .. stop,
      { from = "expected", to = "actual" }):gsub("\n$", ""))
  end
  return ("expected %s\n     got %s"):format(a, b)
end

-- seen: the pairs of tables that are being compared.
local function is_same(a, b, seen)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b or a ~= a and b ~= b
  elseif rawequal(a, b) or seen[a] == b then
    return true
  end
  seen[a] = b
  for key, value in next, a do
    if not is_same(value, rawget(b, key), seen) then
      return false
    end
  end
  for key in next, b do
    if rawget(a, key) == nil then
      return false
    end
  end
  return true
end

--- Fails unless two values are equal by `==`.
---@param expected any
---@param actual any
---@param note? string
function M.equal(expected, actual, note)
  if expected ~= actual then
    fail(differences(expected, actual), note)
  end
end

--- Fails if two values are equal by `==`.
---@param unexpected any
---@param actual any
---@param note? string
function M.not_equal(unexpected, actual, note)
  if unexpected == actual then
    fail("expected anything but " .. pretty.render(actual), note)
  end
end

--- Fails unless two values, or all their members, are equal.
---@param expected any
---@param actual any
---@param note? string
function M.same(expected, actual, note)
  if not is_same(expected, actual, {}) then
    fail(differences(expected, actual), note)
  end
end

--- Fails if two values, and all their members, are equal.
---@param unexpected any
---@param actual any
---@param note? string
function M.not_same(unexpected, actual, note)
  if is_same(unexpected, actual, {}) then
    fail("expected anything but " .. pretty.render(actual), note)
  end
end

local function check(holds, expected, value, note)
  if not holds then
    fail(("expected %s, got %s"):format(expected, pretty.render(value)), note)
  end
end

--- Fails unless a value is neither false nor nil.
---@param value any
---@param note? string
function M.truthy(value, note)
  check(value, "a true value", value, note)
end

--- Fails unless a value is false or nil.
---@param value any
---@param note? string
function M.falsy(value, note)
  check(not value, "false or nil", value, note)
end

--- Fails unless a value is true.
---@param value any
---@param note? string
function M.is_true(value, note)
  check(value == true, "true", value, note)
end

--- Fails unless a value is false.
---@param value any
---@param note? string
function M.is_false(value, note)
  check(value == false, "false", value, note)
end

--- Fails unless a value is nil.
---@param value any
---@param note? string
function M.is_nil(value, note)
  check(value == nil, "nil", value, note)
end

--- Fails if a value is nil.
---@param value any
---@param note? string
function M.is_not_nil(value, note)
  check(value ~= nil, "anything but nil", value, note)
end

local function check_text(text)
  if type(text) ~= "string" then
    fail("expected a text, got " .. pretty.render(text))
  end
end

-- A text of several lines is shown below the sentence.
local function shown(text)
  return text:find("\n", 1, true) and "\n" .. escape.lines(text) or " " .. pretty.render(text)
end

--- Fails unless a text matches a pattern of Lua.
---@param pattern string
---@param text string
---@param note? string
function M.matches(pattern, text, note)
  check_text(text)
  if not text:find(pattern) then
    fail(("expected a match of %s in%s"):format(pretty.render(pattern), shown(text)), note)
  end
end

--- Fails if a text matches a pattern of Lua.
---@param pattern string
---@param text string
---@param note? string
function M.not_matches(pattern, text, note)
  check_text(text)
  if text:find(pattern) then
    fail(("expected no match of %s in%s"):format(pretty.render(pattern), shown(text)), note)
  end
end

--- Fails unless a text contains another one, or a list contains a value.
---@param wanted any
---@param within string|any[]
---@param note? string
function M.contains(wanted, within, note)
  if type(within) == "table" then
    for _, value in ipairs(within) do
      if is_same(wanted, value, {}) then
        return
      end
    end
    fail(("expected %s in %s"):format(pretty.render(wanted), pretty.render(within)), note)
  end
  check_text(within)
  if not within:find(wanted, 1, true) then
    fail(("expected %s in%s"):format(pretty.render(wanted), shown(within)), note)
  end
end

--- Fails unless a function raises an error; with a text, one whose text contains it.
---@param f fun()
---@param text? string
---@param note? string
---@return any raised
function M.has_error(f, text, note)
  local ok, raised = pcall(f)
  if ok then
    fail("expected an error, but none was raised", note)
  elseif text and not tostring(raised):find(text, 1, true) then
    fail(("expected an error with %s, got %s"):format(pretty.render(text), pretty.render(tostring(raised))), note)
  end
  return raised
end

--- Fails unless a command ended with an exit status; 0 by default. The failure shows what the command printed.
---@param result testing.Result
---@param status? integer
---@return testing.Result result
function M.exits(result, status)
  if result.status ~= (status or 0) then
    fail(("expected exit status %d, got %s\nstdout: %s\nstderr: %s"):format(status or 0, result.status,
      escape.lines(result.out), escape.lines(result.err)))
  end
  return result
end

local ALIASES = {
  equals = M.equal, are_equal = M.equal, are_same = M.same, match = M.matches, is_truthy = M.truthy,
  is_falsy = M.falsy, error = M.has_error,
}

setmetatable(M, {
  __index = ALIASES,
  __call = function(_, value, ...)
    if not value then
      local message = ...
      if select("#", ...) == 0 or type(message) == "string" then
        fail(message or "assertion failed!")
      end
      error(message, 0)
    end
    return value, ...
  end,
})

return M
