--- Finds grants that lanyard wrote on this machine and that another writer has removed since.
---
---     local finder = overwritten.new(region)
---     local lost = finder:find(repository, doc)
---     if lost then print(lost.grants[1].service, overwritten.describe(lost)) end
---
--- ECR has no conditional write, so a writer that does not read the policy first overwrites the grants of others, and
--- nobody can prevent that. The journal has the text that lanyard last wrote to a repository. A grant is lost if that
--- text lets a puller role pull, and the current policy does not. The meaning is compared, not the text, so a policy
--- that was laid out differently or folded has lost nothing.

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local expiry = require "lanyard.policy.expiry"
local grants = require "lanyard.access.grants"
local lazy = require "lanyard.lazy"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local repository_policy = require "lanyard.access.repository_policy"
local state_directory = require "lanyard.access.state_directory"
local timestamp = require "lanyard.text.timestamp"

local event_history = lazy "lanyard.access.event_history"
local journal = lazy "lanyard.access.journal"

local M = {}

--- A role that lost its access.
---@class access.LostGrant
---@field principal string  ARN of the puller role
---@field service string    name of its container service
---@field region string     the service's Region
---@field expires? number   when the lost grant would have expired, in seconds since 1970

--- What another writer removed.
---@class access.Overwritten
---@field at number         when lanyard wrote the policy, in seconds since 1970
---@field time string       the same as a timestamp
---@field entry string      id of the journal entry
---@field grants access.LostGrant[]
---@field by? access.PolicyEvent   who changed the policy last, if CloudTrail was asked and knows

local function can_pull(doc, role, repository, now)
  local decision = doc and grants.decide(doc, role, repository.arn, now) or "deny"
  return decision == "allow" or decision == "depends"
end

-- Returns the puller roles that the Allow statements of a policy name: { role, statements }.
local function pullers_of(doc)
  local list, by_role = {}, {}
  for _, statement in ipairs(doc:statements()) do
    local is_grant = statement.effect == "Allow" and not statement.not_principal
    for _, entry in ipairs(is_grant and statement.principals or {}) do
      local found = by_role[entry.value]
      if not found and principal.classify(entry.type, entry.value).kind == "puller" then
        found = { role = entry.value, statements = {} }
        by_role[entry.value] = found
        list[#list + 1] = found
      end
      if found then
        table.insert(found.statements, statement)
      end
    end
  end
  return list
end

-- Returns when the last of some statements expires, or nil.
local function expiry_of(list)
  local last
  for _, statement in ipairs(list) do
    local ends = expiry.ends(statement)
    if not ends then
      return nil
    end
    last = math.max(last or 0, ends)
  end
  return last
end

-- Returns the grants of a text that a policy no longer has.
local function lost_grants(written, current, repository, now)
  local lost = {}
  for _, one in ipairs(pullers_of(written)) do
    if can_pull(written, one.role, repository, now) and not can_pull(current, one.role, repository, now) then
      local identity = principal.classify("AWS", one.role)
      lost[#lost + 1] = {
        principal = one.role, service = identity.service, region = identity.region, expires = expiry_of(one.statements),
      }
    end
  end
  return lost
end

---@class access.OverwrittenFinder
---@field private region access.Region
---@field private journals { [string]: { names?: { [string]: true }, err?: aws.Error } }  by account
---@field private history? access.EventHistory
local Finder = {}
Finder.__index = Finder

--- Returns a finder for a Region. It lists the journals once, and asks CloudTrail only if a grant is lost, and then at
--- most once per page of events.
---@param region access.Region
---@return access.OverwrittenFinder
function M.new(region)
  return setmetatable({ region = region, journals = {} }, Finder)
end

local function unreadable(err)
  return errors.new {
    code = err.code,
    message = "cannot read the journal: " .. (err.reason or err.message),
    tip = err.tip or "check the disk and the permissions of the directory",
  }
end

-- Returns the directories of an account's journals in the Region by name, or the error of one whose last entries may be
-- missing. Without a directory for its state, lanyard has written nothing. map | nil, err
local function list_journals(region, account)
  local parent, stale = region:readable_journals(account)
  local folders, err = nil, stale
  if parent then
    folders, err = state_directory.list(parent)
  end
  if not folders and err.code == "NoStateFolder" then
    return {}
  elseif not folders then
    return nil, unreadable(err)
  end
  local journals = {}
  for folder, failure in pairs(stale) do
    journals[folder] = { err = unreadable(failure) }
  end
  for _, folder in ipairs(folders) do
    journals[folder] = journals[folder] or { path = parent .. "/" .. folder }
  end
  return journals
end

-- Returns the journal of a repository | nil if it has none | nil, err. The error is the same one for all repositories
-- of an account whose journals cannot be listed.
local function journal_of(self, repository)
  local key = repository.registry_id or ""
  local known = self.journals[key]
  if not known then
    known = {}
    known.journals, known.err = list_journals(self.region, repository.registry_id)
    self.journals[key] = known
  end
  if not known.journals then
    return nil, known.err
  end
  local one = known.journals[state_directory.folder(repository.name)]
  if not one or one.err then
    return nil, one and one.err
  end
  local ok, err = state_directory.check(one.path)
  return ok and journal.open(one.path, self.region.clock, repository.name), err
end

-- --> what is lost, without `by` | nil | nil, err
local function compare(self, repository, current)
  local records, err = journal_of(self, repository)
  local entry
  if records then
    entry, err = records:last_written(repository_policy.matcher(current))
  end
  local written = entry and entry.after and policy.parse(entry.after)
  if not written then
    return nil, err
  end
  local lost = lost_grants(written, current, repository, self.region.clock.time())
  local at = entry.closed or timestamp.parse(entry.time)
  return #lost > 0 and { at = at, time = timestamp.format(math.floor(at)), entry = entry.id, grants = lost } or nil
end

-- Returns who changed a policy last since a time, or nil if nobody did or CloudTrail does not say.
local function last_change(self, repository, since)
  self.history = self.history or event_history.open(self.region)
  -- CloudTrail's times are whole seconds: lanyard's own write can be in the same second.
  local changes = self.history and self.history:changes(repository.name, math.floor(since) + 1)
  return changes and changes[1]
end

--- Compares a policy with what this machine's journal says lanyard last wrote. If CloudTrail says that another lanyard
--- changed the policy last, nothing was overwritten: lanyards keep each other's grants, so that one removed it on
--- purpose.
---@param repository access.Repository
---@param current? policy.Document  the policy as read; nil: none
---@return access.Overwritten? lost  nil: nothing is missing, or lanyard never wrote this policy on this machine
---@return aws.Error? err  if the journal cannot be read; the same error for each repository with the same cause
function Finder:find(repository, current)
  local lost, err = compare(self, repository, current)
  if not lost then
    return nil, err
  end
  lost.by = last_change(self, repository, lost.at)
  if lost.by and lost.by.tool == "lanyard" then
    return nil
  end
  return lost
end

--- Returns when the grants were written, and who overwrote them, as the end of a sentence.
---@param lost access.Overwritten
---@return string
function M.describe(lost)
  local by = lost.by
  return ("written by lanyard on %s, overwritten since%s"):format(lost.time, by
    and escape.format(": on %s by %s with %s", by.time, by.principal, by.tool) or "")
end

return M
