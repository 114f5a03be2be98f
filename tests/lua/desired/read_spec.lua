local helper = require "helper"
local read = require "lanyard.desired.read"

-- The lines of the error that a text has, as file "grants".
local function mistakes(text, name)
  local desired, err = read.text(text, name or "grants")
  assert.is_nil(desired)
  assert.equal("InvalidFile", err.code)
  local lines = {}
  for line in err.message:gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  return lines
end

local function one_mistake(text)
  local lines = mistakes(text)
  assert.equal(1, #lines)
  return lines[1]
end

describe("a desired file", function()
  it("says the same in Lua and in JSON", function()
    local lua = assert(read.text([[
      local team = { "web", "team/*" }
      return {
        region = "us-east-1",
        grants = {
          { service = "web", repositories = team },
          { service = "jobs", repositories = { "jobs" }, expires = "2027-01-31", sid = "jobs may pull", optional = true },
        },
      }]], "grants.lua"))
    local json = assert(read.text([[{ "region": "us-east-1", "grants": [
      { "service": "web", "repositories": ["web", "team/*"] },
      { "service": "jobs", "repositories": ["jobs"], "expires": "2027-01-31", "sid": "jobs may pull", "optional": true }
    ]}]], "grants.json"))
    for _, desired in ipairs { lua, json } do
      assert.equal("us-east-1", desired.region)
      assert.equal("web", desired.grants[1].service)
      assert.same({ "web", "team/*" }, { table.unpack(desired.grants[1].repositories) })
      assert.is_nil(desired.grants[1].expires)
      assert.equal(1801353600, desired.grants[2].expires)
      assert.equal("jobs may pull", desired.grants[2].sid)
      assert.is_true(desired.grants[2].optional)
    end
  end)

  it("may grant nothing, and leave the Region to who reads it", function()
    local desired = assert(read.text('{"grants":[]}', "grants"))
    assert.same({}, desired.grants)
    assert.is_nil(desired.region)
  end)

  it("takes a moment or a day, which means its beginning", function()
    for text, seconds in pairs {
      ["2027-01-31"] = 1801353600, ["2027-01-31T00:00Z"] = 1801353600, ["2027-01-31T12:30:00Z"] = 1801398600,
      ["2027-01-31T01:00:00+01:00"] = 1801353600,
    } do
      local desired = assert(read.text(([[{"grants":[{"service":"web","repositories":["web"],"expires":"%s"}]}]])
        :format(text), "grants"))
      assert.equal(seconds, desired.grants[1].expires)
    end
  end)

  it("tells a member that is none, with the nearest name and the line", function()
    local line = one_mistake '{"grants":[\n{"service":"web",\n"repositorys":["a1"],"repositories":["web"]}]}'
    assert.matches("^grants:3: grants%[1%] .*'repositorys'.*'repositories'", line)
    assert.matches("^grants:1: has a member 'regon'.*'region'", one_mistake '{"regon":"us-east-1","grants":[]}')
  end)

  it("tells a name that AWS does not take, with its line", function()
    local line = one_mistake '{"grants":[\n\n{"service":"No_Good","repositories":["web"]}]}'
    assert.matches("^grants:3: grants%[1%]%.service .*'No_Good'", line)
    line = one_mistake '{"grants":[{"service":"web","repositories":["web",\n"Bad//Name"]}]}'
    assert.matches("^grants:2: grants%[1%]%.repositories%[2%] .*'Bad//Name'", line)
    line = one_mistake '{"grants":[{"service":"web","repositories":["Web*"]}]}'
    assert.matches("'Web%*' cannot match a repository", line)
    assert.matches("^grants:1: region .*'moon'", one_mistake '{"region":"moon","grants":[]}')
  end)

  it("gives no line where a word stands in several", function()
    local line = one_mistake [[{"grants":[
      {"service":"web","repositories":["B"]},
      {"service":"jobs","sid":"B",
       "repositories":["web"]}]}]]
    assert.matches("^grants: grants%[1%]%.repositories%[1%]", line)
  end)

  it("tells what is missing or of another type", function()
    for text, pattern in pairs {
      ['{"grants":[{"repositories":["web"]}]}'] = "grants%[1%]%.service is missing",
      ['{"grants":[{"service":"web"}]}'] = "grants%[1%]%.repositories is missing",
      ['{"grants":[{"service":"web","repositories":"web"}]}'] = "repositories is a string, not a list",
      ['{"grants":[{"service":"web","repositories":{"a":"web"}}]}'] = "repositories is a table, not a list",
      ['{"grants":[{"service":"web","repositories":[]}]}'] = "repositories is empty",
      ['{"grants":[{"service":7,"repositories":["web"]}]}'] = "service is a number, not a text",
      ['{"grants":[{"service":"web","repositories":["web"],"expires":null}]}'] = "expires is null",
      ['{"grants":[{"service":"web","repositories":["web"],"sid":""}]}'] = "sid is wrong",
      ['{"grants":[{"service":"web","repositories":["web"],"optional":"yes"}]}'] = "optional is a string, not true",
      ['{"grants":["web"]}'] = "grants%[1%] is a string, not a grant",
      ['{"grants":{"web":[]}}'] = "grants is a table, not a list",
      ['{"grants":{}}'] = "grants is a table, not a list",
      ['{"grants":[{"service":"web","repositories":{}}]}'] = "repositories is a table, not a list",
      ['{}'] = "grants is missing",
    } do
      assert.matches(pattern, one_mistake(text))
    end
  end)

  it("tells a date that is none", function()
    for _, date in ipairs { "tomorrow", "2027-02-30", "2027-13-01", "2027-01-31T25:00:00Z", "30d", "" } do
      local line = one_mistake(([[{"grants":[{"service":"web","repositories":["web"],"expires":"%s"}]}]]):format(date))
      assert.matches("expires is wrong: '[^']*' is no date", line)
    end
  end)

  it("tells a repository that is named twice for one service", function()
    assert.matches("repositories%[2%] names 'web' a second time",
      one_mistake '{"grants":[{"service":"web","repositories":["web","web"]}]}')
    assert.matches("^grants: grants%[2%] grants 'web' to 'jobs', as grants%[1%] does",
      one_mistake '{"grants":[{"service":"jobs","repositories":["web"]},{"service":"jobs","repositories":["web"]}]}')
  end)

  it("tells all mistakes at once, a line each", function()
    assert.equal(3, #mistakes '{"regon":1,"grants":[{"service":"A","repositories":[]}]}')
  end)

  it("tells where JSON or Lua breaks off", function()
    assert.matches("^grants%.json:2:11: ", mistakes('{\n"grants":[,]}', "grants.json")[1])
    local _, err = read.text("return {\n  grants = = 1,\n}", "grants.lua")
    assert.matches("^grants%.lua:2: ", err.message)
    _, err = read.text("local x\nreturn x.y", "grants.lua")
    assert.matches("^grants%.lua:2: ", err.message)
  end)

  it("has no way out of its sandbox", function()
    for _, chunk in ipairs { "return os.getenv 'HOME'", "return io.open '/etc/passwd'", "return require 'lanyard.http'",
      "while true do end" } do
      local desired, err = read.text(chunk, "grants.lua")
      assert.is_nil(desired)
      assert.matches("^grants%.lua:1: ", err.message)
    end
  end)

  it("is told by its name where it cannot be read", function()
    local folder <close> = helper.folder()
    local desired, err = read.file(folder .. "/none.lua")
    assert.is_nil(desired)
    assert.matches("none%.lua", err.message)
  end)
end)
