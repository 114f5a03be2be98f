--- Completes the option --output. A command that prints JSON prints its value in every format that --output has for
--- values: it has the choices text and yaml, and the option --query.

local types = require "lanyard.cli.types"

local M = {}

--- The formats that are written from the value that --output json prints (lanyard.cli.result).
M.FORMATS = { "text", "yaml" }

M.QUERY = { "--query", type = "query",
  help = "Print what this JMESPath expression selects. Without --output, the format is json (lanyard help output)." }

local function contains(list, wanted)
  for _, item in ipairs(list or {}) do
    if item == wanted then
      return true
    end
  end
  return false
end

--- Returns the choices of an --output option with the formats of values, if it has json.
---@param choices? string[]
---@return string[]? choices
function M.choices(choices)
  if not contains(choices, "json") then
    return choices
  end
  local all = table.move(choices, 1, #choices, 1, {})
  for _, format in ipairs(M.FORMATS) do
    all[#all + 1] = not contains(choices, format) and format or nil
  end
  return all
end

-- Returns the option of a name.
local function find(options, name)
  for i, option in ipairs(options) do
    if type(option) == "table" and option[1] == name then
      return option, i
    end
  end
end

--- Reports whether a command writes the format text itself: its --output has it before it is completed.
---@param options any  of a declaration that is not checked
---@return boolean
function M.writes_text(options)
  local option = type(options) == "table" and find(options, "--output")
  return option and type(option.choices) == "table" and contains(option.choices, "text") or false
end

--- Returns the options of a command, or of a group of options, with a complete --output. An option --query of the
--- command's own stays as it is.
---@param options (string|cli.Option)[]
---@return (string|cli.Option)[]
function M.complete(options)
  local option, position = find(options, "--output")
  local kind = option and option.type and types[option.type]
  local choices = option and (option.choices or kind and kind.choices)
  if not contains(choices, "json") then
    return options
  end
  local completed, copy = table.move(options, 1, #options, 1, {}), {}
  for name, value in pairs(option) do
    copy[name] = value
  end
  copy.choices = M.choices(choices)
  completed[position] = copy
  if not find(options, "--query") then
    table.insert(completed, position + 1, M.QUERY)
  end
  return completed
end

return M
