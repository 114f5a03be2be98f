local container = require "lanyard.aws.credentials.container"
local Double = require "double"
local loopback = require "lanyard.loopback"
local notify = require "lanyard.watch.notify"
local plain_http = require "lanyard.aws.plain_http"

local LOOPBACK = { "127.0.0.1", "127.255.0.9", "127.0.0.255", "localhost", "LocalHost", "aws.localhost",
  "a.b.localhost", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]" }

local ELSEWHERE = { "127.1", "127.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "127.0.0.01",
  "127.0.0.256", "127.0.0.1.", "127.0.0.1.example.com", "localhost.example.com", "notlocalhost", ".localhost",
  "localhost.", "aws.localhost.", "10.0.0.1", "128.0.0.1", "0.0.0.0", "[::]", "[::2]", "[::ffff:10.0.0.1]", "[::ffff:128.0.0.1]",
  "[::ffff:a00:1]", "[::127.0.0.1]", "[fe80::1]", "::1", "", "example.com" }

describe("loopback", function()
  it("is what every resolver takes for this machine", function()
    for _, host in ipairs(LOOPBACK) do
      assert.is_true(loopback.is(host), host)
    end
  end)

  it("is not another host, nor an address that parsers read differently", function()
    for _, host in ipairs(ELSEWHERE) do
      assert.is_false(loopback.is(host), host)
    end
  end)

  it("is the same for plain http, for the credentials of a container, and for a webhook", function()
    local function is_accepted(host)
      local url = "http://" .. host .. "/x"
      return plain_http.host(url) == nil, Double.environment({ AWS_CONTAINER_CREDENTIALS_FULL_URI = url }, container.url) == url,
        notify.webhook(url, {}) ~= nil
    end
    for _, host in ipairs(LOOPBACK) do
      assert.same({ host, true, true, true }, { host, is_accepted(host) })
    end
    for _, host in ipairs(ELSEWHERE) do
      local plain, credentials, webhook = is_accepted(host)
      assert.same({ host, host == "", false, false }, { host, plain, credentials, webhook })
    end
  end)
end)
