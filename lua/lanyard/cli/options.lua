--- Options that several commands share, by the name of their group in a declaration.

local complete = require("lanyard.cli.output_option").complete
local lists = require "lanyard.lists"

-- How AWS is called. The options are spelled as the AWS CLI spells them.
local CALLS = {
  { "--endpoint-url", type = "text", value = "URL", help = "Call this endpoint instead of AWS's." },
  { "--ca-bundle", type = "file", help = "Trust the certificates in this file instead of the system's." },
  { "--cli-connect-timeout", type = "seconds",
    help = "Seconds to wait for a connection (default: 5); 0 means no limit." },
  { "--cli-read-timeout", type = "seconds", help = "Seconds to wait for a reply (default: 30); 0 means no limit." },
}

---@type table<string, cli.Option[]>
local GROUPS = {
  aws = {
    { "--profile", type = "text", value = "NAME", help = "Profile in the AWS config files." },
    { "--region", type = "text", value = "REGION", help = "AWS Region." },
    table.unpack(CALLS),
  },
  -- For commands that accept several profiles and Regions.
  targets = {
    { "--profile", type = "text", value = "NAME", list = true,
      help = "Profile in the AWS config files, or a comma-separated list." },
    { "--region", type = "text", value = "REGION", list = true, help = "AWS Region, a comma-separated list, or all." },
    table.unpack(CALLS),
  },
  ["dry-run"] = { { "--dry-run", help = "Show what would change, and change nothing." } },
  rules = {
    { "--rules", type = "file", help = "Check each change against the rules in this file; none for no rules." },
  },
  yes = { { "--yes", help = "Do not ask for confirmation." } },
  -- What `audit` and `audit merge` do with a report.
  report = {
    { "--service", type = "text", value = "NAME", help = "Report only what concerns this container service." },
    { "--fail-on", type = "severity", help = "Exit with 3 on a finding of this severity or above." },
    { "--output", type = "report-format" },
    { "--output-file", type = "file", help = "Write the report to this file; its folder is made if needed." },
    { "--baseline", type = "file", help = "Compare with this earlier JSON report." },
    { "--history", type = "file", value = "DB", help = "Store the run in this SQLite file; it is created if missing." },
  },
  ["yes-all"] = { { "--yes", help = "Do not ask for confirmation (asked only with --all)." } },
  settle = { { "--settle",
    help = "Read each policy once more, 4 s after the write, and merge again where another writer changed it. Without "
      .. "this, changes that two machines make within seconds can lose one of them." } },
}

return lists.made_when_read(GROUPS, complete)
