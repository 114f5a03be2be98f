-- Who can pull from what, and what is wrong with it.
--
--   local report, err = audit.run(region, { globs = { "team/*" } })
--   for _, finding in ipairs(report.findings) do print(finding.severity, finding.message) end

local asking = require "lanyard.rules.audit"
local catalogue = require "lanyard.audit.catalogue"
local inventory = require "lanyard.audit.scan.inventory"
local findings = require "lanyard.audit.findings"
local severities = require "lanyard.severity"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local location = require "lanyard.audit.location"
local version = require "lanyard.version"

local M = { catalogue = catalogue }

-- After so many days without a pull a grant that no deployment needs is called unused.
local UNUSED_DAYS = 90

-- The version of the report's form: another one when a reader of this one would misread it.
M.VERSION = 1

-- From the worst to the least.
M.SEVERITIES = severities.LIST

-- One for all repositories that give the same: `known` has those that there are.
local function plain_access(access, known)
  local statement = table.concat(access.statements, ", ")
  local key = table.concat({ access.type, access.principal, access.decision, statement, #access.statements,
    access.ends or "" }, "\n")
  known[key] = known[key] or {
    principal = access.principal,
    type = access.type,
    kind = access.kind,
    decision = access.decision,
    statement = statement,
    statements = json.array(access.statements),
    service = access.service,
    region = access.region,
    account = access.account,
    expires = access.ends and timestamp.format(access.ends) or nil,
  }
  return known[key]
end

-- The statements of a policy as they stand in it.
local function texts_of(repository)
  local texts, text = json.array {}, tostring(repository.doc)
  for i, statement in ipairs(repository.statements) do
    local at = location.statement(repository.doc, statement.index)
    texts[i] = { index = statement.index, label = inventory.label(statement), text = text:sub(at.first, at.last) }
  end
  return texts
end

local function plain_repository(repository, texts, known)
  local access = json.array {}
  for i, one in ipairs(repository.access) do
    access[i] = plain_access(one, known)
  end
  local plain = { name = repository.name, arn = repository.arn, access = access }
  plain.unknown, plain.images_unknown = repository.unknown, repository.images_unknown
  plain.statements = texts and repository.doc and texts_of(repository) or nil
  return plain
end

local function plain_service(service, seen)
  local images = json.array {}
  for _, one in ipairs(seen.deployed) do
    images[#images + 1] = one.service == service and one.reference or nil
  end
  return {
    name = service.name,
    state = service.state,
    isActive = service.role.active,
    principalArn = service.role.arn or "",
    images = images,
  }
end

local function plain_services(seen)
  local services = json.array {}
  for i, service in ipairs(seen.services) do
    services[i] = plain_service(service, seen)
  end
  return services
end

local function set_of(items)
  local set = {}
  for _, item in ipairs(items) do
    set[item] = true
  end
  return set
end

-- Looks at the repositories, and keeps of each its row in the report --> rows, findings
local function look(region, seen, options)
  local rows, known = json.array {}, {}
  local judge = findings.judge(seen, options.tell)
  inventory.each(region, seen, options.unused_days or UNUSED_DAYS, function(repository, position)
    judge:repository(repository, position)
    rows[position] = not options.tell and plain_repository(repository, options.texts, known) or nil
  end)
  return rows, json.array(judge:rest())
end

-- run(region [, { globs, profile, role, unused_days, trusted_accounts, desired, identities, texts, tell,
--   rules }]) --> report | nil, err
-- rules: loaded ones of lanyard.rules, whose word is among the findings.
-- `profile` is the one that was asked for: the report and the commands in it name it. `role` is the
-- one of another account that was assumed: the commands are for that account. trusted_accounts is a list of
-- accounts that may pull, `desired` what shall be there (of lanyard.desired.file). `identities` is a table in
-- which audits share whom IAM knows. With `texts` each repository has its policy's statements = list of
-- { index, label, text }. tell(finding) gets each finding as it is known; the report has neither findings nor
-- repositories then.
-- report: { version, tool, time, scopes = { { account, region, profile, role, repositories = { { name, arn,
-- access, unknown, images_unknown } }, services = { { name, state, isActive, principalArn, images } },
-- services_unknown, registry_unknown, identities_unknown } }, findings }; ready for lanyard.json, and not to
-- be changed but as a whole: what repositories have in common is one table. Here it has one scope. See
-- lanyard.audit.scan.inventory for an access, lanyard.audit.findings for a finding.
function M.run(region, options)
  options = options or {}
  local seen, err = inventory.begin(region, { globs = options.globs, identities = options.identities })
  if not seen then
    return nil, err
  end
  seen.profile, seen.role = options.profile, options.role
  seen.rules = options.rules and asking.new(options.rules, region)
  seen.trusted = options.trusted_accounts and set_of(options.trusted_accounts)
  seen.desired, seen.desired_met = options.desired, {}
  local repositories, found = look(region, seen, options)
  return {
    version = M.VERSION,
    tool = "lanyard " .. version,
    time = os.date("!%Y-%m-%dT%H:%M:%SZ", seen.now),
    scopes = json.array { {
      account = seen.account,
      region = seen.region,
      profile = options.profile,
      role = options.role,
      repositories = repositories,
      services = plain_services(seen),
      services_unknown = seen.services_unknown,
      registry_unknown = seen.registry_unknown,
      identities_unknown = seen.identities.unknown,
    } },
    findings = found,
  }
end

-- Whether a report has a finding of that severity or a higher one; without one, never.
function M.reaches(report, severity)
  return severity ~= nil and severities.reaches(report.findings, severity)
end

return M
