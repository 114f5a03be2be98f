--- Amazon Lightsail's container services: its service record for lanyard.emulator.server.
---
--- Shapes: botocore's model of 2016-11-28.

local certificates = require "lanyard.emulator.lightsail.certificates"
local deployment_operations = require "lanyard.emulator.lightsail.deployment_operations"
local image_operations = require "lanyard.emulator.lightsail.image_operations"
local metrics = require "lanyard.emulator.lightsail.metrics"
local powers = require "lanyard.emulator.lightsail.powers"
local regions = require "lanyard.emulator.lightsail.regions"
local service_operations = require "lanyard.emulator.lightsail.service_operations"
local services = require "lanyard.emulator.lightsail.services"
local tag_operations = require "lanyard.emulator.lightsail.tag_operations"
local shape = require "lanyard.emulator.shape"

---@type emulator.Service
local M = {
  name = "lightsail",
  protocol = "json",
  target = "Lightsail_20161128",
  operations = {},
  serves = regions.serves,
}

for _, operations in ipairs {
  service_operations, deployment_operations, image_operations, tag_operations, certificates.operations,
  metrics.operations, powers.operations, regions.operations,
} do
  for name, operation in pairs(operations) do
    M.operations[name] = operation
  end
end

function M.invalid(violations)
  return services.invalid(shape.describe(violations))
end

return M
