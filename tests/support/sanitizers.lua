-- How the programs of a sanitized build run in the tests. Other builds ignore these options.

local M = {}

-- Freed memory is not used again until this much was freed after it, which is more than most commands free. With the 256
-- MiB of the default, a spec in stock Lua takes new pages from the kernel for all that it allocates.
local QUARANTINE_MIB = 16
local SAMPLE = 8 -- each 8th of the commands without a new part is chosen

local seen, repeated = {}, 0

--- The options of ASan. Undefined behaviour raises SIGILL, for which it prints the line.
---@param finds_leaks boolean  whether memory that nothing refers to at the exit is an error
---@return string  # for ASAN_OPTIONS
function M.options(finds_leaks)
  return ("detect_leaks=%d:handle_sigill=1:quarantine_size_mb=%d"):format(finds_leaks and 1 or 0, QUARANTINE_MIB)
end

-- The parts of a command on which the path through C depends most: the command with its sub-command, each option and
-- variable, and each script or document, which has a space. Files, folders and numbers, which differ in each run, are
-- left out.
local function parts_of(words, environment)
  local parts, names = {}, {}
  for _, value in ipairs(words) do
    local word = tostring(value)
    if word:find "^%-" then
      parts[#parts + 1] = word:match "^[^=]+"
    elseif word:find "%s" then
      parts[#parts + 1] = word:gsub("/tmp/[%w._]+", ""):gsub("%d+", "")
    elseif word:find "^%l[%l-]*$" and #names < 2 then
      names[#names + 1] = word
    end
  end
  parts[#parts + 1] = table.concat(names, " ")
  for name in pairs(environment or {}) do
    parts[#parts + 1] = name .. "="
  end
  return parts
end

--- Whether a command runs sanitized, and looks for leaks when it ends. A sanitized command takes ten times as long as
--- another, and an error that always happens is found by the first command that takes the path. So a command is sanitized
--- if it has a name, option, variable or script that no earlier command of this process had, and a sample of the others
--- is. Nothing depends on chance: a spec that runs again chooses the same commands. LANYARD_TEST_SANITIZED=all chooses
--- every command.
---@param words (string | number)[]  the program and its arguments
---@param environment? { [string]: string }  its variables
---@return boolean
function M.is_chosen(words, environment)
  local is_new = os.getenv "LANYARD_TEST_SANITIZED" == "all"
  for _, part in ipairs(parts_of(words, environment)) do
    is_new = is_new or not seen[part]
    seen[part] = true
  end
  repeated = repeated + (is_new and 0 or 1)
  return is_new or repeated % SAMPLE == 0
end

return M
