local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Merge the JSON reports of several audits into one.",
  category = "audit",
  description = [[
A repository, a service and a finding are in the merged report once. Where reports differ, the later
one counts, and the difference is noted on stderr.

The reports must be of one run: with the same --run-id of `lanyard audit`, or, without ids, made
within --max-age of each other. Else nothing is merged, and the error names the reports of another run
and the shards that are missing. The merged report has the time of the earliest part.

All shards of an audit make a complete report; findings that need all repositories, such as
unused-role, are added then. If a shard is missing or failed, the exit status is 1. Nothing is merged
if a shard is given twice, or if shards of one account and Region were made with different options.

Reports of version 1 (lanyard 0.1.0) are also accepted.
]],
  arguments = { { "file", args = "+",
    help = "JSON report of lanyard audit; - is stdin, a folder means its files *.json." } },
  options = {
    "report",
    { "--run-id", type = "run-id", help = "Accept only reports of this run." },
    { "--max-age", type = "duration",
      help = "Accept reports made within this time of each other (default: 1h; no limit if they have a run id)." },
    { "--rules", type = "file", help = "Apply the mutes in this file; none for no mutes." },
  },
  exit = {
    { 0, "no finding reaches --fail-on" },
    { 1, "a report lacks something, or the run could not be stored" },
    { 2, "a file is not a report, the reports are not parts of one audit, or the command line is invalid" },
    { 3, "a finding reaches --fail-on, also where a report lacks something" },
    { 4, "--fail-on is given, and ./.lanyard/rules.lua is not trusted (lanyard help trust)" },
  },
  examples = {
    { "lanyard audit merge shard-*.json --output html > audit.html", "Merge the shards of an audit." },
    { "lanyard audit merge /reports/run-7 --fail-on high", "Merge the reports in a folder." },
    { "lanyard audit merge --run-id \"$RUN\" shard-*.json", "Reject reports that an earlier run left." },
    { "lanyard audit merge report.json --output sarif > audit.sarif", "Write a report in another format." },
  },
}
local options = command:parse(...)

local audit = require "lanyard.cli.audit"
local merge = require "lanyard.audit.report.merge"
local one_run = require "lanyard.audit.report.merge.run"
local read = require "lanyard.audit.report.read"
local shards = require "lanyard.audit.report.merge.shards"

local run <close> = audit.open(options)
local files, reports = cli.check(read.files(options.file)), {}
for i, file in ipairs(files) do
  reports[i] = cli.check(read.report(file))
end
local err = one_run.check(reports, files, { run = options.run_id, max_age = options.max_age })
  or shards.check(reports, files)
if err then
  cli.fail(err)
end
local report, notes, failed = merge.join(reports, files)
for _, note in ipairs(notes) do
  audit.note("%s", note)
end
return run:finish(report, failed, true)
