-- The chain of providers: by AWS's own cases, each a machine with its environment, its files and what
-- answers on its network; and what is told of the search.

local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local double = require "double"
local helper = require "helper"
local instant = require "lanyard.aws.instant"
local json = require "lanyard.json"

local CASES = helper.vectors .. "/config/default-credential-provider-chain"

local NOW = 1234560000 -- before any credentials of theirs end

-- Their errors are the Rust SDK's; what each means is found in ours by these patterns.
local MEANINGS = {
  eks_pod_identity_no_token_file = "No such file or directory",
  imds_default_chain_error = "the instance has no IAM role",
  imds_disabled = "AWS_EC2_METADATA_DISABLED is true",
  imds_no_iam_role = "credential_source = Ec2InstanceMetadata, which has none: the instance has no IAM role",
  imds_token_fail = "is disabled %(status 403%)",
  profile_overrides_web_identity = "credential_source = Environment, which has none",
  sso_no_token_file = "dace00cba5f8355ec9d274ceb2bcebdfbeed0e12%.json",
  sso_server_error = "503",
  web_identity_source_profile_no_env = "profile 'B' has web_identity_token_file but not role_arn",
  web_identity_token_invalid_jwt = "No OpenIDConnect provider found in your account",
}

local function read(case, name)
  return helper.read(("%s/%s/%s"):format(CASES, case, name))
end

