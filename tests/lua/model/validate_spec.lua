local credentials = require "lanyard.credentials"
local json = require "lanyard.json"
local model = require "lanyard.model"
local stream = require "lanyard.stream"
local validate = require "lanyard.model.validate"

local SHAPES = {
  Input = { type = "structure", required = { "serviceName" }, members = {
    { name = "serviceName", shape = "Name" },
    { name = "containers", shape = "Containers" },
    { name = "count", shape = "Count" },
    { name = "total", shape = "Long" },
    { name = "ratio", shape = "Ratio" },
    { name = "active", shape = "Flag" },
    { name = "data", shape = "Data" },
    { name = "at", shape = "Time" },
    { name = "choice", shape = "Choice" },
    { name = "tags", shape = "Tags" },
    { name = "sparse", shape = "Sparse" },
    { name = "sparseMap", shape = "SparseMap" },
    { name = "free", shape = "Free" },
    { name = "context", shape = "Text", jsonvalue = true },
    { name = "value", shape = "Value" },
  } },
  Containers = { type = "map", key = { shape = "Name" }, value = { shape = "Container" } },
  Container = { type = "structure", required = { "image" }, members = {
    { name = "image", shape = "Text" },
    { name = "ports", shape = "Ports" },
    { name = "command", shape = "Texts" },
  } },
  Ports = { type = "map", key = { shape = "Text" }, value = { shape = "Text" } },
  Texts = { type = "list", member = { shape = "Text" } },
  Tags = { type = "list", member = { shape = "Tag" }, min = 1 },
  Tag = { type = "structure", members = { { name = "key", shape = "Text" } } },
  Sparse = { type = "list", member = { shape = "Text" }, sparse = true },
  SparseMap = { type = "map", key = { shape = "Text" }, value = { shape = "Text" }, sparse = true },
  Name = { type = "string", min = 3, max = 4 },
  Text = { type = "string" },
  Count = { type = "integer", min = 1 },
  Long = { type = "long" },
  Ratio = { type = "double", min = 0.5 },
  Flag = { type = "boolean" },
  Data = { type = "blob", min = 2 },
  Time = { type = "timestamp" },
  Choice = { type = "structure", union = true, members = { { name = "a", shape = "Text" }, { name = "b", shape = "Text" } } },
  Free = { type = "structure", document = true },
  Value = { type = "structure", members = { { name = "L", shape = "Values" } } },
  Values = { type = "list", member = { shape = "Value" } },
}

local service = model.new {
  metadata = {}, shapes = SHAPES, operations = { Put = { input = { shape = "Input" } }, Ping = {} },
}
local INPUT = service:operation "Put".input

-- Returns the fault of an input with a valid serviceName and further members.
local function fault(members)
  members.serviceName = members.serviceName or "web"
  return select(2, validate(INPUT, members))
end

