local crypto = require "lanyard.crypto"
local json = require "lanyard.json"
local model = require "lanyard.model"
local credentials = require "lanyard.credentials"
local secrets = require "lanyard.aws.secrets"

-- Returns the text with the secrets of an input hidden.
local function hidden(text, input)
  return credentials.redactor(secrets.of(input)):redact(text)
end

describe("what a model marks as sensitive", function()
  local shape = model.new { metadata = {}, operations = { Get = { output = { shape = "Out" } } }, shapes = {
    Out = { type = "structure", members = { { name = "Name", shape = "Text" }, { name = "Key", shape = "Secret" },
      { name = "Keys", shape = "Keys" }, { name = "ByName", shape = "ByName" }, { name = "Whole", shape = "Whole" } } },
    Keys = { type = "list", member = { shape = "Secret" } },
    ByName = { type = "map", key = { shape = "Text" }, value = { shape = "Secret" } },
    Whole = { type = "structure", sensitive = true, members = { { name = "Pin", shape = "Number" }, { name = "Flag", shape = "Flag" } } },
    Text = { type = "string" }, Secret = { type = "string", sensitive = true }, Number = { type = "integer" },
    Flag = { type = "boolean" },
  } }:operation "Get".output
  local value = { Name = "n", Key = "k1", Keys = { "k2", "k3" }, ByName = { a = "k4" }, Whole = { Pin = 815, Flag = false } }

  it("is hidden at any depth, in a copy", function()
    assert.same({ Name = "n", Key = "***", Keys = { "***", "***" }, ByName = { a = "***" }, Whole = { Pin = "***", Flag = false } },
      secrets.hide(shape, value))
    assert.equal("k1", value.Key)
    local plain = { Name = "n", Keys = {} }
    assert.equal(plain, secrets.hide(shape, plain))
    assert.equal("text", secrets.hide(nil, "text"))
  end)

  it("is found in each form that it has on the wire", function()
    local redactor = credentials.redactor(secrets.of_shape(shape, { Key = 'a"<b>&\u{e9} c' }))
    for _, form in ipairs { 'a"<b>&\u{e9} c', json.encode('a"<b>&\u{e9} c'):sub(2, -2), 'a"&lt;b&gt;&amp;\u{e9} c',
      "a%22%3Cb%3E%26%C3%A9%20c", crypto.base64 'a"<b>&\u{e9} c' } do
      assert.equal("x***y", redactor:redact("x" .. form .. "y"))
    end
  end)

  it("is not searched for if it is short", function()
    local short = {}
    assert.equal(1, #secrets.of_shape(shape, { Key = "a<b", Keys = { "12345" }, ByName = { a = "123456" } }, { credentials.secret "x" }, short) - 2)
    assert.same({ ["a<b"] = true, ["a&lt;b"] = true, ["a%3Cb"] = true, ["YTxi"] = true, ["12345"] = true, ["MTIzNDU="] = true }, short)
    assert.equal(0, #secrets.of_shape(shape, { Key = "a" }))
    assert.equal(0, #secrets.of_members({ token = true }, { token = "a" }, {}, short))
    assert.is_true(short.a)
  end)

  it("is hidden by its name where an older model does not mark it", function()
    local plain = model.new { metadata = {}, operations = { Get = { output = { shape = "Out" } } }, shapes = {
      Out = { type = "structure", members = { { name = "MasterUserPassword", shape = "Text" }, { name = "Tags", shape = "Map" } } },
      Map = { type = "map", key = { shape = "Text" }, value = { shape = "Text" } }, Text = { type = "string" },
    } }:operation "Get".output
    local given = { MasterUserPassword = "one two+3", Tags = { PASSWORD = "four-4", Key = "five" } }
    assert.same({ MasterUserPassword = "***", Tags = { PASSWORD = "***", Key = "five" } }, secrets.hide(plain, given))
    assert.equal("bad *** and ***, not five", credentials.redactor(secrets.of_shape(plain, given)):redact "bad one two+3 and four-4, not five")
    assert.same(given, secrets.seal(plain, given))
  end)

  it("is sealed", function()
    local sealed = secrets.seal(shape, value)
    assert.is_true(credentials.secret "k3" == sealed.Keys[2])
    assert.equal("n", sealed.Name)
  end)
end)

describe("the secrets of a request", function()
  it("are its sealed members at any depth", function()
    assert.equal("a *** and a ***", hidden("a token and a password", {
      token = credentials.secret "token", list = { { password = credentials.secret "password" } }, name = "a",
    }))
  end)

  it("are the values of environments, except short ones, and not their names", function()
    assert.equal("SECRET_KEY is ***, on port 80", hidden("SECRET_KEY is hunter2!, on port 80", {
      containers = { app = { image = "on port", environment = { SECRET_KEY = "hunter2!", PORT = "80" } } },
    }))
  end)

  it("are appended to a given list", function()
    local key = credentials.secret "key"
    local found = secrets.of({ token = credentials.secret "token" }, { key })
    assert.equal(2, #found)
    assert.equal(key, found[1])
  end)
end)
