local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Report what is wrong, risky or unusual in policy files.",
  category = "policies",
  description = [[
`lanyard help lint` lists the findings.
]],
  arguments = { { "file", args = "+", help = "A policy file, or - for stdin." } },
  options = {
    { "--account", type = "account", help = "Account that owns the repository: principals of others are reported." },
    { "--fail-on", type = "severity", help = "Exit with 3 on a finding of this severity or above." },
    { "--output", choices = { "table", "json", "sarif" } },
  },
  exit = {
    { 0, "no finding reaches --fail-on" },
    { 1, "a file could not be read or is not a policy" },
    { 3, "a finding reaches --fail-on" },
  },
  examples = {
    { "lanyard policy lint --fail-on high policies/*.json", "Check policies in CI." },
    { "lanyard policy lint --output sarif policy.json > lint.sarif", "Write findings for code scanning." },
  },
}
local options = command:parse(...)

require "lanyard.access.lightsail" -- what the linter knows about Lightsail's principals
local json = require "lanyard.json"
local lint = require "lanyard.policy.lint"
local policy_files = require "lanyard.cli.policy_files"
local results = require "lanyard.cli.print"
local severities = require "lanyard.severity"

policy_files.check_stdin(command, options.file)

local findings = json.array {}
local status = policy_files.each(options.file, function(doc, name)
  for _, finding in ipairs(doc:lint { account = options.account }) do
    finding.file = name
    findings[#findings + 1] = finding
  end
end)

if options.output == "json" then
  results.json(findings)
elseif options.output == "sarif" then
  results.json(require("lanyard.report.sarif").log(lint.catalogue, findings))
elseif #findings > 0 then
  results.findings(findings)
elseif status == cli.exit.ok then
  cli.out "no findings"
end
if status == cli.exit.ok and options.fail_on and severities.reaches(findings, options.fail_on) then
  return cli.exit.found
end
return status