describe("the check of an input", function()
  it("accepts values of every type", function()
    assert.is_true(validate(INPUT, {
      serviceName = "websites", containers = { app = { image = "nginx", ports = { ["80"] = "HTTP" }, command = {} } },
      count = 1, total = math.maxinteger, ratio = 0.5, active = false, data = "\0\255", at = 1.5, choice = { b = "x" },
      tags = { {}, { key = "" } }, sparse = { "a", json.null }, sparseMap = { a = json.null }, free = { 1, "x" },
      context = { any = true }, value = { L = { { L = json.array {} } } },
    }))
    assert.is_true(validate(INPUT, { serviceName = credentials.secret "x", ratio = 1, count = 2.0, containers = {} }))
  end)

  it("accepts a file as the body of a request only", function()
    local file <close> = assert(stream.open "tests/lua/model/validate_spec.lua")
    assert.equal("data: expected a string of bytes, got a file, which only the body of a request can be",
      fault { data = file })
    assert.equal("serviceName: expected a string, got a file", fault { serviceName = file })
    assert.equal("count: expected an integer, got a sealed secret", fault { count = credentials.secret "1" })
    local put = model.new { metadata = {}, operations = { Put = { input = { shape = "Put" } } }, shapes = {
      Put = { type = "structure", payload = "Body", members = { { name = "Body", shape = "Data" }, { name = "Other", shape = "Data" } } },
      Data = { type = "blob" },
    } }:operation "Put".input
    assert.is_true(validate(put, { Body = file }))
    assert.matches("^Other: ", select(2, validate(put, { Other = file })))
  end)

  it("names an unknown member, and the nearest one", function()
    assert.equal("servicename: an unknown member (did you mean serviceName?)",
      select(2, validate(INPUT, { servicename = "web" })))
    assert.equal("containers.app.imago: an unknown member (did you mean image?)",
      fault { containers = { app = { imago = "x" } } })
    assert.equal("zzz: an unknown member", fault { zzz = 1 })
    assert.equal("x: the operation takes no members", select(2, validate(service:operation "Ping".input, { x = 1 })))
    assert.is_true(validate(nil, {}))
  end)

  it("names a required member that is missing", function()
    assert.equal("serviceName: required, but missing", select(2, validate(INPUT, {})))
    assert.equal("containers.app.image: required, but missing", fault { containers = { app = {} } })
  end)

  it("names the type that is expected", function()
    for expected, members in pairs {
      ["containers.app.ports: expected a map, got a string"] = { containers = { app = { image = "i", ports = "80" } } },
      ["containers.app.ports: expected a map, got a list"] = { containers = { app = { image = "i", ports = { "80" } } } },
      ["containers.app.command.1: expected a string, got an integer"] =
        { containers = { app = { image = "i", command = { "a", 2 } } } },
      ["containers.app.command: expected a list, got a map"] =
        { containers = { app = { image = "i", command = { a = "b" } } } },
      ["tags: expected a list, got a table with names and positions"] = { tags = { {}, x = {} } },
      ["tags.0: expected a table of members, got a string"] = { tags = { "x" } },
      ["count: expected an integer, got a number"] = { count = 1.5 },
      ["total: expected an integer, got a string"] = { total = "1" },
      ["ratio: expected a number, got a boolean"] = { ratio = true },
      ["active: expected a boolean, got a string"] = { active = "true" },
      ["data: expected a string of bytes, got a map"] = { data = {} },
      ["at: expected a number of seconds since 1970 or an ISO 8601 text, got 'soon'"] = { at = "soon" },
      ["at: expected a number of seconds since 1970 or an ISO 8601 text, got nan"] = { at = 0 / 0 },
      ["at: expected a number of seconds since 1970 or an ISO 8601 text, got a boolean"] = { at = true },
      ["serviceName: expected a string, got null"] = { serviceName = json.null },
      ["tags.0: expected a table of members, got null"] = { tags = { json.null } },
    } do
      assert.equal(expected, (tostring(fault(members)):gsub("%-nan", "nan")))
    end
  end)

  it("accepts the forms of timestamps", function()
    for _, time in ipairs { 0, -1.5, "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.25+01:00", "2026-01-31", "2026-01-31T12:00:00",
      "Sat, 31 Jan 2026 12:00:00 GMT" } do
      assert.is_nil(fault { at = time })
    end
  end)

  it("checks minimum sizes, and leaves maximum sizes to AWS", function()
    assert.equal("serviceName: a length of 2 is less than the minimum of 3", fault { serviceName = "\u{e9}x" })
    assert.equal("count: 0 is less than the minimum of 1", fault { count = 0 })
    assert.equal("ratio: 0.25 is less than the minimum of 0.5", fault { ratio = 0.25 })
    assert.equal("data: a length of 1 bytes is less than the minimum of 2", fault { data = "x" })
    assert.equal("tags: a list of 0 items is less than the minimum of 1", fault { tags = {} })
    assert.equal("containers.ab: a length of 2 is less than the minimum of 3", fault { containers = { ab = { image = "" } } })
  end)

  it("expects one member of a union", function()
    assert.equal("choice: expected one member of Choice, got none", fault { choice = {} })
    assert.equal("choice: expected one member of Choice, got a and b", fault { choice = { a = "1", b = "2" } })
  end)

  it("reports the first fault in the order of the model", function()
    for _ = 1, 20 do
      assert.equal("containers.aaa.image: required, but missing",
        fault { containers = { bbb = {}, aaa = {}, ccc = {} }, count = 0, active = 1 })
    end
  end)

  it("rejects a table that contains itself", function()
    local value = {}
    value.L = { value }
    assert.matches("^value%.L%.0.*: nested deeper than 200 levels$", fault { value = value })
  end)
end)
