--- What narrows a class of callers without identifying them: networks, tags, names, dates and other conditions.
---
---@class policy.AudienceRestriction
---@field kind "network"|"source"|"tag"|"userid"|"username"|"type"|"organization"|"account"|"arn"|"service"|"time"|
---  "depends"
---@field key string
---@field operator string
---@field values string[]
---@field protects boolean  it keeps the public out: an outsider cannot choose its value
---@field text string       "from 192.0.2.0/24"

local condition_keys = require "lanyard.policy.condition_keys"
local core = require "lanyard.policy.core"
local demands = require "lanyard.policy.demand"
local json = require "lanyard.json"
local lazy = require "lanyard.lazy"

local networks = lazy "lanyard.policy.networks"
local timestamp = lazy "lanyard.text.timestamp"

local M = {}

local KINDS = {
  network = "network", source = "source", tag = "tag", userid = "userid", username = "username", type = "type",
  organization = "organization", ["organization-path"] = "organization", account = "account", arn = "arn",
  service = "service", ["is-service"] = "type", time = "time",
}

-- Keys whose fixed values keep the public out, as Amazon S3 defines it. Everybody can have a tag or a name.
-- https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
local PROTECTING = {
  network = true, source = true, userid = true, organization = true, account = true, arn = true, service = true,
}

-- Reports whether every listed value is fixed, so that an outsider does not have it.
local function all_fixed(demand)
  for _, value in ipairs(demand.values) do
    local own = value:lower() == "${aws:resourceorgid}" or value:lower() == "${aws:resourceaccount}"
    local wild = value:find "[*?]" or demands.is_variable(demand, value) and not own
    if demand.facet == "organization-path" then
      wild = not value:find "^o%-%w+/"
    elseif demand.facet == "arn" or demand.name == "aws:sourcevpcarn" then
      wild = not value:find "^arn:[^:]*:[^:]*:[^:]*:%d%d%d%d%d%d%d%d%d%d%d%d:"
    elseif demand.facet == "userid" then
      wild = value:find "^[^:]*[*?]"
    end
    if wild then
      return false
    end
  end
  return true
end

local function protects(demand)
  if not PROTECTING[KINDS[demand.facet]] or demand.requires ~= "listed" or #demand.values == 0 then
    return false
  elseif demand.name == "aws:sourceip" then
    return networks.protect(demand.values)
  end
  return demand.name ~= "aws:vpcsourceip" and all_fixed(demand)
end

local FORMS = {
  network = "from %s", source = "for %s", organization = "in organization %s", account = "in account %s",
  arn = "with an ARN like %s", service = "by service %s",
}

local function text_of(demand)
  local values, kind = table.concat(demand.values, ", "), KINDS[demand.facet]
  if demand.requires == "present" or demand.requires == "absent" then
    return ("%s %s"):format(demand.requires == "present" and "with" or "without", demand.key)
  elseif kind and FORMS[kind] and demand.requires == "listed" then
    return FORMS[kind]:format(values)
  elseif kind == "time" and demand.operator:find "Less" then
    return "until " .. values
  elseif kind == "time" and demand.operator:find "Greater" then
    return "after " .. values
  elseif demand.requires == "listed" and demand.operator:find "Equals$" or demand.operator:find "Bool" then
    return ("if %s is %s"):format(demand.key, values)
  end
  return ("if %s %s %s"):format(demand.key, demand.operator, values)
end

-- ---------------------------------------------------------------------------------------------
-- Conditions that hold for everybody or nobody

-- Reports whether a condition holds for a request with a value of its key.
local function holds(demand, value)
  local version = demand.literal and "2008-10-17" or "2012-10-17"
  local doc = core.parse(json.encode { Version = version, Statement = json.array { {
    Effect = "Allow", Principal = "*", Action = "*",
    Condition = { [demand.operator] = { [demand.key] = json.array(demand.values) } },
  } } })
  local matches = doc:weigh { principal = "*", action = "a:a", context = { [demand.key] = value } }
  return next(matches.allow) ~= nil
end

-- Returns "always", "never" or "sometimes" for a condition on the time.
local function timing(demand, now)
  local value = demand.name == "aws:epochtime" and tostring(math.floor(now)) or timestamp.format(math.floor(now))
  if holds(demand, value) then
    return demand.operator:find "GreaterThan" and "always" or "sometimes"
  end
  return demand.operator:find "LessThan" and "never" or "sometimes"
end

-- Keys whose value is the same for every request to a repository: ECR answers over TLS only, and the owner of the
-- repository is known.
local function fixed_value(demand, known)
  if demand.name == "aws:securetransport" then
    return "true"
  elseif demand.name == "aws:resourceaccount" then
    return known.account
  end
  return nil
end

local function without_key(demand)
  if demand.requires == "unknown" then
    return "sometimes"
  end
  return demand.requires:find "absent$" and "always" or "never"
end

-- Networks that are public count as none, and no request comes from private ones (lanyard.policy.networks).
local function network_effect(demand)
  if demand.name ~= "aws:sourceip" or demand.requires ~= "listed" or not demand.sound
    or networks.protect(demand.values) then
    return "sometimes"
  end
  return networks.are_private(demand.values) and "never" or "always"
end

--- Returns "always" if a demand restricts nobody, "never" if no request satisfies it, else "sometimes".
---@param demand policy.Demand
---@param known policy.Known
---@param now number  seconds since 1970
---@return "always"|"never"|"sometimes"
function M.effect(demand, known, now)
  if demand.facet == "time" then
    return timing(demand, now)
  elseif condition_keys.is_never_sent(demand.key) then
    return without_key(demand)
  end
  local value = fixed_value(demand, known)
  if value then
    return holds(demand, value) and "always" or "never"
  elseif demand.requires:find "%-or%-absent$" and demand.facet ~= "request" then
    return "always"
  elseif demand.facet == "source" or demand.facet == "network" then
    return demand.requires == "present" and "always" or network_effect(demand)
  end
  return "sometimes"
end

--- Returns a restriction as data.
---@param demand policy.Demand
---@return policy.AudienceRestriction
function M.read(demand)
  return {
    kind = KINDS[demand.facet] or "depends", key = demand.key, operator = demand.operator, values = demand.values,
    protects = protects(demand), text = text_of(demand),
  }
end

return M
