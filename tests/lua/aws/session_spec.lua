local aws = require "lanyard.aws"
local helper = require "helper"
local httpd = require "lanyard.httpd"
local system = require "lanyard.system"

local VARIABLES = {
  "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION",
  "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ECR",
  "AWS_MAX_ATTEMPTS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_EC2_METADATA_DISABLED", "HOME",
}

-- Runs f with these variables and files only.
local function with(settings, f)
  local folder <close> = helper.folder()
  local before = {}
  for _, name in ipairs(VARIABLES) do
    before[name] = os.getenv(name)
    system.setenv(name, settings[name])
  end
  system.setenv("HOME", folder.path)
  system.setenv("AWS_EC2_METADATA_DISABLED", settings.AWS_EC2_METADATA_DISABLED or "true")
  os.execute("mkdir -p " .. folder .. "/.aws")
  for _, name in ipairs { "config", "credentials" } do
    if settings[name] then
      helper.write(("%s/.aws/%s"):format(folder, name), settings[name])
    end
  end
  local ok, err = pcall(f)
  for _, name in ipairs(VARIABLES) do
    system.setenv(name, before[name])
  end
  if not ok then error(err, 0) end
end

local CONFIG = "[default]\nregion = eu-west-1\n[profile ops]\nregion = eu-central-1\nservices = local\n"
  .. "max_attempts = 5\n[services local]\necr =\n  endpoint_url = http://127.0.0.1:7\n"
local CREDENTIALS = "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = s1\n"
  .. "[ops]\naws_access_key_id = AKIDOPS\naws_secret_access_key = s2\naws_session_token = t\n"

