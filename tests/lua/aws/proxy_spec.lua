local proxy = require "lanyard.aws.proxy"
local system = require "lanyard.system"

local NAMES = { "https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
  "NO_PROXY", "REQUEST_METHOD" }

-- Returns proxy.in_force() with these variables only.
local function in_force(variables)
  local before = {}
  for _, name in ipairs(NAMES) do
    before[name] = os.getenv(name)
    system.setenv(name, variables[name])
  end
  local list, rest = proxy.in_force()
  for _, name in ipairs(NAMES) do
    system.setenv(name, before[name])
  end
  return list, rest
end

describe("proxy.in_force", function()
  it("returns the proxy of each scheme, lower-case variables first, and the hosts that bypass it", function()
    assert.same({ {}, n = 2 }, table.pack(in_force {}))
    local list, past = in_force {
      https_proxy = "http://a:1", HTTPS_PROXY = "http://b:1", HTTP_PROXY = "c.example:3128", NO_PROXY = ".internal",
    }
    assert.same({
      { scheme = "https", url = "http://a:1", variable = "https_proxy" },
      { scheme = "http", url = "http://c.example:3128", variable = "HTTP_PROXY" },
    }, list)
    assert.equal(".internal", past)
    assert.equal("ALL_PROXY", in_force({ ALL_PROXY = "socks5h://[::1]:1080" })[2].variable)
  end)

  it("ignores HTTP_PROXY in a CGI program", function()
    assert.same({}, (in_force { HTTP_PROXY = "http://evil:1", REQUEST_METHOD = "GET" }))
  end)

  it("removes user and password", function()
    for _, url in ipairs { "http://user:hidden@p:1/", "user:hidden@p:1", "http://us@er:hid@hidden@p:1" } do
      assert.equal("http://p:1", in_force({ HTTPS_PROXY = url })[1].url)
    end
  end)

  it("rejects a password with special characters that are not encoded, without printing a part of it", function()
    for _, url in ipairs { "http://user:hidden/x@p:1", "http://user:hidden#@p:1", "user:hidden?x@p:1", "http://u:12/hidden@p" } do
      local list, err = in_force { HTTPS_PROXY = url }
      assert.is_nil(list, url)
      assert.matches(", with %%XX for special characters$", err.message)
      assert.not_matches("hidden", err.message)
    end
    assert.equal("http://p:1", in_force({ HTTPS_PROXY = "http://user:hid%2Fden@p:1/" })[1].url)
  end)

  it("rejects an invalid URL without printing it", function()
    for _, url in ipairs { "gopher://user:hidden@p", "http://user:hidden@", "http://", "http://user:hidden@p q" } do
      local list, err = in_force { HTTPS_PROXY = url }
      assert.is_nil(list)
      assert.matches("^HTTPS_PROXY is not the URL of a proxy: write", err.message)
      assert.not_matches("hidden", err.message)
    end
  end)
end)
