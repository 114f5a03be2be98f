local helper = require "helper"
local json = require "lanyard.json"

local GRANTS = [[return { grants = {
  { service = "my-container-service", repositories = { "my-private-repo", "shared-repo" } },
} }]]

local function file_of(folder, name, text)
  helper.write(folder .. "/" .. name, text)
  return folder .. "/" .. name
end

-- Returns the Sids of a repository's policy, in order.
local function sids_of(emulator, repository)
  local result = emulator:run { "-e", ([[
    local ecr = require("lanyard.aws").client("ecr")
    local reply = ecr:GetRepositoryPolicy { repositoryName = "%s" }
    io.write(reply and reply.policyText or '{"Statement":[]}')
  ]]):format(repository) }
  local sids = {}
  for i, statement in ipairs(json.decode(result.out).Statement) do
    sids[i] = statement.Sid
  end
  return sids
end

describe("lanyard apply", function()
  it("applies the file, reports the changes, and changes nothing the second time", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local path = file_of(folder, "grants.lua", GRANTS)
    local result = emulator:run { "apply", path, "--yes", "--no-settle" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.matches("my%-container%-service%s+enabled", result.out)
    assert.matches("shared%-repo%s+changed%s+%+ my%-container%-service can pull", result.out)
    assert.same({ "CI may push", "Audit-Team Read", "AllowLightsailPull-my-container-service" },
      sids_of(emulator, "shared-repo"))
    result = emulator:run { "apply", path, "--output", "json" }
    assert.equal(0, result.status)
    local again = json.decode(result.out)
    assert.equal(2, #again.repositories)
    assert.equal("unchanged", again.repositories[1].result)
    assert.equal("unchanged", again.repositories[2].result)
  end)

  it("succeeds if there is nothing to change, and says so", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local empty = file_of(folder, "empty.lua", "return { grants = {} }")
    helper.write(folder .. "/plan.json", emulator:run({ "plan", empty, "--output", "json" }).out)
    for _, words in ipairs { { empty }, { empty, "--yes" }, { folder .. "/plan.json" } } do
      local result = emulator:run { "apply", table.unpack(words) }
      assert.equal(0, result.status, result.err)
      assert.equal("lanyard: nothing is to be changed in us-east-1\n", result.err)
    end
    assert.same({}, json.decode(emulator:run({ "apply", empty, "--output", "json" }).out).repositories)
  end)

  it("shows the plan and requires --yes without a terminal", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "apply", file_of(folder, "grants.lua", GRANTS) }
    assert.equal(2, result.status)
    assert.matches("can pull", result.err)
    assert.matches("%-%-yes", result.err)
    assert.same({}, sids_of(emulator, "my-private-repo"))
  end)

  it("shows the plan with --dry-run and writes nothing", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "apply", file_of(folder, "grants.lua", GRANTS), "--dry-run" }
    assert.equal(0, result.status)
    assert.matches("2 repositories to change", result.out)
    assert.same({}, sids_of(emulator, "my-private-repo"))
  end)

  it("lists what does not exist, applies the rest, and exits with 1", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local path = file_of(folder, "grants.lua", [[return { grants = {
      { service = "gone", repositories = { "shared-repo" } },
      { service = "my-container-service", repositories = { "nowhere", "my-private-repo" } },
    } }]])
    local result = emulator:run { "apply", path, "--yes", "--no-settle", "--output", "json" }
    assert.equal(1, result.status)
    assert.matches("container service 'gone' does not exist", result.err)
    assert.matches("repository 'nowhere' does not exist", result.err)
    local report = json.decode(result.out)
    assert.equal(2, #report.failures)
    assert.equal(1, #report.repositories)
    assert.equal("my-private-repo", report.repositories[1].repository)
    assert.equal("changed", report.repositories[1].result)
    assert.same({ "AllowLightsailPull-my-container-service" }, sids_of(emulator, "my-private-repo"))
  end)

  it("neither changes nor prunes a grant for which the file has two dates, and exits with 1", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", "my-container-service", "my-private-repo", "--enable" }
    local path = file_of(folder, "grants.lua", [[return { grants = {
      { service = "my-container-service", repositories = { "my-private-repo" }, expires = "2020-01-31" },
      { service = "my-container-service", repositories = { "my-*" } },
    } }]])
    local result = emulator:run { "apply", path, "--yes", "--prune", "--no-settle" }
    assert.equal(1, result.status)
    assert.matches("my%-private%-repo: [^\n]*grants%[1%] and grants%[2%] both grant", result.err)
    assert.same({ "AllowLightsailPull-my-container-service" }, sids_of(emulator, "my-private-repo"))
    assert.is_nil(emulator:run({ "undo", "--list", "my-private-repo" }).out:find "apply")
  end)

  it("prunes only with --prune", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", "my-container-service", "shared-repo", "my-private-repo", "--enable" }
    local path = file_of(folder, "grants.lua",
      'return { grants = { { service = "my-container-service", repositories = { "my-private-repo" } } } }')
    assert.equal(0, emulator:run({ "apply", path, "--yes" }).status)
    assert.equal(3, #sids_of(emulator, "shared-repo"))
    local result = emulator:run { "apply", path, "--yes", "--prune", "--no-settle" }
    assert.equal(0, result.status)
    assert.matches("shared%-repo%s+changed%s+%- my%-container%-service", result.out)
    assert.same({ "CI may push", "Audit-Team Read" }, sids_of(emulator, "shared-repo"))
  end)

  it("merges two runs in parallel on machines that share nothing", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.json", [[{"regions":{"us-east-1":{
      "services":[{"name":"web"},{"name":"jobs"}],
      "repositories":[{"name":"one"},{"name":"two"},{"name":"three"}]}}}]])
    local emulator <close> = helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.json" }
    local one = file_of(folder, "web.lua", 'return { grants = { { service = "web", repositories = { "*" } } } }')
    local other = file_of(folder, "jobs.lua", 'return { grants = { { service = "jobs", repositories = { "t*" } } } }')
    local line = ("XDG_STATE_HOME=%s/a %s apply %s --yes & first=$!; XDG_STATE_HOME=%s/b %s apply %s --yes || exit 1; "
      .. "wait $first"):format(folder, helper.lanyard, one, folder, helper.lanyard, other)
    local result = helper.run({ "sh", "-c", line }, emulator.environment)
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.same({ "AllowLightsailPull-web" }, sids_of(emulator, "one"))
    for _, name in ipairs { "two", "three" } do
      local sids = sids_of(emulator, name)
      table.sort(sids)
      assert.same({ "AllowLightsailPull-jobs", "AllowLightsailPull-web" }, sids)
    end
  end)

  it("rejects a file that is neither a plan nor a desired state, and makes no call", function()
    local folder <close> = helper.folder()
    for text, pattern in pairs {
      ['{"kind":"plan","version":1}'] = "plan%.json: %w+ is missing or invalid",
      ['{"kind":"plan","version":9}'] = "plan of format version 9",
      ['{"version":1,"findings":[]}'] = "plan%.json:1: unknown member 'findings'",
      ['{"kind":"plan",'] = "plan%.json:1:16: ",
    } do
      local path = file_of(folder, "plan.json", text)
      local result = helper.run({ helper.lanyard, "apply", path }, { AWS_ENDPOINT_URL = "http://127.0.0.1:1" })
      assert.equal(2, result.status)
      assert.matches(pattern, result.err)
      assert.equal("", result.out)
    end
  end)
