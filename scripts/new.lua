local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Write a new command of your own, with its spec.",
  category = "development",
  description = [[
Writes NAME.lua, a command that works and that you change, and spec/NAME_spec.lua, its tests. The
command can be run at once as `lanyard NAME` if the folder is the one of your scripts, which is the
default, or in $LANYARD_PATH. No file is ever overwritten.

`lanyard help test` describes specs. lua/README.md in the source has a tutorial.
]],
  arguments = { { "name", help = "Name of the command: lower-case letters, digits, - and _." } },
  options = {
    { "--directory", type = "file", value = "DIR",
      help = "Folder of the command (default: $XDG_CONFIG_HOME/lanyard/scripts or ~/.config/lanyard/scripts)." },
  },
  exit = { { 0, "both files were written" }, { 1, "a file exists, or cannot be written" } },
  examples = {
    { "lanyard new size", "Write a command of yours." },
    { "lanyard new size --directory .lanyard/scripts", "Write one that belongs to this checkout." },
  },
}
local options = command:parse(...)

local new_command = require "lanyard.testing.new_command"
local shellwords = require "lanyard.text.shellwords"

local ok, message = new_command.check_name(options.name)
if not ok then
  command:usage(message, "InvalidValue")
end
local written = cli.check(new_command.write(options.name, options.directory))
for _, path in ipairs(written.paths) do
  cli.out("wrote " .. path)
end
local quoted = shellwords.quote
cli.note ""
if written.untrusted then
  cli.note "Review and trust the scripts of this checkout first: lanyard trust"
elseif not written.found then
  cli.note(("To run it by its name: export LANYARD_PATH=%s"):format(quoted(written.folder)))
end
cli.note(("Try it:   lanyard --emulator %s"):format(options.name))
cli.note(("Test it:  lanyard test %s"):format(quoted(written.paths[2])))
cli.note(("Edit it:  %s"):format(quoted(written.paths[1])))
