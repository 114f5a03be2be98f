-- The index of models: what is written is read, piece by piece.

local botocore = require "lanyard.model.botocore"
local deflate = require "lanyard.deflate"
local helper = require "helper"
local index = require "lanyard.model.index"
local json = require "lanyard.json"
local model = require "lanyard.model"
local models = require "models"
local pack = require "lanyard.model.pack"

local root = models.folder()
local folder = root .. "/data"
teardown(getmetatable(root).__close)

local function reader(bytes, log)
  return function(offset, length)
    if log then log[#log + 1] = length end
    return bytes:sub(offset + 1, offset + length)
  end
end

-- A copy with every lazy part.
local function whole(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for name, item in pairs(value) do copy[name] = whole(item) end
  return copy
end

describe("the index of models", function()
  local folder_models = botocore.open(folder)
  local bytes = assert(pack.index(folder_models))

  it("has the services and the source", function()
    local opened = index.open(reader(bytes))
    assert.same({ "other", "things" }, opened:services())
    assert.equal("botocore 1.2.3", opened:source())
    assert.same({ { id = "aws" } }, whole(opened:partitions().partitions))
    assert.is_nil((opened:service "nothing"))
  end)

  it("returns what the reader returned", function()
    for _, name in ipairs(folder_models.names) do
      local expected, data = folder_models.read(name), index.open(reader(bytes)):service(name)
      for _, part in ipairs { "metadata", "operations", "shapes", "paginators", "waiters", "rules", "names" } do
        assert.same(whole(expected[part] or {}), whole(data[part] or {}), name .. " " .. part)
      end
    end
  end)

  it("leaves out texts for people and keeps members with such names", function()
    local data = index.open(reader(bytes)):service "things"
    assert.is_nil(json.encode(whole(data), { deep = true }):find("<p>", 1, true))
    assert.is_nil(data.waiters.ThingExists.description)
    local names = {}
    for i, member in ipairs(data.shapes.PutThingRequest.members) do names[i] = member.name end
    assert.same({ "Name", "Zone", "description", "Body", "Token" }, names)
    assert.same({ "Name", "Zone" }, data.shapes.PutThingRequest.required)
  end)

  it("keeps unusual texts", function()
    local shapes = index.open(reader(bytes)):service("things").shapes
    assert.equal('^[a-z{}"\u{e9}\\\\]{1,9}$', shapes.Name.pattern)
    assert.same({ "a,b", "{", "\u{e9}" }, shapes.Odd.enum)
    assert.same({ "a", "b-c", "d e" }, shapes.Kind.enum)
  end)

  it("is a model for clients", function()
    local service = model.new(index.open(reader(bytes)):service "things")
    assert.same({ "ListThings", "PutThing", "Wait" }, service:operation_names())
    local put = service:operation "PutThing"
    assert.equal("PUT", put.method)
    assert.equal("/things/{Name+}?x", put.uri)
    assert.equal("string", put.input.by_name.description.type)
    assert.equal("NoSuchThing", put.errors[1].name)
    assert.is_nil(service:operation "putThing")
    assert.equal("aws.auth#sigv4", service.metadata.auth[1])
    assert.equal("ListThings", service.waiters.ThingExists.operation)
  end)

  it("reads nothing before it is asked, and each part once", function()
    local log = {}
    local opened = index.open(reader(bytes, log))
    assert.equal(0, #log)
    opened:services()
    local few = #log
    opened:source()
    assert.equal(few, #log)
    opened:service "other"
    local more = #log
    opened:service "things"
    assert.equal(more + 1, #log)
  end)

  it("is the same for the same models", function()
    assert.equal(bytes, assert(pack.index(botocore.open(folder))))
  end)
end)

describe("a damaged index", function()
  local bytes = assert(pack.index(botocore.open(folder)))

  local function refuses(text)
    local opened = index.open(reader(text))
    local names, err = opened:services()
    for _, name in ipairs(names or {}) do
      local _, problem = opened:service(name)
      err = err or problem
    end
    if names and not err then
      err = select(2, opened:partitions())
    end
    return err
  end

  it("is an error that says what to do", function()
    local err = refuses(bytes:sub(1, -100))
    assert.equal("DamagedModels", err.code)
    assert.equal("the models of AWS services are damaged (things): reinstall lanyard", err.message)
    assert.matches("%(the first line%): reinstall lanyard$", refuses("").message)
    assert.matches("%(the directory%)", refuses(bytes:sub(1, 60)).message)
    assert.matches("version 2 of the format, and this lanyard reads version 1", refuses((bytes:gsub("models 1", "models 2", 1))).message)
  end)

  it("is an error if its checksums are right and its contents are not", function()
    local function with_directory(text)
      local packed = deflate.deflate(text, 9)
      return ("lanyard models 1 %d %d %d\n"):format(#packed, #text, deflate.crc32(packed)) .. packed
    end
    for _, text in ipairs { "", "null", "[]", "{}", '{"parts":{},"services":{"x":[0,1,1,1]}}', '{"parts":{},"services":{"x":[-1,1,1,1]}}',
      '{"parts":{},"services":{"x":{}}}', '{"parts":{"dictionary":[0,9e15,1,1]},"services":{"x":1}}' } do
      assert.equal("DamagedModels", refuses(with_directory(text)).code, text)
    end
    assert.matches("the directory", refuses("lanyard models 1 10 99999999999999 5\n0123456789").message)
  end)
end)

describe("the models of this build", function()
  it("are described services with operations that can be used", function()
    local names, err = index.services()
    if not names then
      assert.equal("NoModels", err.code)
      return
    end
    assert.is_true(#names > 100)
    local ecr = model.new(assert(index.service "ecr"))
    assert.equal("repositoryName", ecr:operation("GetRepositoryPolicy").input.members[2].member)
    assert.equal("aws", index.partitions().partitions[1].id)
    assert.matches("^%S.* ?[%d.]*$", index.source())
  end)
  it("are in the binary, too", function()
    local code = 'local index = require "lanyard.model.index" print(#(index.services() or {}), (index.source()))'
    local result = helper.run { helper.build .. "/lanyard", "-e", code }
    assert.equal(("%d\t%s\n"):format(#(index.services() or {}), index.source()), result.out)
  end)
  it("are not read by calls that lanyard describes itself", function()
    for _, code in ipairs { 'aws.client("ecr"):list("DescribeRepositories", "repositories")', 'aws.client("lightsail"):GetContainerServices {}' } do
      code = 'local aws = require "lanyard.aws" assert(' .. code .. ') print(package.loaded["lanyard.model.index"])'
      assert.equal("nil\n", helper.run({ helper.lanyard, "--emulator", "-e", code }).out)
    end
  end)
end)