-- What the case's services answer: a list of { method, uri, status, headers, body }
local function exchanges(case)
  local list = {}
  for _, event in ipairs(json.decode(read(case, "http-traffic.json")).events) do
    local action, last = event.action, list[#list]
    if action.Request then
      list[#list + 1] = { method = action.Request.request.method, uri = action.Request.request.uri, body = "" }
    elseif action.Response then
      last.status, last.headers = action.Response.response.Ok.status, {}
      for name, values in pairs(action.Response.response.Ok.headers) do
        last.headers[name:lower()] = table.concat(values, ", ")
      end
    elseif action.Data and action.Data.direction == "Response" then
      last.body = last.body .. action.Data.data.Utf8
    end
  end
  return list
end

local function without_order(url)
  local path, query = url:match "^([^?]*)%??(.*)$"
  local fields = {}
  for field in query:gmatch "[^&]+" do fields[#fields + 1] = field end
  table.sort(fields)
  return path .. "?" .. table.concat(fields, "&")
end

-- A transport that answers so, in this order and to nothing else.
local function replay(list)
  local number = 0
  return function(request)
    number = number + 1
    local expected = list[number] or error("nobody was to be asked any more, but " .. request.url)
    assert.equal(expected.method, request.method or "GET")
    assert.equal(without_order(expected.uri), without_order(request.url))
    return { status = expected.status, headers = expected.headers, elapsed = 0,
      body = request.sealed and credentials.secret(expected.body) or expected.body }
  end, function() return number end
end

-- Copies the case's files below a folder --> its environment, with the paths there
local function prepare(case, folder)
  os.execute(("cp -r '%s/%s/fs/.' %s 2>/dev/null; mkdir -p %s/home/.aws; chmod -R u+w %s")
    :format(CASES, case, folder, folder, folder))
  local config = folder .. "/home/.aws/config"
  if helper.exists(config) then
    helper.write(config, (helper.read(config):gsub("= */token.jwt", "= " .. folder .. "/token.jwt")))
  end
  local variables = json.decode(read(case, "env.json"))
  for name, value in pairs(variables) do
    variables[name] = value:gsub("^/home$", folder .. "/home"):gsub("^/token.jwt$", folder .. "/token.jwt")
  end
  return variables
end

local function run(case)
  local folder <close> = helper.folder()
  local result = json.decode(read(case, "test-case.json")).result
  local list = exchanges(case)
  local transport, count = replay(list)
  double.environment(prepare(case, folder), function()
    local options = {
      transport = transport, max_attempts = 1,
      clock = { time = function() return NOW end, now = os.clock, sleep = function() end, random = function() return 0 end },
    }
    local session, wrong = aws.session(options)
    if wrong and wrong.code == "NoRegion" then -- some cases have none
      options.region = "us-east-1"
      session = aws.session(options)
    end
    local keys, err = session:credentials()
    if result.Ok then
      assert.is_nil(err)
      assert.equal(result.Ok.access_key_id, keys.access_key_id)
      assert.is_true(double.holds(keys, result.Ok.secret_access_key, result.Ok.session_token))
      assert.equal(result.Ok.account_id, keys.account_id)
      assert.equal(result.Ok.expiry, keys.expires)
    else
      assert.is_nil(keys)
      assert.matches(MEANINGS[case], err.message)
    end
    assert.equal(#list, count())
  end)
end

describe("AWS's cases of the provider chain", function()
  if not helper.exists(CASES .. "/imds_disabled/test-case.json") then
    pending("are not here (" .. CASES .. ")")
    return
  end
  local pipe <close> = assert(io.popen("ls '" .. CASES .. "'"))
  for case in pipe:lines() do
    it(case, function() run(case) end)
  end
end)

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

  it("tells of each provider why it had none", function()
    with({}, function()
      local session = assert(aws.session())
      local keys, err = session:credentials()
      assert.is_nil(keys)
      assert.equal("NoCredentials", err.code)
      assert.equal("no credentials: looked at environment (AWS_ACCESS_KEY_ID is not set), "
        .. "profile (there is no profile 'default'), web identity (AWS_WEB_IDENTITY_TOKEN_FILE is not set), "
        .. "container (neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set), "
        .. "instance (AWS_EC2_METADATA_DISABLED is true)", err.message)
      assert.equal(6, #outcomes(session))
    end)
  end)

  it("tells which provider won and until when, why those before it did not, and who was not asked", function()
    with({ AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "s", AWS_CREDENTIAL_EXPIRATION = "2099-01-31T12:00:00Z" },
      function()
        local session = assert(aws.session())
        assert.same({
          "script: none given", "environment: AKIDENV from environment, until 2099-01-31T12:00:00Z", "profile: not asked",
          "web identity: not asked", "container: not asked", "instance: not asked",
        }, outcomes(session))
        assert.same({ false, true, false }, { session:explain()[1].chosen, session:explain()[2].chosen,
          session:explain()[3].chosen })
      end)
  end)

  it("takes what the script gives before all else", function()
    with({ AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "s" }, function()
      local given = credentials.new { access_key_id = "AKIDGIVEN", secret_access_key = "s" }
      assert.equal(given, assert(aws.session { credentials = given }):credentials())
    end)
  end)

  it("takes account, end and either name of the token from the environment, and blank ones as not set", function()
    local variables = { AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "s", AWS_SECURITY_TOKEN = "old",
      AWS_SESSION_TOKEN = " ", AWS_ACCOUNT_ID = "111122223333", AWS_CREDENTIAL_EXPIRATION = "2099-01-31T12:00:00Z" }
    with(variables, function()
      local keys = assert(aws.session():credentials())
      assert.equal("111122223333", keys.account_id)
      assert.equal(instant.read "2099-01-31T12:00:00Z", keys.expires)
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

  it("ends at half a key, an end that is no time and one that is past", function()
    for variable, why in pairs {
      [""] = "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not",
      ["tomorrow"] = "AWS_CREDENTIAL_EXPIRATION is 'tomorrow': a time like 2026-01-31T12:00:00Z is expected",
      ["2020-01-31T12:00:00Z"] = "the credentials of the environment expired at 2020-01-31T12:00:00Z "
        .. "(AWS_CREDENTIAL_EXPIRATION)",
    } do
      with({ AWS_ACCESS_KEY_ID = variable ~= "" and "AKIDENV" or nil, AWS_SECRET_ACCESS_KEY = "s",
        AWS_CREDENTIAL_EXPIRATION = variable }, function()
        local keys, err = aws.session():credentials()
        assert.is_nil(keys)
        assert.equal(why, err.message)
      end)
    end
  end)

  it("runs a search but once for who asks for its outcome and for the credentials", function()
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
