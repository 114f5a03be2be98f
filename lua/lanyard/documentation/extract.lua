--- Makes documentation as data out of the annotations in sources.
---
---     local documented = extract.modules(sources, { "policy", "task" })
---     documented.modules[1].members[1].params[1].name
---
--- sources: texts by the path of the file, "lua/lanyard/policy.lua". Files in lua/types define what C provides, and
--- globals; a file there adds to the module of its name.

local annotations = require "lanyard.documentation.annotations"
local classes = require "lanyard.documentation.classes"
local members = require "lanyard.documentation.members"
local types = require "lanyard.documentation.types"

local M = {}

---@class documentation.Parameter
---@field name string
---@field type string
---@field optional? boolean
---@field text string  "" without a description

---@class documentation.Member
---@field kind "function"|"value"
---@field name string
---@field separator "."|":"
---@field summary string
---@field blocks documentation.Block[]
---@field params? documentation.Parameter[]
---@field returns? { type: string, name?: string, text: string }[]
---@field type? string     of a value
---@field line integer     of its comment
---@field file string
---@field problems documentation.Problem[]

---@class documentation.Class
---@field name string
---@field parents string[]
---@field summary string
---@field blocks documentation.Block[]
---@field fields documentation.Parameter[]
---@field methods documentation.Member[]
---@field alias? string    the type that the name is short for
---@field choices? { type: string, text: string }[]  the alternatives of an alias
---@field hidden? table<string, true>  methods that are not for scripts

---@class documentation.Module
---@field name string      without "lanyard."
---@field summary string
---@field blocks documentation.Block[]
---@field members documentation.Member[]
---@field classes documentation.Class[]
---@field hidden? table<string, true>  names that are not for scripts
---@field globals? boolean  the members are globals, and there is no such module

---@class documentation.Problem
---@field file string
---@field line integer
---@field message string

-- ---------------------------------------------------------------------------------------------
-- Sources

local Extraction = {}
Extraction.__index = Extraction

function Extraction:problem(source, line, message, ...)
  table.insert(self.problems, { file = source.file, line = line, message = message:format(...) })
end

-- Reads a source: its classes, and its members by "holder.name".
function Extraction:read(name, given)
  local source = annotations.read(given.text)
  source.file, source.name = given.file, name
  source.class_of, source.members, source.order = {}, {}, {}
  for _, item in ipairs(source.items) do
    local class = item.doc and self.classes:read(source, item.doc)
    if class and item.kind == "local" then
      source.class_of[item.name] = class
    elseif class and item.kind == "return" then
      source.class_of["return"] = class
    end
  end
  for _, item in ipairs(source.items) do
    if item.kind == "function" or item.kind == "field" or item.kind == "return" then
      local key = item.kind == "return" and "return" or ("%s.%s"):format(item.holder or "", item.name)
      local member = members.read(source.file, item)
      source.members[key] = source.members[key] or { item = item, member = member }
      table.insert(source.order, key)
    end
  end
  return source
end

-- Adds the methods that a source has for its classes. One without a comment is a problem, unless its name begins with _
-- or a class does not need it.
local function add_methods(source)
  for _, key in ipairs(source.order) do
    local entry = source.members[key]
    local class = source.class_of[entry.item.holder or false]
    local is_meta = (entry.item.name or ""):find "^_"
    if class and entry.item.holder ~= source.returned and entry.item.kind ~= "return" then
      if entry.member and not entry.member.is_private and not is_meta then
        entry.member.separator = entry.item.kind == "function" and ":" or entry.member.separator
        if entry.item.separator == "." and entry.member.params then
          table.remove(entry.member.params, 1) -- the object itself
        end
        table.insert(class.methods, entry.member)
      elseif entry.member then
        class.hidden = class.hidden or {}
        class.hidden[entry.item.name] = true
      elseif entry.item.kind == "function" and not entry.member and not is_meta then
        class.undocumented = class.undocumented or {}
        table.insert(class.undocumented, { file = source.file, line = entry.item.line, name = entry.item.name })
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Modules

