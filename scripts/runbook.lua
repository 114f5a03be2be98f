local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Run a Markdown runbook and write a transcript.",
  category = "operations",
  description = [[
Runs the ```lanyard and ```lua blocks of the runbook in order. A `lanyard` block
has one command per line, as you type it, with quotes, comments and lines that
end in a backslash. There is no shell: nothing is expanded, and the special
characters of a shell are errors. {{NAME}} in a command is the value of --set
NAME=VALUE. A `lua` block runs like a script, in this process; blocks share
their globals, and `vars.NAME` is the value of --set. Blocks can be in lists,
but not in quotations.

Each step is printed before it runs. On a terminal you are asked whether to run
it; without one, pass --yes. The run stops at the first step whose exit status
is not 0, and exits with 1; ```lanyard exit=0,3 accepts 3 as well. --from
resumes at a step. Steps have no stdin: a command that asks needs its own --yes.
]],
  arguments = { { "file", help = "The runbook, or - for stdin." } },
  options = {
    { "--set", type = "text", value = "NAME=VALUE", repeated = true, help = "Variable of the runbook." },
    { "--from", type = "text", value = "STEP", help = "Begin at this step: its number or its heading." },
    { "--list", help = "List the steps and exit." },
    { "--transcript", type = "file",
      help = "File of the transcript, which must not exist (default: NAME-TIME.md in this directory)." },
    { "--no-transcript", help = "Write no transcript." },
    { "--yes", help = "Run every step without asking." },
    { "--dry-run", help = "Print the steps with their values, and run nothing." },
  },
  exit = {
    { 0, "every step succeeded or was skipped" },
    { 1, "a step failed, or you stopped the run" },
    { 2, "the command line or the runbook is invalid" },
  },
  examples = {
    { "lanyard runbook restore-pulls.md --list", "List the steps of a runbook." },
    { "lanyard runbook restore-pulls.md --set service=web --set repository=app",
      "Run it, and ask before each step." },
  },
}
local options = command:parse(...)

local console = require "lanyard.runbook.console"
local escape = require "lanyard.text.escape"
local prompt = require "lanyard.prompt"
local runbook = require "lanyard.runbook"
local system = require "lanyard.system"
local task = require "lanyard.task"
local transcript = require "lanyard.runbook.transcript"

local MAX_BYTES = 4 * 1024 * 1024

local vars, message = runbook.vars(options.set)
if not vars then
  command:usage("--set: " .. message)
elseif options.transcript and options.no_transcript then
  command:usage "--transcript and --no-transcript exclude each other"
end

local name = options.file == "-" and "stdin" or options.file
local text = cli.check_file(system.read_file(options.file, MAX_BYTES))
local book = cli.check_file(runbook.read(text, { name = name, vars = vars, partial = true }))
local first = book.steps[1]
if options.from then
  first, message = book:find(options.from)
  if not first then
    command:usage(message)
  end
end

if options.list then
  console.list(book)
  return cli.exit.ok
end
cli.check_file(book:filled(first.number))
if options.dry_run then
  for number = first.number, #book.steps do
    console.show(book, book.steps[number])
  end
  return cli.exit.ok
elseif not options.yes and not (options.file ~= "-" and prompt.possible()) then
  command:usage "a runbook asks before each step: pass --yes to run it without a terminal"
end

local log = transcript.none()
if not options.no_transcript then
  log = cli.check(transcript.open(options.transcript or transcript.path(name), {
    title = book.title,
    about = transcript.about(name, text, options.set),
    warn = function(err) cli.note("lanyard: warning: the transcript is incomplete: " .. cli.describe(err)) end,
  }))
  cli.note("lanyard: the transcript is " .. log.path)
end

local extra = (options.yes and " --yes" or "") .. (#options.set > 0 and ", with the same --set" or "")
local current = first
local ok, outcome = pcall(book.run, book, {
  from = first.number,
  show = function(step)
    current = step
    console.show(book, step)
  end,
  ask = options.yes and function() return "run" end or console.ask,
  output = console.printer(),
  transcript = log,
})
if not ok and outcome ~= task.cancelled then
  log:close(tostring(outcome))
  error(outcome, 0)
end
local summary = console.describe(ok and outcome or { kind = "interrupted", step = current }, options.file, extra)
log:close(summary)
cli.note("lanyard: " .. escape.printable(summary))
if not ok then
  error(outcome, 0)
end
return outcome.kind == "done" and cli.exit.ok or cli.exit.failed
