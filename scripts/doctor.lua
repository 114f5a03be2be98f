local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Check the settings, credentials and permissions of this machine.",
  category = "operations",
  description = [[
Prints each setting with its source, what each credentials provider found, the
clock, the endpoints, and whether the journal can be written. Permissions are
checked with calls that only read. A failed check prints what to do. Plain http
to another host is a warning, which does not change the exit status.
]],
  options = { { "--output", choices = { "table", "json" } }, "aws" },
  exit = { { 0, "every check passed" }, { 1, "a check failed" } },
  examples = { { "lanyard doctor" }, { "lanyard doctor --profile ops --region eu-west-1" } },
}
local options = command:parse(...)

local access = require "lanyard.access"
local advice = require "lanyard.aws.advice"
local aws = require "lanyard.aws"
local denial = require "lanyard.aws.denial"
local http = require "lanyard.http"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local names = require "lanyard.cli.completion.names"
local plain_http = require "lanyard.aws.plain_http"
local profiles = require "lanyard.aws.credentials.profile"
local proxy = require "lanyard.aws.proxy"
local results = require "lanyard.cli.print"
local system = require "lanyard.system"
local terminal = require "lanyard.cli.terminal"
local timestamp = require "lanyard.text.timestamp"

-- The Region of a session whose settings name none. Only what needs no Region is checked with it.
local ANY_REGION = "us-east-1"
local MAX_SKEW = 300 -- seconds; AWS rejects requests beyond it
local SIGNATURE = lists.set "InvalidSignatureException SignatureDoesNotMatch"

-- The kinds of steps (lanyard.aws.credentials.profile) that call an endpoint of the Region.
local REGIONAL = lists.set "assume web_identity login"

local checks = {}

