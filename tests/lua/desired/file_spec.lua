local file = require "lanyard.desired.file"
local helper = require "helper"

describe("a desired-state file", function()
  it("has the same meaning in Lua and in JSON", function()
    local lua = assert(file.parse([[
      local team = { "web", "team/*" }
      return {
        region = "us-east-1",
        grants = {
          { service = "web", repositories = team },
          { service = "jobs", repositories = { "jobs" }, expires = "2027-01-31", sid = "jobs can pull", optional = true },
        },
      }]], "grants.lua"))
    local json = assert(file.parse([[{ "region": "us-east-1", "grants": [
      { "service": "web", "repositories": ["web", "team/*"] },
      { "service": "jobs", "repositories": ["jobs"], "expires": "2027-01-31", "sid": "jobs can pull", "optional": true }
    ]}]], "grants.json"))
    for _, desired in ipairs { lua, json } do
      assert.equal("us-east-1", desired.region)
      assert.equal("web", desired.grants[1].service)
      assert.same({ "web", "team/*" }, { table.unpack(desired.grants[1].repositories) })
      assert.is_nil(desired.grants[1].expires)
      assert.equal(1801353600, desired.grants[2].expires)
      assert.equal("jobs can pull", desired.grants[2].sid)
      assert.is_true(desired.grants[2].optional)
    end
  end)

  it("reports the position of a syntax error", function()
    local _, err = file.parse('{\n"grants":[,]}', "grants.json")
    assert.equal("InvalidFile", err.code)
    assert.matches("^grants%.json:2:11: ", err.message)
    _, err = file.parse("return {\n  grants = = 1,\n}", "grants.lua")
    assert.matches("^grants%.lua:2: ", err.message)
    _, err = file.parse("local x\nreturn x.y", "grants.lua")
    assert.matches("^grants%.lua:2: ", err.message)
  end)

  it("cannot leave its sandbox", function()
    for _, chunk in ipairs { "return os.getenv 'HOME'", "return io.open '/etc/passwd'", "return require 'lanyard.http'",
      "while true do end" } do
      local desired, err = file.parse(chunk, "grants.lua")
      assert.is_nil(desired)
      assert.matches("^grants%.lua:1: ", err.message)
    end
  end)

  it("is named in the error when it cannot be read", function()
    local folder <close> = helper.folder()
    local desired, err = file.read(folder .. "/none.lua")
    assert.is_nil(desired)
    assert.matches("none%.lua", err.message)
  end)
end)
