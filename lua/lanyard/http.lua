--- Sends HTTP requests. The calling task waits for the reply.
---
---     local reply, err = http.request { url = "https://example.com/", timeout = 10 }

local core = require "lanyard.http.core"
local task = require "lanyard.task"

local M = {}

---@class lanyard.HttpRequest
---@field url string
---@field method? string            "GET" by default
---@field headers? table<string, string|userdata>  values can be sealed secrets (lanyard.credentials)
---@field body? string|userdata     can be a sealed secret
---@field connect_timeout? number   seconds; 5 by default
---@field timeout? number           seconds for the whole request; 30 by default
---@field max_size? integer         bytes of the reply
---@field ca_bundle? string         path of a file with certificate authorities
---@field direct? boolean           bypass every proxy that the environment names
---@field sealed? boolean           return the body of the reply as a sealed secret

---@class lanyard.HttpReply
---@field status integer
---@field headers table<string, string>  names in lower case
---@field body string|userdata
---@field elapsed number                 seconds

--- Sends a request. Redirects are not followed.
---@param request lanyard.HttpRequest
---@return lanyard.HttpReply? reply
---@return lanyard.Error? err  with `retryable`, and `sent`: the peer may have received the request
function M.request(request)
  return task.await(core.start(request))
end

--- Sets the number of parallel requests to a host, and so of connections; 64 by default. Further requests wait for
--- their turn, and their timeouts begin with it.
---@type fun(count: integer)
M.limit = core.limit

return M
