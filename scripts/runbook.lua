-- Run a Markdown runbook: its ```lanyard and ```lua blocks, in order, with a transcript.
--
-- A `lanyard` block has commands, a line each, as one types them, with quotes, comments and lines that end in a
-- backslash, and without a shell: nothing is expanded, and what a shell would act on is an error. {{NAME}} in a
-- command is the value of --set NAME=VALUE. A `lua` block is run like a script, in this process; blocks share
-- their globals, and `vars.NAME` is the value of --set. Blocks may stand in lists, not in quotes.
--
-- Each step is shown before it runs, and on a terminal you are asked; without one, pass --yes. It stops at the first
-- step that ends with another status than 0 (```lanyard exit=0,3 takes 3, too), and leaves with 1; --from goes on.
-- Steps read nothing: a command that would ask needs its own --yes.

local cli = require "lanyard.cli"
local console = require "lanyard.runbook.console"
local escape = require "lanyard.text.escape"
local prompt = require "lanyard.prompt"
local runbook = require "lanyard.runbook"
local system = require "lanyard.system"
local task = require "lanyard.task"
local transcript = require "lanyard.runbook.transcript"

local MOST_BYTES = 4 * 1024 * 1024

local command = cli.command(...):with_yes():with_dry_run()
command:argument("file", "The runbook, or - for stdin.")
command:option("--set", "A variable of the runbook."):argname("NAME=VALUE"):count "*"
command:option("--from", "Begin at this step: its number, or its heading."):argname "STEP"
command:flag("--list", "List the steps and run none.")
command:option("--transcript", "The transcript's file, which must not be there (NAME-TIME.md, here)."):argname "FILE"
command:flag("--no-transcript", "Write none.")
local options = command:parse()
local vars, why = runbook.vars(options.set)
if not vars then
  command:usage("--set: " .. why)
elseif options.transcript and options.no_transcript then
  command:usage "--transcript and --no-transcript exclude each other"
end

local name = options.file == "-" and "stdin" or options.file
local text = cli.check_file(system.read_file(options.file, MOST_BYTES))
local book = cli.check_file(runbook.read(text, { name = name, vars = vars, partial = true }))
local first = book.steps[1]
if options.from then
  first, why = book:find(options.from)
  if not first then
    command:usage(why)
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
  command:usage "a runbook asks before each step: pass --yes where no terminal can be asked"
end

local log = transcript.none()
if not options.no_transcript then
  log = cli.check(transcript.open(options.transcript or transcript.path(name), {
    title = book.title,
    about = transcript.about(name, text, options.set),
    warn = function(err) cli.note("lanyard: warning: the transcript is not whole: " .. cli.describe(err)) end,
  }))
  cli.note("lanyard: the transcript is " .. log.path)
end

local more = (options.yes and " --yes" or "") .. (#options.set > 0 and ", with the same --set" or "")
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
local told = console.describe(ok and outcome or { kind = "interrupted", step = current }, options.file, more)
log:close(told)
cli.note("lanyard: " .. escape.printable(told))
if not ok then
  error(outcome, 0)
end
return outcome.kind == "done" and cli.exit.ok or cli.exit.failed
