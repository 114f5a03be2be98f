--- Pages of help about a service, an operation or a waiter, from its model.
---
---     help.sections(request)   --> sections for the renderer of help: { title, blocks }
---
--- Models have no descriptions: a page has names, types and what is required.

local lists = require "lanyard.lists"
local names = require "lanyard.awscli.names"
local options_of = require "lanyard.awscli.options"
local requests = require "lanyard.awscli.request"
local values = require "lanyard.awscli.values"

local M = {}

local TYPES = {
  string = "text", integer = "integer", long = "integer", float = "number", double = "number", boolean = "true|false",
  blob = "bytes", timestamp = "time",
}
local DEEPEST = 3 -- of an example, and of the output

-- ---------------------------------------------------------------------------------------------
-- Types

local example -- the shorthand form of a shape

local function members_example(shape, depth)
  local parts = {}
  for i, member in ipairs(shape.members) do
    parts[i] = ("%s=%s"):format(member.member, example(member, depth + 1))
  end
  return table.concat(parts, ",")
end

function example(shape, depth)
  if shape.type == "structure" then
    return depth > DEEPEST and "{...}" or shape.document and "JSON" or ("{%s}"):format(members_example(shape, depth))
  elseif shape.type == "list" then
    return ("[%s,...]"):format(example(shape.item, depth))
  elseif shape.type == "map" then
    return ("{KEY=%s,...}"):format(example(shape.value, depth))
  end
  return TYPES[shape.type] or shape.type
end

-- Returns how the value of an option is written.
local function placeholder(option)
  local shape = option.shape
  if option.kind == "flag" then
    return ""
  elseif option.kind == "paging" then
    return option.name == "starting-token" and " TOKEN" or " COUNT"
  elseif values.is_json(shape) or not values.has_shorthand(shape) and shape.type == "structure" then
    return " JSON"
  elseif shape.type == "list" then
    return (" %s ..."):format((TYPES[shape.item.type] or shape.item.type):upper())
  elseif shape.type == "blob" and shape.streaming then
    return " FILE"
  end
  return " " .. (TYPES[shape.type] or shape.type):upper()
end

local function shorthand_text(shape)
  if shape.type == "list" then
    local item = shape.item
    return (item.type == "structure" and members_example(item, 1) or example(item, 0)) .. " ..."
  elseif shape.type == "map" then
    return ("KEY=%s,..."):format(example(shape.value, 0))
  end
  return members_example(shape, 1)
end

local function limits_text(shape)
  local what = shape.type == "list" and "items" or shape.type == "string" and "characters"
    or shape.type == "blob" and "bytes" or nil
  if not (shape.min or shape.max) or shape.type == "structure" or shape.type == "map" then
    return nil
  end
  local range = shape.min and shape.max and ("%s to %s"):format(shape.min, shape.max)
    or shape.min and ("at least %s"):format(shape.min) or ("at most %s"):format(shape.max)
  if what and (shape.max or shape.min) == 1 then
    what = what:sub(1, -2)
  end
  return what and range .. " " .. what or range
end

