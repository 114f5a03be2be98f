-- Tests that connections use TLS 1.2 or later and verify certificates, against `openssl s_server`.

local helper = require "helper"

local HAS_OPENSSL = helper.run({ "openssl", "version" }).status == 0

-- Starts `openssl s_server` with a new certificate. Returns the port, the path of the certificate, and a guard.
local function serve(folder, options)
  local key, certificate = folder .. "/key.pem", folder .. "/certificate.pem"
  local created = helper.run { "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1" }
  assert.equal(0, created.status, created.err)
  local pipe = assert(io.popen(("echo $$; exec openssl s_server -accept 127.0.0.1:0 -key %s -cert %s -www %s 2>&1")
    :format(key, certificate, options)))
  local pid = pipe:read "l"
  local port
  for line in pipe:lines() do
    port = line:match "^ACCEPT .-:(%d+)$"
    if port then
      break
    end
  end
  assert.truthy(port, "the server did not start")
  return port, certificate, setmetatable({}, { __close = function()
    os.execute("kill " .. pid)
    pipe:close()
  end })
end

-- Sends a request and returns its HTTP status or error code, with a newline.
local function get(port, bundle)
  local code = ([[
    local reply, err = require("lanyard.http").request { url = "https://127.0.0.1:%s/", ca_bundle = %s }
    print(reply and reply.status or err.code)
  ]]):format(port, bundle and ("%q"):format(bundle) or "nil")
  local result = helper.run { helper.lanyard, "-e", code }
  assert.equal("", result.err)
  return result.out
end

-- Starts tests/cli/broken_server.py. Returns its port and a guard.
local function break_connections(mode)
  local pipe = assert(io.popen(("echo $$; exec python3 tests/cli/broken_server.py '%s'"):format(mode)))
  local pid, port = pipe:read "l", pipe:read "l"
  assert.truthy(port, "the server did not start")
  return port, setmetatable({}, { __close = function()
    os.execute("kill " .. pid)
    pipe:close()
  end })
end

-- Sends a request. Returns the code of its error, whether a retry makes sense, whether it was sent, its message, and
-- the advice, as lines.
local function failure(port, options, environment)
  local result = helper.run({ helper.lanyard, "-e", ([[
    local reply, err = require("lanyard.http").request { url = "https://127.0.0.1:%s/", connect_timeout = 1, %s }
    print(err.code, err.retryable, err.sent)
    print(err.message)
    print(require("lanyard.aws.advice").advice(err))
  ]]):format(port, options or "") }, environment)
  assert.equal("", result.err)
  return result.out
end

describe("a TLS handshake", function()
  it("that ends with the connection is a network fault, which a retry can resolve", function()
    -- libcurl 7 and libcurl 8 word the end of a connection differently.
    for mode, causes in pairs {
      ["end"] = { "SSL_ERROR_SYSCALL", "unexpected eof" }, reset = { "reset by peer" }, half = { "" },
    } do
      local port, server <close> = break_connections(mode)
      local text = failure(port)
      local named = false
      for _, cause in ipairs(causes) do
        named = named or text:find("^Connection\ttrue\tfalse\n127.0.0.1:%d+: the connection ended during the TLS "
          .. "handshake: .*" .. cause) ~= nil
      end
      assert.is_true(named, mode .. ": " .. text)
      assert.not_matches("certificate", text, mode)
      assert.truthy(server)
    end
  end)

  it("that ends behind a proxy is one of the endpoint, and the request was not sent", function()
    local port, server <close> = break_connections "tunnel ends"
    local text = failure(443, nil, { HTTPS_PROXY = "http://127.0.0.1:" .. port })
    assert.matches("^Connection\ttrue\tfalse\n127.0.0.1:443: the connection ended during the TLS handshake", text)
    assert.truthy(server)
  end)

  it("that gets no reply is a timeout", function()
    local port, server <close> = break_connections "hang"
    assert.matches("^Timeout\ttrue\tfalse\n", failure(port))
    assert.truthy(server)
  end)

  it("with a peer that speaks no TLS, or no common version, does not speak of certificates", function()
    for _, mode in ipairs { "http", "alert" } do
      local port, server <close> = break_connections(mode)
      local text = failure(port)
      assert.matches("^Tls\ttrue\tfalse\n", text, mode)
      assert.matches("check the scheme and port of the endpoint", text, mode)
      assert.not_matches("certificate", text, mode)
      assert.truthy(server)
    end
  end)

  it("whose verification fails is final, and the advice names the setting", function()
    if not HAS_OPENSSL then
      pending "the command openssl is not installed"
    end
    local folder <close> = helper.folder()
    local port, _, server <close> = serve(folder, "")
    assert.matches("^Tls\tfalse\tfalse\n.*certificate.*AWS_CA_BUNDLE", failure(port))
    for _, name in ipairs { "/absent.pem", "/empty.pem" } do
      helper.write(folder .. "/empty.pem", "")
      assert.matches("^Tls\tfalse\tfalse\n.*does not exist or contains no certificate: .*ca%-certificates.*AWS_CA_BUNDLE",
        failure(port, ("ca_bundle = %q"):format(folder .. name)))
    end
    assert.truthy(server)
  end)
end)

