-- Check that this machine is ready: settings, credentials, clock, reachability, permissions, journal.
--
-- Settings are told with the place that says them, credentials with what each provider found. Each
-- check says what to do when it fails. Permissions are tried by the calls that read; those that
-- write are not tried. Exit status 1 when a check fails.

local access = require "lanyard.access"
local cli = require "lanyard.cli"
local http = require "lanyard.http"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local proxy = require "lanyard.aws.proxy"
local report = require "lanyard.cli.print"
local system = require "lanyard.system"

local MOST_SKEW = 300 -- seconds; AWS refuses a request past it
local SIGNATURE = lists.set "InvalidSignatureException SignatureDoesNotMatch"

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

-- The lines of a text, broken at spaces; a word that is longer stays whole.
local function wrapped(text, width)
  local lines = { "" }
  for word in text:gmatch "%S+" do
    local line = lines[#lines]
    if line == "" then
      lines[#lines] = word
    elseif #line + 1 + #word <= width then
      lines[#lines] = line .. " " .. word
    else
      lines[#lines + 1] = word
    end
  end
  return lines
end

local function finish()
  local rows, items, advice, failed = {}, json.array {}, {}, false
  local longest = 0
  for _, one in ipairs(checks) do
    longest = math.max(longest, #one.name)
  end
  local room = math.max(40, (system.columns(1) or 100) - longest - #"RESULT" - 4)
  for i, one in ipairs(checks) do
    failed = failed or one.passed == false
    local word = one.passed == nil and { "-", "dim" } or one.passed and { "ok", "green" } or { "FAIL", "red" }
    for number, line in ipairs(wrapped(one.detail or "", room)) do
      rows[#rows + 1] = number == 1 and { one.name, word, line } or { "", "", line }
    end
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

-- How far this clock is ahead of the one that wrote an HTTP date, in seconds | nil
local function ahead_of(date)
  local there = timestamp.parse_http(date)
  return there and math.floor(system.time()) - there
end

-- "VALUE (PLACE)", or without a place "VALUE".
local function with_source(value, source)
  return source and ("%s (%s)"):format(value, source) or value
end

local function show_retries(session)
  local mode, attempts = session.options.retry_mode, "at most " .. session.options.max_attempts .. " attempts"
  add("retries", true, ("%s; %s"):format(with_source(mode, session.sources.retry_mode),
    with_source(attempts, session.sources.max_attempts)))
end

-- A line for each way in which endpoints are not AWS's plain ones, or one that they are.
-- --> { [service] = endpoint }
local function show_endpoints(session)
  local found, lines, services_of, wrong = {}, {}, {}, {}
  for _, service in ipairs { "sts", "ecr", "lightsail", "iam" } do
    local err
    found[service], err = session:endpoint(service)
    if err and not wrong[err.message] then
      wrong[err.message] = true
      check("endpoint", nil, nil, err)
    end
    if found[service] and found[service].source then
      local line = with_source(found[service].url, found[service].source)
      if not services_of[line] then
        services_of[line] = {}
        lines[#lines + 1] = line
      end
      table.insert(services_of[line], service)
    end
  end
  for _, line in ipairs(lines) do
    add("endpoint", nil, ("%s for %s"):format(line, table.concat(services_of[line], ", ")))
  end
  local forms = {}
  for _, form in ipairs { "fips", "dualstack" } do
    forms[#forms + 1] = session[form] and with_source(form, session.sources[form]) or nil
  end
  if #lines == 0 and not next(wrong) or #forms > 0 then
    add("endpoint", nil, "AWS's own" .. (#forms > 0 and ": " .. table.concat(forms, ", ") or ""))
  end
  return found
end

local function show_proxies()
  local list, past = proxy.in_force()
  for _, one in ipairs(list) do
    add("proxy", nil, ("%s for %s%s"):format(with_source(one.url, one.variable), one.scheme,
      past and ", but not for " .. past or ""))
  end
  if #list == 0 then
    add("proxy", nil, "none")
  end
end

local function show_credentials(session)
  local keys, err = session:credentials()
  local left = keys and keys.expires and (" for %.0f more minutes"):format((keys.expires - system.time()) / 60) or ""
  local passed
  if err and err.code == "NoCredentials" then
    passed = add("credentials", false, "none: no provider has any", require("lanyard.aws.advice").advice(err))
  else
    passed = check("credentials", keys and ("%s of %s%s"):format(keys.access_key_id, keys.source, left), keys, err)
  end
  for _, step in ipairs(session:explain()) do
    add("- " .. step.provider, step.chosen and true or nil, step.chosen and "these are used" or step.outcome)
  end
  return passed
end

local session, err = require("lanyard.aws").session(cli.session_options(options))
local about_region = not err or err.code == "NoRegion" or err.code == "InvalidRegion"
local region_name = session and with_source(session.region, not options.region and session.sources.region)
if not check(about_region and "region" or "configuration", region_name, session, err) then
  return finish()
end
add("profile", nil, session.profile.name)
show_retries(session)
local endpoint_of = show_endpoints(session)
show_proxies()
local has_keys = show_credentials(session)

local clock_seen, all_reached = nil, true
for _, service in ipairs { "sts", "ecr", "lightsail" } do
  local endpoint = endpoint_of[service]
  if endpoint then
    local reply
    reply, err = http.request {
      method = "GET", url = endpoint.url .. "/",
      connect_timeout = session.options.connect_timeout, timeout = session.options.timeout,
      ca_bundle = session.options.ca_bundle,
    }
    local detail = reply and ("%s in %.0f ms"):format(endpoint.url, reply.elapsed * 1000)
    all_reached = check("reach " .. service, detail, reply, err) and all_reached
    clock_seen = clock_seen or reply and ahead_of(reply.headers.date)
  else
    all_reached = add("reach " .. service, nil, "not tried: it has no endpoint")
  end
end
local within = clock_seen and math.abs(clock_seen) <= MOST_SKEW
if clock_seen then
  local detail = clock_seen == 0 and "as AWS's"
    or ("%d s %s AWS's"):format(math.abs(clock_seen), clock_seen > 0 and "ahead of" or "behind")
  add("clock", within, detail, not within and "  set the clock (timedatectl set-ntp true): AWS refuses requests that "
    .. "are more than 5 minutes off" or nil)
else
  add("clock", nil, "not known: nothing told the time")
end

local root, _
root, err = require("lanyard.access.state_directory").root()
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
if err and SIGNATURE[err.code] and within then
  add("identity", false, tostring(err), "  the clock is right: this secret is not that of this key")
  return finish()
elseif not check("identity", identity and identity.arn, identity, err) then
  return finish()
end
local region = access.connect(session, { permit = false })
local services, repositories
services, err = region:services()
check("lightsail:GetContainerServices", services and "services: " .. #services, services, err)
repositories, err = region:repositories()
check("ecr:DescribeRepositories", repositories and "repositories: " .. #repositories, repositories, err)
if repositories and repositories[1] then
  _, err = region:policy(repositories[1])
  check("ecr:GetRepositoryPolicy", "tried on " .. repositories[1].name, true, err)
end
add("writing", nil, "not tried: ecr:SetRepositoryPolicy, ecr:DeleteRepositoryPolicy, lightsail:UpdateContainerService")
return finish()