describe("a session", function()
  it("is copied to another Region with the same credentials, and stays in its own", function()
    with({ config = CONFIG, credentials = CREDENTIALS }, function()
      local session = assert(aws.session {})
      local other = session:at "us-west-2"
      assert.equal("https://api.ecr.us-west-2.amazonaws.com", other:client("ecr").endpoint)
      assert.equal("us-west-2", other:client("ecr").signing_region)
      assert.equal(session:credentials(), other:credentials())
      assert.equal("eu-west-1", session:client("ecr").region)
    end)
  end)

  it("uses the given Region, then the environment's, then the profile's", function()
    with({ config = CONFIG, AWS_REGION = "us-west-2", AWS_DEFAULT_REGION = "us-west-1" }, function()
      assert.equal("us-east-2", aws.session({ region = "us-east-2" }).region)
      assert.equal("us-west-2", aws.session().region)
      system.setenv("AWS_REGION", nil)
      assert.equal("us-west-1", aws.session().region)
      system.setenv("AWS_DEFAULT_REGION", nil)
      assert.equal("eu-west-1", aws.session().region)
      assert.equal("eu-central-1", aws.session({ profile = "ops" }).region)
    end)
  end)

  it("explains how to set a Region if none is set", function()
    with({}, function()
      local session, err = aws.session()
      assert.is_nil(session)
      assert.equal("NoRegion", err.code)
      assert.matches("%-%-region", err.message)
    end)
  end)

  it("uses the environment's key before the profile's, unless a profile is named", function()
    with({ config = CONFIG, credentials = CREDENTIALS, AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "s" },
      function()
        assert.equal("AKIDENV", aws.session():credentials().access_key_id)
        assert.equal("AKIDOPS", aws.session({ profile = "ops" }):credentials().access_key_id)
        assert.is_true(aws.session({ profile = "ops" }):credentials().has_token)
      end)
    with({ config = CONFIG, credentials = CREDENTIALS }, function()
      assert.equal("AKIDDEFAULT", aws.session():credentials().access_key_id)
      system.setenv("AWS_PROFILE", "ops")
      assert.equal("AKIDOPS", aws.session():credentials().access_key_id)
    end)
  end)

  it("lists the providers if there are no credentials", function()
    with({ config = CONFIG }, function()
      local keys, err = aws.session():credentials()
      assert.is_nil(keys)
      assert.equal("NoCredentials", err.code)
      assert.matches("environment", err.message)
      assert.matches("profile 'default'", err.tip)
    end)
  end)

  it("reports an unknown profile and an incomplete key", function()
    with({ config = CONFIG }, function()
      local session, err = aws.session { profile = "nobody" }
      assert.is_nil(session)
      assert.equal("ProfileNotFound", err.code)
      assert.matches("'nobody'", err.message)
    end)
    with({ config = "[default]\nregion = us-east-1\naws_access_key_id = A\n" }, function()
      local keys, err = aws.session():credentials()
      assert.is_nil(keys)
      assert.equal("PartialCredentials", err.code)
    end)
  end)

  it("does not combine the token of one file with the key of the other", function()
    with({ config = "[default]\nregion = us-east-1\naws_session_token = OLD\n",
      credentials = "[default]\naws_access_key_id = A\naws_secret_access_key = s\n" }, function()
      assert.is_false(assert(aws.session():credentials()).has_token)
    end)
  end)

  it("treats an empty value as unset", function()
    with({ config = "[default]\nregion = us-east-1\nrole_arn =\nretry_mode =\n",
      credentials = "[default]\naws_access_key_id = A\naws_secret_access_key = s\naws_session_token =\n" }, function()
      local keys = assert(assert(aws.session()):credentials())
      assert.equal("A", keys.access_key_id)
      assert.is_false(keys.has_token)
    end)
  end)

  it("does not print properties that are indented into another value", function()
    for _, key in ipairs { "region", "retry_mode", "role_arn", "whatever" } do
      with({ config = ("[default]\n%s = us-east-1\n  aws_secret_access_key = SECRET\n"):format(key) }, function()
        local session, err = aws.session { region = "us-east-1" }
        assert.is_nil(session)
        assert.matches("^" .. key .. " of profile 'default' spans several lines", err.message)
        assert.is_nil(err.message:find "SECRET")
      end)
    end
    with({ config = "[default]\nregion = us-east-1\ncredential_process = a\n  b\n" }, function()
      assert(aws.session())
    end)
  end)

  it("reports file and line of an invalid config file", function()
    with({ config = "[default]\nnonsense\n" }, function()
      local session, err = aws.session()
      assert.is_nil(session)
      assert.matches("/%.aws/config: line 2: ", err.message)
    end)
  end)

  it("calls the endpoint configured for a service, else the general one", function()
    with({ config = CONFIG, credentials = CREDENTIALS }, function()
      assert.equal("http://127.0.0.1:7", aws.client("ecr", { profile = "ops" }).endpoint)
      assert.equal("https://lightsail.eu-central-1.amazonaws.com", aws.client("lightsail", { profile = "ops" }).endpoint)
      system.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:8/")
      assert.equal("http://127.0.0.1:8", aws.client("lightsail").endpoint)
      system.setenv("AWS_ENDPOINT_URL_ECR", "http://127.0.0.1:9")
      assert.equal("http://127.0.0.1:9", aws.client("ecr").endpoint)
      assert.equal("http://127.0.0.1:10", aws.client("ecr", { endpoint_url = "http://127.0.0.1:10" }).endpoint)
      system.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
      assert.equal("https://api.ecr.eu-west-1.amazonaws.com", aws.client("ecr").endpoint)
    end)
  end)

  it("rejects an invalid endpoint, Region or number of attempts", function()
    with({}, function()
      local _, err = aws.session { region = "us-east-1", endpoint_url = "localhost:80" }
      assert.matches("'localhost:80'", err.message)
      _, err = aws.session { region = "narnia" }
      assert.equal("InvalidRegion", err.code)
      system.setenv("AWS_MAX_ATTEMPTS", "0")
      _, err = aws.session { region = "us-east-1" }
      assert.matches("AWS_MAX_ATTEMPTS", err.message)
    end)
  end)

  it("signs IAM requests for the Region of its only endpoint", function()
    with({}, function()
      local iam = aws.client("iam", { region = "eu-west-1" })
      assert.equal("us-east-1", iam.signing_region)
      assert.equal("https://iam.amazonaws.com", iam.endpoint)
    end)
  end)

  it("combines the options of a client with its own, and leaves the given table alone", function()
    with({ config = CONFIG }, function()
      local session = assert(aws.session { timeout = 7, connect_timeout = 3 })
      local options = { timeout = 2 }
      local ecr = assert(session:client("ecr", options))
      assert.equal(2, ecr.options.timeout)
      assert.equal(3, ecr.options.connect_timeout)
      assert.same({ timeout = 2 }, options)
      assert.is_nil(getmetatable(options))
      assert.equal(7, session.options.timeout)
    end)
  end)
end)

describe("sessions of several accounts", function()
  it("sign with their own keys on a shared connection", function()
    local signatures, ports = {}, {}
    local server = assert(httpd.serve { handler = function(request)
      local key, region = request.headers.authorization:match "Credential=(%w+)/%d+/([%w-]+)/"
      signatures[#signatures + 1] = ("%s %s %s"):format(key, region, tostring(request.headers["x-amz-security-token"]))
      ports[request.remote_port] = true
      return { status = 200, headers = { ["Content-Type"] = "application/x-amz-json-1.1" }, body = "{}" }
    end })
    with({ config = CONFIG, credentials = CREDENTIALS, AWS_ENDPOINT_URL = server.url }, function()
      local one, two = assert(aws.session()), assert(aws.session { profile = "ops" })
      for _, session in ipairs { one, two, one } do
        assert(assert(session:client "ecr"):GetAuthorizationToken())
      end
    end)
    server.close()
    assert.same({ "AKIDDEFAULT eu-west-1 nil", "AKIDOPS eu-central-1 t", "AKIDDEFAULT eu-west-1 nil" }, signatures)
    local count = 0
    for _ in pairs(ports) do
      count = count + 1
    end
    assert.equal(1, count)
  end)
end)
