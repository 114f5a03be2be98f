--- Renders help: of one command, from its declaration, and the list of all commands.

local declaration = require "lanyard.cli.declaration"
local lists = require "lanyard.lists"
local parts_of = require "lanyard.cli.parts"
local severity = require "lanyard.severity"
local width_of = require("lanyard.text.width").of

local M = {}

local WIDTH = 80

-- The column at which the text of an argument or option begins.
local COLUMN = 26

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

--- Fills a text to 80 columns, with its lines after the first indented.
---@type fun(text: string, indent: integer): string
M.hanging = hanging

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

--- Returns how a command is called, without its options.
M.usage = parts_of.usage

-- The lines that follow "Usage: ".
local function usage_lines(name, declared)
  local lines = {}
  for i, usage in ipairs(parts_of.usages(name, declared)) do
    -- "[OPTION ...]" is one word here: a line does not break inside it.
    lines[i] = hanging(usage:gsub("%[OPTION ", "[OPTION\0"), 7):gsub("%z", " ")
  end
  return table.concat(lines, "\n       ")
end

local function status_rows(declared)
  local lines = {}
  for i, row in ipairs(parts_of.statuses(declared)) do
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
  local own, groups = parts_of.options(declared)
  local parts = {
    hanging(declared.summary, 0), "\n\nUsage: ", usage_lines(name, declared), "\n",
  }
  if declared.description then
    parts[#parts + 1] = "\n" .. M.paragraphs(declared.description) .. "\n"
  end
  parts[#parts + 1] = section("Commands", rows(parts_of.commands(name, declared, summaries)))
  parts[#parts + 1] = section("Arguments", rows(parts_of.arguments(declared)))
  parts[#parts + 1] = section("Options", rows(own))
  for _, group in ipairs(groups) do
    parts[#parts + 1] = section(group[1], rows(group[2]))
  end
  parts[#parts + 1] = section("Exit status", status_rows(declared))
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
