-- Generated configurations, read by lanyard and by an installed botocore, the library of the AWS CLI. A set-up has the two
-- files, variables and a profile; compared are the Region, the endpoint, the certificates and the credentials that result,
-- down to the role, the session name and the key that assumes it. No call leaves this process: STS is a stub.
--
-- A set-up may have one feature about which the two differ on purpose. Each feature states why.

local aws = require "lanyard.aws"
local crypto = require "lanyard.crypto"
local double = require "double"
local helper = require "helper"
local json = require "lanyard.json"
local secret = require("lanyard.credentials").secret
local torture = require "torture"

local SETUPS = torture.choose(400, 5000)
local ORACLE = "tests/torture/botocore_oracle.py"
local SHOWN = 3 -- differences
local OLDEST = "1.40.0" -- older releases lack settings that are compared

-- ---------------------------------------------------------------------------------------------
-- Where the two differ on purpose. explains(ours, theirs, setup) checks that the difference is that one.

local function fails(outcome)
  return outcome.failed ~= nil or outcome.identity:find "^error" ~= nil
end

local FEATURES = {
  comment = {
    why = "AWS's published parser cases end a value at a comment; botocore keeps it",
    explains = function(ours, theirs) return ours.region == theirs.region:gsub(" [#;].*", "") end,
  },
  twice = {
    why = "AWS's published parser cases merge sections of one name; botocore rejects the file",
    explains = function(ours, theirs) return ours.failed == nil and theirs.failed ~= nil end,
  },
  several_lines = {
    why = "an indented property in the value of another one can be a secret; botocore uses the value",
    explains = function(ours) return ours.failed ~= nil end,
  },
  flag = {
    why = "a flag that is neither true nor false is an error; botocore takes any other word for false",
    explains = function(ours) return ours.failed ~= nil end,
  },
  source_case = {
    why = "AWS's SDK reference writes the sources in this case, and other SDKs ignore it; botocore does not",
    explains = function(ours, theirs) return not fails(ours) and fails(theirs) end,
  },
  divided_key = {
    why = "both files are one profile, as in AWS's published cases; botocore wants the whole key in one file",
    explains = function(ours, theirs) return not fails(ours) and fails(theirs) end,
  },
  only_secret = {
    why = "half a key is an error, as in AWS's published cases; botocore continues with the next provider",
    explains = function(ours, theirs) return fails(ours) and not fails(theirs) end,
  },
  empty_key = {
    why = "an empty value counts as unset; botocore signs with an empty key",
    explains = function(ours, theirs) return ours.identity:find "^AKIDCONFIGURED" and theirs.identity == "" end,
  },
}

-- The profile `default` does not have to exist, also if it is named; botocore then wants it.
local function is_missing_default(mine, theirs, setup)
  local name = setup.profile or setup.environment.AWS_PROFILE or setup.environment.AWS_DEFAULT_PROFILE
  return name == "default" and not mine.failed and theirs.failed == "error: ProfileNotFound"
end

-- ---------------------------------------------------------------------------------------------
-- Generating

local ROLE = "arn:aws:iam::111122223333:role/"
local NAMES = { "default", "ops", "team/dev.a@b+c", "my profile" }

