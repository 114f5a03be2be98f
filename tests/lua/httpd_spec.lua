local core = require "lanyard.httpd.core"
local http = require "lanyard.http"
local http_core = require "lanyard.http.core"
local httpd = require "lanyard.httpd"
local loop = require "lanyard.loop"
local process = require "lanyard.process"
local task = require "lanyard.task"

local CLIENT = [[
import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def receive():
    text = b""
    while True:
        try:
            piece = s.recv(65536)
        except ConnectionResetError:
            return text + b"<reset>"
        if not piece:
            return text + b"<end>"
        text += piece
]]

-- Runs Python code with a connected socket `s`, and returns what it prints.
local function client(port, code)
  local output = {}
  local ended = assert(process.run {
    words = { "python3", "-c", CLIENT .. code, tostring(port) },
    output = function(piece) table.insert(output, piece) end,
    errors = "join", timeout = 60,
  })
  assert.equal(0, ended.status, table.concat(output))
  return table.concat(output)
end

local function serve(options)
  options.handler = options.handler or function() return { status = 200, body = "hello" } end
  return assert(httpd.serve(options))
end

describe("a server", function()
  local server
  after_each(function() server.close() end)

  for title, code in pairs {
    ["on which nothing happens"] = "print(receive())",
    ["with half of a head"] = "s.sendall(b'GET / HTTP/1.1\\r\\nHost:'); print(receive())",
    ["with half of a body"] = "s.sendall(b'POST / HTTP/1.1\\r\\nContent-Length: 9\\r\\n\\r\\n1234'); print(receive())",
    ["that was used before"] = [[
s.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
assert b"hello" in receive()
print(b"<end>")]],
  } do
    it("closes a connection " .. title, function()
      server = serve { idle_timeout = 0.2 }
      assert.matches("^b'<[a-z]+>'", client(server.port, code))
    end)
  end

  it("closes a connection whose client sends single bytes for too long", function()
    server = serve { request_timeout = 0.3 }
    assert.matches("closed", client(server.port, [[
s.sendall(b'POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n')
try:
    while True:
        s.sendall(b'x')
        time.sleep(0.02)
except OSError:
    print("closed")]]))
  end)

  it("lets a large request take longer, as long as it makes progress", function()
    local received
    server = serve {
      request_timeout = 0.3, max_body = 1 << 20,
      handler = function(request)
        received = #request.body
        return { status = 200 }
      end,
    }
    assert.matches("HTTP/1.1 200", client(server.port, [[
s.sendall(b'POST / HTTP/1.1\r\nContent-Length: 786432\r\nConnection: close\r\n\r\n')
for i in range(8):
    time.sleep(0.1)
    s.sendall(b'x' * 98304)
print(receive())]]))
    assert.equal(786432, received)
  end)

  it("bounds the memory of all requests that have not arrived completely", function()
    server = serve { max_body = 1 << 20, max_held = 3 << 20 }
    assert.equal("3 are answered\n", client(server.port, [[
others = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for i in range(8)]
for other in others:
    try:
        other.sendall(b'POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n' + b'x' * 999999)
    except OSError:
        pass
def is_open(other):
    try:
        return other.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) != b''
    except BlockingIOError:
        return True
    except OSError:
        return False
while sum(map(is_open, others)) > 3:
    time.sleep(0.01)
answered = 0
for other in filter(is_open, others):
    other.sendall(b'x')
    answered += b'hello' in other.recv(1000)
print(answered, "are answered")]]))
    assert.equal("hello", http.request { url = server.url }.body) -- their memory is free again
  end)

  it("answers requests that a client sends without waiting, one after the other", function()
    server = serve {
      handler = function(request)
        task.sleep(0.05)
        return { status = 200, body = request.path }
      end,
    }
    local replies = client(server.port, [[
s.sendall(b'GET /1 HTTP/1.1\r\n\r\n')
time.sleep(0.01)
s.sendall(b'GET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\nConnection: close\r\n\r\n')
print(receive())]])
    assert.matches("/1.*HTTP/1.1 200.*/2.*HTTP/1.1 200.*/3<end>", replies)
  end)

  it("survives a client that closes its connection before the reply", function()
    server = serve {
      handler = function()
        task.sleep(0.1)
        return { status = 200, body = ("x"):rep(1 << 20) }
      end,
    }
    client(server.port, "s.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n'); s.close()")
    client(server.port, [[
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
s.sendall(b'GET / HTTP/1.1\r\n\r\n')
s.close()]])
    assert.equal(1 << 20, #http.request { url = server.url }.body)
  end)

  it("lets no text of a reply begin another header", function()
    local failure
    server = serve {
      handler = function(request)
        return { status = 200, headers = { [request.headers.name] = request.body } }
      end,
      on_error = function(text) failure = text end,
    }
    for name, value in pairs { ["X-A"] = "1\r\nSet-Cookie: a=b", ["X-B"] = "1\nX: 2", ["X-C"] = "\0", ["X D"] = "1" } do
      failure = nil
      local reply = http.request { url = server.url, method = "POST", headers = { name = name }, body = value }
      assert.equal(500, reply and reply.status)
      assert.matches("headers: ", failure)
      assert.is_nil(reply.headers["set-cookie"])
    end
  end)
end)

