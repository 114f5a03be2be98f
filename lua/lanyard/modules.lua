--- The names of the modules that are meant for scripts, without "lanyard.". The documentation describes these modules
--- and no others; any other module can change in each release.
---@type string[]
return {
  "access", "access.deployment.arguments", "access.deployment.smoke", "assertions", "audit", "aws", "aws.services",
  "cli", "cli.print", "cli.release", "clock", "emulator", "errors", "http", "httpd", "json", "policy", "process",
  "report", "sqlite", "system", "task", "testing", "text.columns", "text.diff", "text.escape", "text.shellwords",
  "text.suggest", "text.timestamp",
}
