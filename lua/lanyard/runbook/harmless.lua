--- Makes the output of commands harmless to a terminal, piece by piece: colours, erased lines and carriage returns
--- remain, and every other control sequence is escaped.
---
---     local filter = harmless.new()
---     io.write(filter:add(piece))
---     io.write(filter:rest())
---
--- A piece can end within a character or a sequence. Such an end is held back until the next piece.

local escape = require "lanyard.text.escape"

local M = {}

local MAX_SEQUENCE = 32 -- bytes of a sequence; a longer one is escaped

---@class runbook.Harmless
local Harmless = {}
Harmless.__index = Harmless

--- Creates a filter.
---@return runbook.Harmless
function M.new()
  return setmetatable({ held = "" }, Harmless)
end

-- Escapes a text, except colours (SGR), erased lines (EL) and carriage returns.
local function escaped(text)
  local parts, position = {}, 1
  while true do
    local first, last = text:find("\27%[[%d;]*[mK]", position)
    local return_at = text:find("\r", position, true)
    if return_at and (not first or return_at < first) then
      first, last = return_at, return_at
    end
    parts[#parts + 1] = escape.lines(text:sub(position, (first or 0) - 1))
    if not first then
      return table.concat(parts)
    end
    parts[#parts + 1] = text:sub(first, last)
    position = last + 1
  end
end

-- Returns the position where an incomplete character or sequence begins at the end of a text.
local function incomplete(text)
  local sequence = text:match "()\27%[?[%d;]*$"
  if sequence and #text - sequence < MAX_SEQUENCE then
    return sequence
  end
  local lead, length = text:match "()[\xc2-\xf4][\x80-\xbf]*$", nil
  if lead then
    local byte = text:byte(lead)
    length = byte < 0xe0 and 2 or byte < 0xf0 and 3 or 4
  end
  return lead and #text - lead + 1 < length and lead or nil
end

--- Returns the next piece, escaped.
---@param piece string
---@return string
function Harmless:add(piece)
  local text = self.held .. piece
  local cut = incomplete(text)
  self.held = cut and text:sub(cut) or ""
  return escaped(cut and text:sub(1, cut - 1) or text)
end

--- Returns what was held back, escaped, at the end of an output.
---@return string
function Harmless:rest()
  local text = self.held
  self.held = ""
  return escape.lines(text)
end

return M
