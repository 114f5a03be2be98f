--- What the linter knows about the principals of AWS services. Packages that know a service register it.
---
---     require("lanyard.policy.lint").register {
---       roles = { { pattern = "^role/amazon/example/", subject = "an Example role", pulls_only = true } },
---       unusable = { { type = "Service", pattern = "^example%.", message = ..., fix = ..., check = {
---         id = "example-service", severity = "high", summary = "Example as a service principal" } } },
---     }

local arn = require "lanyard.arn"
local catalogue = require "lanyard.policy.lint.catalogue"

--- A kind of IAM role that a service creates.
---@class policy.lint.ServiceRole
---@field pattern string         Lua pattern for the resource part of the role's ARN
---@field subject string         names the role at the start of a sentence: "an Example role"
---@field pulls_only? boolean    the role pulls images and needs no other action
---@field service_owned? boolean the role is in an account of the service, which is not a foreign account

--- A principal that can be named in a policy, but that never makes the requests that the statement allows.
---@class policy.lint.UnusablePrincipal
---@field type "AWS"|"Service"   the type of the principal
---@field pattern string         Lua pattern for the resource part of an ARN, or for the service principal
---@field check policy.lint.Check
---@field message string
---@field fix string

local M = {}

local roles, unusable = {}, {}

--- Registers the roles and principals of a service. The checks of unusable principals join the catalogue.
---@param facts { roles?: policy.lint.ServiceRole[], unusable?: policy.lint.UnusablePrincipal[] }
function M.register(facts)
  table.move(facts.roles or {}, 1, #(facts.roles or {}), #roles + 1, roles)
  for _, principal in ipairs(facts.unusable or {}) do
    catalogue.define(principal.check)
    unusable[#unusable + 1] = principal
  end
end

--- Returns the registered role that an ARN matches and that has the given property.
---@param value string                              an ARN or another principal
---@param property "pulls_only"|"service_owned"
---@return policy.lint.ServiceRole?
function M.role(value, property)
  local parsed = arn.parse(value)
  for _, role in ipairs(parsed and roles or {}) do
    if role[property] and parsed.resource:find(role.pattern) then
      return role
    end
  end
  return nil
end

--- Returns the registered unusable principal that a principal matches.
---@param type "AWS"|"Service"
---@param value string
---@return policy.lint.UnusablePrincipal?
function M.unusable(type, value)
  local parsed = arn.parse(value)
  local text = type == "AWS" and parsed and parsed.resource or value
  for _, principal in ipairs(unusable) do
    if principal.type == type and text:find(principal.pattern) then
      return principal
    end
  end
  return nil
end

return M
