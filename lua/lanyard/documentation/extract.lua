--- Makes documentation as data out of the annotations in sources.
---
---     local documented = extract.modules(sources, { "policy", "task" })
---     documented.modules[1].members[1].params[1].name
---
--- sources: texts by the path of the file, "lua/lanyard/policy.lua". Files in lua/types define what C provides, and
--- globals; a file there adds to the module of its name.

local annotations = require "lanyard.documentation.annotations"
local prose = require "lanyard.documentation.prose"
local tags = require "lanyard.documentation.tags"
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
---@field alias? string    the type that the name stands for
---@field choices? { type: string, text: string }[]  the alternatives of an alias
---@field hidden? table<string, true>  methods that are not for scripts

---@class documentation.Module
---@field name string      without "lanyard."
---@field summary string
---@field blocks documentation.Block[]
---@field members documentation.Member[]
---@field classes documentation.Class[]
---@field hidden? table<string, true>  names that are not for scripts

---@class documentation.Problem
---@field file string
---@field line integer
---@field message string

local KNOWN_TAGS = {}
for name in ([[class field param return type alias meta generic vararg overload nodiscard private deprecated
  see]]):gmatch "%S+" do
  KNOWN_TAGS[name] = true
end

-- What precedes the name of a field that is not for scripts.
local HIDDEN = { ["private "] = true, ["protected "] = true, ["package "] = true }

-- ---------------------------------------------------------------------------------------------
-- Sources

local Extraction = {}
Extraction.__index = Extraction

-- Records a problem of a source, or of a member: it counts only if the member is public.
function Extraction:problem(source, line, message, ...)
  table.insert(source.problems or self.problems, { file = source.file, line = line, message = message:format(...) })
end

-- Sets the text of a comment as blocks, its summary and its place.
local function describe(source, comment, target)
  local indented
  target.blocks, indented = prose.blocks(comment and comment.text or {})
  target.summary = prose.summary(target.blocks)
  if indented then
    target.indented = comment.line + indented - 1
  end
  for _, block in ipairs(target.blocks) do
    if type(block) == "table" then
      block.line = comment.line + block.line - 1
    end
  end
  target.line, target.file = comment and comment.line, source.file
  return target
end

