local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Run lines of Lua that you type, with completion and history.",
  category = "development",
  description = [[
A line that is an expression is printed, tables with their members. Calls of AWS wait for their reply
as in scripts. Each line runs in its own task, and its local variables end with it: assign to globals
to keep a value. `_` is the last result. Input that is not complete continues on the next line.

  > ecr = aws.client("ecr", { region = "us-east-1" })
  > ecr:DescribeRepositories {}
  > for r in ecr:each("DescribeRepositories", "repositories") do
  >>   print(r.repositoryName)
  >> end

`lanyard` has every module: lanyard.policy, lanyard.json and others. These are also globals: aws,
policy, access, task, json. With `lanyard --emulator repl` calls go to a new emulator.

Keys

  Tab                  complete modules, globals, fields and methods, the
                       operations and required members of AWS services, names
                       of services and Regions; twice: list
  Up, Down             the lines before; Ctrl-R searches them
  Ctrl-A, Ctrl-E       to the beginning, to the end
  Ctrl-W, Ctrl-K, Ctrl-U, Ctrl-Y
                       cut the word, the rest, the text before; insert it
  Ctrl-C               discard the line, or end the one that runs
  Ctrl-D               leave

The lines are kept in $XDG_DATA_HOME/lanyard/repl-history (by default in ~/.local/share), which only
you can read (mode 0600). A line that begins with a blank is not recorded, and neither is one that
seems to have a secret: a password, a token, a secret key, an access key id or a private key.

Without a terminal, lines are read from stdin without a prompt. The first one that fails ends the
run.
]],
  options = { { "--no-history", help = "Read and write no history." } },
  exit = { { 0, "the input ended" }, { 1, "a line failed, without a terminal" } },
  examples = {
    { "lanyard repl", "Call AWS with the settings of this machine." },
    { "lanyard --emulator repl", "Try things out." },
  },
}
local options = command:parse(...)

local history = require "lanyard.repl.history"
local prompt = require "lanyard.prompt"
local repl = require "lanyard.repl"
local system = require "lanyard.system"

local interactive = system.isatty(0) and system.isatty(1)
if not interactive then
  prompt.forbid() -- the rest of the input is not an answer
else
  cli.note(("lanyard %s (Lua 5.4). Tab completes, Ctrl-D leaves, 'lanyard help repl' explains.")
    :format(require "lanyard.version"))
end

-- Assignments stay in a table of their own.
local lanyard = require "lanyard"
local globals = setmetatable({ lanyard = lanyard }, { __index = _G })
for _, name in ipairs { "aws", "policy", "access", "task", "json" } do
  globals[name] = lanyard[name]
end

local ok = repl.run {
  interactive = interactive, globals = globals,
  history = not options.no_history and history.default_path() or nil,
}
return ok and cli.exit.ok or cli.exit.failed
