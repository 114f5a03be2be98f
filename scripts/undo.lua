local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Restore the policy from before lanyard's last change.",
  category = "access",
  description = [[
Every change is recorded in your journal on this machine before it is made;
changes made on another machine or by another user are not in it. Each run undoes
one more change, newest first. If another writer has changed the policy since,
the command changes nothing, prints the difference, and fails. After an undo that
was interrupted, the next one reports what it did, and undoes nothing else.

--lost restores statements of others that another writer removed while lanyard
made a change. The change reported them as a warning.

--list prints the changes, oldest first. STATE is one of

  done       the change took effect
  lost       another writer replaced it before it was read back
  dropped    the change was interrupted before it took effect; the next change
             of the repository removes the entry
  intended   the change is being made now, or it was interrupted and the policy
             cannot be read

SERVICE names the container services whose access the change gave or took. CALLER
is the ARN of the caller, or the id of the access key that signed the change if no
call returned the ARN; CloudTrail records both. It is - in entries of lanyard
0.1.0, which recorded neither.

The journal keeps the last 1000 changes of each repository for 400 days;
`lanyard help environment` describes the variables that set these limits.
]],
  arguments = { { "repository", args = "?", help = "Name of the repository." } },
  options = {
    { "--lost", help = "Restore what another writer removed during a change." },
    { "--list", help = "Print the journal, of one repository or of all." },
    { "--output", choices = { "table", "json" } },
    "dry-run", "rules", "aws",
  },
  exit = {
    { 0, "the policy is restored, or the journal was printed" },
    { 1, "the journal has no change to undo, or damaged entries, or the policy was changed since" },
    { 4, "a rule denied the change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard undo my-private-repo", "Undo the last change of my-private-repo." },
    { "lanyard undo --list", "Print the journal of the account and Region." },
  },
}
local options = command:parse(...)

local attribution = require "lanyard.access.journal.attribution"
local collector = require "lanyard.cli.changes"
local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local report = require "lanyard.cli.print"

if not options.repository and not options.list then
  command:usage "name the repository, or pass --list"
elseif options.lost and (options.list or not options.repository) then
  command:usage "--lost needs a repository, and excludes --list"
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
  local rows, items, damaged = {}, json.array {}, {}
  local entries = cli.check(region:history(options.repository, { damaged = damaged, preview = true }))
  for i, entry in ipairs(entries) do
    local about = attribution.of(entry, region)
    local services = #about.services > 0 and table.concat(about.services, ", ") or "-"
    rows[i] = {
      entry.time, entry.repository, entry.action, entry.state, services, about.caller or entry.access_key or "-",
    }
    entry.services, entry.caller, entry.caller_unknown = about.services, about.caller, about.caller_unknown
    items[i] = entry
  end
  if options.output == "json" then
    report.json(items)
  elseif #rows == 0 and #damaged == 0 then
    cli.note(escape.format("lanyard: the journal has no change of %s in %s", options.repository or "a repository",
      region.name))
  else
    report.rows({ "TIME", "REPOSITORY", "ACTION", "STATE", "SERVICE", "CALLER" }, rows)
  end
  report.damaged(damaged)
  return #damaged == 0 and cli.exit.ok or cli.exit.failed
end

local changes <close> = collector.new(options, region)
changes:select(cli.check(region:repositories { options.repository }))
if options.lost then
  changes:each(function(repository) return region:restore(repository, { dry_run = options.dry_run }) end)
  return changes:report()
end
-- The result is printed before the undo ends, and nothing can fail after its end: if it is killed earlier, or memory
-- runs out, the next undo prints the result, and undoes nothing else.
local status
local undone = changes:each(function(repository)
  return region:undo(repository, {
    dry_run = options.dry_run,
    defer = function(close)
      exit.at_end(function() report.damaged(close()) end)
    end,
    report = function(change) status = changes:report_result { repository = repository.name, change = change } end,
  })
end)[1]
if undone.err and undone.err.diff then
  cli.out(report.paint_diff(undone.err.diff))
end
return status or changes:report()
