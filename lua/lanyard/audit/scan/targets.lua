-- Which accounts and Regions an audit spans, and the sessions to look at each.
--
--   local scopes = span.plan {
--     regions = { "us-east-1", "eu-west-1" },         -- or "all"; the profile's own unless given
--     profiles = { "ops", "dev" },                    -- the one of the environment unless given
--     open = function(profile, region) return aws.session { profile = profile, ..., transport = transport } end,
--   }
--
-- A scope: { profile, account, role, region, session | nil, err | nil, optional }; `account` and `role` are known
-- of those that a role is assumed for, `optional` is a Region that nobody named.

local endpoints = require "lanyard.aws.endpoints"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local task = require "lanyard.task"

local M = {}

-- How many roles are assumed at once.
local AT_ONCE = 8

-- Where Lightsail is: the Regions of AWS's endpoints, and us-west-1, which its API names, too.
M.REGIONS = {
  "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
  "ap-southeast-5", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
  "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

-- Where GetRegions is called by who has no Region, or one that Lightsail is not in.
local HOME = "us-east-1"

-- ---------------------------------------------------------------------------------------------
-- Which scopes

local function usage(text, ...)
  return nil, errors.new { code = "Usage", message = text:format(...) }
end

-- words("a,b", "--region") --> { "a", "b" }, each once | nil, err
function M.words(text, option)
  local list = {}
  for word in (text .. ","):gmatch "([^,]*)," do
    word = word:match "^%s*(.-)%s*$"
    if word == "" then
      return usage("%s: '%s' has an empty name: write a,b", option, text)
    elseif not lists.contains(list, word) then
      list[#list + 1] = word
    end
  end
  return list
end

-- regions("a,b" | "all") --> a list of Regions | "all" | nil, err
function M.regions(text)
  if text == "all" then
    return text
  end
  local list, err = M.words(text, "--region")
  for _, region in ipairs(list or {}) do
    local ok, why = names.region(region)
    if region == "all" then
      return usage "--region: all is written alone"
    elseif not ok then
      return nil, errors.new { code = "InvalidRegion", message = why .. ", or all" }
    end
  end
  return list, err
end

-- Every Region that Lightsail is in, as it tells itself or, where it does not, as lanyard knows them.
-- --> list | nil, err
local function all_regions(session, say)
  local partition = endpoints.partition(session.region)
  if partition ~= "aws" then
    return nil, errors.new {
      code = "NoRegion", message = ("Lightsail is in no Region of partition %s: name the Regions"):format(partition),
    }
  end
  local home = lists.contains(M.REGIONS, session.region) and session.region or HOME
  local lightsail, err = session:at(home):client "lightsail"
  local reply
  if lightsail then
    reply, err = lightsail:GetRegions()
  end
  local found = {}
  for i, region in ipairs(reply and reply.regions or {}) do
    found[i] = region.name
  end
  if #found == 0 then
    say(("the %d Regions are those that lanyard knows, since Lightsail lists none: %s")
      :format(#M.REGIONS, err and tostring(err) or "its list is empty"))
    return M.REGIONS
  end
  table.sort(found)
  say(("the %d Regions are those that lightsail:GetRegions lists"):format(#found))
  return found
end

-- The session of a profile: credentials that cannot be had are missing once, not in each Region.
-- --> session | nil, err
local function open(wanted, profile)
  local region = wanted.regions ~= "all" and wanted.regions and wanted.regions[1] or nil
  local session, err = wanted.open(profile, region)
  if not session and err.code == "NoRegion" and wanted.regions == "all" then
    session, err = wanted.open(profile, HOME)
  end
  if not session then
    return nil, err
  end
  local keys
  keys, err = session:credentials()
  if not keys then
    return nil, err
  end
  return session
end

-- ---------------------------------------------------------------------------------------------
-- Whose

-- accounts("111122223333,...", option) --> a list of account ids | nil, err
function M.accounts(text, option)
  local list, err = M.words(text, option)
  for _, id in ipairs(list or {}) do
    local ok, why = names.registry_id(id)
    if not ok then
      return usage("%s: %s", option, why)
    end
  end
  return list, err
end

-- role(name) --> name, with its path | nil, what is wrong with it
function M.role(name)
  if name:find "^[%w_+=,.@-][%w_+=,.@/-]*$" and not name:find "/$" then
    return name
  end
  return nil, ("'%s' is no name of a role: write it as audit or path/audit, without the account"):format(name)
end

-- external_id(text) --> text | nil, what is wrong with it
function M.external_id(text)
  if #text >= 2 and #text <= 1224 and text:find "^[%w_+=,.@:/-]+$" then
    return text
  end
  return nil, ("'%s' is no external id: it has 2 to 1224 of A-Z a-z 0-9 and _+=,.@:/-"):format(text)
end

-- The active accounts of the organization that the session's account manages --> list of ids | nil, err
local function organization(session)
  local client, err = session:client "organizations"
  local all
  if client then
    all, err = client:list("ListAccounts", "Accounts")
  end
  if not all then
    return nil, err
  end
  local ids = {}
  for _, account in ipairs(all) do
    -- AWS retired Status for State on 2026-09-09.
    if (account.State or account.Status) == "ACTIVE" then
      ids[#ids + 1] = account.Id
    end
  end
  table.sort(ids)
  return ids
end

-- The session of a role in each account, and the one given in its own account.
-- --> list of { account, session | nil, err | nil } | nil, err
local function assumed(session, wanted)
  local own, err = session:account_id()
  local accounts = wanted.accounts
  if own and not accounts then
    accounts, err = organization(session)
  end
  if not own or not accounts then
    return nil, err
  elseif #accounts == 0 then
    return nil, errors.new { code = "NoAccounts", message = "the organization has no active account" }
  end
  local partition = endpoints.partition(session.region)
  return task.map(accounts, function(account)
    if account == own then
      return { account = account, session = session }
    end
    local other = session:assume(("arn:%s:iam::%s:role/%s"):format(partition, account, wanted.role),
      { external_id = wanted.external_id })
    local keys, why = other:credentials()
    return { account = account, role = wanted.role, session = keys and other, err = why }
  end, { limit = AT_ONCE })
end

-- The scopes of one profile. What cannot be begun is a scope with an err for each Region that was named.
local function scopes_of(wanted, profile, say)
  local regions = wanted.regions
  local session, err = open(wanted, profile)
  if session and regions == "all" then
    regions, err = all_regions(session, say)
  elseif session then
    regions = regions or { session.region }
  end
  local owners = { { session = session, err = err } }
  if not err and wanted.role then
    owners, err = assumed(session, wanted)
    owners = owners or { { err = err } }
  end
  local found = {}
  for _, owner in ipairs(owners) do
    for _, region in ipairs(type(regions) == "table" and regions or { false }) do
      found[#found + 1] = {
        profile = profile, account = owner.account, role = owner.role, region = region or nil,
        session = not owner.err and owner.session:at(region) or nil, err = owner.err,
        optional = wanted.regions == "all",
      }
    end
  end
  return found
end

-- plan(wanted) --> scopes
-- wanted: regions, profiles, open(profile, region) --> session | nil, err; role, a name, to look with that
-- role at accounts (a list of ids; all of the organization unless given), and external_id, which it may ask
-- for; say(text) what a person should know
function M.plan(wanted)
  local scopes = {}
  local say = wanted.say or function() end
  for _, profile in ipairs(wanted.profiles or { false }) do
    local own = scopes_of(wanted, profile or nil, function(text)
      say(profile and ("profile '%s': %s"):format(profile, text) or text)
    end)
    table.move(own, 1, #own, #scopes + 1, scopes)
  end
  return scopes
end

return M
