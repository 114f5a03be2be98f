-- Show container services: role, ARN, deployed images, and the repositories that grant the role.
--
-- Every service of the Region, or those named. A grant that has an end is shown with it. One by which the role cannot
-- pull, or not always, is marked: (denied) by a Deny, (one of two actions), (no pull), (conditional). --output json
-- has under `decisions` what each policy says to a pull now: allow, deny, partial or depends, as an audit's has.
--
-- Where repositories or their policies could not be read, a service's grants are (unknown), or more than those shown:
-- --output json has why as `repositories_unknown`, and the exit status is 1.

local cli = require "lanyard.cli"
local failures = require "lanyard.report.failures"
local escape = require "lanyard.text.escape"
local grants = require "lanyard.access.grants"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("service", "A container service."):args "*"
local options = command:parse()

local region = cli.connect(options)
local services = cli.check(region:services(#options.service > 0 and options.service or nil))
local repositories, err = region:repositories()
local policies = region:policies(repositories or {})
if err then
  cli.note("lanyard: the grants are not known: " .. cli.describe(err))
end
local incomplete = err ~= nil
for _, one in ipairs(policies) do
  if one.err then
    incomplete = true
    cli.note(("lanyard: %s: its grants are not known: %s"):format(one.repository.name, cli.describe(one.err)))
  end
end

local function images_of(deployment)
  local images = {}
  for _, container in pairs(deployment and deployment.images or {}) do
    images[#images + 1] = container
  end
  table.sort(images)
  return images
end

-- Why the grants of a role are not all known | nil
local function why_unknown(unread)
  local whys = {}
  for i, one in ipairs(unread) do
    whys[i] = tostring(one.err)
  end
  return err and tostring(err) or failures.unread(whys, region.name)
end

-- Of a role: { names of the repositories that grant it, ends and decisions by name, unknown = why these are not
-- all | nil }, and the same as a text for people
local function granted_by(role_arn)
  local known, shown = { names = {}, ends = {}, decisions = {} }, {}
  if not role_arn then
    return known, "-"
  end
  local found, unread = region:grants_of(role_arn, policies)
  local now = region.clock.time()
  for i, grant in ipairs(found) do
    local name, at = grant.repository.name, grants.end_of(grant)
    known.names[i], shown[i] = name, name .. grants.ending(at, now) .. grants.doubt(grant, now)
    known.ends[name] = at and timestamp.format(at) or nil
    known.decisions[name] = grant.decision
  end
  known.unknown = why_unknown(unread)
  if #shown == 0 then
    return known, known.unknown and "(unknown)" or "-"
  elseif #unread > 0 then
    shown[#shown + 1] = ("and %d could not be read"):format(#unread)
  end
  return known, table.concat(shown, ", ")
end

-- Texts of AWS for a terminal, each on a line of its own | "-"
local function one_a_line(texts)
  local shown = {}
  for i, text in ipairs(texts) do
    shown[i] = escape.printable(text)
  end
  return #shown > 0 and table.concat(shown, "\n" .. (" "):rep(16)) or "-"
end

local items, lines = json.array {}, {}
for _, service in ipairs(services) do
  local role = service.role
  local granting, shown = granted_by(role.arn)
  local images = images_of(service.current)
  local pending = images_of(service.next)
  items[#items + 1] = {
    service = service.name,
    region = service.region,
    state = service.state,
    isActive = role.active,
    principalArn = role.arn or "",
    images = json.array(images),
    nextImages = json.array(pending),
    repositories = json.array(granting.names),
    repositories_unknown = granting.unknown,
    decisions = next(granting.decisions) and granting.decisions or nil,
    expires = next(granting.ends) and granting.ends or nil,
  }
  local function line(label, value, colour)
    lines[#lines + 1] = ("  %-13s %s"):format(label, cli.paint(colour, value))
  end
  lines[#lines + 1] = cli.paint("bold", service.name)
  line("state", escape.printable(service.state .. (service.detail and " (" .. service.detail .. ")" or "")))
  line("puller role", role.active and "on" or "off", role.active and "green" or "yellow")
  line("role ARN", escape.printable(role.arn or "-"))
  line("images", one_a_line(images))
  if #pending > 0 then
    line("next images", one_a_line(pending))
  end
  line("granted by", shown, granting.unknown and "yellow")
end

if options.output == "json" then
  report.json(items)
elseif #items == 0 then
  cli.note(("no container services in %s"):format(region.name))
else
  cli.out(table.concat(lines, "\n"))
end
return incomplete and cli.exit.failed or cli.exit.ok
