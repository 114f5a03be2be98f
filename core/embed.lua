-- Writes the C file that carries files inside the binary, and the bytes of these files, which the assembler copies:
-- a string of megabytes takes the compiler long. Modules are compiled, because compiling them takes most of the time to
-- start; they keep the line numbers for tracebacks. Scripts are stored as they are, because their text is also their
-- help, and compiled. Assets are stored as they are.
--   lua5.4 core/embed.lua BYTES PREFIX modules NAME=FILE ... scripts NAME=FILE ... assets NAME=FILE ... \
--     types FILE=FILE ... > embedded.c
-- BYTES is the file of the bytes. PREFIX is where `make install` installs.

local bytecode = dofile "core/bytecode.lua"

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["?"] = "\\?" }

local function literal(text)
  return '"' .. text:gsub('["\\%c?\128-\255]', function(c)
    return ESCAPES[c] or ("\\%03o"):format(c:byte())
  end) .. '"'
end

local function compiled(name, text)
  return bytecode.without_names(string.dump(assert(load(text, "@" .. name, "t"))))
end

-- The names and texts of all files, each with a zero byte after it.
local texts, length = {}, 0

-- Returns the offset of a text in the bytes.
local function place(text)
  local offset = length
  texts[#texts + 1] = text
  length = length + #text + 1
  return offset
end

-- Places a file, and then the modules that it requires when it is loaded: the system reads neighbouring pages together.
local function place_file(file, by_name)
  if file and not file.text_at then
    file.text_at = place(file.text)
    for name in file.source:gmatch '\nlocal [%w_]+ = require "([%w._]+)"' do
      place_file(by_name[name], by_name)
    end
  end
end

-- Writes offsets, because the dynamic loader writes each pointer when the program starts.
local function write_list(name, files)
  print(("const struct embedded_file embedded_%s[] = {"):format(name))
  for _, file in ipairs(files) do
    print(("    {%d, %d, %d},"):format(file.name_at, file.text_at, #file.text))
  end
  print "};"
  print(("const size_t embedded_%s_count = %d;"):format(name, #files))
end

local LISTS = { "modules", "scripts", "chunks", "assets" }

local lists, current = {}, nil
for i = 3, #arg do
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

local index, summaries = {}, {} -- name --> true, and what lists of commands show
for _, file in ipairs(lists.scripts) do
  local declared, message = declaration.read(file.text, file.name, load_literal)
  if message then
    error(("scripts/%s.lua: %s"):format(file.name, message), 0)
  end
  if declared then
    local name = file.name:gsub("/", " ")
    index[name] = true
    summaries[name] = { summary = declared.summary, category = declared.category }
    table.insert(lists.modules, { name = "lanyard.cli.index." .. name, text = "return " .. serialize(declared) })
  end
end
table.insert(lists.modules, { name = "lanyard.cli.index", text = ([[
  return require("lanyard.lists").made_when_read(%s, function(_, name) return require("lanyard.cli.index." .. name) end)
]]):format(serialize(index)) })
table.insert(lists.modules, { name = "lanyard.cli.index_summaries", text = "return " .. serialize(summaries) })

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
  file.source, file.text = file.text, compiled(file.name, file.text)
end
lists.chunks = {}
for i, file in ipairs(lists.scripts) do
  local text = file.text:gsub("^#![^\n]*", "")
  lists.chunks[i] = { name = file.name, source = text, text = compiled(("scripts/%s.lua"):format(file.name), text) }
end

print(([[
#include "modules.h"

__asm__(".section .rodata\n"
        ".global embedded_bytes\n"
        ".hidden embedded_bytes\n"
        "embedded_bytes:\n"
        ".incbin %s\n"
        ".text\n");
]]):format(literal(literal(arg[1])):sub(2, -2)))
print(("const char embedded_prefix[] = %s;"):format(literal(arg[2])))
for _, name in ipairs(LISTS) do
  table.sort(lists[name], function(a, b) return a.name < b.name end)
  for _, file in ipairs(lists[name]) do
    file.name_at = place(file.name)
  end
end
local by_name = {}
for _, file in ipairs(lists.modules) do
  by_name[file.name] = file
end
place_file(by_name["lanyard.cli.main"], by_name)
for _, chunk in ipairs(lists.chunks) do
  place_file(chunk, by_name)
end
for _, name in ipairs(LISTS) do
  for _, file in ipairs(lists[name]) do
    file.text_at = file.text_at or place(file.text)
  end
  write_list(name, lists[name])
end

local bytes <close> = assert(io.open(arg[1], "wb"))
assert(bytes:write(table.concat(texts, "\0"), "\0"))
