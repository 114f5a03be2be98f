-- A machine whose clock is wrong: AWS refuses its signatures, and says in the Date header what time it is.

local timestamp = require "lanyard.text.timestamp"

local M = {}

-- Seconds that a clock may be wrong; AWS takes five minutes, a request and its answer some of it.
M.TOLERATED = 240

-- What AWS answers to a signature that another clock made. Some of these have other reasons, too.
local CODES = {
  AuthFailure = true,
  InvalidSignatureException = true,
  RequestExpired = true,
  RequestInTheFuture = true,
  RequestTimeTooSkewed = true,
  SignatureDoesNotMatch = true,
}

-- offset(err, now, known) --> seconds to add to this machine's clock | nil when the clock is not why
-- now: this machine's time when the answer came; known: what the request was signed with.
function M.offset(err, now, known)
  local theirs = CODES[err.code] and timestamp.parse_http(err.date)
  if theirs and theirs >= 0 and math.abs(theirs - now - known) > M.TOLERATED then
    return theirs - now
  end
  return nil
end

return M
