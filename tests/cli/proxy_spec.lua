-- Calls through a proxy, and calls that bypass it.

local helper = require "helper"

local HIDDEN = "hid%2Fden"
local AUTHORIZATION = "Basic dXNlcjpoaWQvZGVu" -- user:hid/den

-- Starts tests/cli/proxy.py in front of an emulator. Returns its URL, a function that returns its log, and a guard.
local function start_proxy(folder, emulator)
  local log = folder .. "/proxy.log"
  local pipe = assert(io.popen(("echo $$; exec python3 tests/cli/proxy.py %s %s"):format(log, emulator.url)))
  local pid, port = pipe:read "l", pipe:read "l"
  assert.truthy(port, "the proxy did not start")
  local function read_log()
    return helper.exists(log) and helper.read(log) or ""
  end
  return ("http://user:%s@127.0.0.1:%s"):format(HIDDEN, port), read_log, setmetatable({}, { __close = function()
    os.execute("kill " .. pid)
    pipe:close()
  end })
end

-- Starts tests/cli/broken_server.py. Returns its URL as a proxy, and a guard.
local function break_connections(mode)
  local pipe = assert(io.popen(("echo $$; exec python3 tests/cli/broken_server.py '%s'"):format(mode)))
  local pid, port = pipe:read "l", pipe:read "l"
  assert.truthy(port, "the server did not start")
  return ("http://user:%s@127.0.0.1:%s"):format(HIDDEN, port), setmetatable({}, { __close = function()
    os.execute("kill " .. pid)
    pipe:close()
  end })
end

describe("a proxy", function()
  it("is used for an http endpoint, also by HTTP_PROXY in capitals, unless NO_PROXY has the host", function()
    local folder <close> = helper.folder()
    local em <close> = helper.emulator()
    local url, read_log, proxy <close> = start_proxy(folder, em)
    local through = { AWS_ENDPOINT_URL = "http://aws.invalid" }
    for _, name in ipairs { "HTTP_PROXY", "http_proxy", "ALL_PROXY" } do
      through[name] = url
      local before = #read_log()
      local result = em:run("status", through)
      assert.equal("", result.err)
      assert.equal(0, result.status)
      assert.matches("^POST http://aws%.invalid/ " .. AUTHORIZATION .. "\n", read_log():sub(before + 1))
      through[name] = nil
    end
    local before = #read_log()
    for _, name in ipairs { "NO_PROXY", "no_proxy" } do
      local result = em:run("status", { HTTP_PROXY = url, [name] = "other.example,127.0.0.1" })
      assert.equal(0, result.status, result.err)
    end
    assert.equal(before, #read_log())
    assert.truthy(proxy)
  end)

  it("receives CONNECT for an https endpoint, and its refusal is reported without its password", function()
    local folder <close> = helper.folder()
    local em <close> = helper.emulator()
    local url, read_log, proxy <close> = start_proxy(folder, em)
    for _, name in ipairs { "HTTPS_PROXY", "https_proxy" } do
      local result = em:run("status --debug", {
        AWS_ENDPOINT_URL = "https://aws.invalid", [name] = url, AWS_MAX_ATTEMPTS = "1",
      })
      assert.equal(1, result.status)
      assert.matches("aws%.invalid: CONNECT tunnel failed, response 403", result.err)
      assert.matches("NO_PROXY", result.err)
      assert.not_matches("hid", result.out .. result.err)
    end
    assert.equal(("CONNECT aws.invalid:443 %s\n"):format(AUTHORIZATION):rep(2), read_log())
    assert.truthy(proxy)
  end)

  it("with an invalid URL is rejected before any call, without printing its password", function()
    local result = helper.run({ helper.lanyard, "status", "--region", "us-east-1" },
      { HTTPS_PROXY = "gopher://user:hidden@host" })
    assert.equal(1, result.status)
    assert.equal("lanyard: HTTPS_PROXY is not the URL of a proxy: write http://host:port or "
      .. "http://user:password@host:port\n", result.err)
  end)

  it("with an unknown host is reported without its password", function()
    local result = helper.run({ helper.lanyard, "status", "--region", "us-east-1" }, {
      HTTPS_PROXY = "http://user:hidden@nowhere.invalid:1", AWS_MAX_ATTEMPTS = "1",
      AWS_ACCESS_KEY_ID = helper.ACCESS_KEY, AWS_SECRET_ACCESS_KEY = helper.SECRET_KEY,
    })
    assert.matches("Could not resolve proxy: nowhere%.invalid", result.err)
    assert.not_matches("hidden", result.err)
  end)

  it("that rejects its password fails at once, and the advice says so", function()
    local folder <close> = helper.folder()
    for _, status in ipairs { "401", "407" } do
      for endpoint, variable in pairs { ["https://aws.invalid"] = "HTTPS_PROXY", ["http://aws.invalid"] = "HTTP_PROXY" } do
        if endpoint:find "^https" or status == "407" then
          local url, server <close> = break_connections(status)
          local result = helper.run({ helper.lanyard, "status", "--debug" }, {
            AWS_ACCESS_KEY_ID = helper.ACCESS_KEY, AWS_SECRET_ACCESS_KEY = helper.SECRET_KEY, HOME = folder.path,
            AWS_REGION = "us-east-1", AWS_ENDPOINT_URL = endpoint, [variable] = url,
          })
          assert.equal(1, result.status)
          assert.matches(status, result.err)
          assert.matches("the proxy rejects the user and the password, or their absence", result.err)
          assert.not_matches("retry", result.err)
          assert.not_matches("hid", result.err)
          assert.truthy(server)
        end
      end
    end
  end)

  it("that cannot be used is named while the call is retried", function()
    local folder <close> = helper.folder()
    local function check(url, cause)
      local result = helper.run({ helper.lanyard, "status" }, {
        AWS_ACCESS_KEY_ID = helper.ACCESS_KEY, AWS_SECRET_ACCESS_KEY = helper.SECRET_KEY, HOME = folder.path,
        AWS_REGION = "us-east-1", AWS_ENDPOINT_URL = "https://aws.invalid", HTTPS_PROXY = url, AWS_MAX_ATTEMPTS = "2",
      })
      assert.equal(1, result.status)
      local lines = {}
      for line in result.err:gmatch "[^\n]+" do lines[#lines + 1] = line end
      assert.matches("aws%.invalid: .*[Pp]roxy.*" .. cause .. ".* %(retrying%)$", lines[1])
      assert.matches("aws%.invalid: .*[Pp]roxy.*" .. cause, lines[2])
      assert.matches("the proxy comes from HTTPS_PROXY %(http://", lines[3])
      assert.equal(3, #lines)
      assert.not_matches("hid", result.err)
    end
    check("http://user:" .. HIDDEN .. "@127.0.0.1:1", "Couldn't connect")
    check("http://user:" .. HIDDEN .. "@nowhere.invalid:1", "nowhere.invalid")
    for mode, cause in pairs { ["502"] = "502", ["503"] = "503", ["end"] = "aborted", reset = "reset by peer" } do
      local url, server <close> = break_connections(mode)
      check(url, cause)
      assert.truthy(server)
    end
  end)

  it("is bypassed if the emulator is in the same process", function()
    local folder <close> = helper.folder()
    local result = helper.run({ helper.lanyard, "--emulator", "status" },
      { HOME = folder.path, HTTP_PROXY = "http://127.0.0.1:1", AWS_USE_FIPS_ENDPOINT = "true" })
    assert.equal("", result.err)
    assert.equal(0, result.status)
  end)
end)
