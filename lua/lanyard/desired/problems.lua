--- Collects everything that is wrong with a desired-state file, with a line number for each problem where possible.
---
---     local problems = problems.new("grants.lua", text)
---     problems:add("grants[1].service", "is missing")
---     return nil, problems:error()

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"

local M = {}

-- An error message lists at most this many problems.
local SHOWN = 20

---@class desired.Problems
---@field name string  what messages call the file
---@field text string  the file's content
---@field [integer] string  one message for each problem
local Problems = {}
Problems.__index = Problems

--- Returns an empty collection for one file.
---@param name string
---@param text string
---@return desired.Problems
function M.new(name, text)
  return setmetatable({ name = name, text = text }, Problems)
end

-- Returns the number of the only line that contains a word, or nil when no line or several lines do.
local function only_line(text, word)
  local number, found = 0, nil
  for line in (text .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    if line:find(word, 1, true) then
      if found then
        return nil
      end
      found = number
    end
  end
  return found
end

--- Adds a problem with the value at a path.
---
--- A parsed value has no position. The message gives a line only when `word`, the part of the text that is wrong,
--- occurs on exactly one line: a wrong line number is worse than none.
---@param path string  for example "grants[1].service"; empty for the file as a whole
---@param message string
---@param word? string
function Problems:add(path, message, word)
  local line = word and #self < SHOWN and only_line(self.text, word)
  local location = line and ("%s:%d: "):format(self.name, line) or self.name .. ": "
  self[#self + 1] = ("%s%s%s"):format(location, path ~= "" and path .. " " or "", escape.printable(message))
end

--- Returns one error with a line for each problem, or nil when there are none.
---@return lanyard.Error?
function Problems:error()
  if #self == 0 then
    return nil
  end
  local shown = table.move(self, 1, math.min(#self, SHOWN), 1, {})
  if #self > SHOWN then
    shown[#shown + 1] = ("%s: and %d more"):format(self.name, #self - SHOWN)
  end
  return errors.new { code = "InvalidFile", message = table.concat(shown, "\n"), problems = shown }
end

return M
