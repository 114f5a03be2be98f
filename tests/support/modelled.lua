-- Clients of models that a spec makes, without a network.
--
--   local thing, requests = modelled.client(DATA, { modelled.answer(200, '{"Id":"1"}') })
--   thing:GetThing { Id = "1" }
--   requests[1].url, .headers, .body
--
-- DATA is a service in the form of botocore's models, see lanyard.model. The answers reply to the requests in order; the
-- last one repeats. options: of the session (`region`, `endpoint_url`, `profile_values`, ...) and `client` for the client.

local aws = require "lanyard.aws"
local client = require "lanyard.aws.client"
local clock = require "lanyard.clock"
local credentials = require "lanyard.credentials"
local json = require "lanyard.json"
local model = require "lanyard.model"
local modelled = require "lanyard.aws.modelled"
local settings = require "lanyard.aws.settings"

local M = {}

M.KEY = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" }
M.PARTITIONS = { partitions = { {
  id = "aws", regionRegex = "^us\\-\\w+\\-\\d+$", regions = {},
  outputs = { dnsSuffix = "amazonaws.com", dualStackDnsSuffix = "api.aws", name = "aws", supportsDualStack = true,
    supportsFIPS = true, implicitGlobalRegion = "us-east-1" },
} } }

function M.answer(status, body, headers)
  return function()
    return { status = status, body = type(body) == "table" and json.encode(body) or body or "", headers = headers or {},
      elapsed = 0.01 }
  end
end

function M.client(data, answers, options)
  options = options or {}
  local requests, slept = {}, {}
  local session = assert(aws.session {
    region = options.region or "us-east-1", credentials = M.KEY, endpoint_url = options.endpoint_url,
    transport = function(request)
      requests[#requests + 1] = request
      return (answers[#requests] or answers[#answers])(request)
    end,
    clock = setmetatable({ sleep = function(seconds) slept[#slept + 1] = seconds end }, { __index = clock }),
    debug = options.debug,
  })
  session.profile = { name = "default", isolated = not options.from_environment, values = options.profile_values or {}, profiles = {}, keys_in = {},
    services = {}, sso_sessions = {}, paths = {} }
  if not options.profile_values then session.profile = settings.NONE end
  if options.credentials then session.holder = { get = options.credentials, expire = function() end } end
  local service = model.new(data)
  service.partitions = M.PARTITIONS
  local description = modelled.describe(options.name or "thing", service)
  local merged = {}
  for name, value in pairs(session.options) do merged[name] = value end
  for name, value in pairs(options.client or {}) do merged[name] = value end
  return client.new(session, description, assert(session:endpoint("thing", data.metadata)), merged), requests, slept
end

return M
