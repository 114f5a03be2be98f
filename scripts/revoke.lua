local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Revoke a container service's access to ECR repositories.",
  category = "access",
  description = [[
Removes the service's puller role from every Allow statement that names it. A
statement that names only the role is removed; a policy that loses its last
statement is deleted.

If an option selects the principal or statement, no service is named: `lanyard
revoke jobs --orphans` reads jobs as a repository.

  --principal ARN     one principal, for example the role of a deleted service
  --orphans           unique ids (AROA...) that policies show in place of
                      deleted roles, such as a puller role that was disabled;
                      they grant nothing
  --expired           puller roles whose grants have expired, in all
                      repositories unless some are named
  --statement SID|#N  one statement, Allow or Deny: its Sid, its number in the
                      one repository named ('#3'), or the reference that an
                      audit prints ('#3:9f2c1a01'), which always means the same
                      statement; with --principal, only that principal is
                      removed from it
]],
  usage = {
    "<service> [<repository> ...]",
    "(--principal ARN | --orphans | --expired | --statement SID|#N) [<repository> ...]",
  },
  arguments = {
    { "service", args = "?", help = "Name of the container service." },
    { "repository", args = "*",
      help = "Name or glob ('team/*') of repositories, or the URI of an image; or pass --all." },
  },
  options = {
    { "--principal", type = "text", value = "ARN", help = "Revoke this principal; an AWS service by its name." },
    { "--orphans", help = "Revoke unique ids of deleted roles and users." },
    { "--expired", help = "Revoke puller roles whose grants have expired." },
    { "--statement", type = "text", value = "SID|#N", help = "Remove this statement." },
    { "--all", help = "Select every repository of the Region." },
    { "--output", choices = { "table", "json" } },
    "settle", "dry-run", "yes-all", "rules", "aws",
  },
  exit = {
    { 0, "no selected repository grants the access" },
    { 1, "at least one change failed" },
    { 4, "a rule denied a change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard revoke web my-private-repo", "Revoke the grant of web." },
    { "lanyard revoke --orphans --all --dry-run", "Print what removing all orphans would change." },
    { "lanyard revoke --statement '#3' my-private-repo", "Remove the third statement." },
  },
}
local options = command:parse(...)

local answers = require "lanyard.aws.answers"
local collector = require "lanyard.cli.changes"
local principal = require "lanyard.access.principal"

-- Whether options select the subject. Ends the script if they contradict each other.
local function has_subject()
  local given = {}
  for _, name in ipairs { "principal", "orphans", "expired", "statement" } do
    given[#given + 1] = options[name] and "--" .. name or nil
  end
  if #given > 1 and table.concat(given) ~= "--principal--statement" then
    command:usage(table.concat(given, " and ") .. " exclude each other", "ConflictingOptions")
  end
  return #given > 0
end

local by_service = not has_subject()
local repository_names = options.repository
if not by_service and options.service then
  table.insert(repository_names, 1, options.service) -- the first argument is a repository, too
elseif by_service and not options.service then
  command:usage("name the container service, or pass --principal, --orphans, --expired or --statement",
    "MissingArgument")
end
if options.principal then
  local ok, message = principal.check(options.principal)
  if not ok then
    command:usage("--principal: " .. message, "InvalidValue")
  end
end
if options.expired and #repository_names == 0 then
  options.all, options.yes = true, true -- an expired grant gives no access, so nobody loses any
end
if (options.all or false) == (#repository_names > 0) then
  command:usage("name the repositories, or pass --all", "MissingArgument")
elseif options.statement == "" then
  command:usage("--statement needs a Sid, or a number as '#3'", "MissingValue")
elseif (options.statement or ""):find "^#%d+$" and (#repository_names ~= 1 or repository_names[1]:find "[*?]") then
  command:usage("the number of a statement belongs to one policy: name one repository", "ConflictingOptions")
end

local region = cli.connect(options)
local changes <close> = collector.new(options, region)
local subject = { principal = options.principal, orphans = options.orphans, statement = options.statement }
if by_service then
  local service, err = region:service(options.service)
  if answers.rejected(err, "NotFoundException") then
    err.tip = "for a deleted service, lanyard audit prints the grants, and lanyard revoke --principal ARN or --orphans "
      .. "removes them"
  end
  subject.service = cli.check(service, err)
end
local repositories = changes:select(cli.check(region:repositories(not options.all and repository_names or nil)))
subject.expired = options.expired and region:time() or nil -- by AWS's clock, which a reply has shown by now
if options.all and not options.dry_run and #repositories > 0 then
  cli.confirm(options, ("Revoke in all %d repositories?"):format(#repositories))
end

changes:each(function(repository)
  return region:revoke(subject, repository, {
    dry_run = options.dry_run,
    settle = options.settle,
    progress = cli.progress,
  })
end)
return changes:report()
