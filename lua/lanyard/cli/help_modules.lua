--- Prints the documentation of modules as help: `lanyard help policy.new_access`.

local columns = require "lanyard.text.columns"
local documentation = require "lanyard.documentation"
local lists = require "lanyard.lists"
local pages = require "lanyard.documentation.pages"
local width_of = require("lanyard.text.width").of

local M = {}

-- The column at which descriptions begin, and the widest term that fits before it.
local COLUMN = 26

local WIDTH = 80

local HINT = "'lanyard help lanyard.NAME' describes a module, and 'lanyard help NAME.FUNCTION' a function."

local function indented(text, indent, width)
  local lines = columns.wrap(text, math.max(width - indent, 10))
  return (" "):rep(indent) .. table.concat(lines, "\n" .. (" "):rep(indent))
end

local text_of

-- Returns a term and its description, beside each other where the term is short.
local function item_text(item, indent, column, width)
  local term, description = (" "):rep(indent) .. item[1], item[2]
  if type(description) == "string" then
    description = description:gsub("^`([^`]*)`", "%1") -- a type needs no quotes
  end
  if type(description) == "table" then
    return term .. "\n" .. text_of(description, indent + 4, width)
  elseif description == "" then
    return term
  elseif width_of(term) + 2 > column then
    return term .. "\n" .. indented(description, column, width)
  end
  return term .. (" "):rep(column - width_of(term)) .. indented(description, column, width):sub(column + 1)
end

local function items_text(items, indent, width)
  local widest = 0
  for _, item in ipairs(items) do
    widest = math.max(widest, width_of(item[1]) + indent + 2 <= COLUMN and width_of(item[1]) + indent + 2 or 0)
  end
  local column = math.min(math.max(widest, indent + 6), math.max(width // 3, indent + 2))
  local lines = {}
  for i, item in ipairs(items) do
    lines[i] = item_text(item, indent, column, width)
  end
  return table.concat(lines, "\n")
end

-- Returns blocks as text. Paragraphs and code have an empty line between them.
function text_of(blocks, indent, width)
  local parts = {}
  for i, block in ipairs(blocks) do
    parts[i] = type(block) == "string" and indented(block, indent, width)
      or block.literal and (" "):rep(indent) .. block.literal:gsub("\n(.)", "\n" .. (" "):rep(indent) .. "%1")
      or items_text(block.items, indent + 2, width)
  end
  return table.concat(parts, "\n\n")
end

--- Lays out sections.
---@param sections documentation.Section[]
---@param width integer
---@return string
function M.sections(sections, width)
  local parts = {}
  for i, section in ipairs(sections) do
    parts[i] = section.title .. (#section.blocks > 0 and (i == 1 and "\n\n" or "\n") or "")
      .. text_of(section.blocks, 0, width)
  end
  return table.concat(parts, "\n\n")
end
local sections_text = M.sections

-- Returns what follows the page of a module, a class or a member; nil if there is nothing more.
local function hint_of(found)
  local name = found.module.name
  if found.member then
    return ("'lanyard help lanyard.%s' lists everything that belongs to it."):format(name)
  elseif found.class then
    local method = found.class.methods[1]
    return method and ("'lanyard help %s:%s' describes one."):format(found.class.name, method.name)
  end
  for _, member in ipairs(found.module.members) do
    if member.kind == "function" and member.name ~= "" then
      return ("'lanyard help %s.%s' describes one, with parameters and examples."):format(name, member.name)
    end
  end
end

-- Returns the list of the modules in a folder such as text.
local function folder_text(name, width)
  local items = {}
  for _, module in ipairs(documentation.modules()) do
    items[#items + 1] = module.name:sub(1, #name + 1) == name .. "." and { module.name, module.summary } or nil
  end
  return #items > 0 and sections_text({ { title = "lanyard." .. name, blocks = { { items = items } } } }, width) or nil
end

--- Returns the help of a module, a function, a method, a type, or of a service or operation of AWS.
---@param name string    "policy", "policy.new_access", "doc:allow", "policy.Witness", "ecr", "ecr:GetRepositoryPolicy"
---@param width? integer the width of the text; 80 unless given
---@return string? text
---@return string? message  why nothing was found in a module that exists; nil if there is no such module
function M.text(name, width)
  if name == "lanyard" then
    return M.list(width)
  end
  local of_service, problem = require("lanyard.cli.help_services").sections(name)
  if of_service then
    return sections_text(of_service, width or WIDTH)
  end
  local found, message = documentation.find(name)
  if not found then
    local folder = folder_text(name:gsub("^lanyard%.", ""), width or WIDTH)
    return folder, not folder and (problem or message) or nil
  end
  local sections
  if found.member then
    sections = pages.member(found.module, found.member, found.class, documentation.classes())
  elseif found.class then
    sections = pages.class(found.module, found.class)
  elseif #found.module.members == 1 and found.module.members[1].name == "" then
    sections = pages.member(found.module, found.module.members[1], nil, documentation.classes())
  else
    sections = pages.module(found.module)
  end
  local hint = hint_of(found)
  return sections_text(sections, width or WIDTH) .. (hint and "\n\n" .. indented(hint, 0, width or WIDTH) or "")
end

--- Returns what follows the help of a command that has the name of a module: the names in the module.
---@param name string
---@param width? integer
---@return string?  nil if no module has this name
function M.note(name, width)
  local found = documentation.find(name)
  if not found then
    return nil
  end
  local names = {}
  for i, member in ipairs(found.module.members) do
    names[i] = member.name
  end
  local text = found.module.globals and "'lanyard help %s.NAME' describes what a rules file can call: %s."
    or "The Lua module of this name ('lanyard help lanyard.%s') has: %s."
  return "\n" .. indented(text:format(name, table.concat(names, ", ")), 0, width or WIDTH)
end

--- Returns the list of modules, each with its first sentence.
---@param width? integer
---@return string
function M.list(width)
  local items = {}
  for _, module in ipairs(documentation.modules()) do
    items[#items + 1] = not module.globals and { module.name, module.summary } or nil
  end
  return text_of({ "The modules for scripts, in the binary and in stock Lua 5.4. `require \"lanyard.NAME\"` loads one, "
    .. "and so does the field NAME of `require \"lanyard\"`, except for a module inside another, such as aws.services.",
    { items = items } }, 0, width or WIDTH)
    .. "\n\n" .. indented(("%s Services of AWS have pages, too: 'lanyard help ecr', 'lanyard help "
      .. "ecr:GetRepositoryPolicy'."):format(HINT), 0, width or WIDTH)
end

--- Returns the names of the modules and services, as help accepts them.
---@return string[]
function M.names()
  local names, modules = require("lanyard.aws.services").names(), require "lanyard.modules"
  return table.move(modules, 1, #modules, #names + 1, names)
end

--- Returns what a module, a class or a service has, for a word that names one and begins a member: "policy.ne",
--- "policy.Document:", "ecr:Get".
---@param word string
---@return string[]
function M.members(word)
  local service = word:match "^([%w-]+):"
  local services = require "lanyard.aws.services"
  local names = {}
  if service and lists.contains(services.names(), service) then
    for i, operation in ipairs(lists.sorted_names(services.get(service).operations)) do
      names[i] = service .. ":" .. operation
    end
    return names
  end
  local head = word:match "^lanyard%." or ""
  for _, name in ipairs(documentation.names()) do
    if (head .. name):sub(1, #word) == word then
      names[#names + 1] = head .. name
    end
  end
  return names
end

return M
