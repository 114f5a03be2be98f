local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Decide a request by all policies that apply to it.",
  category = "policies",
  description = [[
The answer is that of IAM: allow, deny, implicit-deny (nothing allows it), or
depends. It names the kind of policy that decides, and for depends the values
with which the answer is allow. A kind of policy that is not given does not limit
the request; without --identity the principal has no identity policy.

Repeat an option for several policies of a kind. For --scp each option is one level
of the organization, from the root; separate the policies of one level with commas.
A file without an Allow belongs to the level before it. AWS attaches
RCPFullAWSAccess, which cannot be detached, beside each --rcp file; attach
FullAWSAccess yourself (--scp full.json,deny.json).
]],
  usage = { "--principal PRINCIPAL --action ACTION [--identity FILE] ..." },
  options = {
    { "--principal", type = "text", value = "PRINCIPAL",
      help = "Who asks: an ARN, an account id, a service, or * for anyone (required)." },
    { "--action", type = "text", value = "ACTION", target = "action_name",
      help = "The action, such as ecr:BatchGetImage (required)." },
    { "--resource", type = "text", value = "ARN", help = "ARN of the resource." },
    { "--account", type = "account", help = "Account that owns the resource, if the ARN has none." },
    { "--resource-policy", type = "file", repeated = true,
      help = "A policy of the resource, or the trust policy of a role." },
    { "--identity", type = "file", repeated = true, help = "An identity policy of the principal." },
    { "--boundary", type = "file", repeated = true, help = "The permissions boundary of the principal." },
    { "--session", type = "file", repeated = true, help = "A session policy." },
    { "--scp", type = "text", value = "FILE,...", repeated = true,
      help = "The service control policies of a level of the principal's organization." },
    { "--rcp", type = "text", value = "FILE,...", repeated = true,
      help = "The resource control policies of a level of the resource's organization." },
    { "--vpc-endpoint", type = "file", repeated = true,
      help = "The policy of the VPC endpoint that the request uses." },
    { "--context", type = "text", value = "KEY=VALUE", repeated = true,
      help = "Value of a condition key, or a JSON object of keys and values. Repeat it for more." },
    { "--issuer", type = "text", value = "ARN",
      help = "The IAM user that federated the principal, a federated user session." },
    { "--complete", help = "The request has no other condition keys than --context and AWS give it." },
    { "--output", choices = { "table", "json" } },
  },
  exit = {
    { 0, "the answer is allow" },
    { 1, "a file could not be read or is not a policy of its kind" },
    { 2, "the request cannot exist, or the command line is invalid" },
    { 3, "the answer is deny, implicit-deny or depends" },
  },
  examples = {
    { "lanyard policy decide --principal $ARN --action ecr:PutImage --scp a.json" },
    { "lanyard policy decide --principal $ARN --action ecr:PutImage --scp a,b",
      "Ask about two service control policies of one level." },
  },
}
local options = command:parse(...)

local policy = require "lanyard.policy"
local policy_files = require "lanyard.cli.policy_files"
local policy_request = require "lanyard.cli.policy_request"

local RCP_FULL_ACCESS = [[
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}]]

-- The kinds of policies: the option, whether its statements have a Principal, and the field of policy.decide.
local KINDS = {
  { "resource_policy", true, "resource_policy" }, { "identity", false, "identity_policies" },
  { "boundary", false, "boundaries" }, { "session", false, "session_policies" },
  { "vpc_endpoint", true, "vpc_endpoint_policies" },
}

-- Returns all files of the options.
local function list_files()
  local files = {}
  for _, kind in ipairs(KINDS) do
    table.move(options[kind[1]], 1, #options[kind[1]], #files + 1, files)
  end
  for _, option in ipairs { "scp", "rcp" } do
    for file in table.concat(options[option], ","):gmatch "[^,]+" do
      files[#files + 1] = file
    end
  end
  return files
end

-- Reads a file as a policy whose statements have a Principal, or have none.
local function read(option, file, has_principal)
  local doc, name = policy_files.load(file), policy_files.name(file)
  for _, statement in ipairs(doc:statements()) do
    if not statement.flaw and (#statement.principals > 0) ~= has_principal then
      cli.problem("WrongPolicyType", ("%s: statement %d has %s Principal: not a policy for --%s"):format(name,
        statement.index, has_principal and "no" or "a", option:gsub("_", "-")))
    end
  end
  return { policy = doc, name = name }
end

local function allows_nothing(level)
  for _, one in ipairs(level) do
    for _, statement in ipairs(one.policy:statements()) do
      if statement.effect == "Allow" then
        return false
      end
    end
  end
  return true
end

-- Returns the levels of an option. A level that allows nothing is attached beside the Allow of another one.
local function read_levels(option, has_principal)
  local levels = {}
  for _, word in ipairs(options[option]) do
    local level = {}
    for file in word:gmatch "[^,]+" do
      level[#level + 1] = read(option, file, has_principal)
    end
    local last = levels[#levels]
    if last and (allows_nothing(level) or allows_nothing(last)) then
      table.move(level, 1, #level, #last + 1, last)
    else
      levels[#levels + 1] = level
    end
  end
  return levels[1] and levels or nil
end

local request, files = policy_request.read(command, options), list_files()
if #files == 0 then
  command:usage("a policy is required: --identity, --resource-policy, --boundary, --session, --scp, --rcp or "
    .. "--vpc-endpoint", "MissingArgument")
end
policy_files.check_stdin(command, files)
request.resource_account, request.partial = options.account, not options.complete
request.context = request.context or options.complete and {} or nil
for _, kind in ipairs(KINDS) do
  local option, has_principal, field = table.unpack(kind)
  for i, file in ipairs(options[option]) do
    request[field] = request[field] or {}
    request[field][i] = read(option, file, has_principal)
  end
end
request.scps, request.rcps = read_levels("scp", false), read_levels("rcp", true)
for _, level in ipairs(request.rcps or {}) do
  level[#level + 1] = { policy = RCP_FULL_ACCESS, name = "RCPFullAWSAccess" }
end

local decision, statement, reason, details = policy.decide(request)
if not decision then
  cli.check(nil, statement)
end
local shown = statement and policy_files.statement(statement)
if shown then
  shown.document = statement.document
end
return policy_files.print_decision(options.output, {
  decision = decision, reason = reason, layer = details.layer, when = details.when, statement = shown,
})
