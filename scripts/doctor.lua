-- Check that this machine is ready: Region, credentials, clock, reachability, permissions, journal.
--
-- Each check says what to do when it fails. Permissions are tried by the calls that read; those that
-- write are not tried. Exit status 1 when a check fails.

local access = require "lanyard.access"
local cli = require "lanyard.cli"
local http = require "lanyard.http"
local json = require "lanyard.json"
local report = require "lanyard.report"
local system = require "lanyard.system"

local MOST_SKEW = 300 -- seconds; AWS refuses a request past it

local command = cli.command(...):with_aws():with_output { "table", "json" }
local options = command:parse()

local checks = {}

local function add(name, passed, detail, advice)
  checks[#checks + 1] = { name = name, passed = passed, detail = detail, advice = advice }
  return passed
end

-- Adds the outcome of `result, err`.
local function check(name, detail, result, err)
  if err then
    return add(name, false, tostring(err), require("lanyard.aws.advice").advice(err))
  end
  return add(name, true, detail, nil), result
end

local function finish()
  local rows, items, advice, failed = {}, json.array {}, {}, false
  for i, one in ipairs(checks) do
    failed = failed or one.passed == false
    local word = one.passed == nil and { "-", "dim" } or one.passed and { "ok", "green" } or { "FAIL", "red" }
    rows[i] = { one.name, word, one.detail }
    items[i] = { check = one.name, passed = one.passed, detail = one.detail, advice = one.advice }
    if one.advice then
      advice[#advice + 1] = one.name .. ":\n" .. one.advice
    end
  end
  if options.output == "json" then
    report.json(items)
  else
    report.rows({ "CHECK", "RESULT", "DETAIL" }, rows)
    cli.out(#advice > 0 and "\n" .. table.concat(advice, "\n") or "")
  end
  return failed and cli.exit.failed or cli.exit.ok
end

local months = {}
for i, name in ipairs { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" } do
  months[name] = i
end

-- How far this clock is ahead of the one that wrote an HTTP date, in seconds | nil
local function ahead_of(date)
  local day, month, year, hour, minute, second = (date or ""):match "^%a+, (%d+) (%a+) (%d+) (%d+):(%d+):(%d+) GMT$"
  if not months[month] then
    return nil
  end
  local now = os.date("!*t", math.floor(system.time()))
  local there = { year = year, month = months[month], day = day, hour = hour, min = minute, sec = second }
  now.isdst, there.isdst = false, false
  return os.time(now) - os.time(there)
end

local session, err = require("lanyard.aws").session {
  profile = options.profile,
  region = options.region,
  endpoint_url = options.endpoint_url,
  debug = cli.debug and cli.note or nil,
}
local about_region = not err or err.code == "NoRegion" or err.code == "InvalidRegion"
if not check(about_region and "region" or "configuration", session and session.region, session, err) then
  return finish()
end

local outcomes = {}
for _, step in ipairs(session:explain()) do
  outcomes[#outcomes + 1] = ("%s: %s"):format(step.provider, step.outcome)
end
local keys
keys, err = session:credentials()
local has_keys = check("credentials", table.concat(outcomes, "; "), keys, err)

local clock_seen, all_reached = nil, true
for _, service in ipairs { "sts", "ecr", "lightsail" } do
  local endpoint
  endpoint, err = session:endpoint(service)
  local reply
  if endpoint then
    reply, err = http.request {
      method = "GET", url = endpoint.url .. "/", connect_timeout = 5, timeout = 10,
      ca_bundle = session.options.ca_bundle,
    }
  end
  local detail = reply and ("%s in %.0f ms"):format(endpoint.url, reply.elapsed * 1000)
  all_reached = check("reach " .. service, detail, reply, err) and all_reached
  clock_seen = clock_seen or reply and ahead_of(reply.headers.date)
end
if clock_seen then
  local within = math.abs(clock_seen) <= MOST_SKEW
  local detail = clock_seen == 0 and "as AWS's"
    or ("%d s %s AWS's"):format(math.abs(clock_seen), clock_seen > 0 and "ahead of" or "behind")
  add("clock", within, detail, not within and "  set the clock (timedatectl set-ntp true): AWS refuses requests that "
    .. "are more than 5 minutes off" or nil)
else
  add("clock", nil, "not known: nothing told the time")
end

local root, _
root, err = require("lanyard.access.state").root()
if root then
  local probe = ("%s/.doctor-%d"):format(root, system.getpid())
  local made
  made, err = system.mkdirs(root)
  if made then
    _, err = system.write_file(probe, "")
    system.remove(probe)
  end
end
check("journal", root, root, err)
if not (has_keys and all_reached) then
  add("permissions", nil, "not tried")
  return finish()
end

local identity
identity, err = session:identity()
if not check("identity", identity and identity.arn, identity, err) then
  return finish()
end
local here = access.connect(session)
local services, repositories
services, err = here:services()
check("lightsail:GetContainerServices", services and "services: " .. #services, services, err)
repositories, err = here:repositories()
check("ecr:DescribeRepositories", repositories and "repositories: " .. #repositories, repositories, err)
if repositories and repositories[1] then
  _, err = here:policy(repositories[1])
  check("ecr:GetRepositoryPolicy", "tried on " .. repositories[1].name, true, err)
end
add("writing", nil, "not tried: ecr:SetRepositoryPolicy, ecr:DeleteRepositoryPolicy, lightsail:UpdateContainerService")
return finish()
