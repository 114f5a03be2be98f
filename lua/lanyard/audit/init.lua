-- Who can pull from what, and what is wrong with it.
--
--   local report, err = audit.run(here, { globs = { "team/*" } })
--   for _, finding in ipairs(report.findings) do print(finding.severity, finding.message) end

local catalogue = require "lanyard.audit.catalogue"
local collect = require "lanyard.audit.collect"
local ends = require "lanyard.audit.findings.ends"
local findings = require "lanyard.audit.findings"
local instant = require "lanyard.aws.instant"
local json = require "lanyard.json"
local lint = require "lanyard.policy.lint"
local place = require "lanyard.audit.place"
local version = require "lanyard.version"

local M = { catalogue = catalogue }

-- After so many days without a pull a grant that no deployment needs is called unused.
local UNUSED_DAYS = 90

-- The version of the report's form: another one when a reader of this one would misread it.
M.VERSION = 1

-- From the worst to the least.
M.SEVERITIES = lint.SEVERITIES

local function plain_access(access)
  return {
    principal = access.principal,
    type = access.type,
    kind = access.kind,
    decision = access.decision,
    statement = table.concat(access.statements, ", "),
    statements = json.array(access.statements),
    service = access.service,
    region = access.region,
    account = access.account,
    expires = ends.of(access) and instant.write(ends.of(access)) or nil,
  }
end

-- The statements of a policy as they stand in it.
local function texts_of(repository)
  local texts, text = json.array {}, tostring(repository.doc)
  for i, statement in ipairs(repository.statements) do
    local at = place.statement(repository.doc, statement.index)
    texts[i] = { index = statement.index, label = collect.label(statement), text = text:sub(at.first, at.last) }
  end
  return texts
end

local function plain_repository(repository, options)
  local access = json.array {}
  for i, one in ipairs(repository.access) do
    access[i] = plain_access(one)
  end
  return { name = repository.name, arn = repository.arn, access = access, unknown = repository.unknown,
    images_unknown = repository.images_unknown,
    statements = options.texts and repository.doc and texts_of(repository) or nil }
end

local function plain_service(service)
  return {
    name = service.name,
    state = service.state,
    isActive = service.role.active,
    principalArn = service.role.arn or "",
  }
end

local function list(items, plain, options)
  local result = json.array {}
  for i, item in ipairs(items) do
    result[i] = plain(item, options)
  end
  return result
end

local function set_of(items)
  local set = {}
  for _, item in ipairs(items) do
    set[item] = true
  end
  return set
end

-- run(here [, { globs, profile, unused_days, trusted_accounts, identities, texts }]) --> report | nil, err
-- `profile` is the one that was asked for: the report and the commands in it name it. trusted_accounts
-- is a list of accounts that may pull. `identities` is a table in which audits share whom IAM knows. With
-- `texts` each repository has its policy's statements = list of { index, label, text }.
-- report: { version, tool, time, scopes = { { account, region, profile, repositories = { { name, arn,
-- access, unknown, images_unknown } }, services = { { name, state, isActive, principalArn } },
-- services_unknown, registry_unknown, identities_unknown } }, findings }; ready for lanyard.json. Here it has
-- one scope. See lanyard.audit.collect for an access, lanyard.audit.findings for a finding.
function M.run(here, options)
  options = options or {}
  local seen, err = collect.collect(here, {
    globs = options.globs, unused_days = options.unused_days or UNUSED_DAYS, identities = options.identities,
  })
  if not seen then
    return nil, err
  end
  seen.profile = options.profile
  seen.trusted = options.trusted_accounts and set_of(options.trusted_accounts)
  return {
    version = M.VERSION,
    tool = "lanyard " .. version,
    time = os.date("!%Y-%m-%dT%H:%M:%SZ", seen.now),
    scopes = json.array { {
      account = seen.account,
      region = seen.region,
      profile = options.profile,
      repositories = list(seen.repositories, plain_repository, options),
      services = list(seen.services, plain_service),
      services_unknown = seen.services_unknown,
      registry_unknown = seen.registry_unknown,
      identities_unknown = seen.identities_unknown,
    } },
    findings = json.array(findings.find(seen)),
  }
end

-- Whether a report has a finding of that severity or a higher one; without one, never.
function M.reaches(report, severity)
  return severity ~= nil and lint.reaches(report.findings, severity)
end

return M
