--- What `lanyard help` prints: the list of commands, and the page of a command, a topic, an error or a module.

local command_line = require "lanyard.cli.command"
local commands = require "lanyard.cli.commands"
local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local layout = require "lanyard.text.layout"
local lists = require "lanyard.lists"
local terminal = require "lanyard.cli.terminal"
local topics = require "lanyard.cli.topics"

local M = {}

--- Prints how lanyard is called, on stderr.
function M.usage()
  terminal.note(require("lanyard.assets").read "lanyard/cli/usage.txt")
end

-- Prints a text that may come from a script of the current directory.
local function print_harmless(text)
  terminal.out(text:find "^[\n -~]*$" and text or text:gsub("[^\n]+", escape.printable))
end

--- Prints why the scripts of the current directory are not listed.
---@param err? lanyard.Error
function M.note_untrusted(err)
  if err then
    terminal.note(("lanyard: the scripts in ./.lanyard are ignored: %s (review them, then run 'lanyard trust')"):format(
      exit.describe(err.message)))
  end
end

--- Prints how lanyard is called, and the commands by category.
function M.overview()
  local list, err = commands.overview()
  M.note_untrusted(err)
  local width = terminal.text_width()
  print_harmless(layout.refit(require("lanyard.assets").read "lanyard/cli/usage.txt", width)
    .. require("lanyard.cli.help").overview(list, width)
    .. "\n" .. layout.hanging("'lanyard help COMMAND' describes a command.", width, 0))
end

-- Returns the page that a command makes of its words; nil if it makes none.
local function page_of_words(declared, words)
  local grammar = declared and declared.grammar and words[1] and require("lanyard.cli.grammars")[declared.grammar]
  return grammar and grammar().page(words, terminal.text_width()) or nil
end

--- Prints the help of a script. The script itself is not run: its declaration or its first comment is its help.
---@param script cli.Script
---@param words? string[]  what follows its name
function M.script(script, words)
  local declared, message = commands.declaration(script)
  local page = page_of_words(declared, words or {})
  if page then
    return print_harmless(page)
  end
  if message then
    exit.problem("InvalidDeclaration",
      escape.printable(("%s: the declaration is invalid: %s"):format(script.path, message)))
  elseif not declared then
    local _, text = command_line.header(script.source)
    print_harmless(("Usage: lanyard %s [OPTION ...] [<argument> ...]\n\n%s"):format(script.name,
      text ~= "" and text or "This script has no help: it declares no command and begins with no comment."))
    return
  end
  local summaries = {}
  for _, command in ipairs(declared.commands or {}) do
    local sub = commands.find(script.name, { command })
    summaries[script.name .. " " .. command] = sub and commands.summary(sub)
  end
  print_harmless(require("lanyard.cli.help").command(script.name, declared, summaries, terminal.text_width()))
end

-- Prints the page of a command or its sub-command.
local function print_command(script, rest)
  local declared = commands.declaration(script)
  if rest[1] and declared and declared.grammar then
    return M.script(script, rest)
  elseif rest[1] then
    local has_commands = declared and declared.commands and not declared.arguments
    exit.problem("UnknownCommand", escape.printable(("%s (lanyard help %s)"):format(has_commands
      and command_line.no_subcommand(script.name, declared, rest[1])
      or ("'%s' has no command '%s'"):format(script.name, rest[1]), script.name)))
  end
  M.script(script)
  if declared and declared.grammar then
    terminal.out(require("lanyard.cli.grammars")[declared.grammar]().note(terminal.text_width()))
  end
  local note = script.built_in and require("lanyard.cli.help_modules").note(script.name, terminal.text_width())
  if note then
    terminal.out(note)
  end
end

-- Returns the page of a topic, an error or a module; nil if there is none, or it is not a name of one word.
local function page_of(name, width)
  if topics[name] then
    return topics[name](width)
  end
  local text = require("lanyard.cli.errors").describe(name)
  if text then
    return text
  end
  local message
  text, message = require("lanyard.cli.help_modules").text(name, width)
  if message then
    exit.problem("UnknownCommand", ("%s (lanyard help modules)"):format(escape.printable(message)))
  end
  return text
end

--- Prints the page that words name. Ends the script if there is none.
---@param words string[]  at least one: a command and its sub-command, or one name
function M.page(words)
  local name = words[1]
  local script, rest, err = nil, nil, nil
  if not topics[name] then
    script, rest, err = commands.find(name, { table.unpack(words, 2) })
  end
  if script then
    return print_command(script, rest)
  end
  local width = terminal.text_width()
  local text = page_of(name, width)
  if text and words[2] then
    exit.problem("TooManyArguments", escape.printable(("'%s' has one page: '%s' is not expected (lanyard help %s)")
      :format(name, words[2], name)))
  elseif text then
    return terminal.out(layout.refit(text, width))
  end
  local others, modules = lists.sorted_names(topics), require("lanyard.cli.help_modules").names()
  exit.problem("UnknownCommand", require("lanyard.cli.unknown_command")(name, err,
    table.move(modules, 1, #modules, #others + 1, others)) .. (err and "" or " (lanyard help lists all)"))
end

return M
