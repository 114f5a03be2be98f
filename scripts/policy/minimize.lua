local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print a policy without its redundant parts, or remove them.",
  category = "policies",
  description = [[
Statements, values and conditions are removed if the policy allows and denies
exactly the same requests without them. Every removal is proved. What was
removed is listed on stderr. Remove a statement that is too wide first: the
ones that it covers are redundant beside it.

With --repository the policies of repositories are changed, as by the other
commands: `lanyard undo` restores them, and rules decide about the change as
about a revocation.
]],
  usage = { "<file>", "--repository <name>" },
  arguments = { { "file", args = "?", help = "A policy file, or - for stdin." } },
  options = {
    { "--repository", type = "text", value = "NAME", help = "Change the policies of the repositories that match." },
    { "--type", choices = { "repository", "resource", "identity" }, default = "repository",
      help = "What the policy of the file is attached to: a repository, another resource, or an identity." },
    { "--output", choices = { "table", "json" } },
    "dry-run", "rules", "aws",
  },
  exit = {
    { 0, "the policy was printed, or no policy has a redundant part now" },
    { 1, "the file could not be read or is not a policy that AWS accepts, or a policy could not be changed" },
    { 4, "a rule denied the change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard policy minimize policy.json > smaller.json" },
    { "lanyard policy minimize --repository web --dry-run", "Show what would be removed." },
  },
}
local options = command:parse(...)

local collector = require "lanyard.cli.changes"
local escape = require "lanyard.text.escape"
local policy = require "lanyard.policy"
local policy_files = require "lanyard.cli.policy_files"
local repositories = require "lanyard.access.repositories"

if (options.file == nil) == (options.repository == nil) then
  command:usage("name a file, or pass --repository NAME", "MissingArgument")
elseif options.file and (options.dry_run or options.output ~= "table") then
  command:usage("--dry-run and --output need --repository", "ConflictingOptions")
elseif options.file and options.rules then
  command:usage("--rules needs --repository", "ConflictingOptions")
elseif options.repository and options.type ~= "repository" then
  command:usage("--type needs a file", "ConflictingOptions")
end

local function print_file()
  local doc = policy_files.load(options.file)
  local kind = options.type == "identity" and "identity" or "resource"
  policy_files.check_problem(doc, policy_files.name(options.file), options.type)
  local smaller, removed, undecided = policy.minimize(doc, { kind = kind })
  for _, removal in ipairs(removed) do
    if removal.element then
      cli.note(escape.format("lanyard: %s: removed %s from %s", removal.statement, removal.value, removal.element))
    else
      cli.note(escape.format("lanyard: removed statement %s", removal.statement))
    end
  end
  if undecided then
    cli.note(escape.format("lanyard: more may be redundant, which cannot be decided: %s", undecided))
  end
  cli.json(tostring(smaller))
  return cli.exit.ok
end

if options.file then
  return print_file()
end
local ok, err = repositories.check(options.repository)
if not ok then
  command:usage(err.message, "InvalidValue")
end
local region = cli.connect(options)
local changes <close> = collector.new(options, region)
changes:select(cli.check(region:repositories { options.repository }))
changes:each(function(repository)
  return region:minimize(repository, { dry_run = options.dry_run, progress = cli.progress })
end)
return changes:report()
