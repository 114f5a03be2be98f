local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Restore the policy from before lanyard's last change.",
  category = "access",
  description = [[
Every change is recorded in your journal on this machine before it is made;
changes made on another machine or by another user are not in it. Each run undoes
one more change, newest first. If another writer has changed the policy since,
the command changes nothing, prints the difference, and fails.

--list prints the changes, oldest first. STATE is one of

  done       the change took effect
  lost       another writer replaced it before it was read back
  intended   the change was interrupted; the next change of this repository
             finds out whether it took effect
]],
  arguments = { { "repository", args = "?", help = "Name of the repository." } },
  options = {
    { "--list", help = "Print the journal, of one repository or of all." },
    { "--output", choices = { "table", "json" } },
    "dry-run", "rules", "aws",
  },
  exit = {
    { 0, "the policy is restored, or the journal was printed" },
    { 1, "the journal has no change to undo, or the policy was changed since" },
    { 4, "a rule denied the change" },
  },
  examples = {
    { "lanyard undo my-private-repo", "Undo the last change of my-private-repo." },
    { "lanyard undo --list", "Print the journal of the account and Region." },
  },
}
local options = command:parse(...)

local collector = require "lanyard.cli.changes"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local report = require "lanyard.cli.print"

if not options.repository and not options.list then
  command:usage "name the repository, or pass --list"
elseif (options.repository or ""):find "[*?]" then
  command:usage(("'%s' is a glob: name one repository, since changes are undone one by one"):format(options.repository))
elseif options.repository then
  local ok, message = names.repository(options.repository)
  if not ok then
    command:usage(message)
  end
end

local region = cli.connect(options)
if options.list then
  local rows, items = {}, json.array {}
  for i, entry in ipairs(cli.check(region:history(options.repository))) do
    rows[i] = { entry.time, entry.repository, entry.action, entry.state }
    items[i] = entry
  end
  if options.output == "json" then
    report.json(items)
  else
    report.rows({ "TIME", "REPOSITORY", "ACTION", "STATE" }, rows)
  end
  return cli.exit.ok
end

local repositories = cli.check(region:repositories { options.repository })
local changes <close> = collector.new(options, region, repositories)
local undone = changes:each(function(repository)
  return region:undo(repository, { dry_run = options.dry_run })
end)[1]
if undone.err and undone.err.diff then
  cli.out(report.paint_diff(undone.err.diff))
end
return changes:report()
