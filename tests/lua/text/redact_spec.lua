local redact = require "lanyard.text.redact"
local system = require "lanyard.system"

describe("a redacted text", function()
  it("has no value of a field with the name of a secret", function()
    for text, shown in pairs {
      ["aws_secret_access_key = abc/DEF+1\nregion = x"] = "aws_secret_access_key = ***\nregion = x",
      ["AWS_SESSION_TOKEN=tok/en== next"] = "AWS_SESSION_TOKEN=*** next",
      ['{"SecretAccessKey": "a b", "Version": 1}'] = '{"SecretAccessKey": "***", "Version": 1}',
      ["Password: hunter2, then"] = "Password: ***, then",
      ["Authorization: Bearer eyJhbGci.e30.x_-1"] = "Authorization: Bearer ***",
      ["https://me:pass@proxy:3128"] = "https://***@proxy:3128",
    } do
      assert.equal(shown, redact.text(text))
    end
  end)

  it("has the last letters of an access key id, to identify it", function()
    assert.equal("as AKIA***MPLE (ASIA***6789)", redact.text "as AKIAIOSFODNN7EXAMPLE (ASIAIOSFODNN123456789)")
    assert.equal("AROAIOSFODNN7EXAMPLE", redact.text "AROAIOSFODNN7EXAMPLE")
    assert.equal("ASIAPACIFIC", redact.text "ASIAPACIFIC")
    assert.equal("XAKIAIOSFODNN7EXAMPLE", redact.text "XAKIAIOSFODNN7EXAMPLE")
  end)

  it("has no secret of the environment", function()
    local before = os.getenv "AWS_SECRET_ACCESS_KEY"
    system.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG")
    local shown = redact.text "it was wJalrXUtnFEMI/K7MDENG, twice: wJalrXUtnFEMI/K7MDENG."
    system.setenv("AWS_SECRET_ACCESS_KEY", before)
    assert.equal("it was ***, twice: ***.", shown)
  end)

  it("is unchanged otherwise", function()
    local text = 'my-repo  {"Sid":"AllowLightsailPull-web"}\n  token bucket, 100 % = all\n'
    assert.equal(text, redact.text(text))
  end)
end)
