local cli, policy = require "lanyard.cli", require "lanyard.policy"

local command = cli.command {
  summary = "Let another account pull from repositories.",
  category = "access",
  arguments = {
    { "account", type = "account", help = "Id of the account, 12 digits." },
    { "repository", args = "+", help = "Names or globs of repositories." },
  },
  options = { "aws", "dry-run", "rules", { "--output", choices = { "table", "json" } } },
  exit = { { 0, "the account can pull from every repository" }, { 1, "a repository could not be changed" } },
  examples = { { "lanyard 7-share 444455556666 'team/*'", "Share the repositories of a team." } },
}
local options = command:parse(...)

local print_ = require "lanyard.cli.print"

local region = cli.connect(options)
local repositories = cli.check(region:repositories(options.repository))
return print_.changes(options.output, region:change_each(repositories, function(repository)
  return region:edit(repository, function(doc)
    return doc:allow { sid = "Shared", principal = options.account, actions = policy.PULL_ACTIONS }
  end, { dry_run = options.dry_run })
end))
