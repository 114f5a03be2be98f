local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print where each command comes from.",
  category = "development",
  description = [[
Lists every command and its sub-commands: the built-in ones, the scripts in the
folders of $LANYARD_PATH, in ~/.config/lanyard/scripts ($XDG_CONFIG_HOME) and in
PREFIX/share/lanyard/scripts, and those in ./.lanyard/scripts if you trust them.
A script that a built-in command of the same name hides is named on stderr.
]],
  options = { { "--output", choices = { "table", "json" } } },
  exit = { { 0, "the commands were printed" } },
  examples = {
    { "lanyard scripts", "List all commands." },
    { "lanyard scripts --query '[?!builtIn].[name, path]' --output text", "List your own." },
  },
}
local options = command:parse(...)

local commands = require "lanyard.cli.commands"
local hidden_script = require "lanyard.cli.hidden"
local json = require "lanyard.json"
local results = require "lanyard.cli.print"

local scripts, hidden, err = commands.list()
require("lanyard.cli.help_command").note_untrusted(err)
for _, script in ipairs(hidden) do
  cli.note("lanyard: " .. hidden_script.describe(script))
end
if options.output == "json" then
  local items = json.array {}
  for i, script in ipairs(scripts) do
    items[i] = {
      name = script.name, builtIn = script.built_in, path = not script.built_in and script.path or nil,
      summary = commands.summary(script),
    }
  end
  results.json(items)
  return cli.exit.ok
end
local rows = {}
for i, script in ipairs(scripts) do
  rows[i] = { script.name, script.built_in and "(built in)" or script.path, commands.summary(script) }
end
results.rows({ "SCRIPT", "FROM", "SUMMARY" }, rows)
return cli.exit.ok
