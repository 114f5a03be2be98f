-- The search for credentials against the provider chain cases of AWS (tests/vectors/credential_chain.lua): each case is
-- a machine with its environment, its files and the recorded exchanges of its network. The replies come over real HTTP,
-- in the recorded order and to no other request.

local Double = require "double"
local aws = require "lanyard.aws"
local helper = require "helper"

local NOW = 1234560000 -- before the credentials of any case expire

-- The error messages of the AWS SDK for Rust, each with a pattern of the equivalent message.
local MEANINGS = {
  -- "No such file or directory (os error 2)", about the token file; ours also names the file
  eks_pod_identity_no_token_file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: .*/token%.jwt: No such file or directory",
  -- "the credential provider was not enabled": no provider has credentials; ours has the reason of each
  imds_default_chain_error = "^no credentials found .*instance: the instance has no IAM role\n",
  imds_disabled = "^no credentials found .*instance: AWS_EC2_METADATA_DISABLED is true\n",
  -- the same for a profile whose source has no credentials; ours names the profile
  imds_no_iam_role = "^profile 'default' has credential_source = Ec2InstanceMetadata.*the instance has no IAM role",
  profile_overrides_web_identity = "^profile 'A' has credential_source = Environment, which has no credentials",
  -- "request forbidden: IMDS is disabled"
  imds_token_fail = "is disabled %(status 403%)",
  -- "failed to read `...json`"; ours says how to sign in
  sso_no_token_file = "/dace00cba5f8355ec9d274ceb2bcebdfbeed0e12%.json does not exist%): run aws sso login",
  -- "an error occurred while loading credentials"; ours has the error
  sso_server_error = "cannot get credentials of role MySsoRole in account 123456789: .*503",
  -- "`web_identity_token_file` was specified but `role_arn` was missing"
  web_identity_source_profile_no_env = "profile 'B' has web_identity_token_file but not role_arn",
  -- "InvalidIdentityTokenException: No OpenIDConnect provider found in your account"
  web_identity_token_invalid_jwt = "InvalidIdentityToken: No OpenIDConnect provider found in your account",
}

-- Returns the fields of a form or a query string, and their names in order.
local function fields_of(text)
  local fields, names = {}, {}
  for name, value in text:gmatch "([^&=]+)=([^&]*)" do
    fields[name] = value:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    names[#names + 1] = name
  end
  table.sort(names)
  return fields, names
end

-- Compares the role and the token of a request with the case: the recorded ones belong to another machine.
local function check_form(machine, expected, body)
  local found, found_names = fields_of(body)
  local wanted_names = {}
  for name in pairs(expected) do wanted_names[#wanted_names + 1] = name end
  table.sort(wanted_names)
  assert.same(wanted_names, found_names)
  assert.equal(expected.Action, found.Action)
  assert.equal(expected.Version, found.Version)
  if found.RoleArn then
    assert.is_truthy(machine.texts:find(found.RoleArn, 1, true))
    assert.equal(machine.variables.AWS_ROLE_SESSION_NAME or found.RoleSessionName:match "^lanyard%-%d+$", found.RoleSessionName)
  end
  if found.WebIdentityToken then
    assert.equal(machine.token, found.WebIdentityToken)
  end
end

-- A signed request uses the credentials that were served last.
local function check_signature(machine, expected, request)
  if expected.signed then
    assert.matches("Credential=" .. machine.served.id .. "/", request.headers.authorization, 1, true)
    assert.equal(machine.served.token, request.headers["x-amz-security-token"])
  elseif machine.variables.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE then
    assert.equal(machine.token, request.headers.authorization)
  else
    assert.is_nil(request.headers.authorization)
  end
end

local function check(machine, expected, request)
  assert.equal(expected.method, request.method)
  assert.equal(expected.url:match "^[^?]*", request.url:match "^[^?]*")
  assert.same((fields_of(expected.url:match "%?(.*)" or "")), (fields_of(request.url:match "%?(.*)" or "")))
  for name, recorded in pairs(expected.headers or {}) do
    local value = request.headers[name]
    -- A charset may follow the content type.
    assert.equal(recorded, name == "content-type" and value:match "^[^;]*" or value)
  end
  assert.equal(expected.url:find "^http://169%." ~= nil, request.direct == true)
  check_signature(machine, expected, request)
  check_form(machine, expected.form or {}, request.body)
end

local function served_by(body)
  return {
    id = body:match '"AccessKeyId"%s*:%s*"([^"]*)"' or body:match "<AccessKeyId>([^<]*)",
    token = body:match '"Token"%s*:%s*"([^"]*)"' or body:match "<SessionToken>([^<]*)",
  }
end

-- Writes the files of a case below a folder. Returns the machine: { variables, texts (all settings as text), token }.
local function prepare(case, folder)
  local token = folder .. "/token.jwt"
  os.execute(("mkdir -p %s/home/.aws"):format(folder))
  for name, text in pairs(case.files or {}) do
    local path = ("%s/%s"):format(folder, name)
    os.execute(("mkdir -p $(dirname %s)"):format(path))
    helper.write(path, (text:gsub("= */token.jwt", "= " .. token)))
  end
  local variables, texts = {}, { case.files and case.files["home/.aws/config"] }
  for name, value in pairs(case.variables) do
    variables[name] = value:gsub("^/home$", folder .. "/home"):gsub("^/token.jwt$", token)
    texts[#texts + 1] = name .. "=" .. value
  end
  return {
    variables = variables, texts = table.concat(texts, "\n"),
    token = helper.exists(token) and helper.read(token):match "^%s*(.-)%s*$" or nil,
  }
end

local CLOCK = {
  time = function() return NOW end, now = os.clock, sleep = function() end, random = function() return 0 end,
}

-- Returns a session of the machine. A session needs a Region, so one is given if the machine's settings have none.
local function session_of(machine, double)
  return assert(aws.session {
    region = not machine.texts:lower():find("region", 1, true) and "us-east-1" or nil,
    transport = function(request) return double:send(request) end, max_attempts = 1, clock = CLOCK,
  })
end

local function check_result(case, keys, err)
  local expected = case.credentials
  if expected then
    assert.is_nil(err)
    assert.equal(expected.access_key_id, keys.access_key_id)
    assert.is_true(Double.holds(keys, expected.secret_access_key, expected.session_token))
    assert.equal(expected.account_id, keys.account_id)
    assert.equal(expected.expires, keys.expires)
  else
    assert.is_nil(keys)
    assert.matches(MEANINGS[case.name], tostring(err) .. "\n" .. (err.tip or ""))
  end
end

local function run(case)
  local folder <close> = helper.folder()
  local machine, exchanges, number = prepare(case, folder), case.exchanges or {}, 0
  local double <close> = Double.new(function(request)
    number = number + 1
    local expected = exchanges[number] or error("no further request is expected, but there is one for " .. request.url)
    check(machine, expected, request)
    machine.served = served_by(expected.reply.body or "")
    return expected.reply
  end)
  Double.environment(machine.variables, function()
    check_result(case, session_of(machine, double):credentials())
  end)
  assert.equal(#exchanges, number)
end

describe("AWS's cases of the provider chain", function()
  for _, case in ipairs(dofile "tests/vectors/credential_chain.lua") do
    it(case.name, function() run(case) end)
  end
end)
