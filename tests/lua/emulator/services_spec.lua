-- What the emulated services answer, through the same clients that scripts use.

local json = require "lanyard.json"
local world = require "world"

local function fails(code, reply, err)
  assert.is_nil(reply)
  assert.equal(code, err.code)
  return err
end

local function policy(principal, action)
  return json.encode { Version = "2008-10-17", Statement = json.array {
    { Effect = "Allow", Principal = { AWS = principal }, Action = action or "ecr:BatchGetImage" },
  } }
end

describe("emulated ECR", function()
  local w, ecr
  before_each(function()
    w = world.new()
    ecr = w.region.ecr
  end)
  after_each(function() getmetatable(w).__close(w) end)

  it("makes and deletes repositories", function()
    local made = assert(ecr:CreateRepository { repositoryName = "team/app" }).repository
    assert.equal("111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app", made.repositoryUri)
    fails("RepositoryAlreadyExistsException", ecr:CreateRepository { repositoryName = "team/app" })
    assert(ecr:DeleteRepository { repositoryName = "team/app" })
    fails("RepositoryNotFoundException", ecr:DeleteRepository { repositoryName = "team/app" })
    fails("RepositoryNotEmptyException", ecr:DeleteRepository { repositoryName = "shared-repo" })
  end)

  it("words a violation as ECR does", function()
    local err = fails("InvalidParameterException", ecr:GetRepositoryPolicy { repositoryName = "Bad//Name" })
    assert.matches("^Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular ", err.message)
    fails("InvalidParameterException", ecr:DescribeRepositories { maxResults = 0 })
    fails("InvalidParameterException", ecr:DescribeRepositories { repositoryNames = json.array {} })
    fails("InvalidParameterException", ecr:DescribeRepositories { maxResults = 1, repositoryNames = { "shared-repo" } })
    fails("InvalidParameterException", ecr:DescribeRepositories { nextToken = "nonsense" })
    fails("InvalidParameterException",
      ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = (" "):rep(10241) })
  end)

  it("pages", function()
    local first = assert(ecr:DescribeRepositories { maxResults = 1 })
    assert.equal("my-private-repo", first.repositories[1].repositoryName)
    local second = assert(ecr:DescribeRepositories { maxResults = 1, nextToken = first.nextToken })
    assert.equal("shared-repo", second.repositories[1].repositoryName)
    assert.is_nil(second.nextToken)
  end)

  it("refuses policies that ECR refuses", function()
    for _, text in ipairs {
      "", "{", "[]", "{}", '{"Version":"2008-10-17","Statement":[]}', '{"Statement":[{}]}',
      policy("444455556666", "ecr:NoSuchAction"), policy("444455556666", "s3:GetObject"),
      policy("444455556666", "ecr:GetAuthorizationToken"), policy "nonsense",
      '{"Version":"2020-01-01","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}',
      '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*"}]}',
      '{"Version":"2008-10-17","Statement":[{"Effect":"allow","Principal":"*","Action":"ecr:*"}]}',
      '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*","Efect":1}]}',
    } do
      local err = fails("InvalidParameterException",
        ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = text })
      assert.matches("'Invalid repository policy provided'", err.message)
    end
  end)

  it("wants principals of one's own account and Lightsail's roles to exist, and trusts others", function()
    for _, principal in ipairs {
      "arn:aws:iam::111122223333:role/nobody", "arn:aws:iam::111122223333:user/nobody", "AROA2XQYJ5EXAMPLE12345",
      "arn:aws:iam::999999999999:role/amazon/lightsail/us-east-1/containers/x/private-repo-access/y",
      "arn:aws:sts::111122223333:assumed-role/nobody/s",
    } do
      local err = fails("InvalidParameterException",
        ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = policy(principal) })
      assert.matches("'Principal not found'", err.message)
    end
    for _, principal in ipairs { "*", "444455556666", "arn:aws:iam::444455556666:role/x", "111122223333",
      "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/ci-deploy" } do
      assert(ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = policy(principal) })
    end
  end)

  it("keeps a caller from locking himself out, unless forced; then he is out", function()
    local text = '{"Version":"2008-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:SetRepositoryPolicy"}]}'
    fails("InvalidParameterException", ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = text })
    assert(ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = text, force = true })
    fails("AccessDeniedException", ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = policy "*" })
  end)

  it("stores images by digest and tag", function()
    local put = assert(ecr:PutImage { repositoryName = "shared-repo", imageManifest = '{"a":1}', imageTag = "v1" })
    local digest = put.image.imageId.imageDigest
    assert.matches("^sha256:%x+$", digest)
    fails("ImageAlreadyExistsException",
      ecr:PutImage { repositoryName = "shared-repo", imageManifest = '{"a":1}', imageTag = "v1" })
    fails("ImageDigestDoesNotMatchException",
      ecr:PutImage { repositoryName = "shared-repo", imageManifest = '{"a":2}', imageDigest = digest })
    local shown = assert(ecr:DescribeImages { repositoryName = "shared-repo", imageIds = { { imageTag = "v1" } } })
    assert.equal(digest, shown.imageDetails[1].imageDigest)
    fails("ImageNotFoundException", ecr:DescribeImages { repositoryName = "shared-repo", imageIds = { { imageTag = "v2" } } })
    local got = assert(ecr:BatchGetImage { repositoryName = "shared-repo", imageIds = { { imageTag = "v1" }, { imageTag = "v2" } } })
    assert.equal('{"a":1}', got.images[1].imageManifest)
    assert.equal("ImageNotFound", got.failures[1].failureCode)
    assert.equal(2, #assert(ecr:ListImages { repositoryName = "shared-repo" }).imageIds)
  end)

  it("tags repositories", function()
    local arn = "arn:aws:ecr:us-east-1:111122223333:repository/shared-repo"
    assert(ecr:TagResource { resourceArn = arn, tags = { { Key = "env", Value = "prod" } } })
    assert.same({ { Key = "env", Value = "prod" } }, { table.unpack(assert(ecr:ListTagsForResource { resourceArn = arn }).tags) })
    fails("InvalidParameterException", ecr:ListTagsForResource { resourceArn = "nonsense" })
  end)
end)

