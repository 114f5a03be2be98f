local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print a policy without its redundant parts.",
  category = "policies",
  description = [[
Statements, values and conditions are removed if the policy allows and denies exactly the same requests without them.
Every removal is proved. What was removed is listed on stderr.
]],
  arguments = { { "file", help = "A policy file, or - for stdin." } },
  options = {
    { "--type", choices = { "repository", "resource", "identity" }, default = "repository",
      help = "What the policy is attached to: a repository, another resource, or an identity." },
  },
  exit = {
    { 0, "the policy was printed" },
    { 1, "the file could not be read or is not a policy" },
  },
  examples = { { "lanyard policy minimize policy.json > smaller.json" } },
}
local options = command:parse(...)

local escape = require "lanyard.text.escape"
local policy = require "lanyard.policy"
local policy_files = require "lanyard.cli.policy_files"

local doc = policy_files.load(options.file)
local kind = options.type == "identity" and "identity" or "resource"
policy_files.check_kind(doc, policy_files.name(options.file), kind)
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
