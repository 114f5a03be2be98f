local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print the first policy with the missing statements of others.",
  category = "policies",
  description = [[
A statement that the first policy already has, in meaning, is not repeated. Two different statements with one Sid are an
error. A line on stderr says what the merged policy gives and takes compared with the first one. With --dry-run the
difference and this line are printed instead of the policy.
]],
  usage = { "<file> <file> ..." },
  arguments = { { "file", args = "+", help = "Two or more policy files; - is stdin." } },
  options = { { "--dry-run", help = "Print the difference to the first policy, and what it gives and takes." } },
  exit = {
    { 0, "the merged policy was printed" },
    { 1, "a file could not be read, is not a policy, or conflicts with another" },
  },
  examples = { { "lanyard policy merge current.json addition.json > merged.json" } },
}
local options = command:parse(...)

local effect = require "lanyard.policy.effect"
local escape = require "lanyard.text.escape"
local policy = require "lanyard.policy"
local policy_files = require "lanyard.cli.policy_files"
local report = require "lanyard.cli.print"

if #options.file < 2 then
  command:usage("merge needs at least two files", "MissingArgument")
end
policy_files.check_stdin(command, options.file)

local docs = {}
for i, file in ipairs(options.file) do
  docs[i] = policy_files.load(file)
end
local merged, err = policy.merge(table.unpack(docs))
if not merged then
  local name = err.document and policy_files.name(options.file[err.document]) or "the merged policy"
  cli.problem(err.code, ("%s: %s"):format(name, escape.printable(err.message)))
end
if merged:size() > policy.LIMIT then
  cli.note(("lanyard: the result has %d characters, more than the %d that ECR accepts; without white space (lanyard "
    .. "policy fmt --compact) it has %d"):format(merged:size(), policy.LIMIT, merged:compact_size()))
end

-- Returns a line about what the merge gives and takes.
local function effect_line()
  local kind = policy_files.kind(docs)
  for i, doc in ipairs(docs) do
    local message = policy_files.problem(doc, policy_files.name(options.file[i]), kind,
      ", but another statement has one: the policies are of different types")
    if message then
      return "what the merge gives and takes is unknown: " .. message
    end
  end
  local gives, takes = effect.texts(effect.of(docs[1], merged, { kind = kind }))
  return report.effect_line { gives = gives, takes = takes }
end

local line = effect_line()
if options.dry_run then
  cli.out(report.paint_diff(docs[1]:diff(merged, { from = policy_files.name(options.file[1]), to = "merged" })))
  cli.out(line)
else
  cli.note("lanyard: " .. line)
  cli.json(tostring(merged))
end
