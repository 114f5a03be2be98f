local Double = require "double"
local helper = require "helper"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local login = require "lanyard.aws.credentials.login"
local proof = require "proof"
local crypto = require "lanyard.crypto"
local system = require "lanyard.system"
local task = require "lanyard.task"

local SECRETS = {
  "oldTESTKEY", "old+session+token", "newTESTKEY", "new+session+token", "old-refresh-token", "new-refresh-token",
  "an-identity-token",
}
local USER = "arn:aws:iam::111122223333:user/ann"
local VALUES = { login_session = USER }

local function at(seconds) return timestamp.format(Double.NOW + seconds) end

local folder, pem, key_path -- shared by all tests

local function token(more, keys)
  local fields = {
    accessToken = {
      accessKeyId = "ASIAOLD", secretAccessKey = SECRETS[1], sessionToken = SECRETS[2], accountId = "111122223333",
      expiresAt = at(800),
    },
    tokenType = "urn:aws:params:oauth:token-type:access_token_sigv4",
    clientId = "arn:aws:signin:::devtools/same-device", refreshToken = SECRETS[5], idToken = SECRETS[7], dpopKey = pem,
  }
  for name, value in pairs(more or {}) do fields[name] = value ~= json.null and value or nil end
  for name, value in pairs(keys or {}) do fields.accessToken[name] = value ~= json.null and value or nil end
  return fields
end

local function answer(fields, status)
  return { status = status or 200, headers = { ["Content-Type"] = "application/json" }, body = json.encode(fields) }
end

local function renewed()
  return {
    accessToken = { accessKeyId = "ASIANEW", secretAccessKey = SECRETS[3], sessionToken = SECRETS[4] },
    refreshToken = SECRETS[6], expiresIn = 900, tokenType = "aws_sigv4",
  }
end

-- Runs the provider. Returns keys, err, the double, and the file afterwards.
-- how: file (a table or text), sign_in (a reply of the service, or f(request, path) --> reply), variables
local function load(how)
  local home <close> = helper.folder()
  local variables = { HOME = home.path }
  for name, value in pairs(how.variables or {}) do variables[name] = value:gsub("HERE", home.path) end
  local cache = home .. (how.cache or "/.aws/login/cache")
  os.execute("mkdir -p " .. cache)
  local path = ("%s/%s.json"):format(cache, crypto.sha256_hex(USER))
  if how.file then
    helper.write(path, type(how.file) == "table" and json.encode(how.file) or how.file)
  end
  local double <close> = Double.new(function(request)
    local found = how.sign_in or answer(renewed())
    return type(found) == "function" and found(request, path) or found
  end)
  double.patience = how.patience
  local keys, err = Double.environment(variables, function()
    return login.load(double:context { region = how.region or "eu-west-1" }, VALUES, how.name or "web")
  end)
  local inner = pem:match "KEY%-%-%-%-%-\n(%S+)"
  assert.is_true(Double.silent(SECRETS, keys, err, err and err.tip, table.concat(double.lines, "\n")))
  assert.is_true(Double.silent({ inner }, keys, err, table.concat(double.lines, "\n")))
  return keys, err, double, helper.exists(path) and json.decode(helper.read(path)) or nil
end

local function fails(how)
  local keys, err, double = load(how)
  assert.is_nil(keys)
  assert.equal("table", type(err))
  return err, double
end

local function asks(how)
  local err, double = fails(how)
  assert.equal("SignInRequired", err.code)
  assert.matches("run aws login %-%-profile web$", err.message)
  return err, double
end

