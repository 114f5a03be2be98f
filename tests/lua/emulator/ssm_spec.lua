-- The parameters of the emulated Systems Manager.

local world = require "world"

local ARN = "arn:aws:ssm:us-east-1:111122223333:parameter"

describe("the emulated Systems Manager", function()
  local w, ssm
  before_each(function()
    w = world.new { seed = { regions = { ["us-east-1"] = { parameters = {
      { name = "/shop/color", value = "green", previous = { "red", "blue" }, labels = { prod = 2, test = 3 } },
      { name = "/shop/password", value = "hunter2-hunter2", type = "SecureString" },
      { name = "/shop/url", value = "postgres://shop:hunter2-hunter2@database.internal/shop", type = "SecureString" },
      { name = "plain", value = "a,b", type = "StringList" },
    } } } } }
    ssm = assert(w.region.session:client "ssm")
  end)
  after_each(function() getmetatable(w).__close(w) end)

  local function get(name, decrypt)
    local reply, err = ssm:GetParameter { Name = name, WithDecryption = decrypt }
    return reply and reply.Parameter, err
  end
  local function fails(code, reply, err)
    assert.is_nil(reply)
    assert.equal(code, err.code)
    return err.message
  end

  it("returns the newest version of a parameter, by name and by ARN", function()
    local found = assert(get "/shop/color")
    assert.same({ "/shop/color", "String", "green", 3, "text", ARN .. "/shop/color" },
      { found.Name, found.Type, found.Value, found.Version, found.DataType, found.ARN })
    assert.is_nil(found.Selector)
    assert.equal("green", assert(get(ARN .. "/shop/color")).Value)
    assert.equal("a,b", assert(get "plain").Value)
    assert.equal("a,b", assert(get(ARN .. "/plain")).Value)
    assert.equal(ARN .. "/plain", assert(get "plain").ARN)
    assert.equal("a,b", assert(get " plain  ").Value)
  end)

  it("returns a version, or the version of a label", function()
    assert.same({ "red", 1, ":1" }, (function(p) return { p.Value, p.Version, p.Selector } end)(assert(get "/shop/color:1")))
    assert.same({ "blue", 2, ":prod" }, (function(p) return { p.Value, p.Version, p.Selector } end)(assert(get "/shop/color:prod")))
    assert.equal("green", assert(get(ARN .. "/shop/color:test")).Value)
    assert.equal("Systems Manager could not find version 9 of /shop/color. Verify the version and try again.",
      fails("ParameterVersionNotFound", get "/shop/color:9"))
    fails("ParameterVersionNotFound", get "/shop/color:0")
    fails("ParameterVersionNotFound", get "/shop/color:absent")
  end)

  it("decrypts a SecureString on request", function()
    assert.matches("^AQICAH", assert(get "/shop/password").Value)
    assert.equal("hunter2-hunter2", assert(get("/shop/password", true)).Value)
  end)

  it("rejects names that do not exist or are not valid", function()
    fails("ParameterNotFound", get "/shop/absent")
    fails("ParameterNotFound", get "shop/color")
    fails("ParameterNotFound", get "/SHOP/color")
    fails("ParameterNotFound", get("arn:aws:ssm:eu-west-1:111122223333:parameter/shop/color"))
    fails("ParameterNotFound", get("arn:aws:ssm:us-east-1:999922223333:parameter/shop/color"))
    for _, name in ipairs { "a b", "a:b:c", "a:", ":1", "\u{e9}", "arn:aws:ssm:us-east-1:1:document/x" } do
      fails("ValidationException", get(name))
    end
    assert.matches("at 'name' failed to satisfy constraint: Member must have length less than or equal to 2048",
      fails("ValidationException", get(("a"):rep(2049))))
  end)

  it("returns several parameters in alphabetical order, and the invalid names", function()
    local reply = assert(ssm:GetParameters { Names = { "plain", "/shop/color:1", "absent", "/shop/password", "/shop/color:7" }, WithDecryption = true })
    local found = {}
    for i, one in ipairs(reply.Parameters) do found[i] = one.Name .. "=" .. one.Value end
    assert.same({ "/shop/color=red", "/shop/password=hunter2-hunter2", "plain=a,b" }, found)
    assert.same({ "absent", "/shop/color:7" }, reply.InvalidParameters)
    local eleven = {}
    for i = 1, 11 do eleven[i] = "p" .. i end
    assert.matches("at 'names' .*less than or equal to 10", fails("ValidationException", ssm:GetParameters { Names = eleven }))
  end)

  it("has no value in the log of a client", function()
    local log = {}
    local debugged = assert(w.region.session:client("ssm", { debug = function(line) log[#log + 1] = line end }))
    assert.equal("hunter2-hunter2", assert(debugged:GetParameter { Name = "/shop/password", WithDecryption = true }).Parameter.Value)
    assert.matches("GetParameter", table.concat(log))
    assert(debugged:GetParameters { Names = { "/shop/url" }, WithDecryption = true })
    for _, text in ipairs { "hunter2", "postgres", "database.internal" } do assert.is_nil(table.concat(log):find(text, 1, true)) end
  end)
end)
