local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local task = require "lanyard.task"

local KEY = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" }

-- A clock that advances by sleeping.
local function new_clock()
  local clock = { slept = {}, passed = 0 }
  function clock.now() return clock.passed end
  function clock.time() return 1700000000 + clock.passed end
  function clock.random() return 0.5 end
  function clock.sleep(seconds)
    table.insert(clock.slept, seconds)
    clock.passed = clock.passed + seconds
  end
  return clock
end

-- Returns a client, its requests and its clock. The given functions reply to its requests in order; the last one
-- repeats.
local function client(service, answers, options)
  local requests, clock = {}, new_clock()
  local all = { region = "us-east-1", credentials = KEY }
  for name, value in pairs(options or {}) do all[name] = value end
  all.transport = function(request)
    requests[#requests + 1] = request
    return (answers[#requests] or answers[#answers])(request)
  end
  local session = assert(aws.session(all))
  local own = { clock = clock }
  for _, name in ipairs { "retry_mode", "max_size", "longest_delay" } do own[name] = all[name] end
  return assert(session:client(service, own)), requests, clock
end

local function answer(status, body, headers)
  return function()
    return { status = status, body = type(body) == "table" and json.encode(body) or body,
      headers = headers or {}, elapsed = 0.01 }
  end
end

-- The reply of DescribeRepositories in a Region without repositories, and a repository in a reply.
local NONE = { repositories = json.array {} }

local function described(name)
  return { repositoryName = name, repositoryArn = "arn", repositoryUri = "uri", registryId = "111122223333" }
end

local function fault(fields)
  return function() return nil, errors.new(fields) end
end

describe("a client", function()
  it("sends AWS JSON, signed and to the endpoint of its Region", function()
    local ecr, requests = client("ecr", { answer(200, { repositoryName = "web", policyText = "{}" }) })
    local reply = assert(ecr:GetRepositoryPolicy { repositoryName = "web" })
    assert.equal("{}", reply.policyText)
    local request = requests[1]
    assert.equal("https://api.ecr.us-east-1.amazonaws.com/", request.url)
    assert.equal("AmazonEC2ContainerRegistry_V20150921.GetRepositoryPolicy", request.headers["X-Amz-Target"])
    assert.equal("application/x-amz-json-1.1", request.headers["Content-Type"])
    assert.equal('{"repositoryName":"web"}', request.body)
    assert.matches("Credential=AKIDEXAMPLE/%d+/us%-east%-1/ecr/aws4_request", request.headers.Authorization)
    assert.matches("^lanyard/", request.headers["User-Agent"])
  end)

  it("sends a form and reads XML from a Query service", function()
    local sts, requests = client("sts", { answer(200, "<GetCallerIdentityResponse><GetCallerIdentityResult>"
      .. "<Arn>arn:aws:iam::111122223333:user/a</Arn><UserId>AIDA</UserId><Account>111122223333</Account>"
      .. "</GetCallerIdentityResult></GetCallerIdentityResponse>") })
    assert.equal("111122223333", assert(sts:GetCallerIdentity()).Account)
    assert.equal("Action=GetCallerIdentity&Version=2011-06-15", requests[1].body)
    assert.equal("https://sts.us-east-1.amazonaws.com/", requests[1].url)
  end)

  it("calls a REST service without credentials if the operation needs none", function()
    local sso, requests = client("sso", { answer(200, { roleCredentials = { accessKeyId = "ASIA" } }) })
    function sso.session.credentials() error "credentials were asked for" end
    local reply = assert(sso:GetRoleCredentials { roleName = "r", accountId = "111122223333", accessToken = "T" })
    assert.equal("ASIA", reply.roleCredentials.accessKeyId)
    local request = requests[1]
    assert.equal("GET", request.method)
    assert.matches("/federation/credentials%?role_name=r&account_id=111122223333$", request.url)
    assert.equal("T", request.headers["x-amz-sso_bearer_token"])
    assert.is_nil(request.headers.Authorization)
    assert.is_nil(request.body)
  end)

  it("signs nothing with the option unsigned", function()
    local sts, requests = client("sts", {
      answer(200, "<r><AssumeRoleWithWebIdentityResult><Credentials/></AssumeRoleWithWebIdentityResult></r>"),
      answer(200, "<r><GetCallerIdentityResult><Arn>a</Arn><Account>1</Account></GetCallerIdentityResult></r>"),
    })
    assert(sts:AssumeRoleWithWebIdentity { RoleArn = "r", RoleSessionName = "s", WebIdentityToken = "t" })
    local unsigned = assert(sts.session:client("sts", { unsigned = true }))
    assert(unsigned:GetCallerIdentity())
    assert.equal(2, #requests)
    assert.is_nil(requests[1].headers.Authorization)
    assert.is_nil(requests[2].headers.Authorization)
  end)

  it("returns the secret members of a sealed reply as secrets", function()
    local secret = credentials.secret "hidden"
    local names, format
    local sso, requests = client("sso", { function()
      return { status = 200, headers = {}, elapsed = 0, body = setmetatable({}, { __index = {
        unseal = function(_, ...)
          names, format = ...
          return '{"roleCredentials":{"accessKeyId":"ASIA","secretAccessKey":"***"}}', { secretAccessKey = secret }
        end,
      } }) }
    end })
    sso = assert(sso.session:client("sso", { sealed = true }))
    local reply = assert(sso:GetRoleCredentials { roleName = "r", accountId = "1", accessToken = "T" })
    assert.is_true(requests[1].sealed)
    assert.same({ "secretAccessKey", "sessionToken" }, names)
    assert.equal("json", format)
    assert.equal(secret, reply.roleCredentials.secretAccessKey)
    assert.equal("ASIA", reply.roleCredentials.accessKeyId)
  end)

  it("is sealed if the option `sealed` says so", function()
    for _, sealed in ipairs { true, false } do
      local request
      local sso = assert(aws.client("sso", {
        region = "us-east-1", credentials = KEY, sealed = sealed, max_attempts = 1,
        transport = function(sent)
          request = sent
          return { status = 400, headers = {}, elapsed = 0, body = "{}" }
        end,
      }))
      sso:GetRoleCredentials { roleName = "r", accountId = "1", accessToken = "T" }
      assert.equal(sealed, request.sealed or false)
    end
  end)

  it("returns AWS's error with code, message, status and request id", function()
    local ecr, requests = client("ecr", { answer(400, {
      __type = "com.amazonaws.ecr#RepositoryPolicyNotFoundException:http://x", message = "Repository policy ...",
    }, { ["x-amzn-requestid"] = "id-1" }) })
    local reply, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
    assert.is_nil(reply)
    assert.equal("RepositoryPolicyNotFoundException", err.code)
    assert.equal(400, err.status)
    assert.equal("id-1", err.request_id)
    assert.equal("GetRepositoryPolicy", err.operation)
    assert.equal(1, err.attempts)
    assert.equal(1, #requests)
    assert.equal("ecr:GetRepositoryPolicy: RepositoryPolicyNotFoundException: Repository policy ... (request id id-1)",
      tostring(err))
  end)

  it("retries after throttling, 5xx and connection failures, and counts the attempts", function()
    for _, first in ipairs {
      answer(408, ""),
      answer(400, { __type = "ThrottlingException", message = "Rate exceeded" }),
      answer(503, "busy"),
      fault { code = "Connection", message = "reset", retryable = true, sent = true },
    } do
      local ecr, requests = client("ecr", { first, answer(200, { policyText = "{}" }) })
      assert(ecr:GetRepositoryPolicy { repositoryName = "web" })
      assert.equal(2, #requests)
    end
    local ecr, requests = client("ecr", { answer(503, "busy") }, { max_attempts = 2 })
    local _, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
    assert.equal("Http503", err.code)
    assert.equal(2, err.attempts)
    assert.is_true(err.retryable)
    assert.equal(2, #requests)
  end)

  it("waits a random part of 1, 2, 4 seconds, and at least as long as AWS asks", function()
    local ecr, _, clock = client("ecr", { answer(503, "busy") }, { max_attempts = 4 })
    assert.is_nil((ecr:DescribeRepositories()))
    assert.same({ 0.5, 1, 2 }, clock.slept)
    ecr, _, clock = client("ecr", { answer(503, "busy", { ["retry-after"] = "7" }), answer(200, NONE) })
    assert(ecr:DescribeRepositories())
    assert.same({ 7 }, clock.slept)
  end)

  it("stops retrying when all calls of a session fail, and resumes when they succeed", function()
    local failing = true
    local ecr, requests = client("ecr", { function()
      return (failing and answer(500, "") or answer(200, NONE))()
    end }, { max_attempts = 5 })
    for _ = 1, 200 do
      assert.is_nil((ecr:DescribeRepositories()))
    end
    assert.equal(200 + 500 // 5, #requests)
    local other = assert(ecr.session:client "ecr")
    assert.equal(1, select(2, other:DescribeRepositories()).attempts)
    failing = false
    for _ = 1, 10 do
      assert(ecr:DescribeRepositories())
    end
    failing = true
    assert.equal(3, select(2, ecr:DescribeRepositories()).attempts)
  end)

  it("takes twice the quota for a retry after a timeout", function()
    local ecr, requests = client("ecr", { fault { code = "Timeout", message = "t", retryable = true, sent = true } },
      { max_attempts = 2 })
    for _ = 1, 100 do
      assert.is_nil((ecr:DescribeRepositories()))
    end
    assert.equal(100 + 500 // 10, #requests)
  end)

  it("does not retry a once operation that may have been carried out", function()
    local reset = fault { code = "Connection", message = "reset", retryable = true, sent = true }
    local unsent = fault { code = "ConnectionRefused", message = "refused", retryable = true, sent = false }
    local throttled = answer(400, { __type = "ThrottlingException" })
    for first, attempts in pairs { [reset] = 1, [answer(500, "")] = 1, [unsent] = 2, [throttled] = 2 } do
      local lightsail, requests = client("lightsail", { first, answer(200, { containerService = {} }) })
      lightsail:CreateContainerServiceDeployment { serviceName = "web" }
      assert.equal(attempts, #requests)
    end
  end)

  it("reports the earlier attempt that may have caused a later rejection", function()
    local exists = answer(400, { __type = "RepositoryAlreadyExistsException", message = "exists" })
    local ecr = client("ecr", { fault { code = "Connection", message = "reset", retryable = true, sent = true }, exists })
    local _, err = ecr:CreateRepository { repositoryName = "web" }
    assert.equal("RepositoryAlreadyExistsException", err.code)
    assert.equal("Connection", err.earlier.code)
    assert.matches("attempt 1 of this call failed %(Connection%) but may have been carried out", err.tip)
    ecr = client("ecr", { answer(400, { __type = "ThrottlingException" }), exists })
    _, err = ecr:CreateRepository { repositoryName = "web" }
    assert.is_nil(err.earlier)
    ecr = client("ecr", { answer(500, ""), answer(400, { __type = "RepositoryNotFoundException" }) })
    _, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
    assert.is_nil(err.earlier)
  end)

  it("does not retry permanent errors", function()
    local ecr, requests = client("ecr", { fault { code = "Tls", message = "certificate", retryable = false, sent = false } })
    local _, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
    assert.equal("Tls", err.code)
    assert.equal(1, #requests)
  end)

  it("reports each retry before its wait, and the end of the wait", function()
    local reset = fault { code = "Connection", message = "reset", retryable = true, sent = false }
    local ecr = client("ecr", { reset, answer(200, NONE) })
    local reports = {}
    ecr.options.on_retry = function(err, delay) reports[#reports + 1] = { err and err.code, delay and delay > 0 } end
    assert(ecr:DescribeRepositories())
    assert.same({ { "Connection", true }, {} }, reports)
  end)

  it("takes a demand for a proxy's password for one of the proxy, final and not executed", function()
    local ecr, requests = client("ecr", { answer(407, "<html>") })
    local _, err = ecr:DescribeRepositories()
    assert.equal("Proxy", err.code)
    assert.equal(407, err.proxy_status)
    assert.is_false(err.retryable)
    assert.is_false(err.sent)
    assert.equal(1, #requests)
  end)

  it("signs with the service's time after it has rejected this machine's", function()
    local skewed = answer(403, { __type = "InvalidSignatureException", message = "Signature expired" },
      { date = os.date("!%a, %d %b %Y %H:%M:%S GMT", 1700000000 + 3600) })
    local ecr, requests, clock = client("ecr", { skewed, answer(200, NONE) })
    assert(ecr:DescribeRepositories())
    assert.equal(1700000000, requests[1].time)
    assert.equal(1700003600, requests[2].time)
    assert.same({}, clock.slept)
    assert(ecr.session:client("ecr", { clock = clock }):DescribeRepositories())
    assert.equal(1700003600, requests[3].time)
  end)

  it("corrects the clock for every call in progress", function()
    local ecr, requests
    local function by_time(request)
      local right = request.time == 1700003600
      return (right and answer(200, NONE) or answer(403, { __type = "InvalidSignatureException" },
        { date = os.date("!%a, %d %b %Y %H:%M:%S GMT", 1700003600) }))(request)
    end
    local waiting = {}
    ecr, requests = client("ecr", { function(request)
      if #requests <= 5 then -- all requests arrive before the first reply
        waiting[#waiting + 1] = request
        while #requests < 5 do task.sleep(0.001) end
      end
      return by_time(request)
    end })
    task.map({ 1, 2, 3, 4, 5 }, function() assert(ecr:DescribeRepositories()) end)
    assert.equal(10, #requests)
  end)

  it("corrects the clock once per call, within its attempts", function()
    local function skewed_by(seconds)
      return answer(403, { __type = "SignatureDoesNotMatch" },
        { date = os.date("!%a, %d %b %Y %H:%M:%S GMT", 1700000000 + seconds) })
    end
    local ecr, requests = client("ecr", { skewed_by(3600), skewed_by(7200), skewed_by(0) }, { max_attempts = 9 })
    local _, err = ecr:DescribeRepositories()
    assert.equal("SignatureDoesNotMatch", err.code)
    assert.equal(2, #requests)
    ecr, requests = client("ecr", { skewed_by(-3600), answer(200, NONE) }, { max_attempts = 1 })
    _, err = ecr:DescribeRepositories()
    assert.is_true(err.retryable) -- by the caller: the next call is signed with the service's time
    assert(ecr:DescribeRepositories())
    assert.equal(1699996400, requests[2].time)
  end)

  it("leaves the clock unchanged if it is not the cause", function()
    for _, first in ipairs {
      answer(403, { __type = "SignatureDoesNotMatch" }, { date = "Tue, 14 Nov 2023 22:13:30 GMT" }),
      answer(403, { __type = "SignatureDoesNotMatch" }, { date = "yesterday" }),
      answer(403, { __type = "SignatureDoesNotMatch" }),
      answer(400, { __type = "AccessDeniedException" }, { date = "Tue, 14 Nov 2000 22:13:30 GMT" }),
    } do
      local ecr, requests = client("ecr", { first })
      assert.is_nil((ecr:DescribeRepositories()))
      assert.equal(1, #requests)
      assert.is_nil(next(ecr.shared.offsets))
    end
  end)

  it("gets new credentials once after they have expired", function()
    local expired = answer(400, { __type = "ExpiredTokenException" })
    local ecr, requests = client("ecr", { expired, answer(200, NONE) })
    local old = ecr.session:credentials()
    local new = credentials.new { access_key_id = "ASIANEW", secret_access_key = "s", session_token = "t" }
    local held = old
    function ecr.session.credentials() return held end
    function ecr.session.expire(_, keys) held = keys == old and new or error "others" end
    assert(ecr:DescribeRepositories())
    assert.matches("Credential=ASIANEW/", requests[2].headers.Authorization)

    ecr, requests = client("ecr", { expired }, { max_attempts = 9 })
    local count = 0
    function ecr.session.credentials()
      return credentials.new { access_key_id = "ASIA" .. count, secret_access_key = "s" }
    end
    function ecr.session.expire() count = count + 1 end
    local _, err = ecr:DescribeRepositories()
    assert.equal("ExpiredTokenException", err.code)
    assert.equal(2, #requests)

    ecr, requests = client("ecr", { expired })
    function ecr.session.expire() end
    assert.is_nil((ecr:DescribeRepositories()))
    assert.equal(1, #requests) -- the same keys would be rejected again
  end)

  it("limits its rate only in adaptive mode", function()
    local throttled = answer(400, { __type = "ThrottlingException" })
    for mode, held_back in pairs { standard = false, legacy = false, adaptive = true } do
      local ecr, _, clock = client("ecr", { throttled, answer(200, NONE) }, { retry_mode = mode })
      assert(ecr:DescribeRepositories())
      local before = clock.passed
      for _ = 1, 5 do assert(ecr:DescribeRepositories()) end
      assert.equal(held_back, clock.passed > before, mode)
    end
    local ok, message = pcall(client, "ecr", {}, { retry_mode = "fast" })
    assert.is_false(ok)
    assert.matches("retry_mode is 'fast'", tostring(message))
  end)

  it("passes the size limit of a reply to the transport", function()
    local ecr, requests = client("ecr", { answer(200, NONE) }, { max_size = 1000 })
    assert(ecr:DescribeRepositories())
    assert.equal(1000, requests[1].max_size)
  end)

  it("rejects a reply that is not JSON, has a member of the wrong type, or is a redirect", function()
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

  it("reads null as absent, and an absent list that AWS does not always send as empty", function()
    local lightsail = client("lightsail", { answer(200, '{"logEvents":null,"nextPageToken":null}') })
    assert.same({ logEvents = {} }, assert(lightsail:GetContainerLog { serviceName = "web", containerName = "app" }))
  end)

  it("rejects a reply that lacks what AWS always sends, and does not repeat the call", function()
    for _, body in ipairs { "{}", '{"repositories":null}', "[]", '{"nextToken":"t"}', '{"Repositories":[]}' } do
      local ecr, requests = client("ecr", { answer(200, body) })
      local reply, err = ecr:DescribeRepositories()
      assert.is_nil(reply)
      assert.equal("InvalidResponse", err.code)
      assert.matches("the member repositories of the reply is missing", err.message)
      assert.equal(1, #requests)
    end
    local sts = client("sts", { answer(200, "<r><GetCallerIdentityResult><Arn>a</Arn></GetCallerIdentityResult></r>") })
    assert.matches("Account of the reply is missing", select(2, sts:GetCallerIdentity()).message)
  end)

  it("rejects a value of the wrong type at any depth, and names its place", function()
    local fields = '"repositoryArn":"arn","repositoryUri":"uri","registryId":"1"'
    for body, message in pairs {
      ['{"repositories":{"a":1}}'] = "repositories of the reply is a structure; a list was expected",
      ['{"repositories":"web"}'] = "repositories of the reply is a string; a list was expected",
      ['{"repositories":["web"]}'] = "repositories%[0%] of the reply is a string; a structure was expected",
      ['{"repositories":[null]}'] = "repositories%[0%] of the reply is null; a structure was expected",
      ['{"repositories":[["web"]]}'] = "repositories%[0%] of the reply is a list; a structure was expected",
      ['{"repositories":[{"repositoryName":7,' .. fields .. "}]}"] = "repositories%[0%]%.repositoryName of the reply is a number",
      ['{"repositories":[{' .. fields .. "}]}"] = "repositories%[0%]%.repositoryName of the reply is missing",
      ['{"repositories":[{"repositoryName":"web","createdAt":1e300,' .. fields .. "}]}"] = "createdAt of the reply is a number; a time",
      ['{"repositories":[],"nextToken":{"a":1}}'] = "nextToken of the reply is a structure; a string was expected",
    } do
      local reply, err = client("ecr", { answer(200, body) }):DescribeRepositories()
      assert.is_nil(reply, body)
      assert.matches(message, err.message)
      assert.is_false(err.retryable)
    end
  end)

  it("rejects the answer for another name than the requested one", function()
    local ecr = client("ecr", { answer(200, { repositoryName = "other", policyText = "{}" }) })
    local reply, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
    assert.is_nil(reply)
    assert.matches("repositoryName of the reply is 'other'; 'web' was requested", err.message)
  end)

  it("raises an error for an unknown operation and a missing member", function()
    local ecr = client("ecr", { answer(200, NONE) })
    local ok, message = pcall(function() return ecr:GetRepositoryPolcy {} end)
    assert.is_false(ok)
    assert.matches("did you mean GetRepositoryPolicy%?", message)
    ok, message = pcall(function() return ecr:GetRepositoryPolicy {} end)
    assert.is_false(ok)
    assert.matches("requires repositoryName", message)
  end)

  it("lists and iterates over all pages", function()
    local pages = {
      answer(200, { repositories = { described "a" }, nextToken = "t1" }),
      answer(200, { repositories = {}, nextToken = "t2" }),
      answer(200, { repositories = { described "b", described "c" } }),
    }
    local ecr, requests = client("ecr", pages)
    local all = assert(ecr:list("DescribeRepositories", "repositories", { maxResults = 1 }))
    assert.equal(3, #all)
    assert.equal('{"maxResults":1,"nextToken":"t2"}', requests[3].body)
    ecr = client("ecr", pages)
    local names = {}
    for repository in ecr:each("DescribeRepositories", "repositories") do
      names[#names + 1] = repository.repositoryName
    end
    assert.same({ "a", "b", "c" }, names)
  end)

  it("stops at a page token that repeats after several pages", function()
    local ecr, requests = client("ecr", {
      answer(200, { repositories = {}, nextToken = "a" }), answer(200, { repositories = {}, nextToken = "b" }),
      answer(200, { repositories = {}, nextToken = "a" }),
    })
    local all, err = ecr:list("DescribeRepositories", "repositories")
    assert.is_nil(all)
    assert.equal("InvalidResponse", err.code)
    assert.equal(3, #requests)
  end)

  it("rejects an empty reply where a member is required", function()
    local ecr, requests = client("ecr", { answer(200, ""), answer(200, { repositories = {} }) })
    assert(ecr:DescribeRepositories())
    assert.equal(2, #requests)
    local sts = client("sts", { answer(200, "<Other/>") })
    local reply, err = sts:GetCallerIdentity()
    assert.is_nil(reply)
    assert.matches("the reply has no GetCallerIdentityResult", err.message)
  end)

  it("removes null from lists, and rejects numbers that JSON does not have", function()
    local layers = { repositoryName = "web", layerDigests = { "sha256:1" } }
    local ecr = client("ecr", { answer(200, '{"layers":[{"a":1},null,{"a":[null,2]}]}') })
    assert.same({ { a = 1 }, { a = { 2 } } }, assert(ecr:BatchCheckLayerAvailability(layers)).layers)
    for _, number in ipairs { "NaN", "0x10", "Infinity" } do
      ecr = client("ecr", { answer(200, '{"repositories":[' .. number .. "]}") })
      assert.equal("InvalidResponse", select(2, ecr:DescribeRepositories()).code)
    end
  end)

  it("returns an error as UTF-8 even if its headers or XML contain other bytes", function()
    local ecr = client("ecr", { answer(400, "", { ["x-amzn-errortype"] = "Bad\xff", ["x-amzn-requestid"] = "id\xe9" }) })
    local _, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
    assert.equal("Bad?", err.code)
    assert.equal("id?", err.request_id)
    assert.is_string(json.encode(tostring(err)))
  end)

  it("limits the rate of each Region separately in adaptive mode", function()
    local throttled = answer(400, { __type = "ThrottlingException" })
    local slow, _, slow_clock = client("ecr", { throttled, throttled, answer(200, NONE) }, {
      retry_mode = "adaptive", endpoint_url = "https://one.test",
      credentials = credentials.new { access_key_id = "a", secret_access_key = "b", account_id = "999900001111" },
    })
    local other = assert(slow.session:at("eu-west-1"):client("ecr", { clock = slow_clock, retry_mode = "adaptive",
      transport = answer(200, { repositoryName = "web" }) }))
    slow:GetRepositoryPolicy { repositoryName = "web" }
    local before = slow_clock.now()
    for _ = 1, 100 do assert(other:GetRepositoryPolicy { repositoryName = "web" }) end
    assert.equal(before, slow_clock.now())
  end)

  it("hides secrets of the request in errors, and replaces control characters", function()
    local keys = credentials.new { access_key_id = "AKID", secret_access_key = "SECRET", session_token = "to/ken+1=" }
    local message = "The canonical string was\nx-amz-security-token:to/ken+1=\n\27]0;title\7 for SECRET"
    local ecr = client("ecr", { answer(403, { __type = "InvalidSignatureException", message = message }) },
      { credentials = keys })
    local _, err = ecr:DescribeRepositories()
    assert.equal("ecr:DescribeRepositories: InvalidSignatureException: The canonical string was "
      .. "x-amz-security-token:*** ]0;title  for ***", tostring(err))
    ecr = client("ecr", { answer(302, "", { location = "https://elsewhere/?token=abc" }) })
    assert.is_nil(tostring(select(2, ecr:DescribeRepositories())):find("abc", 1, true))
    local log = {}
    local oidc = client("sso-oidc", { answer(400, { error = "invalid_grant", error_description = "no: REFRESH" }) },
      { debug = function(line) log[#log + 1] = line end })
    _, err = oidc:CreateToken { clientId = "c", clientSecret = credentials.secret "CLIENT", grantType = "refresh_token",
      refreshToken = credentials.secret "REFRESH" }
    assert.matches("no: %*%*%*", err.message)
    assert.is_nil(table.concat(log, "\n"):find("REFRESH", 1, true))
  end)

  it("treats the values of a container's environment as secrets, except short ones", function()
    local lightsail, requests = client("lightsail", { answer(400, {
      __type = "InvalidInputException", message = "Value 'pa/ss-word' at 'app' on port 8080 is not taken" }) })
    local reply, err = lightsail:CreateContainerServiceDeployment { serviceName = "web", containers = { app = {
      image = "nginx", environment = { PASSWORD = "pa/ss-word", PORT = "8080" },
    } } }
    assert.is_nil(reply)
    assert.equal("Value '***' at 'app' on port 8080 is not taken", err.message)
    assert.matches("pa/ss%-word", requests[1].body)
  end)

  it("stops at a service that repeats a page endlessly", function()
    local ecr = client("ecr", { answer(200, { repositories = {}, nextToken = "same" }) })
    local all, err = ecr:list("DescribeRepositories", "repositories")
    assert.is_nil(all)
    assert.equal("InvalidResponse", err.code)
  end)

  it("logs requests and replies without secrets", function()
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