-- Adds the classes and aliases of a comment. Returns the last class.
function Extraction:classes_of(source, comment)
  local class
  for _, tag in ipairs(comment.tags) do
    local name, parents = tag.text:match "^([%w_.]+)%s*(.*)$"
    if not KNOWN_TAGS[tag.name] then
      self:problem(source, tag.line, "unknown annotation @%s", tag.name)
    elseif tag.name == "class" then
      class = self:class(name)
      if #class.blocks == 0 then
        local own = tag.before and { line = tag.line - #tag.before, text = tag.before }
        describe(source, own or not self.has_class[comment] and comment or nil, class)
        class.line, class.file = tag.line, source.file
        if #class.blocks == 0 and parents ~= "" and not parents:find "^:" then
          class.blocks = { parents }
          class.summary = prose.summary(class.blocks)
        end
      end
      self.has_class[comment] = true
      for parent in (parents:match "^:%s*([%w_., ]+)" or ""):gmatch "[%w_.]+" do
        table.insert(class.parents, parent)
      end
    elseif tag.name == "alias" then
      local alias = tags.alias(tag)
      if alias and alias.alias then
        describe(source, comment, alias)
        alias.line = tag.line
        self.classes[alias.name] = alias
        if alias.alias_text and alias.alias_text ~= "" then
          table.insert(alias.blocks, alias.alias_text)
          alias.summary = prose.summary(alias.blocks)
        end
      else
        self:problem(source, tag.line, "@alias needs a name and a type")
      end
    elseif tag.name == "field" and not HIDDEN[tag.text:match "^%l+ "] then
      local field = tags.named((tag.text:gsub("^public%s+(%S+%s+%S)", "%1")))
      if not field or not class then
        self:problem(source, tag.line, "@field needs a class, a name and a type")
      else
        table.insert(class.fields, field)
      end
    end
  end
  return class
end

function Extraction:class(name)
  local class = self.classes[name]
  if not class then
    class = { name = name, parents = {}, fields = {}, methods = {}, blocks = {}, summary = "" }
    self.classes[name] = class
  end
  return class
end

-- Compares the documented parameters with the ones of the source.
function Extraction:check_params(item, member)
  local has, position = {}, 0
  for _, param in ipairs(member.params) do
    if has[param.name] then
      self:problem(member, member.line, "%s: the parameter '%s' is documented twice", item.name, param.name)
    end
    has[param.name] = true
  end
  for _, name in ipairs(item.params) do
    if not has[name] then
      self:problem(member, item.line, "%s: the parameter '%s' is not documented", item.name or "the function", name)
    end
    has[name] = nil
  end
  for _, param in ipairs(member.params) do
    position = position + 1
    if has[param.name] then
      self:problem(member, member.line, "%s: there is no parameter '%s'", item.name or "the function", param.name)
    elseif item.params[position] ~= param.name and not has[param.name] then
      self:problem(member, member.line, "%s: the parameter '%s' is not in its place", item.name or "the function",
        param.name)
    end
  end
end

-- Returns what the comment of an item documents; nil if it has no comment.
function Extraction:member_of(source, item)
  local comment = item.doc
  if not comment then
    return nil
  end
  local member = describe(source, comment, {
    kind = item.params and "function" or "value", name = item.name, separator = item.separator or ".",
    params = {}, returns = {}, problems = {},
  })
  for _, tag in ipairs(comment.tags) do
    local params, returns = nil, nil
    if tag.name == "param" then
      local param = tags.named(tag.text)
      if param then
        table.insert(member.params, param)
      else
        self:problem(member, tag.line, "@param needs a name and a type: %s", tag.text)
      end
    elseif tag.name == "return" then
      local list, ok = tags.returned(tag.text)
      table.move(list, 1, #list, #member.returns + 1, member.returns)
      if not ok then
        self:problem(member, tag.line, "@return needs a type: %s", tag.text)
      end
    elseif tag.name == "type" then
      member.type = types.scan(tag.text)
      params, returns = types.fun(member.type or "")
      if not member.type then
        self:problem(member, tag.line, "@type needs a type: %s", tag.text)
      end
    elseif tag.name == "private" then
      member.is_private = true
    end
    if params then
      member.kind, member.params, member.type = "function", params, nil
      for i, param in ipairs(params) do
        params[i] = { name = param.name, type = param.type, optional = param.optional or nil, text = "" }
      end
      for i, kind in ipairs(returns) do
        member.returns[i] = { type = kind, text = "" }
      end
    end
  end
  if #member.params > 0 or #member.returns > 0 then
    member.kind = "function"
  end
  if item.params and not member.is_private then
    self:check_params(item, member)
  end
  if member.kind == "value" then
    member.params, member.returns = nil, nil
  end
  return member
end

-- Reads a source: its classes, and its members by "holder.name".
function Extraction:read(name, given)
  local source = annotations.read(given.text)
  source.file, source.name = given.file, name
  source.class_of, source.members, source.order = {}, {}, {}
  for _, item in ipairs(source.items) do
    local class = item.doc and self:classes_of(source, item.doc)
    if class and item.kind == "local" then
      source.class_of[item.name] = class
    elseif class and item.kind == "return" then
      source.class_of["return"] = class
    end
  end
  for _, item in ipairs(source.items) do
    if item.kind == "function" or item.kind == "field" or item.kind == "return" then
      local key = item.kind == "return" and "return" or ("%s.%s"):format(item.holder or "", item.name)
      local member = self:member_of(source, item)
      source.members[key] = source.members[key] or { item = item, member = member }
      table.insert(source.order, key)
    end
  end
  return source
end

-- Adds the methods that a source has for its classes. One without a comment is a problem, unless its name begins with _
-- or a class does not need it.
function Extraction:add_methods(source)
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
  local members, hidden, has = {}, {}, {}
  local function add(from, key)
    local entry = from.members[key]
    local item = entry.item
    if (item.holder ~= from.returned and item.holder ~= "return") or has[item.name] or not item.name
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
      members[#members + 1] = copy_of(member, item.name)
    end
  end
  for _, from in ipairs { source or defined, source and defined or nil } do
    for _, key in ipairs(from.order) do
      add(from, key)
    end
  end
  return members, hidden
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
    local class = self.classes[name]
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
end

-- Collects the problems of members that are public.
function Extraction:collect(members)
  for _, member in ipairs(members) do
    table.move(member.problems, 1, #member.problems, #self.problems + 1, self.problems)
    self:check_text(member)
  end
end

-- Each class belongs to the module that its name begins with, or to the first module that needs it.
function Extraction:distribute(modules)
  local by_name, owner = {}, {}
  for _, module in ipairs(modules) do
    by_name[module.name] = module
  end
  for _, module in ipairs(modules) do
    for _, class in ipairs(self:needed(module, module.own_classes)) do
      if not owner[class] then
        owner[class] = by_name[class.name:match "^(.*)%."] or by_name[class.name:match "^[^.]*"] or module
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
      self:collect(class.methods)
      for _, method in ipairs(class.undocumented or {}) do
        table.insert(self.problems, { file = method.file, line = method.line,
          message = ("%s:%s has no documentation"):format(class.name, method.name) })
      end
    end
  end
end

function Extraction:module(name)
  local source, defined = self.sources["lanyard." .. name], self.sources["types:lanyard." .. name]
  if not source and not defined then
    table.insert(self.problems, { file = "lua/lanyard/modules.lua", line = 1,
      message = ("the module '%s' has no source"):format(name) })
    return nil
  end
  local first = source or defined
  local module = describe(first, first.header or defined and defined.header, { name = name, classes = {} })
  module.members, module.hidden = self:members_of(source, defined)
  local whole = first.members["return"]
  if whole and whole.member and whole.member.kind == "function" then
    module.members = { copy_of(whole.member, "") }
  end
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

--- Extracts the documentation of modules.
---@param sources table<string, string>  texts by path; only files below lua/ are read
---@param names string[]  the modules, without "lanyard."
---@return documentation.Module[] modules
---@return documentation.Problem[] problems
function M.modules(sources, names)
  local extraction = setmetatable({ sources = {}, classes = {}, problems = {}, has_class = {} }, Extraction)
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
    extraction:add_methods(extraction.sources[name])
  end
  local modules = {}
  for _, name in ipairs(names) do
    modules[#modules + 1] = extraction:module(name)
  end
  extraction:distribute(modules)
  return modules, extraction.problems
end

local PLACES = { file = true, line = true, indented = true, problems = true, undocumented = true, language = true,
  is_private = true, alias_text = true, hidden = true }

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
