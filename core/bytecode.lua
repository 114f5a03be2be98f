-- Removes the names of local variables and upvalues from compiled Lua code. They are a third of the work to load a
-- module. Without them, a message about a bad value names fields and methods only (a global variable is a field, too),
-- and a traceback shows a function in a local variable by its file and line.
--
--   local bytecode = dofile "core/bytecode.lua"
--   local shorter = bytecode.without_names(string.dump(f))

local M = {}

-- The beginning of what string.dump of Lua 5.4 returns: signature, version, format, a check, and the sizes of an
-- instruction, an integer and a float. An integer and a float follow.
local HEADER <const> = "\27Lua\x54\0\x19\x93\r\n\x1A\n\4\8\8"
local NUMBERS <const> = 16

-- The bytes of a constant, by its tag. Strings begin with their length.
local CONSTANTS = { [0x00] = 0, [0x01] = 0, [0x11] = 0, [0x03] = 8, [0x13] = 8 } -- nil, false, true, integer, float
local SHORT_STRING <const>, LONG_STRING <const> = 0x04, 0x14

local Reader = {}
Reader.__index = Reader

-- Reads an integer: seven bits in each byte, of which the last one has the eighth bit.
function Reader:integer()
  local value = 0
  while true do
    local byte = self.text:byte(self.at)
    self.at = self.at + 1
    value = value << 7 | byte & 0x7F
    if byte & 0x80 ~= 0 then
      return value
    end
  end
end

function Reader:skip(count)
  self.at = self.at + count
end

function Reader:skip_string()
  self:skip(math.max(self:integer() - 1, 0)) -- 0 is "no string"
end

-- Calls a function for each element of a list.
function Reader:each(read)
  for _ = 1, self:integer() do
    read(self)
  end
end

local function skip_constant(reader)
  local tag = reader.text:byte(reader.at)
  reader:skip(1)
  if tag == SHORT_STRING or tag == LONG_STRING then
    reader:skip_string()
  else
    reader:skip(CONSTANTS[tag])
  end
end

local function skip_absolute_line(reader)
  reader:integer()
  reader:integer()
end

local function skip_local(reader)
  reader:skip_string()
  reader:integer()
  reader:integer()
end

local function read_function(reader)
  reader:skip_string() -- the name of the source
  reader:integer() -- the first and the last line
  reader:integer()
  reader:skip(3) -- parameters, whether there are more, registers
  reader:skip(4 * reader:integer()) -- instructions
  reader:each(skip_constant)
  reader:skip(3 * reader:integer()) -- upvalues
  reader:each(read_function)
  reader:skip(reader:integer()) -- the lines of instructions
  reader:each(skip_absolute_line)
  reader.kept[#reader.kept + 1] = reader.text:sub(reader.done, reader.at - 1) .. "\x80\x80" -- none of the next lists
  reader:each(skip_local)
  reader:each(reader.skip_string) -- the names of upvalues
  reader.done = reader.at
end

--- Returns compiled code without the names of its local variables and upvalues.
---@param text string  as string.dump returns it, with its debug information
---@return string
function M.without_names(text)
  assert(text:sub(1, #HEADER) == HEADER, "not the bytecode of Lua 5.4")
  local reader = setmetatable({ text = text, at = #HEADER + NUMBERS + 2, done = 1, kept = {} }, Reader)
  read_function(reader)
  assert(reader.at == #text + 1, "bytecode with an unknown end")
  return table.concat(reader.kept) .. text:sub(reader.done)
end

return M
