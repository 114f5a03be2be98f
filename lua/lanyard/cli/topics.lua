--- Pages of help that describe no command: `lanyard help TOPIC`. Each is a function that returns the text. A catalogue
--- is laid out for the width of the terminal.

local M = {}

--- The variables and config files.
function M.environment()
  return require("lanyard.assets").read "lanyard/cli/environment.txt"
end

--- The formats of --output, and --query.
function M.output()
  return require("lanyard.assets").read "lanyard/cli/output.txt"
end

--- The errors, with cause and remedy.
function M.errors()
  return require("lanyard.cli.errors").page()
end

--- The findings of audit.
function M.findings(width)
  return require("lanyard.cli.help").catalogue([[
The findings of `lanyard audit`. A single finding can have another severity. Reports and mutes use the names, and
--fail-on uses the severities.]], require("lanyard.audit.findings").catalogue, width)
end

--- The findings of policy lint.
function M.lint(width)
  require "lanyard.access.lightsail" -- registers what the linter knows about Lightsail's principals
  return require("lanyard.cli.help").catalogue([[
The findings of `lanyard policy lint`. A single finding can be less severe. `lanyard audit` reports a high or critical
one as policy-lint, unless another finding covers it.]], require("lanyard.policy.lint").catalogue, width)
end

--- The modules for scripts.
function M.modules(width)
  return require("lanyard.cli.help_modules").list(width)
end

return M
