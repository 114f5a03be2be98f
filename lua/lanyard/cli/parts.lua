--- The parts of a declaration as data, which help, manual pages and the HTML page lay out.

local shared = require "lanyard.cli.options"
local types = require "lanyard.cli.types"

local M = {}

-- The headings of groups of shared options; those without one are listed with the command's own.
local HEADINGS = { aws = "AWS options", targets = "AWS options" }

local ANY_OPTIONS = "[OPTION ...]"

--- Returns how a command is called, without its options: "grant <service> [<repository> ...]".
---@param name string
---@param declared cli.Declaration
---@return string
function M.usage(name, declared)
  if declared.usage then
    return name .. " " .. declared.usage[1]:gsub("%[OPTION %.%.%.%] ?", "")
  end
  local words = { name }
  if declared.commands and not declared.arguments then
    words[2] = "<command>"
  end
  for _, argument in ipairs(declared.arguments or {}) do
    local operand = ("<%s>"):format(argument[1])
    local args = argument.args or 1
    words[#words + 1] = args == "?" and ("[%s]"):format(operand) or args == "*" and ("[%s ...]"):format(operand)
      or args == "+" and operand .. " ..." or operand
  end
  return table.concat(words, " ")
end

--- Returns the ways to call a command, with "lanyard". A usage says where the options go, or they are last.
---@param name string
---@param declared cli.Declaration
---@return string[]
function M.usages(name, declared)
  local lines = {}
  for i, usage in ipairs(declared.usage or { M.usage(name, declared):sub(#name + 2) }) do
    if not usage:find(ANY_OPTIONS, 1, true) then
      usage = usage .. (usage == "" and "" or " ") .. ANY_OPTIONS
    end
    lines[i] = ("lanyard %s %s"):format(name, usage)
  end
  return lines
end

--- Returns the values that an argument or option accepts; nil where they are free.
---@param item cli.Argument|cli.Option
---@return string[]?
function M.choices(item)
  local kind = item.type and types[item.type]
  return item.choices or kind and kind.choices
end

-- Adds the units of a duration and the default.
local function with_default(help, option)
  local notes = {}
  if option.type == "duration" or option.type == "positive-duration" then
    notes[1] = "such as 90s, 10m, 2h or 1d"
  end
  if option.default and option.default ~= "" then
    notes[#notes + 1] = "default: " .. option.default
  end
  return #notes > 0 and ("%s (%s)."):format(help:gsub("%.$", ""), table.concat(notes, "; ")) or help
end

local function option_row(option)
  local help, placeholder = option.help, types.placeholder(option)
  local term = placeholder and ("%s %s"):format(option[1], placeholder) or option[1]
  local choices = M.choices(option)
  if option[1] == "--output" and choices then
    help = ("Output format: %s (default: %s)."):format(table.concat(choices, ", "), choices[1])
  elseif choices then
    help = ("%s One of %s."):format(help, table.concat(choices, ", "))
  end
  return { term, with_default(help, option) }
end

---@alias cli.Row { [1]: string, [2]: string }  a term and its description

--- Returns the options of a command: its own with --help and --debug, and the groups that have a heading.
---@param declared cli.Declaration
---@return cli.Row[] own
---@return { [1]: string, [2]: cli.Row[] }[] groups
function M.options(declared)
  local own, groups = {}, {}
  for _, option in ipairs(declared.options or {}) do
    if type(option) == "table" then
      own[#own + 1] = not option.hidden and option_row(option) or nil
    else
      local group = own
      if HEADINGS[option] then
        group = {}
        groups[#groups + 1] = { HEADINGS[option], group }
      end
      for _, one in ipairs(shared[option]) do
        group[#group + 1] = option_row(one)
      end
    end
  end
  own[#own + 1] = { "-h, --help", "Print this help." }
  own[#own + 1] = { "--debug", "Print tracebacks, and a wire log without secrets, on stderr." }
  return own, groups
end

--- Returns the arguments of a command.
---@param declared cli.Declaration
---@return cli.Row[]
function M.arguments(declared)
  local rows = {}
  for i, argument in ipairs(declared.arguments or {}) do
    local choices = M.choices(argument)
    rows[i] = { ("<%s>"):format(argument[1]),
      choices and ("%s One of %s."):format(argument.help, table.concat(choices, ", ")) or argument.help }
  end
  return rows
end

--- Returns the sub-commands of a command.
---@param name string
---@param declared cli.Declaration
---@param summaries? table<string, string> the summary of each sub-command, by "NAME SUB"
---@return cli.Row[]
function M.commands(name, declared, summaries)
  local rows = {}
  for i, command in ipairs(declared.commands or {}) do
    rows[i] = { command, summaries and summaries[name .. " " .. command] or "" }
  end
  return rows
end

-- Statuses that every command can exit with.
local SHARED_STATUSES = { { 2, "the command line is invalid" }, { 130, "interrupted" } }

--- Returns the exit statuses of a command, in their order.
---@param declared cli.Declaration
---@return { [1]: integer, [2]: string }[]
function M.statuses(declared)
  local statuses, has = {}, {}
  for _, row in ipairs(declared.exit or {}) do
    has[row[1]] = true
    statuses[#statuses + 1] = row
  end
  for _, row in ipairs(SHARED_STATUSES) do
    statuses[#statuses + 1] = not has[row[1]] and row or nil
  end
  table.sort(statuses, function(a, b) return a[1] < b[1] end)
  return statuses
end

return M
