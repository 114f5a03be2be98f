local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print policies with standard indentation, or without white space.",
  category = "policies",
  description = [[
Only white space changes: the order of members, numbers, escapes, a byte order mark and the line ends stay.
]],
  options = {
    { "--compact", help = "Print without white space, so that the fewest characters count against ECR's limit." },
  },
  arguments = { { "file", args = "+", help = "A policy file, or - for stdin." } },
  exit = { { 0, "every file was printed" }, { 1, "a file could not be read or is not a policy" } },
  examples = { { "lanyard policy fmt policy.json" } },
}
local options = command:parse(...)

local policy_files = require "lanyard.cli.policy_files"

policy_files.check_stdin(command, options.file)
return policy_files.each(options.file, function(doc)
  cli.json(options.compact and doc:compact() or doc:format())
end)