describe("emulated Lightsail", function()
  local w, lightsail
  local NAME = "my-container-service"
  local IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/my-private-repo:1.0"
  before_each(function()
    w = world.new { activation_delay = 10 }
    lightsail = w.region.lightsail
  end)
  after_each(function() getmetatable(w).__close(w) end)

  local function service()
    return assert(lightsail:GetContainerServices { serviceName = NAME }).containerServices[1]
  end
  local function role()
    return service().privateRegistryAccess.ecrImagePullerRole
  end
  local function set_role(on)
    return lightsail:UpdateContainerService {
      serviceName = NAME, privateRegistryAccess = { ecrImagePullerRole = { isActive = on } },
    }
  end

  it("turns a role on after a while, with an empty ARN until then, and another one each time", function()
    assert.same({ isActive = false, principalArn = "" }, role())
    assert(set_role(true))
    assert.equal("UPDATING", service().state)
    assert.same({ isActive = true, principalArn = "" }, role())
    w.passed = 10
    local first = role().principalArn
    assert.matches("^arn:aws:iam::947856326339:role/amazon/lightsail/us%-east%-1/containers/my%-container%-service/"
      .. "private%-repo%-access/[0-9a-v]+$", first)
    assert.equal(52, #first:match "[^/]+$")
    assert.not_equal(first, service().principalArn)
    assert(set_role(false))
    assert.equal("", role().principalArn)
    w.passed = 20
    assert(set_role(true))
    w.passed = 30
    assert.not_equal(first, role().principalArn)
  end)

  it("takes no change while one is under way", function()
    assert(set_role(true))
    local err = fails("InvalidInputException", lightsail:UpdateContainerService { serviceName = NAME, scale = 2 })
    assert.matches('is in a transition state %("UPDATING"%)', err.message)
    fails("InvalidInputException", lightsail:DeleteContainerService { serviceName = NAME })
  end)

  it("makes and deletes services", function()
    assert(lightsail:CreateContainerService { serviceName = "web", power = "nano", scale = 1,
      privateRegistryAccess = { ecrImagePullerRole = { isActive = true } } })
    fails("InvalidInputException", lightsail:CreateContainerService { serviceName = "web", power = "nano", scale = 1 })
    fails("InvalidInputException", lightsail:CreateContainerService { serviceName = "web2", power = "huge", scale = 1 })
    fails("InvalidInputException", lightsail:CreateContainerService { serviceName = "Web", power = "nano", scale = 1 })
    fails("InvalidInputException", lightsail:CreateContainerService { serviceName = "web3", power = "nano", scale = 21 })
    w.passed = 10
    assert(lightsail:DeleteContainerService { serviceName = "web" })
    w.passed = 20
    local err = fails("NotFoundException", lightsail:GetContainerServices { serviceName = "web" })
    assert.equal(400, err.status)
    assert.is_truthy(err.tip)
  end)

  -- Deploys the image and waits. --> the deployment's end, the service's state, the log
  local function deploy()
    assert(lightsail:CreateContainerServiceDeployment { serviceName = NAME, containers = { app = { image = IMAGE } } })
    assert.equal("DEPLOYING", service().state)
    w.passed = w.passed + 10
    local lines = {}
    for i, event in ipairs(assert(lightsail:GetContainerLog { serviceName = NAME, containerName = "app" }).logEvents) do
      lines[i] = event.message
    end
    local newest = assert(lightsail:GetContainerServiceDeployments { serviceName = NAME }).deployments[1]
    return newest.state, service().state, table.concat(lines, "\n")
  end

  it("ends a deployment that may not pull in silence, and one that may in ACTIVE", function()
    local state, of_service, log = deploy()
    assert.equal("FAILED", state)
    assert.equal("READY", of_service)
    assert.matches("Canceled$", log)
    local change = assert(w.region:enable(NAME))
    w.passed = w.passed + 10
    assert(w.region:grant(change.service, w:repository "my-private-repo"))
    state, of_service = deploy()
    assert.equal("ACTIVE", state)
    assert.equal("RUNNING", of_service)
    local images = assert(w.region.ecr:DescribeImages {
      repositoryName = "my-private-repo", imageIds = { { imageTag = "1.0" } },
    }).imageDetails
    assert.is_truthy(images[1].lastRecordedPullTime)
    assert(w.region:revoke({ service = change.service }, w:repository "my-private-repo"))
    state, of_service = deploy()
    assert.equal("FAILED", state)
    assert.equal("RUNNING", of_service) -- the one before runs on
  end)

  it("pulls under a grant until that ends", function()
    local enabled = assert(w.region:enable(NAME)).service
    w.passed = w.passed + 10
    assert(w.region:grant(enabled, w:repository "my-private-repo", { expires = math.floor(w:time()) + 60 }))
    assert.equal("ACTIVE", (deploy()))
    w.passed = w.passed + 60
    assert.equal("FAILED", (deploy()))
  end)

  it("checks deployments", function()
    local function try(containers, endpoint)
      return lightsail:CreateContainerServiceDeployment {
        serviceName = NAME, containers = containers, publicEndpoint = endpoint,
      }
    end
    fails("InvalidInputException", try {})
    fails("InvalidInputException", try { app = {} })
    fails("InvalidInputException", try { ["Bad_Name"] = { image = "nginx" } })
    fails("InvalidInputException", try({ app = { image = "nginx" } }, { containerName = "app", containerPort = 80 }))
    fails("InvalidInputException", try { app = { image = "nginx", ports = { ["80"] = "SMTP" } } })
    fails("InvalidInputException", try { app = { image = "nginx", ports = { ["70000"] = "HTTP" } } })
    assert(try({ app = { image = "nginx", ports = { ["80"] = "HTTP" } } }, { containerName = "app", containerPort = 80 }))
  end)

  it("ends a deployment as the program of its image does", function()
    local endings = {
      { { tag = "1", exits = true, log = { "no $DATABASE" } }, "FAILED", "Started 1 new node\nno db%-1\n.*Canceled$" },
      { { tag = "1", port = 3000, log = { "up" } }, "FAILED", "up\n[^\n]*Took too long$" },
      { { tag = "1", health = 500 }, "FAILED", "Took too long$" },
      { { tag = "1", port = 80, health = 404 }, "ACTIVE", "Reached a steady state$" },
    }
    for i, case in ipairs(endings) do
      local one <close> = world.new { activation_delay = 0, seed = { regions = { ["us-east-1"] = {
        services = { { name = "web", role = true } },
        repositories = { { name = "web", images = { case[1] } } },
      } } } }
      assert(one.region:grant(assert(one.region:service "web"), one:repository "web"))
      assert(one.region.lightsail:CreateContainerServiceDeployment {
        serviceName = "web",
        containers = { app = {
          image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1",
          ports = { ["80"] = "HTTP" }, environment = { DATABASE = "db-1" },
        } },
        publicEndpoint = { containerName = "app", containerPort = 80 },
      })
      local made = assert(one.region.lightsail:GetContainerServiceDeployments { serviceName = "web" }).deployments[1]
      assert.equal(case[2], made.state, i)
      assert.equal("db-1", made.containers.app.environment.DATABASE)
      local lines = {}
      for event in one.region.lightsail:each("GetContainerLog", "logEvents", { serviceName = "web", containerName = "app" }) do
        lines[#lines + 1] = event.message
      end
      assert.matches(case[3], table.concat(lines, "\n"))
    end
  end)

  it("keeps 50 deployments, the one that runs among them", function()
    local one <close> = world.new { activation_delay = 0, seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", containers = { app = { image = "nginx" } } } },
    } } } }
    for _ = 1, 51 do
      assert(one.region.lightsail:CreateContainerServiceDeployment {
        serviceName = "web", containers = { app = { image = ":web.none.1" } } })
    end
    local kept = assert(one.region.lightsail:GetContainerServiceDeployments { serviceName = "web" }).deployments
    assert.equal(50, #kept)
    assert.same({ 52, 4, 1 }, { kept[1].version, kept[49].version, kept[50].version })
    assert.equal("RUNNING", assert(one.region:service "web").state)
  end)

  it("gives a log in pages, filtered, of a time", function()
    local log = {}
    for i = 1, 60 do log[i] = ("line %d%s"):format(i, i % 20 == 0 and " ERROR here" or "") end
    local one <close> = world.new { activation_delay = 0, seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", role = true } },
      repositories = { { name = "web", images = { { tag = "1", log = log } } } },
    } } } }
    local client = one.region.lightsail
    assert(one.region:grant(assert(one.region:service "web"), one:repository "web"))
    assert(client:CreateContainerServiceDeployment { serviceName = "web", containers = { app = {
      image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1" } } })
    local first = assert(client:GetContainerLog { serviceName = "web", containerName = "app" })
    assert.equal(50, #first.logEvents)
    local second = assert(client:GetContainerLog {
      serviceName = "web", containerName = "app", pageToken = first.nextPageToken,
    })
    assert.equal(13, #second.logEvents)
    assert.is_nil(second.nextPageToken)
    for pattern, count in pairs {
      ERROR = 3, ["ERROR 20"] = 1, ["-line"] = 3, ["?steady ?ERROR"] = 4, ['"ERROR here"'] = 3, ["error"] = 0, [""] = 50,
    } do
      local reply = assert(client:GetContainerLog { serviceName = "web", containerName = "app", filterPattern = pattern })
      assert.equal(count, #reply.logEvents, pattern)
    end
    local now = one:time()
    assert.equal(0, #assert(client:GetContainerLog {
      serviceName = "web", containerName = "app", startTime = now + 60 }).logEvents)
    fails("InvalidInputException", client:GetContainerLog { serviceName = "web", containerName = "app", pageToken = "x" })
    fails("InvalidInputException", client:GetContainerLog { serviceName = "web", containerName = "other" })
  end)

  it("lets no grant pull after its date", function()
    assert(w.region:enable(NAME))
    local arn = assert(w.region:service(NAME)).role.arn
    w.passed = w.passed + 20 -- IAM knows the role
    for date, state in pairs { ["2020-01-01T00:00:00Z"] = "FAILED", ["2999-01-01T00:00:00Z"] = "ACTIVE" } do
      local text = json.encode { Version = "2012-10-17", Statement = json.array { {
        Effect = "Allow", Principal = { AWS = arn },
        Action = json.array { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" },
        Condition = { DateLessThan = { ["aws:CurrentTime"] = date } },
      } } }
      assert(w.region.ecr:SetRepositoryPolicy { repositoryName = "my-private-repo", policyText = text })
      assert.equal(state, (deploy()), date)
    end
  end)

  it("tells how far a deployment is", function()
    assert(lightsail:CreateContainerServiceDeployment { serviceName = NAME, containers = { app = { image = "nginx" } } })
    for passed, code in pairs {
      [0] = "CREATING_DEPLOYMENT", [4] = "EVALUATING_HEALTH_CHECK", [8] = "ACTIVATING_DEPLOYMENT",
    } do
      w.passed = passed
      assert.equal(code, service().stateDetail.code)
    end
  end)

  it("knows its Regions and takes tags", function()
    assert.is_true(#assert(lightsail:GetRegions()).regions > 10)
    assert(lightsail:TagResource { resourceName = NAME, tags = { { key = "env", value = "prod" } } })
    assert.same({ env = "prod" }, assert(w.region:service(NAME)).tags)
  end)
end)

describe("emulated STS and IAM", function()
  it("tell who calls, and lend a role to him", function()
    local w <close> = world.new()
    local sts = w.region.session:client "sts"
    assert.equal("arn:aws:iam::111122223333:user/operator", assert(sts:GetCallerIdentity()).Arn)
    local lent = assert(sts:AssumeRole { RoleArn = "arn:aws:iam::111122223333:role/ci-deploy", RoleSessionName = "test" })
    assert.equal("arn:aws:sts::111122223333:assumed-role/ci-deploy/test", lent.AssumedRoleUser.Arn)
    fails("AccessDenied", sts:AssumeRole { RoleArn = "arn:aws:iam::111122223333:role/nobody", RoleSessionName = "test" })
    fails("ValidationError", sts:AssumeRole { RoleArn = "arn:aws:iam::111122223333:role/ci-deploy", RoleSessionName = "x" })
    fails("ValidationError", sts:AssumeRole { RoleArn = "arn:aws:iam::111122223333:role/ci-deploy",
      RoleSessionName = "test", DurationSeconds = 1 })
  end)
  it("show a role of one's own account only", function()
    local w <close> = world.new()
    local iam = w.region.session:client "iam"
    assert.equal("arn:aws:iam::111122223333:role/ci-deploy", assert(iam:GetRole { RoleName = "ci-deploy" }).Role.Arn)
    local err = fails("NoSuchEntity", iam:GetRole { RoleName = "nobody" })
    assert.equal(404, err.status)
  end)
  it("show a user of one's own account only", function()
    local w <close> = world.new()
    local iam = w.region.session:client "iam"
    assert.equal("arn:aws:iam::111122223333:user/auditor", assert(iam:GetUser { UserName = "auditor" }).User.Arn)
    assert.equal(404, fails("NoSuchEntity", iam:GetUser { UserName = "ci-deploy" }).status)
    fails("ValidationError", iam:GetUser { UserName = "a b" })
  end)
end)

describe("the emulated registry's policy", function()
  it("is put, shown and deleted, in each Region its own", function()
    local w <close> = world.new()
    local ecr = w.region.ecr
    local err = fails("RegistryPolicyNotFoundException", ecr:GetRegistryPolicy())
    assert.equal("Registry policy does not exist in the registry with id '111122223333'", err.message)
    fails("RegistryPolicyNotFoundException", ecr:DeleteRegistryPolicy())
    local text = '{"Version":"2012-10-17","Statement":[{"Sid":"copy","Effect":"Allow","Principal":{"AWS":"444455556666"},'
      .. '"Action":"ecr:ReplicateImage","Resource":"arn:aws:ecr:us-east-1:111122223333:repository/*"}]}'
    assert.equal("111122223333", assert(ecr:PutRegistryPolicy { policyText = text }).registryId)
    assert.equal(text, assert(ecr:GetRegistryPolicy()).policyText)
    assert.equal(text, assert(ecr:DeleteRegistryPolicy()).policyText)
    fails("RegistryPolicyNotFoundException", ecr:GetRegistryPolicy())
  end)

  it("is refused where it is none", function()
    local w <close> = world.new()
    for _, text in ipairs { "", "{}", '{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:ReplicateImage"}}' } do
      local err = fails("InvalidParameterException", w.region.ecr:PutRegistryPolicy { policyText = text })
      assert.matches("'PolicyText' .* 'Invalid registry policy provided'", err.message)
    end
  end)
end)

describe("a fault plan", function()
  local faults = require "lanyard.emulator.faults"
  it("meets requests as it says", function()
    local plan = assert(faults.new({ { service = "ecr", after = 1, every = 2, times = 2, throttle = true } }, math.random))
    local met = {}
    for i = 1, 8 do met[i] = plan:meet("ecr", "GetRepositoryPolicy") ~= nil end
    assert.same({ false, false, true, false, true, false, false, false }, met)
    assert.is_nil(plan:meet("sts", "GetCallerIdentity"))
  end)
  it("throttles each operation of each Region beyond its rate, once a burst is used up", function()
    local now = 0
    local plan = assert(faults.new({ { service = "ecr", rate = 2, burst = 3 } }, math.random, function() return now end))
    local function passed(operation, region)
      local count = 0
      for _ = 1, 10 do
        local rule = plan:meet("ecr", operation, region)
        count = count + (rule and 0 or 1)
        assert.is_true(not rule or faults.fault_of(rule).code == "ThrottlingException")
      end
      return count
    end
    assert.equal(3, passed("GetRepositoryPolicy", "us-east-1"))
    assert.equal(3, passed("DescribeImages", "us-east-1"))
    assert.equal(3, passed("GetRepositoryPolicy", "eu-west-1"))
    assert.is_nil(plan:meet("sts", "GetCallerIdentity", "us-east-1"))
    now = 1
    assert.equal(2, passed("GetRepositoryPolicy", "us-east-1"))
    now = 60
    assert.equal(3, passed("GetRepositoryPolicy", "us-east-1"))
  end)
  it("names what is wrong with a rule", function()
    for text, rules in pairs {
      ["rule 1 .* 'throtle'"] = { { throtle = true } },
      ["rule 2 .* no effect"] = { { reset = true }, { operation = "x" } },
      ["rule 1 .* a number is expected"] = { { delay = "1" } },
      ["rule 1 .* no rate above 0"] = { { rate = 0 } },
      ["rule 2 .* a burst of less than a call"] = { { rate = 1 }, { throttle = true, burst = 5 } },
    } do
      local plan, err = faults.new(rules, math.random)
      assert.is_nil(plan)
      assert.matches(text, err.message)
    end
  end)
end)
