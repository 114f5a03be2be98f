local file = require "lanyard.desired.file"
local json = require "lanyard.json"

-- Returns the services of a file in Lua, or the message about it.
local function read(text)
  local desired, err = file.parse("return {\nservices = {\n" .. text .. "\n} }", "web.lua")
  return desired and desired.services, err and err.message
end

local function message_of(text)
  local services, message = read(text)
  assert.is_nil(services)
  return message
end

describe("the services of a desired-state file", function()
  it("are read from Lua and from JSON alike", function()
    local lua = assert(read [[{ name = "web", power = "nano", scale = 2, role = true, disabled = false,
      tags = { env = "prod", old = false }, domains = { cert = { "WWW.example.com" }, gone = false },
      public = "app:80",
      containers = { app = { image = "web:1.4", command = { "serve" }, ports = { [80] = "http", ["81"] = false },
        environment = { A = "x", B = keep, C = "ssm:/c", D = false } }, old = false } }]])
    local parsed = assert(file.parse(json.encode { services = json.array { {
      name = "web", power = "nano", scale = 2, role = true, disabled = false,
      tags = { env = "prod", old = false }, domains = { cert = json.array { "WWW.example.com" }, gone = false },
      public = { containerName = "app", containerPort = 80 },
      containers = { app = { image = "web:1.4", command = json.array { "serve" }, ports = { ["80"] = "HTTP", ["81"] = false },
        environment = { A = "x", B = { keep = true }, C = "ssm:/c", D = false } }, old = false },
    } } }, "web.json")).services
    assert.same(lua, parsed)
    local entry = lua[1]
    assert.same({ cert = { "www.example.com" }, gone = false }, entry.domains)
    assert.same({ ["80"] = "HTTP", ["81"] = false }, entry.containers.app.ports)
    local environment = entry.containers.app.environment
    assert.same({ { value = "x" }, { keep = true }, false }, { environment.A, environment.B, environment.D })
    assert.equal("/c", environment.C.reference.name)
    assert.is_false(entry.containers.old)
    assert.same({ "app", 80 }, { entry.public.containerName, entry.public.containerPort })
  end)

  it("need no grants beside them, and may be none", function()
    local desired = assert(file.parse("return { services = {} }", "web.lua"))
    assert.same({ {}, {}, false }, { desired.services, desired.grants, desired.has_grants })
    assert.is_nil(assert(file.parse("return { grants = {} }", "web.lua")).services)
    assert.matches("grants is missing", select(2, file.parse("return {}", "web.lua")).message)
  end)

  it("keep a whole environment", function()
    for _, text in ipairs { "keep", '"keep"', "{ keep = true }" } do
      local container = assert(read('{ name = "web", containers = { app = { environment = ' .. text .. " } } }"))[1].containers.app
      assert.is_true(container.keeps_environment)
      assert.is_nil(container.environment)
    end
    local parsed = assert(file.parse('{"services":[{"name":"web","containers":{"app":{"environment":"keep"}}}]}', "w.json"))
    assert.is_true(parsed.services[1].containers.app.keeps_environment)
  end)

  it("take the two files of the AWS CLI as they are", function()
    local desired = assert(file.parse([[{"services":[{"name":"web",
      "containers":{"app":{"image":"nginx:latest","command":[],"environment":{"A":""},"ports":{"80":"HTTP"}}},
      "public":{"containerName":"app","containerPort":80,"healthCheck":{"healthyThreshold":2,"unhealthyThreshold":2,
        "timeoutSeconds":2,"intervalSeconds":5,"path":"/","successCodes":"200-499"}}}]}]], "web.json"))
    assert.equal("/", desired.services[1].public.healthCheck.path)
    assert.equal("", desired.services[1].containers.app.environment.A.value)
  end)

  it("report each mistake with its path", function()
    for text, pattern in pairs {
      ['"web"'] = "services%[1%] is a string, not a service",
      ['{}'] = "services%[1%]%.name is missing",
      ['{ name = "We b" }'] = "web%.lua:3: services%[1%]%.name is invalid",
      ['{ name = "web", powr = "nano" }'] = "services%[1%] has an unknown member 'powr'; did you mean 'power'%?",
      ['{ name = "web", region = "us-east-1" }'] = "services%[1%] has an unknown member 'region'",
      ['{ name = "web", power = 1 }'] = "services%[1%]%.power is a number, not a string",
      ['{ name = "web", power = "na no" }'] = "services%[1%]%.power is invalid: 'na no' is not a power",
      ['{ name = "web", scale = 0 }'] = "services%[1%]%.scale is 0, not a number of nodes from 1 to 20",
      ['{ name = "web", scale = 21 }'] = "services%[1%]%.scale is 21",
      ['{ name = "web", scale = 1.5 }'] = "services%[1%]%.scale is 1%.5",
      ['{ name = "web", scale = "2" }'] = "services%[1%]%.scale is a string",
      ['{ name = "web", disabled = "no" }'] = "services%[1%]%.disabled is a string, not true or false",
      ['{ name = "web", role = false }'] = "services%[1%]%.role is false: .*lanyard disable web turns it off",
      ['{ name = "web", tags = { "prod" } }'] = "services%[1%]%.tags is a table, not tags by key",
      ['{ name = "web", tags = { env = 1 } }'] = "services%[1%]%.tags%.env is a number, not a string",
      ['{ name = "web", tags = { ["aws:x"] = "1" } }'] = "services%[1%]%.tags%.aws:x is invalid: .*AWS reserves",
      ['{ name = "web", domains = { cert = "a.example" } }'] = "services%[1%]%.domains%.cert is a string, not a list",
      ['{ name = "web", domains = { cert = {} } }'] = "services%[1%]%.domains%.cert is empty",
      ['{ name = "web", domains = { cert = { "a" } } }'] = "services%[1%]%.domains%.cert%[1%] is invalid",
      ['{ name = "web", domains = { cert = { "a.b", "A.b" } } }'] = "services%[1%]%.domains%.cert%[2%] repeats 'A%.b'",
      ['{ name = "web", domains = { ["c t"] = { "a.b" } } }'] = "services%[1%]%.domains is invalid: 'c t'",
      ['{ name = "web", public = "app" }'] = "services%[1%]%.public is 'app', not of the form CONTAINER:PORT",
      ['{ name = "web", public = "app:0" }'] = "services%[1%]%.public is 'app:0'",
      ['{ name = "web", public = { port = 1 } }'] = "services%[1%]%.public has an unknown member 'port'",
      ['{ name = "web", public = { containerPort = "80" } }'] = "services%[1%]%.public%.containerPort is a string",
      ['{ name = "web", public = { healthCheck = { path = "up" } } }'] = "healthCheck%.path is invalid: write it from",
      ['{ name = "web", public = { healthCheck = { intervalSeconds = 1 } } }'] = "intervalSeconds is 1, not a whole",
      ['{ name = "web", public = { healthCheck = { successCodes = "600" } } }'] = "successCodes is invalid",
      ['{ name = "web", containers = { "app" } }'] = "services%[1%]%.containers is a table, not containers by name",
      ['{ name = "web", containers = { App = {} } }'] = "services%[1%]%.containers is invalid: .*App",
      ['{ name = "web", containers = { app = { imag = "x" } } }'] = "containers%.app has an unknown member 'imag'; did you",
      ['{ name = "web", containers = { app = { image = "" } } }'] = "services%[1%]%.containers%.app%.image is invalid",
      ['{ name = "web", containers = { app = { ports = "80" } } }'] = "containers%.app%.ports is a string, not protocols",
      ['{ name = "web", containers = { app = { ports = { x = "HTTP" } } } }'] = "app%.ports has 'x', which is not a port",
      ['{ name = "web", containers = { app = { ports = { [80] = "SMTP" } } } }'] = "app%.ports%.80 is 'SMTP'; write one",
      ['{ name = "web", containers = { app = { ports = { [80] = "TCP", ["80"] = "TCP" } } } }'] = "has port 80 twice",
      ['{ name = "web", containers = { app = { command = "run" } } }'] = "app%.command is a string, not a list",
      ['{ name = "web", containers = { app = { command = { 1 } } } }'] = "app%.command%[1%] is a number, not a string",
      ['{ name = "web", containers = { app = { environment = { "A" } } } }'] = "app%.environment is a table, not values",
      ['{ name = "web", containers = { app = { environment = { ["A="] = "x" } } } }'] = "the name 'A=', which is not",
      ['{ name = "web", containers = { app = { environment = { A = 1 } } } }'] = "environment%.A is a number, not a string",
      ['{ name = "web", containers = { app = { environment = { A = "ssm:" } } } }'] = "environment%.A is invalid: a refer",
      ['{ name = "web" }, { name = "web" }'] = "services%[2%]%.name repeats 'web', which services%[1%] already is",
      ['{ name = "a", domains = { c = { "x.y" } } }, { name = "b", domains = { c = { "x.y" } } }'] =
        "services%[2%]%.domains%.c has 'x%.y', as services%[1%]%.domains%.c already has",
    } do
      assert.matches(pattern, message_of(text), text)
    end
    for _, text in ipairs { "return { services = 1 }", "return { services = { web = {} } }" } do
      assert.matches("services is .*, not a list", select(2, file.parse(text, "web.lua")).message)
    end
    assert.matches("services is null, not a list", select(2, file.parse('{"services":null}', "web.json")).message)
  end)

  it("report no value of an environment variable", function()
    local long = ("hidden"):rep(3)
    for _, value in ipairs { '{ "' .. long .. '" }', '"' .. long .. '\\0"', '"' .. long .. '\\xff"', '"ssm:' .. long .. ' x"' } do
      local message = message_of('{ name = "web", containers = { app = { environment = { A = ' .. value .. " } } } }")
      assert.matches("environment%.A", message)
      assert.is_nil(message:find(long, 1, true))
    end
  end)

  it("can name the value that a colon makes literal", function()
    local services = assert(read '{ name = "web", containers = { app = { environment = { A = "ssm::/x" } } } }')
    assert.equal("ssm:/x", services[1].containers.app.environment.A.value)
  end)
end)
