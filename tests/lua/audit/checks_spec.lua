local audit = require "lanyard.audit"
local world = require "world"

local GENERAL = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/my-container-service/abc123"
local OTHER = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/%s/private-repo-access/abc123"

local function statement(principal, more)
  return ('{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Allow","Principal":%s,'
    .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]%s}]}'):format(principal, more or "")
end

-- Returns the ids of an audit's findings, in order.
local function ids(w, options)
  local found = {}
  local report = assert(audit.run(w.region, options))
  for i, finding in ipairs(report.findings) do
    found[i] = finding.id
    assert.is_truthy(finding.why ~= "" and finding.fix ~= "" and finding.message ~= "")
  end
  return found, report
end

local function with_policy(text)
  local w = world.new()
  w:put("my-private-repo", text)
  return w
end

describe("an audit", function()
  it("finds nothing in a new account, nor in one where everything is correct", function()
    local w <close> = world.new()
    assert.same({}, (ids(w)))
    assert(w.region:grant(w:service(), w:repository "my-private-repo"))
    local found, report = ids(w)
    assert.same({}, found)
    local access = report.scopes[1].repositories[1].access[1]
    assert.equal("my-container-service", access.service)
    assert.equal("allow", access.decision)
    assert.equal("AllowLightsailPull-my-container-service", access.statement)
  end)

  it("reports public access first", function()
    local w <close> = with_policy(statement '"*"')
    local found, report = ids(w)
    assert.same({ "public-access" }, found)
    assert.equal("critical", report.findings[1].severity)
    assert.is_true(audit.reaches(report, "critical"))
    assert.is_true(audit.reaches(report, "low"))
    assert.is_false(audit.reaches(report, nil))
  end)

  it("removes a statement with NotPrincipal as a whole, because it excludes the principals that it names", function()
    local w <close> = with_policy((statement '{"AWS":"444455556666"}'):gsub('"Principal"', '"NotPrincipal"'))
    local found, report = ids(w)
    assert.same({ "public-access" }, found)
    assert.matches("^lanyard revoke %-%-statement '#1:%x+' my%-private%-repo ", report.findings[1].fix)
    assert.matches("everyone but 444455556666", report.findings[1].message)
  end)

  it("distinguishes a conditional grant to everyone from public access", function()
    local w <close> = with_policy(statement('{"AWS":"*"}', ',"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}'))
    assert.same({ "public-access-conditional" }, (ids(w)))
  end)

  it("finds unique IDs of deleted roles and users", function()
    local w <close> = with_policy(statement '{"AWS":"AROA2XQYJ5EXAMPLE12345"}')
    assert.same({ "orphan-principal" }, (ids(w)))
  end)

  it("finds the general role of a service instead of its puller role", function()
    local w <close> = with_policy(statement(('{"AWS":"%s"}'):format(GENERAL)))
    assert.same({ "service-role-granted" }, (ids(w)))
  end)

  it("finds other accounts, except the one that owns Lightsail's roles", function()
    local w <close> = with_policy(statement '{"AWS":["444455556666","111122223333"]}')
    assert.same({ "other-account" }, (ids(w)))
  end)

  it("reports accounts that are not trusted when trusted accounts are given", function()
    local w <close> = with_policy(statement '{"AWS":["444455556666","arn:aws:iam::777788889999:root"]}')
    local found, report = ids(w, { trusted_accounts = { "444455556666" } })
    assert.same({ "untrusted-account" }, found)
    assert.equal("high", report.findings[1].severity)
    assert.equal("arn:aws:iam::777788889999:root", report.findings[1].principal)
  end)

  it("finds access that the registry policy gives to principals outside the account and the trusted accounts", function()
    local w <close> = world.new()
    local function registry(principal, more, element)
      w.world.region("us-east-1").registry_policy = { ids = {}, text = ('{"Statement":{"Effect":"Allow","%s":%s,"Action":'
        .. '"%s","Resource":"*"%s}}'):format(element or "Principal", principal, more == "copy" and "ecr:ReplicateImage"
        or more and more:match "^ecr:.*" or "ecr:*", more and more:match "^,.*" or "") }
    end
    local function severities(options)
      local found, report = ids(w, options)
      for i, finding in ipairs(report.findings) do
        found[i] = finding.id .. " " .. finding.severity
      end
      return found
    end
    local condition = ',"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}'
    for _, case in ipairs {
      { { '"*"' }, "registry-public critical" }, { { '"*"', "copy" }, "registry-public critical" },
      { { '"*"', condition }, "registry-public high" },
      { { '{"AWS":"111122223333"}', "", "NotPrincipal" }, "registry-public critical" },
      { { '{"AWS":"444455556666"}' }, "registry-pull high" }, { { '{"AWS":"444455556666"}', "copy" } },
      { { '{"AWS":"444455556666"}', "ecr:BatchGetImage" }, "registry-pull medium" },
      { { '{"AWS":"444455556666"}', "ecr:PutImage" }, "registry-change high" },
      { { '{"Service":"ecs.amazonaws.com"}', "ecr:SetRepositoryPolicy" }, "registry-change high" },
      { { '{"AWS":"444455556666"}', "ecr:List*" } }, { { '{"AWS":"111122223333"}', "ecr:PutImage" } },
      { { '{"AWS":"111122223333"}' } }, { { '{"AWS":"arn:aws:iam::111122223333:role/ci-deploy"}' } },
      { { '{"AWS":"AROA2XQYJ5EXAMPLE12345"}' } }, { { ('{"AWS":"%s"}'):format(GENERAL) } },
      { { ('{"AWS":"%s"}'):format(OTHER:format "my-container-service") }, "registry-pull high" },
      { { '{"Service":"ecs.amazonaws.com"}' }, "registry-pull high" },
    } do
      registry(table.unpack(case[1], 1, 3))
      assert.same({ case[2] }, severities())
    end
    local function with_deny(actions)
      w.world.region("us-east-1").registry_policy = { ids = {}, text = ([[{"Statement":[
        {"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:*","Resource":"*"},
        {"Effect":"Deny","Principal":{"AWS":"444455556666"},%s,"Resource":"*"}]}]]):format(actions) }
      return severities()
    end
    assert.same({ "registry-pull medium" }, with_deny '"NotAction":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]')
    assert.same({ "registry-pull high" }, with_deny '"Action":"ecr:Put*"')
    registry '{"AWS":"444455556666"}'
    assert.same({}, severities { trusted_accounts = { "444455556666" } })
  end)

  it("names the actions that the registry policy allows, or the actions that it excludes", function()
    local w <close> = world.new()
    local function message(action)
      w.world.region("us-east-1").registry_policy = { ids = {}, text =
        ('{"Statement":{"Effect":"Allow","Principal":"*",%s,"Resource":"*"}}'):format(action) }
      local _, report = ids(w)
      return report.findings[1].message:match "allows (.*) every repository"
    end
    assert.equal("everyone to pull from", message '"Action":["ecr:Get*","ecr:BatchGetImage"]')
    assert.equal("everyone to pull from, and push images and change the settings in,",
      message '"Action":["ecr:Get*","ecr:BatchGetImage","ecr:Put*"]')
    assert.equal("everyone to call ecr:PutImage, ecr:List* in", message '"Action":["ecr:PutImage","ecr:List*"]')
    assert.equal("everyone to call all actions except ecr:BatchGetImage, ecr:GetDownloadUrlForLayer in",
      message '"NotAction":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]')
  end)

  it("continues when the registry policy is invalid", function()
    local w <close> = world.new()
    w.world.region("us-east-1").registry_policy = { ids = {}, text = "none" }
    local found, report = ids(w)
    assert.same({}, found)
    assert.matches("^cannot read the registry policy: line 1", report.scopes[1].registry_error)
  end)

  it("names the requested profile in the report and in fixes", function()
    local w <close> = with_policy(statement '"*"')
    local _, report = ids(w, { profile = "prod eu" })
    assert.equal("prod eu", report.scopes[1].profile)
    assert.equal("lanyard revoke --principal '*' my-private-repo --region us-east-1 --profile 'prod eu'",
      report.findings[1].fix)
  end)

  it("finds grants to a disabled role and to a deleted service", function()
    local w <close> = with_policy(statement(('{"AWS":["%s","%s"]}')
      :format(OTHER:format "my-container-service", OTHER:format "gone")))
    assert.same({ "inactive-role", "missing-service" }, (ids(w)))
  end)

  it("finds a role without a grant when it has read every repository", function()
    local w <close> = world.new()
    w:service()
    assert.same({ "unused-role" }, (ids(w)))
    assert.same({}, (ids(w, { globs = { "shared-*" } })))
  end)

  it("does not call a role unused when no repository is listed", function()
    local w <close> = world.new()
    w:service()
    w.change = function(operation, reply)
      if operation == "DescribeRepositories" then
        reply.body = '{"repositories":[]}'
      end
    end
    assert.same({}, (ids(w)))
  end)

  it("calls a service missing only if AWS says that it does not exist", function()
    local w <close> = world.new()
    local service = w:service()
    w:put("shared-repo", statement(('{"AWS":["%s","%s"]}'):format(service.role.arn, OTHER:format "gone")))
    assert.same({ "missing-service" }, (ids(w)))
    w.change = function(called, reply) -- as a broken proxy does; rejections stay
      if called == "GetContainerServices" and reply.status == 200 then
        reply.body = '{"containerServices":[]}'
      end
    end
    assert.same({ "missing-service" }, (ids(w)))
    assert.equal("gone", assert(audit.run(w.region)).findings[1].service)
  end)

  it("finds a deployed image that cannot be pulled again", function()
    local image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1"
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", role = true, containers = { web = { image = image } } } },
      repositories = { { name = "web", images = { "1" } }, { name = "other" } },
    } } } }
    local service = assert(w.region:service "web")
    assert.is_nil(service.current) -- the deployment of the seed could not pull
    assert(w.region:grant(service, w:repository "web"))
    assert(w.region.lightsail:CreateContainerServiceDeployment {
      serviceName = "web", containers = { web = { image = image } },
    })
    assert.same({ "mutable-tag-deployed" }, (ids(w)))
    assert(w.region:revoke({ service = service }, w:repository "web"))
    local found, report = ids(w)
    assert.same({ "image-not-granted", "unused-role", "mutable-tag-deployed" }, found)
    assert.matches("web:1", report.findings[1].message)
  end)

  -- A world with the service web, and repositories; deploys an image to the service.
  local REGISTRY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/"
  local function deployed(seed, ...)
    local w <const> = world.new { seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", role = seed.role ~= false } },
      repositories = { { name = "web", images = { "1" } }, { name = "other" } },
    } } } }
    if seed.policy then
      w:put("web", (seed.policy:gsub("ROLE", assert(w.region:service "web").role.arn or "")))
    end
    for _, image in ipairs { ... } do
      assert(w.region.lightsail:CreateContainerServiceDeployment {
        serviceName = "web", containers = { main = { image = image } },
      })
    end
    return w
  end

  it("explains why the newest deployment failed, and advises nothing that would deepen the fault", function()
    local allow = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"ROLE"},"Action":'
      .. '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}%s]}'
    for _, case in ipairs {
      { {}, REGISTRY .. "web:1", "repository 'web': it has no policy", "^lanyard grant web web %-%-region us%-east%-1$" },
      { { role = false }, REGISTRY .. "web:1", "the puller role of 'web' is off",
        "^lanyard grant web web %-%-enable %-%-region us%-east%-1$" },
      { { policy = allow:format(',{"Sid":"no","Effect":"Deny","Principal":"*","Action":"ecr:BatchGetImage"}') },
        REGISTRY .. "web:1", "'no' denies ecr:BatchGetImage", "." },
      { { policy = allow:format "" }, REGISTRY .. "web:2", "no image tagged '2'", "then deploy again$" },
      { { policy = allow:format "" }, REGISTRY .. "gone:1", "repository 'gone' does not exist", "then deploy again$" },
      { { policy = allow:format "" }, REGISTRY:gsub("us%-east%-1", "eu-west-1") .. "web:1",
        "a service in us%-east%-1 pulls only from its own Region", "then deploy again$" },
      { {}, REGISTRY .. "gone:1", "repository 'gone' does not exist", "^correct the name of the image, or create" },
      { {}, REGISTRY:gsub("us%-east%-1", "eu-west-1") .. "web:1", "pulls only from its own Region", "then deploy again$" },
      { {}, REGISTRY:gsub("111122223333", "444455556666") .. "web:1", "belongs to account 444455556666", "then deploy again$" },
      { { policy = '{"Version":"2012-10-17","Statement":[{"Sid":"no","Effect":"Deny","Principal":"*","Action":"ecr:BatchGetImage"}]}' },
        REGISTRY .. "web:1", "'no' denies ecr:BatchGetImage",
        "to the Deny in statement no, and grant it: lanyard grant web web, then deploy again$" },
    } do
      local w <close> = deployed(case[1], case[2])
      local found
      for _, finding in ipairs(assert(audit.run(w.region)).findings) do
        found = finding.id == "deployment-failed" and finding or found
        assert.not_matches("disable", finding.fix)
        assert.not_equal("unused-role", finding.id)
      end
      assert.matches("^deployment 1 of web, the newest one, failed: .*" .. case[3], found.message)
      assert.equal("the service runs nothing", found.why)
      assert.equal("high", found.severity)
      assert.matches(case[4], found.fix)
    end
  end)

  it("reports only the newest deployment, and says what runs", function()
    local policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"ROLE"},"Action":'
      .. '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}'
    local w <close> = deployed({ policy = policy }, REGISTRY .. "web:2", REGISTRY .. "web:1")
    assert.same({ "mutable-tag-deployed" }, (ids(w)))
    assert(w.region.lightsail:CreateContainerServiceDeployment {
      serviceName = "web", containers = { main = { image = REGISTRY .. "web:3" } },
    })
    local found, report = ids(w)
    assert.same({ "deployment-failed", "mutable-tag-deployed" }, found)
    assert.equal("the service still runs deployment 2", report.findings[1].why)
    assert.same({ version = 3, images = { REGISTRY .. "web:3" } }, report.scopes[1].services[1].failed)
  end)

  it("reports deployments that cannot be read as unknown, and calls no role unused then", function()
    local w <close> = world.new { faults = { { operation = "GetContainerServiceDeployments", error = {
      code = "AccessDeniedException", status = 400, message = "no" } } },
      seed = { regions = { ["us-east-1"] = { services = { { name = "web", role = true } }, repositories = { { name = "a1" } } } } } }
    local found, report = ids(w)
    assert.same({}, found)
    assert.matches("no", report.scopes[1].deployments_error)
  end)

  it("waits for the deployment of a tag that no container runs yet", function()
    local image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:"
    local w <close> = world.new { activation_delay = 60, seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", role = true } }, repositories = { { name = "web", images = { "1" } } },
    } } } }
    w.passed = w.passed + 61
    assert(w.region:grant(assert(w.region:service "web"), w:repository "web"))
    assert(w.region.lightsail:CreateContainerServiceDeployment {
      serviceName = "web", containers = { web = { image = image .. "1" } },
    })
    local _, report = ids(w)
    assert.equal("mutable-tag-deployed", report.findings[1].id)
    assert.equal("lanyard wait deployment web --region us-east-1"
      .. " && lanyard deploy web web=web:1 --resolve --region us-east-1", report.findings[1].fix)
  end)

  it("treats the flaw of a statement that changed its meaning as a new finding", function()
    local function key_of(actions)
      local w <close> = with_policy(('{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Allow","Principal":"*",'
        .. '"Action":%s}]}'):format(actions))
      local found, report = ids(w)
      assert.same({ "policy-lint" }, found)
      return report.findings[1].key
    end
    assert.equal(key_of '"ecr:DescribeImages"', key_of '[ "ecr:DescribeImages" ]')
    assert.not_equal(key_of '"ecr:DescribeImages"', key_of '["ecr:PutImage","ecr:DeleteRepository"]')
  end)

  it("reports policies that it cannot read as unknown, and continues", function()
    local w <close> = with_policy "no policy at all"
    w:put("shared-repo", statement '"*"')
    local found, report = ids(w)
    assert.same({ "public-access", "unreadable-policy" }, found)
    assert.is_truthy(report.scopes[1].repositories[1].policy_error)
  end)

  it("does not suggest to remove a grant that a deployment needs", function()
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", role = true, containers = {
        web = { image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1" } } } },
      repositories = { { name = "web", images = { "1" } } },
    } } } }
    local arn = assert(w.region:service "web").role.arn
    w.world.region("us-east-1").services.web.deployments[1].succeeds = true
    w:put("web", ('{"Version":"2012-10-17","Statement":[{"Sid":"yes","Effect":"Allow","Principal":{"AWS":"%s"},"Action":'
      .. '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]},{"Sid":"no","Effect":"Deny","Principal":"*",'
      .. '"Action":"ecr:GetDownloadUrlForLayer"}]}'):format(arn))
    local found, report = ids(w)
    assert.same({ "image-not-granted", "denied-grant", "mutable-tag-deployed" }, found)
    assert.matches("statement no denies GetDownloadUrlForLayer", report.findings[1].message)
    for i = 1, 2 do
      assert.matches("^edit the policy of web: exempt arn:.* from the Deny in statement no, or remove that statement$", report.findings[i].fix)
    end
  end)

  it("grants the services that deploy before it revokes the access of everyone", function()
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", role = true, containers = {
        web = { image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1" } } } },
      repositories = { { name = "web", images = { "1" } } },
    } } } }
    w.world.region("us-east-1").services.web.deployments[1].succeeds = true
    w:put("web", statement '"*"')
    local _, report = ids(w)
    assert.equal("lanyard grant web web --region us-east-1 && lanyard revoke --principal '*' web --region us-east-1",
      report.findings[1].fix)
  end)

  it("shows a grant that a Deny cancels as denied", function()
    local w <close> = world.new()
    local service = w:service()
    w:put("my-private-repo", ('{"Version":"2012-10-17","Statement":[{"Sid":"yes","Effect":"Allow","Principal":{"AWS":"%s"},'
      .. '"Action":"ecr:*"},{"Sid":"no","Effect":"Deny","Principal":"*","Action":"ecr:GetDownloadUrlForLayer"}]}')
      :format(service.role.arn))
    local found, report = ids(w)
    assert.same({ "push-or-admin", "denied-grant" }, found)
    assert.equal("partial", report.scopes[1].repositories[1].access[1].decision)
  end)

  it("contains the text of statements on request", function()
    local w <close> = world.new()
    w:put("shared-repo", '{"Version":"2012-10-17",\n"Statement": {"Effect" : "Allow","Principal":"*",\n"Action":"ecr:*"}}')
    local report = assert(audit.run(w.region, { texts = true, globs = { "shared-repo" } }))
    assert.same({ { index = 1, label = "#1", text = '{"Effect" : "Allow","Principal":"*",\n"Action":"ecr:*"}' } },
      report.scopes[1].repositories[1].statements)
    assert.is_nil(assert(audit.run(w.region)).scopes[1].repositories[1].statements)
  end)
end)
