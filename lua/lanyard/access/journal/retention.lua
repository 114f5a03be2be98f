--- Decides which entries of a repository's journal are removed.
---
--- LANYARD_JOURNAL_ENTRIES and LANYARD_JOURNAL_DAYS set how many entries of a repository are kept, and for how long.
--- 0 keeps all.

local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"

local M = {}

local DEFAULTS = { LANYARD_JOURNAL_ENTRIES = 1000, LANYARD_JOURNAL_DAYS = 400 }

-- How many files one change removes at most, so that a change never takes long because of an old journal.
local BATCH = 500

local MICROSECONDS_A_DAY = 86400 * 1000000

---@class journal.Limits
---@field entries integer  0: no limit
---@field days integer     0: no limit

local function setting(name)
  local text = environment.get(name)
  if not text then
    return DEFAULTS[name]
  end
  local number = #text <= 8 and text:find "^%d+$" and math.tointeger(tonumber(text))
  if not number then
    return nil, errors.new {
      code = "InvalidSetting",
      message = ("%s is '%s', which is not a number of at most 8 digits"):format(name, text),
      tip = ("set %s to a number (0: no limit), or unset it"):format(name),
    }
  end
  return number
end

--- Returns the limits that the environment sets.
---@return journal.Limits? limits
---@return lanyard.Error? err  code InvalidSetting
function M.limits()
  local entries, err = setting "LANYARD_JOURNAL_ENTRIES"
  if not entries then
    return nil, err
  end
  local days
  days, err = setting "LANYARD_JOURNAL_DAYS"
  if not days then
    return nil, err
  end
  return { entries = entries, days = days }
end

--- Returns how many of the oldest entries are past a limit.
---@param ids string[]  of the finished entries, oldest first
---@param limits journal.Limits
---@param now number    seconds since 1970
---@return integer count
function M.surplus(ids, limits, now)
  local count = limits.entries > 0 and math.max(0, #ids - limits.entries) or 0
  local oldest = limits.days > 0 and math.floor(now * 1e6) - limits.days * MICROSECONDS_A_DAY or 0
  while count < #ids and tonumber(ids[count + 1]) < oldest do
    count = count + 1
  end
  return math.min(count, BATCH)
end

-- The entries that stay whatever their age: what was last written, what an undo would restore, and what is not closed.
local function protected(records, names)
  local stays = lists.set(table.concat(names.unclosed, " "))
  local last = records:find(function(entry) return entry.state == "done" end)
  for _, entry in ipairs { last or {}, records:undoable() or {} } do
    stays[entry.id or ""] = true
  end
  return stays
end

-- Whether the older entries need not be listed, which takes time for each of them: their number is not limited, and an
-- earlier change of this day has examined their age.
local function is_recent(names, limits, now)
  local first = math.tointeger(tonumber(names.finished[1]))
  return limits.entries == 0 and (limits.days == 0
    or first ~= nil and first // MICROSECONDS_A_DAY == math.floor(now * 1e6) // MICROSECONDS_A_DAY)
end

--- Returns the ids of the entries to remove, oldest first.
---@param records journal.Journal
---@param names journal.Listing
---@param limits journal.Limits
---@param now number  seconds since 1970
---@return string[] ids
function M.removable(records, names, limits, now)
  local finished = is_recent(names, limits, now) and names.finished or names:all_finished()
  local surplus = M.surplus(finished, limits, now)
  local stays, ids = surplus > 0 and protected(records, names) or {}, {}
  for i = 1, surplus do
    local id = finished[i]
    ids[#ids + 1] = not stays[id] and id or nil
  end
  return ids
end

return M
