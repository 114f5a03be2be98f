local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print policies with statements and lists sorted.",
  category = "policies",
  description = [[
Statements are sorted by Sid, and the strings of each list by their bytes, so that two policies can be compared as text.
]],
  arguments = { { "file", args = "+", help = "A policy file, or - for stdin." } },
  exit = { { 0, "every file was printed" }, { 1, "a file could not be read or is not a policy" } },
  examples = { { "lanyard policy sort policy.json > sorted.json" } },
}
local options = command:parse(...)

local policy_files = require "lanyard.cli.policy_files"

policy_files.check_stdin(command, options.file)
return policy_files.each(options.file, function(doc)
  doc:sort()
  cli.json(tostring(doc))
end)
