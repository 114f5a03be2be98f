local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Report whether a policy allows a request, and why.",
  category = "policies",
  description = [[
The answer is allow, deny, implicit-deny (no statement allows it), or depends: a
condition decides, and --context does not give the value of its key. A second line
then says for which values the answer is allow. The principal and the resource
give some keys their values, such as aws:PrincipalArn; a --context that
contradicts them is refused. lanyard policy decide considers several policies.
]],
  usage = { "<file> --principal PRINCIPAL --action ACTION" },
  arguments = { { "file", help = "A policy file, or - for stdin." } },
  options = {
    { "--principal", type = "text", value = "PRINCIPAL",
      help = "Who asks: an ARN, an account id, a service, or * for anyone (required)." },
    { "--action", type = "text", value = "ACTION", target = "action_name",
      help = "The action, such as ecr:BatchGetImage (required)." },
    { "--resource", type = "text", value = "ARN", help = "ARN of the repository, for a policy with resources." },
    { "--account", type = "account", help = "Account that owns the repository." },
    { "--context", type = "text", value = "KEY=VALUE", repeated = true,
      help = "Value of a condition key, or a JSON object of keys and values. Repeat it for more." },
    { "--issuer", type = "text", value = "ARN",
      help = "The IAM user that federated the principal, a federated user session." },
    { "--output", choices = { "table", "json" } },
  },
  exit = {
    { 0, "the answer is allow" },
    { 1, "the file could not be read or is not a policy" },
    { 2, "the request cannot exist, or the command line is invalid" },
    { 3, "the answer is deny, implicit-deny or depends" },
  },
  examples = {
    { "lanyard policy can policy.json --principal '*' --action ecr:PutImage" },
    { "lanyard policy can - --principal 111122223333 --action ecr:PutImage",
      "Ask about the policy on stdin." },
  },
}
local options = command:parse(...)

local policy_files = require "lanyard.cli.policy_files"
local policy_request = require "lanyard.cli.policy_request"

local request = policy_request.read(command, options)
request.account = options.account
local doc = policy_files.load(options.file)
local decision, statement, reason, when = doc:can(request)
return policy_files.print_decision(options.output, {
  decision = decision, reason = reason, when = when,
  statement = statement and policy_files.statement(doc:statement(statement.index)),
})
