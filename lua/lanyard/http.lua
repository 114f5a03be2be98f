-- One HTTP request, waited for in the task that asks.

local core = require "lanyard.http.core"
local task = require "lanyard.task"

local M = {}

-- http.request { method =, url =, headers = {}, body =, connect_timeout = 5, timeout = 30, direct = false }
--   --> { status, headers = { [lower case] = value }, body, elapsed }
--   | nil, err { code, message, retryable, sent }
-- Seconds for the times. The body and the values of headers may be secrets (lanyard.credentials); with
-- sealed = true the reply's body is one. No redirect is followed. `direct` goes past every proxy that
-- the environment names. err.sent: the peer may have seen the request.
function M.request(request)
  return task.await(core.start(request))
end

-- http.limit(count): how many requests to one host are under way at once, and so how many connections;
-- 64 unless set. Those past that wait for their turn; their time begins with it.
M.limit = core.limit

return M
