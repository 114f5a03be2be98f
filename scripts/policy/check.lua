local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Prove what policy files cannot allow, over every possible request.",
  category = "policies",
  description = [[
A check that fails prints a request that the policy allows. Each policy is judged
alone, whatever other policies of the account allow or deny. A check is
undecided where AWS's documentation, a policy variable or a limit leaves it
open: then the request cannot be excluded.
]],
  arguments = { { "file", args = "+", help = "A policy file, or - for stdin." } },
  options = {
    { "--no-new-access", type = "file", value = "BEFORE",
      help = "The policy allows nothing that the policy in BEFORE does not allow." },
    { "--not-granted", type = "text", value = "ACTION,...",
      help = "The policy allows none of these actions. Wildcards are permitted." },
    { "--no-public", help = "The policy allows nothing to the public." },
    { "--only-accounts", type = "text", value = "ID,...",
      help = "The policy allows nothing from outside these accounts." },
    { "--only-organizations", type = "text", value = "ID,...",
      help = "The policy allows nothing from outside these organizations." },
    { "--type", choices = { "repository", "resource", "identity" }, default = "repository",
      help = "What the policies are attached to: a repository, another resource, or an identity." },
    { "--output", choices = { "table", "json", "sarif" } },
  },
  exit = {
    { 0, "every check passes" },
    { 1, "a check is undecided, or a file could not be read or is not a policy" },
    { 3, "a check fails" },
  },
  examples = {
    { "lanyard policy check --no-public --only-accounts 111122223333 policies/*.json" },
    { "lanyard policy check --no-new-access main/web.json web.json", "Check a changed policy in CI." },
    { "lanyard policy check --not-granted 'ecr:Put*,ecr:Delete*' web.json" },
  },
}
local options = command:parse(...)

local checks = require "lanyard.policy.checks"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local policy_files = require "lanyard.cli.policy_files"
local results = require "lanyard.cli.print"

-- Returns the items of a comma-separated list, each checked by a pattern.
local function items(name, pattern, what)
  local list = {}
  for item in (options[name] or ""):gmatch "[^,]+" do
    if not item:find(pattern) then
      command:usage(("--%s: '%s' is not %s"):format(name:gsub("_", "-"), item, what))
    end
    list[#list + 1] = item
  end
  if options[name] and #list == 0 then
    command:usage(("--%s: a list is required"):format(name:gsub("_", "-")))
  end
  return list
end

local actions = items("not_granted", "^[%w*?-]+:[%w*?]+$", "an action: write SERVICE:ACTION, such as ecr:Put*")
local accounts = items("only_accounts", "^%d%d%d%d%d%d%d%d%d%d%d%d$", "an account id: write 12 digits")
local organizations = items("only_organizations", "^o%-[a-z0-9]+$", "the id of an organization, such as o-a1b2c3d4e5")

local wanted = {}
local function want(id, given)
  wanted[#wanted + 1] = given and id or nil
end
want("new-access", options.no_new_access)
want("access-granted", #actions > 0)
want("public-access", options.no_public)
want("outside-access", #accounts + #organizations > 0)
if #wanted == 0 then
  command:usage "name a check: --no-new-access, --not-granted, --no-public, --only-accounts or --only-organizations"
elseif options.no_new_access and #options.file > 1 then
  command:usage "--no-new-access compares one file with BEFORE: name one file"
end
policy_files.check_stdin(command, { options.no_new_access, table.unpack(options.file) })

local asked = {
  before = options.no_new_access and policy_files.load(options.no_new_access),
  actions = actions, accounts = accounts, organizations = organizations,
}
local kind = options.type == "identity" and "identity" or "resource"

local found, findings, undecided = json.array {}, json.array {}, false
if asked.before then
  policy_files.check_kind(asked.before, policy_files.name(options.no_new_access), kind)
end
local status = policy_files.each(options.file, function(doc, name)
  policy_files.check_kind(doc, name, kind)
  for _, id in ipairs(wanted) do
    local result = checks.run(id, doc, asked, { kind = kind })
    result.file = name
    found[#found + 1] = result
    if result.result == "fail" then
      local finding = checks.finding(result, doc)
      finding.file = name
      findings[#findings + 1] = finding
    elseif result.result == "undecided" then
      undecided = true
      cli.note(escape.format("lanyard: %s: %s: %s", name, id, result.reason))
    end
  end
end)

if options.output == "json" then
  results.json(found)
elseif options.output == "sarif" then
  results.json(require("lanyard.report.sarif").log(checks.CATALOGUE, findings))
elseif #findings > 0 then
  results.findings(findings)
elseif status == cli.exit.ok and not undecided then
  cli.out "every check passes"
end
if status ~= cli.exit.ok then
  return status
end
return #findings > 0 and cli.exit.found or undecided and cli.exit.failed or cli.exit.ok
