--- Collects the classes and aliases that comments define.
---
---     local classes = classes.new(problems)
---     classes:read(source, comment)
---     classes.by_name["policy.Witness"].fields

local prose = require "lanyard.documentation.prose"
local tags = require "lanyard.documentation.tags"

local M = {}

local KNOWN_TAGS = {}
for name in ([[class field param return type alias meta generic vararg overload nodiscard private deprecated
  see]]):gmatch "%S+" do
  KNOWN_TAGS[name] = true
end

-- What precedes the name of a field that is not for scripts.
local HIDDEN = { ["private "] = true, ["protected "] = true, ["package "] = true }

-- The maximum width of code, which help indents by two blanks. The lines of its output can be wider.
local CODE_WIDTH = 78

--- Sets the text of a comment as blocks, with its summary and its place.
---@param file string
---@param comment? documentation.Comment
---@param target table
---@return table target
function M.describe(file, comment, target)
  local indented
  target.blocks, indented = prose.blocks(comment and comment.text or {})
  target.summary = prose.summary(target.blocks)
  if indented then
    target.indented = comment.line + indented - 1
  end
  for _, block in ipairs(target.blocks) do
    if type(block) == "table" then
      block.line = comment.line + block.line - 1
      for line in (block.literal .. "\n"):gmatch "([^\n]*)\n" do
        local is_wide = (utf8.len(line) or #line) > CODE_WIDTH + 2 and not line:find "^  %-%->"
        target.wide = is_wide and block.line or target.wide
      end
    end
  end
  target.line, target.file = comment and comment.line, file
  return target
end

---@class documentation.Classes
---@field by_name table<string, documentation.Class>
---@field problems documentation.Problem[]
local Classes = {}
Classes.__index = Classes

function Classes:problem(source, line, message, ...)
  table.insert(self.problems, { file = source.file, line = line, message = message:format(...) })
end

function Classes:named(name)
  local class = self.by_name[name]
  if not class then
    class = { name = name, parents = {}, fields = {}, methods = {}, blocks = {}, summary = "" }
    self.by_name[name] = class
  end
  return class
end

function Classes:add_class(source, comment, tag)
  local name, rest = tag.text:match "^([%w_.]+)%s*(.*)$"
  local class = self:named(name)
  if #class.blocks == 0 then
    local own = tag.before and { line = tag.line - #tag.before, text = tag.before }
    M.describe(source.file, own or not self.has_class[comment] and comment or nil, class)
    class.line, class.file = tag.line, source.file
    if #class.blocks == 0 and rest ~= "" and not rest:find "^:" then
      class.blocks = { rest }
      class.summary = prose.summary(class.blocks)
    end
  end
  self.has_class[comment] = true
  for parent in (rest:match "^:%s*([%w_., ]+)" or ""):gmatch "[%w_.]+" do
    table.insert(class.parents, parent)
  end
  return class
end

function Classes:add_alias(source, comment, tag)
  local alias = tags.alias(tag)
  if not (alias and alias.alias) then
    return self:problem(source, tag.line, "@alias needs a name and a type")
  end
  M.describe(source.file, tag.before and { line = tag.line, text = tag.before } or comment, alias)
  alias.line = tag.line
  self.by_name[alias.name] = alias
  if alias.alias_text and alias.alias_text ~= "" then
    table.insert(alias.blocks, alias.alias_text)
    alias.summary = prose.summary(alias.blocks)
  end
end

--- Adds the classes and aliases of a comment.
---@param source documentation.Source
---@param comment documentation.Comment
---@return documentation.Class? class  the last class
function Classes:read(source, comment)
  local class
  for _, tag in ipairs(comment.tags) do
    if not KNOWN_TAGS[tag.name] then
      self:problem(source, tag.line, "unknown annotation @%s", tag.name)
    elseif tag.name == "class" then
      class = self:add_class(source, comment, tag)
    elseif tag.name == "alias" then
      self:add_alias(source, comment, tag)
    elseif tag.name == "field" and not HIDDEN[tag.text:match "^%l+ "] then
      local field = tags.named((tag.text:gsub("^public%s+(%S+%s+%S)", "%1")))
      if field and class then
        table.insert(class.fields, field)
      else
        self:problem(source, tag.line, "@field needs a class, a name and a type")
      end
    end
  end
  return class
end

--- Creates an empty collection.
---@param problems documentation.Problem[]  receives what is wrong
---@return documentation.Classes
function M.new(problems)
  return setmetatable({ by_name = {}, problems = problems, has_class = {} }, Classes)
end

return M
