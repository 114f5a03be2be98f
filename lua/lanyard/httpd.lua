--- Serves HTTP. Each request is handled in a task of the same loop.
---
--- ```lua
--- local httpd = require "lanyard.httpd"
--- local server = assert(httpd.serve { handler = function(request)
---   return { status = 200, body = "hello " .. request.query }
--- end })
--- print((server.url:gsub("%d+$", "PORT")))
--- --> http://127.0.0.1:PORT
--- server.close()
--- ```

local core = require "lanyard.httpd.core"
local task = require "lanyard.task"

local M = {}

local function send(request, reply)
  if reply.reset then return request:reset() end
  request:reply(reply.status, reply.headers or {}, reply.body or "", reply.cut)
end

local function answer(request, handler, message)
  send(request, handler(message))
end

local function respond(request, handler, on_error)
  local message = request:read()
  if not message then return end
  message.path, message.query = message.target:match "^([^?]*)%??(.*)$"
  local ok, err = xpcall(answer, debug.traceback, request, handler, message)
  if not ok then
    on_error(tostring(err))
    send(request, { status = 500 }) -- has no effect if the request was answered
  end
end

--- A request that a handler receives.
---@class lanyard.HttpdRequest
---@field method string                  "GET", "POST"
---@field target string                  the path and query
---@field path string                    the target before "?"
---@field query string                   the target after "?", without decoding; "" if there is none
---@field headers table<string, string>  names in lower case
---@field body string
---@field remote string                  the address of the client
---@field remote_port integer

--- What a handler returns.
---@class lanyard.HttpdReply
---@field status integer
---@field headers? table<string, string>
---@field body? string
---@field reset? boolean  for tests of clients: close the connection without a reply
---@field cut? integer    for tests of clients: close the connection after so many bytes of the body

--- How a server serves.
---@class lanyard.HttpdOptions
---@field handler fun(request: lanyard.HttpdRequest): lanyard.HttpdReply  is called in a task of its own
---@field address? string   "127.0.0.1" by default
---@field port? integer     any free port by default
---@field max_body? integer bytes of a request; 1 MiB by default
---@field max_held? integer bytes of all requests that are not answered; 16 MiB and 4 times max_body by default
---@field idle_timeout? number     seconds until a connection on which nothing happens is closed; 60 by default
---@field request_timeout? number  seconds in which the rest of a request, or 64 KiB of it, must arrive; 30 by default
---@field on_error? fun(traceback: string)  stderr by default

--- A running server.
---@class lanyard.HttpdServer
---@field port integer  that it listens on
---@field url string   "http://127.0.0.1:8080"
---@field close fun()  stops the server and closes its connections

--- Starts a server. If a handler raises an error or returns an invalid reply, the reply is 500, and on_error receives
--- the traceback.
---@param options lanyard.HttpdOptions
---@return lanyard.HttpdServer? server
---@return lanyard.Error? err
function M.serve(options)
  local server, err = core.open(options)
  if not server then return nil, err end
  local on_error = options.on_error or function(text) io.stderr:write(text, "\n") end
  local acceptor = task.spawn(function()
    while true do
      local request = task.await(server:accept())
      if not request then return end
      task.spawn(respond, request, options.handler, on_error)
    end
  end)
  local port = server:port()
  return {
    port = port,
    url = ("http://%s:%d"):format(options.address or "127.0.0.1", port),
    close = function()
      acceptor:cancel()
      server:close()
    end,
  }
end

return M
