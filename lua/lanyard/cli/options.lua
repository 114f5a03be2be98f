--- Options that several commands share, by the name of their group in a declaration.

---@type table<string, cli.Option[]>
return {
  -- Spelled as the AWS CLI spells them.
  aws = {
    { "--profile", type = "text", value = "NAME", help = "Profile in the AWS config files." },
    { "--region", type = "text", value = "REGION", help = "AWS Region." },
    { "--endpoint-url", type = "text", value = "URL", help = "Call this endpoint instead of AWS's." },
    { "--ca-bundle", type = "file", help = "Trust the certificates in this file instead of the system's." },
    { "--cli-connect-timeout", type = "seconds", help = "Seconds to wait for a connection (5)." },
    { "--cli-read-timeout", type = "seconds", help = "Seconds to wait for a reply (30)." },
  },
  ["dry-run"] = { { "--dry-run", help = "Show what would change, and change nothing." } },
  rules = { { "--rules", type = "file", help = "Check each change against the rules in this file." } },
  yes = { { "--yes", help = "Answer yes to the confirmation." } },
  -- What `audit` and `audit merge` do with a report.
  report = {
    { "--service", type = "text", value = "NAME", help = "Report only what concerns this container service." },
    { "--fail-on", type = "severity", help = "Exit with 3 on a finding of this severity or above." },
    { "--output", type = "report-format" },
    { "--baseline", type = "file", help = "Compare with this earlier JSON report." },
    { "--history", type = "file", value = "DB", help = "Store the run in this SQLite file; it is created if missing." },
  },
  settle = { { "--settle",
    help = "Read each policy once more, 4 s after the write, and merge again where another writer changed it." } },
}