describe("TLS", function()
  it("names the proxy if its certificate is rejected", function()
    if not HAS_OPENSSL then
      pending "openssl is not installed"
      return
    end
    local folder <close> = helper.folder()
    local port, certificate, server <close> = serve(folder, "")
    for _, endpoint in ipairs { "https://aws.invalid", "http://aws.invalid", "https://aws.invalid:" .. port } do
      local proxy = "https://127.0.0.1:" .. port
      local result = helper.run({ helper.lanyard, "status", "--region", "us-east-1" }, {
        HTTPS_PROXY = proxy, http_proxy = proxy, AWS_ENDPOINT_URL = endpoint, AWS_CA_BUNDLE = certificate,
        AWS_MAX_ATTEMPTS = "1", AWS_ACCESS_KEY_ID = helper.ACCESS_KEY, AWS_SECRET_ACCESS_KEY = helper.SECRET_KEY,
      })
      assert.equal(1, result.status)
      assert.matches("aws%.invalid[:%d]*: the certificate of the proxy: ", result.err, endpoint)
      assert.matches("the certificate of the proxy could not be verified [^\n]+\n[^\n]*the proxy comes from ", result.err)
      assert.not_matches("certificate of the endpoint", result.err)
    end
    assert.truthy(server)
  end)

  it("requires a certificate signed by a trusted authority", function()
    if not HAS_OPENSSL then
      pending "the command openssl is not installed"
    end
    local folder <close> = helper.folder()
    local port, certificate, server <close> = serve(folder, "")
    assert.equal("Tls\n", get(port, nil))
    assert.equal("200\n", get(port, certificate))
    assert.truthy(server)
  end)

  it("has a trusted certificate in a smoke test, too", function()
    if not HAS_OPENSSL then
      pending "the command openssl is not installed"
    end
    local folder <close> = helper.folder()
    local port, certificate, server <close> = serve(folder, "")
    local code = ([[
      local aws, access, smoke = require "lanyard.aws", require "lanyard.access", require "lanyard.access.deployment.smoke"
      for _, bundle in ipairs { false, %q } do
        local session = assert(aws.session { region = "us-east-1", ca_bundle = bundle or nil })
        local region = assert(access.connect(session, { permit = false }))
        local result = region:smoke("https://127.0.0.1:%s/", { assert(smoke.parse "/") }, { timeout = 20 })[1]
        print(result.passed, result.status or result.err.code, result.attempts)
      end
    ]]):format(certificate, port)
    local result = helper.run { helper.lanyard, "-e", code }
    assert.equal("", result.err)
    assert.equal("false\tTls\t1\ntrue\t200\t1\n", result.out)
    assert.truthy(server)
  end)

  it("resumes the session of the previous connection", function()
    if not HAS_OPENSSL then
      pending "the command openssl is not installed"
    end
    local folder <close> = helper.folder()
    local port, certificate, server <close> = serve(folder, "") -- closes the connection after each reply
    local result = helper.run { helper.lanyard, "-e", ([[
      for _ = 1, 2 do
        local reply = assert(require("lanyard.http").request { url = "https://127.0.0.1:%s/", ca_bundle = %q })
        print(reply.body:match "(%%a+), TLSv1")
      end
    ]]):format(port, certificate) }
    assert.equal("", result.err)
    assert.equal("New\nReused\n", result.out)
    assert.truthy(server)
  end)

  it("is at least version 1.2", function()
    if not HAS_OPENSSL then
      pending "the command openssl is not installed"
    end
    local folder <close> = helper.folder()
    local port, certificate, server <close> = serve(folder, "-tls1_1 -cipher DEFAULT@SECLEVEL=0")
    assert.equal("Tls\n", get(port, certificate))
    assert.truthy(server)
  end)
end)
