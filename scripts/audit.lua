-- Tell who can pull from which repository, and what is wrong with it.
--
-- Reads every repository of the Region, or those that the globs name, their policies, and the
-- container services. With --fail-on the exit status is 3 when a finding is at least that severe.

local audit = require "lanyard.audit"
local cli = require "lanyard.cli"
local report = require "lanyard.report"

local command = cli.command(...):with_aws():with_output { "table", table.unpack(report.AUDIT_FORMATS) }
command:argument("repository", "A repository's name, or a glob."):args "*"
command:option("--fail-on", "Exit with 3 on a finding of this severity or a higher one.")
  :choices(audit.SEVERITIES):argname "SEVERITY"
local options = command:parse()

local here = cli.connect(options)
local result = cli.check(audit.run(here, { globs = #options.repository > 0 and options.repository or nil }))

local function add_rows(rows, repository)
  for _, access in ipairs(repository.access) do
    rows[#rows + 1] = {
      repository.name,
      access.service or access.principal,
      access.kind,
      access.decision,
      access.statement or "-",
    }
  end
  if #repository.access == 0 then
    local who = repository.unknown and "(unknown)" or "-"
    rows[#rows + 1] = { repository.name, who, "", "", repository.unknown or "" }
  end
end

if options.output ~= "table" then
  report.audit(options.output, result)
else
  local rows = {}
  for _, scope in ipairs(result.scopes) do
    for _, repository in ipairs(scope.repositories) do
      add_rows(rows, repository)
    end
  end
  report.rows({ "REPOSITORY", "WHO", "KIND", "PULL", "STATEMENT" }, rows)

  local COLOURS = { critical = "red", high = "red", medium = "yellow" }
  local lines = { "" }
  for _, finding in ipairs(result.findings) do
    lines[#lines + 1] = ("%s  %s: %s"):format(
      cli.paint(COLOURS[finding.severity], ("%-8s"):format(finding.severity)), finding.id, finding.message)
    lines[#lines + 1] = "          why: " .. finding.why
    lines[#lines + 1] = "          fix: " .. finding.fix
  end
  lines[#lines + 1] = #result.findings == 0 and "no findings"
    or ("%d %s"):format(#result.findings, #result.findings == 1 and "finding" or "findings")
  cli.out(table.concat(lines, "\n"))
end

return audit.reaches(result, options.fail_on) and cli.exit.found or cli.exit.ok
