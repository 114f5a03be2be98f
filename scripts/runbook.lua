local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Run a Markdown runbook and write a transcript.",
  category = "operations",
  description = [[
Runs the ```lanyard and ```lua blocks of the runbook in order, with --shell its
```bash blocks as well. A `lanyard` block has one command per line, as you type
it, with quotes, comments and lines that end in a backslash. There is no shell:
nothing is expanded, and the special characters of a shell are errors. {{NAME}}
in a command is the value of --set NAME=VALUE. A `lua` block runs like a script,
in this process; blocks share their globals, and `vars.NAME` is the value of
--set. A `bash` block has these values as environment variables only; {{NAME}}
in it is an error, and its first command that fails ends it. Blocks of other
shells (```sh, ```console) are named on stderr, and never run. Blocks can be in
lists, but not in quotations.

Each step is printed before it runs. On a terminal you are asked whether to run
it; without one, pass --yes. The run stops at the first step whose exit status
is not 0, and exits with 1; ```lanyard exit=0,3 accepts 3 as well. --from
resumes at a step. Steps have no stdin: a command that asks needs its own --yes.

The transcript names the operating-system user and AWS's caller, the host, the
account, Region and endpoint, the version of lanyard and the rules, and has each
step with its output, without known secrets. --check verifies the syntax of all
blocks, the commands and options of `lanyard` blocks, and the values of --set.
]],
  arguments = { { "file", help = "The runbook, or - for stdin." } },
  options = {
    { "--set", type = "text", value = "NAME=VALUE", repeated = true, help = "Variable of the runbook." },
    { "--from", type = "text", value = "STEP", help = "Begin at this step: its number or its heading." },
    { "--list", help = "List the steps and exit." },
    { "--check", help = "Verify the steps and their values without running any, and exit." },
    { "--transcript", type = "file",
      help = "File of the transcript, which must not exist (default: NAME-TIME.md in this directory)." },
    { "--no-transcript", help = "Write no transcript." },
    { "--shell", help = "Run the bash blocks, which otherwise are reported as not run." },
    { "--yes", help = "Run every step without asking." },
    { "--dry-run", help = "Print the steps with their values, and run nothing." },
  },
  exit = {
    { 0, "every step succeeded or was skipped, or --check found no problem" },
    { 1, "a step failed, or you stopped the run" },
    { 2, "the command line or the runbook is invalid" },
  },
  examples = {
    { "lanyard runbook restore-pulls.md --list", "List the steps of a runbook." },
    { "lanyard runbook restore-pulls.md --check --set service=web --set repository=a",
      "Verify it, for example in CI." },
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
  command:usage("--set: " .. message, "InvalidValue")
elseif options.transcript and options.no_transcript then
  command:usage("--transcript and --no-transcript exclude each other", "ConflictingOptions")
elseif (options.list and 1 or 0) + (options.check and 1 or 0) + (options.dry_run and 1 or 0) > 1 then
  command:usage("--list, --check and --dry-run exclude each other", "ConflictingOptions")
end

local function first_of(book)
  local first = book.steps[1]
  if options.from then
    first, message = book:find(options.from)
    if not first then
      command:usage(message, "InvalidValue")
    end
  end
  return first
end

local name = options.file == "-" and "stdin" or options.file
local text = cli.check_file(system.read_file(options.file, MAX_BYTES))
local settings = {
  name = name, vars = vars, shell = options.shell, partial = true,
  on_other = function(line, remark) cli.note(escape.format("lanyard: %s:%d: %s", name, line, remark)) end,
}
if options.check then
  local remarks, steps = require("lanyard.runbook.check").run(text, settings, function(book)
    return book.steps[1] and first_of(book).number or 1
  end)
  return console.report(name, remarks, steps) and cli.exit.ok or cli.exit.usage
end

local book = cli.check_file(runbook.read(text, settings))
local first = first_of(book)
if options.list then
  console.list(book)
  return cli.exit.ok
end
cli.check_file(book:filled(first.number))
cli.check_file(book:check_shell(first.number))
if options.dry_run then
  for number = first.number, #book.steps do
    console.show(book, book.steps[number])
  end
  return cli.exit.ok
elseif not options.yes and not (options.file ~= "-" and prompt.possible()) then
  command:usage("a runbook asks before each step: pass --yes to run it without a terminal", "ConfirmationRequired")
end

local log = transcript.none()
if not options.no_transcript then
  log = cli.check(transcript.open(options.transcript or transcript.path(name), {
    title = book.title,
    about = require("lanyard.runbook.origin").lines {
      name = name, text = text, set = options.set, steps = book.steps, first = first.number, shell = options.shell,
    },
    warn = function(err) cli.note("lanyard: warning: the transcript is incomplete: " .. cli.describe(err)) end,
  }))
  cli.note("lanyard: the transcript is " .. log.path)
end

local extra = (options.yes and " --yes" or "") .. (options.shell and " --shell" or "")
  .. (#options.set > 0 and ", with the same --set" or "")
local current = first
local display = console.display()
local ok, outcome = pcall(book.run, book, {
  from = first.number,
  show = function(step)
    current = step
    display.finish()
    console.show(book, step)
  end,
  ask = options.yes and function() return "run" end or console.ask,
  output = display.write,
  progress = display.progress,
  transcript = log,
})
display.finish()
if not ok and outcome ~= task.cancelled then
  log:close(tostring(outcome))
  error(outcome, 0)
end
local summary = console.describe(ok and outcome or { kind = "interrupted", step = current }, options.file, extra)
log:close(summary)
local shown = "lanyard: " .. escape.printable(summary)
cli.note(ok and outcome.kind == "failed" and cli.with_code(shown, "StepFailed") or shown)
if not ok then
  error(outcome, 0)
end
return outcome.kind == "done" and cli.exit.ok or cli.exit.failed
