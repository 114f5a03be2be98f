--- Completes command lines of `lanyard aws`: services, operations, waiters, options, and values that are enums.
---
---     completion.candidates({ "ecr", "describe-images" }, "--re", catalogue)
---     --> { { "--repository-name", "required" }, ... }
---
--- The list of services needs no model, the other words the model of one service. No call is made.

local globals = require "lanyard.awscli.globals"
local lazy = require "lanyard.lazy"
local request = require "lanyard.awscli.request"

local options_of = lazy "lanyard.awscli.options"

local M = {}

local function items_of(list, ...)
  local items = {}
  for i, word in ipairs(list) do
    items[i] = { word }
  end
  for _, word in ipairs { ... } do
    items[#items + 1] = { word }
  end
  return items
end

local function required_text(option)
  return option.required and "required" or option.kind == "list" and "list" or option.shape and option.shape.type or ""
end

local function option_items(read, given)
  local items = {}
  local options = read and read.options
  for _, name in ipairs(options and options_of.shown(options) or {}) do
    local option = options.by_name[name]
    items[#items + 1] = not given["--" .. name] and { "--" .. name, required_text(option) } or nil
  end
  for _, global in ipairs(globals.list) do
    items[#items + 1] = not given["--" .. global.name] and { "--" .. global.name, global.help } or nil
  end
  return items
end

-- Returns the last word that is an option, if only its values follow.
local function last_option(words)
  for i = #words, 1, -1 do
    local name = words[i]:match "^%-%-([%w-]+)$"
    if name then
      return name, #words - i
    end
  end
end

local FILES = { ["ca-bundle"] = true, rules = true, ["cli-input-json"] = true }

-- Returns the values of an option; nil if no value follows.
local function value_items(read, words)
  local name, count = last_option(words)
  local option = name and read and read.options and options_of.find(read.options, name)
  local global = name and globals.by_name[name]
  if option and not (global and not global.yields) then
    if option.kind == "flag" or option.kind ~= "list" and count > 0 then
      return nil
    end
    local shape = option.shape
    local enum = shape and (shape.enum or shape.type == "list" and shape.item.enum)
    return items_of(enum or {}), not enum and shape and shape.type == "blob" and "files" or nil
  elseif global and global.value and count == 0 then
    return items_of(global.choices or {}), FILES[name] and "files" or nil
  end
end

-- Returns the words without options and their values, which are all before the operation.
local function plain_words(words)
  local plain, i = {}, 1
  while words[i] do
    local global = globals.by_name[words[i]:match "^%-%-(.+)$" or ""]
    if words[i]:sub(1, 1) ~= "-" then
      plain[#plain + 1] = words[i]
    end
    i = i + (global and global.value and 2 or 1)
  end
  return plain
end

-- Reads the service, the operation and the waiter; what is unknown stays nil.
local function read_names(words, catalogue)
  local plain = plain_words(words)
  local names = { plain[1], plain[2], plain[2] == "wait" and plain[3] or nil }
  names[#names + 1] = "help"
  local read = plain[1] and request.read(names, catalogue)
  return read, plain
end

--- Returns what a word can be.
---@param words string[]   after `aws`, before the cursor
---@param prefix string
---@param catalogue table  see lanyard.awscli.request
---@return { [1]: string, [2]: string? }[] items
---@return "files"? files
function M.candidates(words, prefix, catalogue)
  local read, plain = read_names(words, catalogue)
  local values, files = value_items(read, words)
  if values and prefix:sub(1, 2) ~= "--" then
    return values, files
  elseif prefix:sub(1, 1) == "-" then
    local given = {}
    for _, word in ipairs(words) do
      given[word:match "^[^=]+" or word] = true
    end
    return option_items(read, given)
  elseif not plain[1] then
    return items_of(catalogue.names(), "help")
  elseif not read then
    return {}
  elseif read.waits and not read.waiter then
    return items_of((request.waiters(read.model)))
  elseif not read.operation then
    local commands = request.commands(read.model, prefix)
    return items_of(commands, request.waiters(read.model)[1] and "wait" or nil, "help")
  end
  return {}, read.options.outfile and "files" or nil
end

return M
