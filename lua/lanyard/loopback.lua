--- Decides whether requests to a host stay on this machine.
---
---     loopback.is "127.0.0.2"    --> true
---     loopback.is "[::1]"        --> true
---     loopback.is "2130706433"   --> false
---
--- Only what no name server can decide counts: 127.0.0.0/8 written as four decimal numbers, ::1, the IPv6 form of such
--- an IPv4 address, and the name localhost with its subdomains (RFC 6761), which libcurl resolves itself. For a name
--- with a dot at its end it asks the name server, so localhost. is not accepted. Nor are other forms of addresses
--- (127.1, 0x7f.1, 0177.0.0.1, 2130706433): one parser reads them as an address and another one as a name.

local M = {}

-- Reports whether a text is an address of 127.0.0.0/8. A number with a leading zero can be octal.
local function is_ipv4(text)
  local parts = { text:match "^(127)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)$" }
  for _, part in ipairs(parts) do
    if tonumber(part) > 255 or part:find "^0%d" then
      return false
    end
  end
  return #parts == 4
end

-- Reports whether the text between the brackets of a URL is loopback.
local function is_ipv6(text)
  local rest = text:match "^::ffff:(.*)$" or text:match "^0:0:0:0:0:ffff:(.*)$"
  if rest then
    return is_ipv4(rest) or rest:find "^7f%x%x:%x%x?%x?%x?$" ~= nil
  end
  return text == "::1" or text:find "^0+:0+:0+:0+:0+:0+:0+:0*1$" ~= nil
end

--- Reports whether a host is on this machine.
---@param host string  as in a URL: without user, password and port, and with the brackets of an IPv6 address
---@return boolean
function M.is(host)
  host = host:lower()
  local inner = host:match "^%[(.*)%]$"
  if inner then
    return is_ipv6(inner)
  end
  return is_ipv4(host) or host == "localhost" or host:find "^[%w.-]*[%w-]%.localhost$" ~= nil
end

return M
