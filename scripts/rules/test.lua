local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Test a rules file with its examples.",
  category = "policies",
  description = [[
Runs the rules for each example of the file and compares the result with the expected one.
`lanyard help rules` describes the format of the file. No call is made to AWS.
]],
  arguments = {
    { "file", type = "file", args = "?",
      help = "Rules file; LANYARD_RULES or ./.lanyard/rules.lua unless given." },
  },
  options = { { "--output", choices = { "table", "json" } } },
  exit = {
    { 0, "all examples passed" },
    { 1, "an example failed" },
    { 2, "the command line or the rules file is invalid" },
  },
  examples = {
    { "lanyard rules test", "Test the rules file in use." },
    { "lanyard rules test rules.lua", "Test another file." },
  },
}
local options = command:parse(...)

local examples = require "lanyard.rules.examples"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"
local rules_file = require "lanyard.cli.rules"

local rules = rules_file.load(command, options.file)
local results = examples.run(rules)
local failed, rows = 0, {}
for i, result in ipairs(results) do
  failed = failed + (result.passed and 0 or 1)
  rows[i] = { result.location, result.example, result.passed and { "passed", "green" } or { "failed", "red" },
    result.passed and "" or ("expected %s, got %s"):format(result.expected, result.answer) }
end
if options.output == "json" then
  report.json(json.array(results))
elseif #results == 0 then
  cli.note(("lanyard: warning: %s has no examples: nothing was tested"):format(rules.file))
else
  report.rows({ "LOCATION", "EXAMPLE", "RESULT", "NOTE" }, rows)
end
return failed > 0 and cli.exit.failed or cli.exit.ok