-- Returns a generator: one_of(list), chance(percent).
local function chooser(random)
  return function(list) return list[random(#list)] end, function(percent) return random(100) <= percent end
end

-- Writes a section, in one of the styles that the AWS CLI reads.
local function section_text(heading, properties, one_of, chance, first)
  local indent = chance(20) and ("  "):rep(one_of { 1, 2 }) or ""
  local lines = { (first and chance(20) and " " or "") .. "[" .. heading .. "]" }
  for _, property in ipairs(properties) do
    local key, value = property[1], property[2]
    if chance(8) then lines[#lines + 1] = one_of { "", "# a comment", "  ; another", "\t" } end
    if type(value) == "table" then
      lines[#lines + 1] = indent .. key .. " ="
      for _, line in ipairs(value) do lines[#lines + 1] = indent .. "    " .. line end
    else
      local sign = one_of { " = ", "=", " =", ": ", " : ", "\t=\t" }
      lines[#lines + 1] = indent .. (chance(10) and key:upper() or key) .. sign .. value
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

local function add(list, key, value)
  list[#list + 1] = { key, value }
end

local function add_key(list, owner, chance)
  add(list, "aws_access_key_id", "AKID" .. owner)
  add(list, "aws_secret_access_key", "secret/" .. owner)
  if chance(30) then add(list, "aws_session_token", "token" .. owner) end
end

-- Each adds the credentials of a profile to a list of properties.
local function add_role(list, state)
  add(list, "role_arn", ROLE .. "r" .. state.number)
  if state.chance(60) then
    add(list, "source_profile", state.one_of(state.names))
  elseif state.chance(70) then
    add(list, "credential_source", "Environment")
  end
  if state.chance(40) then add(list, "role_session_name", "session" .. state.number) end
end

local function add_web_identity(list, state)
  add(list, "web_identity_token_file", state.folder .. "/token")
  if state.chance(85) then add(list, "role_arn", ROLE .. "w" .. state.number) end
  if state.chance(40) then add(list, "role_session_name", "web" .. state.number) end
end

local function add_sso(list, state)
  if state.chance(50) then
    add(list, "sso_session", state.chance(85) and "corp" or "nowhere")
  else
    add(list, "sso_start_url", "https://corp.awsapps.com/start")
    add(list, "sso_region", "eu-west-1")
  end
  add(list, "sso_account_id", "111122223333")
  if state.chance(85) then add(list, "sso_role_name", "reader") end
end

local function add_command(list, state)
  add(list, "credential_process", ("cat %s/command.json"):format(state.folder))
end

local function config_profile(name, state)
  local list, chance = {}, state.chance
  if chance(60) then add(list, "region", state.one_of { "us-east-1", "eu-west-1", "ap-south-1", "us-gov-west-1" }) end
  if chance(15) then add(list, "endpoint_url", "http://profile.example:8000") end
  if chance(12) then add(list, "services", chance(85) and "local" or "nowhere") end
  if chance(10) then add(list, "use_fips_endpoint", state.one_of { "true", "false", "True" }) end
  if chance(10) then add(list, "use_dualstack_endpoint", "true") end
  if chance(6) then add(list, "ignore_configured_endpoint_urls", state.one_of { "true", "false" }) end
  if chance(10) then add(list, "ca_bundle", state.folder .. "/bundle.pem") end
  if chance(15) then add(list, "output", "json") end
  if chance(10) then add(list, "s3", { "addressing_style = path", "max_concurrent_requests = 20" }) end
  if chance(35) then add_key(list, "CONF" .. name:gsub("%W", ""), chance) end
  for _, how in ipairs { { 30, add_role }, { 8, add_web_identity }, { 10, add_sso }, { 15, add_command } } do
    if chance(how[1]) then
      how[2](list, state)
      if how[2] ~= add_command then break end
    end
  end
  return list
end

local function environment(state)
  local variables, chance = { HOME = state.folder, PATH = os.getenv "PATH", AWS_EC2_METADATA_DISABLED = "true" }, state.chance
  local function set(percent, name, value)
    if chance(percent) then variables[name] = value end
  end
  set(20, "AWS_REGION", "eu-north-1")
  set(20, "AWS_DEFAULT_REGION", "sa-east-1")
  if chance(30) then
    variables.AWS_ACCESS_KEY_ID = "AKIDENV"
    set(95, "AWS_SECRET_ACCESS_KEY", "secret/env")
    set(40, "AWS_SESSION_TOKEN", "tokenenv")
  end
  set(25, "AWS_PROFILE", state.one_of(state.names))
  set(10, "AWS_DEFAULT_PROFILE", state.one_of(state.names))
  if chance(20) then
    variables.AWS_WEB_IDENTITY_TOKEN_FILE = state.folder .. "/token"
    set(90, "AWS_ROLE_ARN", ROLE .. "environment")
    set(50, "AWS_ROLE_SESSION_NAME", "pod")
  else
    set(8, "AWS_ROLE_ARN", ROLE .. "alone")
  end
  set(12, "AWS_ENDPOINT_URL", state.one_of { "http://general.example", "https://general.example:8443/path", "" })
  set(8, "AWS_ENDPOINT_URL_ECR", "http://own.example")
  set(8, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", state.one_of { "true", "false" })
  set(10, "AWS_USE_FIPS_ENDPOINT", state.one_of { "true", "TRUE", "false" })
  set(10, "AWS_USE_DUALSTACK_ENDPOINT", state.one_of { "true", "false" })
  set(10, "AWS_CA_BUNDLE", state.folder .. "/bundle.pem")
  set(15, "REQUESTS_CA_BUNDLE", state.folder .. "/requests.pem")
  variables.AWS_CONFIG_FILE = state.one_of { state.path .. "config", "~/" .. state.own .. "config", "$HOME/" .. state.own .. "config",
    "${HOME}/" .. state.own .. "config", "$LANYARD_UNSET/config" }
  variables.AWS_SHARED_CREDENTIALS_FILE = state.one_of { state.path .. "credentials", "~/" .. state.own .. "credentials" }
  return variables
end

-- Each changes the properties of the profile `default` in the two files, so that it has a feature.
local ADD_FEATURE = {
  comment = function(config) table.insert(config, 1, { "region", "us-east-2 # home" }) end,
  several_lines = function(config) table.insert(config, 1, { "external_id", { "region = x" } }) end,
  flag = function(config) table.insert(config, 1, { "use_fips_endpoint", "yes" }) end,
  source_case = function(config)
    add(config, "role_arn", ROLE .. "cased")
    add(config, "credential_source", "environment")
  end,
  divided_key = function(config, credentials)
    add(config, "aws_access_key_id", "AKIDDIVIDED")
    add(credentials, "aws_secret_access_key", "s")
  end,
  only_secret = function(_, credentials, variables)
    add(credentials, "aws_secret_access_key", "s")
    variables.AWS_WEB_IDENTITY_TOKEN_FILE, variables.AWS_ROLE_ARN = nil, nil
  end,
  empty_key = function(config, credentials)
    add(credentials, "aws_access_key_id", "")
    add(credentials, "aws_secret_access_key", "")
    add_key(config, "CONFIGURED", function() return false end)
  end,
}

-- Returns the properties of each profile: [file][name], or of one with a feature alone.
local function profiles_of(state)
  local config, credentials = {}, {}
  for _, name in ipairs(state.names) do
    state.number = state.number + 1
    config[name] = state.chance(75) and config_profile(name, state) or nil
    if state.chance(45) and not name:find " " then
      credentials[name] = {}
      add_key(credentials[name], "CRED" .. name:gsub("%W", ""), state.chance)
      if state.chance(10) then add(credentials[name], "region", "ca-central-1") end
      if state.chance(8) then add_command(credentials[name], state) end
    end
  end
  return config, credentials
end

local function heading_of(name, kind, one_of)
  if kind == "credentials" then
    return name
  elseif name == "default" then
    return "default"
  end
  local form = one_of(name:find " " and { '"%s"', "'%s'" } or { "%s", "%s", '"%s"' })
  return one_of { "profile ", "profile  ", "profile\t" } .. form:format(name)
end

local function file_text(by_name, kind, state)
  local parts = {}
  for _, name in ipairs(state.names) do
    if by_name[name] then
      local heading = heading_of(name, kind, state.one_of)
      parts[#parts + 1] = section_text(heading, by_name[name], state.one_of, state.chance, #parts == 0)
      if state.feature == "twice" and not state.repeated then -- botocore rejects the same spelling only
        state.repeated = true
        parts[#parts + 1] = section_text(heading, { { "output", "text" } }, state.one_of, state.chance)
      end
    end
  end
  if kind == "config" then
    parts[#parts + 1] = "[services local]\necr =\n  endpoint_url = http://services.example\n"
    parts[#parts + 1] = "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n"
    parts[#parts + 1] = "[preview]\nx = 1\n"
  end
  local text = table.concat(parts, state.one_of { "", "\n", "# ----\n" })
  return state.chance(10) and text:gsub("\n", "\r\n") or text
end

local function generate(number, folder, random)
  local one_of, chance = chooser(random)
  local state = { one_of = one_of, chance = chance, names = NAMES, number = 0, folder = folder.path, own = number .. "-",
    path = ("%s/%d-"):format(folder, number) }
  local config, credentials = profiles_of(state)
  local variables = environment(state)
  local features = {}
  for name in pairs(FEATURES) do features[#features + 1] = name end
  table.sort(features)
  if chance(15) then
    state.feature = one_of(features)
    if ADD_FEATURE[state.feature] then
      config.default, credentials.default = {}, {}
      ADD_FEATURE[state.feature](config.default, credentials.default, variables)
      variables.AWS_PROFILE, variables.AWS_DEFAULT_PROFILE, variables.AWS_REGION, variables.AWS_DEFAULT_REGION = nil, nil, nil, nil
      variables.AWS_CONFIG_FILE = state.path .. "config"
      if state.feature ~= "source_case" then variables.AWS_ACCESS_KEY_ID, variables.AWS_SECRET_ACCESS_KEY = nil, nil end
    end
  end
  helper.write(state.path .. "config", (file_text(config, "config", state)))
  helper.write(state.path .. "credentials", (file_text(credentials, "credentials", state)))
  return {
    environment = variables, feature = state.feature,
    profile = not state.feature and chance(30) and one_of(NAMES) or nil,
  }
end

-- ---------------------------------------------------------------------------------------------
-- Lanyard's reading

local STS_REPLY = [[<R><%sResult><Credentials><AccessKeyId>AKIDCHAIN</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
  <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></%sResult></R>]]

local SSO_REPLY = [[{"roleCredentials":{"accessKeyId":"AKIDCHAIN","secretAccessKey":"s","sessionToken":"t",
  "expiration":4070908800000}}]]

-- Returns the identity in the words of botocore_oracle.py.
local function identity_of(settings)
  local last
  settings.region = settings.region or "us-east-1"
  settings.transport = function(request)
    if request.method == "GET" then
      last = { action = "sso" }
      return { status = 200, headers = {}, body = secret(SSO_REPLY) }
    end
    local action = request.body:match "Action=(%w+)"
    last = { action = action, role = request.body:match "role%%2F(%w+)", session = request.body:match "RoleSessionName=([%w.-]+)",
      source = (request.headers.Authorization or ""):match "Credential=(%w+)/" }
    return { status = 200, headers = {}, body = secret(STS_REPLY:format(action, action)) }
  end
  local session, err = aws.session(settings)
  local keys
  if session then keys, err = session:credentials() end
  if not keys then
    return err.message:find "^no credentials found" and "none" or "error: " .. tostring(err)
  elseif not last or last.action == "sso" then
    return last and "sso" or keys.access_key_id .. (keys.has_token and " with token" or "")
  end
  local words = { last.action == "AssumeRole" and "assume-role" or "assume-role-with-web-identity", last.role,
    last.session:find "^lanyard" and "own" or last.session }
  words[4] = last.action == "AssumeRole" and (last.source == "AKIDCHAIN" and "chain" or last.source) or nil
  return table.concat(words, " ")
end

local function ours(setup)
  local session, err = aws.session { profile = setup.profile }
  local region = session and session.region or "none"
  if err and err.code == "NoRegion" then
    session, err = aws.session { profile = setup.profile, region = "us-east-1" }
  end
  if not session then
    return { failed = tostring(err) }
  end
  local endpoint, failure = session:endpoint "ecr"
  return {
    region = region,
    endpoint = endpoint and endpoint.url or "error: " .. tostring(failure),
    certificates = session.options.ca_bundle or "none",
    identity = identity_of { profile = setup.profile },
  }
end

-- ---------------------------------------------------------------------------------------------
-- Comparing

local function plain(value)
  return type(value) == "string" and value:find "^error" and "error" or value
end

-- botocore calls STS or IAM Identity Center when the credentials are first used, and only then looks for the services
-- section of the profile.
local function same_identity(mine, theirs)
  return plain(mine.identity) == plain(theirs.identity)
    or mine.identity:find "has no section %[services nowhere%]$" and (theirs.identity:find "^assume%-role" or theirs.identity == "sso") ~= nil
end

-- Compares the outcomes. Where a profile has no usable credentials, botocore can also fail to make a client.
local function same(mine, theirs)
  if mine.failed or theirs.failed then
    return mine.failed ~= nil and theirs.failed ~= nil
  elseif fails(mine) and fails(theirs) and theirs.endpoint:find "^error" then
    return true
  end
  for _, name in ipairs { "region", "endpoint", "certificates" } do
    if plain(mine[name]) ~= plain(theirs[name]) then
      return false
    end
  end
  return same_identity(mine, theirs)
end

-- Returns a Python that has a botocore, or nil.
local function python()
  for _, path in ipairs { "/usr/bin/python3", "python3" } do
    local result = helper.run({ path, "-c",
      ("import botocore, sys; v = lambda t: [int(p) for p in t.split('.')]; sys.exit(v(botocore.__version__) < v('%s'))"):format(OLDEST) },
      { HOME = os.getenv "HOME" })
    if result.status == 0 then return path end
  end
end

local function describe_difference(number, setup, mine, theirs, folder)
  return ("set-up %d, feature %s:\n%s\n--- config\n%s--- credentials\n%s--- lanyard\n%s\n--- botocore\n%s\n"):format(number, setup.feature or "none",
    json.encode({ environment = setup.environment, profile = setup.profile }, { pretty = true }),
    helper.read(("%s/%d-config"):format(folder, number)), helper.read(("%s/%d-credentials"):format(folder, number)),
    json.encode(mine), json.encode(theirs))
end

describe("a generated configuration", function()
  it("is read as the installed botocore reads it, except for differences with a reason", function()
    local interpreter = python()
    if not interpreter then
      pending("this machine has no botocore " .. OLDEST .. " or later")
      return
    end
    local folder <close> = helper.folder()
    for name, text in pairs { token = "TOKEN", ["bundle.pem"] = "certificates", ["requests.pem"] = "certificates",
      ["command.json"] = '{"Version":1,"AccessKeyId":"AKIDCOMMAND","SecretAccessKey":"s"}' } do
      helper.write(folder .. "/" .. name, text)
    end
    os.execute("mkdir -p " .. folder .. "/.aws/sso/cache")
    for _, key in ipairs { "corp", "https://corp.awsapps.com/start" } do
      helper.write(("%s/.aws/sso/cache/%s.json"):format(folder, crypto.sha1_hex(key)),
        '{"accessToken":"TOKEN","expiresAt":"2099-01-01T00:00:00Z"}')
    end
    local random, setups, lines = torture.random(), {}, {}
    for number = 1, SETUPS do
      setups[number] = generate(number, folder, random)
      lines[number] = json.encode { environment = setups[number].environment, profile = setups[number].profile }
    end
    local result = helper.run({ interpreter, ORACLE }, { HOME = os.getenv "HOME" }, table.concat(lines, "\n") .. "\n")
    assert.equal(0, result.status, result.err)
    local number, explained, differences = 0, 0, {}
    for line in result.out:gmatch "[^\n]+" do
      number = number + 1
      local setup, theirs = setups[number], json.decode(line)
      local mine = double.environment(setup.environment, ours, setup)
      local feature = FEATURES[setup.feature]
      if not same(mine, theirs) then
        if feature and feature.explains(mine, theirs, setup) or is_missing_default(mine, theirs, setup) then
          explained = explained + 1
        else
          differences[#differences + 1] = describe_difference(number, setup, mine, theirs, folder)
        end
      end
    end
    assert.equal(SETUPS, number)
    assert.equal(0, #differences, ("%d differences\n%s"):format(#differences, table.concat(differences, "\n", 1, math.min(#differences, SHOWN))))
    torture.report("configurations beside botocore", number, explained .. " differ for a reason")
  end)
end)
