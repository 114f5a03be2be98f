--- Checks the shards among reports: each is merged once, they are parts of one audit, and none is missing.
---
---     local err = shards.check(reports, paths)
---     local missing = shards.missing(reports)     --> { "2/2 of 111122223333/eu-west-1" }
---
--- An audit can have shards of some accounts and Regions, and other shards of others: two reports with the same shard
--- are the same part only if they are about the same account and Region.

local coverage = require "lanyard.audit.report.coverage"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

-- Returns the number of a report's shard and how many there are; nil if it is not a shard.
local function shard_of(report)
  local index, count = (report.partial and report.partial.shard or ""):match "^(%d+)/(%d+)$"
  return math.tointeger(tonumber(index)), math.tointeger(tonumber(count))
end

-- ---------------------------------------------------------------------------------------------
-- Accounts and Regions

-- Returns what a report is about. A target that failed early has no account or no Region: it can be any.
local function index_of(report)
  local index = { keys = {}, regions = {}, accounts = {}, of_region = {}, of_account = {}, skipped = {}, audited = {} }
  for _, scope in ipairs(report.scopes) do
    local account, region = scope.account, scope.region
    index.skipped[coverage.scope_key(scope)] = scope.skipped
    index.audited[coverage.scope_key(scope)] = not scope.error or nil
    index.keys[coverage.scope_key(scope)] = account and region and true or nil
    index.regions[region or ""], index.accounts[account or ""] = true, true
    index.of_region[region or ""] = index.of_region[region or ""] or not account
    index.of_account[account or ""] = index.of_account[account or ""] or not region
    index.is_open = index.is_open or not (account or region)
  end
  return index
end

-- Reports whether a report can be about an account and Region.
local function includes(index, scope)
  local account, region = scope.account, scope.region
  if account and region then
    return index.keys[coverage.scope_key(scope)] or index.of_region[region] or index.of_account[account]
      or index.is_open or false
  end
  return index.is_open or region and index.regions[region] or account and index.accounts[account]
    or not (account or region) or false
end

local function overlap(report, index)
  for _, scope in ipairs(report.scopes) do
    if includes(index, scope) then
      return scope
    end
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- Shards of one audit

local OPTIONS = {
  { name = "repositories", text = "names of repositories" }, { name = "service", text = "--service" },
  { name = "trusted_accounts", text = "--trusted-accounts" },
  { name = "trusted_organizations", text = "--trusted-organizations" },
  { name = "unused_days", text = "--unused-days" }, { name = "desired", text = "--desired" },
  { name = "rules", text = "--rules" },
}

-- Returns the options that a report's audit had; without the settings, which reports of earlier releases do not have.
local function options_of(report)
  local options = {}
  for _, from in ipairs { report.partial, report.settings } do
    for name, value in pairs(from) do
      options[name] = value
    end
  end
  return options
end

-- Returns the options that differ, as text; nil if none does.
local function differences(report, other)
  local own, theirs, texts = options_of(report), options_of(other), {}
  local has_settings = report.settings and other.settings
  for _, option in ipairs(OPTIONS) do
    local is_selection = option.name == "repositories" or option.name == "service"
    if (is_selection or has_settings)
      and json.encode { own[option.name] } ~= json.encode { theirs[option.name] } then
      texts[#texts + 1] = option.text
    end
  end
  return texts[1] and lists.sentence(texts)
end

local function refuse(text, ...)
  return errors.new { code = "Usage", message = text:format(...) }
end

-- Returns why two shards cannot be merged.
local function conflict(one, other)
  local scope = overlap(one.report, other.index)
  if not scope then
    return nil
  elseif one.index_of_shard == other.index_of_shard and one.count == other.count then
    local label = coverage.scope_key(scope)
    return refuse("%s and %s are the same part, shard %d/%d%s: merge only one of them", other.path, one.path,
      one.index_of_shard, one.count, label ~= "/" and " of " .. label or "")
  end
  local texts = differences(one.report, other.report)
  return texts and refuse("%s and %s are not shards of one audit: they differ in %s; audit again with the same options",
    other.path, one.path, texts) or nil
end

local function list_shards(reports, paths)
  local found = {}
  for i, report in ipairs(reports) do
    local index, count = shard_of(report)
    if index then
      found[#found + 1] = {
        report = report, path = paths and paths[i], index = index_of(report), index_of_shard = index, count = count,
      }
    end
  end
  return found
end

--- Checks that no shard is given twice, and that shards of one account and Region are of audits with the same options.
---@param reports audit.Report[]
---@param paths string[]  the file of each
---@return lanyard.Error?  with the code "Usage"; nil if they can be merged
function M.check(reports, paths)
  local found = list_shards(reports, paths)
  for i, one in ipairs(found) do
    for j = 1, i - 1 do
      local err = conflict(one, found[j])
      if err then
        return err
      end
    end
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- Missing shards

-- Returns the accounts and Regions that are known, which some shard did not skip, and which no report has as a whole.
local function sharded_scopes(reports, shards)
  local scopes, known = {}, {}
  for _, report in ipairs(reports) do
    for _, scope in ipairs(shard_of(report) and {} or report.scopes) do
      known[coverage.scope_key(scope)] = not scope.error or nil
    end
  end
  for _, one in ipairs(shards) do
    for _, scope in ipairs(one.report.scopes) do
      local key = coverage.scope_key(scope)
      if scope.account and scope.region and not scope.skipped and not known[key] then
        known[key], scopes[#scopes + 1] = true, { scope = scope, key = key, count = one.count }
      end
    end
  end
  return scopes
end

-- Reports whether a shard has its part of an account and Region. One that skipped the Region has nothing of it, for
-- example because the Region was being set up for the account.
local function has_part(index, scope)
  if index.audited[scope.key] then
    return true
  end
  local is_skipped = index.skipped[scope.key] or index.skipped[coverage.scope_key { region = scope.scope.region }]
  return not is_skipped and includes(index, scope.scope)
end

-- Adds the account and Region of a scope to each shard of it that is missing.
local function add_missing(without, scope, shards)
  local present = {}
  for _, shard in ipairs(shards) do
    if shard.count == scope.count and has_part(shard.index, scope) then
      present[shard.index_of_shard] = true
    end
  end
  for i = 1, scope.count do
    local name = ("%d/%d"):format(i, scope.count)
    if not present[i] then
      without[name] = without[name] or { index = i, count = scope.count, name = name }
      table.insert(without[name], scope.key)
    end
  end
end

--- Returns the shards that no report is, as texts: "2/2 of 111122223333/eu-west-1", or "2/2" of all.
---@param reports audit.Report[]
---@return string[]
function M.missing(reports)
  local shards, without, texts = list_shards(reports), {}, {}
  local scopes = sharded_scopes(reports, shards)
  for _, scope in ipairs(scopes) do
    add_missing(without, scope, shards)
  end
  local list = {}
  for _, one in pairs(without) do
    list[#list + 1] = one
  end
  table.sort(list, function(a, b)
    if a.count ~= b.count then
      return a.count < b.count
    end
    return a.index < b.index
  end)
  for i, one in ipairs(list) do
    texts[i] = #one == #scopes and one.name or #one == 1 and one.name .. " of " .. one[1]
      or ("%s of %s and %d more"):format(one.name, one[1], #one - 1)
  end
  return texts
end

return M
