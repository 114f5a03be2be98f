-- The output of lanyard audit for an account with every finding, checked by readers of each format.

local account = require "audit_account"
local emulator = require "lanyard.emulator"
local helper = require "helper"
local json = require "lanyard.json"
local reports = require "reports"
local system = require "lanyard.system"

local function emulated_account(folder, faults)
  local world = assert(emulator.world { seed = account.seed, activation_delay = 0 })
  account.age(world.state, system.time())
  helper.write(folder .. "/state.json", json.encode(world.state))
  helper.write(folder .. "/faults.json", faults or "[]")
  return helper.emulator { "--no-reformat", "--state", folder .. "/state.json", "--faults", folder .. "/faults.json" }
end

local function python(script, ...)
  return helper.run { "/usr/bin/python3", "tests/cli/" .. script, ... }
end

local SCHEMA = "lua/lanyard/report/schema.json"

describe("a report of an account with every finding", function()
  it("fits the schema, and has findings of nearly every kind", function()
    local folder <close> = helper.folder()
    local emulated <close> = emulated_account(folder)
    helper.write(folder .. "/report.json", emulated:run({ "audit", "--output", "json" }).out)
    local result = python("check_report.py", SCHEMA, folder .. "/report.json")
    assert.equal("", result.err)
    local scopes, _, kinds = result.out:match "^(%d+) scopes, (%d+) findings of (%d+) kinds\n$"
    assert.equal("1", scopes)
    assert.is_true(tonumber(kinds) >= 20, kinds)
  end)

  it("is valid SARIF and JUnit XML", function()
    local folder <close> = helper.folder()
    local emulated <close> = emulated_account(folder)
    local count = #json.decode(emulated:run({ "audit", "--output", "json" }).out).findings
    helper.write(folder .. "/log.sarif", emulated:run({ "audit", "--output", "sarif" }).out)
    local result = python("check_sarif.py", folder .. "/log.sarif")
    assert.equal("", result.err)
    assert.match(("^1 run, %d result: "):format(count), result.out)
    assert.match("inactive%-role at ecr/111122223333/us%-east%-1/bad/inactive/policy%.json:3:39,", result.out)
    helper.write(folder .. "/report.xml", emulated:run({ "audit", "--output", "junit" }).out)
    result = python("check_junit.py", folder .. "/report.xml")
    assert.equal("", result.err)
    assert.match((", failures: %d, errors: 0\n"):format(count), result.out)
  end)
end)

describe("a report of an account whose images cannot be read", function()
  it("has that in each format for people and CI", function()
    local folder <close> = helper.folder()
    local emulated <close> = emulated_account(folder,
      '[{"operation":"DescribeImages","error":{"code":"AccessDeniedException","message":"no"}}]')
    local sentence = "The images of 10 repositories of 111122223333 us%-east%-1 could not be checked"
    for format, before in pairs { table = "\nunknown   ", markdown = "\n%- %*%*unknown%*%* ", html = "<li>",
      junit = '<error type="unknown" message="' } do
      assert.match(before .. sentence .. ": [^\n]*AccessDenied", emulated:run({ "audit", "--output", format }).out)
    end
  end)
end)

describe("the schema of a report", function()
  local function write_changed(path, change)
    local report = reports.changed()
    report.scopes[1].repositories[1].access = json.array {}
    change(report)
    helper.write(path, json.encode(report))
  end

  local function check(change, ...)
    local folder <close> = helper.folder()
    write_changed(folder .. "/report.json", change)
    return python("check_report.py", SCHEMA, folder .. "/report.json", ...)
  end

  it("accepts several accounts, and one that could not be audited", function()
    local result = check(function() end)
    assert.equal("", result.err)
    assert.equal("2 scopes, 3 findings of 3 kinds\n", result.out)
  end)

  it("rejects a member of another type, at any depth", function()
    local result = check(function(report)
      report.partial = { repositories = json.array { "team/*" }, service = "web", shard = "1/2" }
      report.scopes[1].profile, report.scopes[2].skipped = "ops", true
      report.scopes[1].services_error = "denied"
      report.muted = reports.muted().muted
      report.scopes[1].services[1].images = json.array { "image:1" }
      report.scopes[1].repositories[1].policy_error, report.scopes[1].repositories[1].images_error = "denied", "denied"
      report.scopes[1].repositories[2].statements = json.array { { index = 1, label = "web", text = "{}" } }
    end, "--spoil")
    assert.equal("", result.err)
    assert.is_true(tonumber(result.out:match "^(%d+) invalid members are rejected\n") > 500, result.out)
  end)

  it("rejects another version, member, type or severity, and a finding without a key", function()
    local folder <close> = helper.folder()
    local paths = {}
    for i, change in ipairs {
      function(report) report.version = 1 end,
      function(report) report.findings[1].colour = "red" end,
      function(report) report.findings[1].index = "1" end,
      function(report) report.findings[1].severity = "horrible" end,
      function(report) report.findings[1].key = nil end,
      function(report) report.scopes[1].error = { code = "X", message = "" } end,
      function(report) report.scopes[1].services = nil end,
      function(report) report.findings[1].state = "gone" end,
      function(report) report.baseline.resolved[1].key = nil end,
      function(report) report.baseline.time = "yesterday" end,
      function(report) report.baseline.grants.added = nil end,
      function(report) report.baseline.grants.removed[1].decision = "deny" end,
      function(report) report.partial = { shard = "one" } end,
    } do
      paths[i] = ("%s/%d.json"):format(folder, i)
      write_changed(paths[i], change)
    end
    local result = python("check_report.py", "--refused", SCHEMA, table.unpack(paths))
    assert.equal("", result.err)
    assert.equal(#paths .. " reports are rejected\n", result.out)
  end)
end)
