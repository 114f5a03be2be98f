-- Writes the C file that carries files inside the binary. Modules are compiled, because compiling them takes most of
-- the time to start; they keep the line numbers for tracebacks. Scripts (whose text is also their help) and assets
-- are stored as they are.
--   lua5.4 core/embed.lua PREFIX modules NAME=FILE ... scripts NAME=FILE ... assets NAME=FILE ... \
--     types FILE=FILE ... > embedded.c
-- PREFIX is where `make install` installs.

local bytecode = dofile "core/bytecode.lua"

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\t"] = "\\t", ["\r"] = "\\r", ["?"] = "\\?" }

local function literal(text)
  return '"' .. text:gsub('["\\%c?\128-\255]', function(c)
    return c == "\n" and "\\n" or ESCAPES[c] or ("\\%03o"):format(c:byte())
  end) .. '"'
end

-- Iterates over the lines of a text, in parts that are short enough for one C string literal.
local function parts_of(text)
  local position = 1
  return function()
    if position > #text then
      return nil
    end
    local part = text:match("^[^\n]*\n?", position):sub(1, 500)
    position = position + #part
    return part
  end
end

local function compiled(name, text)
  return bytecode.without_locals(string.dump(assert(load(text, "@" .. name, "t"))))
end

local function write_list(name, files)
  print(("const struct embedded_file embedded_%s[] = {"):format(name))
  for _, file in ipairs(files) do
    print(("    {%s,"):format(literal(file.name)))
    for part in parts_of(file.text) do
      print("     " .. literal(part))
    end
    print(("     , %d},"):format(#file.text))
  end
  print "    {0, 0, 0},\n};"
end

local lists, current = {}, nil
for i = 2, #arg do
  local word = arg[i]
  local name, path = word:match "^([^=]+)=(.+)$"
  if name then
    local file <close> = assert(io.open(path, "rb"))
    table.insert(current, { name = name, path = path, text = file:read "a" })
  else
    current = {}
    lists[word] = current
  end
end

-- The index of the commands that scripts declare, as the sources of modules: help and completion read it. Each
-- declaration is a module of its own, because most commands need only a few of them.
package.path = "lua/?.lua;lua/?/init.lua"
local declaration = require "lanyard.cli.declaration"

local function serialize(value)
  if type(value) ~= "table" then
    return ("%q"):format(value)
  end
  local names, parts = {}, {}
  for name in pairs(value) do
    names[#names + 1] = name
  end
  table.sort(names, function(a, b)
    if type(a) ~= type(b) then
      return type(a) == "number"
    end
    return a < b
  end)
  for i, name in ipairs(names) do
    parts[i] = ("[%q]=%s"):format(name, serialize(value[name]))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function load_literal(text, name)
  return assert(load("return " .. text, "=" .. name, "t", {}))()
end

local index = {} -- names
for _, file in ipairs(lists.scripts) do
  local declared, message = declaration.read(file.text, file.name, load_literal)
  if message then
    error(("scripts/%s.lua: %s"):format(file.name, message), 0)
  end
  if declared then
    local name = file.name:gsub("/", " ")
    index[name] = true
    table.insert(lists.modules, { name = "lanyard.cli.index." .. name, text = "return " .. serialize(declared) })
  end
end
table.insert(lists.modules, { name = "lanyard.cli.index", text = ([[
  return require("lanyard.lists").made_when_read(%s, function(_, name) return require("lanyard.cli.index." .. name) end)
]]):format(serialize(index)) })

-- The documentation of the modules for scripts, from their annotations: `lanyard help` and the manual read it.
local sources = {}
for _, list in ipairs { lists.modules, lists.types } do
  for _, file in ipairs(list) do
    sources[file.path or ""] = file.text
  end
end
local extract = require "lanyard.documentation.extract"
local modules = extract.modules(sources, require "lanyard.modules")
table.insert(lists.modules, { name = "lanyard.documentation.index",
  text = "return " .. serialize(extract.without_places(modules)) })

for _, file in ipairs(lists.modules) do
  file.text = compiled(file.name, file.text)
end

print '#include "modules.h"\n'
print(("const char embedded_prefix[] = %s;"):format(literal(arg[1])))
for _, name in ipairs { "modules", "scripts", "assets" } do
  table.sort(lists[name], function(a, b) return a.name < b.name end)
  write_list(name, lists[name])
end
print(("const size_t embedded_modules_count = %d;"):format(#lists.modules))
