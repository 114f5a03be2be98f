-- Roles through the public interface: a session with shared files, and a double of STS over real HTTP.

local aws = require "lanyard.aws"
local double = require "double"
local helper = require "helper"
local httpd = require "lanyard.httpd"
local timestamp = require "lanyard.text.timestamp"
local system = require "lanyard.system"
local task = require "lanyard.task"

local ROLE = "arn:aws:iam::111122223333:role/"
local SECRETS = { "BASESECRET", "ROLESECRET", "ROLETOKEN", "the.web.token", "123456" }

local function form(body)
  local fields = {}
  for name, value in body:gmatch "([^&=]+)=([^&]*)" do
    fields[name] = value:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  end
  return fields
end

-- Returns the reply of STS: credentials of the requested role, valid for the requested time.
local function grant(fields, number, life)
  local name = fields.RoleArn:match "[^/]+$"
  return { status = 200, headers = { ["Content-Type"] = "text/xml" }, body = ([[
<%sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%sResult>
<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/%s/%s</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>ASIA%d%s</AccessKeyId><SecretAccessKey>ROLESECRET</SecretAccessKey>
<SessionToken>ROLETOKEN</SessionToken><Expiration>%s</Expiration></Credentials>
</%sResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></%sResponse>]]):format(fields.Action, fields.Action,
    name, fields.RoleSessionName, number, name, timestamp.format(system.time() + (life or 3600)), fields.Action, fields.Action) }
end

local function fault(status, code, message)
  return { status = status, body = ("<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>"
    .. "<RequestId>id-2</RequestId></ErrorResponse>"):format(code, message) }
end

