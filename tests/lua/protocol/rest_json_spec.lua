-- The REST JSON protocol; tests/lua/protocol/http_spec.lua has the bindings to HTTP.

local json = require "lanyard.json"
local protocol = require "lanyard.protocol.rest_json"
local service_of = require("protocol_case").service

local MEMBERS = {
  any = { shape = "Document" }, choice = { shape = "Choice", locationName = "Choice" }, nodes = { shape = "Nodes" },
  header = { shape = "String", location = "header", locationName = "X-Header" }, docs = { shape = "Documents" },
}
local OPTIONS = { shapes = { Documents = { type = "map", key = { shape = "String" }, value = { shape = "Document" } } } }

local function body(input)
  local service, operation = service_of(MEMBERS, OPTIONS)
  local request, message = protocol.encode(service, operation, input)
  return request and request.body or message
end

local function decode(text, headers)
  local service, operation = service_of(MEMBERS, OPTIONS)
  return protocol.decode(service, operation, { status = 200, headers = headers or {}, body = text })
end

describe("REST JSON", function()
  it("writes and reads documents as they are", function()
    for _, text in ipairs { '"x"', "5", "1.5", "true", "false", "[]", "{}", '[1,[null],{"a":{"b":[]}}]', '{"__type":"kept"}' } do
      local value = json.decode(text)
      assert.equal('{"any":' .. text .. "}", body { any = value })
      assert.equal('{"any":' .. text .. "}", json.encode(decode('{"any":' .. text .. "}")))
      assert.equal('{"docs":{"k":' .. text .. "}}", json.encode(decode('{"docs":{"k":' .. text .. "}}")))
    end
  end)

  it("writes and reads unions, and keeps an unknown member", function()
    assert.equal('{"Choice":{"number":0}}', body { choice = { number = 0 } })
    assert.same({ choice = { text = "" } }, decode '{"Choice":{"text":"","number":null}}')
    assert.same({ choice = { other = { 1 } } }, decode '{"Choice":{"other":[1]}}')
  end)

  it("reads a reply without a body, and one that is not described", function()
    assert.same({ header = "h" }, decode("", { ["x-header"] = "h" }))
    local service, operation = service_of({}, { operation = { output = false } })
    assert.same({}, protocol.decode(service, operation, { status = 200, headers = {}, body = "" }))
    assert.same({ a = 1 }, protocol.decode(service, operation, { status = 200, headers = {}, body = '{"a":1}' }))
  end)

  it("accepts any body if no member of the output is in the body", function()
    local header = { shape = "String", location = "header", locationName = "x-header" }
    for _, case in ipairs { { {}, { operation = { output = false } }, {} }, { {}, {}, {} }, { { header = header }, {}, { header = "h" } } } do
      local service, operation = service_of(case[1], case[2])
      for _, text in ipairs { "", "null", "[]", "[1]", '"ok"', "5", "<html>", "{" } do
        assert.same(case[3], protocol.decode(service, operation, { status = 200, headers = { ["x-header"] = "h" }, body = text }))
      end
    end
    local service, operation = service_of({ header = header })
    assert.same({ header = "h", later = 1 },
      protocol.decode(service, operation, { status = 200, headers = { ["x-header"] = "h" }, body = '{"later":1}' }))
  end)

  it("rejects a page of HTML", function()
    local output, message = decode "<html>"
    assert.is_nil(output)
    assert.matches("^the reply is not JSON: ", message)
  end)

  it("reads values deep in shapes that contain themselves", function()
    local text = ('{"nodes":['):rep(20) .. ("]}"):rep(20)
    assert.equal(text, json.encode(decode(text)))
    assert.equal(text, body(decode(text)))
  end)
end)

describe("an error of REST JSON", function()
  local function err(text, headers)
    local service, operation = service_of(MEMBERS, {
      operation = { errors = { { shape = "Throttled" } } },
      shapes = { Throttled = { type = "structure", exception = true, members = {
        Header = { shape = "Integer", location = "header", locationName = "X-Wait" }, top = { shape = "String", locationName = "Top" },
      } } },
    })
    return protocol.decode_error(service, operation, { status = 429, headers = headers, body = text })
  end

  it("has members in headers and in the body", function()
    assert.same({ code = "Throttled", message = "slow down", members = { Header = 5, top = "t", message = "slow down" } },
      err('{"Top":"t","message":"slow down"}', { ["x-amzn-errortype"] = "Throttled", ["x-wait"] = "5" }))
    assert.same({ Header = 5 }, err("", { ["x-amzn-errortype"] = "Throttled", ["x-wait"] = "5" }).members)
  end)

  it("is found in a page that is not AWS's, without a code", function()
    assert.same({ members = {} }, err("<html>", {}))
  end)
end)
