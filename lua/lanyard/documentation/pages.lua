--- Lays out documentation as sections of blocks, which help prints, and manual pages and the HTML page contain.
---
---     for _, section in ipairs(pages.module(documentation.module "policy")) do print(section.title) end
---
--- A block is a paragraph, { literal = lines }, or { items = { { term, paragraph or blocks } } }. Backquotes enclose
--- what is literal.

local types = require "lanyard.documentation.types"

local M = {}

---@alias documentation.Laid string|{ literal: string }|{ items: { [1]: string, [2]: string|documentation.Laid[] }[] }
---@class documentation.Section
---@field title string
---@field blocks documentation.Laid[]

-- ---------------------------------------------------------------------------------------------
-- Members

-- Returns the name of a module as scripts write it: the last part of its name.
local function short(module)
  return module.name:match "[^.]+$"
end

--- Returns the title of a module's documentation.
---@param module documentation.Module
---@return string
function M.title(module)
  return module.globals and module.name .. " (globals of a rules file)" or "lanyard." .. module.name
end

--- Returns how a member is written: "policy.new_access(before, after [, options])".
---@param module documentation.Module
---@param member documentation.Member
---@param class? documentation.Class  the class of a method
---@return string
function M.signature(module, member, class)
  local holder = class and class.name or short(module)
  local name = module.globals and not class and member.name
    or holder .. (member.name ~= "" and member.separator .. member.name or "")
  if member.kind ~= "function" then
    return name
  end
  local words, open = {}, 0
  for i, param in ipairs(member.params) do
    local comma = i > 1 and ", " or ""
    if param.optional then
      words[i] = (i > 1 and " [" or "[") .. comma .. param.name
      open = open + 1
    else
      words[i] = ("]"):rep(open) .. comma .. param.name
      open = 0
    end
  end
  return ("%s(%s%s)"):format(name, table.concat(words), ("]"):rep(open))
end

-- Returns a type and its description as one paragraph.
local function typed(kind, text, optional)
  return ("`%s`%s%s"):format(kind, optional and ", optional" or "", text ~= "" and ". " .. M.sentence(text) or ".")
end

--- Returns a text that begins with a capital, unless its first word is literal, and ends with a full stop.
---@param text string
---@return string
function M.sentence(text)
  local first = text:match "^%S+"
  if first and first:find "^%l+[,;:]?$" then
    text = text:gsub("^%l", string.upper)
  end
  return text:find "[.!?]$" and text or text .. "."
end

local function param_items(params)
  local items = {}
  for i, param in ipairs(params) do
    items[i] = { param.name, typed(param.type, param.text, param.optional) }
  end
  return { items = items }
end

local function return_items(returns)
  local items = {}
  for i, one in ipairs(returns) do
    items[i] = { one.name or tostring(i), typed(one.type, one.text) }
  end
  return { items = items }
end

-- The distance of the stops of tabs, which separate what print prints.
local TAB = 8

