local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Report what is wrong, risky or unusual in policy files.",
  category = "policies",
  description = [[
`lanyard help lint` lists the findings. Without --type, the type of a policy is guessed from its elements:

  Resource without Principal
      an identity policy; a service control policy looks the same
  Principal with actions of STS
      a trust policy
  Resource with an action such as ecr:ReplicateImage
      a registry policy
  Resource, everyone, and other services than ECR
      a resource control policy if it only denies, else a VPC endpoint policy
  anything else
      a repository policy
]],
  arguments = { { "file", args = "+", help = "A policy file, or - for stdin." } },
  options = {
    {
      "--type", choices = { "repository", "registry", "identity", "trust", "scp", "rcp", "vpc-endpoint" },
      help = "The type of the policies, guessed by default.",
    },
    {
      "--account", type = "account",
      help = "Account that owns the repository or role: principals of others are reported. Default: the registryId "
        .. "of a reply of ECR.",
    },
    { "--fail-on", type = "severity", help = "Exit with 3 on a finding of this severity or above." },
    { "--output", choices = { "table", "json", "sarif" } },
  },
  exit = {
    { 0, "no finding reaches --fail-on" },
    { 1, "a file could not be read or is not a policy" },
    { 3, "a finding reaches --fail-on" },
  },
  examples = {
    { "lanyard policy lint --fail-on high policies/*.json", "Check policies in CI." },
    { "lanyard permissions | lanyard policy lint -", "Check an identity policy." },
    { "lanyard policy lint --output sarif policy.json > lint.sarif", "Write findings for code scanning." },
  },
}
local options = command:parse(...)

require "lanyard.access.lightsail" -- what the linter knows about Lightsail's principals
local json = require "lanyard.json"
local lazy = require "lanyard.lazy"
local lint = require "lanyard.policy.lint"
local policy_files = require "lanyard.cli.policy_files"
local results = lazy "lanyard.cli.print"
local severities = require "lanyard.severity"

policy_files.check_stdin(command, options.file)

local findings, failures = json.array {}, {}

-- Returns the type of a document. A guess is named, because other types have other findings.
local function type_of(doc, name)
  local kind = options.type or lint.guess(doc)
  if not options.type and kind ~= "repository" then
    cli.note(("lanyard: %s: checked as %s; --type selects another type"):format(name, lint.subject(kind)))
  end
  return kind
end

local function check(doc, name, reply)
  local account = options.account or reply and reply.account
  for _, finding in ipairs(lint.check(doc, { account = account, type = type_of(doc, name) })) do
    finding.file = name
    if reply then -- positions within a string of the file mean nothing to the reader of the file
      finding.line, finding.end_line = reply.line, reply.line
      finding.column, finding.end_column = reply.column, reply.column + #'"policyText"'
    end
    findings[#findings + 1] = finding
  end
end

local function report_failure(failure, name)
  failure.file = name
  failures[#failures + 1] = failure
  findings[#findings + 1] = options.output ~= "table" and lint.failure(failure) or nil
end

local status = policy_files.each(options.file, check, report_failure)

if options.output == "json" then
  results.json(findings)
elseif options.output == "sarif" then
  results.json(require("lanyard.report.sarif").log(lint.catalogue, findings, failures))
elseif #findings > 0 then
  results.findings(findings)
elseif status == cli.exit.ok then
  cli.out "no findings"
end
if status == cli.exit.ok and options.fail_on and severities.reaches(findings, options.fail_on) then
  return cli.exit.found
end
return status