-- Runs f(world) with this config file and this STS; world.calls are the forms that it received.
-- answer(fields, number) --> reply
local function with(config, answer, f, variables)
  local folder <close> = helper.folder()
  local world = { calls = {}, lines = {}, folder = folder }
  local server = assert(httpd.serve { handler = function(request)
    local fields = form(request.body)
    fields.authorization = request.headers.authorization
    world.calls[#world.calls + 1] = fields
    return answer(fields, #world.calls)
  end, on_error = function(text) -- replies after the server is closed are discarded
    if not text:find "cancelled" then io.stderr:write(text, "\n") end
  end })
  local _ <close> = setmetatable({}, { __close = server.close })
  helper.write(folder .. "/token", "the.web.token\n")
  helper.write(folder .. "/config", (config:gsub("FOLDER", folder.path)))
  local all = { AWS_CONFIG_FILE = folder .. "/config", HOME = folder.path, AWS_REGION = "eu-west-1",
    AWS_ENDPOINT_URL_STS = server.url, AWS_MAX_ATTEMPTS = "1", AWS_EC2_METADATA_DISABLED = "true" }
  for name, value in pairs(variables or {}) do all[name] = value:gsub("FOLDER", folder.path) end
  function world.session(options)
    local with_debug = { debug = function(line) world.lines[#world.lines + 1] = line end }
    for name, value in pairs(options or {}) do with_debug[name] = value end
    return assert(aws.session(with_debug))
  end
  world.server = server
  double.environment(all, f, world)
  local shown, secret = double.silent(SECRETS, table.concat(world.lines, "\n"))
  assert.is_true(shown, "the log shows " .. tostring(secret))
end

local BASE = "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = BASESECRET\n"
local ONE = "[default]\nrole_arn = " .. ROLE .. "one\nsource_profile = base\n" .. BASE

describe("a profile with a role", function()
  it("assumes it with the keys of its source, in the Region of the session, and signs with the result", function()
    with(ONE .. "[profile two]\nrole_arn = " .. ROLE .. "two\nsource_profile = default\nrole_session_name = me\n"
      .. "external_id = x/1\nduration_seconds = 1800\n", grant, function(world)
      local session = world.session { profile = "two" }
      local keys = assert(session:credentials())
      assert.equal("ASIA2two", keys.access_key_id)
      assert.equal("111122223333", keys.account_id)
      assert.matches("^arn:aws:sts::111122223333:assumed%-role/", (session:known_caller()))
      assert.equal("profile 'two'", keys.source)
      assert.is_true(math.abs(keys.expires - system.time() - 3600) < 5)
      assert.is_true(double.holds(keys, "ROLESECRET", "ROLETOKEN"))
      local first, second = table.unpack(world.calls)
      assert.equal("AssumeRole", first.Action)
      assert.equal(ROLE .. "one", first.RoleArn)
      assert.matches("^lanyard%-%d+$", first.RoleSessionName)
      assert.is_nil(first.ExternalId)
      assert.matches("Credential=AKIDBASE/%d+/eu%-west%-1/sts/", first.authorization)
      assert.equal(ROLE .. "two", second.RoleArn)
      assert.equal("me", second.RoleSessionName)
      assert.equal("x/1", second.ExternalId)
      assert.equal("1800", second.DurationSeconds)
      assert.matches("Credential=ASIA1one/", second.authorization)
    end)
  end)

  it("assumes it once for all tasks, and again before it expires", function()
    local life = 4 -- seconds; in the last sixth all tasks wait for new credentials
    with(ONE, function(fields, number)
      task.sleep(0.02)
      return grant(fields, number, number == 1 and life or 3600)
    end, function(world)
      local session = world.session()
      local function ask() return assert(session:credentials()).access_key_id end
      local first = task.map({ 1, 2, 3, 4, 5 }, ask)
      assert.same({ "ASIA1one", "ASIA1one", "ASIA1one", "ASIA1one", "ASIA1one" }, first)
      local ends = session:credentials().expires
      while system.time() < ends - 0.5 do task.sleep(0.05) end
      local second = task.map({ 1, 2, 3, 4, 5 }, ask)
      assert.same({ "ASIA2one", "ASIA2one", "ASIA2one", "ASIA2one", "ASIA2one" }, second)
      assert.equal(2, #world.calls)
    end)
  end)

  it("assumes it again when a service reports expired credentials, and repeats the call once", function()
    with(ONE, function(fields, number)
      if fields.Action == "AssumeRole" then return grant(fields, number) end
      local key = fields.authorization:match "Credential=([^/]+)"
      if key == "ASIA1one" then return fault(403, "ExpiredToken", "The security token included in the request is expired") end
      return { status = 200, body = ("<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:of:%s</Arn><UserId>u</UserId>"
        .. "<Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"):format(key) }
    end, function(world)
      local sts = assert(world.session({ max_attempts = 2 }):client "sts")
      local arns = task.map({ 1, 2, 3 }, function() return assert(sts:GetCallerIdentity()).Arn end)
      local roles = 0
      for _, call in ipairs(world.calls) do roles = roles + (call.Action == "AssumeRole" and 1 or 0) end
      assert.equal(2, roles) -- once at the start and once again, for all three
      for _, arn in ipairs(arns) do assert.matches("^arn:of:ASIA[^1]", arn) end
    end)
  end)

  it("uses the keys of the environment as its source, although the chain skips them", function()
    with("[profile e]\nrole_arn = " .. ROLE .. "e\ncredential_source = Environment\n", grant, function(world)
      assert.equal("ASIA1e", assert(world.session({ profile = "e" }):credentials()).access_key_id)
      assert.matches("Credential=AKIDENV/", world.calls[1].authorization)
    end, { AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "BASESECRET" })
    with("[profile e]\nrole_arn = " .. ROLE .. "e\ncredential_source = Environment\n", grant, function(world)
      local _, err = world.session({ profile = "e" }):credentials()
      assert.equal("profile 'e' has credential_source = Environment, which has no credentials: AWS_ACCESS_KEY_ID is not set",
        err.message)
      assert.equal(0, #world.calls)
    end, { AWS_WEB_IDENTITY_TOKEN_FILE = "FOLDER/token", AWS_ROLE_ARN = ROLE .. "not-this" })
  end)

  it("uses the keys that a command prints", function()
    with("[default]\nrole_arn = " .. ROLE .. "one\nsource_profile = p\n[profile p]\ncredential_process = "
      .. [[printf '{"Version":1,"AccessKeyId":"AKIDPRINTED","SecretAccessKey":"BASESECRET"}']] .. "\n", grant, function(world)
      assert(world.session():credentials())
      assert.matches("Credential=AKIDPRINTED/", world.calls[1].authorization)
    end)
  end)

  it("asks for the code of its MFA device", function()
    local asked
    with(ONE .. "[profile m]\nrole_arn = " .. ROLE .. "m\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n", grant,
      function(world)
        local function ask(prompt)
          asked = prompt
          return " 123456 "
        end
        assert(world.session({ profile = "m", ask = ask }):credentials())
        assert.equal("MFA code of arn:aws:iam::1:mfa/me: ", asked)
        assert.equal("arn:aws:iam::1:mfa/me", world.calls[1].SerialNumber)
        assert.equal("123456", world.calls[1].TokenCode)
        local _, err = world.session({ profile = "m", ask = function() return "12345a" end }):credentials()
        assert.equal("InvalidMfaCode", err.code)
        assert.is_nil(err.message:find "12345a")
        _, err = world.session({ profile = "m", ask = function() end }):credentials()
        assert.equal("MfaRequired", err.code)
        assert.equal("profile 'm' cannot assume " .. ROLE .. "m: a code of the MFA device "
          .. "arn:aws:iam::1:mfa/me is needed, but there is no terminal to enter it", err.message)
        assert.equal(1, #world.calls)
      end)
  end)

  it("reports the error of STS in one line, with the profile", function()
    with(ONE, function() return fault(403, "AccessDenied", "User: arn:aws:iam::1:user/a is not authorized") end,
      function(world)
        local keys, err = world.session():credentials()
        assert.is_nil(keys)
        assert.equal("AccessDenied", err.code)
        assert.equal("profile 'default' cannot assume " .. ROLE .. "one: sts:AssumeRole: AccessDenied: User: "
          .. "arn:aws:iam::1:user/a is not authorized (request id id-2)", tostring(err))
      end)
  end)

  it("rejects a reply that is incomplete, truncated or not XML, and prints none of it", function()
    local function changed(pattern, by)
      return function(fields, number)
        local reply = grant(fields, number)
        reply.body = reply.body:gsub(pattern, by)
        return reply
      end
    end
    for code, answers in pairs {
      InvalidResponse = {
        changed("<SecretAccessKey>.-</SecretAccessKey>", ""), changed("ROLESECRET", ""), changed("<AccessKeyId>.-</AccessKeyId>", ""),
        changed("<SessionToken>.-</SessionToken>", ""), changed("<Expiration>.-</Expiration>", ""),
        changed("<Expiration>.-<", "<Expiration>soon<"), changed("</SessionToken>.*", ""),
        function() return { status = 200, body = "ROLESECRET" } end,
        function() return { status = 200, body = "" } end,
        function() return { status = 302, headers = { Location = "http://x/" }, body = "" } end,
      },
      Http503 = { function() return { status = 503, body = "<html>ROLESECRET" } end },
      BodyCut = { function(fields, number)
        local reply = grant(fields, number)
        reply.cut = 100
        return reply
      end },
      Connection = { function() return { reset = true } end },
      ExpiredToken = { function(fields, number) return grant(fields, number, -5) end },
    } do
      for _, answer in ipairs(answers) do
        with(ONE, answer, function(world)
          local keys, err = world.session():credentials()
          assert.is_nil(keys)
          assert.equal(code, err.code)
          assert.is_true(double.silent(SECRETS, tostring(err)))
        end)
      end
    end
  end)

  it("reports a refused connection and a timeout", function()
    with(ONE, grant, function(world)
      world.server.close()
      local _, err = world.session():credentials()
      assert.equal("ConnectionRefused", err.code)
      assert.matches("^profile 'default' cannot assume arn:", err.message)
    end)
    with(ONE, function(fields, number)
      task.sleep(60)
      return grant(fields, number)
    end, function(world)
      local _, err = world.session({ timeout = 0.05 }):credentials()
      assert.equal("Timeout", err.code)
    end)
  end)

  it("can be cancelled while STS is slow, and serves the next task", function()
    local slow = true
    with(ONE, function(fields, number)
      if slow then task.sleep(60) end
      return grant(fields, number)
    end, function(world)
      local session = world.session()
      local _, err = task.timeout(0.05, function() return session:credentials() end)
      assert.equal("Timeout", err.code)
      slow = false
      assert(session:credentials())
    end)
  end)
end)

describe("a web identity", function()
  local PROFILE = "[default]\nrole_arn = " .. ROLE .. "web\nweb_identity_token_file = FOLDER/token\nrole_session_name = pod\n"

  it("is exchanged for the role's credentials without a signature, and read again each time", function()
    with(PROFILE, function(fields, number) return grant(fields, number, number == 1 and 1 or 3600) end, function(world)
      local session = world.session()
      local keys = assert(session:credentials())
      assert.equal("ASIA1web", keys.access_key_id)
      assert.is_true(double.holds(keys, "ROLESECRET", "ROLETOKEN"))
      assert.equal("AssumeRoleWithWebIdentity", world.calls[1].Action)
      assert.equal("the.web.token", world.calls[1].WebIdentityToken)
      assert.equal("pod", world.calls[1].RoleSessionName)
      assert.is_nil(world.calls[1].authorization)
      helper.write(world.folder .. "/token", "another")
      session:expire(keys)
      assert.equal("ASIA2web", assert(session:credentials()).access_key_id)
      assert.equal("another", world.calls[2].WebIdentityToken)
    end)
  end)

  it("comes from the environment if no profile has credentials and none is named", function()
    local variables = { AWS_WEB_IDENTITY_TOKEN_FILE = "FOLDER/token", AWS_ROLE_ARN = ROLE .. "env",
      AWS_ROLE_SESSION_NAME = "mine" }
    with("[profile bare]\nregion = us-east-1\n", grant, function(world)
      local keys = assert(world.session():credentials())
      assert.equal("ASIA1env", keys.access_key_id)
      assert.equal(ROLE .. "env", keys.source)
      assert.equal("mine", world.calls[1].RoleSessionName)
      local _, err = world.session({ profile = "bare" }):credentials()
      assert.equal("NoCredentials", err.code)
    end, variables)
    variables.AWS_ROLE_ARN = nil
    with("", grant, function(world)
      local _, err = world.session():credentials()
      assert.equal("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not", err.message)
    end, variables)
  end)

  it("reports a missing or empty token file, and a token that STS rejects", function()
    with(PROFILE:gsub("FOLDER/token", "/nonexistent/token"), grant, function(world)
      local _, err = world.session():credentials()
      assert.equal("profile 'default' cannot assume " .. ROLE .. "web: cannot read /nonexistent/token: "
        .. "No such file or directory", err.message)
    end)
    with(PROFILE, function() return fault(400, "InvalidIdentityToken", "No OpenIDConnect provider found") end, function(world)
      local _, err = world.session():credentials()
      assert.equal("InvalidIdentityToken", err.code)
      helper.write(world.folder .. "/token", " \n")
      _, err = world.session():credentials()
      assert.matches("the token file .*/token is empty$", err.message)
    end)
  end)
end)

describe("session:assume", function()
  it("returns a session of the role with all other settings of the first, which refreshes itself", function()
    with(BASE, function(fields, number) return grant(fields, number, number == 1 and 2 or 3600) end, function(world)
      local base = world.session { profile = "base", endpoint_url = world.server.url }
      local assumed = base:assume(ROLE .. "one", {
        session_name = "me", external_id = "x", duration = 900, policy = "{}", policy_arns = { "arn:aws:iam::aws:policy/A" },
        tags = { team = "red", area = "b" }, transitive_tags = { "team" }, source_identity = "who", region = "us-west-2",
      })
      assert.equal(0, #world.calls)
      assert.equal("us-west-2", assumed.region)
      assert.equal(world.server.url, assert(assumed:client "ecr").endpoint)
      assert.equal("ASIA1one", assert(assumed:credentials()).access_key_id)
      assert.equal("AKIDBASE", assert(base:credentials()).access_key_id)
      local call = world.calls[1]
      assert.matches("Credential=AKIDBASE/%d+/eu%-west%-1/sts/", call.authorization)
      for name, value in pairs {
        RoleSessionName = "me", ExternalId = "x", DurationSeconds = "900", Policy = "{}",
        ["PolicyArns.member.1.arn"] = "arn:aws:iam::aws:policy/A", ["Tags.member.1.Key"] = "area",
        ["Tags.member.2.Value"] = "red", ["TransitiveTagKeys.member.1"] = "team", SourceIdentity = "who",
      } do
        assert.equal(value, call[name])
      end
      local ends = assumed:credentials().expires
      while system.time() < ends - 0.15 do task.sleep(0.02) end
      assert.equal("ASIA2one", assert(assumed:credentials()).access_key_id)
      local again = assumed:assume(ROLE .. "two")
      assert.equal("ASIA3two", assert(again:credentials()).access_key_id)
      assert.matches("Credential=ASIA2one/", world.calls[3].authorization)
    end)
  end)

  it("reports an error with the role, and leaves the first session unchanged", function()
    with(BASE, function() return fault(403, "AccessDenied", "no") end, function(world)
      local base = world.session { profile = "base" }
      local keys, err = base:assume(ROLE .. "one"):credentials()
      assert.is_nil(keys)
      assert.equal("cannot assume " .. ROLE .. "one: sts:AssumeRole: AccessDenied: no (request id id-2)", tostring(err))
      assert(base:credentials())
    end)
  end)

  it("returns the identity of the role, not of the first session", function()
    with(BASE, function(fields, number)
      if fields.Action == "AssumeRole" then return grant(fields, number) end
      local key = fields.authorization:match "Credential=([^/]+)"
      return { status = 200, body = ("<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:of:%s</Arn><UserId>u</UserId>"
        .. "<Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"):format(key) }
    end, function(world)
      local base = world.session { profile = "base" }
      assert.equal("arn:of:AKIDBASE", assert(base:identity()).arn)
      assert.equal("arn:of:ASIA2one", assert(base:assume(ROLE .. "one"):identity()).arn)
      assert.equal("arn:of:AKIDBASE", assert(base:identity()).arn)
    end)
  end)

  it("raises an error for an unknown option", function()
    with(BASE, grant, function(world)
      assert.has_error(function() world.session({ profile = "base" }):assume(ROLE .. "one", { sessionname = "x" }) end,
        "session:assume has no option 'sessionname'")
    end)
  end)
end)
