--- The command line of a script: a literal declaration (lanyard.cli.declaration), or options built by calls.
---
---     local options = cli.command { summary = ..., options = { ... } }:parse(...)
---
---     local command = cli.command(...):with_aws():with_output { "table", "json" }
---     command:argument("service", "The container service.")
---     local options = command:parse()
---
--- A script that builds its options has its first comment as its help.

local escape = require "lanyard.text.escape"
local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"
local exit = require "lanyard.cli.exit"
local output_option = require "lanyard.cli.output_option"
local results = require "lanyard.cli.result"
local shared = require "lanyard.cli.options"
local system = require "lanyard.system"
local terminal = require "lanyard.cli.terminal"
local types = require "lanyard.cli.types"

local shellwords = lazy "lanyard.text.shellwords"
local suggest = lazy "lanyard.text.suggest"

local M = {}

--- Whether tracebacks and the wire log go to stderr: --debug, or LANYARD_DEBUG=1.
M.debug = os.getenv "LANYARD_DEBUG" == "1"

--- The texts of scripts by chunk name, for scripts that came from no file. lanyard.cli.main fills it.
---@type table<string, string>
M.sources = {}

--- The names of commands by chunk name, where the name does not follow from the file's. lanyard.cli.main fills it.
---@type table<string, string>
M.names = {}

--- The chunk names of scripts whose declarations were checked when the binary was built. lanyard.cli.main fills it.
---@type table<string, true>
M.checked = {}

