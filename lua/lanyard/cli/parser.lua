--- Command lines that argparse reads: of scripts that build their options by calls, and those with a mistake. Most
--- commands do without it (lanyard.cli.words).

local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"
local types = require "lanyard.cli.types"
local words_of = require "lanyard.cli.words"

local suggest = lazy "lanyard.text.suggest"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Making a parser

--- Returns a parser with the options that every command has.
---@param name string         of the command
---@param description string
---@param on_debug fun()      is called for --debug
---@return table
function M.new(name, description, on_debug)
  local parser = require("argparse")("lanyard " .. name, description):add_help(false)
  parser:help_max_width(80):usage_max_width(80)
  parser:flag("-h --help", "Print this help.")
  parser:flag("--debug", "Print tracebacks, and a wire log without secrets, on stderr."):action(on_debug)
  return parser
end

local function add_argument(parser, argument)
  local kind = types[argument.type or "text"]
  local added = parser:argument(argument[1], argument.help)
  added:args(argument.args or 1)
  if argument.choices or kind.choices then
    added:choices(argument.choices or kind.choices)
  end
  if kind.convert then
    added:convert(kind.convert)
  end
  if argument.default then
    added:default(argument.default)
  end
end

--- Adds an option.
---@param parser table
---@param option cli.Option
function M.add_option(parser, option)
  local kind = option.type and types[option.type]
  local choices = option.choices or kind and kind.choices
  local added
  if not kind and not choices then
    added = parser:flag(option[1], option.help)
  else
    added = parser:option(option[1], option.help):argname(types.placeholder(option))
  end
  if choices then
    added:choices(choices)
  end
  if option.default and option[1] ~= "--output" then
    added:default(option.default) -- Command:parse adds the default of --output, which depends on --query
  end
  if kind and kind.convert then
    added:convert(kind.convert)
  end
  if option.repeated then
    added:count "*"
  elseif kind or choices then
    added:overwrite(false)
  end
  if option.target then
    added:target(option.target)
  end
end

--- Returns the parser of a declared command.
---@param name string
---@param declared cli.Declaration
---@param on_debug fun()
---@return table
function M.of(name, declared, on_debug)
  local parser = M.new(name, declared.summary, on_debug)
  for _, argument in ipairs(declared.arguments or {}) do
    add_argument(parser, argument)
  end
  for _, option in ipairs(words_of.options(declared)) do
    M.add_option(parser, option)
  end
  return parser
end

-- ---------------------------------------------------------------------------------------------
-- Mistakes

-- Returns the nearest choice for an invalid value on the command line: of an option, or of an argument, which can be
-- any word.
local function near_choice(message, words)
  local option, choices = message:match "option '(%-%-[%w-]+)' must be one of (.*)$"
  choices = choices or message:match "must be one of (.*)$"
  local names = {}
  for name in choices:gmatch "'([^']*)'" do
    names[#names + 1] = name
  end
  for i, word in ipairs(words) do
    local name, value = word:match "^(%-%-[%w-]+)=(.*)$"
    value = option and (name == option and value or words[i - 1] == option and word or nil)
      or not option and word:sub(1, 1) ~= "-" and word or nil
    local near = value and not lists.contains(names, value) and suggest(value, names)
    if near then
      return near
    end
  end
end

local TOO_MANY = "too many arguments"

-- Returns the first word that the parser does not expect: the shortest beginning of the words that has too many ends
-- with it.
local function unexpected(parser, words)
  for i = 1, #words do
    local ok, message = parser:pparse(table.move(words, 1, i, 1, {}))
    if not ok and message == TOO_MANY then
      return words[i]
    end
  end
end

-- Rewrites what argparse says: about an argument too many, about an option that is given twice, or an unknown one with
-- its suggestions and what is known about this command, or about a value that is not one of the choices.
local function clarified(command, parser, message, words)
  local twice = message:match "^option '(%-%-?[%w-]+)' must be used at most 1 time$"
  local option = message:match "^unknown option '([^']*)'"
  if twice then
    return twice .. " is given twice"
  elseif message == TOO_MANY then
    return ("%s: '%s' is not expected"):format(TOO_MANY, unexpected(parser, words))
  elseif message:find "must be one of '" then
    local near = near_choice(message, words)
    return near and ("%s; did you mean '%s'?"):format(message, near) or message
  elseif not option then
    return message
  elseif option == "--emulator" then
    return ("--emulator goes before the command: lanyard --emulator %s"):format(command.name)
  elseif ((command.declared or {}).usage or {})[1] and command.declared.usage[1]:find("-- <command>", 1, true) then
    message = message .. "; options of the command itself go after --"
  end
  return (message:gsub("\nDid you mean one of these: (.-)%?", function(names)
    return ("; did you mean one of %s?"):format(names:gsub("' '", "', '"))
  end):gsub("\nDid you mean ", "; did you mean "))
end

-- The codes of what argparse says, by patterns. What a converter of a value says is none of them.
local PARSER_CODES = {
  { "^unknown option", "UnknownOption" }, { "goes before the command", "UnknownOption" },
  { "is given twice$", "RepeatedOption" }, { " must be one of ", "InvalidChoice" }, { "^missing ", "MissingArgument" },
  { "^too many arguments", "TooManyArguments" }, { " requires ", "MissingValue" },
}

local function code_of(message)
  for _, row in ipairs(PARSER_CODES) do
    if message:find(row[1]) then
      return row[2]
    end
  end
  return "InvalidValue"
end

--- Reads words.
---@param parser table
---@param command cli.Command
---@param words string[]
---@return table? options  the values by name, arguments included; nil for a mistake
---@return string? message  what is wrong
---@return string? code
function M.read(parser, command, words)
  local ok, result = parser:pparse(words)
  if ok then
    return result
  end
  local message = clarified(command, parser, result, words)
  return nil, message, code_of(message)
end

return M