describe("a request", function()
  it("has its method, and OTHER for a method that the server does not know", function()
    local server = serve {
      handler = function(request) return { status = 200, headers = { ["X-Method"] = request.method } } end,
    }
    for _, method in ipairs { "GET", "POST", "HEAD", "PUT", "DELETE" } do
      assert.equal(method, http.request({ url = server.url, method = method }).headers["x-method"])
    end
    for _, method in ipairs { "PATCH", "OPTIONS" } do
      local reply = http.request { url = server.url, method = method }
      assert.is_true(reply.status ~= 200 or reply.headers["x-method"] == "OTHER")
    end
    server.close()
  end)

  it("is not passed on after its operation is cancelled", function()
    local server <close> = assert(core.open { port = 0 })
    local op = server:accept()
    local sent = http_core.start { url = ("http://127.0.0.1:%d/"):format(server:port()), direct = true }
    while op:pending() do loop.step(true) end
    op:cancel()
    assert.error_matches(function() op:result() end, "closed")
    while sent:pending() do loop.step(true) end
    assert.equal(500, sent:result().status)
  end)

  it("is read without functions of the script", function()
    local lower = string.lower
    finally(function() string.lower = lower end) -- luacheck: ignore 122
    string.lower = function() error "called" end -- luacheck: ignore 122
    local headers
    local server = serve {
      handler = function(request)
        headers = request.headers
        return { status = 200 }
      end,
    }
    local reply = http.request { url = server.url, headers = { ["X-Name"] = "Value" } }
    server.close()
    string.lower = lower -- luacheck: ignore 122
    assert.equal(200, reply.status)
    assert.equal("Value", headers["x-name"])
  end)

  it("is an error after its end, as the server and the operation are", function()
    local server = assert(core.open { port = 0 })
    local op = server:accept()
    op:cancel()
    op:cancel()
    assert.error_matches(function() op:result() end, "closed")
    server:close()
    server:close()
    assert.error_matches(function() server:port() end, "the server is closed")
    assert.error_matches(function() server:accept() end, "the server is closed")
  end)

  it("has its options checked", function()
    for _, options in ipairs {
      { port = -1 }, { port = 65536 }, { port = 1.5 }, { port = 0 / 0 }, { port = 2 ^ 40 }, { max_body = -1 },
      { max_body = math.huge }, { idle_timeout = -1 }, { idle_timeout = 0 / 0 }, { address = {} },
      { address = "127.0.0.1\0x" },
    } do
      assert.has_error(function() core.open(options) end)
    end
  end)

  it("has a reply of at most 32 headers, all strings, and of a valid status", function()
    local server <close> = assert(core.open { port = 0 })
    local op = server:accept()
    local sent = http_core.start { url = ("http://127.0.0.1:%d/"):format(server:port()), direct = true }
    while op:pending() do loop.step(true) end
    local request = op:result()
    local headers = {}
    for i = 1, 33 do headers["X-" .. i] = "1" end
    for _, wrong in ipairs { headers, { "1" }, { ["X-A"] = 1 }, { ["X-A"] = {} } } do
      assert.error_matches(function() request:reply(200, wrong, "") end, "headers: up to 32 names and values, all strings")
    end
    for _, status in ipairs { 199, 1000, -1 } do
      assert.error_matches(function() request:reply(status, {}, "") end, "200 to 999 expected")
    end
    headers["X-33"] = nil
    request:reply(200, headers, "body", -1)
    while sent:pending() do loop.step(true) end
    local reply, err = sent:result()
    assert.is_nil(reply)
    assert.equal("BodyCut", err.code) -- because a negative number of bytes counts as none
  end)

  it("is not accepted by a server that cannot listen", function()
    local server <close> = assert(core.open { port = 0 })
    local other, err = core.open { port = server:port() }
    assert.is_nil(other)
    assert.equal("CannotListen", err.code)
    assert.matches("Address already in use", err.message)
    for _, address in ipairs { "192.0.2.1", "no-such-host.invalid", "x y" } do
      other, err = core.open { address = address }
      assert.is_nil(other)
      assert.equal("CannotListen", err.code)
      assert.matches("cannot listen on " .. address .. " port 0: ", err.message, 1, true)
    end
  end)
end)
