-- Tell who can pull from which repository, and what is wrong with it.
--
-- Reads every repository of the Region, or those that the globs name, their policies, and the
-- container services. With --fail-on the exit status is 3 when a finding is at least that severe.

local audit = require "lanyard.audit"
local cli = require "lanyard.cli"
local report = require "lanyard.report"

local command = cli.command(...):with_aws():with_output(report.AUDIT_FORMATS)
command:argument("repository", "A repository's name, or a glob."):args "*"
command:option("--fail-on", "Exit with 3 on a finding of this severity or a higher one.")
  :choices(audit.SEVERITIES):argname "SEVERITY"
local options = command:parse()

local here = cli.connect(options)
local result = cli.check(audit.run(here, { globs = #options.repository > 0 and options.repository or nil }))

report.audit(options.output, result)

return audit.reaches(result, options.fail_on) and cli.exit.found or cli.exit.ok
