-- What is wrong with what an audit saw.
--
-- A finding: { id, severity, message, why, fix, account, region, repository, service, principal,
-- statement = label, index, place, key }; see lanyard.audit.catalogue for the ids. `fix` is a command
-- line that mends it where it begins with "lanyard ", and else says what to do, or in which account to run
-- one. `place` is where its cause stands in the policy's text: { first, last, line, column }, bytes from 1.
-- `key` is the same for the same finding in two reports.
--
-- A rule, rule(seen, add), looks at what was seen and calls add(id, { repository = of seen, access, statement, index,
-- place, principal, service, message, why, fix, severity, detail }); what is not given follows from the
-- catalogue, the access and the statement. `detail` tells findings apart that have all else in common.
--
-- Rules run on each repository by itself, as it is read: seen.repositories has that one. Those OF_ALL run at
-- the end, when seen.repositories are those that services deploy from, and the rest is in seen.granted.

local catalogue = require "lanyard.audit.catalogue"
local inventory = require "lanyard.audit.scan.inventory"
local drift = require "lanyard.audit.findings.drift"
local ends = require "lanyard.audit.findings.ends"
local grants = require "lanyard.audit.findings.grants"
local images = require "lanyard.audit.findings.images"
local location = require "lanyard.audit.location"
local policies = require "lanyard.audit.findings.policies"
local principals = require "lanyard.audit.findings.principals"
local registry = require "lanyard.audit.findings.registry"
local roles = require "lanyard.audit.findings.roles"
local rules = require "lanyard.audit.findings.rules"
local severities = require "lanyard.severity"

local M = {}

-- Those of one severity are told in this order.
local RULES = {
  policies.unreadable, registry.given, principals.public, principals.service_roles, principals.lightsail_service,
  images.elsewhere, images.missing, images.not_granted, grants.partial, grants.reach, principals.orphans,
  principals.missing, roles.other_region, roles.stale, drift.repositories, drift.rest, principals.other_accounts,
  grants.denied, policies.lint, roles.unused_roles, roles.unused_grants, grants.overlapping, ends.soon, ends.expired,
  policies.nearly_full, images.mutable, rules.repositories, rules.services,
}

local OF_ALL = {
  [images.elsewhere] = true, [images.missing] = true, [images.not_granted] = true, [images.mutable] = true,
  [roles.unused_roles] = true, [registry.given] = true, [rules.services] = true, [drift.rest] = true,
}

-- Of those, what a report of the whole tells without the policies themselves.
local OF_WHOLE = { [images.missing] = true, [roles.unused_roles] = true }

local OF_EACH = {}
for _, rule in ipairs(RULES) do
  OF_EACH[rule] = not OF_ALL[rule]
end

local KEY = { "id", "account", "region", "repository", "service", "principal" }

-- A key that no finding before has.
local function key_of(finding, detail, taken)
  local parts = {}
  for i, name in ipairs(KEY) do
    parts[i] = finding[name] or ""
  end
  parts[#parts + 1] = detail
  local key = table.concat(parts, "|")
  taken[key] = (taken[key] or 0) + 1
  return taken[key] == 1 and key or ("%s|%d"):format(key, taken[key])
end

-- A command for an account that took a role to look at is not to be run as it stands: it would change the
-- caller's own.
local function fix_of(seen, fix)
  return seen.role and fix:find "^lanyard " and ("in account %s: %s"):format(seen.account, fix) or fix
end

local function finding_of(seen, id, given)
  local repository, access = given.repository, given.access
  local statement = given.statement or access and access.given_by[1]
  local principal = given.principal or access and access.principal
  local where = given.place
  if not where and statement then
    where = access and location.principal(repository.doc, statement.index, principal)
      or location.statement(repository.doc, statement.index)
  end
  return {
    id = id, severity = given.severity or catalogue[id][1],
    message = given.message, why = given.why, fix = fix_of(seen, given.fix),
    account = seen.account, region = seen.region,
    repository = repository and repository.name, service = given.service,
    principal = principal and seen.share(principal),
    statement = statement and inventory.label(statement), index = statement and statement.index, place = where,
  }
end

local Judge = {}
Judge.__index = Judge

-- judge(seen [, tell]) --> judge; tell(finding) gets each finding as it is known, which is not kept then.
function M.judge(seen, tell)
  return setmetatable({ seen = seen, tell = tell, findings = {}, order = {} }, Judge)
end

-- Runs those of the rules that are wanted. Findings of one severity stand in the order of the rules, and those
-- of a rule in that of the repositories.
local function run(self, seen, wanted, position)
  local taken, told = {}, 0
  for number, rule in ipairs(RULES) do
    if wanted[rule] then
      rule(seen, function(id, given)
        local finding = finding_of(seen, id, given)
        finding.key = key_of(finding, given.detail, taken)
        if self.tell then
          return self.tell(finding)
        end
        told = told + 1
        self.findings[#self.findings + 1] = finding
        self.order[finding] = severities.RANK[finding.severity] << 56 | number << 48 | position << 24 | told
      end)
    end
  end
end

-- Looks at the repository at that position of all.
function Judge:repository(repository, position)
  run(self, setmetatable({ repositories = { repository } }, { __index = self.seen }), OF_EACH, position)
end

-- Looks at what takes a look at all, once all repositories have been. --> findings, the worst first
function Judge:rest()
  local order = self.order
  run(self, self.seen, OF_ALL, 0)
  table.sort(self.findings, function(a, b) return order[a] < order[b] end)
  return self.findings
end

-- of_whole(seen) --> findings that take a look at all repositories and at no policy: see lanyard.audit.report.whole
function M.of_whole(seen)
  local judge = M.judge(seen)
  run(judge, seen, OF_WHOLE, 0)
  return judge.findings
end

return M
