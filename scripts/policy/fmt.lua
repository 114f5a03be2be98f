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
  exit = {
    { 0, "every file was printed" },
    { 1, "a file could not be read, is not a policy, or is too large with indentation" },
  },
  examples = { { "lanyard policy fmt policy.json" } },
}
local options = command:parse(...)

local policy = require "lanyard.policy"
local policy_files = require "lanyard.cli.policy_files"

policy_files.check_stdin(command, options.file)
local too_long = false
local status = policy_files.each(options.file, function(doc, name)
  local text = options.compact and doc:compact() or doc:format()
  if #text > policy.MOST_BYTES then
    local message = ("lanyard: %s: the indented policy has %d bytes, more than the %d that Lanyard reads"):format(name,
      #text, policy.MOST_BYTES)
    cli.note(cli.with_code(message, "TooLarge"))
    too_long = true
  else
    cli.json(text)
  end
end)
return too_long and cli.exit.failed or status
