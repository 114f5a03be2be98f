local credentials = require "lanyard.credentials"
local Double = require "double"
local helper = require "helper"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local crypto = require "lanyard.crypto"
local sso = require "lanyard.aws.credentials.sso"
local system = require "lanyard.system"
local task = require "lanyard.task"

local SECRETS = {
  "wJalrTESTKEY", "the+session+token", "old-access-token", "new-access-token", "old-refresh-token",
  "new-refresh-token", "the-client-secret",
}
local START_URL = "https://company.awsapps.com/start"
local LEGACY = {
  sso_start_url = START_URL, sso_region = "us-east-2", sso_account_id = "111122223333", sso_role_name = "Reader",
}
local SESSION = { sso_session = "company", sso_account_id = "111122223333", sso_role_name = "Reader" }
local SESSIONS = { company = { sso_start_url = START_URL, sso_region = "us-east-2" } }

local function at(seconds) return timestamp.format(Double.NOW + seconds) end

-- What `aws sso login` writes, with other members; json.null removes a member.
local function token(more)
  local fields = {
    startUrl = START_URL, region = "us-east-2", accessToken = SECRETS[3], expiresAt = at(3600),
    clientId = "client-1", clientSecret = SECRETS[7], registrationExpiresAt = at(86400), refreshToken = SECRETS[5],
  }
  for name, value in pairs(more or {}) do fields[name] = value ~= json.null and value or nil end
  return json.encode(fields)
end

local ROLE = {
  roleCredentials = {
    accessKeyId = "ASIATEST", secretAccessKey = SECRETS[1], sessionToken = SECRETS[2],
    expiration = (Double.NOW + 3600) * 1000,
  },
}
local RENEWED = {
  accessToken = SECRETS[4], refreshToken = SECRETS[6], expiresIn = 28800, tokenType = "Bearer",
}

local function answer(fields, status)
  return { status = status or 200, headers = { ["Content-Type"] = "application/json" }, body = json.encode(fields) }
end

-- Identity Center: `portal` and `oidc` are a reply, or f(request) --> reply, each.
local function center(portal, oidc)
  return function(request)
    local found = request.path == "/token" and (oidc or answer(RENEWED)) or portal or answer(ROLE)
    return type(found) == "function" and found(request) or found
  end
end

local A_FOLDER -- the cache of the running test

-- Runs the provider with a token file of this text (nil: no file). Returns keys, err, the double, the file afterwards.
local function load(how)
  local home <close> = helper.folder()
  A_FOLDER = home .. "/.aws/sso/cache"
  os.execute("mkdir -p " .. A_FOLDER)
  local values = how.values or SESSION
  local path = ("%s/%s.json"):format(A_FOLDER, crypto.sha1_hex(values.sso_session or values.sso_start_url))
  if how.file then
    helper.write(path, how.file)
  end
  local double <close> = Double.new(center(how.portal, how.oidc))
  double.patience = how.patience
  local keys, err = Double.environment({ HOME = home.path }, sso.load, double:context(), values, SESSIONS,
    how.name or "web")
  assert.is_true(Double.silent(SECRETS, keys, err, err and err.tip, table.concat(double.lines, "\n")))
  local file = helper.exists(path) and json.decode(helper.read(path)) or nil
  return keys, err, double, file, path
end

local function fails(how)
  local keys, err, double, file = load(how)
  assert.is_nil(keys)
  assert.equal("table", type(err))
  assert.is_nil(err.message:find "\n")
  return err, double, file
end

-- Checks that the provider fails with the command to sign in.
local function asks(how)
  local err, double, file = fails(how)
  assert.equal("SignInRequired", err.code)
  assert.matches("run aws sso login %-%-profile web$", err.message)
  return err, double, file
end

describe("the token of IAM Identity Center", function()
  local function token_of(file, values)
    local home <close> = helper.folder()
    os.execute(("mkdir -p %s/.aws/sso/cache"):format(home))
    helper.write(("%s/.aws/sso/cache/%s.json"):format(home, crypto.sha1_hex "company"), file)
    local double <close> = Double.new(center())
    return Double.environment({ HOME = home.path }, sso.token, double:context(), values or SESSION, SESSIONS, "web")
  end

  it("is the one of the sign-in, sealed, and renewed if it ends soon", function()
    assert.is_true(credentials.secret(SECRETS[3]) == token_of(token()))
    assert.is_true(credentials.secret(SECRETS[4]) == token_of(token { expiresAt = at(60) }))
  end)

  it("needs a section and a sign-in", function()
    local none, err = token_of(token(), { sso_session = "other" })
    assert.is_nil(none)
    assert.matches("profile 'web' has the sso_session 'other', which has no section", err.message)
    assert.matches("aws sso login", tostring(select(2, token_of("not JSON"))))
  end)
end)

