-- What a command says when the machine refuses descriptors or memory.

local helper = require "helper"

local flags = helper.read(helper.build .. "/CFLAGS.flags")
local is_sanitized = flags:find("-fsanitize", 1, true)

-- Runs the binary in a shell with a limit.
local function run_limited(limit, words)
  return helper.run({ "sh", "-c", "ulimit " .. limit .. "; exec \"$@\"", "sh", helper.lanyard, table.unpack(words) }, {
    HOME = "/nonexistent", AWS_REGION = "us-east-1", AWS_ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY = "x", AWS_MAX_ATTEMPTS = "1",
  })
end

describe("a command", function()
  it("reports in one line that no file descriptor is free, and exits with 1", function()
    local refused, ran = 0, 0
    for limit = 5, 23, 3 do
      local result = run_limited("-n " .. limit, { "-e", "print(1)" })
      if result.status == 0 then
        ran = ran + 1
        assert.equal("1\n", result.out)
      else
        refused = refused + 1
        assert.equal(1, result.status, limit .. ": " .. result.err)
        assert.equal("lanyard: cannot start the event loop: too many open files; raise the limit of `ulimit -n`\n",
          result.err)
      end
    end
    assert.is_true(refused > 0 and ran > 0)
  end)

  it("prints no traceback when the descriptors do not suffice for a request", function()
    for limit = 8, 20, 4 do
      local result = run_limited("-n " .. limit, { "status", "--endpoint-url", "http://127.0.0.1:1" })
      assert.equal(1, result.status, limit .. ": " .. result.err)
      assert.not_matches("traceback", result.err)
    end
  end)

  -- Requests a URL while `free` descriptors are free.
  local REQUEST = [[
    local url, free = ...
    local http = require "lanyard.http"
    require("lanyard.embedded").versions() -- loads the libraries
    local open = {}
    for file in function() return io.open "/dev/null" end do open[#open + 1] = file end
    for _ = 1, free do table.remove(open):close() end
    local _, err = http.request { url = url }
    for _, file in ipairs(open) do file:close() end
    print(err.code, err.retryable, err.sent, err.message)
  ]]

  local function request(url, free)
    local result = run_limited("-n 40", { "-e", REQUEST, url, tostring(free) })
    assert.equal(0, result.status, result.err)
    return result.out
  end

  it("ends a request at once when no descriptor is free for its socket or its certificates", function()
    for free = 0, 3 do -- libcurl has a pair of its own
      assert.equal("TooManyOpenFiles\tfalse\tfalse\t127.0.0.1:1: too many open files; raise the limit of `ulimit -n`\n",
        request("http://127.0.0.1:1/", free))
    end
    assert.matches("^ConnectionRefused\ttrue", request("http://127.0.0.1:1/", 4))
  end)

  it("ends a request at once when too few descriptors are free to resolve its host", function()
    for free = 0, 5 do
      assert.matches("^TooManyOpenFiles\tfalse\tfalse\tnowhere.invalid: too many open files; raise the limit of `ulimit",
        request("http://nowhere.invalid/", free))
    end
    assert.matches("^NameResolution\ttrue", request("http://nowhere.invalid/", 6))
  end)

  it("does not take a shortage of descriptors for a machine without credentials", function()
    local result = helper.run({ "sh", "-c", "ulimit -n 40; exec \"$@\"", "sh", helper.lanyard, "-e", [[
      local http, imds = require "lanyard.http", require "lanyard.aws.credentials.imds"
      local open = {}
      for file in function() return io.open "/dev/null" end do open[#open + 1] = file end
      table.remove(open):close()
      local found, err = imds.find {
        transport = http.request, time = os.time, sleep = error, profile = { name = "default", values = {} },
        imds = { endpoint = "http://127.0.0.1:1" },
      }
      for _, file in ipairs(open) do file:close() end
      print(found, err.code or err)
    ]] }, { HOME = "/nonexistent", AWS_EC2_METADATA_DISABLED = "false" })
    assert.equal("nil\tTooManyOpenFiles\n", result.out, result.err)
  end)

  if not is_sanitized then -- the sanitizer reserves terabytes of addresses
    it("reports that there is not enough memory, and exits with 1", function()
      local result = run_limited("-v 150000", { "-e", "local t = {} for i = 1, 1e9 do t[i] = { i } end" })
      assert.equal(1, result.status, result.err)
      assert.matches("^lanyard: not enough memory", result.err)
      assert.not_matches("\n.", result.err)
    end)

    it("runs its <close> variables when memory is short", function()
      local result = run_limited("-v 150000", { "-e", [[
        local _ <close> = setmetatable({}, { __close = function() print "closed" end })
        local s = ("x"):rep(1 << 20)
        while true do s = s .. s end]] })
      assert.equal("closed\n", result.out)
      assert.equal(1, result.status, result.err)
    end)
  end
end)

describe("an error before the first command", function()
  it("has a traceback with --debug", function()
    local result = run_limited("-n 5", { "--debug", "status" })
    assert.equal(1, result.status)
    assert.matches("cannot start the event loop.*stack traceback", result.err)
  end)
end)
