local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Prove what policy files cannot allow, over every possible request.",
  category = "policies",
  description = [[
A check that fails prints a request that the policy allows. Each policy is judged
alone, whatever other policies of the account allow or deny. A check is
undecided where AWS's documentation, a policy variable or a limit leaves it
open: then the request cannot be excluded. A policy that AWS refuses to store,
such as one with an empty list of actions, is an error. In JSON the result is
pass, fail, undecided or error.

--no-new-access with two folders compares all files below them whose names end in
.json by their relative paths. If only BEFORE is a folder, each file is compared
with the file of the same path below BEFORE. A new file is compared with a policy
that allows nothing, and a deleted file is named.
]],
  arguments = { { "file", args = "+", help = "A policy file, - for stdin, or a folder to compare with BEFORE." } },
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
    { 1, "no check fails, but one is undecided, or a file could not be read or is not a policy that AWS accepts" },
    { 3, "a check fails" },
  },
  examples = {
    { "lanyard policy check --no-public --only-accounts 111122223333 policies/*.json" },
    { "lanyard policy check --no-new-access main/web.json web.json", "Check a changed policy in CI." },
    { "lanyard policy check --no-new-access main/policies policies", "Check all policies of a pull request." },
    { "lanyard policy check --not-granted 'ecr:Put*,ecr:Delete*' web.json" },
  },
}
local options = command:parse(...)

local checks = require "lanyard.policy.checks"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local policy_files = require "lanyard.cli.policy_files"
local policy_pairs = require "lanyard.cli.policy_pairs"
local results = require "lanyard.cli.print"

-- Returns the items of a comma-separated list, each checked by a pattern.
local function items(name, pattern, what)
  local list = {}
  for item in (options[name] or ""):gmatch "[^,]+" do
    if not item:find(pattern) then
      command:usage(("--%s: '%s' is not %s"):format(name:gsub("_", "-"), item, what), "InvalidValue")
    end
    list[#list + 1] = item
  end
  if options[name] and #list == 0 then
    command:usage(("--%s: a list is required"):format(name:gsub("_", "-")), "MissingValue")
  end
  return list
end

local actions = items("not_granted", "^[%w*?-]+:[%w*?]+$", "an action: write SERVICE:ACTION, such as ecr:Put*")
for _, action in ipairs(actions) do
  require("lanyard.cli.policy_actions").note_unknown(action)
end
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
  command:usage("name a check: --no-new-access, --not-granted, --no-public, --only-accounts or --only-organizations",
    "MissingArgument")
end
if options.no_public and options.type == "identity" then
  command:usage("--no-public needs the policy of a resource: an identity policy is never public", "ConflictingOptions")
end
policy_files.check_stdin(command, { options.no_new_access, table.unpack(options.file) })

-- Returns the files to check, each with the file that it is compared with.
local function pairs_to_check()
  local before, files = options.no_new_access, options.file
  local list, before_type, err = {}, nil, nil
  if before and before ~= "-" then
    before_type, err = policy_pairs.type_of(before)
  end
  if before_type ~= "folder" then
    for i, file in ipairs(files) do
      list[i] = { name = policy_files.name(file), before = before, after = file }
    end
    if err and (#files > 1 or policy_pairs.type_of(files[1]) == "folder") then
      cli.problem(err.code, ("--no-new-access: %s"):format(tostring(err)))
    elseif before and #files > 1 then
      command:usage("--no-new-access compares one file with BEFORE: name one file, or a folder as BEFORE",
        "ConflictingOptions")
    elseif before and files[1] ~= "-" and policy_pairs.type_of(files[1]) == "folder" then
      command:usage("--no-new-access compares a folder with a folder: BEFORE is a file", "ConflictingOptions")
    end
    return list, false
  elseif #files == 1 and files[1] ~= "-" and policy_pairs.type_of(files[1]) == "folder" then
    return cli.check(policy_pairs.of_folders(before, files[1])), true
  end
  local by_path, message = policy_pairs.of_files(before, files)
  return by_path or command:usage(message, "InvalidValue"), true
end

local kind = options.type == "identity" and "identity" or "resource"
local found, findings, undecided, unread = json.array {}, json.array {}, false, {}

-- Records a file that cannot be read, or that is not a policy that AWS accepts: an error instead of each check.
local function fail(name, message, failure)
  cli.note("lanyard: " .. cli.with_code(message, failure.code))
  failure.file = name
  unread[#unread + 1] = failure
  for _, id in ipairs(wanted) do
    found[#found + 1] = { file = name, check = id, result = "error", reason = message }
  end
end

-- Returns a document | nil after a note. No path means a policy that allows nothing.
local function load(path)
  if not path then
    return policy.new()
  end
  local doc, message, failure = policy_files.read(path)
  local name = policy_files.name(path)
  if doc then
    message, failure = policy_files.problem(doc, name, options.type)
  end
  if message then
    fail(name, message, failure)
    return nil
  end
  return doc
end

-- Runs the checks on one file. change: "added" if it has no counterpart
local function check_file(doc, before, name, change)
  local asked = { before = before, actions = actions, accounts = accounts, organizations = organizations }
  for _, id in ipairs(wanted) do
    local result = checks.run(id, doc, asked, { kind = kind })
    result.file, result.change = name, change
    found[#found + 1] = result
    if result.result == "fail" then
      local finding = checks.finding(result, doc, kind)
      finding.file = name
      findings[#findings + 1] = finding
    elseif result.result == "undecided" then
      undecided = true
      cli.note(cli.with_code(escape.format("lanyard: %s: %s: %s", name, id, result.reason), "Undecided"))
    end
  end
end

local list, by_path = pairs_to_check()
for _, pair in ipairs(list) do
  pair.name = by_path and policy_files.name(pair.name) or pair.name
  local is_new = by_path and not pair.before
  if not pair.after then
    cli.note(escape.format("lanyard: %s: deleted", pair.name))
    found[#found + 1] = { file = pair.name, check = "new-access", result = "pass", change = "deleted" }
  else
    local before, doc = load(pair.before), load(pair.after)
    if is_new and doc then
      cli.note(escape.format("lanyard: %s: a new file, compared with a policy that allows nothing", pair.name))
    end
    if before and doc then
      check_file(doc, before, pair.name, is_new and "added" or nil)
    end
  end
end

if options.output == "json" then
  results.json(found)
elseif options.output == "sarif" then
  results.json(require("lanyard.report.sarif").log(checks.CATALOGUE, findings, unread))
elseif #findings > 0 then
  results.findings(findings)
elseif #unread == 0 and not undecided then
  cli.out "every check passes"
end
return #findings > 0 and cli.exit.found or (#unread > 0 or undecided) and cli.exit.failed or cli.exit.ok
