local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Report whether a policy allows a request, and why.",
  category = "policies",
  description = [[
The answer is allow, deny, implicit-deny (no statement allows it), or depends: a
condition decides, and --context does not give the value of its key. The principal
and the resource give some keys their values, such as aws:PrincipalArn; a --context
that contradicts them is refused.
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
      help = "Value of a condition key. Repeat it for more keys, or for several values of one." },
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

local escape = require "lanyard.text.escape"
local policy = require "lanyard.policy"
local policy_files = require "lanyard.cli.policy_files"
local principals = require "lanyard.access.principal"
local results = require "lanyard.cli.print"

local COLOURS = { allow = "green", deny = "red", ["implicit-deny"] = "red", depends = "yellow" }

if not (options.principal and options.action_name) then
  command:usage "--principal and --action are required"
end
local valid, message = principals.check(options.principal)
if not valid then
  command:usage("--principal: " .. message)
elseif not options.action_name:find "^[%w-]+:%w+$" then
  command:usage(("--action: '%s' is not an action: write SERVICE:ACTION, such as ecr:BatchGetImage")
    :format(options.action_name))
end

-- A key that is given more than once, in any letter case, has several values.
local function context_of(words)
  if #words == 0 then
    return nil
  end
  local context, names = {}, {}
  for _, word in ipairs(words) do
    local key, value = word:match "^([^=]+)=(.*)$"
    if not key then
      command:usage(("--context: '%s' is not KEY=VALUE"):format(word))
    end
    local name = names[key:lower()] or key
    names[key:lower()] = name
    context[name] = context[name] or {}
    table.insert(context[name], value)
  end
  return context
end

local request = {
  principal = options.principal, action = options.action_name, resource = options.resource,
  account = options.account, context = context_of(options.context), partial = true,
}
local possible, contradiction = policy.possible {
  principal = request.principal, resource = request.resource, account = request.account, context = request.context,
}
if not possible then
  command:usage("such a request cannot exist: " .. escape.printable(contradiction))
end
local doc = policy_files.load(options.file)
local decision, statement, reason = doc:can(request)
if options.output == "json" then
  results.json {
    decision = decision, reason = reason,
    statement = statement and policy_files.statement(doc:statement(statement.index)),
  }
else
  cli.out(("%s: %s"):format(cli.paint(COLOURS[decision], decision), escape.printable(reason)))
end
return decision == "allow" and cli.exit.ok or cli.exit.found
