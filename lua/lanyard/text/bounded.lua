--- Collects a text that arrives in pieces, up to a limit: its first and its last bytes.
---
---     local log = bounded.new(1024 * 1024)
---     log:add(piece)
---     local text, left_out = log:text()

local M = {}

---@class text.Bounded
local Bounded = {}
Bounded.__index = Bounded

--- Creates an empty text.
---@param limit integer  the bytes to store; half of them are for the beginning of the text
---@return text.Bounded
function M.new(limit)
  return setmetatable({
    half = limit // 2, total = 0,
    head = {}, head_size = 0,
    tail = {}, tail_size = 0, first = 1, last = 0,
  }, Bounded)
end

--- Appends a piece.
---@param piece string
function Bounded:add(piece)
  self.total = self.total + #piece
  local room = self.half - self.head_size
  if room > 0 then
    self.head[#self.head + 1] = piece:sub(1, room)
    self.head_size = self.head_size + math.min(#piece, room)
    piece = piece:sub(room + 1)
  end
  if piece == "" then
    return
  end
  self.last = self.last + 1
  self.tail[self.last] = piece
  self.tail_size = self.tail_size + #piece
  while self.tail_size - #self.tail[self.first] >= self.half do
    self.tail_size = self.tail_size - #self.tail[self.first]
    self.tail[self.first] = nil
    self.first = self.first + 1
  end
end

--- Returns the text, with a line in place of the bytes that were left out, and their number.
---@return string text
---@return integer left_out
function Bounded:text()
  local tail = table.concat(self.tail, "", self.first, self.last):sub(-self.half)
  local left_out = self.total - self.head_size - #tail
  local seam = left_out > 0 and ("\n[... %d bytes left out ...]\n"):format(left_out) or ""
  return table.concat(self.head) .. seam .. tail, left_out
end

return M
