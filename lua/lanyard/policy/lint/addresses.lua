--- IP addresses and networks, as conditions on aws:SourceIp have them.
---
---     local network = addresses.parse "203.0.113.7/24"
---     addresses.network(network)      --> "203.0.113.0/24"
---     addresses.is_private(network)   --> false

local M = {}

---@class policy.lint.Network
---@field bytes integer[]  4 or 16 numbers
---@field prefix integer   the length of the prefix in bits

local function parse_v4(host)
  local bytes = { host:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$" }
  for i, byte in ipairs(bytes) do
    bytes[i] = math.tointeger(byte)
    if not bytes[i] or bytes[i] > 255 then
      return nil
    end
  end
  return #bytes == 4 and bytes or nil
end

-- Returns the bytes of the groups of one side of "::", or nil.
local function parse_groups(text)
  local bytes = {}
  if text:find "^:" or text:find ":$" or text:find "::" then
    return nil
  end
  for group in text:gmatch "[^:]+" do
    local v4 = group:find(".", 1, true) and parse_v4(group)
    if v4 then
      table.move(v4, 1, 4, #bytes + 1, bytes)
    elseif group:find "^%x%x?%x?%x?$" then
      local value = tonumber(group, 16)
      bytes[#bytes + 1] = value >> 8
      bytes[#bytes + 1] = value & 255
    else
      return nil
    end
  end
  return bytes
end

local function parse_v6(host)
  local left, right = host:match "^(.-)::(.*)$"
  local head = parse_groups(left or host)
  local tail = parse_groups(right or "")
  if not head or not tail or #head + #tail > 16 or not left and #head ~= 16 then
    return nil
  end
  local bytes = table.move(head, 1, #head, 1, {})
  for i = #head + 1, 16 - #tail do
    bytes[i] = 0
  end
  return table.move(tail, 1, #tail, 16 - #tail + 1, bytes)
end

--- Parses an address or a network.
---@param text string
---@return policy.lint.Network?
function M.parse(text)
  local host, prefix = text:match "^([^/]+)/(%d+)$"
  host = host or text
  local bytes = host:find(":", 1, true) and parse_v6(host) or parse_v4(host)
  local bits = bytes and #bytes * 8
  prefix = prefix and math.tointeger(prefix) or bits
  return bytes and prefix <= bits and { bytes = bytes, prefix = prefix } or nil
end

-- Returns byte `i` of an address of which only a prefix is left.
local function masked(bytes, i, prefix)
  local bits = math.max(0, math.min(8, prefix - (i - 1) * 8))
  return bytes[i] & (0xff << (8 - bits)) & 0xff
end

-- Returns an address of IPv6 as text, with "::" for zeros at the end.
local function text_of_v6(bytes)
  local groups, last = {}, 0
  for i = 1, 8 do
    local group = bytes[2 * i - 1] << 8 | bytes[2 * i]
    groups[i] = ("%x"):format(group)
    last = group ~= 0 and i or last
  end
  return last < 7 and table.concat(groups, ":", 1, last) .. "::" or table.concat(groups, ":")
end

local function text_of(bytes)
  return #bytes == 4 and table.concat(bytes, ".") or text_of_v6(bytes)
end

--- Returns a network without its host bits, or nil if it has none.
---@param network policy.lint.Network
---@return string?
function M.without_host_bits(network)
  local bytes, differs = {}, false
  for i, byte in ipairs(network.bytes) do
    bytes[i] = masked(network.bytes, i, network.prefix)
    differs = differs or bytes[i] ~= byte
  end
  return differs and ("%s/%d"):format(text_of(bytes), network.prefix) or nil
end

--- Reports whether one network contains another one.
---@param outer policy.lint.Network
---@param inner policy.lint.Network
---@return boolean
function M.contains(outer, inner)
  if #inner.bytes ~= #outer.bytes or inner.prefix < outer.prefix then
    return false
  end
  for i = 1, (outer.prefix + 7) // 8 do
    if masked(inner.bytes, i, outer.prefix) ~= masked(outer.bytes, i, outer.prefix) then
      return false
    end
  end
  return true
end

-- Networks that no public address belongs to: RFC 1918, 6598 (shared), 1122 (loopback), 3927 and 4291 (link-local),
-- 4193 (unique local).
local PRIVATE = {}
for range in ([[10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 ::1 fc00::/7
  fe80::/10]]):gmatch "%S+" do
  PRIVATE[#PRIVATE + 1] = M.parse(range)
end

--- Reports whether a network has private addresses only.
---@param network policy.lint.Network
---@return boolean
function M.is_private(network)
  for _, range in ipairs(PRIVATE) do
    if M.contains(range, network) then
      return true
    end
  end
  return false
end

return M
