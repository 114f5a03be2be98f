--- Checks that a declaration has the members that lanyard.cli.declaration describes, so that a mistake in it is
--- reported by name.

local options = require "lanyard.cli.options"
local types = require "lanyard.cli.types"

local MEMBERS = {
  summary = "string", category = "string", description = "string", arguments = "table", options = "table",
  commands = "table", exit = "table", examples = "table", usage = "table", grammar = "string",
}
local ITEM = {
  help = "string", type = "string", value = "string", choices = "table", default = "string", repeated = "boolean",
  target = "string", args = true, hidden = "boolean", list = "boolean",
}
local ARGS = { ["?"] = true, ["*"] = true, ["+"] = true }

-- Options that every command has.
local OWN = { ["--help"] = true, ["--debug"] = true }

-- Each function returns what is wrong, or nil.

local function check_fields(fields, known, where)
  for name, value in pairs(fields) do
    local wanted = known[name]
    if name ~= 1 and not wanted then
      return ("%s has an unknown member '%s'"):format(where, tostring(name))
    elseif type(wanted) == "string" and type(value) ~= wanted then
      return ("%s: %s must be a %s"):format(where, name, wanted)
    end
  end
  return nil
end

local function check_texts(list, where)
  for _, item in ipairs(list or {}) do
    if type(item) ~= "string" then
      return where .. " must be a list of strings"
    end
  end
  return list and #list == 0 and where .. " is empty" or nil
end

-- Rows such as { 0, "done" } or { "lanyard size web", "Print one size." }.
local function check_rows(rows, kind, where)
  for _, row in ipairs(rows or {}) do
    local valid = type(row) == "table" and type(row[1]) == kind and (row[2] == nil or type(row[2]) == "string")
    if not valid then
      return ("%s must be a list of { %s, text }"):format(where, kind == "number" and "status" or "command line")
    end
  end
  return nil
end

local function check_item(item, where)
  if item.type and type(types[item.type]) ~= "table" then
    return ("%s: there is no type '%s'"):format(where, tostring(item.type))
  end
  return check_fields(item, ITEM, where) or check_texts(item.choices, where .. ": choices")
    or not item.help and item[1] ~= "--output" and where .. " has no help" or nil
end

local function check_argument(argument, number)
  if type(argument) ~= "table" or type(argument[1]) ~= "string" then
    return ("argument %d has no name"):format(number)
  end
  local where = ("argument '%s'"):format(argument[1])
  if argument.args and not ARGS[argument.args] and math.type(argument.args) ~= "integer" then
    return where .. ": args must be '?', '*', '+' or a number"
  end
  return check_item(argument, where)
end

-- taken: the names of the options before it
local function check_option(option, number, taken)
  if type(option) == "string" then
    return not options[option] and ("there is no group of options '%s'"):format(option) or nil
  elseif type(option) ~= "table" or type(option[1]) ~= "string" then
    return ("option %d has no name"):format(number)
  end
  local where = ("option '%s'"):format(option[1])
  if not option[1]:find "^%-%-%a[%w-]*$" then
    return where .. ": the name of an option is -- and a word"
  elseif OWN[option[1]] or taken[option[1]] then
    return where .. " is declared twice, or every command has it"
  end
  taken[option[1]] = true
  return check_item(option, where)
end

--- Returns what is wrong with a declaration.
---@param declared any
---@return string? message nil for a valid declaration
return function(declared)
  if type(declared) ~= "table" then
    return "the declaration is not a table"
  elseif type(declared.summary) ~= "string" then
    return "the declaration has no summary"
  end
  local message = check_fields(declared, MEMBERS, "the declaration") or check_texts(declared.commands, "commands")
    or check_texts(declared.usage, "usage")
    or check_rows(declared.exit, "number", "exit") or check_rows(declared.examples, "string", "examples")
  local taken = {}
  for number, argument in ipairs(not message and declared.arguments or {}) do
    message = message or check_argument(argument, number)
  end
  for number, option in ipairs(not message and declared.options or {}) do
    message = message or check_option(option, number, taken)
  end
  return message
end
