--- The powers of container services: vCPUs, memory and monthly price of one node, as GetContainerServicePowers returns
--- them.
---
--- The monthly price of a service is the price of its power times its scale, whether the service is enabled or
--- disabled: https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_CreateContainerService.html (power,
--- scale), https://docs.aws.amazon.com/lightsail/latest/userguide/amazon-lightsail-container-services.html (billing).

local errors = require "lanyard.errors"
local suggest = require "lanyard.text.suggest"

local M = {}

--- A power.
---@class access.Power
---@field name string    "nano"
---@field id string      "nano-1"
---@field price number   USD a month of one node
---@field cpus number    vCPUs of one node
---@field memory number  GB of one node
---@field active boolean whether services can be given it

--- Lists the powers, the cheapest first. They are read once in a command.
---@param region access.Region
---@return access.Power[]? powers
---@return aws.Error? err
function M.list(region)
  local shared = region.shared
  if not shared.powers then
    local reply, err = region.lightsail:GetContainerServicePowers {}
    if not reply then
      return nil, err
    end
    local list = {}
    for i, raw in ipairs(reply.powers) do
      list[i] = { name = raw.name, id = raw.powerId, price = raw.price, cpus = raw.cpuCount, memory = raw.ramSizeInGb,
        active = raw.isActive ~= false }
    end
    table.sort(list, function(a, b)
      return a.price < b.price or a.price == b.price and a.name < b.name
    end)
    shared.powers = list
  end
  return shared.powers
end

--- Returns the power of a name.
---@param list access.Power[]
---@param name? string
---@return access.Power?
function M.find(list, name)
  for _, one in ipairs(list) do
    if one.name == name then
      return one
    end
  end
  return nil
end

--- Returns the monthly price of a service in USD; nil if it is unknown.
---@param list? access.Power[]
---@param power? string
---@param scale? integer
---@return number?
function M.price(list, power, scale)
  local found = list and M.find(list, power)
  local price = found and scale and found.price * scale
  return price and price < math.huge and price or nil
end

--- Checks that services can be given a power.
---@param list access.Power[]
---@param name string
---@return true? ok
---@return aws.Error? err  code InvalidPower
function M.check(list, name)
  local names, found = {}, M.find(list, name)
  if found and found.active then
    return true
  end
  for _, one in ipairs(list) do
    names[#names + 1] = one.active and one.name or nil
  end
  local near = suggest(name, names)
  return nil, errors.new {
    code = "InvalidPower",
    message = found and ("the power '%s' is not available any more"):format(name)
      or ("there is no power '%s'%s"):format(name, near and ("; did you mean '%s'?"):format(near) or ""),
    tip = ("use %s; lanyard service powers shows their vCPUs, memory and price"):format(table.concat(names, ", ")),
  }
end

return M
