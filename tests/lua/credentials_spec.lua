local credentials = require "lanyard.credentials"
local system = require "lanyard.system"

local SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

local function new(more)
  local fields = { access_key_id = "AKIDEXAMPLE", secret_access_key = SECRET }
  for name, value in pairs(more or {}) do fields[name] = value end
  return credentials.new(fields)
end

describe("credentials", function()
  it("print their key id, source, expiration and whether they have a token, and nothing else", function()
    local key = new { session_token = "TOKEN", expires = 12, account_id = "111122223333", source = "test",
      arn = "arn:aws:sts::111122223333:assumed-role/a/b" }
    assert.equal("arn:aws:sts::111122223333:assumed-role/a/b", key.arn)
    assert.equal("111122223333", key.account_id)
    assert.equal("AKIDEXAMPLE", key.access_key_id)
    assert.equal("test", key.source)
    assert.equal(12, key.expires)
    assert.is_true(key.has_token)
    assert.is_nil(key.secret_access_key)
    assert.is_nil(key.session_token)
    assert.is_nil(tostring(key):find(SECRET, 1, true))
    assert.equal("secret: ***", tostring(credentials.secret(SECRET)))
  end)

  it("are read-only, and cannot be opened through their metatable", function()
    local key = new()
    assert.has_error(function() key.secret_access_key = "x" end)
    for _, value in pairs(getmetatable(key)) do
      assert.not_equal("table", type(value))
    end
  end)

  it("report what is missing", function()
    local ok, why = pcall(credentials.new, { access_key_id = "AKIDEXAMPLE" })
    assert.is_false(ok)
    assert.matches("secret_access_key", why)
  end)
end)

describe("a secret", function()
  it("is unsealed by member, and other members stay visible", function()
    local sealed = credentials.secret '{"AccessKeyId":"AKID","SecretAccessKey":"hidden","SessionToken":"also"}'
    local text, found = sealed:unseal({ "SecretAccessKey", "SessionToken", "absent" }, "json")
    assert.equal('{"AccessKeyId":"AKID","SecretAccessKey":"***","SessionToken":"***"}', text)
    assert.is_nil(found.absent)
    local key = credentials.new { access_key_id = "AKID", secret_access_key = found.SecretAccessKey,
      session_token = found.SessionToken }
    assert.equal("a *** ***", credentials.redactor { key }:redact "a hidden also")
    assert.equal("a *** also", credentials.redactor({ key }, 5):redact "a hidden also")
  end)

  it("is unsealed as XML, too", function()
    local text, found = credentials.secret "<r><Key>a&amp;b</Key></r>":unseal({ "Key" }, "xml")
    assert.equal("<r><Key>***</Key></r>", text)
    assert.equal("***", credentials.redactor { found.Key }:redact "a&b")
  end)

  it("is not printed if it is not JSON or XML", function()
    local sealed = credentials.secret "{secret"
    for _, form in ipairs { "json", "xml" } do
      local text, err = sealed:unseal({ "key" }, form)
      assert.is_nil(text)
      assert.equal("Malformed", err.code)
      assert.equal(("not valid %s (byte %d)"):format(form:upper(), form == "json" and 2 or 1), err.message)
    end
    assert.has_error(function() sealed:unseal({ 1 }, "json") end)
    assert.has_error(function() sealed:unseal({}, "yaml") end)
  end)

  it("is joined with text, escaped for JSON on request", function()
    local token = credentials.secret 'a"\\\1'
    local body = credentials.join({ '{"token":"', token, '"}' }, "json")
    assert.equal("secret: ***", tostring(body))
    local _, found = body:unseal({ "token" }, "json")
    assert.equal("***", credentials.redactor { found.token }:redact 'a"\\\1')
    assert.equal("***", credentials.redactor { credentials.join { "x", token } }:redact 'xa"\\\1')
    assert.has_error(function() credentials.join { 1 } end)
  end)

  it("is joined with text, escaped for XML and forms on request", function()
    local token = credentials.secret 'a<&>"\r\n é'
    local body = credentials.join({ "<r><token>", token, "</token></r>" }, "xml")
    local text, found = body:unseal({ "token" }, "xml")
    assert.equal("<r><token>***</token></r>", text)
    assert.equal("***", credentials.redactor { found.token }:redact 'a<&>"\r\n é')
    local sealed = credentials.join({ '<r a="', token, '"/>' }, "xml")
    assert.equal("***", credentials.redactor { sealed }:redact '<r a="a&lt;&amp;&gt;&quot;&#xD;&#xA; é"/>')
    sealed = credentials.join({ "Password=", token }, "form")
    assert.equal("***", credentials.redactor { sealed }:redact "Password=a%3C%26%3E%22%0D%0A%20%C3%A9")
    assert.has_error(function() credentials.join({ token }, "yaml") end)
  end)
end)

