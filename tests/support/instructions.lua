-- Counts the instructions that a program executes in its own file: not in libraries, not in the kernel, and not in the
-- loader. The count of one build varies little between machines and runs, unlike time. Needs valgrind.

local helper = require "helper"

local M = {}

-- OpenSSL would choose its code by the processor. 0 is the code that every processor can run.
local ENVIRONMENT = { OPENSSL_ia32cap = "0" }

function M.available()
  return helper.run({ "valgrind", "--version" }).status == 0
end

-- Returns the instructions of an object in a file that callgrind wrote. A line of costs has a position and a number. The
-- line after `calls=` is the cost of the called function, which has lines of its own.
local function of_object(path, object)
  local names, current, called, sum = {}, false, false, 0
  for line in io.lines(path) do
    local id, name = line:match "^c?ob=(%(%d+%)) ?(.*)"
    if id then
      names[id] = name ~= "" and name or names[id]
      if line:sub(1, 1) == "o" then
        current = names[id] == object
      end
    elseif line:find "^calls=" then
      called = true
    elseif line:find "^[%d+*-]" then
      sum = sum + (current and not called and tonumber(line:match "^%S+ (%d+)") or 0)
      called = false
    end
  end
  return sum
end

--- Runs a command once and returns the instructions that it executed in its program.
---@param words string[]  the path of a program, and its arguments
---@param environment? table<string, string>
---@return integer
function M.of(words, environment)
  local folder <close> = helper.folder()
  local output = folder .. "/callgrind.out"
  local all = {}
  for _, variables in ipairs { environment or {}, ENVIRONMENT } do
    for name, value in pairs(variables) do all[name] = value end
  end
  local result = helper.run({ "valgrind", "--tool=callgrind", "--callgrind-out-file=" .. output, table.unpack(words) }, all)
  assert(result.status == 0, result.err)
  local program = helper.run({ "realpath", words[1] }).out:match "[^\n]+"
  local count = of_object(output, program)
  assert(count > 0, "callgrind counted nothing in " .. program)
  return count
end

return M
