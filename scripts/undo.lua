-- Put a repository's policy back to what it was before lanyard's last change.
--
-- Every change is in the journal before it is made. A policy that somebody has changed since is left
-- alone, and the difference is shown. Without a repository, and with --list, the journal is shown.

local cli = require "lanyard.cli"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local report = require "lanyard.cli.print"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("repository", "The repository."):args "?"
command:flag("--list", "Show the changes that are in the journal.")
command:with_dry_run():with_rules()
local options = command:parse()
if not options.repository and not options.list then
  command:usage "name the repository, or pass --list"
elseif (options.repository or ""):find "[*?]" then
  command:usage(("'%s' is a glob: name one repository, changes are undone one at a time"):format(options.repository))
elseif options.repository then
  local ok, why = names.repository(options.repository)
  if not ok then
    command:usage(why)
  end
end

local region = cli.connect(options)
if options.list then
  local rows, items = {}, json.array {}
  for _, entry in ipairs(cli.check(region:history(options.repository))) do
    rows[#rows + 1] = { entry.time, entry.repository, entry.action, entry.state }
    items[#items + 1] = entry
  end
  if options.output == "json" then
    report.json(items)
  else
    report.rows({ "TIME", "REPOSITORY", "ACTION", "STATE" }, rows)
  end
  return cli.exit.ok
end

local repository = cli.check(region:repositories { options.repository })[1]
local change, err = region:undo(repository, { dry_run = options.dry_run })
if not change and err.diff then
  cli.out(report.paint_diff(err.diff))
end
return report.changes(options.output, { { repository = repository.name, change = change, err = err } })
