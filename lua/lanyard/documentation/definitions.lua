--- Writes definition files for editors: one Lua file for each module, with its functions, types and texts, but no code.
--- lua-language-server reads a folder with them as a library (https://luals.github.io/wiki/definition-files).
---
---     for path, text in pairs(definitions.files()) do print(path, #text) end    -- "lanyard/policy.lua"

local documentation = require "lanyard.documentation"

local M = {}

local function comment(lines, blocks)
  for i, block in ipairs(blocks) do
    lines[#lines + 1] = i > 1 and "---" or nil
    if type(block) == "string" then
      lines[#lines + 1] = "--- " .. block
    else
      lines[#lines + 1] = "--- ```lua"
      for line in (block.literal .. "\n"):gmatch "(.-)\n" do
        lines[#lines + 1] = ("--- " .. line:gsub("^  ", "")):gsub("%s+$", "")
      end
      lines[#lines + 1] = "--- ```"
    end
  end
end

-- Returns "NAME TYPE  TEXT" without blanks at the end.
local function typed(name, kind, text)
  return ((name .. " " .. kind .. "  " .. text):gsub("%s+$", ""))
end

local function add_function(lines, holder, member)
  comment(lines, member.blocks)
  local names = {}
  for i, param in ipairs(member.params) do
    names[i] = param.name
    lines[#lines + 1] = "---@param " .. typed(param.name .. (param.optional and "?" or ""), param.type, param.text)
  end
  for _, one in ipairs(member.returns) do
    lines[#lines + 1] = "---@return " .. typed(one.type, one.name or "#", one.text)
  end
  lines[#lines + 1] = ("function %s%s(%s) end\n"):format(holder and holder .. member.separator or "", member.name,
    table.concat(names, ", "))
end

local function add_class(lines, class)
  comment(lines, class.blocks)
  if class.choices then
    lines[#lines + 1] = "---@alias " .. class.name
    for _, choice in ipairs(class.choices) do
      lines[#lines + 1] = ("---| %s # %s"):format(choice.type, choice.text)
    end
  elseif class.alias then
    lines[#lines + 1] = ("---@alias %s %s"):format(class.name, class.alias)
  else
    lines[#lines + 1] = "---@class " .. class.name
      .. (#class.parents > 0 and " : " .. table.concat(class.parents, ", ") or "")
    for _, field in ipairs(class.fields) do
      lines[#lines + 1] = "---@field " .. typed(field.name .. (field.optional and "?" or ""), field.type, field.text)
    end
  end
  if #class.methods > 0 then
    local holder = class.name:match "[^.]+$"
    lines[#lines + 1] = ("local %s = {}\n"):format(holder)
    for _, method in ipairs(class.methods) do
      add_function(lines, holder, method)
    end
  else
    lines[#lines + 1] = ""
  end
end

local function add_members(lines, module, name)
  for _, member in ipairs(module.members) do
    if member.kind == "function" then
      add_function(lines, not module.globals and name or nil, member)
    else
      comment(lines, member.blocks)
      lines[#lines + 1] = ("---@type %s\n%s.%s = nil\n"):format(member.type or "any", name, member.name)
    end
  end
end

-- Returns the definition of a module.
local function file_of(module)
  local name = module.name:match "[^.]+$"
  local lines = { "---@meta " .. (module.globals and module.name or "lanyard." .. module.name), "" }
  if module.globals then
    add_members(lines, module, name)
  elseif #module.members == 1 and module.members[1].name == "" then
    local whole = setmetatable({ name = name }, { __index = module.members[1] })
    add_function(lines, nil, whole)
    lines[#lines + 1] = "return " .. name
  else
    comment(lines, module.blocks)
    lines[#lines + 1] = ("---@class lanyard.%s\nlocal %s = {}\n"):format(module.name, name)
    add_members(lines, module, name)
    lines[#lines + 1] = "return " .. name
  end
  for _, class in ipairs(module.classes) do
    table.insert(lines, #lines, "")
    local own = {}
    add_class(own, class)
    table.insert(lines, #lines, table.concat(own, "\n"))
  end
  return table.concat(lines, "\n") .. "\n"
end

-- Returns the definition of the door, and of its folders such as text.
local function door_of(modules)
  local lines, folders = { "---@meta lanyard", "", "---@class lanyard", "---@field version string" }, {}
  for _, module in ipairs(modules) do
    local folder, name = module.name:match "^(%w+)%.(%w+)$"
    local kind = #module.members == 1 and module.members[1].name == "" and "function" or "lanyard." .. module.name
    if not folder and not module.globals then
      lines[#lines + 1] = ("---@field %s lanyard.%s"):format(module.name, module.name)
    elseif folder and folder == "text" then
      folders[#folders + 1] = ("---@field %s %s"):format(name, kind)
    end
  end
  lines[#lines + 1] = "---@field text lanyard.text"
  return table.concat(lines, "\n") .. "\nlocal lanyard = {}\n\n---@class lanyard.text\n" .. table.concat(folders, "\n")
    .. "\n\nreturn lanyard\n"
end

--- Returns the definition files.
---@return table<string, string> texts  by path
function M.files()
  local files = { ["lanyard.lua"] = door_of(documentation.modules()) }
  for _, module in ipairs(documentation.modules()) do
    local path = module.globals and module.name or "lanyard/" .. module.name:gsub("%.", "/")
    files[path .. ".lua"] = file_of(module)
  end
  return files
end

return M