-- Follows `name = other.member` to the comment in the other module.
function Extraction:follow(source, value)
  local first, rest = (value or ""):match "^([%w_]+)%.?([%w_.]*)$"
  local other = first and self.sources[source.requires[first]]
  if not other then
    return nil
  end
  local entry = rest == "" and other.members["return"] or other.members[("%s.%s"):format(other.returned or "", rest)]
  return entry and (entry.member or self:follow(other, entry.item.value))
end

local function copy_of(member, name)
  local copy = {}
  for key, value in pairs(member) do
    copy[key] = value
  end
  copy.name, copy.separator = name, "."
  return copy
end

-- Returns the members of a module in the order of its source. defined: the source of the definitions for C, if any.
function Extraction:members_of(source, defined)
  local list, hidden, has = {}, {}, {}
  local function add(from, key)
    local entry = from.members[key]
    local item = entry.item
    if (item.holder ~= from.returned and item.holder ~= "return") or not item.name or has[item.name]
      or item.name:find "^_" then
      return
    end
    has[item.name] = true
    local other = defined and from ~= defined and defined.members[("%s.%s"):format(defined.returned or "", item.name)]
    local member = entry.member or other and other.member or self:follow(from, item.value)
    if not member then
      self:problem(from, item.line, "%s has no documentation", item.name)
    elseif member.is_private then
      hidden[item.name] = true
    else
      list[#list + 1] = copy_of(member, item.name)
    end
  end
  for _, from in ipairs { source or defined, source and defined or nil } do
    for _, key in ipairs(from.order) do
      add(from, key)
    end
  end
  return list, hidden
end

-- Returns the names of types that members and classes mention.
local function mentioned(list)
  local names = {}
  local function add(kind)
    for _, name in ipairs(types.names(kind or "")) do
      names[#names + 1] = name
    end
  end
  for _, member in ipairs(list) do
    add(member.type)
    for _, part in ipairs { member.params or {}, member.returns or {} } do
      for _, one in ipairs(part) do
        add(one.type)
      end
    end
  end
  return names
end

local function mentioned_by_class(class)
  local names = mentioned(class.methods)
  for _, list in ipairs { mentioned(class.fields), types.names(class.alias or ""), class.parents } do
    table.move(list, 1, #list, #names + 1, names)
  end
  return names
end

-- Returns the classes that a module needs, directly or through others.
function Extraction:needed(module, own)
  local found, seen = {}, {}
  local queue = mentioned(module.members)
  table.move(own, 1, #own, #queue + 1, queue)
  local position = 1
  while queue[position] do
    local name = queue[position]
    local class = self.classes.by_name[name]
    if not class and not seen[name] then
      table.insert(self.problems, { file = module.file, line = module.line or 1,
        message = ("%s: the type '%s' is not defined"):format(module.name, name) })
    elseif class and not seen[name] then
      found[#found + 1] = class
      local more = mentioned_by_class(class)
      table.move(more, 1, #more, #queue + 1, queue)
    end
    seen[name] = true
    position = position + 1
  end
  return found
end

-- Checks the text of a module or member.
function Extraction:check_text(target)
  local place = { file = target.file }
  if target.summary == "" then
    self:problem(place, target.line or 1, "%s has no description", target.name)
  elseif not target.summary:find "%.$" then
    self:problem(place, target.line, "%s: the first sentence has no full stop", target.name)
  end
  if target.indented then
    self:problem(place, target.indented, "%s: code without a fence", target.name)
  end
  if target.wide then
    self:problem(place, target.wide, "%s: the example is wider than 78 characters", target.name)
  end
end

-- Collects the problems of members that are public.
function Extraction:collect(list)
  for _, member in ipairs(list) do
    table.move(member.problems, 1, #member.problems, #self.problems + 1, self.problems)
    self:check_text(member)
  end
end

-- Each class belongs to the module that its name begins with, to the module whose source defines it, or to the first
-- module that needs it.
function Extraction:distribute(modules)
  local by_name, by_file, owner = {}, {}, {}
  for _, module in ipairs(modules) do
    by_name[module.name], by_file[module.file] = module, module
  end
  for _, module in ipairs(modules) do
    for _, class in ipairs(self:needed(module, module.own_classes)) do
      if not owner[class] then
        owner[class] = by_name[class.name:match "^(.*)%."] or by_name[class.name:match "^[^.]*"] or by_file[class.file]
          or module
        table.insert(owner[class].classes, class)
      end
    end
    module.own_classes = nil
  end
  for _, module in ipairs(modules) do
    table.sort(module.classes, function(a, b) return a.name < b.name end)
    self:check_text(module)
    self:collect(module.members)
    for _, class in ipairs(module.classes) do
      self:check_text(class)
      self:collect(class.methods)
      for _, method in ipairs(class.undocumented or {}) do
        table.insert(self.problems, { file = method.file, line = method.line,
          message = ("%s:%s has no documentation"):format(class.name, method.name) })
      end
    end
  end
end

function Extraction:module(name)
  local globals = self.sources["types:" .. name]
  local source, defined = not globals and self.sources["lanyard." .. name] or nil,
    globals or self.sources["types:lanyard." .. name]
  if not source and not defined then
    table.insert(self.problems, { file = "lua/lanyard/modules.lua", line = 1,
      message = ("the module '%s' has no source"):format(name) })
    return nil
  end
  local first = source or defined
  local module = classes.describe(first.file, first.header or defined and defined.header, { name = name, classes = {} })
  module.members, module.hidden = self:members_of(source, defined)
  local whole = first.members["return"]
  if whole and whole.member and whole.member.kind == "function" then
    module.members = { copy_of(whole.member, "") }
  end
  module.globals = globals and true or nil
  module.own_classes = {}
  for _, from in ipairs { source or defined, source and defined or nil } do
    for _, class in pairs(from.class_of) do
      table.insert(module.own_classes, class.name)
    end
  end
  table.sort(module.own_classes)
  return module
end

-- Returns the name of the module in a file, with "types:" before it if the file only defines what others provide.
local function name_of(path)
  local name = path:match "^lua/(.*)%.lua$"
  name = name and name:gsub("/init$", ""):gsub("/", "."):gsub("^types%.", "types:")
  return name
end

-- Files in lua/types that define globals.
local GLOBALS = { "rules" }

--- Extracts the documentation of modules, and of the globals of rules files as if they were a module.
---@param sources table<string, string>  texts by path; only files below lua/ are read
---@param names string[]  the modules, without "lanyard."
---@return documentation.Module[] modules
---@return documentation.Problem[] problems
function M.modules(sources, names)
  local problems = {}
  local extraction = setmetatable({ sources = {}, classes = classes.new(problems), problems = problems }, Extraction)
  local order = {}
  for path in pairs(sources) do
    order[#order + 1] = name_of(path) and path
  end
  table.sort(order)
  for i, path in ipairs(order) do
    order[i] = name_of(path)
    extraction.sources[order[i]] = extraction:read(order[i], { text = sources[path], file = path })
  end
  for _, name in ipairs(order) do
    add_methods(extraction.sources[name])
  end
  local modules = {}
  for _, list in ipairs { names, GLOBALS } do
    for _, name in ipairs(list) do
      modules[#modules + 1] = extraction:module(name)
    end
  end
  extraction:distribute(modules)
  return modules, extraction.problems
end

local PLACES = {
  file = true, line = true, indented = true, wide = true, problems = true, undocumented = true,
  arguments = true, is_private = true, hidden = true, alias_text = true,
}

--- Returns a copy without what only tests need: the files and lines of comments.
---@param value any
---@return any
function M.without_places(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  for name, item in pairs(value) do
    copy[name] = not PLACES[name] and M.without_places(item) or nil
  end
  return copy
end

return M
