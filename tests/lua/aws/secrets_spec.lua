local credentials = require "lanyard.credentials"
local secrets = require "lanyard.aws.secrets"

-- Returns the text with the secrets of an input hidden.
local function hidden(text, input)
  return credentials.redactor(secrets.of(input)):redact(text)
end

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
