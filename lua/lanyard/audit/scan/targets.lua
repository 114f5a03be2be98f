--- Expands --region, --profile, --accounts and --organization into audit targets.
---
---     for _, target in ipairs(targets.expand { regions = "all", profiles = { "ops" }, open = open }) do ... end

local answers = require "lanyard.aws.answers"
local aws_regions = require "lanyard.aws.regions"
local endpoints = require "lanyard.aws.endpoints"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local task = require "lanyard.task"

local M = {}

--- A target is one Region of one account with a session to read it.
---@class audit.Target
---@field region? string        absent when the Regions are not known because of `err`
---@field session? aws.Session  absent when it could not be opened; see `err`
---@field err? aws.Error
---@field profile? string       the requested profile
---@field caller? aws.Session   of the profile, which assumed the role
---@field is_member boolean      the account is the caller's or in the caller's organization
---@field account? string       12 digits; known for targets reached by assuming a role
---@field role? string          the role that was assumed; absent in the caller's own account
---@field implicit boolean      selected by "all" rather than by name; a Region that is not enabled is then skipped

-- How many roles are assumed in parallel.
local PARALLEL = 8

--- Regions where Lightsail is available: the Regions for which AWS documents an endpoint, and us-west-1, which
--- Lightsail's model also names.
M.REGIONS = aws_regions.of "lightsail"
table.insert(M.REGIONS, "us-west-1")
table.sort(M.REGIONS)

-- Where GetRegions is called when the session has no Region, or one without Lightsail.
local FALLBACK_REGION = "us-east-1"

-- ---------------------------------------------------------------------------------------------
-- Values of options

local function usage(text, ...)
  return nil, errors.new { code = "InvalidTarget", message = text:format(...) }
end

