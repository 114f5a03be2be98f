-- One HTTP request, waited for in the task that asks.

local core = require "lanyard.http.core"
local task = require "lanyard.task"

local M = {}

-- http.request { method =, url =, headers = {}, body =, connect_timeout = 5, timeout = 30 }
--   --> { status, headers = { [lower case] = value }, body, elapsed }
--   | nil, err { code, message, retryable, sent }
-- Seconds for the times. No redirect is followed. err.sent: the peer may have seen the request.
function M.request(request)
  return task.await(core.start(request))
end

-- http.limit(count): how many requests to one host are under way at once, and so how many connections;
-- 64 unless set. Those past that wait for their turn; their time begins with it.
M.limit = core.limit

return M
