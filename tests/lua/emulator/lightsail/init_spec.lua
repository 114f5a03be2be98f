-- The replies of the emulated Lightsail, through the client that scripts use.

local json = require "lanyard.json"
local world = require "world"

local function fails(code, reply, err)
  assert.is_nil(reply)
  assert.equal(code, err.code)
  return err
end

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

  it("enables a role after a delay, with an empty ARN until then, and a new ARN each time", function()
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

  it("rejects a change while another one is in progress", function()
    assert(set_role(true))
    local err = fails("InvalidInputException", lightsail:UpdateContainerService { serviceName = NAME, scale = 2 })
    assert.matches('is in a transition state %("UPDATING"%)', err.message)
    fails("InvalidInputException", lightsail:DeleteContainerService { serviceName = NAME })
  end)

  it("creates and deletes services", function()
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

  -- Deploys the image and waits. Returns the state of the deployment, the state of the service, and the log.
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

  it("fails a deployment that cannot pull without a reason, and activates one that can", function()
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
    assert.equal("RUNNING", of_service) -- the previous deployment keeps running
  end)

  it("allows a pull by a grant until it expires", function()
    local enabled = assert(w.region:enable(NAME)).service
    w.passed = w.passed + 10
    assert(w.region:grant(enabled, w:repository "my-private-repo", { expires = math.floor(w:time()) + 60 }))
    assert.equal("ACTIVE", (deploy()))
    w.passed = w.passed + 60
    assert.equal("FAILED", (deploy()))
  end)

  it("validates deployments", function()
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

  it("reports a busy service, names, images and ports in Lightsail's words", function()
    local function message(containers, endpoint)
      return fails("InvalidInputException", lightsail:CreateContainerServiceDeployment {
        serviceName = NAME, containers = containers, publicEndpoint = endpoint,
      }).message
    end
    assert.equal('Container name "backend_api" does not match pattern: ^(?:[a-z0-9]{1,2}|[a-z0-9][a-z0-9-]+[a-z0-9])$',
      message { backend_api = { image = "nginx" } })
    for _, name in ipairs { "-a", "a-", "Web", "a.b", "a b", "\u{e9}" } do
      assert.matches('^Container name "' .. name:gsub("%p", "%%%0") .. '" does not match pattern', message { [name] = { image = "nginx" } })
    end
    for _, image in ipairs { ":container-service-1.my-react-ui.LATEST", ":web", ":web.app", ":web.app.latest", ":web.app.", ":",
      "" } do
      assert.equal(('Container "app" has invalid image "%s". Example of valid image: ":container-service-1.frontend-ui.123".')
        :format(image), message { app = { image = image } })
    end
    assert.equal("Invalid port specified. You must specify a port that is in the list of ports of the specified container.",
      message({ app = { image = "nginx", ports = { ["81"] = "HTTP" } } }, { containerName = "app", containerPort = 80 }))
    assert(lightsail:CreateContainerServiceDeployment { serviceName = NAME, containers = { app = { image = "nginx" } } })
    assert.equal(('Sorry, deployment 1 is in progress for service "%s". Please wait for it to complete before trying again.')
      :format(NAME), message { app = { image = "nginx" } })
    assert.matches("transition state",
      fails("InvalidInputException", lightsail:UpdateContainerService { serviceName = NAME, scale = 2 }).message)
  end)

  it("returns an empty command and environment, and a URL with 13 letters and digits", function()
    assert.matches("^https://my%-container%-service%.[a-z0-9]+%.us%-east%-1%.cs%.amazonlightsail%.com/$", service().url)
    assert.equal(13, #service().url:match "^https://[^.]+%.([^.]+)")
    local body
    w.change = function(_, reply) body = reply.body end
    assert(lightsail:CreateContainerServiceDeployment { serviceName = NAME, containers = { app = { image = "nginx" } } })
    assert.matches('"command":%[%]', body)
    assert.matches('"environment":{}', body)
  end)

  it("completes a deployment according to the program of its image", function()
    local cases = {
      { { tag = "1", exits = true, log = { "no $DATABASE" } }, "FAILED", "Started 1 new node\nno db%-1\n.*Canceled$" },
      { { tag = "1", port = 3000, log = { "up" } }, "FAILED", "up\n[^\n]*Took too long$" },
      { { tag = "1", health = 500 }, "FAILED", "Took too long$" },
      { { tag = "1", port = 80, health = 404 }, "ACTIVE", "Reached a steady state$" },
    }
    for i, case in ipairs(cases) do
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
      local newest = assert(one.region.lightsail:GetContainerServiceDeployments { serviceName = "web" }).deployments[1]
      assert.equal(case[2], newest.state, i)
      assert.equal("db-1", newest.containers.app.environment.DATABASE)
      local lines = {}
      for event in one.region.lightsail:each("GetContainerLog", "logEvents", { serviceName = "web", containerName = "app" }) do
        lines[#lines + 1] = event.message
      end
      assert.matches(case[3], table.concat(lines, "\n"))
    end
  end)

  it("keeps 50 deployments, including the active one", function()
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

  it("returns a log in pages, filtered by pattern and time", function()
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

  it("rejects a pull by a grant after its date", function()
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

  it("receives environments that no log of a client has", function()
    local log = {}
    local debugged = assert(w.region.session:client("lightsail", { debug = function(line) log[#log + 1] = line end }))
    assert(debugged:CreateContainerServiceDeployment { serviceName = NAME, containers = { app = { image = "nginx",
      environment = { DATABASE_URL = "postgres://shop:hunter2@database.internal/shop" } } } })
    assert.matches("CreateContainerServiceDeployment", table.concat(log))
    for _, text in ipairs { "hunter2", "postgres", "database.internal" } do assert.is_nil(table.concat(log):find(text, 1, true)) end
  end)

  it("reports the progress of a deployment", function()
    assert(lightsail:CreateContainerServiceDeployment { serviceName = NAME, containers = { app = { image = "nginx" } } })
    for passed, code in pairs {
      [0] = "CREATING_DEPLOYMENT", [4] = "EVALUATING_HEALTH_CHECK", [8] = "ACTIVATING_DEPLOYMENT",
    } do
      w.passed = passed
      assert.equal(code, service().stateDetail.code)
    end
  end)

  it("lists its Regions and stores tags", function()
    assert.is_true(#assert(lightsail:GetRegions()).regions > 10)
    assert(lightsail:TagResource { resourceName = NAME, tags = { { key = "env", value = "prod" } } })
    assert.same({ env = "prod" }, assert(w.region:service(NAME)).tags)
  end)
end)
