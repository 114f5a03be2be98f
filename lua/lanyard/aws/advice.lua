-- What to do about an error, for a person.

local json = require "lanyard.json"

local M = {}

-- The action and the resource that an AccessDenied is about: AWS's text names both, mostly.
local function denied_call(err)
  local action = err.message:match "not authorized to perform: ([%w-]+:%w+)"
  local resource = err.message:match "on resource: (arn:[^%s\"]+)"
  return action or err.operation and ("%s:%s"):format(err.service, err.operation), resource or "*"
end

-- nil for what is no service's answer: a file of this machine.
local function missing_statement(err)
  local action, resource = denied_call(err)
  if not action and not err.service and not err.status then
    return nil
  elseif not action then
    return "ask for the permission that is missing (lanyard permissions prints the policy that an operator needs)"
  end
  local text = json.encode { Effect = "Allow", Action = action, Resource = resource }
  return ("the caller lacks this statement in an IAM policy: %s\nlanyard permissions prints all that an operator needs")
    :format(text)
end

local CLOCK = "the key, its secret or this machine's clock is wrong: lanyard doctor tells which"

-- A Region that the service is not in looks like a wrong signature.
local function signature(err)
  return err.message:find("scoped to a valid region", 1, true)
    and "is the Region right? ECR and Lightsail's container services must be there" or CLOCK
end

local ADVICE = {
  AccessDenied = missing_statement,
  AccessDeniedException = missing_statement,
  UnauthorizedOperation = missing_statement,
  ExpiredToken = "the session has ended: sign in again",
  ExpiredTokenException = "the session has ended: sign in again",
  InvalidClientTokenId = "AWS knows no such access key: is it deleted, inactive, or of another partition?",
  UnrecognizedClientException = "AWS knows no such access key: is it deleted, inactive, or of another partition?",
  InvalidSignatureException = signature,
  SignatureDoesNotMatch = CLOCK,
  RequestExpired = CLOCK,
  RequestTimeTooSkewed = CLOCK,
  ThrottlingException = "AWS asks for fewer calls: try again in a while, or for fewer repositories at once",
  ConnectionRefused = "nothing listens there: is the endpoint right, or the proxy? (AWS_ENDPOINT_URL, HTTPS_PROXY)",
  NameResolution = "is the Region right, and is there a way to the Internet? (lanyard doctor)",
  Proxy = "the proxy is that of HTTPS_PROXY or HTTP_PROXY; NO_PROXY names hosts to call without it (lanyard doctor)",
  Timeout = "is there a way to the endpoint? (lanyard doctor)",
  Tls = "the endpoint's certificate could not be verified; AWS_CA_BUNDLE names another file of authorities",
  RegionSetupInProgressException = "AWS is still setting up this Region for the account: wait some minutes",
  RepositoryNotFoundException = "look in the Region and account that are meant: lanyard audit lists what is there",
}

-- advice(err) --> lines | nil when there is nothing to say
function M.advice(err)
  local lines = {}
  if err.tip then
    lines[#lines + 1] = err.tip
  end
  local known = ADVICE[err.code]
  if known and not (err.tip and err.code == "RepositoryNotFoundException") then
    if type(known) == "function" then
      known = known(err)
    end
    lines[#lines + 1] = known
  end
  if err.docs then
    lines[#lines + 1] = err.docs
  end
  if #lines == 0 then
    return nil
  end
  return "  " .. table.concat(lines, "\n"):gsub("\n", "\n  ")
end

return M
