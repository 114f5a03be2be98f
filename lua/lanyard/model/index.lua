--- The models of AWS services that this lanyard contains.
---
---     index.services()        --> { "accessanalyzer", "account", ... }
---     index.service "ecr"     --> data for lanyard.model.new
---     index.partitions()      --> botocore's partitions.json
---     index.source()          --> botocore 1.29.27
---
--- `lanyard.model.pack` describes the file, which the build writes. It is inside the binary, or in the folder of this
--- module, or beside lanyard.so. Each part is read at its first use: a service is expanded when it is asked for, and an
--- operation or a shape is decoded when its name is first used.

local deflate = require "lanyard.deflate"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local words = require "lanyard.model.words"

local M = {}

local FILE = "models.index"
local HEAD_BYTES = 80 -- the first line is shorter
local MAX_BYTES = 64 * 1024 * 1024 -- of a part, expanded

local _, path = ...
local folder = type(path) == "string" and path:match "^(.*/)[^/]*$"

---@class model.Index
---@field read fun(offset: integer, length: integer): string?  the bytes of the file
---@field directory? table  the decoded directory
local Index = {}
Index.__index = Index

local function damaged(what)
  return errors.new {
    code = "DamagedModels",
    message = ("the models of AWS services are damaged (%s): reinstall lanyard"):format(what),
  }
end

-- Returns the text of a part, whose numbers come from the directory or the head.
local function expand(self, what, offset, numbers, dictionary)
  local length, size, checksum = numbers[1], numbers[2], numbers[3]
  for i = 1, 3 do
    if math.type(numbers[i]) ~= "integer" or numbers[i] < 0 then
      return nil, damaged(what)
    end
  end
  local bytes = size <= MAX_BYTES and self.read(offset, length)
  if not bytes or #bytes ~= length or deflate.crc32(bytes) ~= checksum then
    return nil, damaged(what)
  end
  local text = deflate.inflate(bytes, size, dictionary)
  if not text or #text ~= size then
    return nil, damaged(what)
  end
  return text
end

