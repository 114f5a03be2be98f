--- Makes a random UUID (RFC 9562, version 4), such as the idempotency token of a request.

local system = require "lanyard.system"

---@return string
return function()
  local bytes = { system.random(16):byte(1, 16) }
  bytes[7], bytes[9] = bytes[7] & 0x0f | 0x40, bytes[9] & 0x3f | 0x80
  return (("%02x"):rep(4) .. ("-%02x%02x"):rep(4) .. ("%02x"):rep(4)):format(table.unpack(bytes))
end