describe("what was sealed", function()
  local value = credentials.secret('{"a":"TOPSECRET"}'):unseal({ "other" }, "json")
  local _, found = credentials.secret('{"a":"TOPSECRET"}'):unseal({ "a" }, "json")
  local sources = { ["a secret"] = credentials.secret "TOPSECRET", ["a member"] = found.a }

  it("is not shown by unsealing a joined secret", function()
    assert.matches("TOPSECRET", value) -- which nobody sealed
    for name, secret in pairs(sources) do
      for _, case in ipairs {
        { "json", { '"', secret, '"' } }, { "json", { '{"a":"', secret, '"}' } }, { "json", { '{"', secret, '":1}' } },
        { "json", { '{"a":["x","', secret, '"]}' } }, { "json", { '{"b":1,"a":{"c":"', secret, '"}}' } },
        { "xml", { "<r>", secret, "</r>" } }, { "xml", { "<r><", secret, "/></r>" } }, { "xml", { "<r a='", secret, "'/>" } },
      } do
        for _, names in ipairs { {}, { "b" }, { "TOPSECRET" } } do
          local joined = credentials.join(case[2])
          for _, sealed in ipairs { joined, credentials.join { joined }, credentials.join { "", joined, " " } } do
            local text, err = sealed:unseal(names, case[1])
            assert.is_nil(text, name)
            assert.equal("Sealed", err.code)
            assert.is_nil(tostring(err):find("TOPSECRET", 1, true))
          end
        end
      end
    end
  end)

  it("stays sealed in the members that are named", function()
    local text, again = credentials.join({ '{"user":"u","token":"', found.a, '"}' }, "json"):unseal({ "token" }, "json")
    assert.equal('{"user":"u","token":"***"}', text)
    assert.equal(found.a, again.token)
  end)

  it("cannot be unsealed a second time", function()
    local _, outer = credentials.secret([[{"a":"{\"b\":1}"}]]):unseal({ "a" }, "json")
    assert.equal("Sealed", select(2, outer.a:unseal({}, "json")).code)
  end)

  it("is not located by the error of a malformed text", function()
    local _, err = credentials.join({ "[1,", sources["a secret"] }):unseal({}, "json")
    assert.equal("not valid JSON", err.message)
  end)

  it("is equal to the same bytes only, and is not compared with text", function()
    assert.equal(credentials.secret "x", credentials.secret "x")
    assert.not_equal(credentials.secret "x", credentials.secret "y")
    assert.is_false(credentials.secret "x" == "x")
  end)

  it("is in no text that Lua makes of it", function()
    for _, make in ipairs {
      tostring, function(s) return "" .. s end, function(s) return ("%s"):format(s) end, function(s) return #s end,
      require("lanyard.json").encode, function(s) return table.concat { s } end, function(s) return s < s end,
      function(s) return s[1] end, function(s) return next(s) end, function(s) return s.bytes end,
    } do
      for _, secret in pairs(sources) do
        local _, shown = pcall(make, secret)
        assert.is_nil(tostring(shown):find("TOPSECRET", 1, true))
      end
    end
  end)
end)

describe("the options of credentials", function()
  it("are rejected if they are unknown or of another type", function()
    for name, wrong in pairs { nosuch = 1, access_key_id = "a\0b", secret_access_key = {}, session_token = 5, expires = "soon",
      account_id = {}, arn = {}, source = true } do
      local ok, err = pcall(credentials.new, { access_key_id = "A", secret_access_key = "s", [name] = wrong })
      assert.is_false(ok, name)
      assert.matches(name, err)
    end
    assert.has_error(function() credentials.from_environment { nosuch = 1 } end)
    assert.has_error(function() credentials.from_environment "x" end)
  end)

  it("may be lists whose length lies", function()
    local sparse = {}
    for bit = 0, 61 do sparse[1 << bit] = "x" end
    assert.has_error(function() credentials.join(sparse) end)
    assert.has_error(function() credentials.redactor(sparse) end)
    assert.has_error(function() credentials.secret("{}"):unseal(sparse, "json") end)
  end)
end)

describe("credentials.from_environment", function()
  local names = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN" }
  local kept = {}
  before_each(function()
    for _, name in ipairs(names) do
      kept[name] = os.getenv(name)
      system.setenv(name, nil)
    end
  end)
  after_each(function()
    for _, name in ipairs(names) do system.setenv(name, kept[name]) end
  end)

  it("reads the key and the token", function()
    system.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    system.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert.is_false(credentials.from_environment().has_token)
    system.setenv("AWS_SESSION_TOKEN", "TOKEN")
    assert.is_true(credentials.from_environment().has_token)
  end)

  it("distinguishes a missing key from an incomplete one", function()
    local _, err = credentials.from_environment()
    assert.equal("NotConfigured", err.code)
    system.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    _, err = credentials.from_environment()
    assert.equal("PartialCredentials", err.code)
    assert.matches("AWS_SECRET_ACCESS_KEY", err.message)
  end)

  it("rejects a part that a header cannot contain, and names it", function()
    system.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    system.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    system.setenv("AWS_SESSION_TOKEN", "TOKEN\r")
    local keys, err = credentials.from_environment()
    assert.is_nil(keys)
    assert.matches("^the session token of the environment contains a control character", err.message)
    assert.is_nil(err.message:find "TOKEN")
    keys, err = credentials.new { access_key_id = "A\n", secret_access_key = "s", source = "profile 'x'" }
    assert.is_nil(keys)
    assert.matches("^the access key id of profile 'x'", err.message)
  end)
end)

describe("a redactor", function()
  it("removes every secret from a text", function()
    local redactor = credentials.redactor { new { session_token = "TOKENTOKEN" }, credentials.secret "TOKEN" }
    assert.equal("a *** b ***, ***: ***", redactor:redact(("a %s b TOKENTOKEN, TOKEN: %s"):format(SECRET, SECRET)))
    assert.equal("", redactor:redact "")
  end)
end)
