local credentials = require "lanyard.credentials"
local core = require "lanyard.http.core"
local http = require "lanyard.http"
local httpd = require "lanyard.httpd"
local system = require "lanyard.system"
local task = require "lanyard.task"

local server, handler

local function get(path, options)
  local request = { url = server.url .. (path or "/") }
  for name, value in pairs(options or {}) do request[name] = value end
  return http.request(request)
end

describe("HTTP", function()
  setup(function()
    server = assert(httpd.serve { handler = function(request) return handler(request) end, on_error = function() end })
  end)
  teardown(function() server.close() end)

  it("sends method, target, headers and body, and receives status, headers and body", function()
    local seen
    handler = function(request)
      seen = request
      return { status = 201, headers = { ["X-Reply"] = "yes" }, body = "\0binary" }
    end
    local reply = assert(get("/a%20b?q=1", { method = "POST", body = "hello", headers = { ["X-Name"] = "value" } }))
    assert.equal(201, reply.status)
    assert.equal("yes", reply.headers["x-reply"])
    assert.equal("\0binary", reply.body)
    assert.equal("POST", seen.method)
    assert.equal("/a%20b?q=1", seen.target)
    assert.equal("/a%20b", seen.path)
    assert.equal("q=1", seen.query)
    assert.equal("hello", seen.body)
    assert.equal("value", seen.headers["x-name"])
    assert.is_nil(seen.headers.expect)
    assert.is_nil(seen.headers["content-type"])
  end)

  it("lets neither method nor header nor URL begin another header or request", function()
    local requests = 0
    handler = function()
      requests = requests + 1
      return { status = 200 }
    end
    for _, method in ipairs { "GET\r\nX-A: 1", "GET / HTTP/1.1\r\n\r\nGET", "A B", "", "GET\0", "G\u{e9}T", "GET\n", "\t" } do
      assert.error_matches(function() get("/", { method = method }) end, "method")
    end
    for name, value in pairs {
      ["X-A\r\nX-B"] = "1", ["X A"] = "1", ["X-A:"] = "1", [""] = "1", ["X-B"] = "1\r\nX-C: 2", ["X-D"] = "1\n2",
      ["X-E"] = "1\r", ["X-F"] = "\0", ["X-G"] = "\27[31m", ["X-H"] = "\127", ["X-I\0"] = "1",
      ["X-J"] = credentials.secret "1\r\nX-K: 2",
    } do
      local ok, err = pcall(get, "/", { headers = { [name] = value } })
      assert.is_false(ok)
      assert.matches("headers: ", err)
      assert.not_matches("X%-K", err) -- the value may be a secret
    end
    for _, path in ipairs { "/a b", "/a\r\nX-A: 1", "/\n", "/\t", "/a\127", " " } do
      local reply, err = get(path)
      assert.is_nil(reply)
      assert.equal("InvalidUrl", err.code)
      assert.is_false(err.sent)
    end
    assert.error_matches(function() get("/\0") end, "url")
    assert.equal(0, requests)
    assert(get("/", { method = "PROPFIND-2!", headers = { ["X-Value"] = "a\tb \u{e9}" } }))
  end)

  it("rejects numbers that do not fit, and options of other types", function()
    for _, options in ipairs {
      { max_size = -1 }, { max_size = math.huge }, { max_size = 0 / 0 }, { max_size = 2.5 }, { timeout = 0 / 0 },
      { connect_timeout = 0 / 0 }, { timeout = {} }, { headers = "X" }, { headers = { 1 } }, { body = {} }, { url = {} },
      { ca_bundle = "a\0b" }, { direct = 1 }, { sealed = "yes" }, { method = {} },
    } do
      assert.has_error(function() get("/", options) end)
    end
    handler = function() return { status = 200 } end
    for _, seconds in ipairs { math.huge, 1e300, math.maxinteger } do
      assert(get("/", { timeout = seconds, connect_timeout = seconds }))
    end
    for _, count in ipairs { 0, -1, 2 ^ 40, 0.5 } do
      assert.has_error(function() http.limit(count) end)
    end
  end)

  it("reads options and headers without metamethods", function()
    handler = function() return { status = 200 } end
    local function trap() error "called" end
    local headers = setmetatable({ ["X-A"] = "1" }, { __index = trap, __pairs = trap, __len = trap })
    local options = setmetatable({ url = server.url, headers = headers }, { __index = trap, __pairs = trap })
    assert.equal(200, assert(http.request(options)).status)
  end)

  it("returns a result once", function()
    handler = function() return { status = 200 } end
    local op = core.start { url = server.url }
    assert.equal(200, task.await(op).status)
    assert.error_matches(function() op:result() end, "taken")
    op:cancel()
    assert.error_matches(function() op:result() end, "closed")
  end)

  it("does not follow a redirect", function()
    handler = function() return { status = 302, headers = { Location = server.url .. "/elsewhere" } } end
    assert.equal(302, assert(get()).status)
  end)

  it("detects a truncated reply", function()
    handler = function() return { status = 200, body = ("x"):rep(100), cut = 10 } end
    local reply, err = get()
    assert.is_nil(reply)
    assert.equal("BodyCut", err.code)
    assert.is_true(err.retryable)
    assert.is_true(err.sent)
  end)

  it("reports a connection that ends without a reply", function()
    handler = function() return { reset = true } end
    local reply, err = get()
    assert.is_nil(reply)
    assert.equal("Connection", err.code)
    assert.is_true(err.retryable)
  end)

  it("reports the address that refuses the connection", function()
    local gone = assert(httpd.serve { handler = function() end })
    gone.close()
    local reply, err = http.request { url = gone.url }
    assert.is_nil(reply)
    assert.equal("ConnectionRefused", err.code)
    assert.is_false(err.sent)
  end)

  it("stops at the timeout", function()
    handler = function()
      task.sleep(5)
      return { status = 200 }
    end
    local reply, err = get("/", { timeout = 0.05 })
    assert.is_nil(reply)
    assert.equal("Timeout", err.code)
  end)

  it("rejects a reply larger than the limit", function()
    handler = function() return { status = 200, body = ("x"):rep(2000) } end
    local reply, err = get("/", { max_size = 1000 })
    assert.is_nil(reply)
    assert.equal("TooLarge", err.code)
    assert.is_false(err.retryable)
  end)

  it("rejects a URL that is not http or https", function()
    local reply, err = http.request { url = "ftp://127.0.0.1/" }
    assert.is_nil(reply)
    assert.equal("InvalidUrl", err.code)
  end)

  it("rejects a header that contains another one", function()
    assert.has_error(function() get("/", { headers = { ["X-A"] = "1\r\nX-B: 2" } }) end)
  end)

  it("replies 500 when the handler raises an error", function()
    handler = function() error "no" end
    assert.equal(500, assert(get()).status)
  end)

  it("uses the proxy of the environment, and bypasses it on request", function()
    local proxied = 0
    local proxy = assert(httpd.serve { handler = function()
      proxied = proxied + 1
      return { status = 200, body = "from the proxy" }
    end })
    handler = function() return { status = 200, body = "direct" } end
    local kept, none, both = os.getenv "http_proxy", os.getenv "no_proxy", os.getenv "NO_PROXY"
    system.setenv("http_proxy", proxy.url)
    system.setenv("no_proxy", nil)
    system.setenv("NO_PROXY", nil)
    local through, past = get("/"), get("/", { direct = true })
    system.setenv("http_proxy", kept)
    system.setenv("no_proxy", none)
    system.setenv("NO_PROXY", both)
    proxy.close()
    assert.equal("from the proxy", through.body)
    assert.equal("direct", past.body)
    assert.equal(1, proxied)
  end)

  it("seals a reply, and sends secrets that Lua code cannot read", function()
    local seen
    handler = function(request)
      seen = request
      return { status = 200, body = '{"token":"hidden"}' .. (" "):rep(100000) }
    end
    local reply = assert(get("/", {
      method = "POST", sealed = true, body = credentials.secret "body",
      headers = { Authorization = credentials.secret "bearer" },
    }))
    assert.equal("body", seen.body)
    assert.equal("bearer", seen.headers.authorization)
    assert.equal("secret: ***", tostring(reply.body))
    assert.equal('{"token":"***"}', reply.body:unseal({ "token" }, "json"):match "^%S+")
    handler = function() return { status = 204 } end
    assert.equal("secret: ***", tostring(assert(get("/", { sealed = true })).body))
  end)

  it("rejects a secret that contains another header", function()
    local value = credentials.secret "1\r\nX-B: 2"
    local ok, why = pcall(get, "/", { headers = { ["X-A"] = value } })
    assert.is_false(ok)
    assert.is_nil(why:find("X-B", 1, true))
  end)

  it("serves many requests in parallel", function()
    handler = function(request)
      task.sleep(0.002)
      return { status = 200, body = request.query }
    end
    local numbers = {}
    for n = 1, 100 do numbers[n] = n end
    local bodies = task.map(numbers, function(n) return assert(get("/?" .. n)).body end)
    for n = 1, 100 do assert.equal(tostring(n), bodies[n]) end
  end)

  it("does not repeat a request when a reused connection ends", function()
    for _, request in ipairs { { method = "POST", body = "{}" }, { method = "GET" } } do
      local count = 0
      handler = function()
        count = count + 1
        return count % 2 == 0 and { reset = true } or { status = 200 }
      end
      for _ = 1, 3 do
        assert(get("/", request))
        local reply, err = get("/", request)
        assert.is_nil(reply)
        assert.equal("Connection", err.code)
        assert.is_true(err.retryable)
        assert.is_true(err.sent)
        assert.matches("the connection closed before a reply arrived", err.message)
      end
      assert.equal(6, count)
    end
  end)

  it("limits the connections to a host", function()
    local now, most = 0, 0
    local fresh = assert(httpd.serve { handler = function()
      now = now + 1
      most = math.max(most, now)
      while most < 3 do task.sleep(0.001) end
      task.sleep(0.002)
      now = now - 1
      return { status = 200 }
    end })
    http.limit(3)
    local numbers = {}
    for n = 1, 30 do numbers[n] = n end
    task.map(numbers, function() return assert(http.request { url = fresh.url }) end, { limit = 30 })
    http.limit(64)
    fresh.close()
    assert.equal(3, most)
    assert.has_error(function() http.limit(0) end)
  end)

  it("sends a body that only the request references", function()
    local seen
    handler = function(request)
      seen = request.body
      return { status = 200 }
    end
    local request = { url = server.url, method = "POST", body = ("long "):rep(20000) .. tostring(os.time()) }
    local size = #request.body
    local t = task.spawn(function() return assert(http.request(request)) end)
    task.sleep(0)
    request.body = nil
    collectgarbage()
    assert.equal(200, t:join().status)
    assert.equal(size, #seen)
  end)

  it("does not pass connections to child processes", function()
    handler = function() return { status = 200 } end
    assert(get())
    local connections <close> = assert(io.open "/proc/net/tcp")
    local table_of_all = connections:read "a"
    local found = 0
    for _ in table_of_all:gmatch "\n" do found = found + 1 end
    assert(found > 2, "the connection is not in the table")
    local pipe <close> = assert(io.popen "ls -l /proc/self/fd")
    for line in pipe:lines() do
      local socket = line:match "socket:%[(%d+)%]"
      assert(not socket or not table_of_all:find(" " .. socket .. " ", 1, true), line)
    end
  end)

  it("aborts the transfer of a cancelled task", function()
    local arrived = false
    handler = function()
      arrived = true
      task.sleep(5)
      return { status = 200 }
    end
    local t = task.spawn(get)
    while not arrived do task.sleep(0.001) end
    t:cancel()
    local ok, err = pcall(t.join, t)
    assert.is_false(ok)
    assert.equal(task.cancelled, err)
  end)

  it("names the port that is in use", function()
    local other, err = httpd.serve { port = server.port, handler = function() end }
    assert.is_nil(other)
    assert.equal("CannotListen", err.code)
    assert.matches(tostring(server.port), err.message)
  end)
end)
