local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Show the policy of a repository, as text or by statement.",
  category = "access",
  description = [[
--format chooses how a policy is printed:

  raw         the text that ECR has stored, byte for byte; on a terminal,
              characters that are not printable are escapes
  pretty      the same text with a member or element on each line
  statements  each statement; of an Allow also the audience: whom it can admit
              now, without whom a Deny excludes altogether

If several policies are printed as text, a line ==> NAME <== is before each. A
repository without a policy is reported on stderr.

The JSON value is a list of policies: `text`, `statements` with their `audience`,
and `error` (code, message) for a policy that could not be read or that AWS would
not accept. `text` is null if there is no policy.
]],
  usage = { "<repository> ...", "--registry" },
  arguments = { { "repository", args = "*", help = "Name or glob of a repository." } },
  options = {
    { "--registry", help = "Show the policy of the registry; with repositories, too." },
    { "--format", value = "FORMAT", choices = { "raw", "pretty", "statements" },
      help = "How a policy is printed (default: raw)." },
    { "--output", choices = { "policy", "json" } },
    "aws",
  },
  exit = {
    { 0, "every policy was shown" },
    { 1, "a repository does not exist or has no policy (the others are shown), a policy could not be read, or its "
      .. "audience is unknown" },
  },
  examples = {
    { "lanyard show my-private-repo > policy.json", "Save the policy as it is." },
    { "lanyard show my-private-repo --format statements", "Show whom each statement admits." },
    { "lanyard show '*' --query '[?text].[repository, size]' --output text",
      "List the repositories with a policy, and its size." },
    { "lanyard show --registry --format pretty" },
  },
}
local options = command:parse(...)

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local report = require "lanyard.cli.print"
local repositories = require "lanyard.access.repositories"
local stored_policies = require "lanyard.access.stored_policies"
local view = require "lanyard.cli.stored_policy"

if #options.repository == 0 and not options.registry then
  command:usage("name a repository, or pass --registry", "MissingArgument")
elseif options.format and options.output ~= "policy" then
  command:usage("--format does not apply to --output json, text or yaml", "ConflictingOptions")
end
for _, name in ipairs(options.repository) do
  local ok, err = repositories.check(name)
  if not ok then
    command:usage(err.message, "InvalidValue")
  end
end

local region = cli.connect(options)
local status = cli.exit.ok

local function fail(err)
  cli.note("lanyard: " .. cli.describe(err))
  status = cli.exit.failed
end

-- Returns the policies that the command line names. What is missing is reported.
local function read()
  local missing, found = {}, {}
  if #options.repository > 0 then
    local list, err = region:repositories(options.repository, missing)
    for _, name in ipairs(lists.sorted_names(missing)) do
      fail(missing[name])
      err = err ~= missing[name] and err or nil -- an error about the only name is the error of the call, too
    end
    if err then
      fail(err)
    end
    found = stored_policies.of_repositories(region, list or {})
  end
  if options.registry then
    found[#found + 1] = stored_policies.of_registry(region)
  end
  return found
end

local format = options.format or "raw"
local is_value = options.output == "json"

-- Prints one policy as --format asks. A text that cannot be parsed is printed only as it is.
local function print_policy(one, is_titled, is_valid)
  if format == "statements" and one.doc then
    return view.statements(one, region:time(), is_valid)
  elseif not (one.doc or format == "raw" and one.text) then
    return
  elseif is_titled then
    cli.out(escape.format("==> %s <==", one.repository or one.name))
  end
  view[format](one)
end

local items, policies = json.array {}, read()
for i, one in ipairs(policies) do
  local err = one.err or one.doc and (is_value or format == "statements") and view.problem(one) or nil
  if err then
    fail(err)
  elseif not one.text then
    fail(errors.new { code = "NoPolicy", message = one.name .. " has no policy" })
  end
  if is_value then
    items[i] = view.item(one, region.name, region:time(), err)
  else
    print_policy(one, #policies > 1, not err)
  end
end
if is_value then
  report.json(items)
end
return status
