--- Parses the waiters of a service's description, and judges replies by them.
---
---     local waiters = acceptors.parse(text)
---     acceptors.judge(waiters.ServiceActive, reply)     --> "success" | "failure" | "retry" | nil
---
--- The text of a waiter:
---
---     acceptors ServiceFailed
---       failure containerServices.1.state = DELETING
---     ServiceActive GetContainerServices every 2 to 15 for 900
---       include ServiceFailed
---       success containerServices.1.state = READY RUNNING
---       failure error NotFoundException
---
--- The first line of a waiter has its name, its operation, the shortest and the longest pause, and the timeout, in
--- seconds. The lines below it are acceptors; the first one that matches a reply decides. If none matches, the waiter
--- retries after a reply and after an error that is retryable, and ends with any other error. A condition is one of
---   PATH = VALUE...   members and list positions; matches one of the values, * any value that is not empty
---   error CODE...     matches one of the error codes
---   ... and ...       matches if both do
--- In a path, list[member={name}] is the item whose member equals the option `name` of the wait; without that option,
--- the item whose member is greatest. `acceptors NAME` begins lines that several waiters include.

local lines = require "lanyard.text.lines"
local lists = require "lanyard.lists"

local M = {}

--- Conditions, all of which must match, and what that means.
---@class aws.Acceptor
---@field state "success"|"failure"|"retry"
---@field [integer] { path: string?, values: string[]?, codes: string[]? }

--- A waiter of a description. The first of its acceptors that matches decides.
---@class aws.Waiter
---@field name string  "ServiceActive"
---@field operation string  that is called
---@field shortest number  seconds
---@field longest number   seconds
---@field timeout number   seconds
---@field [integer] aws.Acceptor

-- ---------------------------------------------------------------------------------------------
-- Reading the description

local function split(text)
  local values = {}
  for value in text:gmatch "%S+" do
    values[#values + 1] = value
  end
  return values
end

local function parse_condition(text)
  local codes = text:match "^error%s+(.+)$"
  local path, values = text:match "^(%S+)%s*=%s*(.+)$"
  if codes then
    return { codes = split(codes) }
  elseif path then
    return { path = path, values = split(values) }
  end
  error("not a condition of a waiter: " .. text)
end

-- Adds the acceptor that a line has to a list, or the ones that it includes.
local function add_acceptors(acceptors, line, groups)
  local keyword, rest = line:match "^%s*(%l+)%s+(.-)%s*$"
  if keyword == "include" then
    local group = groups[rest] or error("acceptors that are not defined: " .. rest)
    table.move(group, 1, #group, #acceptors + 1, acceptors)
    return
  end
  local acceptor = { state = keyword }
  for condition in (rest .. " and "):gmatch "(.-)%s+and%s+" do
    acceptor[#acceptor + 1] = parse_condition(condition)
  end
  acceptors[#acceptors + 1] = acceptor
end

local function parse_waiter(line)
  local name, operation, shortest, longest, timeout =
    line:match "^%s*(%w+)%s+(%w+)%s+every%s+(%S+)%s+to%s+(%S+)%s+for%s+(%S+)%s*$"
  if not name then
    error("not a line of a waiter: " .. line)
  end
  return { name = name, operation = operation, shortest = tonumber(shortest), longest = tonumber(longest),
    timeout = tonumber(timeout) }
end

-- The words that begin a line of acceptors.
local KEYWORDS = { success = true, failure = true, retry = true, include = true }

--- Parses the waiters of a service's description, each when it is first read. A line that ends in a backslash continues
--- in the next.
---@param text string
---@return table<string, aws.Waiter> waiters
---@return table<string, aws.Acceptor[]> groups  the acceptors that have a name
function M.parse(text)
  local waiters, groups, current = {}, {}, nil
  for _, line in ipairs(lines.joined(text)) do
    local first, second = line:match "(%S+)%s*(%S*)"
    if KEYWORDS[first] and current then
      current[#current + 1] = line
    elseif first == "acceptors" then
      current = {}
      groups[second] = current
    elseif first then
      current = { head = line }
      waiters[first] = current
    end
  end

  local parsed_groups
  local function add_all(acceptors, list)
    for _, line in ipairs(list) do
      add_acceptors(acceptors, line, parsed_groups)
    end
    return acceptors
  end
  parsed_groups = lists.made_when_read(groups, function(list, name)
    groups[name] = nil -- a group that includes itself is not defined
    return add_all({}, list)
  end)
  return lists.made_when_read(waiters, function(list) return add_all(parse_waiter(list.head), list) end), parsed_groups
end

-- ---------------------------------------------------------------------------------------------
-- Judging a reply

-- The item of a list whose member has that value; without a value, the item whose member is greatest.
local function pick(list, member, wanted)
  local found
  for _, item in ipairs(list) do
    local value = type(item) == "table" and item[member]
    if wanted ~= nil and value == wanted
      or wanted == nil and type(value) == "number" and (not found or value > found[member]) then
      found = item
    end
  end
  return found
end

local function value_at(value, path, options)
  for step in path:gmatch "[^.]+" do
    if type(value) ~= "table" then
      return nil
    end
    local name, member, option = step:match "^(%w+)%[(%w+)={(%w+)}%]$"
    if name then
      value = pick(type(value[name]) == "table" and value[name] or {}, member, options[option])
    else
      value = value[math.tointeger(tonumber(step)) or step]
    end
  end
  return value
end

-- Returns a value as text. A whole number has no decimal point.
local function text_of(value)
  return tostring(math.type(value) == "float" and math.tointeger(value) or value)
end

local function holds(condition, reply, err, options)
  local value = condition.codes and err and err.code
  if condition.path and reply then
    value = value_at(reply, condition.path, options)
  end
  for _, wanted in ipairs(condition.codes or condition.values) do
    if value ~= nil and (text_of(value) == wanted or wanted == "*" and value ~= "") then
      return true
    end
  end
  return false
end

--- Returns the state that the first matching acceptor has.
---@param acceptors aws.Acceptor[]  a waiter, or one of the groups of `M.parse`
---@param reply? table
---@param err? aws.Error
---@param options? table  values for the options that paths name
---@return "success"|"failure"|"retry"|nil
function M.judge(acceptors, reply, err, options)
  for _, acceptor in ipairs(acceptors) do
    local all = true
    for _, condition in ipairs(acceptor) do
      all = all and holds(condition, reply, err, options or {})
    end
    if all then
      return acceptor.state
    end
  end
  return nil
end

--- Returns the values at all paths of a waiter as text: "state is UPDATING, code is absent".
---@param waiter aws.Acceptor[]
---@param reply? table
---@param err? aws.Error
---@param options table
---@return string
function M.observed(waiter, reply, err, options)
  if not reply then
    return err and tostring(err) or "nothing"
  end
  local parts, listed = {}, {}
  for _, acceptor in ipairs(waiter) do
    for _, condition in ipairs(acceptor) do
      local path = condition.path
      if path and not listed[path] then
        listed[path] = true
        local value = value_at(reply, path, options)
        parts[#parts + 1] = ("%s is %s"):format(path:match "[^.]+$", value == nil and "absent" or text_of(value))
      end
    end
  end
  return table.concat(parts, ", ")
end

return M
