local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Draw a graph of services, repositories and grants.",
  category = "audit",
  description = [[
Services and other principals are on the left, repositories on the right, and each grant is a line.
Grants with findings, grants that do not allow a pull, and missing grants are marked. What could not
be read is noted on stderr.

The graph is printed: redirect it to a file. --output is one of

  svg       a picture that needs no other file
  dot       the language of Graphviz
  mermaid   a flowchart for wikis and Markdown

A graph of more than 200 boxes or 200 lines is folded: names with a common prefix are one box, which
has their number, and their grants are one line. The graph says so, and how to draw each grant: name
repositories, or raise the limit with --boxes. JSON has every grant.

With --report the graph shows a report of `lanyard audit --output json`, and AWS is not called.
]],
  arguments = { { "repository", args = "*", help = "Name or glob of a repository; all unless given." } },
  options = {
    { "--report", type = "file", help = "Draw this JSON report; - is stdin." },
    { "--output", type = "graph-format" },
    { "--boxes", type = "positive-integer",
      help = "Fold a graph of more boxes or lines than this (default: 200)." },
    "aws",
  },
  exit = {
    { 0, "the graph was printed" },
    { 1, "the repositories could not be read" },
    { 2, "the report or the command line is invalid" },
  },
  examples = {
    { "lanyard graph > grants.svg" },
    { "lanyard graph 'team/*' --output dot | dot -Tpng > team.png" },
    { "lanyard graph --report audit.json --output mermaid", "Draw a report without AWS." },
  },
}
local options = command:parse(...)

local escape = require "lanyard.text.escape"
local failures = require "lanyard.report.failures"
local results = require "lanyard.cli.print"

if options.report and #options.repository > 0 then
  command:usage("name repositories, or give a report", "MissingArgument")
end

local function scan()
  local globs = #options.repository > 0 and options.repository or nil
  local region = cli.connect(options)
  return cli.check(require("lanyard.audit").run(region, { globs = globs, profile = options.profile }))
end

local function note(sentence)
  if sentence then
    cli.note("lanyard: " .. escape.printable(sentence))
  end
end

local report = options.report and cli.check(require("lanyard.audit.report.read").report(options.report)) or scan()
for _, scope in ipairs(report.scopes) do
  for _, failure in ipairs(failures.of_scope(scope)) do
    note((failures.text(failure):gsub("^%u", string.lower)))
  end
  note(failures.unread_policies(scope))
end
results.graph(options.output, report, options.boxes)
return cli.exit.ok