describe("credentials of aws login", function()
  setup(function()
    folder = helper.folder()
    pem, key_path = proof.key(folder)
  end)
  teardown(function() getmetatable(folder).__close() end)

  it("are read from the file while they are valid", function()
    local keys, err, double = load { file = token() }
    assert.is_nil(err)
    assert.equal("ASIAOLD", keys.access_key_id)
    assert.equal("111122223333", keys.account_id)
    assert.equal(Double.NOW + 800, keys.expires)
    assert.equal("profile 'web'", keys.source)
    assert.is_true(Double.holds(keys, SECRETS[1], SECRETS[2]))
    assert.equal(0, #double.requests)
  end)

  it("are read from AWS_LOGIN_CACHE_DIRECTORY", function()
    for _, path in ipairs { "HERE/elsewhere", "~/elsewhere", "$HOME/elsewhere", "${HOME}/elsewhere" } do
      local keys = assert(load { file = token(), cache = "/elsewhere", variables = { AWS_LOGIN_CACHE_DIRECTORY = path } })
      assert.equal("ASIAOLD", keys.access_key_id)
    end
  end)

  it("are renewed in their last five minutes, and stored as the AWS CLI does", function()
    for _, left in ipairs { 300, 0, -86400 } do
      local keys, err, double, file = load { file = token({ extra = "kept" }, { expiresAt = at(left) }) }
      assert.is_nil(err)
      assert.equal("ASIANEW", keys.access_key_id)
      assert.equal("111122223333", keys.account_id)
      assert.equal(Double.NOW + 900, keys.expires)
      assert.is_true(Double.holds(keys, SECRETS[3], SECRETS[4]))
      local request = double.requests[1]
      assert.equal("https://eu-west-1.signin.aws.amazon.com/v1/token", request.url)
      assert.equal("POST", request.method)
      assert.is_nil(request.headers.authorization)
      assert.same({
        clientId = "arn:aws:signin:::devtools/same-device", refreshToken = SECRETS[5], grantType = "refresh_token",
      }, json.decode(request.body))
      local expected = token({ extra = "kept", refreshToken = SECRETS[6] }, {
        accessKeyId = "ASIANEW", secretAccessKey = SECRETS[3], sessionToken = SECRETS[4], expiresAt = at(900),
      })
      assert.same(expected, file)
    end
  end)

  it("are renewed with a new proof for each request, signed by the key in the file", function()
    local ids = {}
    for number = 1, 2 do
      local _, _, double = load { file = token(nil, { expiresAt = at(0) }) }
      local text = double.requests[1].headers.dpop
      assert.is_true(proof.verifies(folder, key_path, text))
      local header, payload, point = proof.open(text)
      assert.equal("dpop+jwt", header.typ)
      assert.equal(proof.point(key_path), point)
      payload = assert(json.decode(payload))
      assert.equal("POST", payload.htm)
      assert.equal("https://eu-west-1.signin.aws.amazon.com/v1/token", payload.htu)
      assert.equal(Double.NOW, payload.iat)
      assert.matches("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$", payload.jti)
      ids[number] = payload.jti
    end
    assert.not_equal(ids[1], ids[2])
  end)

  it("are stored in a file that only its owner can read, without leftovers", function()
    local mode, names
    local home <close> = helper.folder()
    helper.write(("%s/%s.json"):format(home, crypto.sha256_hex(USER)), json.encode(token(nil, { expiresAt = at(0) })))
    local double <close> = Double.new(function() return answer(renewed()) end)
    assert(Double.environment({ AWS_LOGIN_CACHE_DIRECTORY = home.path }, login.load,
      double:context { region = "us-east-1" }, VALUES, "web"))
    local pipe <close> = assert(io.popen(("stat -c %%a %s/*; ls -A %s"):format(home, home)))
    mode, names = pipe:read("l", "a")
    assert.equal("600", mode)
    assert.matches("^%x+%.json\n$", names)
  end)

  it("need a sign-in, with the command in the error, if the file does not exist", function()
    assert.matches("not signed in", asks({}).message)
    asks { file = "not JSON " .. SECRETS[1] }
    for _, member in ipairs { "accessToken", "refreshToken", "dpopKey", "clientId" } do
      assert.matches("no " .. member, asks({ file = token { [member] = json.null } }).message)
    end
    for _, member in ipairs { "accessKeyId", "secretAccessKey", "sessionToken", "expiresAt" } do
      assert.matches("no complete keys", asks({ file = token(nil, { [member] = json.null }) }).message)
    end
    local err, double = asks { file = token({ dpopKey = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n" },
      { expiresAt = at(0) }) }
    assert.matches("dpopKey", err.message)
    assert.equal(0, #double.requests)
  end)

  it("need a new sign-in if the service reports the old one as expired", function()
    for reason, message in pairs { TOKEN_EXPIRED = "has expired", USER_CREDENTIALS_CHANGED = "have changed" } do
      local err, double = asks {
        file = token(nil, { expiresAt = at(0) }),
        sign_in = answer({ error = reason, message = "no", __type = "AccessDeniedException" }, 400),
      }
      assert.matches(message, err.message)
      assert.equal(1, #double.requests)
    end
  end)

  it("fail with the reason of the service and the missing permission", function()
    local err = fails {
      file = token(nil, { expiresAt = at(0) }),
      sign_in = answer({ error = "INSUFFICIENT_PERMISSIONS", message = "not allowed", __type = "AccessDeniedException" }, 403),
    }
    assert.matches("not allowed", err.message)
    assert.matches("signin:CreateOAuth2Token", err.tip)
  end)

  it("are requested again while the service fails", function()
    local answers = { { status = 500 }, { status = 503 }, answer(renewed()) }
    local keys, _, double = load {
      file = token(nil, { expiresAt = at(0) }), sign_in = function() return table.remove(answers, 1) end,
    }
    assert.equal("ASIANEW", keys.access_key_id)
    assert.equal(3, #double.requests)
  end)

  it("stay in use until they expire if they cannot be renewed", function()
    local refusals = {
      { status = 503 }, { status = 200, body = "<html>" }, answer {}, answer { accessToken = "none", expiresIn = 900 },
      function()
        local fields = renewed()
        fields.expiresIn = "soon"
        return answer(fields)
      end,
      function()
        local fields = renewed()
        fields.refreshToken = nil
        return answer(fields)
      end,
    }
    for _, refusal in ipairs(refusals) do
      local keys = assert(load { file = token(nil, { expiresAt = at(60) }), sign_in = refusal })
      assert.equal("ASIAOLD", keys.access_key_id)
      fails { file = token(nil, { expiresAt = at(0) }), sign_in = refusal }
    end
  end)

  it("cannot be read if login_session has nested settings", function()
    local keys, err = login.load({}, { login_session = { a = "b" } }, "web")
    assert.is_nil(keys)
    assert.equal("InvalidConfig", err.code)
  end)

  it("are not waited for if the service is slow", function()
    local err = fails {
      file = token(nil, { expiresAt = at(0) }), patience = 0.05,
      sign_in = function()
        task.sleep(5)
        return answer(renewed())
      end,
    }
    assert.equal("Timeout", err.code)
  end)

  it("are the ones that another process has renewed meanwhile", function()
    local keys = assert(load {
      file = token(nil, { expiresAt = at(0) }),
      sign_in = function(_, path)
        helper.write(path, json.encode(token(nil, { accessKeyId = "ASIAOTHER", expiresAt = at(900) })))
        return answer({ error = "TOKEN_EXPIRED", message = "used", __type = "AccessDeniedException" }, 400)
      end,
    })
    assert.equal("ASIAOTHER", keys.access_key_id)
  end)

  it("are used, with a log line, if the file cannot be written", function()
    local keys, _, double = load {
      file = token(nil, { expiresAt = at(0) }),
      sign_in = function(_, path)
        system.remove_tree(path:match "^(.*)/")
        return answer(renewed())
      end,
    }
    assert.equal("ASIANEW", keys.access_key_id)
    assert.matches("could not be stored", table.concat(double.lines, "\n"))
  end)
end)
