local errors = require "lanyard.errors"
local smoke = require "lanyard.access.deployment.smoke"
local world = require "world"

-- Runs checks against replies: a list of statuses or errors, one for each request; the last one repeats.
local function run(texts, replies, options)
  local w <close> = world.new()
  local requests = {}
  local all = { timeout = 60, request = function(request)
    requests[#requests + 1] = request
    local reply = replies[math.min(#requests, #replies)]
    if type(reply) == "table" then
      return nil, reply
    end
    return { status = reply, headers = {}, body = "", elapsed = 0 }
  end }
  for name, value in pairs(options or {}) do all[name] = value end
  return smoke.run(w.region, "https://web.example.test/", assert(smoke.parse_all(texts)), all), requests, w.passed
end

describe("a smoke test", function()
  it("is a path and its status codes", function()
    assert.same({ path = "/up", codes = "200-399" }, smoke.parse "/up")
    assert.same({ path = "/up", codes = "200,204" }, smoke.parse "/up=200,204")
    assert.same({ path = "/up?x=y", codes = "200-399" }, smoke.parse "/up?x=y")
    assert.same({ path = "/up?x=1", codes = "100-599" }, smoke.parse "/up?x=1=100-599")
    for text, message in pairs {
      [""] = "'' is not a path", ["up"] = "'up' is not a path", ["/a b"] = "'/a b' is not a path", ["/a#b"] = "'/a#b' is not a path",
      ["/up=99"] = "'99' is not a list of HTTP codes from 100 to 599", ["/up=600"] = "'600' is not a list", ["/up=300-200"] = "'300%-200' is not",
      ["/up=1,2"] = "'1,2' is not a list",
    } do
      local check, found = smoke.parse(text)
      assert.is_nil(check, text)
      assert.matches(message, found)
    end
    assert.matches("^%-%-smoke: 'x' is not a path", (select(2, smoke.parse_all { "/", "x" })))
  end)

  it("requests the path below the URL, once if the status is as expected", function()
    local results, requests = run({ "/up?x=\195\164" }, { 302 })
    assert.is_true(smoke.all_passed(results))
    assert.equal("https://web.example.test/up?x=%C3%A4", requests[1].url)
    assert.equal(1, results[1].attempts)
    assert.equal(302, results[1].status)
    assert.is_true(requests[1].timeout <= 10)
  end)

  it("is repeated until the status is as expected", function()
    local results = run({ "/up=200" }, { 503, errors.new { code = "Timeout", message = "slow", retryable = true }, 204, 200 })
    assert.is_true(results[1].passed)
    assert.equal(4, results[1].attempts)
  end)

  it("fails after its time, with the last status", function()
    local results, requests, passed = run({ "/up" }, { 503 }, { timeout = 20 })
    assert.is_false(smoke.all_passed(results))
    assert.equal(503, results[1].status)
    assert.equal(#requests, results[1].attempts)
    assert.is_true(passed > 19.9 and passed < 21, passed)
    assert.is_true(requests[#requests].timeout <= 10)
  end)

  it("fails at once for an invalid certificate", function()
    local results, requests = run({ "/up" }, { errors.new { code = "Tls", message = "certificate has expired", retryable = false } })
    assert.is_false(results[1].passed)
    assert.equal("Tls", results[1].err.code)
    assert.equal(1, #requests)
  end)

  it("is one of several, which all must pass", function()
    local results = run({ "/a", "/b=500" }, { 500 }, { timeout = 1 })
    assert.same({ false, true }, { results[1].passed, results[2].passed })
    assert.is_false(smoke.all_passed(results))
    assert.is_true(smoke.all_passed {})
  end)

  it("goes through TLS with the certificate checked", function()
    local httpd = require "lanyard.httpd"
    local server = assert(httpd.serve { handler = function() return { status = 200, body = "" } end })
    local w <close> = world.new()
    local results = smoke.run(w.region, (server.url:gsub("^http:", "https:")), { assert(smoke.parse "/") }, { timeout = 0.2 })
    assert.is_false(results[1].passed)
    assert.is_nil(results[1].status)
    results = smoke.run(w.region, server.url, { assert(smoke.parse "/") }, { timeout = 5 })
    server.close()
    assert.is_true(results[1].passed)
  end)
end)
