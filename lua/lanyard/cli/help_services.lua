--- The help of AWS services and their operations, as the clients of scripts call them: `lanyard help ecr`,
--- `lanyard help ecr:GetRepositoryPolicy`.
---
---     help_services.sections "ecr:GetRepositoryPolicy"

local lists = require "lanyard.lists"
local services = require "lanyard.aws.services"
local suggest = require "lanyard.text.suggest"

local M = {}

local function call_of(service, name, operation)
  local members = {}
  for i, member in ipairs(operation.required) do
    members[i] = member .. " = ..."
  end
  return ("%s:%s { %s }"):format(service, name, table.concat(members, ", ")):gsub("{  }", "{}")
end

local function kind_of(kind)
  if kind.kind == "list" and kind.item then
    return kind_of(kind.item) .. "[]"
  end
  return kind.kind == "echo" and "string" or kind.kind == "time" and "seconds since 1970"
    or kind.kind == "structure" and "table" or kind.kind
end

local function operation_sections(service, name)
  local operation = service.operations[name]
  local reply = {}
  for _, member in ipairs(lists.sorted_names(operation.output)) do
    local kind = operation.output[member]
    reply[#reply + 1] = { member, kind_of(kind) .. (kind.always and "." or ", if AWS sends it.") }
  end
  local sections = { { title = call_of(service.name, name, operation), blocks = {
    ("An operation of %s. The request takes the members of AWS's API reference, with AWS's names; the ones above are "
      .. "required. It returns the reply, or nil and an error."):format(service.name),
    operation.reads and "It changes nothing." or nil,
  } } }
  if #reply > 0 then
    sections[2] = { title = "Members of the reply that are checked", blocks = { { items = reply } } }
  end
  return sections
end

local function service_sections(service)
  local operations, waiters = {}, {}
  for i, name in ipairs(lists.sorted_names(service.operations)) do
    operations[i] = { name, table.concat(service.operations[name].required, ", ") }
  end
  for i, name in ipairs(lists.sorted_names(service.waiters or {})) do
    local waiter = service.waiters[name]
    waiters[i] = { name, ("Calls %s, for at most %d seconds."):format(waiter.operation, waiter.timeout) }
  end
  local sections = {
    { title = ("%s, a service of lanyard.aws"):format(service.name), blocks = {
      "An operation is a method of a client, with the members of the request in a table:",
      { literal = ('  local client = assert(lanyard.aws.client "%s")'):format(service.name) },
      "`lanyard help aws.Client` describes what each client has besides, and `lanyard help aws.services.add` how a "
        .. "script adds a service.",
    } },
    { title = "Operations and their required members", blocks = { { items = operations } } },
  }
  if #waiters > 0 then
    sections[3] = { title = "States that `wait` waits for", blocks = { { items = waiters } } }
  end
  return sections
end

--- Returns the page of a service or an operation.
---@param name string  "ecr", "ecr:GetRepositoryPolicy"
---@return documentation.Section[]? sections
---@return string? message  why there is no such operation; nil if there is no such service
function M.sections(name)
  local service, operation = name:match "^([%w-]+)[:.]?(%w*)$"
  if not service or not lists.contains(services.names(), service) then
    return nil
  end
  local described = services.get(service)
  if operation == "" then
    return service_sections(described)
  elseif described.operations[operation] then
    return operation_sections(described, operation)
  elseif operation:find "^%u" then
    local near = suggest(operation, lists.sorted_names(described.operations))
    return nil, ("%s has no operation '%s'%s"):format(service, operation,
      near and ("; did you mean '%s'?"):format(near) or "")
  end
end

return M
