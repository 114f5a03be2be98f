-- Sources of credentials: token files, and the replies of Identity Center, the sign-in service, containers, instances and
-- commands, each with one value removed, nested or of another type. A source returns credentials, or explains what is
-- wrong; neither an internal error nor a secret reaches a person.

local Double = require "double"
local container = require "lanyard.aws.credentials.container"
local crypto = require "lanyard.crypto"
local errors = require "lanyard.errors"
local helper = require "helper"
local imds = require "lanyard.aws.credentials.imds"
local json = require "lanyard.json"
local login = require "lanyard.aws.credentials.login"
local mutations = require "mutations"
local process = require "lanyard.aws.credentials.process"
local sso = require "lanyard.aws.credentials.sso"
local system = require "lanyard.system"
local timestamp = require "lanyard.text.timestamp"
local torture = require "torture"

local SECRETS = { "wJalrTESTKEY", "the+session+token", "old-access-token", "new-access-token", "the-client-secret",
  "old-refresh-token" }

local function at(seconds) return timestamp.format(Double.NOW + seconds) end

local function answer(body)
  return { status = 200, headers = { ["Content-Type"] = "application/json" }, body = body }
end

-- Checks what a source returned for a damaged text.
local function check(text, ok, keys, err, double)
  local where = "for " .. text
  assert(ok, ("%s %s"):format(tostring(keys), where))
  if not keys then
    assert(err ~= nil, "no reason " .. where)
    local message = tostring(err)
    assert(not message:find("attempt to", 1, true) and not message:find "%.lua:%d", message .. where)
    assert(type(err) == "string" or errors.is(err), "not an error " .. where)
  end
  assert(Double.silent(SECRETS, keys, err, table.concat(double and double.lines or {})))
  return keys ~= nil
end

