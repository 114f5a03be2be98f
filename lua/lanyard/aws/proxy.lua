-- The proxies that the environment names. libcurl reads these variables itself; here they are checked
-- and told to a person, without the user and the password that their URLs may carry.

local environment = require "lanyard.environment"
local errors = require "lanyard.errors"

local M = {}

-- Where the proxy of each scheme stands, the first that is set counts. As for curl and Python, a
-- server that runs for a web request has its HTTP_PROXY from a stranger.
local function variables()
  local upper = os.getenv "REQUEST_METHOD" and "http_proxy" or "HTTP_PROXY"
  return {
    { scheme = "https", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" },
    { scheme = "http", "http_proxy", upper, "all_proxy", "ALL_PROXY" },
  }
end

local SCHEMES = { http = true, https = true, socks4 = true, socks4a = true, socks5 = true, socks5h = true }

local function first_set(names)
  for _, name in ipairs(names) do
    local value = environment.get(name)
    if value then
      return value, name
    end
  end
end

-- in_force() --> list of { scheme, url (without user and password), variable }, the hosts that are
-- called past them | nil, err
function M.in_force()
  local list = {}
  for _, names in ipairs(variables()) do
    local value, name = first_set(names)
    if value then
      local scheme, rest = value:match "^(%a[%w+.-]*)://(.*)$"
      local host = (rest or value):match "^([^/?#]*)"
      host = host:match "([^@]*)$"
      if scheme and not SCHEMES[scheme:lower()] or not host:find "^[%w%[][%w.:%[%]%%_-]*$" then
        return nil, errors.new {
          code = "InvalidConfig",
          message = ("%s is no proxy's URL: write it as http://host:port or http://user:password@host:port")
            :format(name),
        }
      end
      list[#list + 1] = { scheme = names.scheme, url = ("%s://%s"):format(scheme or "http", host), variable = name }
    end
  end
  return list, (first_set { "no_proxy", "NO_PROXY" })
end

return M
