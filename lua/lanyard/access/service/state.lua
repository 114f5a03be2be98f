--- The part of a container service that its owner decides: power, scale, whether it is disabled, puller role, tags and
--- domain names. Values only, no calls.
---
---     local before = state.of(service)
---     local after = state.with(before, { scale = 2, tags = { env = "prod" } })

local lists = require "lanyard.lists"

local M = {}

--- What a container service is, as far as its owner decides. Also what rules get as `before` and `after`.
---@class access.service.State
---@field power? string    "nano" and so on
---@field scale? integer   the number of nodes
---@field disabled boolean
---@field role { active: boolean, arn: string? }  the puller role
---@field tags table<string, string>  by key
---@field domains table<string, string[]>  domain names by certificate, sorted
---@field monthly_price? number  in USD, of all nodes; nil if it is unknown

--- What a service is to be. Members that are absent stay as they are.
---@class access.service.Wants
---@field power? string    "nano" and so on
---@field scale? integer   the number of nodes, 1 to 20
---@field role? true       the puller role is on
---@field disabled? boolean
---@field tags? table<string, string>  by key: added or changed; other tags stay
---@field untag? string[]  keys of tags that are removed
---@field domains? table<string, string[]>  domain names by certificate: all names of each certificate that is given;
---  other certificates stay
---@field no_domains? boolean  other certificates are detached

local function copy(map)
  local all = {}
  for name, value in pairs(map) do
    all[name] = value
  end
  return all
end

--- Returns the state of a service.
---@param service access.Service
---@return access.service.State
function M.of(service)
  return {
    power = service.power, scale = service.scale, disabled = service.disabled,
    role = { active = service.role.active, arn = service.role.arn },
    tags = copy(service.tags), domains = copy(service.domains),
  }
end

--- Returns the state from which a service is created.
---@return access.service.State
function M.empty()
  return { disabled = false, role = { active = false }, tags = {}, domains = {} }
end

-- Returns the domains after a change. A name belongs to one certificate: it moves to the one that is given.
local function domains_with(before, wants)
  local after, moved = {}, {}
  for certificate, names in pairs(wants.domains or {}) do
    after[certificate] = table.move(names, 1, #names, 1, {})
    table.sort(after[certificate])
    for _, name in ipairs(names) do
      moved[name] = true
    end
  end
  for certificate, names in pairs(wants.no_domains and {} or before) do
    local kept = {}
    for _, name in ipairs(names) do
      kept[#kept + 1] = not moved[name] and name or nil
    end
    after[certificate] = after[certificate] or #kept > 0 and kept or nil
  end
  return after
end

--- Returns the state after a change. The price is not known.
---@param before access.service.State
---@param wants access.service.Wants
---@return access.service.State
function M.with(before, wants)
  local tags = copy(before.tags)
  for _, key in ipairs(wants.untag or {}) do
    tags[key] = nil
  end
  for key, value in pairs(wants.tags or {}) do
    tags[key] = value
  end
  local disabled = wants.disabled
  if disabled == nil then
    disabled = before.disabled
  end
  return {
    power = wants.power or before.power, scale = wants.scale or before.scale, disabled = disabled,
    role = wants.role and { active = true, arn = before.role.arn } or copy(before.role),
    tags = tags, domains = domains_with(before.domains, wants),
  }
end

--- Returns the domain names of a state, sorted.
---@param domains table<string, string[]>
---@return string[]
function M.domain_names(domains)
  local all = {}
  for _, certificate in ipairs(lists.sorted_names(domains)) do
    table.move(domains[certificate], 1, #domains[certificate], #all + 1, all)
  end
  table.sort(all)
  return all
end

return M
