--- The value that a command prints, in the format of --output, or what --query selects of it.
---
---     result.value(items)           -- one JSON value: indented JSON, text or YAML
---     result.json(json.encode(...)) -- the same, from a JSON text or a line of JSON Lines
---
--- A command makes its value once and does not know about the formats: Command:parse gives it "json" as --output for
--- all formats that are written from the value, and calls `choose`.

local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local json = require "lanyard.json"
local lazy = require "lanyard.lazy"
local terminal = require "lanyard.cli.terminal"

local width = lazy "lanyard.text.width"

local M = {}

-- What --output and --query ask for; nil where the command prints its JSON as it is.
---@class cli.Output
---@field format "json"|"jsonl"|"text"|"yaml"
---@field query? jmespath.Query
local chosen

local is_printed = false -- whether a value was printed

-- The most characters of an expression that are shown on each side of a mistake.
local AROUND = 60

-- ---------------------------------------------------------------------------------------------
-- Mistakes in a query

-- Returns the expression around a position, and the column of the position in it.
local function excerpt(expression, position)
  local characters = {}
  for character in escape.utf8(expression):gmatch(utf8.charpattern) do
    characters[#characters + 1] = escape.printable(character)
  end
  local first = math.max(1, position - AROUND)
  local before = table.concat(characters, "", first, math.min(position - 1, #characters))
  local after = table.concat(characters, "", position, math.min(position + AROUND, #characters))
  return before .. after, width.of(before)
end

-- Describes an error of a query: a line with its position, the expression, and a caret below the position.
local function described(expression, err, remark)
  local text, column = excerpt(expression, err.position)
  return ("--query: column %d: %s%s\n  %s\n  %s^"):format(err.position, escape.printable(err.message), remark, text,
    (" "):rep(column))
end

-- ---------------------------------------------------------------------------------------------
-- What to print

local VALUES = { json = true, jsonl = true, text = true, yaml = true }

local function joined(choices)
  local formats = {}
  for _, format in ipairs(choices) do
    formats[#formats + 1] = VALUES[format] and format or nil
  end
  return table.concat(formats, ", ", 1, #formats - 1) .. " or " .. formats[#formats]
end

---@class cli.OutputRequest
---@field command string      the name of the command
---@field choices string[]    the formats of its --output
---@field default string      the one that it writes if there is neither --output nor --query
---@field writes_text boolean whether the command itself writes the format text
---@field output? string      --output
---@field query? string       --query

--- Compiles an expression of --query. Ends the script for a mistake in it.
---@param expression string
---@param command string  the name of the command
---@return jmespath.Query
function M.compile(expression, command)
  local query, err = require("lanyard.text.jmespath").compile(expression)
  if err then
    exit.problem("InvalidQuery", described(expression, err, (" (lanyard help %s)"):format(command)))
  end
  return query
end

--- Prints results as they are, until `choose` decides otherwise.
function M.reset()
  chosen, is_printed = nil, false
end

--- Prints a warning if a script of the user has ended and printed its result past this module, so that --query and
--- --output had no effect.
function M.note_unused()
  if chosen and not is_printed then
    terminal.note("lanyard: warning: the format and --query have no effect: the script prints its result without "
      .. "cli.json of lanyard.cli")
  end
end

--- Decides how the result is printed. Ends the script for a mistake in the query, and for a query with a format that
--- is not written from a value.
---@param request cli.OutputRequest
---@return string output  the format that the command itself writes
function M.choose(request)
  local query = request.query and M.compile(request.query, request.command)
  local output = request.output or (query and "json" or request.default)
  if query and not VALUES[output] then
    exit.problem("ConflictingOptions", ("--query does not apply to --output %s: use %s (lanyard help %s)")
      :format(output, joined(request.choices), request.command))
  end
  local is_written_here = output == "yaml" or output == "text" and (query or not request.writes_text)
  chosen = (query or is_written_here) and { format = output, query = query } or nil
  return is_written_here and "json" or output
end

-- ---------------------------------------------------------------------------------------------
-- Printing

--- Returns what a query selects of a result. A type that is wrong shows only here, when the command is done.
---@param query jmespath.Query
---@param value any of lanyard.json
---@return any
function M.search(query, value)
  local found, err = query:search(value)
  if err then
    exit.problem("InvalidQuery", described(query.expression, err,
      "; the command is done, and its result cannot be printed"))
  end
  return found
end

local function selected(value)
  return not chosen.query and value or M.search(chosen.query, value)
end

--- Returns the text of a value in the chosen format, with its line end.
---@param value any of lanyard.json
---@return string text
---@return boolean is_plain whether characters that are not printable are yet to be escaped
function M.render(value)
  if not chosen then
    return json.encode(value, { pretty = true }) .. "\n", false
  end
  is_printed = true
  value = selected(value)
  if chosen.format == "yaml" then
    return require("lanyard.text.yaml").encode(value), false
  elseif chosen.format == "text" then
    return require("lanyard.text.tabbed").encode(value), true
  end
  return json.encode(value, { pretty = chosen.format == "json" }) .. "\n", false
end

--- Reports whether the value is printed in another format than JSON, or a query selects from it.
---@return boolean
function M.is_changed()
  return chosen ~= nil
end

--- Prints a value.
---@param value any of lanyard.json
function M.value(value)
  local text, is_plain = M.render(value)
  terminal.used = true -- an empty list has no rows as text, which is a result, too
  if is_plain then
    terminal.out(text)
  elseif chosen and chosen.format == "yaml" then
    terminal.data(text)
  else
    terminal.json(text)
  end
end

--- Prints one value of a stream, such as an event that has just happened: a line of JSON, rows of text, or a document
--- of YAML. A value of which the query selects null is left out.
---@param value any of lanyard.json
function M.event(value)
  is_printed = true
  value = chosen and selected(value) or value
  local format = chosen and chosen.format or "json"
  if value == json.null then
    return
  elseif format == "text" then
    terminal.out(require("lanyard.text.tabbed").encode(value))
  elseif format == "yaml" then
    terminal.data("---\n" .. require("lanyard.text.yaml").encode(value))
  else
    terminal.json(json.encode(value) .. "\n")
  end
end

--- Returns what the query selects of each line of JSON Lines, a line for each. A line of which it selects null is left
--- out.
---@param text string
---@return string
function M.lines(text)
  if not (chosen and chosen.query) then
    return text
  end
  local lines = {}
  for line in text:gmatch "[^\n]+" do
    local found = selected(json.decode(line))
    lines[#lines + 1] = found ~= json.null and json.encode(found) .. "\n" or nil
  end
  return table.concat(lines)
end

--- Prints a value that is encoded as JSON: one JSON text, or JSON Lines with --output jsonl.
---@param text string
function M.json(text)
  if not chosen then
    terminal.json(text)
  elseif chosen.format == "jsonl" then
    is_printed = true
    terminal.json(M.lines(text))
  else
    M.value(exit.check(json.decode(text)))
  end
end

return M
