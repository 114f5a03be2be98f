--- Renders help: of one command, from its declaration, and the list of all commands.

local declaration = require "lanyard.cli.declaration"
local layout = require "lanyard.text.layout"
local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"
local severity = require "lanyard.severity"

local parts_of = lazy "lanyard.cli.parts"

local M = {}

-- The width where the caller gives none.
local WIDTH = 80

-- The column at which the text of an argument or option begins.
local COLUMN = 26

local function section(heading, text)
  return text ~= "" and ("\n%s\n%s\n"):format(heading, text) or ""
end

-- ---------------------------------------------------------------------------------------------
-- One command

--- Returns how a command is called, without its options.
M.usage = parts_of.usage

-- The lines that follow "Usage: ".
local function usage_lines(name, declared, width)
  local lines, indent = {}, width < WIDTH // 2 and 2 or #"Usage: "
  for i, usage in ipairs(parts_of.usages(name, declared)) do
    -- "[OPTION ...]" is one word here: a line does not break inside it.
    local text = layout.hanging((usage:gsub("%[OPTION ", "[OPTION\0")), width, indent)
    lines[i] = text:gsub("%z", " ")
  end
  return (indent == 2 and "Usage:\n  " or "Usage: ") .. table.concat(lines, "\n" .. (" "):rep(indent))
end

local function status_rows(declared, width)
  local lines = {}
  for i, row in ipairs(parts_of.statuses(declared)) do
    lines[i] = ("  %-4d%s"):format(row[1], layout.hanging(row[2], width, 6))
  end
  return table.concat(lines, "\n")
end

local function example_rows(examples, width)
  local lines = {}
  for _, example in ipairs(examples or {}) do
    lines[#lines + 1] = "  " .. layout.hanging(example[1], width, 4)
    lines[#lines + 1] = example[2] and "      " .. layout.hanging(example[2], width, 6) or nil
  end
  return table.concat(lines, "\n")
end

--- Renders the help of one command.
---@param name string the command, such as "policy lint"
---@param declared cli.Declaration
---@param summaries? table<string, string> the summary of each sub-command
---@param width? integer of the terminal; 80 unless given
---@return string
function M.command(name, declared, summaries, width)
  width = width or WIDTH
  local own, groups = parts_of.options(declared)
  local parts = {
    layout.hanging(declared.summary, width, 0), "\n\n", usage_lines(name, declared, width), "\n",
  }
  local function rows(items)
    return layout.rows(items, width, COLUMN)
  end
  if declared.description then
    parts[#parts + 1] = "\n" .. layout.text(declared.description, width) .. "\n"
  end
  parts[#parts + 1] = section("Commands", rows(parts_of.commands(name, declared, summaries)))
  parts[#parts + 1] = section("Arguments", rows(parts_of.arguments(declared)))
  parts[#parts + 1] = section("Options", rows(own))
  for _, group in ipairs(groups) do
    parts[#parts + 1] = section(group[1], rows(group[2]))
  end
  parts[#parts + 1] = section("Exit status", status_rows(declared, width))
  parts[#parts + 1] = section("Examples", example_rows(declared.examples, width))
  return table.concat(parts)
end

-- ---------------------------------------------------------------------------------------------
-- All commands

--- Renders the list of commands by category, in the order of the categories; sub-commands are left out.
---@param commands { name: string, summary: string, category?: string }[]
---@param width? integer of the terminal; 80 unless given
---@return string
function M.overview(commands, width)
  local rows, own = {}, {}
  for _, category in ipairs(declaration.CATEGORIES) do
    rows[category] = {}
  end
  for _, command in ipairs(commands) do
    if not command.name:find(" ", 1, true) then
      table.insert(rows[command.category] or own, { command.name, command.summary })
    end
  end
  local parts = {}
  local function add(heading, list)
    parts[#parts + 1] = section(heading, layout.rows(list, width or WIDTH, 15))
  end
  for _, category in ipairs(declaration.CATEGORIES) do
    add(category:gsub("^%l", string.upper), rows[category])
  end
  add("Your commands", own)
  return table.concat(parts)
end

-- ---------------------------------------------------------------------------------------------
-- Catalogues

--- Renders the entries of a catalogue, the most severe first.
---@param title string
---@param catalogue table<string, { severity: string, summary: string }>
---@param width? integer of the terminal; 80 unless given
---@return string
function M.catalogue(title, catalogue, width)
  width = width or WIDTH
  local ids = lists.sorted_names(catalogue)
  table.sort(ids, function(a, b)
    local first, second = severity.RANK[catalogue[a].severity], severity.RANK[catalogue[b].severity]
    return first < second or first == second and a < b
  end)
  local rows, widest = {}, 0
  for i, id in ipairs(ids) do
    rows[i] = { ("%-10s%s"):format(catalogue[id].severity, id), catalogue[id].summary }
    widest = math.max(widest, #id)
  end
  return layout.text(title, width) .. "\n\n" .. layout.rows(rows, width, 12 + widest + 2)
end

return M
