--- What the program of a container image does, as a seed says (lanyard.emulator.seed).
---
--- { exits = true, port = 80, health = 200, body = "hello", paths = { ["/health"] = 503 }, log = { "up" },
---   prints = "tick $COUNT", every = 5 }
---
--- A path has a status, a list of the statuses of its successive health checks, or { status, body, delay }, whose
--- status is either of them. Other paths have the status `health`, 200 by default.

local lists = require "lanyard.lists"
local members = require "lanyard.emulator.members"

local M = {}

--- What a program does.
---@class emulator.Program
---@field exits? boolean   it ends immediately
---@field port? integer    the only port that it listens on
---@field health? integer  the status of paths that `paths` does not have
---@field body? string     the text of its replies
---@field paths? table<string, integer|integer[]|emulator.ProgramReply>
---@field log? string[]    what it prints when it starts; $NAME is a variable of its environment
---@field prints? string   what it prints every `every` seconds; $COUNT is the number of the line
---@field every? number    seconds

--- What a program replies.
---@class emulator.ProgramReply
---@field status integer|integer[]
---@field body? string
---@field delay? number  seconds until the reply

--- The members of a program in a seed, and their types.
---@type table<string, string>
M.MEMBERS = { exits = "boolean", port = "integer", health = "integer", body = "string", paths = "table", log = "list",
  prints = "string", every = "number" }

local REPLY_MEMBERS = { status = "integer or list", body = "string", delay = "number" }

local function is_status(value)
  return math.type(value) ~= nil and math.tointeger(value) ~= nil and value >= 200 and value <= 599
end

local function are_statuses(value)
  if type(value) ~= "table" then
    return is_status(value)
  end
  for _, one in ipairs(value) do
    if not is_status(one) then
      return false
    end
  end
  return #value > 0
end

-- Returns what is wrong with the reply of a path, or nil.
local function reply_fault(reply, where)
  local status = reply
  if type(reply) == "table" and #reply == 0 then
    local fault = members.fault(reply, REPLY_MEMBERS, where)
    if fault then
      return fault
    end
    status = reply.status or 200
  end
  if not are_statuses(status) then
    return ("has an invalid status in %s; expected 200 to 599"):format(where)
  elseif type(reply) == "table" and reply.delay and (reply.delay < 0 or reply.delay > 3600) then
    return ("has an invalid delay in %s; expected seconds"):format(where)
  end
  return nil
end

--- Returns what is wrong with the members of a program, or nil. The result continues a sentence that begins with "the
--- seed". The types of the members are checked already.
---@param program emulator.Program
---@param where string  such as "an image of 'web'"
---@return string?
function M.fault(program, where)
  for path in pairs(program.paths or {}) do
    if type(path) ~= "string" or not path:find "^/" then
      return ("has the path '%s' in %s; expected one that begins with a slash"):format(tostring(path), where)
    end
  end
  for _, path in ipairs(lists.sorted_names(program.paths or {})) do
    local fault = reply_fault(program.paths[path], ("the path '%s' of %s"):format(path, where))
    if fault then
      return fault
    end
  end
  for _, line in ipairs(program.log or {}) do
    if type(line) ~= "string" then
      return ("has a %s in the log of %s; expected strings"):format(type(line), where)
    end
  end
  if program.health and not is_status(program.health) then
    return ("has an invalid health in %s; expected a status from 200 to 599"):format(where)
  elseif (program.prints == nil) ~= (program.every == nil) then
    return ("has only one of prints and every in %s"):format(where)
  elseif program.every and (program.every < 0.1 or program.every ~= program.every) then
    return ("has an invalid every in %s; expected 0.1 seconds or more"):format(where)
  end
  return nil
end

--- Returns what a program replies to a request of a path.
---@param program emulator.Program
---@param path string  without a query
---@return { statuses: integer[], body: string?, delay: number } reply  the statuses of successive requests
function M.reply(program, path)
  local given = program.paths and program.paths[path] or program.health or 200
  local reply = type(given) == "table" and #given == 0 and given or { status = given }
  local status = reply.status or 200
  return {
    statuses = type(status) == "table" and status or { status },
    body = reply.body or program.body,
    delay = reply.delay or 0,
  }
end

-- Reports whether a status is in a list such as "200-499" or "200,202".
local function is_success(codes, status)
  for first, last in (codes .. ","):gmatch "(%d+)%-?(%d*)," do
    last = last == "" and first or last
    if status >= tonumber(first) and status <= tonumber(last) then
      return true
    end
  end
  return false
end

--- Reports whether a program passes the health check of an endpoint: as many checks succeed in a row as the healthy
--- threshold says, before as many fail in a row as the unhealthy one says.
---@param program emulator.Program
---@param endpoint table  as GetContainerServices describes it
---@return boolean
function M.is_healthy(program, endpoint)
  local check = endpoint.healthCheck
  local reply = M.reply(program, check.path:match "^[^?#]*")
  if (program.port or endpoint.containerPort) ~= endpoint.containerPort or reply.delay > check.timeoutSeconds then
    return false
  end
  local succeeded, failed, success = 0, 0, false
  for _, status in ipairs(reply.statuses) do
    success = is_success(check.successCodes, status)
    succeeded, failed = success and succeeded + 1 or 0, success and 0 or failed + 1
    if succeeded >= check.healthyThreshold or failed >= check.unhealthyThreshold then
      return success
    end
  end
  return success -- all later replies are like the last one
end

return M