-- Reads the directory: { source, parts = { [name] = { offset, ... } }, services, start = offset of the parts }.
local function directory_of(self)
  if self.directory then
    return self.directory
  end
  local head = (self.read(0, HEAD_BYTES) or ""):match "^[^\n]*\n"
  local version, length, size, checksum = (head or ""):match "^lanyard models (%d+) (%d+) (%d+) (%d+)\n$"
  if not version then
    return nil, damaged "the first line"
  elseif version ~= "1" then
    return nil, damaged(("version %s of the format, and this lanyard reads version 1"):format(version))
  end
  local numbers = {}
  for i, digits in ipairs { length, size, checksum } do
    numbers[i] = math.tointeger(tonumber(digits))
  end
  local text, err = expand(self, "the directory", #head, numbers)
  local directory = text and json.decode(text)
  if not (type(directory) == "table" and type(directory.parts) == "table" and type(directory.services) == "table") then
    return nil, err or damaged "the directory"
  end
  directory.start = #head + numbers[1]
  self.directory = directory
  return directory
end

-- Returns the text of a part, for example parts.words or services.ecr.
local function part_of(self, list, name, dictionary)
  local directory, err = directory_of(self)
  if not directory then
    return nil, err
  end
  local entry = directory[list][name]
  if type(entry) ~= "table" or math.type(entry[1]) ~= "integer" or entry[1] < 0 then
    return nil, damaged(name)
  end
  return expand(self, name, directory.start + entry[1], { entry[2], entry[3], entry[4] }, dictionary)
end

-- Returns the dictionary, and the function that expands words.
local function keys_of(self)
  if not self.expander then
    local dictionary, err = part_of(self, "parts", "dictionary")
    local text
    if dictionary then
      text, err = part_of(self, "parts", "words")
    end
    if not text then
      return nil, err
    end
    local starts = self.directory.word_starts
    starts = type(starts) == "table" and starts or nil
    self.dictionary, self.expander = dictionary, words.expander(text, starts)
  end
  return self.dictionary, self.expander
end

-- The positions of the lines of a text.
local function starts_of(text)
  local starts, position = {}, 1
  while position <= #text do
    starts[#starts + 1] = position
    position = (text:find("\n", position, true) or #text) + 1
  end
  return starts
end

-- The lines of a service: their text, where they begin, and the function that expands words.
local Lines = {}

function Lines:__index(name)
  if name ~= "starts" then
    return Lines[name]
  end
  self.starts = starts_of(self.text) -- names of operations are listed without
  return self.starts
end

-- Returns what follows the tab in the line of a kind and name, by bisection: the lines are sorted.
function Lines:find(wanted)
  local text, low, high = self.text, 1, #self.starts
  while low <= high do
    local middle = (low + high) // 2
    local start = self.starts[middle]
    local tab = text:find("\t", start, true) or #text
    local found = self.expand(text:sub(start, tab - 1))
    if found == wanted then
      local stop = text:find("\n", tab, true) or #text + 1
      return self.expand(text:sub(tab + 1, stop - 1))
    elseif found < wanted then
      low = middle + 1
    else
      high = middle - 1
    end
  end
end

-- Returns what follows the tab in the only line of a kind, which has no name.
function Lines:only(kind)
  local text, mark = self.text, kind .. "\t"
  local before = text:sub(1, #mark) == mark and 0 or text:find("\n" .. mark, 1, true)
  return before and self.expand(text:match("^[^\n]*", before + 1 + #mark))
end

-- Returns the names of a kind, in order. Their lines follow each other.
function Lines:names(kind)
  local names, text = {}, self.text
  local start = text:sub(1, 1) == kind and 0 or text:find("\n" .. kind, 1, true)
  while start and text:sub(start + 1, start + 1) == kind do
    names[#names + 1] = self.expand(text:match("^[^\t\n]*", start + 2))
    start = text:find("\n", start + 2, true)
  end
  return names
end

-- Decodes a line. Its checksum is right, so only an index that something else wrote raises the error.
local function decoded(decode, name, text)
  local is_valid, value = pcall(decode, name, text)
  if not is_valid or type(value) ~= "table" then
    error(damaged(name), 0)
  end
  return value
end

local function decode_json(_, text)
  return assert(json.decode(text, { deep = true }))
end

-- A table whose fields are decoded at their first use. pairs() decodes all.
local function lazy(lines, kind, decode)
  local function get(self, name)
    local found = type(name) == "string" and lines:find(kind .. name)
    local value = found and decoded(decode, name, found) or nil
    rawset(self, name, value)
    return value
  end
  return setmetatable({}, {
    __index = get,
    __pairs = function(self)
      for _, name in ipairs(lines:names(kind)) do
        local _ = self[name]
      end
      return next, self, nil
    end,
  })
end

-- The fields that most users of a model do not need.
local LATE = {
  metadata = function(lines)
    return decoded(decode_json, "metadata", lines:only "m" or "")
  end,
  rules = function(lines)
    local found = lines:only "r"
    return found and decoded(decode_json, "rules", found)
  end,
  names = function(lines)
    return lines:names "o"
  end,
  waiter_names = function(lines)
    return lines:names "w"
  end,
}

--- Returns the names of the services, sorted.
---@return string[]? names, lanyard.Error? err
function Index:services()
  local directory, err = directory_of(self)
  if not directory then
    return nil, err
  end
  local names = {}
  for name in pairs(directory.services) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

--- Returns the model of a service: data for lanyard.model.new; nil and no error if the index does not have it.
---@param name string
---@return table? data, lanyard.Error? err
function Index:service(name)
  local directory, err = directory_of(self)
  if not directory or not directory.services[name] then
    return nil, err
  end
  local dictionary, expand_words = keys_of(self)
  if not dictionary then
    return nil, expand_words
  end
  local text
  text, err = part_of(self, "services", name, dictionary)
  if not text then
    return nil, err
  end
  local lines = setmetatable({ text = text, expand = expand_words }, Lines)
  return setmetatable({
    operations = lazy(lines, "o", function(...) return require("lanyard.model.line").read_operation(...) end),
    shapes = lazy(lines, "s", function(_, found) return require("lanyard.model.line").read_shape(found) end),
    paginators = lazy(lines, "p", decode_json),
    waiters = lazy(lines, "w", decode_json),
  }, {
    __index = function(data, field)
      local value = LATE[field] and LATE[field](lines)
      rawset(data, field, value)
      return value
    end,
  })
end

--- Returns the partitions of AWS, as botocore's partitions.json has them.
---@return table? partitions, lanyard.Error? err
function Index:partitions()
  if not self.partition_data then
    local text, err = part_of(self, "parts", "partitions")
    if not text then
      return nil, err
    end
    self.partition_data = json.decode(text, { deep = true })
  end
  if type(self.partition_data) ~= "table" then
    return nil, damaged "partitions"
  end
  return self.partition_data
end

--- Returns where the models come from: "botocore 1.29.27".
---@return string? source, lanyard.Error? err
function Index:source()
  local directory, err = directory_of(self)
  return directory and directory.source, err
end

--- Opens an index, without reading anything.
---@param read fun(offset: integer, length: integer): string?  returns bytes of the file, fewer at its end
---@return model.Index
function M.open(read)
  return setmetatable({ read = read }, Index)
end

-- Returns a function that reads a file; nil if it does not exist or is empty.
local function file_reader(name)
  local file = io.open(name, "rb")
  if not file or file:seek "end" == 0 then
    return nil
  end
  return function(offset, length)
    return file:seek("set", offset) and file:read(length)
  end
end

local function own_reader()
  if package.preload["lanyard.embedded"] then
    return require("lanyard.embedded").models()
  end
  local library = package.searchpath("lanyard", package.cpath)
  return folder and file_reader(folder .. FILE)
    or library and file_reader(library:match "^(.*/)[^/]*$" .. FILE)
end

local own

-- The index of this lanyard, or an error without one.
local function get()
  if not own then
    local read = own_reader()
    own = read and M.open(read)
  end
  if not own then
    return nil, errors.new {
      code = "NoModels",
      message = "this lanyard was built without models of AWS services: build it with `make MODELS=DIR`, or set "
        .. "AWS_DATA_PATH",
    }
  end
  return own
end

for _, method in ipairs { "services", "service", "partitions", "source" } do
  M[method] = function(...)
    local index, err = get()
    if not index then
      return nil, err
    end
    return index[method](index, ...)
  end
end

return M
