-- Prints the public names that 0.1.0 had, as names.txt has them: OWNER NAME TYPE, sorted.
--   lanyard --emulator names.lua > names.txt
-- It looks into objects as no script should; what reads names.txt only calls the names.

local aws = require "lanyard.aws"
local core = require "lanyard.policy.core"
local policy = require "lanyard.policy"
local services = require "lanyard.aws.services"
local task = require "lanyard.task"

local lines = {}
local function list(owner, names)
  for name, value in pairs(names) do
    if type(name) == "string" and not name:find "^__" then
      local meta = getmetatable(value)
      local kind = type(meta) == "table" and meta.__call and "function" or type(value)
      lines[#lines + 1] = ("%s %s %s"):format(owner, name, kind)
    end
  end
end

local function index_of(object)
  return getmetatable(object).__index
end

-- The methods of clients are the only upvalue of their __index that is a table.
local function client_methods(client)
  for i = 1, 10 do
    local name, value = debug.getupvalue(index_of(client), i)
    if name == "Client" then
      return value
    end
  end
  error "no methods"
end

list("lanyard.aws", aws)
list("lanyard.task", task)
list("lanyard.policy", policy)
list("document", core.methods)
local session = assert(aws.session {})
list("session", index_of(session))
list("client", client_methods(assert(session:client "ecr")))
list("task", index_of(task.spawn(function() end)))
list("semaphore", index_of(task.semaphore(1)))
for _, service in ipairs { "ecr", "iam", "lightsail", "organizations", "sts", "cloudtrail" } do
  local description = services.get(service)
  for operation in pairs(description.operations) do
    lines[#lines + 1] = ("operation:%s %s function"):format(service, operation)
  end
  for waiter in pairs(description.waiters) do
    lines[#lines + 1] = ("waiter:%s %s function"):format(service, waiter)
  end
end
table.sort(lines)
print(table.concat(lines, "\n"))
