-- Writes the C file that carries Lua files inside the binary.
--   lua5.4 core/embed.lua modules NAME=FILE ... scripts NAME=FILE ... > embedded.c

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\t"] = "\\t", ["\r"] = "\\r", ["?"] = "\\?" }

local function literal(text)
  return '"' .. text:gsub('["\\%c?]', function(c)
    return c == "\n" and "\\n" or ESCAPES[c] or ("\\%03o"):format(c:byte())
  end) .. '"'
end

local function write_list(name, files)
  print(("const struct embedded_file embedded_%s[] = {"):format(name))
  for _, file in ipairs(files) do
    print(("    {%s,"):format(literal(file.name)))
    for line in file.text:gmatch "[^\n]*\n?" do
      print("     " .. literal(line))
    end
    print(("     , %d},"):format(#file.text))
  end
  print "    {0, 0, 0},\n};"
end

local lists, current = {}, nil
for _, word in ipairs(arg) do
  local name, path = word:match "^([^=]+)=(.+)$"
  if name then
    local file <close> = assert(io.open(path, "rb"))
    table.insert(current, { name = name, text = file:read "a" })
  else
    current = {}
    lists[word] = current
  end
end

print '#include "modules.h"\n'
for _, name in ipairs { "modules", "scripts" } do
  table.sort(lists[name], function(a, b) return a.name < b.name end)
  write_list(name, lists[name])
end
