local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Revoke a container service's access to ECR repositories.",
  category = "access",
  description = [[
Removes the service's puller role from every Allow statement that names it. A
statement that names only the role is removed; a policy that loses its last
statement is deleted.

Other subjects, instead of a service:

  --principal ARN     one principal, for example the role of a deleted service
  --orphans           principals that are unique ids (AROA...) of deleted roles
  --expired           puller roles whose grants have expired, in all
                      repositories unless some are named
  --statement NAME    one statement, Allow or Deny: its Sid, its number in the
                      one repository named ('#3'), or the reference that an
                      audit prints ('#3:9f2c1a01'), which always means the same
                      statement; with --principal, only that principal is
                      removed from it
]],
  arguments = {
    { "names", args = "*",
      help = "The container service, unless an option selects the subject; then names or globs of repositories." },
  },
  options = {
    { "--principal", type = "text", value = "ARN", help = "Revoke this principal; an AWS service by its name." },
    { "--orphans", help = "Revoke unique ids of deleted roles and users." },
    { "--expired", help = "Revoke puller roles whose grants have expired." },
    { "--statement", type = "text", value = "SID|#N", help = "Remove this statement." },
    { "--all", help = "Select every repository of the Region." },
    { "--output", choices = { "table", "json" } },
    "settle", "dry-run", "yes", "rules", "aws",
  },
  exit = {
    { 0, "no selected repository grants the access" },
    { 1, "at least one change failed" },
    { 4, "a rule denied a change" },
  },
  examples = {
    { "lanyard revoke web my-private-repo", "Revoke the grant of web." },
    { "lanyard revoke --orphans --all --dry-run", "Print what removing all orphans would change." },
    { "lanyard revoke --statement '#3' my-private-repo", "Remove the third statement." },
  },
}
local options = command:parse(...)

local principal = require "lanyard.access.principal"
local report = require "lanyard.cli.print"

-- Whether options select the subject. Ends the script if they contradict each other.
local function has_subject()
  local given = {}
  for _, name in ipairs { "principal", "orphans", "expired", "statement" } do
    given[#given + 1] = options[name] and "--" .. name or nil
  end
  if #given > 1 and table.concat(given) ~= "--principal--statement" then
    command:usage(table.concat(given, " and ") .. " exclude each other")
  end
  return #given > 0
end

local by_service = not has_subject()
if by_service and #options.names == 0 then
  command:usage "name the container service, or pass --principal, --orphans, --expired or --statement"
end
if options.principal then
  local ok, message = principal.check(options.principal)
  if not ok then
    command:usage("--principal: " .. message)
  end
end
local service_name = by_service and table.remove(options.names, 1) or nil
if options.expired and #options.names == 0 then
  options.all, options.yes = true, true -- an expired grant gives no access, so nobody loses any
end
if (options.all or false) == (#options.names > 0) then
  command:usage "name the repositories, or pass --all"
elseif options.statement == "" then
  command:usage "--statement needs a Sid, or a number as '#3'"
elseif (options.statement or ""):find "^#%d+$" and (#options.names ~= 1 or options.names[1]:find "[*?]") then
  command:usage "the number of a statement belongs to one policy: name one repository"
end

local region = cli.connect(options)
local subject = { principal = options.principal, orphans = options.orphans, statement = options.statement }
if by_service then
  local service, err = region:service(service_name)
  if not service and err.code == "NotFoundException" then
    err.tip = "for a deleted service, lanyard audit prints the grants, and lanyard revoke --principal ARN or --orphans "
      .. "removes them"
  end
  subject.service = cli.check(service, err)
end
local repositories = cli.check(region:repositories(not options.all and options.names or nil))
subject.expired = options.expired and region:time() or nil -- by AWS's clock, which a reply has shown by now
if options.all and not options.dry_run then
  cli.confirm(options, ("Revoke in all %d repositories?"):format(#repositories))
end

local changes = region:change_each(repositories, function(repository)
  return region:revoke(subject, repository, {
    dry_run = options.dry_run,
    settle = options.settle,
    progress = cli.progress,
  })
end)
cli.progress(nil)
return report.changes(options.output, changes)
