-- Times are shown to people as local times with their offset; programs get UTC.

local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"
local ZONE = "XST-5:45"
local LOCAL, UTC = "%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%+05:45", "%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ"

describe("times", function()
  local emulator

  setup(function()
    emulator = helper.emulator()
    local result = emulator:run({ "grant", SERVICE, "shared-repo", "--enable", "--expires", "2100-01-01T00:00:00Z" }, { TZ = ZONE })
    assert.equal(0, result.status, result.err)
  end)

  teardown(function() getmetatable(emulator).__close(emulator) end)

  local function run(...)
    return emulator:run({ ... }, { TZ = ZONE })
  end

  it("are local in tables and UTC in JSON", function()
    for _, words in ipairs { { "undo", "--list" }, { "undo", "shared-repo", "--dry-run" }, { "undo", "--last", "--dry-run" } } do
      local result = run(table.unpack(words))
      assert.match(LOCAL, result.out, words[2])
      assert.is_nil(result.out:gsub('"[^"]*"', ""):find(UTC), words[2])
      table.move({ "--output", "json" }, 1, 2, #words + 1, words)
      result = run(table.unpack(words))
      assert.match(UTC, result.out, words[2])
      assert.is_nil(result.out:find(LOCAL), words[2])
    end
  end)

  it("of the end of a grant are local in status and audit, and UTC in their JSON and in policies", function()
    assert.match("until 2100%-01%-01T05:45:00%+05:45", run("status").out)
    assert.match("until 2100%-01%-01T05:45:00%+05:45", run("audit").out)
    local status = json.decode(run("status", "--output", "json").out)
    assert.equal("2100-01-01T00:00:00Z", status[1].expires["shared-repo"])
    for _, format in ipairs { "json", "jsonl", "sarif", "csv", "junit" } do
      assert.is_nil(run("audit", "--output", format).out:find("+05:45", 1, true), format)
    end
    assert.match('"2100%-01%-01T00:00:00Z"', run("undo", "shared-repo", "--dry-run").out)
  end)

  it("are local in reports for people", function()
    for _, format in ipairs { "markdown", "html" } do
      assert.match(LOCAL, run("audit", "--output", format).out, format)
    end
  end)

  it("are local in the history of audits, and UTC as CSV and JSON", function()
    local path = emulator.folder .. "/history.db"
    run("audit", "--history", path)
    assert.match("\n%d%d%d%d%-%d%d%-%d%d %d%d:%d%d%+05:45 ", run("history", path, "--runs").out)
    for _, format in ipairs { "json", "csv" } do
      local out = run("history", path, "--runs", "--output", format).out
      assert.match(UTC, out)
      assert.is_nil(out:find("+05:45", 1, true))
    end
  end)

  it("are local in errors, and can be passed back to options", function()
    local result = run("grant", SERVICE, "my-private-repo", "--expires", "2100-01-01T05:45:00+05:45")
    assert.equal(0, result.status, result.err)
    local policy = run("-e", [[print(require("lanyard.aws").client("ecr"):GetRepositoryPolicy {
      repositoryName = "my-private-repo" }.policyText)]])
    assert.match("2100%-01%-01T00:00:00Z", policy.out)
    emulator:run { "-e", [[
      local ecr = require("lanyard.aws").client("ecr")
      assert(ecr:SetRepositoryPolicy { repositoryName = "my-private-repo", policyText = '{"Version":"2008-10-17",' ..
        '"Statement":[{"Sid":"theirs","Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}' })
    ]] }
    result = run("undo", "my-private-repo")
    assert.equal(1, result.status)
    assert.match("changed after the grant of " .. LOCAL, result.err)
  end)
end)
