--- The options of an operation, as the AWS CLI has them: one for each member of its input, two for a boolean, and the
--- options of paging.
---
---     local options = options.of("ecr", service, service:operation "DescribeRepositories")
---     options.by_name["repository-names"].shape.type   --> "list"
---     options.outfile                                  --> nil: the output is not a stream

local names = require "lanyard.awscli.names"
local renamed = require "lanyard.awscli.renamed"

local M = {}

-- The shape of options that are not members.
local TEXT = { type = "string" }

--- An option of an operation.
---@class awscli.Option
---@field name string          without dashes
---@field member? string       of the input that it sets; nil for an option of paging
---@field shape? model.Shape
---@field kind "value"|"list"|"flag"|"switch"|"paging"  switch: a flag that can have a value
---@field sets? any            the value of a flag
---@field required? boolean
---@field hidden? boolean      help and completion do not name it
---@field extra? awscli.Extra  what sets it, if it is not a member
---@field original? awscli.Option  the member's option that an option of paging hides

---@class awscli.Options
---@field list awscli.Option[]  in the order of the model
---@field by_name table<string, awscli.Option>
---@field command string        the operation, as in the AWS CLI
---@field service string
---@field outfile? string       the member of the output that is written to a file
---@field extras awscli.Extra[]
---@field paginator? table      of the model

local function add(options, option)
  option.original = options.by_name[option.name]
  options.by_name[option.name] = option
  options.list[#options.list + 1] = option
end

-- Attributes of EC2 that are structures of one boolean.
local function is_switch(service, shape)
  local value = service == "ec2" and shape.type == "structure" and #shape.members == 1 and shape.by_name.Value
  return value and value.type == "boolean" or false
end

local function add_member(options, input, member)
  local required = input.is_required[member.member] and not member.idempotencyToken or false
  local function option(name, kind, sets)
    add(options, {
      name = renamed.option(options.service, options.command, name), member = member.member, shape = member,
      kind = kind, sets = sets, required = required,
    })
  end
  local name = names.member(member.member)
  if member.type == "boolean" then
    option(name, "flag", true)
    option("no-" .. name, "flag", false)
  elseif is_switch(options.service, member) then
    option(name, "switch", { Value = true })
    option("no-" .. name, "flag", { Value = false })
  else
    option(name, member.type == "list" and "list" or "value")
  end
end

--- Returns the values of a paginator's key that can be one or several.
---@param value? string|string[]
---@return string[]
function M.several(value)
  return type(value) == "table" and value or { value }
end

-- Hides the members that paging sets, and adds its own options.
local function add_paging(options, input, paginator)
  local set_by_paging = M.several(paginator.input_token)
  set_by_paging = table.move(set_by_paging, 1, #set_by_paging, 1, {})
  set_by_paging[#set_by_paging + 1] = paginator.limit_key
  for _, member in ipairs(set_by_paging) do
    for _, option in ipairs(options.list) do
      option.hidden = option.hidden or option.member == member
    end
  end
  options.paginator = paginator
  add(options, { name = "starting-token", kind = "paging" })
  if paginator.limit_key and input.by_name[paginator.limit_key] then
    add(options, { name = "page-size", kind = "paging" })
  end
  add(options, { name = "max-items", kind = "paging" })
end

-- Returns the member of the output that is a stream.
local function stream_of(operation)
  local payload = operation.output and operation.output.payload
  local member = payload and operation.output.by_name[payload]
  return member and member.type == "blob" and payload or nil
end

-- Returns the shape of a part of a structure; nil if the model does not have it.
local function shape_at(shape, path)
  for name in path:gmatch "[^.]+" do
    shape = shape and shape.by_name and shape.by_name[name]
  end
  return shape
end

--- Returns the options of an operation.
---@param service_name string  as in the AWS CLI
---@param service model.Service
---@param operation model.Operation
---@param command? string  as typed, if the AWS CLI has it under another name
---@return awscli.Options
function M.of(service_name, service, operation, command)
  local options = {
    list = {}, by_name = {}, service = service_name, command = command or names.operation(operation.name),
    outfile = stream_of(operation),
  }
  for _, member in ipairs(operation.input and operation.input.members or {}) do
    add_member(options, operation.input, member)
  end
  options.extras = require("lanyard.awscli.extras").of(service_name, options.command) -- not for names of operations
  for _, extra in ipairs(options.extras) do
    add(options, { name = extra.name, kind = extra.kind, extra = extra, help = extra.help,
      shape = extra.path and shape_at(operation.input, extra.path) or TEXT })
  end
  local paginator = service.paginators[operation.name]
  if paginator and operation.input then
    add_paging(options, operation.input, paginator)
  end
  return options
end

--- Returns an option by its name, or by a former name.
---@param options awscli.Options
---@param name string  without dashes
---@return awscli.Option?
function M.find(options, name)
  return options.by_name[name] or options.by_name[renamed.alias(options.service, options.command, name)]
end

--- Returns the names of the options that help lists.
---@param options awscli.Options
---@return string[]
function M.shown(options)
  local shown = {}
  for _, option in ipairs(options.list) do
    shown[#shown + 1] = not option.hidden and options.by_name[option.name] == option and option.name or nil
  end
  return shown
end

return M
