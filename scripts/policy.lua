local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print, check, compare and edit policy files, without AWS.",
  category = "policies",
  description = [[
A FILE holds the JSON text of a repository policy. The file - is stdin.
]],
  commands = { "show", "can", "decide", "check", "lint", "diff", "fmt", "sort", "fold", "merge", "minimize", "reach" },
  exit = {
    { 0, "done" },
    { 1, "a file could not be read or is not a policy, or check or diff --effect is undecided" },
    { 3, "can, decide: the answer is not allow; check: a check fails; lint: a finding reaches --fail-on; "
      .. "diff: the policies differ" },
  },
  examples = {
    { "lanyard policy lint policy.json" },
    { "lanyard policy can policy.json --principal '*' --action ecr:PutImage" },
  },
}

command:parse(...)
