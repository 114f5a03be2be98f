local description = require "lanyard.aws.description"
local lists = require "lanyard.lists"
local services = require "lanyard.aws.services"

local EXAMPLE = {
  name = "example", protocol = "rest_json", secrets = "password token", transient = "BusyException",
  operations = [[
    GetThing GET /things/{thingId}/{path+}?max={maxItems?}&name={name}&verbose=yes \
      x-amz-token={token} x-amz-page={page?} kind -> name:string parts:list
    StartThing unsigned once POST /things {input} -> {output}
  ]],
}

describe("the description of a service", function()
  it("copies its other fields", function()
    local service = description.parse(EXAMPLE)
    assert.same({ "example", "rest_json" }, { service.name, service.protocol })
    assert.same({ "password", "token" }, service.secrets)
    assert.same({ BusyException = true }, service.transient)
  end)

  it("places the members of a request", function()
    local operation = description.parse(EXAMPLE).operations.GetThing
    assert.equal("GET", operation.method)
    assert.equal("/things/{thingId}/{path+}", operation.path)
    assert.same({ { name = "max", member = "maxItems" }, { name = "name", member = "name" },
      { name = "verbose", value = "yes" } }, operation.query)
    assert.same({ ["x-amz-token"] = "token", ["x-amz-page"] = "page" }, operation.headers)
    assert.same({ "thingId", "path", "name", "token", "kind" }, operation.required)
    assert.same({ name = "string", parts = "list" }, operation.reply)
  end)

  it("places bytes, headers of the reply and a prefix of the host", function()
    local operation = description.parse { name = "x", protocol = "rest_json", operations = [[
      Swap POST /{id} @{zone}.data- {input:raw} -> ETag={tag} {output:raw}
    ]] }.operations.Swap
    assert.same({ "id", "zone", "input" }, operation.required)
    assert.same({ "{zone}.data-", "input", true, "output", true },
      { operation.host_prefix, operation.payload, operation.raw_payload, operation.reply_payload, operation.raw_reply })
    assert.same({ etag = "tag" }, operation.reply_headers)
    assert.same({ tag = "string" }, operation.reply)
  end)

  it("recognizes operations that only read, and flags", function()
    local operations = description.parse(EXAMPLE).operations
    assert.is_true(operations.GetThing.reads)
    local start = operations.StartThing
    assert.same({ false, true, true }, { start.reads, start.unsigned, start.once })
    assert.same({ "input", "output" }, { start.payload, start.reply_payload })
  end)
end)

describe("lanyard.aws.services", function()
  it("returns a service that was added", function()
    assert.equal(services.add(EXAMPLE), services.get "example")
  end)

  it("can replace a bundled service", function()
    local before = services.get "cloudtrail"
    assert.equal(before, services.get "cloudtrail")
    local own = services.add { name = "cloudtrail", protocol = "json", operations = "DescribeTrails" }
    assert.equal(own, services.get "cloudtrail")
    assert.is_nil(rawget(own.operations, "LookupEvents"))
  end)

  it("raises an error for a description that cannot be read", function()
    for problem, broken in pairs {
      ["the type 'Gone' is not described"] = { operations = "GetThing -> thing:Gone" },
      ["the type 'Part' is not described"] = { operations = "GetThing -> part:Part", shapes = "Part part:Part" },
      ["not a line of a waiter: Ready"] = { operations = "GetThing", waiters = "Ready" },
    } do
      broken.name, broken.protocol = "broken", "json"
      assert.error_matches(function() services.add(broken) end, problem)
      assert.error_matches(function() services.get "broken" end, "is not described")
    end
  end)

  it("lists all operations of a description, in the order of their names", function()
    local described = description.parse { name = "x", protocol = "json", operations = "B b -> c:string\n  A\n C" }
    assert.same({ "A", "B", "C" }, lists.sorted_names(described.operations))
    assert.same({ "b" }, described.operations.B.required)
    assert.is_nil(described.operations.D)
  end)

  it("raises an error for an unknown service", function()
    local ok, err = pcall(services.get, "nothing")
    assert.is_false(ok)
    assert.matches("the service 'nothing' is not described", err)
  end)
end)
