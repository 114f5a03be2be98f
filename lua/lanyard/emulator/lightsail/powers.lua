--- The powers of container services, and the operation that lists them.

local json = require "lanyard.json"
local shape = require "lanyard.emulator.shape"

local M = {}

---@type table<string, emulator.Operation>
M.operations = {}

--- A power of a container service.
---@class emulator.Power
---@field name string
---@field powerId string
---@field cpuCount number     virtual CPUs of a node
---@field ramSizeInGb number  memory of a node
---@field price number        US dollars a node and month

local function power(name, cpu_count, memory, price)
  return { name = name, powerId = name .. "-1", cpuCount = cpu_count, ramSizeInGb = memory, price = price,
    isActive = true }
end

-- nano to large are an answer of `aws lightsail get-container-service-powers`, as a project's README prints it (2026);
-- xlarge is from https://aws.amazon.com/lightsail/pricing/, which has the same values for the others.
---@type emulator.Power[]
M.LIST = {
  power("nano", 0.25, 0.5, 7.0),
  power("micro", 0.25, 1.0, 10.0),
  power("small", 0.5, 1.0, 15.0),
  power("medium", 1.0, 2.0, 40.0),
  power("large", 2.0, 4.0, 80.0),
  power("xlarge", 4.0, 8.0, 160.0),
}

--- The names of the powers, the smallest first.
---@type string[]
M.NAMES = {}
for i, one in ipairs(M.LIST) do
  M.NAMES[i] = one.name
end

M.operations.GetContainerServicePowers = {
  input = shape.structure {},
  call = function() return { powers = json.array(table.move(M.LIST, 1, #M.LIST, 1, {})) } end,
}

return M
