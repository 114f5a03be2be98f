-- Tell who can pull from which repository, and what is wrong with it.
--
-- Reads every repository of the Region, or those that the globs name, their policies, the container
-- services, and whether the images are there that these deploy. With --fail-on the exit status is 3
-- when a finding is at least that severe.
--
-- --region and --profile take several names, as a,b; --region all is every Region that Lightsail is in.
-- A Region or profile that fails is told, and so is a name or glob that no repository has: the rest is looked at
-- all the same, and the exit status is 1 then, unless it is 3.
--
-- --assume-role NAME looks at each of the --accounts, or at all active ones of the --organization, with the
-- role arn:aws:iam::ACCOUNT:role/NAME; at the caller's own account without it. What mends a finding of another
-- account says first in which one it is to be run.
--
-- Lines of --output jsonl come as findings are known, in no order; with --baseline, --history, --service or mutes,
-- and of files, the worst comes first, as in all other formats.
--
-- With --baseline, the file of an earlier --output json, findings are new (those that became worse, too) or
-- unchanged, those that are gone are listed, as are grants that came and went, and --fail-on looks at new findings
-- only.
--
-- --history DB keeps the run in that file of SQLite, which is made when it is absent: `lanyard history` tells when
-- grants and findings came and went. A run that cannot be kept is told, after the report, with exit status 1; so is a
-- report that is older than the last one that was kept of its account and Region.
--
-- With --desired, a file for lanyard plan, what differs from it is a finding, too.
--
-- Rules of a --rules file that are on = "audit" add findings, and its mutes take some away: see lanyard help
-- rules.
--
-- --shard I/N looks at the Ith of N parts, in which a repository always is, wherever it runs. `lanyard audit
-- merge FILE...` puts JSON reports together. (A repository that is named merge: lanyard audit -- merge.)
-- What takes a look at all repositories, as a role that none grants, no shard tells, but merge with all of them.

local audit = require "lanyard.audit"
local baseline = require "lanyard.audit.report.baseline"
local cli = require "lanyard.cli"
local history = require "lanyard.audit.report.history"
local mutes = require "lanyard.audit.mutes"
local read = require "lanyard.audit.report.read"
local report = require "lanyard.cli.print"
local shard = require "lanyard.audit.scan.shard"
local targets = require "lanyard.audit.scan.targets"
local steps = require "lanyard.cli.audit"

local command = cli.command(...):with_aws():with_output(report.AUDIT_FORMATS)
command:argument("repository", "A repository's name, or a glob; or merge, and files."):args "*"
command:option("--service", "Tell only what concerns this container service."):argname "NAME"
command:option("--fail-on", "Exit with 3 on a finding of this severity or a higher one.")
  :choices(audit.SEVERITIES):argname "SEVERITY"
command:option("--baseline", "Tell what changed since this report."):argname "FILE"
command:option("--desired", "Tell what differs from this file for lanyard plan."):argname "FILE"
command:option("--history", "Keep this run in a file of SQLite."):argname "DB"
command:option("--shard", "Look at the Ith of N parts of the repositories."):argname "I/N":convert(shard.parse)
command:option("--assume-role", "Look at other accounts with their role of this name."):argname "NAME"
  :convert(targets.role_name)
command:option("--external-id", "The external id that these roles ask for."):argname "ID":convert(targets.external_id)
command:option("--accounts", "The accounts to look at with --assume-role."):argname "ID,..."
command:flag("--organization", "Look with --assume-role at all active accounts of the organization.")
command:option("--trusted-accounts", "Other accounts that may pull; all others are worse then."):argname "ID,..."
command:option("--unused-days", "A grant that no deployment needs is unused after so many days without a pull (90).")
  :argname("N"):convert(steps.days)
command:with_rules()
local options = command:parse()

steps.check(command, options)
local rules = cli.rules(options)
local kept <close> = options.history and cli.check(history.open(options.history)) or nil
local before = options.baseline and cli.check(read.report(options.baseline))
local files = steps.files(command, options, { ... })
local result, failed
if files then
  result, failed = steps.join(files)
else
  result, failed = steps.look(options, rules)
end
mutes.add_expired(rules:mutes(), result)
if before then
  baseline.compare(result, before)
end
if options.service then
  steps.only_service(result, options.service, failed)
end
steps.tell_unseen(result, before)

steps.mute(rules, result, files or failed or result.partial or options.service)

if files or not steps.streams(options, rules) then
  report.audit(options.output, result)
end
if kept then
  cli.check(kept:add(result))
end

local judged = before and { findings = baseline.new(result) } or result
if audit.reaches(judged, options.fail_on) then
  return cli.exit.found
end
return failed and cli.exit.failed or cli.exit.ok
