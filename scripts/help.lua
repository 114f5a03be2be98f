local cli = require "lanyard.cli"

local command = cli.command {
  summary = "List the commands, or describe a command, an error or a module.",
  category = "development",
  description = [[
Without a name, lists the commands by category. A name is one of

  COMMAND [SUB-COMMAND]       a command, yours too: grant, policy lint
  environment                 the variables and config files
  output                      the formats of --output, and --query
  errors, CODE                the errors, or one by its code: NoRegion
  findings, lint              the findings of audit, and of policy lint
  modules                     the Lua modules
  MODULE[.NAME], CLASS:METHOD a module, or what is in it: policy.new_access
  SERVICE[:OPERATION]         a service of AWS: ecr:GetRepositoryPolicy

A command comes before a module of the same name, which `lanyard help
lanyard.NAME` describes. `man lanyard-COMMAND` and `lanyard docs` have the same
pages.
]],
  arguments = { { "name", args = "*", help = "A command, topic, error code, module, or what a module has." } },
  exit = { { 0, "the page was printed" } },
  examples = {
    { "lanyard help", "List the commands." },
    { "lanyard help policy lint", "Describe a command." },
    { "lanyard help NoRegion", "Describe an error: cause, remedy and exit status." },
  },
}
local options = command:parse(...)

local help = require "lanyard.cli.help_command"

if options.name[1] then
  help.page(options.name)
else
  help.overview()
end
return cli.exit.ok
