-- User rules on the command line.

local helper = require "helper"
local json = require "lanyard.json"

local NEVER = [[
rule "not on Fridays" {
  on = { "grant", "revoke", "enable", "disable", "undo" },
  check = function(change)
    if change.repository ~= "shared-repo" then
      return deny "wait until Monday"
    end
  end,
}
]]

-- Returns an emulator, and the path of a rules file in its folder.
local function ruled(text)
  local emulator = helper.emulator()
  helper.write(emulator.folder .. "/rules.lua", text or NEVER)
  return emulator, emulator.folder .. "/rules.lua"
end

describe("--rules", function()
  it("denies a change with exit status 4 and writes nothing", function()
    local emulator <close>, file = ruled()
    local result = emulator:run { "enable", "my-container-service", "--rules", file }
    assert.equal(4, result.status)
    assert.equal("", result.out)
    assert.matches('^lanyard: .*rules%.lua:1: rule "not on Fridays" denies enabling the puller role of '
      .. "service 'my%-container%-service': wait until Monday\n  this change was not made\n$", result.err)
    assert.matches("off", emulator:run("status").out)
  end)

  it("makes the permitted changes and lists the denied ones", function()
    local emulator <close>, file = ruled()
    assert.equal(0, emulator:run("enable my-container-service").status)
    local result = emulator:run { "grant", "my-container-service", "my-private-repo", "shared-repo", "--rules", file }
    assert.equal(4, result.status)
    assert.matches('my%-private%-repo  refused  denied by rule "not on Fridays"\n', result.out)
    assert.matches("shared%-repo      granted", result.out)
    assert.equal(0, emulator:run("revoke my-container-service shared-repo").status)
  end)

  it("does not enable a role for which no grant is permitted", function()
    local emulator <close>, file = ruled 'rule "none" { on = "grant", check = function() deny "no grants" end }'
    local result = emulator:run { "grant", "my-container-service", "*-repo", "--enable", "--rules", file }
    assert.equal(4, result.status)
    assert.matches("my%-private%-repo +refused.*shared%-repo +refused", result.out)
    assert.matches("puller role%s+off\n", emulator:run("status").out)
  end)

  it("does not claim that nothing was changed after it enabled the role", function()
    local emulator <close>, file = ruled [[rule "mine" { on = "grant", check = function(change)
      if change.repository ~= "shared-repo" then return deny "not this" end end }]]
    local result = emulator:run { "grant", "my-container-service", "*-repo", "--enable", "--rules", file }
    assert.equal(4, result.status)
    assert.matches("my%-private%-repo +refused.*shared%-repo +granted", result.out)
    assert.matches("\n  this change was not made\n", result.err)
    assert.matches("puller role%s+on\n", emulator:run("status").out)
  end)

  it("is reported in JSON", function()
    local emulator <close>, file = ruled()
    assert.equal(0, emulator:run("enable my-container-service").status)
    local result = emulator:run { "grant", "my-container-service", "my-private-repo", "--rules", file, "--output", "json" }
    assert.equal(4, result.status)
    local item = require("lanyard.json").decode(result.out)[1]
    assert.equal("refused", item.result)
    assert.equal("RefusedByRule", item.error.code)
  end)

  it("denies a dry run", function()
    local emulator <close>, file = ruled()
    local words = { "grant", "my-container-service", "my-private-repo", "--enable", "--dry-run", "--rules", file }
    local result = emulator:run(words)
    assert.equal(4, result.status)
    assert.matches("denies enabling the puller role of service", result.err)
  end)

  it("can be set in the environment", function()
    local emulator <close>, file = ruled()
    assert.equal(4, emulator:run("enable my-container-service", { LANYARD_RULES = file }).status)
  end)

  -- Runs `lanyard enable` in the folder of the emulator.
  local function enable_there(emulator)
    local words = ("cd %s && exec %s enable my-container-service"):format(emulator.folder,
      helper.lanyard:sub(1, 1) == "/" and helper.lanyard or os.getenv "PWD" .. "/" .. helper.lanyard)
    return helper.run({ "sh", "-c", words }, emulator.environment)
  end

  it("is found in the current directory", function()
    local emulator <close> = ruled()
    assert(os.execute(("mkdir %s/.lanyard && cp %s/rules.lua %s/.lanyard/"):format(emulator.folder, emulator.folder,
      emulator.folder)))
    assert.equal(0, emulator:run { "trust", emulator.folder.path, "--yes" }.status)
    local result = enable_there(emulator)
    assert.equal(4, result.status)
    assert.matches("wait until Monday", result.err)
  end)

  it("exits with 2 when it is unknown whether a rules file exists", function()
    local emulator <close> = ruled()
    helper.write(emulator.folder .. "/.lanyard", "no folder")
    local result = enable_there(emulator)
    assert.equal(2, result.status)
    assert.matches("cannot read %./%.lanyard/rules%.lua: Not a directory", result.err)
  end)

  it("applies to a user's script that connects by lanyard.cli", function()
    local emulator <close>, file = ruled()
    local result = emulator:run({ "-e", [[
      local region = require("lanyard.cli").connect {}
      print(select(2, region:enable "my-container-service").code)
    ]] }, { LANYARD_RULES = file })
    assert.equal("RefusedByRule\n", result.out)
  end)

  it("is not bypassed by accident: access.connect without permit raises", function()
    local emulator <close>, file = ruled()
    for _, settings in ipairs { "", ", {}", ", { permit = true }", ", { permit = {} }", ", { permit = 'all' }" } do
      local result = emulator:run({ "-e", ([[
        local access = require "lanyard.access"
        access.connect(assert(require("lanyard.aws").session {})%s)
      ]]):format(settings) }, { LANYARD_RULES = file })
      assert.equal(1, result.status)
      assert.matches("access%.connect needs settings%.permit", result.err)
    end
  end)

  for title, case in pairs {
    ["a missing file"] = { "/nonexistent/rules.lua", "cannot read /nonexistent/rules.lua" },
    ["no file"] = { "", "--rules needs the name of a file" },
    ["a folder"] = { "/", "the rules cannot be used" },
  } do
    it("exits with 2 for " .. title, function()
      local emulator <close> = ruled()
      local result = emulator:run { "enable", "my-container-service", "--rules", case[1] }
      assert.equal(2, result.status)
      assert.matches(case[2], result.err)
      assert.matches("off", emulator:run("status").out)
    end)
  end

  it("exits with 2 for an invalid file, and no change is made without rules", function()
    local emulator <close>, file = ruled "rule 'x' {"
    local result = emulator:run({ "enable", "my-container-service" }, { LANYARD_RULES = file })
    assert.equal(2, result.status)
    assert.matches("rules%.lua:1: ", result.err)
    assert.matches("fix .*rules%.lua: nothing is changed without the rules\n$", result.err)
  end)

  it("does not prevent commands that change nothing", function()
    local emulator <close>, file = ruled "rule 'x' {"
    assert.equal(0, emulator:run("status", { LANYARD_RULES = file }).status)
  end)
end)

