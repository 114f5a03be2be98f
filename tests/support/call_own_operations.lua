-- Calls each operation of lanyard.aws.models, with a reply that has what its description says, and prints how many calls
-- there were and where the models of this lanyard come from.

local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local index = require "lanyard.model.index"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local services = require "lanyard.aws.services"

local SIMPLE = { string = "text", number = 1.5, integer = 7, boolean = true, time = 1700000000 }

-- Returns a value that fits a type. An echo is what the request has.
local function value_of(type_)
  if type_.kind == "list" then
    return json.array { type_.item and value_of(type_.item) or "item" }
  elseif type_.kind == "map" then
    return { key = value_of(type_.item) }
  elseif type_.kind == "table" then
    return { Any = "text" }
  elseif type_.kind ~= "structure" then
    return SIMPLE[type_.kind] or "given"
  end
  local value = {}
  for name, member in pairs(type_.members) do value[name] = value_of(member) end
  return value
end

local function xml_of(value)
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for name, member in pairs(value) do
    local element = math.type(name) and "member" or name
    parts[#parts + 1] = ("<%s>%s</%s>"):format(element, xml_of(member), element)
  end
  return table.concat(parts)
end

local function body_of(service, name)
  local reply = {}
  for member, type_ in pairs(service.operations[name].output) do
    reply[member] = not type_.always and type_.kind == "string" and member:find "[tT]oken$" and "" or value_of(type_)
  end
  if service.protocol == "query" then
    return ("<%sResponse><%sResult>%s</%sResult></%sResponse>"):format(name, name, xml_of(reply), name, name)
  end
  return json.encode(reply)
end

local count = 0
for _, described in ipairs(require "lanyard.aws.models") do
  local name, sent = nil, nil
  local service = services.get(described.name)
  local session = assert(aws.session {
    region = "us-east-1", credentials = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" },
    transport = function(request)
      sent = request
      return { status = 200, headers = {}, elapsed = 0, body = body_of(service, name) }
    end,
  })
  local client = assert(session:client(described.name))
  for _, operation in ipairs(lists.sorted_names(service.operations)) do
    name = operation
    local input = {}
    for _, member in ipairs(service.operations[name].required) do input[member] = "given" end
    local reply, err = client:call(name, input)
    assert(reply, ("%s %s: %s"):format(described.name, name, tostring(err)))
    for member in pairs(service.operations[name].output) do
      assert(reply[member] ~= nil, ("%s %s: no %s"):format(described.name, name, member))
    end
    assert(sent.url:find "^https://[%w.-]+%.us%-east%-1%.amazonaws%.com/" or sent.url:find "^https://[%w-]+%.amazonaws%.com/"
      or sent.url:find "^https://[%w.-]+%.signin%.aws%.amazon%.com/", sent.url)
    count = count + 1
  end
end
local source, err = index.source()
print(("%d calls, models: %s"):format(count, source or err.code))
