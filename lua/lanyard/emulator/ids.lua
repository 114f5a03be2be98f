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
  local hex = random_text("0123456789abcdef", 32)
  return ("%s-%s-4%s-a%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), hex:sub(18, 20), hex:sub(21))
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
