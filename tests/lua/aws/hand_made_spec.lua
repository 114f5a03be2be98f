-- A service that is described by hand, called through a client: its own host, prefixes of the host, bytes as bodies, and
-- headers of replies.

local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local services = require "lanyard.aws.services"

local PARTS = {
  name = "parts", protocol = "rest_json", host = "parts.{region}.example.com", signing_name = "part-store",
  operations = [[
    PutPart PUT /parts/{partId} @data-{account}. {content:raw} -> ETag={tag}
    GetPart GET /parts/{partId} -> ETag={tag} x-size={size} {content:raw}
    FindPart GET /parts?name={name} -> partId:string x-cost={cost}
  ]],
}
services.add(PARTS)

-- Returns a client, and its requests.
local function client(reply, options)
  local requests = {}
  local all = {
    region = "eu-west-1", credentials = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" },
    transport = function(request)
      requests[#requests + 1] = request
      return { status = reply.status or 200, body = reply.body, headers = reply.headers or {}, elapsed = 0.01 }
    end,
  }
  for name, value in pairs(options or {}) do all[name] = value end
  return assert(assert(aws.session(all)):client("parts", { attempts = 1 })), requests
end

describe("a service that is described by hand", function()
  it("has its own host, signs for its Region, and sends bytes", function()
    local parts, requests = client { body = "", headers = { etag = "t" } }
    assert.same({ tag = "t" }, parts:PutPart { partId = "a/b", account = "a1", content = "\0{" })
    local request = requests[1]
    assert.same({ "PUT", "https://data-a1.parts.eu-west-1.example.com/parts/a%2Fb", "\0{", "application/octet-stream" },
      { request.method, request.url, request.body, request.headers["Content-Type"] })
    assert.matches("/eu%-west%-1/part%-store/aws4_request", tostring(request.headers.Authorization))
  end)

  it("uses an endpoint that is configured in place of its host, without a prefix on this machine", function()
    local parts, requests = client({ body = "" }, { endpoint_url = "http://127.0.0.1:9" })
    assert(parts:PutPart { partId = "1", account = "a1", content = "" })
    assert.equal("http://127.0.0.1:9/parts/1", requests[1].url)
  end)

  it("returns bytes and headers of a reply, also of an empty one", function()
    local parts = client { body = "<not JSON>\0", headers = { etag = "t", ["x-size"] = "11" } }
    assert.same({ tag = "t", size = "11", content = "<not JSON>\0" }, parts:GetPart { partId = "1" })
    parts = client { body = "" }
    assert.same({ content = "" }, parts:GetPart { partId = "1" })
  end)

  it("lists the only list of a reply, and needs a name for one of several", function()
    services.add { name = "parts", protocol = "rest_json", operations = [[
      ListPeople GET /people -> people:list count:integer
      ListBoth GET /both -> people:list places:list
    ]] }
    local parts = client { body = '{"people":["a","b"],"places":["c"]}' }
    services.add(PARTS)
    assert.same({ "a", "b" }, parts:list "ListPeople")
    assert.same({ "c" }, parts:list("ListBoth", "places"))
    assert.has_error(function() parts:list "ListBoth" end, "parts:ListBoth: no paginator says which member is the list: name it")
  end)

  it("has sensitive members in its replies, and in no log", function()
    local log = {}
    services.add { name = "parts", protocol = "rest_json", sensitive = "Email Name",
      operations = "ListPeople GET /people -> people:list" }
    local parts = client({ body = '{"people":[{"Id":"p1","Email":"ann@example.com","Name":"Ann \\"A\\" Lee"}]}' },
      { debug = function(line) log[#log + 1] = line end })
    services.add(PARTS)
    assert.same({ Id = "p1", Email = "ann@example.com", Name = 'Ann "A" Lee' }, assert(parts:ListPeople()).people[1])
    local text = table.concat(log, "\n")
    assert.matches('"Id":"p1","Email":"%*%*%*","Name":"%*%*%*"', text)
  end)

  it("checks a body of JSON as ever", function()
    local parts = client { body = '{"partId":"1"}', headers = { ["x-cost"] = "5" } }
    assert.same({ partId = "1", cost = "5" }, parts:FindPart { name = "n" })
    for _, body in ipairs { "", "<html>", '{"partId":5}' } do
      local reply, err = client { body = body }:FindPart { name = "n" }
      assert.is_nil(reply)
      assert.equal("InvalidResponse", err.code)
    end
  end)
end)
