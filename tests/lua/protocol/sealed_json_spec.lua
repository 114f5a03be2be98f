local credentials = require "lanyard.credentials"
local helper = require "helper"
local sealed_json = require "lanyard.protocol.sealed_json"
local system = require "lanyard.system"

-- Returns the content of a sealed text, by sealing it as a member of another text.
local function open(secret)
  local text, secrets = secret:unseal({ "token", "key" }, "json")
  return text, secrets
end

describe("JSON with secrets", function()
  it("is decoded and encoded without exposing a secret", function()
    local sealed = credentials.secret [[{"user":"ann","token":"a\"\\b","inner":{"key":"k","n":1},"list":[1,2],"none":null}]]
    local fields = sealed_json.decode(sealed, { "token", "key" })
    assert.equal("ann", fields.user)
    assert.equal("secret: ***", tostring(fields.token))
    assert.equal("secret: ***", tostring(fields.inner.key))
    fields.user = "bob"
    local again = sealed_json.encode(fields)
    assert.equal("secret: ***", tostring(again))
    assert.equal([[{"inner":{"key":"***","n":1},"list":[1,2],"token":"***","user":"bob"}]], (open(again)))
    local folder <close> = helper.folder()
    assert(system.write_file(folder .. "/file", again))
    assert.equal([[{"inner":{"key":"k","n":1},"list":[1,2],"token":"a\"\\b","user":"bob"}]], helper.read(folder .. "/file"))
  end)

  it("is plain text without a secret", function()
    assert.equal('{"a":{"b":1}}', sealed_json.encode { a = { b = 1 } })
    assert.equal('"x"', sealed_json.encode "x")
  end)

  it("is sealed if a nested object contains a secret", function()
    assert.equal("secret: ***", tostring(sealed_json.encode { a = { key = credentials.secret "k" } }))
  end)

  it("keeps lists, with and without secrets", function()
    local sealed = sealed_json.encode { list = { credentials.secret "k", { 1 } }, empty = require("lanyard.json").array {},
      token = credentials.secret "t" }
    local folder <close> = helper.folder()
    assert(system.write_file(folder .. "/file", sealed))
    assert.equal('{"empty":[],"list":["k",[1]],"token":"t"}', helper.read(folder .. "/file"))
  end)

  it("is nil if the text is not an object", function()
    for _, text in ipairs { "", "[]", "12", "{", '{"token":"a" "b"}' } do
      assert.is_nil(sealed_json.decode(credentials.secret(text), { "token" }))
    end
  end)
end)
