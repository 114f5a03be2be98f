local deployable = require "deployable"
local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"

local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/id"

-- An emulator with a service whose role is on, repositories, and a fault of ECR.
local function emulator_of(folder, repositories, fault)
  helper.write(folder .. "/seed.lua", ("return { regions = { ['us-east-1'] = { repositories = %s, "
    .. "services = { { name = 'web', role = true, role_arn = '%s' } } } } }"):format(repositories, ROLE))
  helper.write(folder .. "/faults.json", json.encode(json.array { fault }))
  return helper.emulator { "--seed", folder .. "/seed.lua", "--faults", folder .. "/faults.json" }
end

-- A repository for a seed, with a policy of these statements; @ is replaced by the role.
local function repository(name, statements)
  return ("{ name = '%s', policy = [[{\"Version\":\"2012-10-17\",\"Statement\":[%s]}]] }")
    :format(name, (statements:gsub("@", ROLE)))
end

local GRANT = '{"Effect":"Allow","Principal":{"AWS":"@"},"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}'
local GRANTING = ("{ %s, %s, %s }"):format(repository("app-1", GRANT), repository("app-2", GRANT),
  repository("app-3", GRANT))
local DENIED = { code = "AccessDeniedException", message = "no" }

describe("lanyard status", function()
  it("prints the role, its ARN, images and grants", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", SERVICE, "my-private-repo", "--enable" }
    emulator:run { "-e", ([[
      local lightsail = require("lanyard.aws").client("lightsail")
      assert(lightsail:CreateContainerServiceDeployment { serviceName = "%s", containers = {
        app = { image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/my-private-repo:1.0", environment = { KEY = "hidden" } } } })
    ]]):format(SERVICE) }
    local result = emulator:run { "status" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("state +RUNNING", result.out)
    assert.match("puller role +on", result.out)
    assert.match("role ARN +arn:aws:iam::%d+:role/amazon/lightsail/", result.out)
    assert.match("images +111122223333%.dkr%.ecr[^\n]+:1%.0", result.out)
    assert.match("granted by +my%-private%-repo\n", result.out)
    assert.not_match("hidden", result.out .. emulator:run({ "status", "--output", "json" }).out)
  end)

  it("reports once that the journal cannot be read, whatever the number of repositories, and fails", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_of(folder, GRANTING)
    assert.equal(0, emulator:run({ "revoke", "web", "app-3" }).status)
    local journal = emulator.folder .. "/state/lanyard/journal"
    for command, message in pairs {
      ["chmod 777 " .. journal] = "overwritten grants are unknown: cannot read the journal: [^\n]+/journal[^\n]+",
      ["rm -r %s && touch %s"] = "overwritten grants are unknown: cannot read the journal: cannot list [^\n]+",
    } do
      assert(os.execute((command:gsub("%%s", journal))))
      local result = emulator:run { "status" }
      assert.equal(1, result.status)
      assert.matches("^lanyard: " .. message .. "\n  [^\n]+\n$", result.err)
      assert.matches("granted by +app%-1, app%-2\n", result.out)
      local report = json.decode(emulator:run({ "audit", "--output", "json" }).out)
      assert.matches("cannot read the journal", report.scopes[1].journal_error)
      assert(os.execute("rm -rf " .. journal))
      assert.equal(0, emulator:run({ "revoke", "web", "app-2" }).status)
      assert.equal(0, emulator:run({ "grant", "web", "app-2" }).status)
    end
  end)

  it("reports once that one repository's journal cannot be read", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_of(folder, GRANTING)
    assert.equal(0, emulator:run({ "revoke", "web", "app-3" }).status)
    local pipe <close> = assert(io.popen(("find %s/state -name app-3"):format(emulator.folder)))
    local journal = pipe:read "l"
    assert(os.execute(("rm -r '%s' && touch '%s'"):format(journal, journal)))
    local result = emulator:run { "status" }
    assert.equal(1, result.status)
    assert.matches("^lanyard: overwritten grants are unknown: [^\n]+/app%-3[^\n]+\n  [^\n]+\n$", result.err)
  end)

  it("needs no directory for the journal", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run({ "status" }, { HOME = "", XDG_STATE_HOME = "" })
    assert.equal(0, result.status)
    assert.equal("", result.err)
  end)

  it("marks grants that do not allow the pull, or only under a condition", function()
    local folder <close> = helper.folder()
    local repositories = {
      repository("good", GRANT),
      repository("partial", '{"Effect":"Allow","Principal":{"AWS":"@"},"Action":"ecr:BatchGetImage"}'),
      repository("refused", GRANT .. ',{"Effect":"Deny","Principal":"*","Action":"ecr:GetDownloadUrlForLayer"}'),
      repository("why", (GRANT:gsub("}$", ',"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}'))),
    }
    local emulator <close> = emulator_of(folder, "{" .. table.concat(repositories, ",") .. "}")
    local result = emulator:run { "status", "web" }
    assert.equal(0, result.status)
    assert.match("granted by +good, partial %(one of two actions%), refused %(denied%), why %(conditional%)\n", result.out)
    local item = json.decode(emulator:run({ "status", "web", "--output", "json" }).out)[1]
    assert.same({ "good", "partial", "refused", "why" }, item.repositories)
    assert.same({ good = "allow", partial = "partial", refused = "partial", why = "depends" }, item.decisions)
  end)

  it("prints that grants are unknown if repositories cannot be listed, and exits with 1", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_of(folder, GRANTING, { operation = "DescribeRepositories", error = DENIED })
    local result = emulator:run { "status", "web" }
    assert.equal(1, result.status)
    assert.match("granted by +%(unknown%)\n", result.out)
    assert.match("cannot read the grants: [^\n]*AccessDeniedException", result.err)
    result = emulator:run { "status", "web", "--output", "json" }
    assert.equal(1, result.status)
    local item = json.decode(result.out)[1]
    assert.equal(0, #item.repositories)
    assert.match("AccessDeniedException: no", item.repositories_unknown)
  end)

  it("prints how many policies could not be read next to the known grants, and exits with 1", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_of(folder, GRANTING, { operation = "GetRepositoryPolicy", every = 3, error = DENIED })
    local result = emulator:run { "status", "web" }
    assert.equal(1, result.status)
    assert.match("granted by +app%-%d, app%-%d, and 1 could not be read\n", result.out)
    assert.match("app%-%d: cannot read its grants", result.err)
    local item = json.decode(emulator:run({ "status", "web", "--output", "json" }).out)[1]
    assert.equal(2, #item.repositories)
    assert.match("^the policy of 1 repository of us%-east%-1 could not be read: [^\n]*AccessDenied", item.repositories_unknown)
  end)

  it("prints that grants are unknown if no policy can be read", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_of(folder, GRANTING, { operation = "GetRepositoryPolicy", error = DENIED })
    local result = emulator:run { "status" }
    assert.equal(1, result.status)
    assert.match("granted by +%(unknown%)\n", result.out)
    assert.match("^the policies of 3 repositories of us%-east%-1 could not be read: ",
      json.decode(emulator:run({ "status", "--output", "json" }).out)[1].repositories_unknown)
  end)

  it("escapes control characters", function()
    local emulator <close> = helper.emulator()
    emulator:run { "-e", ([[
      assert(require("lanyard.aws").client("lightsail"):CreateContainerServiceDeployment {
        serviceName = "%s", containers = { app = { image = "nginx:\27[31mred" } } })
    ]]):format(SERVICE) }
    assert.match("images +nginx:\\x1b%[31mred\n", emulator:run({ "status" }).out)
  end)

  it("reports a service that does not exist", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "status", "nobody" }
    assert.equal(1, result.status)
    assert.match("container service 'nobody' does not exist in us%-east%-1", result.err)
  end)

  it("shows the other services, and fails", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "status", SERVICE, "nobody", "no-one" }
    assert.equal(1, result.status)
    assert.match("^" .. SERVICE:gsub("%-", "%%-") .. "\n  state +READY\n", result.out)
    assert.match("^lanyard: container service 'nobody' does not exist [^\n]+\n[^\n]+\nlanyard: container service 'no%-one' ",
      result.err)
    local items = json.decode(emulator:run({ "status", "nobody", SERVICE, "--output", "json" }).out)
    assert.equal(1, #items)
    assert.equal(SERVICE, items[1].service)
  end)

  it("prints a note if the Region has no services", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "status", "--region", "eu-west-1" }
    assert.equal(0, result.status)
    assert.match("no container services in eu%-west%-1", result.err)
    assert.equal(0, #json.decode(emulator:run({ "status", "--region", "eu-west-1", "--output", "json" }).out))
  end)
end)

describe("what lanyard status shows of a deployment, domains and failures", function()
  local seed = { regions = { ["us-east-1"] = {
    certificates = { { name = "site", domain = "example.com", alternatives = { "www.example.com" } } },
    services = {
      { name = "fresh" },
      { name = "web", role = true, power = "micro", scale = 2, domains = { site = { "www.example.com", "example.com" } },
        containers = { app = { image = deployable.HOST .. "web:1.0", environment = { KEY = deployable.SECRET } } } },
    },
    repositories = deployable.SEED.regions["us-east-1"].repositories,
  } } }

  local function seeded(folder, faults)
    helper.write(folder .. "/seed.json", json.encode(seed))
    helper.write(folder .. "/faults.json", json.encode(json.array(faults or {})))
    return helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.json", "--faults", folder .. "/faults.json" }
  end

  it("is capacity, URL, version and age, and each certificate with its state", function()
    local folder <close> = helper.folder()
    local em <close> = seeded(folder)
    local result = em:run { "status", "web" }
    assert.equal("", result.err)
    assert.matches("\n  state +RUNNING\n  capacity +micro x 2\n  url +https?://web%.%w+%.us%-east%-1%.cs%.amazonlightsail%.%S+\n"
      .. "  deployment +version 1, created %d+ s ago\n  puller role", result.out)
    assert.matches("\n  domains +example.com, www.example.com %(certificate site: ISSUED, expires 20[^)]+%)\n", result.out)
    local item = json.decode(em:run({ "status", "web", "--output", "json" }).out)[1]
    assert.same({ "micro", 2, false, 1, "ACTIVE" },
      { item.power, item.scale, item.isDisabled, item.deployment.version, item.deployment.state })
    assert.matches("^20%d%d%-.*Z$", item.deployment.created)
    assert.same({ domain = "example.com", certificate = "site", certificateState = "ISSUED",
      certificateExpires = item.domains[1].certificateExpires }, item.domains[1])
    assert.is_nil(item.lastFailure)
    assert.matches("deployment +none\n", em:run({ "status", "fresh" }).out)
  end)

  it("is the last failure with its reason, without a value of its environment", function()
    local folder <close> = helper.folder()
    local em <close> = seeded(folder)
    assert.equal(1, em:run({ "deploy", "web", "app=web:broken" }).status)
    local result = em:run { "status", "web" }
    assert.equal(0, result.status)
    assert.matches("\n  last failure +version 2, created %d+ s ago\n +the containers started and logged", result.out)
    local item = json.decode(em:run({ "status", "web", "--output", "json" }).out)[1]
    assert.equal(2, item.lastFailure.version)
    assert.matches("a program exited", item.lastFailure.reasons[1])
    assert.not_matches(deployable.SECRET, result.out .. json.encode(item), 1, true)
    assert.equal(0, em:run({ "deploy", "web", "app=web:1.1" }).status)
    assert.matches("\n  last failure +version 2, created %d+ s ago, before version 3 became active\n", em:run({ "status", "web" }).out)
    item = json.decode(em:run({ "status", "web", "--output", "json" }).out)[1]
    assert.same({ 3, {} }, { item.lastFailure.supersededBy, item.lastFailure.reasons })
  end)

  it("is unknown without the permission, which is not a failure", function()
    local folder <close> = helper.folder()
    local function denied(operation)
      return { operation = operation, every = 1, error = { code = "AccessDeniedException", message = "not allowed" } }
    end
    local em <close> = seeded(folder, { denied "GetCertificates", denied "GetContainerServiceDeployments" })
    local result = em:run { "status" }
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("certificate site: state unknown%)\n +%(unknown: [^\n]*not allowed", result.out)
    assert.matches("last failure +%(unknown: [^\n]*not allowed", result.out)
    local item = json.decode(em:run({ "status", "web", "--output", "json" }).out)[1]
    assert.matches("not allowed", item.certificatesUnknown)
    assert.matches("not allowed", item.lastFailureUnknown)
    assert.is_nil(item.domains[1].certificateState)
  end)

  it("is a failure if Lightsail fails, and the rest is shown", function()
    local folder <close> = helper.folder()
    local em <close> = seeded(folder, { { operation = "GetCertificates", every = 1, error = { code = "InvalidInputException", message = "odd" } } })
    local result = em:run { "status", "web" }
    assert.equal(1, result.status)
    assert.matches("^lanyard: cannot read all of the services: [^\n]*odd", result.err)
    assert.matches("capacity +micro x 2", result.out)
  end)

  it("needs no call for certificates without domains, and none for logs without a failure", function()
    local folder <close> = helper.folder()
    local em <close> = seeded(folder)
    local function calls(...)
      local counts = {}
      for operation in em:run({ "status", "--debug", ... }).err:gmatch "X%-Amz%-Target: %S+%.(%w+)" do
        counts[operation] = (counts[operation] or 0) + 1
      end
      return counts
    end
    local counts = calls "fresh"
    assert.same({ nil, 1, nil, nil }, { counts.GetCertificates, counts.GetContainerServiceDeployments, counts.GetContainerLog,
      counts.GetContainerServicePowers })
    counts = calls()
    assert.same({ 1, 2, nil }, { counts.GetCertificates, counts.GetContainerServiceDeployments, counts.GetContainerLog })
  end)
end)
