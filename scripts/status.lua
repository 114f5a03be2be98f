local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Show container services: role, ARN, deployed images, and grants.",
  category = "access",
  description = [[
Shows every service of the Region, or the named ones. `granted by` lists the
repositories that grant the service's role, with the expiry of the grant. A
grant that does not allow the pull, or not always, is marked:

  (denied)               a statement denies an action of the pull, also one of
                         the registry policy or of a resource control policy
                         that the caller may read; in JSON deny or partial
  (no pull)              no action of the pull is allowed; in JSON deny
  (one of two actions)   one of the two actions is allowed; in JSON partial
  (conditional)          a condition decides; in JSON depends

In JSON, `decisions` has these decisions by repository, as in an audit. A grant
without a mark is allow there.

`capacity` is the power and the number of nodes, `deployment` the version that
runs, with its age. `domains` are shown with the state of their certificates
(lightsail:GetCertificates, called only if a service has domains). `last failure`
is the last deployment that failed (lightsail:GetContainerServiceDeployments),
with likely reasons unless a later one became active
(lightsail:GetContainerLog, ecr:DescribeImages). What the caller may not read is
(unknown), which does not change the exit status.

`registry policy` is followed by the repositories that only the registry policy
lets the role pull from; in JSON `by_registry`.

A grant that lanyard wrote on this machine, and that is gone because another
tool overwrote the policy, is shown as `overwritten`, with the command that
restores it. `lanyard blame` shows who changed a policy.

If repositories or policies cannot be read, the grants are (unknown) or
incomplete: the JSON member `repositories_unknown` has the reason, and the exit
status is 1. It is also 1 if this machine's journal cannot be read: overwritten
grants are not shown then.
]],
  arguments = { { "service", args = "*", help = "Name of a container service." } },
  options = { { "--output", choices = { "table", "json" } }, "aws" },
  exit = {
    { 0, "all services and grants were read" },
    { 1, "a named service does not exist (the others are shown), or grants or the journal could not be read" },
  },
  examples = {
    { "lanyard status", "Show all services of the Region." },
    { "lanyard status web --output json", "Print one service as JSON." },
  },
}
local options = command:parse(...)

local escape = require "lanyard.text.escape"
local fields = require "lanyard.cli.fields"
local grant_views = require "lanyard.cli.grants"
local grants = require "lanyard.access.grants"
local json = require "lanyard.json"
local overwritten = require "lanyard.access.overwritten"
local service_details = require "lanyard.cli.service_details"
local terminal = require "lanyard.cli.terminal"
local timestamp = require "lanyard.text.timestamp"

local region = cli.connect(options)
local missing = {}
local services = cli.check(region:services(#options.service > 0 and options.service or nil, missing))
for _, one in ipairs(missing) do
  cli.note("lanyard: " .. cli.describe(one))
end
if #missing > 0 and #services == 0 then
  return cli.exit.failed
end
local policies, err = region:policies()
if err then
  cli.note("lanyard: cannot read the grants: " .. cli.describe(err))
end
local details, details_err = service_details.read(region, services)
if details_err then
  cli.note("lanyard: cannot read all of the services: " .. cli.describe(details_err))
end
local incomplete = err ~= nil or details_err ~= nil or #missing > 0
local finder, lost_by_role, noted = overwritten.new(region), {}, {}
for _, one in ipairs(policies or {}) do
  local lost, journal_err
  if one.err then
    incomplete = true
    cli.note(escape.format("lanyard: %s: cannot read its grants: ", one.repository.name) .. cli.describe(one.err))
  else
    lost, journal_err = finder:find(one.repository, one.doc)
  end
  if journal_err and not noted[journal_err.message] then
    noted[journal_err.message], incomplete = true, true
    cli.note("lanyard: overwritten grants are unknown: " .. cli.describe(journal_err))
  end
  for _, grant in ipairs(lost and lost.grants or {}) do
    local list = lost_by_role[grant.principal] or {}
    lost_by_role[grant.principal] = list
    list[#list + 1] = { repository = one.repository.name, lost = lost, expires = grant.expires }
  end
end

-- Returns the command that restores a grant.
local function restoring(service, one)
  local words = { "lanyard", "grant", service.name, one.repository, "--region", region.name }
  if one.expires then
    table.move({ "--expires", timestamp.format(one.expires) }, 1, 2, #words + 1, words)
  end
  return require("lanyard.text.shellwords").join(words)
end

-- Returns the grants of a role that another writer removed, for JSON.
local function overwritten_grants(service)
  local items = json.array {}
  for i, one in ipairs(lost_by_role[service.role.arn] or {}) do
    local by = one.lost.by
    items[i] = {
      repository = one.repository, written = one.lost.time, fix = restoring(service, one),
      by = by and { time = by.time, principal = by.principal, tool = by.tool },
    }
  end
  return #items > 0 and items or nil
end

local function images_of(deployment)
  local images = {}
  for _, image in pairs(deployment and deployment.images or {}) do
    images[#images + 1] = image
  end
  table.sort(images)
  return images
end

-- Texts of AWS for a terminal.
local function lines_of(texts)
  local shown = {}
  for i, text in ipairs(texts) do
    shown[i] = escape.printable(text)
  end
  return #shown > 0 and shown or "-"
end

local function json_of(service, granted, detail)
  return service_details.add({
    service = service.name,
    region = service.region,
    state = service.state,
    isActive = service.role.active,
    principalArn = service.role.arn or "",
    images = json.array(images_of(service.current)),
    nextImages = json.array(images_of(service.next)),
    repositories = json.array(granted.names),
    repositories_unknown = granted.unknown,
    by_registry = granted.by_registry and json.array(granted.by_registry),
    decisions = next(granted.decisions) and granted.decisions or nil,
    expires = next(granted.expires) and granted.expires or nil,
    overwritten = overwritten_grants(service),
  }, detail)
end

local function print_service(service, granted, detail)
  local role, pending = service.role, images_of(service.next)
  local lines, before, after = {}, service_details.lines(detail)
  local function line(label, value, colour)
    lines[#lines + 1] = { label, value, colour }
  end
  line("state", escape.printable(service.state .. (service.detail and " (" .. service.detail .. ")" or "")))
  table.move(before, 1, #before, #lines + 1, lines)
  line("puller role", role.active and "on" or "off", role.active and "green" or "yellow")
  line("role ARN", escape.printable(role.arn or "-"))
  line("images", lines_of(images_of(service.current)))
  if #pending > 0 then
    line("next images", lines_of(pending))
  end
  table.move(after, 1, #after, #lines + 1, lines)
  line("granted by", escape.printable(granted.shown), granted.unknown and "yellow")
  for _, one in ipairs(lost_by_role[role.arn] or {}) do
    local lost = timestamp.localized(overwritten.describe(one.lost))
    line("overwritten", escape.format("%s (%s)", one.repository, lost), "red")
    line("", escape.format("restore it with: %s", restoring(service, one)))
  end
  cli.out(fields.render(escape.printable(service.name), lines, terminal.width()))
end

local items, granted_by = json.array {}, grants.index(policies or {})
for i, service in ipairs(services) do
  local granted = grant_views.of_role(region, service.role.arn, granted_by, err)
  items[i] = json_of(service, granted, details[i])
  if options.output == "table" then
    print_service(service, granted, details[i])
  end
end
if options.output == "json" then
  require("lanyard.cli.print").json(items)
elseif #items == 0 then
  cli.note(("no container services in %s"):format(region.name))
end
return incomplete and cli.exit.failed or cli.exit.ok
