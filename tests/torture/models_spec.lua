-- A damaged index of models is an error: never other data, never an error of Lua, never a crash or an endless loop.

local botocore = require "lanyard.model.botocore"
local deflate = require "lanyard.deflate"
local index = require "lanyard.model.index"
local json = require "lanyard.json"
local models = require "models"
local pack = require "lanyard.model.pack"
local torture = require "torture"

local root = models.folder()
-- A word has a code if three services have it.
for _, name in ipairs { "more", "again" } do
  assert(os.execute(("cp -r '%s/data/things' '%s/data/%s'"):format(root, root, name)))
end
teardown(getmetatable(root).__close)
local bytes = assert(pack.index(botocore.open(root .. "/data")))

-- A copy with every lazy part.
local function whole(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for name, item in pairs(value) do copy[name] = whole(item) end
  return copy
end

-- Everything that an index has; nil and an error for a damaged one.
local function contents(text)
  local opened = index.open(function(offset, length) return text:sub(offset + 1, offset + length) end)
  local names, err = opened:services()
  if not names then return nil, err end
  local result = { names, opened:source() or 0 }
  local partitions
  partitions, err = opened:partitions()
  if not partitions then return nil, err end
  table.insert(result, whole(partitions))
  for _, name in ipairs(names) do
    local data
    data, err = opened:service(name)
    if not data then return nil, err end
    local part = { metadata = data.metadata, rules = data.rules or false, names = data.names }
    for _, lazy in ipairs { "operations", "shapes", "paginators", "waiters" } do part[lazy] = whole(data[lazy]) end
    table.insert(result, part)
  end
  return result
end

-- Checks that an index is damaged.
local function check(text, place)
  local is_answered, found, err = pcall(contents, text)
  if not is_answered then found, err = nil, found end
  assert.is_nil(found, place)
  assert.equal("DamagedModels", type(err) == "table" and err.code or err, place)
  assert.matches("reinstall lanyard$", err.message)
end

describe("an index of models", function()
  local random = torture.random()

  it("is an error with any byte changed", function()
    assert.truthy(contents(bytes))
    local count = 0
    for position = 1, #bytes do
      for _ = 1, torture.choose(1, 20) do
        local byte = bytes:byte(position) ~ random(255)
        check(bytes:sub(1, position - 1) .. string.char(byte) .. bytes:sub(position + 1), "byte " .. position)
        count = count + 1
      end
    end
    torture.report("changed bytes of the index of models", count)
  end)

  it("is an error at any length", function()
    local count = 0
    for length = 0, #bytes - 1, torture.choose(7, 1) do
      check(bytes:sub(1, length), "length " .. length)
      count = count + 1
    end
    torture.report("lengths of the index of models", count)
  end)

  -- Something else than pack.index wrote the index: the checksums are right, and the texts are not.
  it("is an error, or other contents, with damaged texts and right checksums", function()
    local length, size = bytes:match "^lanyard models 1 (%d+) (%d+)"
    local start = bytes:find("\n", 1, true)
    local directory = assert(json.decode(assert(deflate.inflate(bytes:sub(start + 1, start + length), tonumber(size)))))
    local function text_of(entry, dictionary)
      local offset = start + length + entry[1]
      return assert(deflate.inflate(bytes:sub(offset + 1, offset + entry[2]), entry[3], dictionary))
    end
    local dictionary = text_of(directory.parts.dictionary)
    local texts = { words = text_of(directory.parts.words), things = text_of(directory.services.things, dictionary) }

    local function rebuilt(damaged)
      local parts, offset = {}, 0
      local function add(list, name, text, with)
        local packed = deflate.deflate(text, 1, with)
        list[name] = json.array { offset, #packed, #text, deflate.crc32(packed) }
        parts[#parts + 1], offset = packed, offset + #packed
      end
      local changed = { source = "x", parts = {}, services = {} }
      add(changed.parts, "dictionary", dictionary)
      add(changed.parts, "words", damaged.words or texts.words)
      add(changed.parts, "partitions", damaged.partitions or "{}")
      add(changed.services, "things", damaged.things or texts.things, dictionary)
      local text = damaged.directory or json.encode(changed)
      local packed = deflate.deflate(text)
      return ("lanyard models 1 %d %d %d\n"):format(#packed, #text, deflate.crc32(packed)) .. packed .. table.concat(parts)
    end

    local count = 0
    for _, name in ipairs { "words", "things" } do
      for _ = 1, torture.choose(1000, 50000) do
        local text = texts[name]
        local position = random(#text)
        local damaged = text:sub(1, position - 1) .. string.char(random(256) - 1) .. text:sub(position + random(3) - 1)
        local is_answered, found, err = pcall(contents, rebuilt { [name] = damaged })
        if not is_answered then err = found end
        assert.is_true(err == nil or type(err) == "table" and err.code == "DamagedModels", tostring(err))
        count = count + 1
      end
    end
    for _, text in ipairs { "", "1", "null", "[", "\0" } do
      check(rebuilt { partitions = text }, "partitions " .. text)
      check(rebuilt { directory = text }, "directory " .. text)
    end
    torture.report("damaged texts of the index of models", count)
  end)
end)
