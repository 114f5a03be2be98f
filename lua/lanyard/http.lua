--- Sends HTTP requests. The calling task waits for the reply.
---
--- ```lua
--- local http, httpd = require "lanyard.http", require "lanyard.httpd"
--- local server = assert(httpd.serve { handler = function(request)
---   return { status = 200, body = request.method .. " " .. request.path }
--- end })
--- local reply = assert(http.request { url = server.url .. "/x", timeout = 10 })
--- print(reply.status, reply.body)
--- --> 200	GET /x
--- server.close()
--- ```
---
--- A status such as 500 is a reply, not an error. The environment names the proxies (`lanyard help environment`).

local core = require "lanyard.http.core"
local task = require "lanyard.task"

local M = {}

--- What `request` sends.
---@class lanyard.HttpRequest
---@field url string                http:// or https://
---@field method? string            "GET" by default
---@field headers? table<string, string|userdata>  values can be sealed secrets (lanyard.credentials)
---@field body? string|userdata     can be a sealed secret
---@field connect_timeout? number   seconds; 5 by default
---@field timeout? number           seconds for the whole request; 30 by default
---@field max_size? integer         bytes of the reply
---@field ca_bundle? string         path of a file with certificate authorities
---@field direct? boolean           bypass every proxy that the environment names
---@field sealed? boolean           return the body of the reply as a sealed secret

--- What the server answered.
---@class lanyard.HttpReply
---@field status integer                 the HTTP status
---@field headers table<string, string>  names in lower case
---@field body string|userdata           a sealed secret if the request asked for one
---@field elapsed number                 seconds

--- Sends a request. Redirects are not followed.
---
--- ```lua
--- local json = require "lanyard.json"
--- local function post(url, value) -- for example to a webhook of Slack
---   return lanyard.http.request {
---     url = url, method = "POST", body = json.encode(value),
---     headers = { ["Content-Type"] = "application/json" },
---   }
--- end
--- local reply, err = post("http://127.0.0.1:1/", { text = "hello" })
--- print(reply, err.code, err.sent)
--- --> nil	ConnectionRefused	false
--- ```
---@param request lanyard.HttpRequest
---@return lanyard.HttpReply? reply
---@return lanyard.Error? err  with `retryable`, and `sent`: whether the server may have received the request
function M.request(request)
  return task.await(core.start(request))
end

--- Sets the number of parallel requests to a host, and so of connections; 64 by default. Further requests wait for
--- their turn, and their timeouts begin with it.
---@param count integer
function M.limit(count)
  core.limit(count)
end

return M
