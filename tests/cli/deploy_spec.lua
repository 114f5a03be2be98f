local deployable = require "deployable"
local helper = require "helper"
local json = require "lanyard.json"

-- An emulator with the account of tests/support/deployable.lua and this activation delay.
local function emulator(delay)
  local folder <close> = helper.folder()
  helper.write(folder .. "/seed.json", json.encode(deployable.SEED))
  return helper.emulator { "--activation-delay", delay or "0", "--seed", folder .. "/seed.json" }
end

-- Checks the status of a command, and returns its result as JSON.
local function json_of(em, words, status)
  local list = {}
  for word in words:gmatch "%S+" do list[#list + 1] = word end
  table.move({ "--output", "json" }, 1, 2, #list + 1, list)
  local result = em:run(list)
  assert.equal(status or 0, result.status, result.err)
  return json.decode(result.out), result
end

describe("lanyard deploy", function()
  it("enables the role, grants and deploys", function()
    local em <close> = emulator()
    local result = em:run "deploy fresh app=jobs --public-endpoint app:8080"
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("role +enabled +arn:aws:iam::%d+:role/amazon/lightsail/[^\n]+/private%-repo%-access/", result.out)
    assert.match("grant jobs +granted", result.out)
    assert.match("deployment +deployed +version 1, %d s\n", result.out)
    assert.match("state +RUNNING.*jobs:latest", em:run("status fresh").out)
  end)

  it("keeps what is not named, and prints `unchanged` the second time", function()
    local em <close> = emulator()
    local first = json_of(em, "deploy web app=web:1.1")
    assert.equal("deployed", first.result)
    assert.equal(1, first.previousVersion)
    assert.equal(2, first.version)
    assert.equal("granted", first.repositories[1].result)
    assert.same({ KEY = "***" }, first.deployment.containers.app.environment)
    assert.same({ ["80"] = "HTTP" }, first.deployment.containers.app.ports)
    assert.equal("nginx:1", first.deployment.containers.side.image)
    assert.match("^sha256:", first.images.app.digest)
    local second = json_of(em, "deploy web app=web:1.1")
    assert.equal("unchanged", second.result)
    assert.equal("unchanged", second.repositories[1].result)
    assert.equal(2, second.version)
    assert.equal(3, json_of(em, "deploy web --force").version)
  end)

  it("pins a tag to its digest with --resolve, and deploys when the tag moves", function()
    local em <close> = emulator()
    local item = json_of(em, "deploy web app=web:1.1 --resolve")
    assert.match("/web@sha256:%x+$", item.deployment.containers.app.image)
    assert.equal("unchanged", json_of(em, "deploy web app=web:1.1 --resolve").result)
    assert.equal(0, em:run({ "-e", [[
      assert(require("lanyard.aws").client("ecr"):PutImage {
        repositoryName = "web", imageManifest = '{"new":1}', imageTag = "1.1" })]] }).status)
    assert.equal("unchanged", json_of(em, "deploy web app=" .. item.images.app.image:match "[^/]+$").result)
    assert.equal(3, json_of(em, "deploy web app=web:1.1 --resolve").version)
  end)

  it("prints with --dry-run what it would do, and does nothing", function()
    local em <close> = emulator()
    local result = em:run "deploy fresh app=jobs --resolve --dry-run"
    assert.equal(0, result.status)
    assert.match("role +would enable", result.out)
    assert.match("grant jobs +would grant", result.out)
    assert.match("deployment +would deploy", result.out)
    assert.match("app +111122223333[^\n]+/jobs@sha256:%x+ +sha256:%x+\n", result.out)
    assert.match('%+ +"Sid": "AllowLightsailPull%-fresh"', result.out)
    assert.match('%+ +"image": "111122223333[^\n]+/jobs@sha256:', result.out)
    local status = json.decode(em:run("status fresh --output json").out)[1]
    assert.equal(false, status.isActive)
    assert.same({}, { table.unpack(status.images) })
    assert.equal("would deploy", json_of(em, "deploy web app=web:1.1 --dry-run").result)
    assert.equal("unchanged", json_of(em, "deploy web app=web:1.0 --dry-run").result)
  end)

  it("does not print Lightsail's defaults as removed", function()
    local em <close> = emulator()
    local folder <close> = helper.folder()
    local function describe_web(mode)
      helper.write(folder .. "/web.json", json.encode {
        containers = { app = { image = deployable.HOST .. "web:1.0", ports = { ["80"] = "HTTP" },
          environment = { MODE = mode } } },
        publicEndpoint = { containerName = "app", containerPort = 80, healthCheck = { path = "/up" } },
      })
    end
    describe_web "old"
    assert.equal(0, em:run("deploy web --file " .. folder .. "/web.json").status)
    describe_web "new"
    local changed = {}
    for line in em:run("deploy web --dry-run --file " .. folder .. "/web.json").out:gmatch "[^\n]+" do
      changed[#changed + 1] = line:match "^[+-] .*"
    end
    assert.same({ '-        "MODE": "***"', '+        "MODE": "*** (new)"' }, changed)
  end)

  it("exits immediately with --no-wait, and `wait deployment` continues", function()
    local em <close> = emulator "2"
    local item = json_of(em, "deploy web app=web:1.1 --no-wait")
    assert.equal("requested", item.result)
    assert.equal(2, item.version)
    local waited = json_of(em, "wait deployment web --version 2")
    assert.equal("active", waited.result)
    assert.is_true(waited.seconds > 0.5)
  end)

  it("stops waiting after --timeout, and the deployment continues", function()
    local em <close> = emulator "30"
    local item, result = json_of(em, "deploy web app=web:1.1 --timeout 0.2s", 1)
    assert.equal("requested", item.result)
    assert.equal(2, item.version)
    assert.match("deployment 2 took longer than 0.2 s; the service is DEPLOYING", result.err)
    assert.match("lanyard wait deployment web %-%-version 2 continues to wait", result.err)
    assert.not_match("endpoint", result.err)
  end)

  it("prints after an interruption that the deployment continues", function()
    local em <close> = emulator "30"
    local folder <close> = helper.folder()
    -- Interrupt it when the wire log shows that it follows its deployment.
    local result = helper.run({ "sh", "-c", [[
      "$0" deploy web app=web:1.1 --debug 2>"$1/log" &
      until awk '/CreateContainerServiceDeployment/ { made = 1 } made && /GetContainerServices/ { exit follows = 1 }
                 END { exit !follows }' "$1/log"; do sleep 0.05; done
      kill -TERM $!
      wait $!
    ]], helper.lanyard, folder }, em.environment)
    assert.equal(130, result.status)
    assert.match("lanyard: deployment 2 continues: lanyard wait deployment web %-%-version 2 waits for it\n"
      .. ".*lanyard: interrupted\n$", helper.read(folder .. "/log"))
  end)

  it("waits for another change of the service first, then until its own deployment is active", function()
    local em <close> = emulator "1"
    assert.equal(0, em:run("deploy web app=web:1.1 --no-wait").status)
    local dry = em:run "deploy web app=web:1.0 --dry-run"
    assert.match("web is DEPLOYING: deploy would wait for that change first", dry.err)
    local item = json_of(em, "deploy web app=web:1.0")
    assert.equal("deployed", item.result)
    assert.equal(3, item.version)
  end)

  it("prints a failure with its reason and the last lines of the log", function()
    local em <close> = emulator()
    local result = em:run "deploy web app=web:broken"
    assert.equal(1, result.status)
    assert.match("deployment +failed +version 2", result.out)
    assert.match("lanyard: deployment 2 of 'web' failed after", result.err)
    assert.match("GET /up on port 80 must return 200%-499", result.err)
    assert.match("container 'app': the last 11 log lines\n.*connecting with %*%*%*\n.*no\\x1b%[31m database\n.*Canceled",
      result.err)
    assert.not_match("\27", result.err)
    local item = json_of(em, "deploy web app=web:sick", 1)
    assert.equal("failed", item.result)
    assert.match("health check", item.reasons[1])
    assert.equal("app", item.logs[1].container)
    assert.match("^%d+%-%d+%-%d+T", item.logs[1].lines[1].time)
    assert.equal("[deployment:3] Took too long", item.logs[1].lines[#item.logs[1].lines].message)
    assert.match("web:1%.0", em:run("status web").out) -- the one before runs on
  end)

  it("reads a whole deployment from a file, and replaces the named images", function()
    local em <close> = emulator()
    local folder <close> = helper.folder()
    helper.write(folder .. "/web.json", [[{ "containers": { "one": { "image": "nginx:2" },
      "two": { "image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1.0", "ports": { "80": "HTTP" } } },
      "publicEndpoint": { "containerName": "two", "containerPort": 80 } }]])
    local item = json_of(em, "deploy fresh two=web:1.1 --file " .. folder .. "/web.json")
    assert.equal("deployed", item.result)
    assert.equal("nginx:2", item.deployment.containers.one.image)
    assert.match("/web:1%.1$", item.deployment.containers.two.image)
    assert.equal("unchanged", json_of(em, "deploy fresh two=web:1.1 --file " .. folder .. "/web.json").result)
    helper.write(folder .. "/web.json", '{ "containers": { "one": { "imgae": "nginx" } } }')
    local result = em:run("deploy fresh --file " .. folder .. "/web.json")
    assert.equal(2, result.status)
    assert.match("web%.json: containers%.one%.imgae is not a known member: image", result.err)
  end)

  it("rejects what cannot work before anything changes", function()
    local em <close> = emulator()
    for words, case in pairs {
      ["deploy web"] = { 2, "pass CONTAINER=IMAGE or %-%-file" },
      ["deploy web app"] = { 2, "'app' is not of the form CONTAINER=IMAGE" },
      ["deploy web app=web:1 app=web:2"] = { 2, "container 'app' is named twice" },
      ["deploy web app=Web"] = { 2, "is not a repository name" },
      ["deploy web App=web:1.0"] = { 2, "is not a container name" },
      ["deploy web app=web:1.0 --public-endpoint app"] = { 2, "is not of the form CONTAINER:PORT" },
      ["deploy web app=web:1.0 --public-endpoint app:65536"] = { 2, "is not of the form CONTAINER:PORT" },
      ["deploy web app=web:1.0 --timeout soon"] = { 2, "'soon'" },
      ["deploy web app=web:9"] = { 1, "repository 'web' has no image tagged '9' in us%-east%-1" },
      ["deploy web app=nginx:1"] = { 1, "write a public image as docker%.io/library/nginx" },
      ["deploy web app=111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.0"] = { 1, "pulls only from its own Region" },
      ["deploy nobody app=web:1.0"] = { 1, "container service 'nobody' does not exist in us%-east%-1" },
      ["deploy web --public-endpoint other:80"] = { 1, "container 'other', which the deployment does not have: app, side" },
      ["deploy web --file /nonexistent/web.json"] = { 2, "/nonexistent/web%.json" },
    } do
      local result = em:run(words)
      assert.equal(case[1], result.status, words)
      assert.match(case[2], result.err)
      assert.equal("", result.out, words)
      assert.not_match("traceback", result.err)
    end
    assert.equal(1, json.decode(em:run("wait deployment web --output json").out).version)
  end)

  it("does not enable the role if the journal cannot be written", function()
    local em <close> = emulator()
    local result = em:run("deploy fresh app=jobs", { HOME = "", XDG_STATE_HOME = "" })
    assert.equal(1, result.status)
    assert.match("lanyard: no directory for the journal", result.err)
    assert.match("puller role +off", em:run("status fresh").out)
  end)

  it("prints what was done if a grant is refused", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.json", json.encode(deployable.SEED))
    helper.write(folder .. "/faults.json", json.encode { { operation = "SetRepositoryPolicy",
      error = { code = "AccessDeniedException", message = "no" } } })
    local em <close> = helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.json",
      "--faults", folder .. "/faults.json" }
    local item, result = json_of(em, "deploy fresh app=jobs", 1)
    assert.equal("not deployed", item.result)
    assert.equal("enabled", item.role.result)
    assert.equal("AccessDeniedException", item.repositories[1].error.code)
    assert.match("the caller lacks this statement in an IAM policy: .*ecr:SetRepositoryPolicy", result.err)
  end)

  it("reports that the role was not ready in time, and that nothing was deployed", function()
    local em <close> = emulator "30"
    local result = em:run "deploy fresh app=jobs --timeout 0.2s"
    assert.equal(1, result.status)
    assert.match("role +failed +fresh: enabling the role took longer than 0%.2 s[^\n]*\ndeployment +not deployed *\n$", result.out)
    assert.match("enabling the role took longer than 0.2 s", result.err)
    local another <close> = emulator "30"
    local item = json_of(another, "deploy fresh app=jobs --timeout 0.2s", 1)
    assert.equal("not deployed", item.result)
    assert.equal("failed", item.role.result)
    assert.equal("WaiterTimeout", item.role.error.code)
    assert.equal("WaiterTimeout", item.error.code)
  end)

  it("calls nothing that `lanyard permissions` does not list", function()
    local em <close> = deployable.emulator()
    local permissions = em:run("permissions --references").out
    local prefixes = { Lightsail_20161128 = "lightsail:", AmazonEC2ContainerRegistry_V20150921 = "ecr:",
      AWSOrganizationsV20161128 = "organizations:", AmazonSSM = "ssm:", secretsmanager = "secretsmanager:" }
    local called = {}
    for _, words in ipairs { "deploy fresh app=jobs --debug", "deploy web app=web:broken --debug", "wait role web --debug",
      "deploy web --env app:A=ssm:/web/key --env app:B=secretsmanager:db#password --debug",
      "deploy shop app=web:1.1 --create --power nano --debug", "deployments web --debug", "rollback web --debug" } do
      for target, operation in em:run(words).err:gmatch "X%-Amz%-Target: ([%w_]+)%.(%w+)" do
        called[prefixes[target] .. operation] = true
      end
    end
    assert.is_true(called["lightsail:CreateContainerServiceDeployment"] and called["lightsail:GetContainerLog"]
      and called["ssm:GetParameters"] and called["secretsmanager:GetSecretValue"])
    for action in pairs(called) do
      assert.is_truthy(permissions:find('"' .. action .. '"', 1, true), action)
    end
  end)

  it("does nothing that a rule denies, and exits with 4", function()
    local em <close> = emulator()
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", [[rule "tags are pinned" {
      on = "deploy",
      check = function(change)
        for name, container in pairs(change.deployment.containers) do
          if not container.image:match "@sha256:" then
            return deny("container " .. name .. " is not pinned")
          end
        end
      end,
    }]])
    local rules = " --rules " .. folder .. "/rules.lua"
    for _, more in ipairs { "", " --dry-run" } do
      local result = em:run("deploy fresh app=jobs" .. rules .. more)
      assert.equal(4, result.status)
      assert.match("container app is not pinned", result.err)
      assert.equal("", result.out)
    end
    assert.equal(false, json.decode(em:run("status fresh --output json").out)[1].isActive)
    assert.equal(0, em:run("deploy fresh app=jobs --resolve" .. rules).status)
  end)

  it("prints no value of an environment variable without --show-environment", function()
    local em <close> = emulator()
    local folder <close> = helper.folder()
    helper.write(folder .. "/web.json", json.encode { containers = { app = {
      image = deployable.HOST .. "web:broken", environment = { KEY = deployable.SECRET } } } })
    local shown = {}
    for _, words in ipairs {
      "deploy web app=web:1.1 --dry-run", "deploy web app=web:1.1", "deploy web app=web:broken", "wait deployment web",
      "deploy fresh --dry-run --file " .. folder .. "/web.json", "deploy fresh --file " .. folder .. "/web.json",
      "status", "audit",
    } do
      for _, more in ipairs { "", " --output json", " --debug" } do
        local result = em:run(words .. more)
        shown[#shown + 1] = result.out .. result.err
        assert.not_match("traceback", result.err)
      end
    end
    local all = table.concat(shown)
    assert.is_nil(all:find("planted", 1, true))
    assert.is_truthy(all:find("CreateContainerServiceDeployment", 1, true)) -- --debug was on
    assert.is_truthy(all:find("connecting with ***", 1, true))
    local revealed = em:run "deploy web --force --show-environment --output json"
    assert.is_truthy(revealed.out:find(deployable.SECRET, 1, true))
  end)
end)
