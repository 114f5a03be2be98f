--- Puts a prefix before the host of an endpoint.
---
---     host_prefix("https://sts.us-east-1.amazonaws.com", "data-")  --> "https://data-sts.us-east-1.amazonaws.com"

local loopback = require "lanyard.loopback"

--- Returns the URL with the prefix. A server of a test on this machine has one name, and an address has none.
---@param url string
---@param prefix? string
---@return string
return function(url, prefix)
  if not prefix then
    return url
  end
  local scheme, host, rest = url:match "^(%a+://)([^/:%[]+)(.*)$"
  if not host or loopback.is(host) or host:find "^%d+%.%d+%.%d+%.%d+$" then
    return url
  end
  return scheme .. prefix .. host .. rest
end
