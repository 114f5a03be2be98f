local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"
local json = require "lanyard.json"

local KEY = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" }

-- A client whose requests the given functions answer, one after another; the last one repeats.
local function client(service, answers, options)
  local seen = {}
  local all = { region = "us-east-1", credentials = KEY }
  for name, value in pairs(options or {}) do all[name] = value end
  all.transport = function(request)
    seen[#seen + 1] = request
    return (answers[#seen] or answers[#answers])(request)
  end
  return assert(aws.client(service, all)), seen
end

local function answer(status, body, headers)
  return function()
    return { status = status, body = type(body) == "table" and json.encode(body) or body,
      headers = headers or {}, elapsed = 0.01 }
  end
end

local function fault(fields)
  return function() return nil, errors.new(fields) end
end

describe("a client", function()
  it("sends AWS JSON, signed, to the endpoint of its Region", function()
    local ecr, seen = client("ecr", { answer(200, { repositoryName = "web", policyText = "{}" }) })
    local reply = assert(ecr:GetRepositoryPolicy { repositoryName = "web" })
    assert.equal("{}", reply.policyText)
    local request = seen[1]
    assert.equal("https://api.ecr.us-east-1.amazonaws.com/", request.url)
    assert.equal("AmazonEC2ContainerRegistry_V20150921.GetRepositoryPolicy", request.headers["X-Amz-Target"])
    assert.equal("application/x-amz-json-1.1", request.headers["Content-Type"])
    assert.equal('{"repositoryName":"web"}', request.body)
    assert.matches("Credential=AKIDEXAMPLE/%d+/us%-east%-1/ecr/aws4_request", request.headers.Authorization)
    assert.matches("^lanyard/", request.headers["User-Agent"])
  end)

  it("sends a form and reads XML from a Query service", function()
    local sts, seen = client("sts", { answer(200, "<GetCallerIdentityResponse><GetCallerIdentityResult>"
      .. "<Arn>arn:aws:iam::111122223333:user/a</Arn><UserId>AIDA</UserId><Account>111122223333</Account>"
      .. "</GetCallerIdentityResult></GetCallerIdentityResponse>") })
    assert.equal("111122223333", assert(sts:GetCallerIdentity()).Account)
    assert.equal("Action=GetCallerIdentity&Version=2011-06-15", seen[1].body)
    assert.equal("https://sts.us-east-1.amazonaws.com/", seen[1].url)
  end)

  it("calls a REST service, unsigned and without credentials where the operation needs none", function()
    local sso, seen = client("sso", { answer(200, { roleCredentials = { accessKeyId = "ASIA" } }) })
    function sso.session.credentials() error "credentials were asked for" end
    local reply = assert(sso:GetRoleCredentials { roleName = "r", accountId = "111122223333", accessToken = "T" })
    assert.equal("ASIA", reply.roleCredentials.accessKeyId)
    local request = seen[1]
    assert.equal("GET", request.method)
    assert.matches("/federation/credentials%?role_name=r&account_id=111122223333$", request.url)
    assert.equal("T", request.headers["x-amz-sso_bearer_token"])
    assert.is_nil(request.headers.Authorization)
    assert.is_nil(request.body)
  end)

  it("signs nothing when it is told to be unsigned", function()
    local sts, seen = client("sts", { answer(200, "<AssumeRoleWithWebIdentityResponse/>") })
    assert(sts:AssumeRoleWithWebIdentity { RoleArn = "r", RoleSessionName = "s", WebIdentityToken = "t" })
    local unsigned = assert(sts.session:client("sts", { unsigned = true }))
    assert(unsigned:GetCallerIdentity())
    assert.equal(2, #seen)
    assert.is_nil(seen[1].headers.Authorization)
    assert.is_nil(seen[2].headers.Authorization)
  end)

  it("gives the secret members of a sealed reply as secrets", function()
    local secret = credentials.secret "hidden"
    local names, format
    local sso, seen = client("sso", { function()
      return { status = 200, headers = {}, elapsed = 0, body = setmetatable({}, { __index = {
        expose = function(_, ...)
          names, format = ...
          return '{"roleCredentials":{"accessKeyId":"ASIA","secretAccessKey":"***"}}', { secretAccessKey = secret }
        end,
      } }) }
    end })
    sso = assert(sso.session:client("sso", { sealed = true }))
    local reply = assert(sso:GetRoleCredentials { roleName = "r", accountId = "1", accessToken = "T" })
    assert.is_true(seen[1].sealed)
    assert.same({ "secretAccessKey", "sessionToken" }, names)
    assert.equal("json", format)
    assert.equal(secret, reply.roleCredentials.secretAccessKey)
    assert.equal("ASIA", reply.roleCredentials.accessKeyId)
  end)

  it("gives AWS's error with code, message, status and request id", function()
    local ecr, seen = client("ecr", { answer(400, {
      __type = "com.amazonaws.ecr#RepositoryPolicyNotFoundException:http://x", message = "Repository policy ...",
    }, { ["x-amzn-requestid"] = "id-1" }) })
    local reply, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
    assert.is_nil(reply)
    assert.equal("RepositoryPolicyNotFoundException", err.code)
    assert.equal(400, err.status)
    assert.equal("id-1", err.request_id)
    assert.equal("GetRepositoryPolicy", err.operation)
    assert.equal(1, err.attempts)
    assert.equal(1, #seen)
    assert.equal("ecr:GetRepositoryPolicy: RepositoryPolicyNotFoundException: Repository policy ... (request id id-1)",
      tostring(err))
  end)

  it("tries again when it is throttled, on 5xx and when the connection fails, and tells how often", function()
    for _, first in ipairs {
      answer(400, { __type = "ThrottlingException", message = "Rate exceeded" }),
      answer(503, "busy"),
      fault { code = "Connection", message = "reset", retryable = true, sent = true },
    } do
      local ecr, seen = client("ecr", { first, answer(200, { policyText = "{}" }) })
      assert(ecr:GetRepositoryPolicy { repositoryName = "web" })
      assert.equal(2, #seen)
    end
    local ecr, seen = client("ecr", { answer(503, "busy") }, { max_attempts = 2 })
    local _, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
    assert.equal("Http503", err.code)
    assert.equal(2, err.attempts)
    assert.is_true(err.retryable)
    assert.equal(2, #seen)
  end)

  it("does not try again what will not pass", function()
    local ecr, seen = client("ecr", { fault { code = "Tls", message = "certificate", retryable = false, sent = false } })
    local _, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
    assert.equal("Tls", err.code)
    assert.equal(1, #seen)
  end)

  it("refuses an answer that is no JSON, has another type than it must, or is a redirect", function()
    for _, first in ipairs {
      answer(200, "<html>"), answer(200, '{"policyText":'), answer(200, { policyText = 5 }), answer(200, "[]x"),
      answer(302, "", { location = "https://elsewhere" }),
    } do
      local ecr = client("ecr", { first })
      local reply, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
      assert.is_nil(reply)
      assert.equal("InvalidResponse", err.code)
      assert.is_false(err.retryable)
    end
  end)

  it("takes null as absent and an absent list as empty", function()
    local ecr = client("ecr", { answer(200, '{"repositories":null,"nextToken":null}') })
    assert.same({ repositories = {} }, assert(ecr:DescribeRepositories()))
  end)

  it("raises on an operation that is not there and on a member that is missing", function()
    local ecr = client("ecr", { answer(200, {}) })
    local ok, why = pcall(function() return ecr:GetRepositoryPolcy {} end)
    assert.is_false(ok)
    assert.matches("GetRepositoryPolicy is near", why)
    ok, why = pcall(function() return ecr:GetRepositoryPolicy {} end)
    assert.is_false(ok)
    assert.matches("needs repositoryName", why)
  end)

  it("lists all pages, and walks them one by one", function()
    local pages = {
      answer(200, { repositories = { { repositoryName = "a" } }, nextToken = "t1" }),
      answer(200, { nextToken = "t2" }),
      answer(200, { repositories = { { repositoryName = "b" }, { repositoryName = "c" } } }),
    }
    local ecr, seen = client("ecr", pages)
    local all = assert(ecr:list("DescribeRepositories", "repositories", { maxResults = 1 }))
    assert.equal(3, #all)
    assert.equal('{"maxResults":1,"nextToken":"t2"}', seen[3].body)
    ecr = client("ecr", pages)
    local names = {}
    for repository in ecr:each("DescribeRepositories", "repositories") do
      names[#names + 1] = repository.repositoryName
    end
    assert.same({ "a", "b", "c" }, names)
  end)

  it("gives up on a service that repeats its page for ever", function()
    local ecr = client("ecr", { answer(200, { repositories = {}, nextToken = "same" }) })
    local all, err = ecr:list("DescribeRepositories", "repositories")
    assert.is_nil(all)
    assert.equal("InvalidResponse", err.code)
  end)

  it("logs what goes over the wire, and no secret", function()
    local log = {}
    local ecr = client("ecr", { answer(200, { authorizationData = { { authorizationToken = "cGFzc3dvcmQ=" } } }) },
      { debug = function(line) log[#log + 1] = line end })
    assert(ecr:GetAuthorizationToken())
    local text = table.concat(log, "\n")
    assert.matches("> POST https://api%.ecr", text)
    assert.matches("< 200", text)
    assert.is_nil(text:find("cGFzc3dvcmQ", 1, true))
    assert.is_nil(text:find("Signature=%x"))
  end)
end)
