-- Tell who can pull from which repository, and what is wrong with it.
--
-- Reads every repository of the Region, or those that the globs name, their policies, the container
-- services, and whether the images are there that these deploy. With --fail-on the exit status is 3
-- when a finding is at least that severe.

local audit = require "lanyard.audit"
local cli = require "lanyard.cli"
local report = require "lanyard.report"

local function days(text)
  local number = math.tointeger(tonumber(text))
  if not number or number < 1 then
    return nil, ("'%s' is no number of days"):format(text)
  end
  return number
end

local command = cli.command(...):with_aws():with_output(report.AUDIT_FORMATS)
command:argument("repository", "A repository's name, or a glob."):args "*"
command:option("--fail-on", "Exit with 3 on a finding of this severity or a higher one.")
  :choices(audit.SEVERITIES):argname "SEVERITY"
command:option("--unused-days", "A grant that no deployment needs is unused after so many days without a pull.")
  :argname("N"):default("90"):convert(days)
local options = command:parse()

local here = cli.connect(options)
local result = cli.check(audit.run(here, {
  globs = #options.repository > 0 and options.repository or nil,
  profile = options.profile,
  unused_days = options.unused_days,
  texts = options.output == "html",
}))

report.audit(options.output, result)

return audit.reaches(result, options.fail_on) and cli.exit.found or cli.exit.ok
