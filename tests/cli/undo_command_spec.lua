local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"
local BOTH = { "my-private-repo", "shared-repo" }

local PUT = [[
  local ecr = require("lanyard.aws").client("ecr")
  assert(ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = '{"Version":"2008-10-17",' ..
    '"Statement":[{"Sid":"theirs","Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}' })
]]

-- An emulator where one command granted both repositories.
local function granted()
  local emulator = helper.emulator()
  assert.equal(0, emulator:run({ "grant", SERVICE, "my-private-repo", "shared-repo", "--enable" }).status)
  return emulator
end

local function repositories(emulator)
  return json.decode(emulator:run({ "status", SERVICE, "--output", "json" }).out)[1].repositories
end

local function results(result)
  local document, kinds = json.decode(result.out), {}
  for _, item in ipairs(document.repositories or document) do
    kinds[item.repository] = item.error and item.error.code or item.result
  end
  return kinds, document
end

describe("lanyard undo of several repositories", function()
  it("undoes the last change of each", function()
    local emulator <close> = granted()
    local result = emulator:run { "undo", "my-private-repo", "shared-repo", "shared-repo" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("my%-private%-repo +undone +grant of [^\n]+\nshared%-repo +undone", result.out)
    assert.same({}, { table.unpack(repositories(emulator)) })
  end)

  it("ends with 1 if one fails, lists each, and prints the difference", function()
    local emulator <close> = granted()
    assert.equal(0, emulator:run({ "-e", PUT }).status)
    local result = emulator:run { "undo", "my-private-repo", "shared-repo", "no-such-repo" }
    assert.equal(1, result.status)
    assert.match("\nmy%-private%-repo +undone", result.out)
    assert.match("\nshared%-repo +failed", result.out)
    assert.match("\nno%-such%-repo +failed", result.out)
    assert.match('\n%+ +"Sid": "theirs"', result.out)
    assert.match("lanyard: shared%-repo: the policy of 'shared%-repo' was changed after the grant of ", result.err)
    assert.match("lanyard: no%-such%-repo: repository 'no%-such%-repo' does not exist", result.err)
  end)

  it("has the difference in the error in JSON", function()
    local emulator <close> = granted()
    assert.equal(0, emulator:run({ "-e", PUT }).status)
    local result = emulator:run { "undo", "my-private-repo", "shared-repo", "--output", "json" }
    assert.equal(1, result.status)
    local kinds, document = results(result)
    assert.same({ ["my-private-repo"] = "undone", ["shared-repo"] = "ChangedSince" }, kinds)
    assert.match('\n%+ +"Sid": "theirs"', document[2].error.diff)
  end)

  it("restores what others removed, with --lost", function()
    local emulator <close> = granted()
    local result = emulator:run { "undo", "--lost", "my-private-repo", "shared-repo" }
    assert.match("my%-private%-repo", result.out)
    assert.match("shared%-repo", result.out)
  end)

  it("lists the journal of several", function()
    local emulator <close> = granted()
    local result = emulator:run { "undo", "--list", "shared-repo", "my-private-repo" }
    assert.equal(0, result.status)
    assert.match("my%-private%-repo +grant", result.out)
    assert.match("shared%-repo +grant", result.out)
  end)
end)

describe("lanyard undo --last", function()
  it("shows each difference with --dry-run, undoes all, and changes nothing the second time", function()
    local emulator <close> = granted()
    local result = emulator:run { "undo", "--last", "--dry-run" }
    assert.equal(0, result.status)
    for _, name in ipairs(BOTH) do
      assert.match("\n" .. name:gsub("%-", "%%-") .. " +would undo +grant of ", result.out)
      assert.match("\n%-%-%- " .. name:gsub("%-", "%%-") .. "\n", result.out)
    end
    assert.equal(2, #repositories(emulator))
    result = emulator:run { "undo", "--last" }
    assert.match("^lanyard: command run %w+%-%w+ of %d[^\n]*: grant in 2 repositories\n$", result.err)
    assert.equal(0, result.status)
    assert.equal(0, #repositories(emulator))
    result = emulator:run { "undo", "--last", "--output", "json" }
    assert.equal(0, result.status)
    assert.equal("", result.err)
    local kinds, document = results(result)
    assert.same({ ["my-private-repo"] = "unchanged", ["shared-repo"] = "unchanged" }, kinds)
    assert.same({ "grant" }, { table.unpack(document.command.actions) })
    assert.match("^%d+%-%d+%-%d+T%d+:%d+:%d+Z$", document.command.time)
  end)

  it("is undone by its own run, which --list prints", function()
    local emulator <close> = granted()
    emulator:run { "undo", "--last" }
    local run = emulator:run({ "undo", "--list" }).out:match "\n(%w+%-%w+) +[^\n]+ +undo +done"
    local result = emulator:run { "undo", "--run", run }
    assert.equal(0, result.status, result.err)
    assert.equal(2, #repositories(emulator))
    assert.equal(0, emulator:run({ "undo", "--last" }).status)
    assert.equal(0, #repositories(emulator))
  end)

  it("ends with 1 where a policy was changed since, and with 4 where a rule denies", function()
    local emulator <close> = granted()
    assert.equal(0, emulator:run({ "-e", PUT }).status)
    local rules = emulator.folder .. "/rules.lua"
    helper.write(rules, 'rule "frozen" { on = "undo", check = function() return deny "frozen" end }\n')
    local result = emulator:run { "undo", "--last", "--rules", rules, "--output", "json" }
    assert.equal(1, result.status, result.err)
    assert.same({ ["my-private-repo"] = "RefusedByRule", ["shared-repo"] = "ChangedSince" }, (results(result)))
    result = emulator:run { "undo", "my-private-repo", "--rules", rules }
    assert.equal(4, result.status, result.err)
    result = emulator:run { "undo", "--last" }
    assert.equal(1, result.status)
    assert.match("my%-private%-repo +undone", result.out)
  end)

  it("run by several processes at once undoes each change once", function()
    local emulator <close> = granted()
    local shell = ("for i in 1 2 3; do '%s' undo --last & done; wait"):format(helper.lanyard)
    local result = helper.run({ "sh", "-c", shell }, emulator.environment)
    local _, undone = result.out:gsub("undone +grant of", "")
    local _, unchanged = result.out:gsub("unchanged", "")
    assert.same({ 2, 4 }, { undone, unchanged }, result.out .. result.err)
    assert.equal(0, #repositories(emulator))
  end)

  it("reports an empty journal, and mistakes in the command line, in one line", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "undo", "--last" }
    assert.equal(1, result.status)
    assert.match("^lanyard: the journal has no change in us%-east%-1 to undo", result.err)
    for message, words in pairs {
      ["%-%-last and %-%-run exclude each other"] = { "undo", "--last", "--run", "mig3k0f2-9tq4" },
      ["%-%-last excludes repositories"] = { "undo", "--last", "shared-repo" },
      ["%-%-run excludes repositories"] = { "undo", "--run", "mig3k0f2-9tq4", "--list" },
      ["'x' is not the id of a command run"] = { "undo", "--run", "x" },
      ["name the repositories"] = { "undo" },
    } do
      result = emulator:run(words)
      assert.equal(2, result.status, message)
      assert.equal("", result.out)
      assert.match("^lanyard: [^\n]+\n$", result.err)
      assert.match(message, result.err)
    end
    assert.equal(0, emulator:run({ "grant", SERVICE, "shared-repo", "--enable" }).status)
    result = emulator:run { "undo", "--run", "mig3k0f2-9tq4" }
    assert.equal(1, result.status)
    assert.match("no change of command run 'mig3k0f2%-9tq4'", result.err)
  end)
end)