--- Splits a comma-separated list and drops repetitions.
---@param text string
---@param option string  for the error message, for example "--region"
---@return string[]? list
---@return aws.Error? err
function M.list(text, option)
  local list = {}
  for word in (text .. ","):gmatch "([^,]*)," do
    word = word:match "^%s*(.-)%s*$"
    if word == "" then
      return usage("%s: '%s' contains an empty name; separate names by one comma, for example a,b", option, text)
    elseif not lists.contains(list, word) then
      list[#list + 1] = word
    end
  end
  return list
end

--- Parses the value of --region: Regions separated by commas, or "all".
---@param text string
---@return string[]|"all"|nil regions
---@return aws.Error? err
function M.regions(text)
  if text == "all" then
    return text
  end
  local list, err = M.list(text, "--region")
  for _, region in ipairs(list or {}) do
    local ok, message = names.region(region)
    if region == "all" then
      return usage "--region: 'all' cannot be combined with names of Regions"
    elseif not ok then
      return nil, errors.new { code = "InvalidRegion", message = message .. ", or 'all'" }
    end
  end
  return list, err
end

--- Parses a list of account ids.
---@param text string
---@param option string
---@return string[]? accounts
---@return aws.Error? err
function M.accounts(text, option)
  local list, err = M.list(text, option)
  for _, id in ipairs(list or {}) do
    local ok, message = names.registry_id(id)
    if not ok then
      return usage("%s: %s", option, message)
    end
  end
  return list, err
end

-- Returns an organization or a path of units as lanyard.policy.audience has it | nil if it is neither.
local function organization_or_unit(text)
  local id, path = text:match "^(o%-[a-z0-9]+)(.*)$"
  if not id or #id < 12 or #id > 34 then
    return nil
  elseif path == "" or path == "/" or path == "/*" then
    return id
  end
  local root, units = path:gsub("/%*$", "/"):gsub("([^/])$", "%1/"):match "^(/r%-[a-z0-9]+/)(.*)$"
  if not root or #root < 8 or #root > 36 then
    return nil
  end
  for unit in units:gmatch "([^/]*)/" do
    local first, second = unit:match "^ou%-([a-z0-9]+)%-([a-z0-9]+)$"
    if not first or #first < 4 or #first > 32 or #second < 8 or #second > 32 then
      return nil
    end
  end
  return id .. root .. units
end

--- Parses a list of ids of organizations and paths of organizational units. A path means the accounts of its unit and
--- of the units below it, as "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*" does in a policy.
--- https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
--- https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
---@param text string
---@param option string
---@return string[]? organizations  a path ends with "/"
---@return aws.Error? err
function M.organizations(text, option)
  local list, err = M.list(text, option)
  for i, word in ipairs(list or {}) do
    list[i] = organization_or_unit(word)
    if not list[i] then
      return usage("%s: '%s' is not an organization or an organizational unit: write o- and 10 to 32 lower-case "
        .. "letters and digits, or the path of a unit such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", option, word)
    end
  end
  return list, err
end

--- Checks the name of a role, which may begin with its path.
---@param name string
---@return string? name
---@return string? message
function M.role_name(name)
  if name:find "^[%w_+=,.@-][%w_+=,.@/-]*$" and not name:find "/$" then
    return name
  end
  return nil, ("'%s' is not a valid role name; write it as audit or path/audit, without the account"):format(name)
end

--- Checks an external id.
---@param text string
---@return string? external_id
---@return string? message
function M.external_id(text)
  if #text >= 2 and #text <= 1224 and text:find "^[%w_+=,.@:/-]+$" then
    return text
  end
  return nil, ("'%s' is not a valid external id; use 2 to 1224 of A-Z a-z 0-9 and _+=,.@:/-"):format(text)
end

-- ---------------------------------------------------------------------------------------------
-- Regions

-- Returns every Region where Lightsail is available, as Lightsail lists them, else as this release knows them.
local function all_regions(session, note)
  local partition = endpoints.partition(session.region)
  if partition ~= "aws" then
    return nil, errors.new {
      code = "NoRegion",
      message = ("Lightsail is not available in partition %s; name the Regions"):format(partition),
    }
  end
  local home = lists.contains(M.REGIONS, session.region) and session.region or FALLBACK_REGION
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
    note(("cannot list the Regions of Lightsail, using the %d that lanyard knows: %s")
      :format(#M.REGIONS, err and tostring(err) or "lightsail:GetRegions returned an empty list"))
    return M.REGIONS
  end
  table.sort(found)
  note(("auditing the %d Regions that lightsail:GetRegions lists"):format(#found))
  return found
end

-- Opens the session of a profile and gets its credentials, so that a failure is reported once and not in each Region.
local function open(wanted, profile)
  local region = wanted.regions ~= "all" and wanted.regions and wanted.regions[1] or nil
  local session, err = wanted.open(profile, region)
  if not session and err.code == "NoRegion" and wanted.regions == "all" then
    session, err = wanted.open(profile, FALLBACK_REGION)
  end
  if not session then
    return nil, err
  end
  local credentials
  credentials, err = session:credentials()
  if not credentials then
    return nil, err
  end
  return session
end

-- ---------------------------------------------------------------------------------------------
-- Accounts

-- Returns the active accounts of the organization that the session's account manages.
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
    local state = account.State or account.Status
    if not state then
      return answers.invalid({ service = "organizations", operation = "ListAccounts" },
        ("account %s has no state"):format(account.Id))
    end
    ids[#ids + 1] = state == "ACTIVE" and account.Id or nil
  end
  table.sort(ids)
  return ids
end

-- Assumes the role in each account; the caller's own account is read with the given session.
-- Returns a list of { account, role, session, err }.
local function assume_roles(session, wanted)
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
    local assumed = session:assume(("arn:%s:iam::%s:role/%s"):format(partition, account, wanted.role),
      { external_id = wanted.external_id })
    local credentials, reason = assumed:credentials()
    return { account = account, role = wanted.role, session = credentials and assumed, err = reason }
  end, { limit = PARALLEL })
end

-- Returns the targets of one profile. A failure becomes a target with an `err` for each Region that was named.
local function expand_profile(wanted, profile, note)
  local regions = wanted.regions
  local session, err = open(wanted, profile)
  if session and regions == "all" then
    regions, err = all_regions(session, note)
  elseif session then
    regions = regions or { session.region }
  end
  local owners = { { session = session, err = err } }
  if not err and wanted.role then
    owners, err = assume_roles(session, wanted)
    owners = owners or { { err = err } }
  end
  local found = {}
  for _, owner in ipairs(owners) do
    for _, region in ipairs(type(regions) == "table" and regions or { false }) do
      found[#found + 1] = {
        profile = profile, account = owner.account, role = owner.role, region = region or nil,
        session = not owner.err and owner.session:at(region) or nil, err = owner.err,
        implicit = wanted.regions == "all", caller = session,
        is_member = owner.role == nil or wanted.accounts == nil,
      }
    end
  end
  return found
end

--- What to audit.
---@class audit.Wanted
---@field regions? string[]|"all"  the profile's own Region when absent
---@field profiles? string[]       the profile of the environment when absent
---@field open fun(profile: string?, region: string?): aws.Session?, aws.Error?
---@field role? string             name of the role to assume in other accounts
---@field accounts? string[]       with `role`; all active accounts of the organization when absent
---@field external_id? string      with `role`
---@field note? fun(text: string)  receives information for the user

--- Expands what to audit into targets.
---@param wanted audit.Wanted
---@return audit.Target[]
function M.expand(wanted)
  local found = {}
  local note = wanted.note or function() end
  for _, profile in ipairs(wanted.profiles or { false }) do
    local own = expand_profile(wanted, profile or nil, function(text)
      note(profile and ("profile '%s': %s"):format(profile, text) or text)
    end)
    table.move(own, 1, #own, #found + 1, found)
  end
  return found
end

return M
