local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Merge the JSON reports of several audits into one.",
  category = "audit",
  description = [[
A repository, a service and a finding are in the merged report once. Where reports differ, the later
one counts, and the difference is noted on stderr.

All shards of an audit make a complete report; findings that need all repositories, such as
unused-role, are added then. If a shard is missing or failed, the exit status is 1.

Reports of version 1 (lanyard 0.1.0) are also accepted.
]],
  arguments = { { "file", args = "+", help = "JSON report of lanyard audit; - is stdin." } },
  options = {
    "report",
    { "--rules", type = "file", help = "Apply the mutes in this file; none for no mutes." },
  },
  exit = {
    { 0, "no finding reaches --fail-on" },
    { 1, "a report lacks something, or the run could not be stored" },
    { 2, "a file is not a report, or the command line is invalid" },
    { 3, "a finding reaches --fail-on" },
    { 4, "--fail-on is given, and ./.lanyard/rules.lua is not trusted (lanyard help trust)" },
  },
  examples = {
    { "lanyard audit merge shard-*.json --output html > audit.html", "Merge the shards of an audit." },
    { "lanyard audit merge report.json --output sarif > audit.sarif", "Write a report in another format." },
  },
}
local options = command:parse(...)

local audit = require "lanyard.cli.audit"
local merge = require "lanyard.audit.report.merge"
local read = require "lanyard.audit.report.read"

local run <close> = audit.open(options)
local reports = {}
for i, file in ipairs(options.file) do
  reports[i] = cli.check(read.report(file))
end
local report, notes, failed = merge.join(reports, options.file)
for _, note in ipairs(notes) do
  audit.note("%s", note)
end
return run:finish(report, failed, true)
