-- AWS's own cases of the provider chain, read in place: each a machine with its environment, its files and
-- what answers on its network. The answers come over real HTTP, in the recorded order and to nothing else.

local Double = require "double"
local aws = require "lanyard.aws"
local helper = require "helper"
local json = require "lanyard.json"

local CASES = helper.vectors .. "/config/default-credential-provider-chain"

local NOW = 1234560000 -- before any credentials of theirs end

-- Their errors are the Rust SDK's. What each means is found in ours by these patterns:
local MEANINGS = {
  -- "No such file or directory (os error 2)": of the token's file; ours names the file too
  eks_pod_identity_no_token_file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: .*/token%.jwt: No such file or directory",
  -- "the credential provider was not enabled": nothing on this machine has credentials; ours says why of each
  imds_default_chain_error = "^no credentials: .*instance: the instance has no IAM role\n",
  imds_disabled = "^no credentials: .*instance: AWS_EC2_METADATA_DISABLED is true\n",
  -- the same, where the profile names a source that has none: ours names the profile
  imds_no_iam_role = "^profile 'default' has credential_source = Ec2InstanceMetadata.*the instance has no IAM role",
  profile_overrides_web_identity = "^profile 'A' has credential_source = Environment, which has none",
  -- "request forbidden: IMDS is disabled"
  imds_token_fail = "is disabled %(status 403%)",
  -- "failed to read `...json`": ours says how to sign in
  sso_no_token_file = "there is no .*/dace00cba5f8355ec9d274ceb2bcebdfbeed0e12%.json%): run aws sso login",
  -- "an error occurred while loading credentials": ours says which
  sso_server_error = "gets no credentials of role MySsoRole in account 123456789: .*503",
  -- "`web_identity_token_file` was specified but `role_arn` was missing"
  web_identity_source_profile_no_env = "profile 'B' has web_identity_token_file but not role_arn",
  -- "InvalidIdentityTokenException: No OpenIDConnect provider found in your account"
  web_identity_token_invalid_jwt = "InvalidIdentityToken: No OpenIDConnect provider found in your account",
}

-- What a request must have as recorded, where it was; a charset may stand behind a content type.
local SAME_HEADERS = {
  "accept", "content-type", "x-amz-sso_bearer_token", "x-aws-ec2-metadata-token",
  "x-aws-ec2-metadata-token-ttl-seconds",
}
-- What of an answer a client looks at; the recorded lengths are of other bodies.
local REPLY_HEADERS = { "content-type", "x-amzn-requestid", "x-aws-ec2-metadata-token-ttl-seconds" }

local function read(case, name)
  return helper.read(("%s/%s/%s"):format(CASES, case, name))
end

local function headers_of(recorded)
  local headers = {}
  for name, values in pairs(recorded) do headers[name:lower()] = table.concat(values, ", ") end
  return headers
end

