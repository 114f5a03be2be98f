local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Restore the policies from before lanyard's last change.",
  category = "access",
  description = [[
Every change is recorded in your journal on this machine before it is made;
changes made on another machine or by another user are not in it. Each run undoes
one more change of each named repository, newest first. A policy that another
writer has changed since is not changed: the command prints the difference, undoes
the others, and fails. After an undo that was interrupted, the next one reports
what it did, and undoes nothing else.

--last undoes everything that the last command, apart from undos, changed in the
policies of the account and Region. --run does the same for any command, also for
an undo; --list prints the ids. What is already undone is reported as unchanged,
so that a repetition changes nothing. Puller roles and deployments are not
undone: use `enable`, `disable` and `deploy`.

--lost restores statements of others that another writer removed while lanyard
made a change. The change reported them as a warning.

--list prints the changes, oldest first. RUN identifies the command that made the
change. It is - in entries of lanyard 0.1.0, which --last cannot undo. STATE is
one of

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
  usage = { "<repository> ...", "(--last | --run RUN)", "--lost <repository> ...", "--list [<repository> ...]" },
  arguments = { { "repository", args = "*", help = "Name of the repository." } },
  options = {
    { "--last", help = "Undo everything that the last command changed." },
    { "--run", type = "text", value = "RUN", help = "Undo everything that this command changed." },
    { "--lost", help = "Restore what another writer removed during a change." },
    { "--list", help = "Print the journal, of some repositories or of all." },
    { "--output", choices = { "table", "json" } },
    "dry-run", "rules", "aws",
  },
  exit = {
    { 0, "the policies are restored, or the journal was printed" },
    { 1, "the journal has no change to undo, or damaged entries, or a policy was changed since" },
    { 4, "a rule denied a change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard undo my-private-repo", "Undo the last change of my-private-repo." },
    { "lanyard undo --last --dry-run", "Show what undoing the last command would change." },
    { "lanyard undo --list", "Print the journal of the account and Region." },
  },
}
local options = command:parse(...)

local names = require "lanyard.aws.names"
local run = require "lanyard.access.journal.run"
local undo = require "lanyard.cli.undo"

local repositories = options.repository
local by_command = options.last or options.run

if options.last and options.run then
  command:usage("--last and --run exclude each other", "ConflictingOptions")
elseif by_command and (#repositories > 0 or options.list or options.lost) then
  command:usage((options.last and "--last" or "--run") .. " excludes repositories, --list and --lost",
    "ConflictingOptions")
elseif options.run and not run.began(options.run) then
  command:usage(("--run: '%s' is not the id of a command run; lanyard undo --list prints them"):format(options.run),
    "InvalidValue")
elseif #repositories == 0 and not by_command and not options.list then
  command:usage("name the repositories, or pass --last, --run or --list", "MissingArgument")
elseif options.lost and (options.list or #repositories == 0) then
  command:usage("--lost needs a repository, and excludes --list", "ConflictingOptions")
end
for _, name in ipairs(repositories) do
  if name:find "[*?]" then
    command:usage(("'%s' is a glob: name one repository or several, since each has its own last change"):format(name),
      "InvalidValue")
  end
  local ok, message = names.repository(name)
  if not ok then
    command:usage(message, "InvalidValue")
  end
end

local region = cli.connect(options)
if options.list then
  return undo.list(region, repositories, options.output)
elseif by_command then
  return undo.command(region, options.run, options)
elseif options.lost then
  return undo.lost(region, repositories, options)
elseif repositories[2] then
  return undo.several(region, repositories, options)
end
return undo.one(region, repositories[1], options)