-- Returns a text with blanks in place of tabs, as a terminal shows it.
local function untabbed(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    while line:find "\t" do
      local before, after = line:match "^([^\t]*)\t(.*)$"
      line = before .. (" "):rep(TAB - (#before - #"  --> ") % TAB) .. after
    end
    lines[#lines + 1] = line
  end
  return table.concat(lines, "\n")
end

--- Returns an example with the modules that it uses: in a comment, the module that has the comment and the door exist.
---@param literal string  code, indented by two blanks
---@param module documentation.Module
---@return string
function M.example(literal, module)
  if module.globals then
    return literal
  end
  local lines = {}
  for name, required in pairs { lanyard = "lanyard", [short(module)] = "lanyard." .. module.name } do
    local uses = (" " .. literal):find('[^%w_."]' .. name .. "[.:(]")
    if uses and not literal:find(('require "%s"'):format(required), 1, true) then
      lines[#lines + 1] = ('  local %s = require "%s"'):format(name, required)
    end
  end
  table.sort(lines)
  lines[#lines + 1] = literal
  return table.concat(lines, "\n")
end

-- Returns the blocks of a comment of a module in the form of pages.
local function blocks_of(blocks, module)
  local laid = {}
  for i, block in ipairs(blocks) do
    local code = type(block) == "table" and block.literal
    code = code and block.language == "lua" and M.example(code, module) or code
    laid[i] = code and { literal = untabbed(code) } or block
  end
  return laid
end

-- ---------------------------------------------------------------------------------------------
-- Classes

--- Returns the blocks that describe a class without its methods.
---@param module documentation.Module
---@param class documentation.Class
---@return documentation.Laid[]
function M.class_blocks(module, class)
  local blocks = blocks_of(class.blocks, module)
  if class.choices then
    local items = {}
    for i, choice in ipairs(class.choices) do
      items[i] = { choice.type, choice.text ~= "" and M.sentence(choice.text) or "" }
    end
    blocks[#blocks + 1] = { items = items }
  elseif class.alias then
    blocks[#blocks + 1] = ("The type is `%s`."):format(class.alias)
  end
  if #class.parents > 0 then
    blocks[#blocks + 1] = ("It has the fields and methods of `%s`, too."):format(table.concat(class.parents, "`, `"))
  end
  blocks[#blocks + 1] = #class.fields > 0 and param_items(class.fields) or nil
  return blocks
end

-- Returns the classes of the types that a member mentions, which have fields but no methods: tables that a script
-- writes or reads.
local function tables_of(member, classes)
  local found, seen = {}, {}
  local function add(kind)
    for _, name in ipairs(types.names(kind or "")) do
      local class = classes[name]
      if class and not seen[name] and #class.methods == 0 then
        seen[name] = true
        found[#found + 1] = class
        if class.alias then
          add(class.alias)
        end
      end
    end
  end
  for _, list in ipairs { member.params or {}, member.returns or {} } do
    for _, one in ipairs(list) do
      add(one.type)
    end
  end
  add(member.type)
  return found
end

-- ---------------------------------------------------------------------------------------------
-- Pages

--- Returns the blocks that describe a member inside a longer page.
---@param module documentation.Module
---@param member documentation.Member
---@return documentation.Laid[]
function M.member_blocks(module, member)
  local blocks = blocks_of(member.blocks, module)
  if member.type then
    blocks[#blocks + 1] = ("The type is `%s`."):format(member.type)
  end
  if member.params and #member.params > 0 then
    blocks[#blocks + 1] = param_items(member.params)
  end
  if member.returns and #member.returns > 0 then
    local items = return_items(member.returns).items
    for _, item in ipairs(items) do
      item[1] = "Returns " .. item[1]
    end
    blocks[#blocks + 1] = { items = items }
  end
  return blocks
end

--- Returns the page of one member.
---@param module documentation.Module
---@param member documentation.Member
---@param class? documentation.Class  the class of a method
---@param classes table<string, documentation.Class>  all classes by name
---@return documentation.Section[]
function M.member(module, member, class, classes)
  local blocks = blocks_of(member.blocks, module)
  if member.type then
    blocks[#blocks + 1] = ("The type is `%s`."):format(member.type)
  end
  local sections = { { title = M.signature(module, member, class), blocks = blocks } }
  if member.params and #member.params > 0 then
    sections[#sections + 1] = { title = "Parameters", blocks = { param_items(member.params) } }
  end
  if member.returns and #member.returns > 0 then
    sections[#sections + 1] = { title = "Returns", blocks = { return_items(member.returns) } }
  end
  for _, one in ipairs(tables_of(member, classes)) do
    sections[#sections + 1] = { title = one.name, blocks = M.class_blocks(module, one) }
  end
  return sections
end

local function index_of(module, members, class)
  local items = {}
  for i, member in ipairs(members) do
    local signature = M.signature(module, member, class)
    items[i] = { signature:match(class and ":(.*)$" or "^%w+%.(.*)$") or signature, member.summary }
  end
  return { items = items }
end

--- Returns the page of a class.
---@param module documentation.Module
---@param class documentation.Class
---@return documentation.Section[]
function M.class(module, class)
  local sections = { { title = class.name, blocks = M.class_blocks(module, class) } }
  if #class.methods > 0 then
    sections[2] = { title = "Methods", blocks = { index_of(module, class.methods, class) } }
  end
  return sections
end

--- Returns the page of a module: its description, and the first sentence of each member.
---@param module documentation.Module
---@return documentation.Section[]
function M.module(module)
  local sections = { { title = M.title(module), blocks = blocks_of(module.blocks, module) } }
  local functions, values, tables = {}, {}, {}
  for _, member in ipairs(module.members) do
    table.insert(member.kind == "function" and functions or values, member)
  end
  local function add(title, block)
    if #block.items > 0 then
      sections[#sections + 1] = { title = title, blocks = { block } }
    end
  end
  add("Functions", index_of(module, functions))
  add("Values", index_of(module, values))
  for _, class in ipairs(module.classes) do
    add("Methods of " .. class.name, index_of(module, class.methods, class))
    if #class.methods == 0 then
      tables[#tables + 1] = { class.name, class.summary }
    end
  end
  add("Types", { items = tables })
  return sections
end

--- Returns everything about a module as one list of blocks, for a page with all modules.
---@param module documentation.Module
---@return documentation.Laid[]
function M.whole(module)
  local blocks = blocks_of(module.blocks, module)
  local items = {}
  for _, member in ipairs(module.members) do
    items[#items + 1] = { M.signature(module, member), M.member_blocks(module, member) }
  end
  for _, class in ipairs(module.classes) do
    items[#items + 1] = { class.name, M.class_blocks(module, class) }
    for _, method in ipairs(class.methods) do
      items[#items + 1] = { M.signature(module, method, class), M.member_blocks(module, method) }
    end
  end
  blocks[#blocks + 1] = { items = items }
  return blocks
end

return M
