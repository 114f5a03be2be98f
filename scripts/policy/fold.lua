local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Join statements that differ only in their principals.",
  category = "policies",
  description = [[
The joined statement lists the principals of all. The policy means the same and takes less of the 10,240 characters that
ECR allows.
]],
  arguments = { { "file", args = "+", help = "A policy file, or - for stdin." } },
  options = { { "--sid", type = "text", value = "SID", help = "Sid of the joined statements." } },
  exit = { { 0, "every file was printed" }, { 1, "a file could not be read or is not a policy" } },
  examples = { { "lanyard policy fold policy.json --sid AllowPull > folded.json" } },
}
local options = command:parse(...)

local policy_files = require "lanyard.cli.policy_files"

if options.sid and not utf8.len(options.sid) then
  command:usage("--sid: the Sid is not UTF-8", "InvalidValue")
end
policy_files.check_stdin(command, options.file)

return policy_files.each(options.file, function(doc, name)
  local _, count = doc:fold { sid = options.sid }
  cli.note(count == 0 and ("lanyard: %s: no two statements differ only in their principals"):format(name)
    or ("lanyard: %s: %d %s joined with others"):format(name, count, count == 1 and "statement" or "statements"))
  cli.json(tostring(doc))
end)
