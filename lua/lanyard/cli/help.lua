--- Renders help: of one command, from its declaration, and the list of all commands.

local declaration = require "lanyard.cli.declaration"
local lists = require "lanyard.lists"
local severity = require "lanyard.severity"
local shared = require "lanyard.cli.options"
local types = require "lanyard.cli.types"
local width_of = require("lanyard.text.width").of

local M = {}

local WIDTH = 80

-- The column at which the text of an argument or option begins.
local COLUMN = 26

-- The headings of groups of shared options; those without one are listed with the command's own.
local HEADINGS = { aws = "AWS options", targets = "AWS options" }

-- ---------------------------------------------------------------------------------------------
-- Lines

-- Fills words into lines of at most `width` characters. A word longer than that has a line of its own.
local function filled(text, width)
  local lines, line = {}, nil
  for word in text:gmatch "%S+" do
    if line and width_of(line) + 1 + width_of(word) <= width then
      line = line .. " " .. word
    else
      lines[#lines + 1] = line
      line = word
    end
  end
  lines[#lines + 1] = line
  return lines
end

-- Fills text and joins its lines, the ones after the first indented.
local function hanging(text, indent)
  return table.concat(filled(text, WIDTH - indent), "\n" .. (" "):rep(indent))
end

--- Fills the paragraphs of a text to 80 columns. Lines that begin with two blanks stay as they are.
---@param text string
---@return string
function M.paragraphs(text)
  local out, paragraph = {}, {}
  local function flush()
    if #paragraph > 0 then
      table.move(filled(table.concat(paragraph, " "), WIDTH), 1, #paragraph + #text, #out + 1, out)
      paragraph = {}
    end
  end
  for line in (text:gsub("%s+$", "") .. "\n"):gmatch "([^\n]*)\n" do
    if line == "" or line:find "^  " then
      flush()
      out[#out + 1] = line
    else
      paragraph[#paragraph + 1] = line
    end
  end
  flush()
  return table.concat(out, "\n")
end

-- Rows of { term, text } in two columns; a term too wide for its column has a line of its own.
local function rows(items)
  local lines = {}
  for _, item in ipairs(items) do
    local term = "  " .. item[1]
    if width_of(term) + 2 > COLUMN then
      lines[#lines + 1] = term
      term = ""
    end
    lines[#lines + 1] = term .. (" "):rep(COLUMN - width_of(term)) .. hanging(item[2], COLUMN)
  end
  return table.concat(lines, "\n")
end

local function section(heading, text)
  return text ~= "" and ("\n%s\n%s\n"):format(heading, text) or ""
end

-- ---------------------------------------------------------------------------------------------
-- One command

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

-- The lines that follow "Usage: ". A usage says where the options go, or they are last.
local function usage_lines(name, declared)
  local lines = {}
  for i, usage in ipairs(declared.usage or { M.usage(name, declared):sub(#name + 2) }) do
    if not usage:find(ANY_OPTIONS, 1, true) then
      usage = usage .. (usage == "" and "" or " ") .. ANY_OPTIONS
    end
    -- "[OPTION ...]" is one word here: a line does not break inside it.
    lines[i] = hanging(("lanyard %s %s"):format(name, usage):gsub("%[OPTION ", "[OPTION\0"), 7):gsub("%z", " ")
  end
  return table.concat(lines, "\n       ")
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
  local kind = option.type and types[option.type]
  local help, placeholder = option.help, types.placeholder(option)
  local term = placeholder and ("%s %s"):format(option[1], placeholder) or option[1]
  local choices = option.choices or kind and kind.choices
  if option[1] == "--output" and choices then
    help = ("Output format: %s (default: %s)."):format(table.concat(choices, ", "), choices[1])
  elseif choices then
    help = ("%s One of %s."):format(help, table.concat(choices, ", "))
  end
  return { term, with_default(help, option) }
end

-- The command's own options with --help and --debug; and { heading, rows } of each group that has a heading.
local function option_groups(options)
  local own, groups = {}, {}
  for _, option in ipairs(options) do
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

-- Statuses that every command can exit with.
local SHARED_STATUSES = { { 2, "the command line is invalid" }, { 130, "interrupted" } }

local function status_rows(exit)
  local statuses, declared, lines = {}, {}, {}
  for _, row in ipairs(exit or {}) do
    declared[row[1]] = true
    statuses[#statuses + 1] = row
  end
  for _, row in ipairs(SHARED_STATUSES) do
    statuses[#statuses + 1] = not declared[row[1]] and row or nil
  end
  table.sort(statuses, function(a, b) return a[1] < b[1] end)
  for i, row in ipairs(statuses) do
    lines[i] = ("  %-4d%s"):format(row[1], hanging(row[2], 6))
  end
  return table.concat(lines, "\n")
end

local function example_rows(examples)
  local lines = {}
  for _, example in ipairs(examples or {}) do
    lines[#lines + 1] = "  " .. example[1]
    lines[#lines + 1] = example[2] and "      " .. hanging(example[2], 6) or nil
  end
  return table.concat(lines, "\n")
end

--- Renders the help of one command.
---@param name string the command, such as "policy lint"
---@param declared cli.Declaration
---@param summaries? table<string, string> the summary of each sub-command
---@return string
function M.command(name, declared, summaries)
  local own, groups = option_groups(declared.options or {})
  local arguments, commands = {}, {}
  for _, argument in ipairs(declared.arguments or {}) do
    local kind = argument.type and types[argument.type]
    local choices = argument.choices or kind and kind.choices
    arguments[#arguments + 1] = { ("<%s>"):format(argument[1]),
      choices and ("%s One of %s."):format(argument.help, table.concat(choices, ", ")) or argument.help }
  end
  for _, command in ipairs(declared.commands or {}) do
    commands[#commands + 1] = { command, summaries and summaries[name .. " " .. command] or "" }
  end
  local parts = {
    hanging(declared.summary, 0), "\n\nUsage: ", usage_lines(name, declared), "\n",
  }
  if declared.description then
    parts[#parts + 1] = "\n" .. M.paragraphs(declared.description) .. "\n"
  end
  parts[#parts + 1] = section("Commands", rows(commands))
  parts[#parts + 1] = section("Arguments", rows(arguments))
  parts[#parts + 1] = section("Options", rows(own))
  for _, group in ipairs(groups) do
    parts[#parts + 1] = section(group[1], rows(group[2]))
  end
  parts[#parts + 1] = section("Exit status", status_rows(declared.exit))
  parts[#parts + 1] = section("Examples", example_rows(declared.examples))
  return table.concat(parts)
end

-- ---------------------------------------------------------------------------------------------
-- All commands

--- Renders the list of commands by category, in the order of the categories; sub-commands are left out.
---@param commands { name: string, summary: string, category?: string }[]
---@return string
function M.overview(commands)
  local parts = {}
  local function add(heading, wanted)
    local lines = {}
    for _, command in ipairs(commands) do
      if wanted(command.category) and not command.name:find " " then
        lines[#lines + 1] = ("  %-13s%s"):format(command.name, hanging(command.summary, 15))
      end
    end
    parts[#parts + 1] = section(heading, table.concat(lines, "\n"))
  end
  local known = {}
  for _, category in ipairs(declaration.CATEGORIES) do
    known[category] = true
    add(category:gsub("^%l", string.upper), function(one) return one == category end)
  end
  add("Your commands", function(one) return not known[one or false] end)
  return table.concat(parts)
end

-- ---------------------------------------------------------------------------------------------
-- Catalogues

--- Renders the entries of a catalogue, the most severe first.
---@param title string
---@param catalogue table<string, { severity: string, summary: string }>
---@return string
function M.catalogue(title, catalogue)
  local ids = lists.sorted_names(catalogue)
  table.sort(ids, function(a, b)
    local first, second = severity.RANK[catalogue[a].severity], severity.RANK[catalogue[b].severity]
    return first < second or first == second and a < b
  end)
  local widest = 0
  for _, id in ipairs(ids) do
    widest = math.max(widest, #id)
  end
  local lines = { M.paragraphs(title), "" }
  for _, id in ipairs(ids) do
    local head = ("  %-10s%s"):format(catalogue[id].severity, id)
    local column = 12 + widest + 2
    lines[#lines + 1] = head .. (" "):rep(column - #head) .. hanging(catalogue[id].summary, column)
  end
  return table.concat(lines, "\n")
end

return M
