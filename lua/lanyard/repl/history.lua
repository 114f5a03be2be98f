--- The lines that were entered, in a file of mode 0600 that only its user can read.
---
---     local history = history.open(path)
---     history:add "ecr:DescribeRepositories {}"
---     print(history[#history])
---
--- A line is not recorded if it begins with a blank, repeats the last one, or contains what looks like a secret
--- (lanyard.text.redact): a line that is never written cannot be read by others later.

local environment = require "lanyard.environment"
local redact = require "lanyard.text.redact"
local system = require "lanyard.system"

local M = {}

local MOST, MAX_BYTES = 1000, 4 << 20

---@class repl.History
---@field path? string  nil: nothing is stored
---@field [integer] string  the lines, the oldest first
local History = {}
History.__index = History

--- Returns the file of the history; nil without a usable HOME. --emulator does not move it.
---@return string?
function M.default_path()
  local data, home = environment.get "XDG_DATA_HOME", environment.home()
  if data and data:sub(1, 1) == "/" then
    return data .. "/lanyard/repl-history"
  end
  return home and home .. "/.local/share/lanyard/repl-history"
end

-- An entry of several lines is one line of the file.
local ESCAPES = { ["\\"] = "\\\\", ["\n"] = "\\n" }

local function encode(line)
  return (line:gsub("[\\\n]", ESCAPES))
end

local function decode(line)
  return (line:gsub("\\(.)", { n = "\n", ["\\"] = "\\" }))
end

--- Reads a history. If the file cannot be read or written, the lines are kept in memory.
---@param path? string
---@return repl.History
function M.open(path)
  local self = setmetatable({ path = path }, History)
  local text = path and system.read_regular(path, MAX_BYTES) or ""
  local lines = {}
  for line in text:gmatch "[^\n]+" do
    lines[#lines + 1] = decode(line)
  end
  table.move(lines, math.max(1, #lines - MOST + 1), #lines, 1, self)
  if #lines > MOST then
    self:rewrite()
  end
  return self
end

--- Replaces the file by the lines in memory.
function History:rewrite()
  local lines = {}
  for i, line in ipairs(self) do
    lines[i] = encode(line) .. "\n"
  end
  system.write_file(self.path, table.concat(lines), 384) -- 0600
end

--- Reports whether a line would be recorded.
---@param line string
---@return boolean
function History:accepts(line)
  return line:find "%S" ~= nil and not line:find "^%s" and line ~= self[#self] and redact.text(line) == line
end

--- Records a line.
---@param line string
function History:add(line)
  if not self:accepts(line) then
    return
  end
  self[#self + 1] = line
  if self.path and not self.made then
    self.made = system.mkdirs(self.path:match "^(.*)/")
  end
  if self.path then
    system.append_file(self.path, encode(line) .. "\n")
  end
end

return M