local function option_text(option)
  local shape, parts = option.shape, {}
  if option.extra then
    return option.extra.help
  end
  parts[1] = option.required and "required" or nil
  if option.kind ~= "flag" then
    local enum = shape.enum or shape.type == "list" and shape.item.enum
    parts[#parts + 1] = values.has_shorthand(shape) and shorthand_text(shape) or nil
    parts[#parts + 1] = enum and "one of " .. table.concat(enum, ", ") or nil
    parts[#parts + 1] = limits_text(shape)
    parts[#parts + 1] = shape.type == "timestamp" and "2026-01-31T12:00:00Z, or seconds since 1970" or nil
    parts[#parts + 1] = shape.type == "blob" and not shape.streaming and "base64, or fileb://FILE" or nil
  end
  return table.concat(parts, "; ")
end

local PAGING = {
  ["starting-token"] = "The NextToken of an earlier output, to continue after it.",
  ["page-size"] = "The most items of one call.", ["max-items"] = "The most items of the output.",
}

-- ---------------------------------------------------------------------------------------------
-- Operations

-- Both options of a boolean are one item.
local function option_items(options)
  local items, index = {}, {}
  for _, name in ipairs(options_of.shown(options)) do
    local option = options.by_name[name]
    local first = option.kind == "flag" and index[option.member]
    if first then
      items[first][1] = items[first][1] .. " | --" .. name
    else
      items[#items + 1] = { "--" .. name .. placeholder(option), PAGING[option.kind == "paging" and name]
        or option_text(option) }
      index[option.member or name] = #items
    end
  end
  return items
end

-- Adds the paths of an output, as --query takes them.
local function add_paths(items, shape, path, depth)
  if shape.type == "list" then
    return add_paths(items, shape.item, path .. "[]", depth)
  elseif shape.type == "structure" and depth < DEEPEST and not shape.document then
    for _, member in ipairs(shape.members) do
      add_paths(items, member, path == "" and member.member or path .. "." .. member.member, depth + 1)
    end
    return
  end
  items[#items + 1] = { path, shape.type == "structure" and (shape.document and "JSON" or "structure")
    or shape.type == "map" and ("map of %s"):format(TYPES[shape.value.type] or shape.value.type)
    or TYPES[shape.type] or shape.type }
end

local function usage_of(request)
  local parts = { "lanyard " .. requests.topic(request) }
  local seen = {}
  for _, option in ipairs(request.options.list) do
    if option.required and not seen[option.member] then
      seen[option.member] = true
      parts[#parts + 1] = "--" .. option.name .. placeholder(option)
    end
  end
  parts[#parts + 1] = "[OPTION ...]"
  parts[#parts + 1] = request.options.outfile and not request.waiter and "FILE" or nil
  return table.concat(parts, " ")
end

local function waiter_text(waiter)
  return ("Calls %s every %s s, at most %s times."):format(names.operation(waiter.operation), waiter.delay,
    waiter.maxAttempts)
end

local function waiters_of(request)
  local found = {}
  local waiters, by_waiter = requests.waiters(request.model)
  for _, waiter in ipairs(waiters) do
    found[#found + 1] = request.model.waiters[by_waiter[waiter]].operation == request.operation.name and waiter or nil
  end
  return found
end

local function facts_of(request)
  local operation, facts = request.operation, {}
  if request.waiter then
    facts[1] = waiter_text(request.model.waiters[request.waiter])
  else
    facts[1] = operation.reads and "It changes nothing, as far as its name says." or nil
  end
  if request.options.paginator then
    local keys = options_of.several(request.options.paginator.result_key)
    facts[#facts + 1] = ("All pages are read; the pages of %s are joined. --no-paginate reads one page.")
      :format(lists.sentence(keys) or "the output")
  end
  local waiters = not request.waiter and waiters_of(request) or {}
  if waiters[1] then
    facts[#facts + 1] = ("Waiters of it: %s."):format(table.concat(waiters, ", "))
  end
  facts[#facts + 1] = request.options.outfile and not request.waiter
    and ("%s is written to FILE; - is standard output."):format(request.options.outfile) or nil
  return facts
end

local function operation_sections(request)
  local operation = request.operation
  local blocks = facts_of(request)
  table.insert(blocks, 1, ("%s of %s (%s)."):format(request.waiter and "Waiter " .. request.waiter or "Operation "
    .. operation.name, request.model.metadata.serviceFullName or request.service, request.model.metadata.protocol))
  local sections = { { title = "Usage: " .. usage_of(request), blocks = blocks } }
  local function add(title, items)
    sections[#sections + 1] = items[1] and { title = title, blocks = { { items = items } } } or nil
  end
  add("Options", option_items(request.options))
  local output, errors = {}, {}
  if operation.output and not request.waiter then
    add_paths(output, operation.output, "", 0)
  end
  for i, shape in ipairs(operation.errors) do
    errors[i] = shape.error and shape.error.code or shape.name
  end
  add("Output", output)
  sections[#sections + 1] = errors[1] and { title = "Errors", blocks = { table.concat(errors, ", ") } } or nil
  return sections
end

-- ---------------------------------------------------------------------------------------------
-- Services

local function required_text(operation)
  local found = {}
  for _, member in ipairs(operation.input and operation.input.members or {}) do
    found[#found + 1] = operation.input.is_required[member.member] and not member.idempotencyToken
      and "--" .. names.member(member.member) or nil
  end
  return table.concat(found, " ")
end

local function waiter_items(request)
  local items = {}
  local waiters, by_waiter = requests.waiters(request.model)
  for i, waiter in ipairs(waiters) do
    items[i] = { waiter, waiter_text(request.model.waiters[by_waiter[waiter]]) }
  end
  return items
end

local function service_sections(request)
  local metadata, items = request.model.metadata, {}
  local commands, operations = requests.commands(request.model)
  for i, command in ipairs(commands) do
    items[i] = { command, required_text(request.model:operation(operations[command])) }
  end
  local sections = {
    { title = ("Usage: lanyard aws %s OPERATION [OPTION ...]"):format(request.service), blocks = {
      ("%s, version %s of the API, protocol %s. 'lanyard help aws %s OPERATION' describes an operation.")
        :format(metadata.serviceFullName or metadata.serviceId or request.service, metadata.apiVersion or "unknown",
          metadata.protocol, request.service),
    } },
    not request.waits and { title = "Operations and their required options", blocks = { { items = items } } } or nil,
  }
  local waiters = waiter_items(request)
  if waiters[1] then
    sections[#sections + 1] = { title = ("Waiters: lanyard aws %s wait WAITER [OPTION ...]"):format(request.service),
      blocks = { { items = waiters } } }
  end
  return sections
end

--- Returns the sections of a page.
---@param request awscli.Request  with a service
---@return table[] sections
function M.sections(request)
  return request.operation and operation_sections(request) or service_sections(request)
end

return M
