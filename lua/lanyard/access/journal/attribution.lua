--- Reports which container services a journal entry concerns, and who made the change.
---
---     local about = attribution.of(entry, region)
---     print(table.concat(about.services, ", "), about.caller or about.caller_unknown)

local json = require "lanyard.json"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"

local M = {}

---@class journal.Attribution
---@field services string[]         names, sorted; "NAME in REGION" for a service of another Region
---@field caller? string            an ARN
---@field caller_unknown? string    why there is no caller

-- What each service's puller role has in a policy text: a text by the name of the service.
local function access_by_service(text, region)
  local found = {}
  local doc = text and policy.parse(text)
  for _, statement in ipairs(doc and doc:statements() or {}) do
    local what = json.encode { statement.effect, statement.actions, statement.conditions }
    for _, one in ipairs(statement.principals) do
      local role = principal.classify(one.type, one.value)
      if role.kind == "puller" then
        local name = role.region == region and role.service or ("%s in %s"):format(role.service, role.region)
        found[name] = (found[name] or "") .. what
      end
    end
  end
  return found
end

-- The services whose access differs between the two texts of an entry, and the one that the change was asked about.
local function services_of(entry)
  local before, after = access_by_service(entry.before, entry.region), access_by_service(entry.after, entry.region)
  local changed = {}
  for _, texts in ipairs { before, after } do
    for name in pairs(texts) do
      changed[name] = before[name] ~= after[name] or nil
    end
  end
  local asked = entry.detail and entry.detail.service
  if type(asked) == "string" then
    changed[asked] = true
  end
  local services = json.array {}
  for name in pairs(changed) do
    services[#services + 1] = name
  end
  table.sort(services)
  return services
end

local function caller_of(entry, region)
  local arn, access_key = region.session:known_caller()
  if entry.caller then
    return entry.caller
  elseif not entry.access_key then
    return nil, "the version of lanyard that made the change did not record it"
  elseif entry.access_key == access_key and arn then
    return arn
  end
  return nil, ("no call of the change returned it; CloudTrail records it with the access key %s")
    :format(entry.access_key)
end

--- Returns what an entry says about the services and the caller of its change. Makes no call: the caller is the one
--- that the entry names, or this one if the same access key signed the change.
---@param entry journal.Entry
---@param region access.Region
---@return journal.Attribution
function M.of(entry, region)
  local caller, unknown = caller_of(entry, region)
  return { services = services_of(entry), caller = caller, caller_unknown = unknown }
end

return M