describe("credentials of IAM Identity Center", function()
  for form, values in pairs { ["sso_session"] = SESSION, ["a start URL"] = LEGACY } do
    it("belong to the role of a profile with " .. form, function()
      local keys, err, double = load { values = values, file = token() }
      assert.is_nil(err)
      assert.equal("ASIATEST", keys.access_key_id)
      assert.equal("111122223333", keys.account_id)
      assert.equal(Double.NOW + 3600, keys.expires)
      assert.equal("profile 'web'", keys.source)
      assert.is_true(Double.holds(keys, SECRETS[1], SECRETS[2]))
      assert.equal(1, #double.requests)
      local request = double.requests[1]
      assert.equal("https://portal.sso.us-east-2.amazonaws.com/federation/credentials?role_name=Reader&account_id=111122223333",
        request.url)
      assert.equal(SECRETS[3], request.headers["x-amz-sso_bearer_token"])
      assert.is_nil(request.headers.authorization)
    end)
  end

  it("need a sign-in, with the command in the error, if the token file does not exist", function()
    for _, values in ipairs { SESSION, LEGACY } do
      assert.matches("not signed in", asks({ values = values }).message)
      assert.matches("%.json does not exist", asks({ values = values }).message)
      asks { values = values, file = "not JSON " .. SECRETS[3] }
      asks { values = values, file = token { accessToken = json.null } }
      asks { values = values, file = token { expiresAt = "soon" } }
      asks { values = values, file = '{"accessToken":null,"expiresAt":null}' }
      local err, double = asks { values = values, file = token { expiresAt = at(0), refreshToken = json.null } }
      assert.matches("has expired", err.message)
      assert.equal(0, #double.requests)
    end
  end)

  it("quote the command for the shell", function()
    local err = fails { name = "default" }
    assert.matches("run aws sso login$", err.message)
    err = fails { name = "our 'web'" }
    assert.matches([[--profile 'our '\''web'\''']], err.message, 1, true)
  end)

  it("need a new sign-in if the portal rejects the token", function()
    local _, double = asks { file = token(), portal = answer({ message = "Session token not found or invalid" }, 401) }
    assert.equal(1, #double.requests)
  end)

  it("fail with the reason of the portal, the role and the account", function()
    local err = fails { file = token(), portal = answer({ message = "No access" }, 403) }
    assert.matches("role Reader in account 111122223333", err.message)
    assert.matches("No access", err.message)
  end)

  it("are requested again while the portal fails", function()
    local answers = { { status = 503 }, { status = 500 }, answer(ROLE) }
    local keys, _, double = load { file = token(), portal = function() return table.remove(answers, 1) end }
    assert.equal("ASIATEST", keys.access_key_id)
    assert.equal(3, #double.requests)
    assert.matches("503", fails({ file = token(), portal = { status = 503 } }).message)
  end)

  it("are not waited for if the portal is slow", function()
    local err = fails {
      file = token(), patience = 0.05,
      portal = function()
        task.sleep(5)
        return answer(ROLE)
      end,
    }
    assert.equal("Timeout", err.code)
  end)

  it("are not read from an invalid reply", function()
    for _, body in ipairs { "<html>" .. SECRETS[1], "{}", '{"roleCredentials":{}}', '{"roleCredentials":[]}',
      '{"roleCredentials":null}', '{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"s","sessionToken":"t"}}',
      '{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"","sessionToken":"t","expiration":1}}',
      '{"roleCredentials":{"accessKeyId":1,"secretAccessKey":"s","sessionToken":"t","expiration":1}}',
      '{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"s","sessionToken":"t","expiration":"soon"}}' } do
      local err = fails { file = token(), portal = { status = 200, body = body } }
      assert.equal("InvalidResponse", err.code)
    end
  end)

  it("need an account and a role", function()
    local nested = { sso_start_url = { a = "b" }, sso_region = "us-east-2", sso_account_id = "1", sso_role_name = "R" }
    local keys, err = sso.load({}, nested, {}, "web")
    assert.is_nil(keys)
    assert.matches("sso_start_url", err.message)
    for _, key in ipairs { "sso_account_id", "sso_role_name" } do
      local values = {}
      for name, value in pairs(SESSION) do values[name] = name ~= key and value or nil end
      assert.matches(key, fails({ values = values, file = token() }).message)
    end
  end)
end)

describe("the token of an SSO session", function()
  it("is renewed in its last 15 minutes, and stored as the AWS CLI does", function()
    for _, left in ipairs { 899, 0, -86400 } do
      local keys, _, double, file, path = load {
        file = token { expiresAt = at(left), extra = "kept" },
        oidc = function(request)
          local body = assert(json.decode(request.body))
          assert.same({
            grantType = "refresh_token", clientId = "client-1", clientSecret = SECRETS[7], refreshToken = SECRETS[5],
          }, body)
          return answer(RENEWED)
        end,
      }
      assert.equal("ASIATEST", keys.access_key_id)
      assert.equal("https://oidc.us-east-2.amazonaws.com/token", double.requests[1].url)
      assert.is_nil(double.requests[1].headers.authorization)
      assert.equal(SECRETS[4], double.requests[2].headers["x-amz-sso_bearer_token"])
      assert.same({
        startUrl = START_URL, region = "us-east-2", accessToken = SECRETS[4], expiresAt = at(28800),
        clientId = "client-1", clientSecret = SECRETS[7], registrationExpiresAt = at(86400),
        refreshToken = SECRETS[6], extra = "kept",
      }, file)
      assert.is_truthy(path)
    end
  end)

  it("is stored in a file that only its owner can read, without leftovers", function()
    local mode, names
    load {
      file = token { expiresAt = at(0) },
      portal = function()
        local pipe <close> = assert(io.popen(("stat -c %%a %s/*; ls -A %s"):format(A_FOLDER, A_FOLDER)))
        mode, names = pipe:read("l", "a")
        return answer(ROLE)
      end,
    }
    assert.equal("600", mode)
    assert.matches("^%x+%.json\n$", names)
  end)

  it("keeps its refresh token if the reply has no new one", function()
    local _, _, _, file = load {
      file = token { expiresAt = at(0) }, oidc = answer { accessToken = SECRETS[4], expiresIn = 60 },
    }
    assert.equal(SECRETS[5], file.refreshToken)
  end)

  it("stays in use until it expires if it cannot be renewed, and then needs a sign-in", function()
    local refusals = {
      answer({ error = "invalid_grant", error_description = "Invalid refresh token" }, 400), { status = 503 },
      { status = 200, body = "<html>" }, answer { expiresIn = 60 }, answer { accessToken = SECRETS[4], expiresIn = "soon" },
    }
    for _, refusal in ipairs(refusals) do
      local keys, _, double, file = load { file = token { expiresAt = at(60) }, oidc = refusal }
      assert.equal("ASIATEST", keys.access_key_id)
      assert.equal(SECRETS[3], double.requests[#double.requests].headers["x-amz-sso_bearer_token"])
      assert.equal(SECRETS[3], file.accessToken)
      local err = asks { file = token { expiresAt = at(-1) }, oidc = refusal }
      assert.matches("could not be renewed", err.message)
    end
  end)

  it("is not renewed without all required members, or after the client's registration has expired", function()
    for _, more in ipairs { { refreshToken = json.null }, { clientId = json.null }, { clientSecret = json.null },
      { registrationExpiresAt = json.null }, { registrationExpiresAt = at(0) } } do
      more.expiresAt = at(-1)
      local _, double = asks { file = token(more) }
      assert.equal(0, #double.requests)
    end
  end)

  it("is the one that another process has renewed meanwhile", function()
    local keys, _, double = load {
      file = token { expiresAt = at(-1) },
      oidc = function()
        helper.write(("%s/%s.json"):format(A_FOLDER, crypto.sha1_hex "company"), token { accessToken = SECRETS[4] })
        return answer({ error = "invalid_grant" }, 400)
      end,
    }
    assert.equal("ASIATEST", keys.access_key_id)
    assert.equal(SECRETS[4], double.requests[2].headers["x-amz-sso_bearer_token"])
  end)

  it("is renewed by one of several concurrent tasks, and the others use the result", function()
    local asked = 0
    local home <close> = helper.folder()
    os.execute("mkdir -p " .. home .. "/.aws/sso/cache")
    helper.write(("%s/.aws/sso/cache/%s.json"):format(home, crypto.sha1_hex "company"), token { expiresAt = at(-1) })
    local double <close> = Double.new(center(nil, function()
      asked = asked + 1
      task.sleep(0.05)
      return answer(RENEWED)
    end))
    local context = double:context()
    context.sleep = task.sleep
    Double.environment({ HOME = home.path }, function()
      task.map({ 1, 2, 3, 4, 5 }, function() assert(sso.load(context, SESSION, SESSIONS, "web")) end)
    end)
    assert.equal(1, asked)
  end)

  it("is used, with a log line, if the file cannot be written", function()
    local keys, _, double = load {
      file = token { expiresAt = at(0) },
      oidc = function()
        system.remove_tree(A_FOLDER)
        return answer(RENEWED)
      end,
    }
    assert.equal("ASIATEST", keys.access_key_id)
    assert.matches("could not be stored", table.concat(double.lines, "\n"))
  end)
end)
