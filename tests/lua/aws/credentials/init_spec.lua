-- The chain of providers and its outcomes (recorded_spec has AWS's own cases).

local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local double = require "double"
local helper = require "helper"
local timestamp = require "lanyard.text.timestamp"

describe("the chain of providers", function()
  local NONE = { AWS_REGION = "us-east-1", AWS_EC2_METADATA_DISABLED = "true", HOME = "/nonexistent" }

  local function with(variables, f)
    local all = {}
    for name, value in pairs(NONE) do all[name] = value end
    for name, value in pairs(variables) do all[name] = value end
    double.environment(all, f)
  end

  local function outcomes(session)
    local list = {}
    for i, step in ipairs(session:explain()) do list[i] = ("%s: %s"):format(step.provider, step.outcome) end
    return list
  end

  it("reports why each provider has no credentials", function()
    with({}, function()
      local session = assert(aws.session())
      local keys, err = session:credentials()
      assert.is_nil(keys)
      assert.equal("NoCredentials", err.code)
      assert.equal("no credentials found (providers: environment, profile, web identity, container, instance)", err.message)
      assert.equal([[
environment: AWS_ACCESS_KEY_ID is not set
profile: profile 'default' does not exist
web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set
container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set
instance: AWS_EC2_METADATA_DISABLED is true
set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws configure, aws sso login or aws login,
whichever the profile uses]], err.tip)
      assert.equal(6, #outcomes(session))
    end)
  end)

  it("reports the chosen provider, the reasons of the ones before, and the ones that were not used", function()
    with({ AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "s", AWS_CREDENTIAL_EXPIRATION = "2099-01-31T12:00:00Z" },
      function()
        local session = assert(aws.session())
        assert.same({
          "script: none given", "environment: AKIDENV from environment, until 2099-01-31T12:00:00Z", "profile: not used",
          "web identity: not used", "container: not used", "instance: not used",
        }, outcomes(session))
        assert.same({ false, true, false }, { session:explain()[1].chosen, session:explain()[2].chosen,
          session:explain()[3].chosen })
      end)
  end)

  it("uses the credentials given by the script first", function()
    with({ AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "s" }, function()
      local given = credentials.new { access_key_id = "AKIDGIVEN", secret_access_key = "s" }
      assert.equal(given, assert(aws.session { credentials = given }):credentials())
    end)
  end)

  it("reads a profile from both files, with precedence for the credentials file", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/config", "[profile ops]\naws_access_key_id = AKIDCONFIG\nregion = eu-west-1\n")
    helper.write(folder .. "/credentials", "[ops]\naws_access_key_id = AKIDCREDENTIALS\naws_secret_access_key = s\n"
      .. "[other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = s\n")
    with({ AWS_CONFIG_FILE = folder .. "/config", AWS_SHARED_CREDENTIALS_FILE = folder .. "/credentials" }, function()
      local session = assert(aws.session { profile = "ops" })
      assert.equal("AKIDCREDENTIALS", assert(session:credentials()).access_key_id)
      assert.equal("eu-west-1", session.profile.profiles.ops.region)
      assert.equal("AKIDOTHER", session.profile.profiles.other.aws_access_key_id)
    end)
  end)

  it("reads account, expiration and either token variable from the environment, and ignores blank ones", function()
    local variables = { AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "s", AWS_SECURITY_TOKEN = "old",
      AWS_SESSION_TOKEN = " ", AWS_ACCOUNT_ID = "111122223333", AWS_CREDENTIAL_EXPIRATION = "2099-01-31T12:00:00Z" }
    with(variables, function()
      local keys = assert(aws.session():credentials())
      assert.equal("111122223333", keys.account_id)
      assert.equal(timestamp.parse "2099-01-31T12:00:00Z", keys.expires)
      assert.is_true(double.holds(keys, "s", "old"))
    end)
    variables.AWS_ACCOUNT_ID, variables.AWS_CREDENTIAL_EXPIRATION, variables.AWS_SECURITY_TOKEN = " ", "", "\t"
    with(variables, function()
      local keys = assert(aws.session():credentials())
      assert.is_nil(keys.account_id)
      assert.is_nil(keys.expires)
      assert.is_false(keys.has_token)
    end)
  end)

  it("stops at an incomplete key, an invalid expiration and an expired key", function()
    for variable, message in pairs {
      [""] = "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not",
      ["tomorrow"] = "AWS_CREDENTIAL_EXPIRATION is 'tomorrow': a time like 2026-01-31T12:00:00Z is expected",
      ["2020-01-31T12:00:00Z"] = "the credentials of the environment expired at 2020-01-31T12:00:00Z "
        .. "(AWS_CREDENTIAL_EXPIRATION)",
    } do
      with({ AWS_ACCESS_KEY_ID = variable ~= "" and "AKIDENV" or nil, AWS_SECRET_ACCESS_KEY = "s",
        AWS_CREDENTIAL_EXPIRATION = variable }, function()
        local keys, err = aws.session():credentials()
        assert.is_nil(keys)
        assert.equal(message, err.message)
      end)
    end
  end)

  it("runs once for its outcome and for the credentials", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/config", ([[
[default]
credential_process = sh -c 'echo x >>%s/count; cat %s/out'
]]):format(folder, folder))
    helper.write(folder .. "/out", '{"Version":1,"AccessKeyId":"AKIDPROCESS","SecretAccessKey":"s"}')
    with({ AWS_CONFIG_FILE = folder .. "/config" }, function()
      local session = assert(aws.session())
      assert.equal("profile: AKIDPROCESS from profile 'default'", outcomes(session)[3])
      assert.equal("AKIDPROCESS", assert(session:credentials()).access_key_id)
      assert.equal("x\n", helper.read(folder .. "/count"))
    end)
  end)
end)