--- Returns the comment that a script begins with: its first sentence and its whole text.
---@param source string
---@return string summary
---@return string text
function M.header(source)
  local lines = {}
  for line in source:gsub("^#![^\n]*\n", ""):gmatch "([^\n]*)\n?" do
    local text = line:match "^%-%-%-? ?(.*)$"
    if not text then
      break
    end
    lines[#lines + 1] = text
  end
  local text = table.concat(lines, "\n")
  local summary = text:match "^(.-)\n%s*\n" or text
  return summary:gsub("\n", " "), text
end

-- ---------------------------------------------------------------------------------------------
-- The parser

local function set_debug()
  M.debug = true
end

local function new_parser(name, description)
  local parser = require("argparse")("lanyard " .. name, description):add_help(false)
  parser:help_max_width(80):usage_max_width(80)
  parser:flag("-h --help", "Print this help.")
  parser:flag("--debug", "Print tracebacks, and a wire log without secrets, on stderr."):action(set_debug)
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

local function add_option(parser, option)
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

-- Returns the options of a declaration in their order, including all of its groups.
local function options_of(declared)
  local all = {}
  for _, option in ipairs(declared.options or {}) do
    local group = type(option) == "table" and { option } or shared[option]
    table.move(group, 1, #group, #all + 1, all)
  end
  return all
end

-- Returns an option of a declaration; nil if it has none of this name.
local function find_option(declared, name)
  for _, option in ipairs(options_of(declared)) do
    if option[1] == name then
      return option
    end
  end
end

-- Reports whether the result of the parser depends on an option: it is one of the words, or sets something without.
local function is_needed(option, words)
  if option.default or option.repeated then
    return true
  end
  local name = option[1]
  for _, word in ipairs(words) do
    if word == name or word:find(name .. "=", 1, true) == 1 then
      return true
    end
  end
  return false
end

-- The parser of a declared command. With `words`, it has the options on which the result for these words depends: to
-- declare an option to argparse takes longer than to parse it.
local function parser_of(name, declared, words)
  local parser = new_parser(name, declared.summary)
  for _, argument in ipairs(declared.arguments or {}) do
    add_argument(parser, argument)
  end
  for _, option in ipairs(options_of(declared)) do
    if not words or is_needed(option, words) then
      add_option(parser, option)
    end
  end
  return parser
end

-- Parses words. Returns whether they have no mistake; the options or a message; and the parser, which has all options
-- after a mistake.
local function parse(self, words)
  local parser = self.parser or parser_of(self.name, self.declared, words)
  local ok, result = parser:pparse(words)
  if not ok and not self.parser then
    parser = parser_of(self.name, self.declared)
    ok, result = parser:pparse(words)
  end
  return ok, result, parser
end

-- ---------------------------------------------------------------------------------------------
-- Commands

--- The command line of a script.
---@class cli.Command
---@field name string          of the command
---@field private help? string  the command line that prints its help
---@field declared? cli.Declaration  what the script declares
---@field words? string[] the command line of a command that is built by calls
local Command = {}
Command.__index = Command

-- The name of the command whose script called, `level` functions up.
local function name_of_caller(level)
  local chunk_name = debug.getinfo(level + 1, "S").source
  return M.names[chunk_name] or chunk_name:match "([^/]+)$":gsub("^@", ""):gsub("%.lua$", ""), chunk_name
end

local function includes(options, group)
  for _, option in ipairs(options or {}) do
    if option == group then
      return true
    end
  end
  return false
end

-- Paragraphs as one line each, for argparse to fill; indented lines stay as they are.
local function unwrapped(text)
  return (text:gsub("([^\n])\n([^%s])", "%1 %2"))
end

-- The command line that describes a script; nil for one from standard input or -e, which has no page of help.
local function help_line(name, chunk_name)
  local path = not M.names[chunk_name] and chunk_name:match "^@(.*)"
  if path then
    return ("lanyard %s --help"):format(shellwords.join { path })
  end
  return not name:find "^%-" and "lanyard help " .. name or nil
end

local function built(words, chunk_name, name)
  local source = M.sources[chunk_name]
  if not source then
    local path = chunk_name:match "^@(.*)"
    source = path and system.read_file(path) or ""
  end
  local _, text = M.header(source)
  return setmetatable({
    name = name, help = help_line(name, chunk_name), words = words, parser = new_parser(name, unwrapped(text)),
  }, Command)
end

--- Makes the command line of the calling script. Raises an error for an invalid declaration.
---@param ... cli.Declaration|string  a declaration; or the script's own arguments, to build the options by calls
---@return cli.Command
function M.command(...)
  local name, chunk_name = name_of_caller(2)
  local declared = ...
  if type(declared) ~= "table" then
    return built({ ... }, chunk_name, name)
  end
  local writes_text = output_option.writes_text(declared.options)
  if M.checked[chunk_name] then
    declared.options = declared.options and output_option.complete(declared.options)
  else
    local valid, message = require("lanyard.cli.declaration").check(declared)
    if not valid then
      error(message, 2)
    end
  end
  return setmetatable({
    name = name, help = help_line(name, chunk_name), declared = declared,
    has_rules = includes(declared.options, "rules"), writes_text = writes_text,
    output = find_option(declared, "--output"), query = find_option(declared, "--query"),
  }, Command)
end

-- argparse's own makers of arguments, options, flags and sub-commands.
for _, maker in ipairs { "argument", "option", "flag", "command" } do
  Command[maker] = function(self, ...)
    return self.parser[maker](self.parser, ...)
  end
end

local function add_group(self, name)
  for _, option in ipairs(shared[name]) do
    add_option(self.parser, option)
  end
  return self
end

--- Adds the options that choose account, Region and endpoint to a command that is built by calls.
---@return cli.Command self
function Command:with_aws()
  return add_group(self, "aws")
end

--- Adds --output with these formats to a command that is built by calls. The first one is the default.
---@param formats string[]
---@return cli.Command self
function Command:with_output(formats)
  self.output = { "--output", help = ("Output format (default: %s)."):format(formats[1]),
    choices = output_option.choices(formats) }
  self.writes_text = lists.contains(formats, "text")
  add_option(self.parser, self.output)
  return self
end

--- Adds --dry-run, which every script has that changes something, to a command that is built by calls.
---@return cli.Command self
function Command:with_dry_run()
  return add_group(self, "dry-run")
end

--- Adds --rules, which every script has that changes something through `lanyard.access`, to a command that is built by
--- calls.
---@return cli.Command self
function Command:with_rules()
  self.has_rules = true
  return add_group(self, "rules")
end

--- Adds --yes, for scripts that ask before they change something, to a command that is built by calls.
---@return cli.Command self
function Command:with_yes()
  return add_group(self, "yes")
end

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
local function clarified(self, parser, message, words)
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
    return ("--emulator goes before the command: lanyard --emulator %s"):format(self.name)
  elseif ((self.declared or {}).usage or {})[1] and self.declared.usage[1]:find("-- <command>", 1, true) then
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

--- Ends the script as a usage error, with exit status 2.
---@param message string  what is wrong with the words; the name of the command's help is added
---@param code? string    a code of `lanyard help errors`; "Usage" by default
function Command:usage(message, code)
  local line = escape.printable((message:gsub("\n", " ")))
  exit.problem(code or "Usage", self.help and ("%s (%s)"):format(line, self.help) or line)
end

--- Returns whether words contain -h or --help before a "--".
---@param words string[]
---@return boolean
function M.wants_help(words)
  for _, word in ipairs(words) do
    if word == "--" then
      return false
    elseif word == "-h" or word == "--help" then
      return true
    end
  end
  return false
end

--- Describes a missing or unknown sub-command.
---@param name string the command
---@param declared cli.Declaration
---@param word? string what was given instead of a sub-command
---@return string
function M.no_subcommand(name, declared, word)
  local all = table.concat(declared.commands, ", ")
  if not word or word:sub(1, 1) == "-" then
    return ("%s needs one of the commands %s"):format(name, all)
  end
  local near = suggest(word, declared.commands)
  return ("there is no command '%s %s'; the commands of %s are %s%s"):format(name, word, name, all,
    near and ("; did you mean '%s %s'?"):format(name, near) or "")
end

-- Adds --query to a command that is built by calls, has --output json, and no option of that name.
local function add_query(self)
  if not self.output or self.query or not lists.contains(self.output.choices, "json") then
    return
  end
  for _, option in ipairs(self.parser._options) do
    if lists.contains(option._aliases, "--query") then
      return
    end
  end
  self.query = output_option.QUERY
  add_option(self.parser, self.query)
end

-- Reads --query, and replaces --output by the format that the command itself writes.
local function choose_output(self, options)
  local option = self.output
  local choices = option and (option.choices or option.type and types[option.type].choices)
  results.reset()
  if not choices then
    options.output = options.output or option and option.default
    return
  end
  local has_query = self.query and self.query.type == output_option.QUERY.type
  options.output = results.choose {
    command = self.name, choices = choices, default = option.default or choices[1], writes_text = self.writes_text,
    output = options.output, query = has_query and options.query or nil,
  }
end

--- Parses the command line. A mistake in it ends the script with one line and exit status 2. --help prints the help and
--- ends the script.
---@param ... string  the script's arguments; not needed where `cli.command` took them
---@return table options  the values by name, arguments included: that of --dry-run is `dry_run`
function Command:parse(...)
  local words, declared = self.words or { ... }, self.declared
  if self.parser then
    add_query(self)
  end
  if M.wants_help(words) then
    terminal.out(declared and require("lanyard.cli.help").command(self.name, declared, nil,
      terminal.text_width()) or self.parser:get_help())
    exit.leave(exit.STATUS.ok)
  end
  if declared and declared.commands and not declared.arguments then
    self:usage(M.no_subcommand(self.name, declared, words[1]), words[1] and "UnknownCommand" or "MissingArgument")
  end
  local ok, result, parser = parse(self, words)
  if not ok then
    local message = clarified(self, parser, result, words)
    self:usage(message, code_of(message))
  end
  result.has_rules = self.has_rules
  choose_output(self, result)
  return result
end

--- Checks the words of a declared command as `parse` does, without running the command.
---@param name string
---@param declared cli.Declaration
---@param words string[]
---@return string? message what is wrong with them
function M.problem(name, declared, words)
  if M.wants_help(words) then
    return nil
  elseif declared.grammar then
    return require("lanyard.cli.grammars")[declared.grammar]().problem(words)
  end
  local before = M.debug
  local command = setmetatable({ name = name, help = "lanyard help " .. name, declared = declared }, Command)
  local ok, raised = pcall(Command.parse, command, table.unpack(words))
  M.debug = before
  if ok then
    return nil
  elseif not exit.is_exit(raised) then
    error(raised, 0)
  end
  return raised.message
end

return M
