-- Show what differs between a file that says who may pull and what there is.
--
-- The file is Lua (run in a sandbox) or JSON with the same names; - is stdin:
--
--     return {
--       region = "us-east-1",
--       grants = {
--         { service = "web",  repositories = { "web", "team/*" } },
--         { service = "jobs", repositories = { "jobs" }, expires = "2027-01-31" },
--       },
--     }
--
-- A grant may have a sid for its statements, and optional = true where its globs may match nothing. Without a
-- region the file is for the session's; one file is for one Region. A grant whose date has passed is not made
-- any more.
--
-- Exit status 3 when something would change, 0 when not, 1 when services or repositories are missing, 4 when
-- rules refuse. --prune
-- shows also which grants of Lightsail's roles the file does not name. `lanyard apply FILE` makes it so;
-- --output json is a plan that lanyard apply takes, too.

local cli = require "lanyard.cli"
local plans = require "lanyard.desired.plan"
local desired_file = require "lanyard.desired.file"
local print_desired = require "lanyard.cli.desired"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("file", "The file, or - for stdin.")
command:flag("--prune", "Take away grants of Lightsail's roles that the file does not name.")
command:flag("--fold", "Join lanyard's own statements into one where a policy would be too large.")
command:with_rules()
local options = command:parse()

local desired = cli.check_file(desired_file.read(options.file))
options.region = options.region or desired.region
local plan = cli.check(plans.make(cli.connect(options), desired, { prune = options.prune, fold = options.fold }))
print_desired.plan(options.output, plan)
return print_desired.failures(plan) or plans.has_changes(plan) and cli.exit.found or cli.exit.ok
