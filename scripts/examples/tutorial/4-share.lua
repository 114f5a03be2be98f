local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Let another account pull from repositories.",
  category = "access",
  arguments = {
    { "account", type = "account", help = "Id of the account, 12 digits." },
    { "repository", args = "+", help = "Names or globs of repositories." },
  },
  options = { "aws" },
  exit = { { 0, "the account can pull from every repository" }, { 1, "a repository could not be changed" } },
  examples = { { "lanyard 4-share 444455556666 'team/*'", "Share the repositories of a team." } },
}
local options = command:parse(...)

local region = cli.connect(options)
for _, repository in ipairs(cli.check(region:repositories(options.repository))) do
  cli.out(("would share %s with %s"):format(repository.name, options.account))
end
