-- One HTTP request, waited for in the task that asks.

local core = require "lanyard.http.core"
local task = require "lanyard.task"

local M = {}

-- http.request { method =, url =, headers = {}, body =, connect_timeout = 5, timeout = 30 }
--   --> { status, headers = { [lower case] = value }, body, elapsed }
--   | nil, err { code, message, retryable, sent }
-- The body and the values of headers may be secrets (lanyard.credentials); with sealed = true the
-- reply's body is one.
-- Seconds for the times. No redirect is followed. err.sent: the peer may have seen the request.
function M.request(request)
  return task.await(core.start(request))
end

return M
