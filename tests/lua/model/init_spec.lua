local lists = require "lanyard.lists"
local model = require "lanyard.model"

local DATA = {
  metadata = { protocol = "rest-xml" },
  operations = {
    PutThing = { http = { method = "PUT", requestUri = "/{Id}" }, input = { shape = "Put", locationName = "PutRequest" },
      errors = { { shape = "NoSuchThing" } } },
    GetThing = { authtype = "none", output = { shape = "Thing" } },
    Use = { readonly = true },
  },
  shapes = {
    Put = { type = "structure", required = { "Id" }, members = {
      { name = "Zone", shape = "Name", location = "header", locationName = "x-zone" },
      { name = "Id", shape = "Name", location = "uri" },
      { name = "Thing", shape = "Thing" },
    } },
    Thing = { type = "structure", sensitive = true, members = { Parts = { shape = "Things" }, Labels = { shape = "Labels" } } },
    Things = { type = "list", member = { shape = "Thing", locationName = "part" }, flattened = true },
    Labels = { type = "map", key = { shape = "Name" }, value = { shape = "Time" } },
    Name = { type = "string", max = 10 },
    Time = { type = "timestamp", timestampFormat = "iso8601" },
    NoSuchThing = { type = "structure", exception = true, error = { code = "NoSuchThing" } },
  },
}

describe("a model", function()
  local service = model.new(DATA)

  it("has operations with HTTP binding, input, output and errors", function()
    local put = service:operation "PutThing"
    assert.equal("PUT", put.method)
    assert.equal("/{Id}", put.uri)
    assert.equal("PutRequest", put.input.locationName)
    assert.equal("Put", put.input.name)
    assert.is_nil(put.output)
    assert.equal("NoSuchThing", put.errors[1].error.code)
    assert.is_false(put.reads or put.unsigned)
    assert.equal(put, service:operation "PutThing")
    local get = service:operation "GetThing"
    assert.equal("POST /", get.method .. " " .. get.uri)
    assert.is_true(get.reads and get.unsigned)
    assert.is_true(service:operation "Use".reads)
    assert.is_nil(service:operation "Delete")
    assert.same({ "GetThing", "PutThing", "Use" }, service:operation_names())
  end)

  it("has references with their own traits and the traits of their shapes", function()
    local input = service:operation "PutThing".input
    local names = {}
    for i, member in ipairs(input.members) do names[i] = member.member end
    assert.same({ "Zone", "Id", "Thing" }, names)
    local zone = input.by_name.Zone
    assert.same({ "string", "Name", 10, "x-zone" }, { zone.type, zone.name, zone.max, zone.locationName })
    assert.is_true(input.is_required.Id)
    assert.is_nil(input.is_required.Zone)
    assert.is_true(input.by_name.Thing.sensitive)
  end)

  it("resolves shapes that contain themselves", function()
    local thing = service:shape "Thing"
    local item = thing.by_name.Parts.item
    assert.is_true(thing.by_name.Parts.flattened)
    assert.equal("part", item.locationName)
    assert.is_nil(item.member)
    assert.equal("Thing", item.by_name.Parts.item.name)
    assert.equal("iso8601", thing.by_name.Labels.value.timestampFormat)
    assert.same({ "Labels", "Parts" }, { thing.members[1].member, thing.members[2].member })
  end)

  it("has the names of its waiters, and a rule set only when it is asked for", function()
    local read = {}
    local lazy = model.new(setmetatable({ metadata = {}, shapes = {}, operations = {}, waiters = { B = {}, A = {} } }, {
      __index = function(_, name)
        read[#read + 1] = name
        return name == "rules" and { version = "1.0" } or nil
      end,
    }))
    assert.same({ "A", "B" }, lazy:waiter_names())
    assert.is_nil(lists.contains(read, "rules") or nil)
    assert.equal("1.0", lazy.rules.version)
  end)

  it("names a shape that is missing", function()
    local broken = model.new { metadata = {}, shapes = {}, operations = { Get = { input = { shape = "Absent" } } } }
    assert.has_error(function() return broken:operation "Get".input.type end, "the model has no shape 'Absent'")
  end)
end)
