--- Finds the endpoints of services that name them in a reply, such as Timestream.
--- https://docs.aws.amazon.com/timestream/latest/developerguide/Using-API.endpoint-discovery.how-it-works.html
---
---     endpoint, err = discovery.of(client, described, endpoint)   --> the one to call
---
--- An endpoint is kept as long as the service says.

local errors = require "lanyard.errors"

local M = {}

local OPERATION = "DescribeEndpoints"
local DEFAULT_MINUTES = 1

local function kept_of(client)
  local shared = client.shared
  shared.discovered = shared.discovered or {}
  return shared.discovered
end

-- Returns the host, and how long it is valid in seconds | nil, err
local function ask(client)
  local reply, err = client:call(OPERATION)
  if not reply then
    return nil, err
  end
  local first = (reply.Endpoints or {})[1]
  local address = first and first.Address
  if type(address) ~= "string" or not address:find "^[%w.-]+$" then
    return nil, errors.new {
      code = "InvalidResponse", message = "the reply has no endpoint", service = client.service, operation = OPERATION,
    }
  end
  return address, 60 * (first.CachePeriodInMinutes or DEFAULT_MINUTES)
end

-- Returns the host for a client | nil, err
local function find(client)
  local keys = client.session:credentials()
  local name = ("%s %s %s"):format(client.service, client.region, keys and keys.access_key_id or "")
  local kept, now = kept_of(client), client.options.clock.time()
  if not kept[name] or kept[name].ends <= now then
    local host, seconds = ask(client)
    if not host then
      return nil, seconds
    end
    kept[name] = { host = host, ends = now + seconds }
  end
  return kept[name].host
end

--- Returns the endpoint of a call: a discovered one where the model requires it, else the given one. A custom endpoint
--- stays.
---@param client aws.Client
---@param described aws.Operation  of a model
---@param endpoint table
---@return table? endpoint
---@return lanyard.Error? err
function M.of(client, described, endpoint)
  local discovery = described.model.traits.endpointdiscovery
  if not (discovery and discovery.required) or client.custom_endpoint then
    return endpoint
  end
  local host, err = find(client)
  return host and setmetatable({ url = "https://" .. host }, { __index = endpoint }), err
end

return M