describe("lanyard rules", function()
  local function run(words, environment)
    return helper.run({ helper.lanyard, "rules", table.unpack(words) }, environment)
  end

  for _, path in ipairs { "change_window", "expiring", "narrow", "capacity", "pinned", "production" } do
    it("test passes the example " .. path, function()
      local result = run { "test", "scripts/examples/rules/" .. path .. ".lua", "--output", "json" }
      assert.equal(0, result.status, result.out)
      assert.is_true(#require("lanyard.json").decode(result.out) >= 3)
    end)
  end

  it("test reports an example with another answer, with exit status 1", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", [[
      rule "no" { on = "grant", check = function() deny "never" end }
      rule "bad" { on = "revoke", check = function(change) return change.nosuch.field end }
      example "denied" { on = "grant", repository = "web", expect = "deny: never" }
      example "allowed" { on = "grant", repository = "web", expect = "allow" }
      example "failed" { on = "revoke", repository = "web", expect = "deny" }
    ]])
    local result = run { "test", folder .. "/rules.lua" }
    assert.equal(1, result.status)
    assert.matches("rules%.lua:3 +denied +passed\n", result.out)
    assert.matches("rules%.lua:4 +allowed +failed +expected allow, got deny: never\n", result.out)
    assert.matches("rules%.lua:5 +failed +failed +expected deny, got deny: the rule failed: ", result.out)
  end)

  it("show lists the content of a file", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", [[
      rule "no" { on = { "revoke", "grant" }, check = function() end }
      mute { finding = "public-access", reason = "open source", ends = "2027-01-31" }
    ]])
    local result = run({ "show" }, { LANYARD_RULES = folder .. "/rules.lua" })
    assert.equal(0, result.status, result.err)
    assert.matches("rules%.lua:1 +rule +no +on grant, revoke\n", result.out)
    assert.matches("rules%.lua:2 +mute +public%-access +open source %(ends 2027%-01%-31%)\n", result.out)
  end)

  it("exits with 2 without a file, for an invalid file, and for an unknown sub-command", function()
    assert.equal(2, run({ "test" }).status)
    assert.matches("no rules file was found: name a file", run({ "test" }).err)
    assert.equal(2, run({ "test", "/nonexistent" }).status)
    assert.equal(2, run({ "tset" }).status)
  end)

  it("warns about a file without examples", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", 'rule "none" { on = "grant", check = function() end }')
    local result = run { "test", folder .. "/rules.lua" }
    assert.equal(0, result.status)
    assert.matches("^lanyard: warning: .*rules%.lua has no examples: nothing was tested\n$", result.err)
  end)
