local credentials = require "lanyard.credentials"
local wire = require "lanyard.aws.wire"

describe("the wire log", function()
  it("hides the values of secret members, whatever they are", function()
    local text = '{"authorizationData":[{"authorizationToken":"QVdTOnNlY3JldA==","expiresAt":1}],'
      .. '"environment" : {"DB":"a}\\"b{","N":{"x":["secret"]}}, "sessionToken":"cut'
    local shown = wire.body(text)
    for _, secret in ipairs { "QVdT", "a}", "secret", "cut" } do
      assert.is_nil(shown:find(secret, 1, true), shown)
    end
    assert.truthy(shown:find('"expiresAt":1', 1, true))
  end)
  it("hides the elements of STS's answers", function()
    assert.equal("<SecretAccessKey>***</SecretAccessKey><X>y</X>", wire.body "<SecretAccessKey>abc</SecretAccessKey><X>y</X>")
  end)
  it("hides signatures, tokens and the keys of the session", function()
    local key = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "hidden-secret" }
    local lines = wire.request({
      method = "POST", url = "https://a/", body = "has hidden-secret in it",
      headers = { Authorization = "AWS4 Signature=0123abcd", ["X-Amz-Security-Token"] = "TOKEN" },
    }, credentials.redactor { key })
    for _, secret in ipairs { "hidden-secret", "0123abcd", "TOKEN" } do
      assert.is_nil(lines:find(secret, 1, true), lines)
    end
  end)
end)
