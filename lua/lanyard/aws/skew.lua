--- Detects a wrong clock: AWS rejects the signatures of such a machine, and its Date header has the right time.

local timestamp = require "lanyard.text.timestamp"

local M = {}

--- Seconds by which a clock can be wrong. AWS accepts five minutes, and a request and its reply take part of it.
M.TOLERATED = 240

-- Codes of signatures that were made with a wrong clock. Some have other causes, too.
local CODES = {
  AuthFailure = true,
  InvalidSignatureException = true,
  RequestExpired = true,
  RequestInTheFuture = true,
  RequestTimeTooSkewed = true,
  SignatureDoesNotMatch = true,
}

--- Returns the seconds to add to this machine's clock, or nil if the clock is not the cause of the error.
---@param err lanyard.Error
---@param now number    this machine's time at the reply, in seconds since 1970
---@param known number  the offset that the request was signed with
---@return number?
function M.offset(err, now, known)
  local theirs = CODES[err.code] and timestamp.parse_http(err.date)
  if theirs and theirs >= 0 and math.abs(theirs - now - known) > M.TOLERATED then
    return theirs - now
  end
  return nil
end

return M
