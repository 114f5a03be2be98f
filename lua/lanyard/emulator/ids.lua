--- Generates identifiers in the formats of AWS.

local system = require "lanyard.system"

local M = {}

local function random_text(alphabet, length)
  local bytes = system.random(length)
  return (bytes:gsub(".", function(byte)
    local i = byte:byte() % #alphabet + 1
    return alphabet:sub(i, i)
  end))
end

--- Returns a version 4 UUID.
---@return string
function M.uuid()
  local first, second, third, fourth, last = (">I4I2I2I2I6"):unpack(system.random(16))
  return ("%08x-%04x-4%03x-a%03x-%012x"):format(first, second, third & 0xfff, fourth & 0xfff, last)
end

--- Returns a unique ID of IAM.
---@param prefix "AROA"|"AIDA"|"ASIA"  role, user or temporary key
---@return string
function M.unique(prefix)
  return prefix .. random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17)
end

--- Returns the last part of the ARN of a Lightsail role.
---@return string
function M.lightsail_role()
  return random_text("0123456789abcdefghijklmnopqrstuv", 52)
end

--- Returns the six characters at the end of the ARN of a secret.
---@return string
function M.suffix()
  return random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 6)
end

--- Returns a secret or token.
---@param length integer
---@return string
function M.secret(length)
  return random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", length)
end

return M
