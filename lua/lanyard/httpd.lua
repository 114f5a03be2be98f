-- An HTTP server whose handlers are tasks of the same loop.

local core = require "lanyard.httpd.core"
local task = require "lanyard.task"

local M = {}

local function answer(request, handler, on_error)
  local message = request:read()
  if not message then return end
  message.path, message.query = message.target:match "^([^?]*)%??(.*)$"
  local ok, reply = xpcall(handler, debug.traceback, message)
  if not ok then
    on_error(tostring(reply))
    reply = { status = 500, body = "" }
  end
  if reply.reset then return request:reset() end
  request:reply(reply.status, reply.headers or {}, reply.body or "", reply.cut)
end

-- httpd.serve { address = "127.0.0.1", port = 0, handler =, on_error =, max_body = }
--   --> server { port, url, close() } | nil, err
-- handler(request { method, target, path, query, headers, body, remote, remote_port })
--   --> { status, headers = {}, body } and, to test clients with: reset = true (the connection
--   ends unanswered), cut = N (it ends after N bytes of the body).
-- A handler that raises answers 500, and on_error gets the traceback.
function M.serve(options)
  local server, err = core.open(options)
  if not server then return nil, err end
  local on_error = options.on_error or function(text) io.stderr:write(text, "\n") end
  local acceptor = task.spawn(function()
    while true do
      local request = task.await(server:accept())
      if not request then return end
      task.spawn(answer, request, options.handler, on_error)
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
