--- Writes the index of models, which lanyard.model.index reads.
---
---     local bytes = pack.index(folder)   -- what a reader's open() returns
---
--- The index has a head of one line, a directory, and parts. `lanyard models 1 LENGTH SIZE CHECKSUM` describes the
--- directory: its bytes, the bytes of its text, and the CRC-32 of these bytes. The directory and each part are
--- compressed (RFC 1951). The directory is JSON: the source of the models, and for each part the offset after the
--- directory, and the same three numbers.
---
--- The part of a service consists of lines, sorted by kind and name: `m` the metadata, `o` an operation, `p` a
--- paginator, `r` the endpoint rules, `s` a shape, `w` a waiter (lanyard.model.line). Frequent words are codes
--- (lanyard.model.words; the part `words` has them), and the part `dictionary` is the dictionary of the other parts.

local deflate = require "lanyard.deflate"
local json = require "lanyard.json"
local line = require "lanyard.model.line"
local lists = require "lanyard.lists"
local words = require "lanyard.model.words"

local M = {}

local LEVEL = 9
local DICTIONARY_BYTES = 32768 -- what zlib uses

local function json_line(value)
  return line.ascii(json.encode(value, { deep = true }))
end

-- The lines of a service. A name ends at a tab.
local function service_text(data)
  local lines = { "m\t" .. json_line(data.metadata) }
  local function add(kind, map, write)
    for _, name in ipairs(lists.sorted_names(map)) do
      lines[#lines + 1] = ("%s%s\t%s"):format(kind, name, write(name, map[name]))
    end
  end
  local function as_json(_, value)
    return json_line(value)
  end
  add("o", data.operations, line.operation)
  add("p", data.paginators or {}, as_json)
  if data.rules then
    lines[#lines + 1] = "r\t" .. json_line(data.rules)
  end
  add("s", data.shapes, function(_, shape) return line.shape(shape) end)
  add("w", data.waiters or {}, as_json)
  return table.concat(lines, "\n") .. "\n"
end

-- The rules of the service whose rules have the middle length, and the lines that most services have.
local function dictionary_of(texts)
  local rules, counts = {}, {}
  for _, text in ipairs(texts) do
    rules[#rules + 1] = text:match "\n(r\t[^\n]*\n)"
    for entry in text:gmatch "[^\n]+\n" do
      counts[entry] = (counts[entry] or 0) + 1
    end
  end
  table.sort(rules, function(a, b)
    if #a ~= #b then
      return #a < #b
    end
    return a < b
  end)
  local common = {}
  for entry, count in pairs(counts) do
    if count > 2 and #entry > 8 then
      common[#common + 1] = entry
    end
  end
  table.sort(common, function(a, b)
    if counts[a] ~= counts[b] then
      return counts[a] < counts[b]
    end
    return a < b
  end)
  local typical = rules[#rules // 2 + 1] or ""
  return (table.concat(common):sub(-(DICTIONARY_BYTES - #typical)) .. typical):sub(-DICTIONARY_BYTES)
end

-- The numbers of the directory about a text, and its compressed bytes.
local function packed(text, dictionary)
  local bytes = deflate.deflate(text, LEVEL, dictionary)
  return bytes, { #bytes, #text, deflate.crc32(bytes) }
end

--- Returns the bytes of an index.
---@param folder model.Folder
---@return string? bytes, lanyard.Error? err
function M.index(folder)
  local texts, parts, bytes, offset = {}, {}, {}, 0
  for i, name in ipairs(folder.names) do
    local data, err = folder.read(name)
    if not data then
      return nil, err
    end
    texts[i] = service_text(data)
  end
  local partitions, err = folder.partitions()
  if not partitions and err then
    return nil, err
  end
  local frequent = words.choose(texts)
  local encode = words.encoder(frequent)
  for i, text in ipairs(texts) do
    texts[i] = encode(text)
  end
  local dictionary = dictionary_of(texts)
  local function add(list, name, text, with)
    local part, numbers = packed(text, with)
    list[name] = json.array { offset, table.unpack(numbers) }
    bytes[#bytes + 1] = part
    offset = offset + #part
  end
  local list = table.concat(frequent, "\n")
  add(parts, "words", list)
  add(parts, "dictionary", dictionary)
  add(parts, "partitions", json_line(partitions or {}))
  local services = {}
  for i, name in ipairs(folder.names) do
    add(services, name, texts[i], dictionary)
  end
  local directory, numbers = packed(json.encode {
    source = folder.source, parts = parts, services = services, word_starts = json.array(words.starts(list)),
  })
  return ("lanyard models 1 %d %d %d\n"):format(table.unpack(numbers)) .. directory .. table.concat(bytes)
end

return M
