-- Identifiers as AWS makes them.

local system = require "lanyard.system"

local M = {}

local function random_text(alphabet, length)
  local bytes = system.random(length)
  return (bytes:gsub(".", function(byte)
    local i = byte:byte() % #alphabet + 1
    return alphabet:sub(i, i)
  end))
end

-- A version 4 UUID.
function M.uuid()
  local hex = random_text("0123456789abcdef", 32)
  return ("%s-%s-4%s-a%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), hex:sub(18, 20), hex:sub(21))
end

-- A unique id of IAM: prefix AROA (role), AIDA (user), ASIA (temporary key).
function M.unique(prefix)
  return prefix .. random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17)
end

-- The last part of a Lightsail role's ARN.
function M.lightsail_role()
  return random_text("0123456789abcdefghijklmnopqrstuv", 52)
end

-- A secret of 40 characters, or a token of any length.
function M.secret(length)
  return random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", length)
end

return M