end)

describe("lanyard apply with rules", function()
  local RULES = [[
    rule "no grant for the service on shared-repo" {
      on = "grant",
      check = function(change)
        if change.repository == "shared-repo" and change.service.name == "my-container-service" then
          return deny "it is shared"
        end
      end,
    }
    rule "nothing is taken away" { on = "revoke", check = function(change) return deny(change.grant.service .. " stays") end }
  ]]

  it("omits what a rule denies, applies the rest, and exits with 4", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local path, rules = file_of(folder, "grants.lua", GRANTS), file_of(folder, "rules.lua", RULES)
    local result = emulator:run { "plan", path, "--rules", rules }
    assert.equal(4, result.status)
    assert.matches("it is shared", result.err)
    result = emulator:run { "apply", path, "--yes", "--no-settle", "--rules", rules }
    assert.equal(4, result.status)
    assert.matches("it is shared", result.err)
    assert.same({ "AllowLightsailPull-my-container-service" }, sids_of(emulator, "my-private-repo"))
    assert.same({ "CI may push", "Audit-Team Read" }, sids_of(emulator, "shared-repo"))
  end)

  it("runs the rules for each grant that is pruned", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", "my-container-service", "my-private-repo", "--enable" }
    local path, rules = file_of(folder, "grants.lua", "return { grants = {} }"), file_of(folder, "rules.lua", RULES)
    local result = emulator:run { "apply", path, "--yes", "--prune", "--no-settle", "--rules", rules }
    assert.equal(4, result.status)
    assert.matches("my%-container%-service stays", result.err)
    assert.same({ "AllowLightsailPull-my-container-service" }, sids_of(emulator, "my-private-repo"))
  end)

  it("reports that the other changes of the repository were not made", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", "my-container-service", "my-private-repo", "--enable" }
    emulator:run { "-e", [[
      local lightsail = require("lanyard.aws").client("lightsail")
      assert(lightsail:CreateContainerService { serviceName = "other", power = "nano", scale = 1 })
      assert(lightsail:wait("ServiceActive", { serviceName = "other" }))]] }
    local rules = file_of(folder, "rules.lua", RULES)
    local path = file_of(folder, "grants.lua", [[return { grants = {
      { service = "other", repositories = { "my-private-repo" } },
    } }]])
    local result = emulator:run { "apply", path, "--yes", "--prune", "--no-settle", "--rules", rules }
    assert.equal(4, result.status)
    assert.matches("my%-container%-service stays\n  this change was not made\n"
      .. "  all 2 changes of 'my%-private%-repo' are one write, so none of them was made\n", result.err)
    assert.same({ "AllowLightsailPull-my-container-service" }, sids_of(emulator, "my-private-repo"))
  end)

  it("does not enable a role when rules deny all its grants", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local rules = file_of(folder, "rules.lua", 'rule "none" { on = "grant", check = function() return deny "never" end }')
    local path = file_of(folder, "grants.lua", GRANTS)
    local result = emulator:run { "plan", path, "--rules", rules }
    assert.equal(4, result.status)
    assert.matches("0 roles to turn on, 0 repositories to change, 0 unchanged, 2 failed\n$", result.out)
    assert.equal(4, emulator:run({ "apply", path, "--yes", "--rules", rules }).status)
    assert.matches("puller role%s+off", emulator:run({ "status" }).out)
  end)

  it("does not enable a role when a rule denies it", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local rules = file_of(folder, "rules.lua", 'rule "off" { on = "enable", check = function() return deny "never" end }')
    local result = emulator:run { "apply", file_of(folder, "grants.lua", GRANTS), "--yes", "--rules", rules }
    assert.equal(4, result.status)
    assert.matches("never", result.err)
    assert.matches("puller role%s+off", emulator:run({ "status" }).out)
    assert.same({}, sids_of(emulator, "my-private-repo"))
  end)
end)