-- --> list of { method, uri, headers, body, reply = { status, headers, body } }
local function exchanges(case)
  local list = {}
  for _, event in ipairs(json.decode(read(case, "http-traffic.json")).events) do
    local action, last = event.action, list[#list]
    if action.Request then
      local request = action.Request.request
      list[#list + 1] = { method = request.method, uri = request.uri, headers = headers_of(request.headers), body = "" }
    elseif action.Response then
      last.reply = { status = action.Response.response.Ok.status, headers = {}, body = "" }
      local headers = headers_of(action.Response.response.Ok.headers)
      for _, name in ipairs(REPLY_HEADERS) do last.reply.headers[name] = headers[name] end
    elseif action.Data then
      local to = action.Data.direction == "Response" and last.reply or last
      to.body = to.body .. action.Data.data.Utf8
    end
  end
  return list
end

-- The fields of a form or a query string, and their names in order.
local function fields_of(text)
  local fields, names = {}, {}
  for name, value in text:gmatch "([^&=]+)=([^&]*)" do
    fields[name] = value:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    names[#names + 1] = name
  end
  table.sort(names)
  return fields, names
end

-- The recorded bodies are of other machines than the cases': their roles and tokens are not those of the
-- files. So what is asked for is as recorded, and for whom as the case says.
local function check_form(machine, expected, body)
  local wanted, wanted_names = fields_of(expected)
  local found, found_names = fields_of(body)
  assert.same(wanted_names, found_names)
  assert.equal(wanted.Action, found.Action)
  assert.equal(wanted.Version, found.Version)
  if found.RoleArn then
    assert.is_truthy(machine.texts:find(found.RoleArn, 1, true))
    assert.equal(machine.variables.AWS_ROLE_SESSION_NAME or found.RoleSessionName:match "^lanyard%-%d+$", found.RoleSessionName)
  end
  if found.WebIdentityToken then
    assert.equal(machine.token, found.WebIdentityToken)
  end
end

-- A signed request is by the credentials that were served last.
local function check_signature(machine, expected, request)
  if expected.headers.authorization then
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
  assert.equal(expected.uri:match "^[^?]*", request.url:match "^[^?]*")
  assert.same((fields_of(expected.uri:match "%?(.*)" or "")), (fields_of(request.url:match "%?(.*)" or "")))
  for _, name in ipairs(SAME_HEADERS) do
    if expected.headers[name] then
      local value = request.headers[name]
      assert.equal(expected.headers[name], name == "content-type" and value:match "^[^;]*" or value)
    end
  end
  assert.equal(expected.uri:find "^http://169%." ~= nil, request.direct == true)
  check_signature(machine, expected, request)
  check_form(machine, expected.body, request.body)
end

local function served_by(body)
  return {
    id = body:match '"AccessKeyId"%s*:%s*"([^"]*)"' or body:match "<AccessKeyId>([^<]*)",
    token = body:match '"Token"%s*:%s*"([^"]*)"' or body:match "<SessionToken>([^<]*)",
  }
end

-- Copies the case's files below a folder --> the machine: { variables, texts (all that it says), token }
local function prepare(case, folder)
  os.execute(("cp -r '%s/%s/fs/.' %s 2>/dev/null; mkdir -p %s/home/.aws; chmod -R u+w %s")
    :format(CASES, case, folder, folder, folder))
  local texts = read(case, "env.json")
  local config, token = folder .. "/home/.aws/config", folder .. "/token.jwt"
  if helper.exists(config) then
    texts = texts .. helper.read(config)
    helper.write(config, (helper.read(config):gsub("= */token.jwt", "= " .. token)))
  end
  local variables = json.decode(read(case, "env.json"))
  for name, value in pairs(variables) do
    variables[name] = value:gsub("^/home$", folder .. "/home"):gsub("^/token.jwt$", token)
  end
  return {
    variables = variables, texts = texts,
    token = helper.exists(token) and helper.read(token):match "^%s*(.-)%s*$" or nil,
  }
end

local CLOCK = {
  time = function() return NOW end, now = os.clock, sleep = function() end, random = function() return 0 end,
}

-- A session of the machine; where nothing of it names a Region, which a session must have, it is given.
local function session_of(machine, double)
  return assert(aws.session {
    region = not machine.texts:lower():find("region", 1, true) and "us-east-1" or nil,
    transport = function(request) return double:send(request) end, max_attempts = 1, clock = CLOCK,
  })
end

local function check_result(case, result, keys, err)
  if result.Ok then
    assert.is_nil(err)
    assert.equal(result.Ok.access_key_id, keys.access_key_id)
    assert.is_true(Double.holds(keys, result.Ok.secret_access_key, result.Ok.session_token))
    assert.equal(result.Ok.account_id, keys.account_id)
    assert.equal(result.Ok.expiry, keys.expires)
  else
    assert.is_nil(keys)
    assert.matches(MEANINGS[case], tostring(err) .. "\n" .. (err.tip or ""))
  end
end

local function run(case)
  local folder <close> = helper.folder()
  local machine, list, number = prepare(case, folder), exchanges(case), 0
  local double <close> = Double.new(function(request)
    number = number + 1
    local expected = list[number] or error("nobody was to be asked any more, but " .. request.url)
    check(machine, expected, request)
    machine.served = served_by(expected.reply.body)
    return expected.reply
  end)
  Double.environment(machine.variables, function()
    check_result(case, json.decode(read(case, "test-case.json")).result, session_of(machine, double):credentials())
  end)
  assert.equal(#list, number)
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