end)

describe("audit --rules", function()
  it("reports findings of rules and counts muted findings", function()
    local emulator <close>, file = ruled [[
      rule "named" { on = "audit", check = function(c) if c.service then deny "rename it" end end }
      mute { finding = "policy-lint", reason = "it is reported elsewhere" }
      mute { finding = "rule", service = "other", reason = "r" }
    ]]
    local result = emulator:run { "audit", "--rules", file, "--fail-on", "high" }
    assert.equal(3, result.status, result.err)
    assert.matches('high      rule: rule "named": rename it\n', result.out)
    assert.matches("^lanyard: .*rules%.lua:2: the mute of policy%-lint matches no finding\n", result.err)

    helper.write(file, helper.read(file):gsub('service = "other"', 'service = "my-*"'))
    result = emulator:run { "audit", "--rules", file, "--fail-on", "high" }
    assert.equal(0, result.status, result.out)
    assert.matches(" %(1 muted%)\n$", result.out)
    local report = emulator:run { "audit", "--rules", file, "--output", "json" }
    assert.equal("r", json.decode(report.out).muted[1].muted.reason)
  end)
end)

describe("the bundled rule own-organization", function()
  it("asks for the organization of the account, and decides about changes by who gains access", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", 'bundled "own-organization" {}')
    for seed, expected in pairs {
      ['{ id = "o-a1b2c3d4e5" }'] = { 0, 4 }, ['{ id = "o-zzzzzzzzzz" }'] = { 4, 0 }, ["false"] = { 4, 4 },
    } do
      helper.write(folder .. "/seed.lua", ('return { organization = %s, regions = { ["us-east-1"] = { repositories = { { name = '
        .. '"web", policy = { Version = "2012-10-17", Statement = { { Effect = "Allow", Principal = { AWS = "111122223333" }, '
        .. 'Action = "ecr:ListImages" } } } } } } } }'):format(seed))
      local emulator <close> = helper.emulator { "--seed", folder .. "/seed.lua" }
      for i, organization in ipairs { "o-a1b2c3d4e5", "o-zzzzzzzzzz" } do
        -- Another program opened the repository, and lanyard removes it: an undo opens it again.
        local open = ([[
          local region = cli.connect {}
          cli.check(region.ecr:SetRepositoryPolicy { repositoryName = "web", policyText = %q })
        ]]):format(json.encode { Version = "2012-10-17", Statement = json.array { { Sid = "o", Effect = "Allow", Principal = "*",
          Action = "ecr:BatchGetImage", Condition = { StringEquals = { ["aws:PrincipalOrgID"] = organization } } } } })
        assert.equal(0, emulator:run({ "-e", 'local cli = require "lanyard.cli" ' .. open }).status)
        assert.equal(0, emulator:run({ "revoke", "--statement", "o", "web", "--rules", folder .. "/rules.lua" }).status)
        local result = emulator:run { "undo", "web", "--rules", folder .. "/rules.lua" }
        assert.equal(expected[i], result.status, seed .. organization .. result.err)
        if result.status == 4 then
          assert.matches("it would open web to organization " .. organization:gsub("%-", "%%-"), result.err)
        end
      end
    end
  end)
end)