describe("lanyard apply PLAN", function()
  it("applies a saved plan without asking", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local plan = emulator:run { "plan", file_of(folder, "grants.lua", GRANTS), "--output", "json" }
    local path = file_of(folder, "plan.json", plan.out)
    local result = emulator:run { "apply", path, "--no-settle" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.same({ "AllowLightsailPull-my-container-service" }, sids_of(emulator, "my-private-repo"))
    assert.equal(0, emulator:run({ "apply", path }).status)
  end)

  it("lists the repositories that the plan leaves unchanged, too, and says if nothing is to be changed", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", "my-container-service", "shared-repo", "--enable" }
    local grants = file_of(folder, "all.json",
      '{"grants":[{"service":"my-container-service","repositories":["my-private-repo","shared-repo"]}]}')
    local function plan() return file_of(folder, "plan.json", emulator:run({ "plan", grants, "--output", "json" }).out) end
    local result = emulator:run { "apply", plan(), "--no-settle" }
    assert.match("my%-private%-repo +changed.*\nshared%-repo +unchanged *\n", result.out)
    result = emulator:run { "apply", plan() }
    assert.equal(0, result.status)
    assert.equal("lanyard: nothing is to be changed in us-east-1\n", result.err)
    assert.match("my%-private%-repo +unchanged *\nshared%-repo +unchanged *\n", result.out)
    helper.write(folder .. "/bad.json", (helper.read(folder .. "/plan.json"):gsub('"unchanged": *%[', '"unchanged":["a b",')))
    assert.match("unchanged%[1%] is missing or invalid", emulator:run({ "apply", folder .. "/bad.json" }).err)
  end)

  it("does not change a repository whose policy changed after the plan, applies the rest, and exits with 1", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local plan = emulator:run { "plan", file_of(folder, "grants.lua", GRANTS), "--output", "json" }
    emulator:run { "-e", [[
      local ecr = require("lanyard.aws").client("ecr")
      assert(ecr:DeleteRepositoryPolicy { repositoryName = "shared-repo" })
    ]] }
    local result = emulator:run { "apply", file_of(folder, "plan.json", plan.out), "--no-settle" }
    assert.equal(1, result.status)
    assert.matches("shared%-repo: [^\n]*changed after the plan was made", result.err)
    assert.same({ "AllowLightsailPull-my-container-service" }, sids_of(emulator, "my-private-repo"))
    assert.same({}, sids_of(emulator, "shared-repo"))
  end)

  it("rejects another Region, and options that belong to the plan", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local plan = emulator:run { "plan", file_of(folder, "grants.lua", GRANTS), "--output", "json" }
    local path = file_of(folder, "plan.json", plan.out)
    local result = emulator:run { "apply", path, "--region", "eu-west-1" }
    assert.equal(1, result.status)
    assert.matches("the plan is for account 111122223333 in us%-east%-1", result.err)
    result = emulator:run { "apply", path, "--prune" }
    assert.equal(2, result.status)
    assert.matches("make a new plan", result.err)
  end)
end)