-- Calls f(damaged) for damaged forms of a JSON text, and checks its results: keys, err.
local function each_damaged(part, text, f)
  local all = {}
  for _, path in ipairs(mutations.paths(json.decode(text))) do
    for _, replace in ipairs(mutations.REPLACEMENTS) do all[#all + 1] = { path, replace } end
  end
  for _, whole in ipairs { "", "null", "[]", '"text"', "{", "<html>", text .. text, text:sub(1, #text // 2) } do
    all[#all + 1] = { whole = whole }
  end
  local step = torture.choose(2, 1)
  local cases, accepted = 0, 0
  for i = 1, #all, step do
    cases = cases + 1
    local damaged = all[i].whole or mutations.replace(text, all[i][1], all[i][2])
    accepted = accepted + (check(damaged, pcall(f, damaged)) and 1 or 0)
  end
  torture.report("damaged " .. part, cases, accepted .. " accepted")
end

-- Runs a provider with a double of its services. --> keys, err, the double
local function provide(handler, variables, f, ...)
  local double <close> = Double.new(handler)
  local keys, err = Double.environment(variables, f, double:context { region = "eu-west-1" }, ...)
  return keys, err, double
end

describe("credentials from damaged data", function()
  it("of Identity Center are rejected", function()
    local home <close> = helper.folder()
    local cache = home .. "/.aws/sso/cache"
    os.execute("mkdir -p " .. cache)
    local path = ("%s/%s.json"):format(cache, crypto.sha1_hex "company")
    local values = { sso_session = "company", sso_account_id = "111122223333", sso_role_name = "Reader" }
    local sessions = { company = { sso_start_url = "https://c.awsapps.com/start", sso_region = "us-east-2" } }
    local role = json.encode { roleCredentials = { accessKeyId = "ASIATEST", secretAccessKey = SECRETS[1],
      sessionToken = SECRETS[2], expiration = (Double.NOW + 3600) * 1000 } }
    local renewed = json.encode { accessToken = SECRETS[4], refreshToken = "new", expiresIn = 28800, tokenType = "Bearer" }
    local function token(seconds)
      return json.encode { startUrl = "https://c.awsapps.com/start", region = "us-east-2", accessToken = SECRETS[3],
        expiresAt = at(seconds), clientId = "client-1", clientSecret = SECRETS[5], registrationExpiresAt = at(86400),
        refreshToken = SECRETS[6] }
    end
    local function load(file, portal, oidc)
      helper.write(path, file)
      return provide(function(request) return answer(request.path == "/token" and oidc or portal) end,
        { HOME = home.path }, sso.load, values, sessions, "web")
    end
    assert(load(token(3600), role, renewed))
    assert(load(token(60), role, renewed))
    each_damaged("token files of Identity Center", token(3600), function(text) return load(text, role, renewed) end)
    each_damaged("expired token files", token(-60), function(text) return load(text, role, renewed) end)
    each_damaged("roles of Identity Center", role, function(text) return load(token(3600), text, renewed) end)
    each_damaged("renewed tokens", renewed, function(text) return load(token(60), role, text) end)
  end)

  it("of a container and an instance are rejected", function()
    local document = json.encode { Code = "Success", AccessKeyId = "ASIATEST", SecretAccessKey = SECRETS[1],
      Token = SECRETS[2], Expiration = at(3600), AccountId = "111122223333" }
    local function of_container(text)
      return provide(function() return answer(text) end, { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/v2/1" },
        container.find)
    end
    local function of_instance(text)
      return provide(function(request)
        if request.path == "/latest/api/token" then return { status = 200, headers = {}, body = "TOKEN" } end
        return answer(request.path:find "/role$" and text or "role")
      end, {}, imds.find)
    end
    assert(of_container(document))
    assert(of_instance(document))
    each_damaged("container credentials", document, of_container)
    each_damaged("instance credentials", document, of_instance)
  end)

  it("of a command are rejected", function()
    local folder <close> = helper.folder()
    local printed = json.encode { Version = 1, AccessKeyId = "AKIDPROCESS", SecretAccessKey = SECRETS[1],
      SessionToken = SECRETS[2], Expiration = at(3600), AccountId = "111122223333" }
    local function load(text)
      helper.write(folder .. "/out", text)
      return process.load({ time = function() return Double.NOW end },
        { command = "cat " .. folder .. "/out", profile = "ops" })
    end
    assert(load(printed))
    each_damaged("outputs of credential_process", printed, load)
  end)

  it("of a console sign-in are rejected", function()
    local home <close> = helper.folder()
    local key = home .. "/key.pem"
    assert(os.execute(("openssl ecparam -name prime256v1 -genkey -noout -out %s 2>/dev/null"):format(key)))
    local user = "arn:aws:iam::111122223333:user/ann"
    local path = ("%s/%s.json"):format(home, crypto.sha256_hex(user))
    local function file(seconds)
      return json.encode { accessToken = { accessKeyId = "ASIAOLD", secretAccessKey = SECRETS[1],
        sessionToken = SECRETS[2], accountId = "111122223333", expiresAt = at(seconds) }, clientId = "client",
        refreshToken = SECRETS[6], dpopKey = assert(system.read_file(key)), tokenType = "t" }
    end
    local renewed = json.encode { accessToken = { accessKeyId = "ASIANEW", secretAccessKey = SECRETS[1],
      sessionToken = SECRETS[2] }, refreshToken = SECRETS[4], expiresIn = 900, tokenType = "aws_sigv4" }
    local function load(text, reply)
      helper.write(path, text)
      return provide(function() return answer(reply) end,
        { HOME = home.path, AWS_LOGIN_CACHE_DIRECTORY = home.path }, login.load, { login_session = user }, "web")
    end
    assert(load(file(3600), renewed))
    assert(load(file(60), renewed))
    each_damaged("files of a console sign-in", file(3600), function(text) return load(text, renewed) end)
    each_damaged("files of a console sign-in to renew", file(60), function(text) return load(text, renewed) end)
    each_damaged("renewed sign-ins", renewed, function(text) return load(file(60), text) end)
  end)
end)