-- passed: true, false, or nil for a line that is only informative.
local function add(name, passed, detail, remedy)
  checks[#checks + 1] = { name = name, passed = passed, detail = detail, advice = remedy }
  return passed
end

-- Adds a warning, which does not change the exit status.
local function warn(name, detail, remedy)
  add(name, nil, detail, remedy)
  checks[#checks].warning = true
end

-- Adds a check for the outcome `result, err` of a call.
local function check(name, detail, result, err)
  if err then
    return add(name, false, tostring(err), advice.advice(err))
  end
  return add(name, true, detail, nil), result
end

-- The width of the table where stdout is not a terminal.
local WIDTH = 100

-- Breaks a text into lines at spaces. A word longer than a line stays whole. On a terminal the table wraps its cells.
local function wrapped(text, longest)
  local room = math.max(40, WIDTH - longest - #"RESULT" - 4)
  local lines = { terminal.width() and text or "" }
  for word in (terminal.width() and "" or text):gmatch "%S+" do
    local line = lines[#lines]
    if line == "" then
      lines[#lines] = word
    elseif #line + 1 + #word <= room then
      lines[#lines] = line .. " " .. word
    else
      lines[#lines + 1] = word
    end
  end
  return lines
end

local function finish()
  local rows, items, remedies, failed = {}, json.array {}, {}, false
  local longest = 0
  for _, one in ipairs(checks) do
    longest = math.max(longest, #one.name)
  end
  for i, one in ipairs(checks) do
    failed = failed or one.passed == false
    local word = one.warning and { "warn", "yellow" } or one.passed == nil and { "-", "dim" }
      or one.passed and { "ok", "green" } or { "FAIL", "red" }
    for number, line in ipairs(wrapped(one.detail or "", longest)) do
      rows[#rows + 1] = number == 1 and { one.name, word, line } or { "", "", line }
    end
    items[i] = {
      check = one.name, passed = one.passed, warning = one.warning, detail = one.detail, advice = one.advice,
    }
    if one.advice then
      remedies[#remedies + 1] = one.name .. ":\n" .. one.advice
    end
  end
  if options.output == "json" then
    results.json(items)
  else
    results.rows({ "CHECK", "RESULT", "DETAIL" }, rows)
    cli.out(#remedies > 0 and "\n" .. table.concat(remedies, "\n") or "")
  end
  return failed and cli.exit.failed or cli.exit.ok
end

-- The seconds that this clock is ahead of an HTTP date | nil
local function ahead_of(date)
  local theirs = timestamp.parse_http(date)
  return theirs and math.floor(system.time()) - theirs
end

-- "VALUE (SOURCE)", or "VALUE" without a source.
local function with_source(value, source)
  return source and ("%s (%s)"):format(value, source) or value
end

local function show_retries(session)
  local mode, attempts = session.options.retry_mode, "at most " .. session.options.max_attempts .. " attempts"
  add("retries", true, ("%s; %s"):format(with_source(mode, session.sources.retry_mode),
    with_source(attempts, session.sources.max_attempts)))
end

-- Shows each configured endpoint with the services that use it, or that they are AWS's. Without a Region only the
-- configured ones are known, and STS, which every Region has.
-- --> { [service] = endpoint }
local function show_endpoints(session, has_region)
  local found, lines, services_of, invalid = {}, {}, {}, {}
  for _, service in ipairs { "sts", "ecr", "lightsail", "iam" } do
    local err
    found[service], err = session:endpoint(service)
    if err and not invalid[err.message] then
      invalid[err.message] = true
      check("endpoint", nil, nil, err)
    end
    if found[service] and found[service].source then
      local line = with_source(found[service].url, found[service].source)
      if not services_of[line] then
        services_of[line] = {}
        lines[#lines + 1] = line
      end
      table.insert(services_of[line], service)
    elseif not has_region and service ~= "sts" then
      found[service] = nil
    end
  end
  for _, line in ipairs(lines) do
    add("endpoint", nil, ("%s for %s"):format(line, table.concat(services_of[line], ", ")))
  end
  local forms = {}
  for _, form in ipairs { "fips", "dualstack" } do
    forms[#forms + 1] = session[form] and with_source(form, session.sources[form]) or nil
  end
  if not has_region and #lines == 0 then
    add("endpoint", nil, "not known without a Region")
  elseif #lines > 0 and #forms > 0 then
    add("endpoint", nil, ("AWS's for other services: %s"):format(table.concat(forms, ", ")))
  elseif #lines == 0 and not next(invalid) or #forms > 0 then
    add("endpoint", nil, "AWS's" .. (#forms > 0 and ": " .. table.concat(forms, ", ") or ""))
  end
  return found
end

local function show_proxies()
  local list, exceptions = proxy.in_force()
  for _, one in ipairs(list) do
    add("proxy", nil, ("%s for %s%s"):format(with_source(one.url, one.variable), one.scheme,
      exceptions and ", except for " .. exceptions or ""))
  end
  if #list == 0 then
    add("proxy", nil, "none")
  end
end

local function show_plain_http(session)
  for i, one in ipairs(plain_http.exposed(session)) do
    local of = one.services and (" for %s"):format(table.concat(one.services, ", ")) or ""
    warn("plain http", ("%s sends %s over http to %s%s"):format(one.setting, one.what, one.host, of),
      i == 1 and "  anyone on the network can read and change it: use https" or nil)
  end
end

-- Reports whether the providers of credentials call an endpoint of the Region.
local function credentials_are_regional(session)
  local web_identity = os.getenv "AWS_WEB_IDENTITY_TOKEN_FILE"
  for _, step in ipairs(profiles.plan(session.profile) or {}) do
    if REGIONAL[step.kind] then
      return true
    end
  end
  return web_identity ~= nil and web_identity ~= ""
end

local function show_credentials(session)
  local keys, err = session:credentials()
  local left = keys and keys.expires and (" for %.0f more minutes"):format((keys.expires - system.time()) / 60) or ""
  local passed
  if err and err.code == "NoCredentials" then
    passed = add("credentials", false, "no provider has credentials", advice.advice(err))
  else
    passed = check("credentials", keys and ("%s of %s%s"):format(keys.access_key_id, keys.source, left), keys, err)
  end
  for _, step in ipairs(session:explain()) do
    local outcome = step.provider == "script" and "credentials passed by a Lua script: none" or step.outcome
    add("- " .. step.provider, step.chosen and true or nil, step.chosen and "used" or outcome)
  end
  return passed
end

-- Checks that the journal can be written.
local function show_journal()
  local root, err = require("lanyard.access.state_directory").root()
  if root then
    local probe = ("%s/.doctor-%d"):format(root, system.getpid())
    local made, _
    made, err = system.mkdirs(root)
    if made then
      _, err = system.write_file(probe, "")
      system.remove(probe)
    end
  end
  check("journal", root, root, err)
end

-- Opens the session. Without a Region, the session is one for the checks that need none.
-- --> session | nil, whether it has its Region
local function open_session()
  local settings = cli.session_options(options)
  local session, err = aws.session(settings)
  if session then
    add("region", true, with_source(session.region, not options.region and session.sources.region))
    return session, true
  end
  settings.region = ANY_REGION
  local other
  session, other = aws.session(settings)
  local about_region = session or err.code == "NoRegion" or err.code == "InvalidRegion"
  check(about_region and "region" or "configuration", nil, nil, err)
  if about_region and not session then
    check("configuration", nil, nil, other)
  end
  return session, false
end

local session, has_region = open_session()
if not session then
  show_journal()
  return finish()
end
add("profile", nil, session.profile.name)
show_retries(session)
local endpoint_of = show_endpoints(session, has_region)
show_proxies()
show_plain_http(session)
local has_keys = false
if has_region or not credentials_are_regional(session) then
  has_keys = show_credentials(session)
else
  add("credentials", nil, "not checked: getting them needs a Region")
end

local skew

-- Requests the endpoint of a service. --> true if it answers
local function reach(service, endpoint)
  if not endpoint then
    return add("reach " .. service, nil, has_region and "not tried: the service has no endpoint"
      or "not tried: the endpoint depends on the Region")
  end
  local reply, err = http.request {
    method = "GET", url = endpoint.url .. "/",
    connect_timeout = session.options.connect_timeout, timeout = session.options.timeout,
    ca_bundle = session.options.ca_bundle,
  }
  skew = skew or reply and ahead_of(reply.headers.date)
  if not (reply or has_region or endpoint.source) then -- another partition's endpoint may be the one to call
    return add("reach " .. service, nil, tostring(err))
  end
  local detail = reply and ("%s in %.0f ms"):format(endpoint.url, reply.elapsed * 1000)
  return (check("reach " .. service, detail, reply, err))
end

local reached, all_reached = {}, true
for _, service in ipairs { "sts", "ecr", "lightsail" } do
  reached[service] = reach(service, endpoint_of[service])
  all_reached = all_reached and reached[service]
end
local within = skew and math.abs(skew) <= MAX_SKEW
if skew then
  local detail = skew == 0 and "agrees with AWS's"
    or ("%d s %s AWS's"):format(math.abs(skew), skew > 0 and "ahead of" or "behind")
  add("clock", within, detail, not within and "  set the clock (timedatectl set-ntp true): AWS rejects requests that "
    .. "are more than 5 minutes off" or nil)
else
  add("clock", nil, "unknown: no endpoint returned a date")
end

-- Asks STS whose keys they are, which needs no Region. --> true if it says so
local function show_identity()
  local identity, err = session:identity()
  if err and SIGNATURE[err.code] and within then
    return add("identity", false, tostring(err),
      "  the clock is right, so the secret does not belong to this access key")
  end
  return (check("identity", identity and identity.arn, identity, err))
end

show_journal()
local has_identity = has_keys and reached.sts and show_identity()
if not (has_region and has_identity and all_reached) then
  if not (has_region and has_keys and all_reached) then
    add("permissions", nil, has_region and "not checked" or "not checked: the calls need a Region")
  end
  return finish()
end
local region = access.connect(session, { permit = false, on_names = names.observer(session) })
local services, repositories, err
services, err = region:services()
check("lightsail:GetContainerServices", services and "services: " .. #services, services, err)
repositories, err = region:repositories()
check("ecr:DescribeRepositories", repositories and "repositories: " .. #repositories, repositories, err)
if repositories and repositories[1] then
  local _, policy_err = region:policy(repositories[1])
  check("ecr:GetRepositoryPolicy", ("read the policy of repository '%s'"):format(repositories[1].name), true,
    policy_err)
end
-- Reads that commands can do without: a missing permission is a warning.
local function check_extra(action, detail, result, extra_err)
  if extra_err and denial.CODES[extra_err.code] then
    return warn(action, tostring(extra_err), "  needed only for domains and prices (lanyard service, lanyard status)")
  end
  check(action, detail, result, extra_err)
end
local powers, certificates
powers, err = region:powers()
check_extra("lightsail:GetContainerServicePowers", powers and "powers: " .. #powers, powers, err)
certificates, err = region:certificates()
check_extra("lightsail:GetCertificates",
  certificates and "certificates: " .. #lists.sorted_names(certificates), certificates, err)
add("write permissions", nil, "not checked: ecr:SetRepositoryPolicy, ecr:DeleteRepositoryPolicy, "
  .. "lightsail:CreateContainerService, lightsail:UpdateContainerService, lightsail:DeleteContainerService, "
  .. "lightsail:TagResource, lightsail:UntagResource")
return finish()
