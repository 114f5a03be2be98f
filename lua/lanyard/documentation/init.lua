--- The documentation of the modules for scripts, as the binary contains it. Nothing is read before it is asked for.
---
---     local found, problem = documentation.find "policy.new_access"
---     for _, module in ipairs(documentation.modules()) do print(module.name, module.summary) end

local lists = require "lanyard.lists"
local suggest = require "lanyard.text.suggest"

local M = {}

---@class documentation.Found
---@field module documentation.Module
---@field member? documentation.Member
---@field class? documentation.Class  the class of the member, or the class itself

local by_name, classes

local function load_index()
  if not by_name then
    by_name, classes = {}, {}
    for _, module in ipairs(M.modules()) do
      by_name[module.name] = module
      for _, class in ipairs(module.classes) do
        classes[class.name] = class
      end
    end
  end
  return by_name, classes
end

--- Returns the modules, in the order of lanyard.modules.
---@return documentation.Module[]
function M.modules()
  return require "lanyard.documentation.index"
end

--- Returns all classes by name.
---@return table<string, documentation.Class>
function M.classes()
  return select(2, load_index())
end

local function member_named(members, name)
  for _, member in ipairs(members) do
    if member.name == name then
      return member
    end
  end
end

-- Returns the class of a name, also without the module before it: "Document" in policy.
local function class_named(module, name)
  for _, class in ipairs(module.classes) do
    if class.name == name or class.name == module.name .. "." .. name or class.name:match "[^.]+$" == name then
      return class
    end
  end
end

-- The length of a name that is suggested for a word of another case: `Document` for `documnt`, not `Node` for `nope`.
local LONG = 6

local function nearest(name, names)
  local near = suggest(name, names)
  local same_case = near and (near:find "^%u" ~= nil) == (name:find "^%u" ~= nil)
  return near and (same_case or #near >= LONG) and near or nil
end

local function unknown(text, name, names)
  local near = nearest(name, names)
  return nil, text:format(name) .. (near and ("; did you mean '%s'?"):format(near) or "")
end

local function names_in(module, class)
  local names = {}
  for _, member in ipairs(class and class.methods or module.members) do
    names[#names + 1] = member.name
  end
  for _, one in ipairs(class and {} or module.classes) do
    names[#names + 1] = one.name:match "[^.]+$"
  end
  return names
end

-- Finds what follows the name of a module: "new_access", "Document", "Document:allow", or a method of one of its
-- classes.
local function find_in(module, rest)
  local member = member_named(module.members, rest)
  if member then
    return { module = module, member = member }
  end
  local holder, name = rest:match "^([%w_.]+)[.:]([%w_]+)$"
  local class = class_named(module, rest) or holder and class_named(module, holder)
  if class and holder and not class_named(module, rest) then
    member = member_named(class.methods, name)
    if member then
      return { module = module, member = member, class = class }
    end
    return unknown(class.name .. " has no method '%s'", name, names_in(module, class))
  elseif class then
    return { module = module, class = class }
  end
  for _, one in ipairs(module.classes) do
    member = member_named(one.methods, rest)
    if member then
      return { module = module, member = member, class = one }
    end
  end
  return unknown(("lanyard.%s has no '%%s'"):format(module.name), rest, names_in(module))
end

-- Finds a method by an object of any name: "ecr:each", "doc:allow".
local function find_method(name)
  for _, module in ipairs(M.modules()) do
    for _, class in ipairs(module.classes) do
      local member = member_named(class.methods, name)
      if member then
        return { module = module, member = member, class = class }
      end
    end
  end
end

-- Describes a method that no class has.
local function no_method(object, method)
  local names = {}
  for _, module in ipairs(M.modules()) do
    for _, class in ipairs(module.classes) do
      for _, member in ipairs(class.methods) do
        names[#names + 1] = member.name
      end
    end
  end
  local near = nearest(method, names)
  near = near and ("; did you mean '%s:%s'?"):format(object, near) or ""
  return ("no class has a method '%s'%s"):format(method, near)
end

--- Returns all names that `find` accepts: modules, functions, classes and methods.
---@param separator? string  before the names of methods; ":" unless given
---@return string[]
function M.names(separator)
  local names = {}
  for _, module in ipairs(M.modules()) do
    names[#names + 1] = module.name
    for _, member in ipairs(module.members) do
      names[#names + 1] = module.name .. "." .. member.name
    end
    for _, class in ipairs(module.classes) do
      names[#names + 1] = class.name
      for _, method in ipairs(class.methods) do
        names[#names + 1] = class.name .. (separator or ":") .. method.name
      end
    end
  end
  return names
end

--- Finds a module, or what a module has: "policy", "lanyard.policy", "policy.new_access", "policy.Document:allow",
--- "doc:allow".
---@param name string
---@return documentation.Found?
---@return string? message  what is wrong with the name; nil if it is like no name of the documentation
function M.find(name)
  local modules, all = load_index()
  local given = name
  name = name:gsub("%(.*$", ""):gsub("^lanyard%.", ""):gsub("[.:]$", "")
  if modules[name] then
    return { module = modules[name] }
  elseif all[name] then
    for _, module in ipairs(M.modules()) do
      if lists.contains(module.classes, all[name]) then
        return { module = module, class = all[name] }
      end
    end
  end
  local longest
  for module in pairs(modules) do
    local length = #module
    if name:sub(1, length) == module and name:find("^[.:]", length + 1) and length > #(longest or "") then
      longest = module
    end
  end
  if longest then
    return find_in(modules[longest], name:sub(#longest + 2))
  end
  local object, method = name:match "^([%a_][%w_]*):([%w_]+)$"
  local found = method and find_method(method)
  local near = not found and given:find "[.:]" and suggest(name:gsub(":", "."), M.names ".")
  if method and not found and not near then
    return nil, no_method(object, method)
  end
  return found or nil, near and ("there is no '%s'; did you mean '%s'?"):format(given, near) or nil
end

return M
