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
      ["X-Amz-Security-Token: V1\nHost: a"] = "X-Amz-Security-Token: ***\nHost: a",
      ["> Authorization: Basic dXNlcjpw"] = "> Authorization: Basic ***",
      ["Cookie: a=V; b=W\nHost: a"] = "Cookie: ***\nHost: a",
      ["token: V"] = "token: ***",
      ["client_secret: V"] = "client_secret: ***",
      ["api_key = V"] = "api_key = ***",
      ["secret_access_key = V"] = "secret_access_key = ***",
      ["login --password V --user ann"] = "login --password *** --user ann",
      ["login --password 'a b'\\''c' --user ann"] = "login --password '***' --user ann",
      ["{'password': u'V', 'user': u'ann'}"] = "{'password': '***', 'user': u'ann'}",
      ["[('password', 'V'), ('user', 'ann')]"] = "[('password', '***'), ('user', 'ann')]",
      ["['token', 'password', 'user']"] = "['token', 'password', 'user']",
      ["Config(token=u'V', n=1)"] = "Config(token=u'***', n=1)",
      ["password: two words\nuser: ann"] = "password: ***\nuser: ann",
      ["password: |\n  V\n  W\nuser: ann"] = "password: |\n  ***\nuser: ann",
      ['{"log":"password=a\\nuser=ann"}'] = '{"log":"password=***\\nuser=ann"}',
      ["next=%3Ftoken%3DV%26page%3D2"] = "next=%3Ftoken%3D***%26page%3D2",
      ["-----BEGIN RSA PRIVATE KEY-----\nV\n-----END RSA PRIVATE KEY-----\n"] =
        "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\n",
      ["-----BEGIN PRIVATE KEY-----\nV"] = "-----BEGIN PRIVATE KEY-----***",
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
