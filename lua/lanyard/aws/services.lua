--- The AWS services that have clients: all services of AWS's models, and others. A few lines describe another one:
---
--- ```lua
--- local services = require "lanyard.aws.services"
--- services.add {
---   name = "sqs", protocol = "json", version = "1.0", target = "AmazonSQS",
---   operations = [[ GetQueueUrl QueueName -> QueueUrl:string! ]],
--- }
--- local sqs = assert(lanyard.aws.client "sqs")
--- print(sqs.service, sqs.GetQueueUrl ~= nil)
--- --> sqs	true
--- ```
---
--- A described operation takes precedence over the one of AWS's model of the service, and each operation that is not
--- described comes from the model. A description with `host` is for a service with its own domain.
---
--- A line of `operations` has the name of an operation, its required members and, after ->, members of the reply with
--- their types (lanyard.aws.shapes). A member whose type ends in an exclamation mark must be in every reply; another
--- list that is absent is read as an empty list. A reply that does not fit is an error with the code InvalidResponse. A
--- backslash joins a line with the next. After the name, `unsigned` marks an operation that needs no credentials, and
--- `once` one that must not be carried out twice: it is not retried after a failure that may have followed its
--- execution. Other operations are, as in the SDKs: they read, set a state, or refuse a second time.
---
--- The types of members are string, number, integer, boolean, time (seconds since 1970), table and list, the name of a
--- structure (a line of `shapes`: its name and its members), and TYPE[] and TYPE{} for lists and maps of a type.
---
--- With rest_json a line says where members are sent. All others are the body, as JSON:
---
--- ```text
--- GetThing GET /things/{thingId}?max={maxItems?}&verbose=yes \
---   x-amz-token={token} kind -> name:string
--- ```
---
--- thingId is a part of the path ({thingId+} keeps its slashes), maxItems an optional query parameter, token a header,
--- and kind a required member of the body. {member} alone is the whole body, or after -> the whole reply, as JSON;
--- {member:raw} is bytes. HEADER={member} after -> is a header of the reply, and a word like @{account}.data- precedes
--- the host of the endpoint:
---
--- ```text
--- PutPart PUT /parts/{partId} @{account}.data- {content:raw} -> etag={tag}
--- GetPart GET /parts/{partId} @{account}.data- -> etag={tag} {content:raw}
--- ```

local description = require "lanyard.aws.description"
local lists = require "lanyard.lists"
local modelled = require "lanyard.aws.modelled"
local suggest = require "lanyard.text.suggest"

local M = {}

--- What describes a service.
---@class aws.ServiceDescription
---@field name string  for `aws.client`, and in the name of the endpoint
---@field protocol "json"|"query"|"rest_json"  of its requests
---@field version? string       json: "1.0" or "1.1"; query: the date of the API
---@field target? string        json: the prefix of X-Amz-Target
---@field host? string          of the endpoint, with {region} and {domain} in it: "things.{region}.{domain}"
---@field signing_name? string  the name that requests are signed for, if it is not the service's
---@field operations string     one line each
---@field shapes? string        the structures in replies, one line each
---@field paging? table         members with the token of the next page, { input, output }, or by operation
---@field waiters? string       states that clients wait for, as in lua/lanyard/aws/models.lua
---@field secrets? string       members of replies that are secret: a client with `sealed` returns them sealed
---@field sensitive? string     members of replies that are hidden in logs, and returned as they are
---@field transient? string     transient error codes, in addition to the ones that all services share

---@type table<string, aws.Service>
local services = {}

-- Services that have all operations from their models.
---@type table<string, aws.Service>
local of_models = {}

-- The bundled services are parsed when they are first used: a script usually calls one or two of them.
local bundled = lists.by_name(require "lanyard.aws.models")

-- Models are read when they are first used, so that a call of a described operation does not read them.
local function load_model(name)
  return require("lanyard.model.load").load(name)
end

local function add(described)
  local service = description.parse(described)
  modelled.extend(service, function() return load_model(service.name) end)
  services[service.name] = service
  return service
end

--- Adds a service, so that `aws.client` can call it. A service of the same name is replaced. Raises an error for a
--- description that cannot be read.
---@param described aws.ServiceDescription
---@return aws.Service service
function M.add(described)
  description.check(description.parse(described))
  return add(described)
end

--- Returns the names of services, sorted: the described ones, and with `models` also the ones of AWS's models.
---
--- ```lua
--- print(table.concat(services.names(), " "):match "ecr")
--- --> ecr
--- ```
---@param options? { models?: boolean }
---@return string[]
function M.names(options)
  local names, seen = lists.sorted_names(bundled), {}
  for name in pairs(services) do
    names[#names + 1] = not bundled[name] and name or nil
  end
  for _, name in ipairs(names) do
    seen[name] = true
  end
  for _, name in ipairs(options and options.models and require("lanyard.model.load").names() or {}) do
    names[#names + 1] = not seen[name] and name or nil
  end
  table.sort(names)
  return names
end

-- Makes a name one short line for an error.
local function shown(name)
  return require("lanyard.text.escape").printable(#name > 60 and name:sub(1, 60) .. "..." or name)
end

local function of_model(name)
  if not of_models[name] then
    local service, err = load_model(name)
    if not service then
      return nil, err
    end
    of_models[name] = modelled.describe(name, service)
  end
  return of_models[name]
end

--- Returns a service with its operations and waiters. Raises an error if it is neither described nor in AWS's models.
---
--- ```lua
--- local described = services.get("ecr").operations.GetRepositoryPolicy
--- print(described.required[1])
--- --> repositoryName
--- ```
---@param name string
---@param options? { modelled?: boolean }  modelled: prefer AWS's model of a described service
---@return aws.Service
function M.get(name, options)
  if type(name) ~= "string" then
    error(("the name of a service was expected, got %s"):format(name == nil and "nothing" or "a " .. type(name)), 3)
  end
  local prefers_model = options and options.modelled
  local service = not prefers_model and (services[name] or bundled[name] and add(bundled[name]))
  local err
  if not service then
    service, err = of_model(name)
    service = service or services[name] or bundled[name] and add(bundled[name])
  end
  if not service then
    local near = suggest(name, M.names { models = true })
    local reason = err and not modelled.is_absent(err) and ": " .. err.message
      or near and (" (did you mean %s?)"):format(near)
      or err and err.code == "NoModels" and ": " .. err.message or ""
    error(("the service '%s' is not described%s: see lanyard.aws.services.add"):format(shown(name), reason), 3)
  end
  return service
end

return M
