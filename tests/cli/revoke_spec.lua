local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"

local function granted()
  local emulator = helper.emulator()
  emulator:run { "grant", SERVICE, "my-private-repo", "shared-repo", "--enable" }
  return emulator
end

local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/x"

describe("lanyard revoke", function()
  it("deletes the policy with its last statement", function()
    local emulator <close> = granted()
    local result = emulator:run { "revoke", SERVICE, "my-private-repo" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("my%-private%-repo +revoked", result.out)
    result = emulator:run { "-e", [[
      local reply, err = require("lanyard.aws").client("ecr"):GetRepositoryPolicy { repositoryName = "my-private-repo" }
      print(reply, err.code)
    ]] }
    assert.equal("nil\tRepositoryPolicyNotFoundException\n", result.out)
  end)

  it("revokes a role by its ARN, for a service that was deleted", function()
    local emulator <close> = granted()
    local arn = json.decode(emulator:run({ "status", SERVICE, "--output", "json" }).out)[1].principalArn
    local result = emulator:run { "revoke", "--principal", arn, "shared-repo" }
    assert.equal(0, result.status)
    assert.match("shared%-repo +revoked", result.out)
  end)

  it("reads every argument as a repository if an option selects the principal", function()
    local emulator <close> = granted()
    local arn = json.decode(emulator:run({ "status", SERVICE, "--output", "json" }).out)[1].principalArn
    local result = emulator:run { "revoke", "my-private-repo", "--principal", arn, "shared-repo", "--output", "json" }
    assert.equal(0, result.status, result.err)
    local rows = {}
    for i, row in ipairs(json.decode(result.out)) do
      rows[i] = row.repository .. " " .. row.result
    end
    assert.same({ "my-private-repo revoked", "shared-repo revoked" }, rows)
  end)

  it("prints `unchanged` if nothing was granted", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "revoke", SERVICE, "shared-repo", "--output", "json" }
    assert.equal(0, result.status)
    assert.equal("unchanged", json.decode(result.out)[1].result)
  end)

  it("uses AWS's clock if this machine's is ahead", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.json", [[{ "roles": ["]] .. ROLE .. [["], "regions": { "us-east-1": {
      "services": [], "repositories": [{ "name": "old", "policy": { "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "]] .. ROLE .. [[" }, "Action": "ecr:BatchGetImage",
        "Condition": { "DateLessThan": { "aws:CurrentTime": "]] .. os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - 3600)
      .. [[" } } }] } }] } } }]])
    helper.write(folder .. "/faults.json", '[{ "skew": -7200 }]')
    local emulator <close> = helper.emulator { "--seed", folder .. "/seed.json", "--faults", folder .. "/faults.json" }
    local result = emulator:run { "revoke", "--expired" }
    assert.equal("", result.err)
    assert.match("old +unchanged", result.out)
  end)

  it("removes expired grants in all repositories, and prints them with --dry-run", function()
    local emulator <close> = granted()
    emulator:run { "-e", [[
      local ecr = require("lanyard.aws").client("ecr")
      local text = assert(ecr:GetRepositoryPolicy { repositoryName = "my-private-repo" }).policyText
      local condition = '"Condition":{"DateLessThan":{"aws:CurrentTime":"2020-01-31T00:00:00Z"}},"Action"'
      assert(ecr:SetRepositoryPolicy { repositoryName = "my-private-repo", policyText = text:gsub('"Action"', condition) })
    ]] }
    local function expired(...)
      local result = emulator:run { "revoke", "--expired", "--output", "json", ... }
      assert.equal("", result.err)
      assert.equal(0, result.status)
      local by_name = {}
      for _, item in ipairs(json.decode(result.out)) do
        by_name[item.repository] = item.result
      end
      return by_name
    end
    assert.same({ ["my-private-repo"] = "would revoke", ["shared-repo"] = "unchanged" }, expired "--dry-run")
    assert.same({ ["shared-repo"] = "unchanged" }, expired "shared-*")
    assert.same({ ["my-private-repo"] = "revoked", ["shared-repo"] = "unchanged" }, expired())
    assert.same({ ["my-private-repo"] = "unchanged", ["shared-repo"] = "unchanged" }, expired())
    assert.match("granted by +shared%-repo\n", emulator:run("status").out)
  end)

  it("removes one statement, and prints it with --dry-run", function()
    local emulator <close> = granted()
    local sid = "AllowLightsailPull-" .. SERVICE
    local result = emulator:run { "revoke", "--statement", sid, "my-private-repo", "--dry-run" }
    assert.equal("", result.err)
    assert.match("would revoke", result.out)
    assert.match('\n%-[^\n]*"' .. sid:gsub("%-", "%%-") .. '"', result.out)
    result = emulator:run { "revoke", "--statement", "#1", "my-private-repo", "--output", "json" }
    assert.equal("", result.err)
    assert.equal("revoked", json.decode(result.out)[1].result)
    assert.match("granted by +shared%-repo\n", emulator:run("status").out)
    result = emulator:run { "revoke", "--statement", "#1", "my-private-repo" }
    assert.equal(1, result.status)
    assert.match("statement #1 does not exist: the policy has 0", result.err)
    result = emulator:run { "revoke", "--statement", sid, "*", "--output", "json" }
    assert.equal(0, result.status)
    assert.equal("unchanged", json.decode(result.out)[1].result)
    assert.equal("revoked", json.decode(result.out)[2].result)
  end)

  it("rejects a principal that is not valid, such as an unset variable", function()
    local emulator <close> = granted()
    for _, text in ipairs { "", SERVICE, "lightsail", "role/ci", "123" } do
      for _, words in ipairs { { "--all", "--yes" }, { "--statement", "x", "shared-repo" } } do
        local result = emulator:run { "revoke", "--principal", text, table.unpack(words) }
        assert.equal(2, result.status, text)
        assert.equal("", result.out)
        assert.match("^lanyard: %-%-principal: '[^\n]*' is not an ARN, [^\n]+\n$", result.err)
      end
    end
    assert.match("granted by +my%-private%-repo, shared%-repo\n", emulator:run("status").out)
  end)

  it("requires a subject and repositories", function()
    local emulator <close> = helper.emulator()
    for _, words in ipairs { { "revoke" }, { "revoke", SERVICE }, { "revoke", "--orphans" },
      { "revoke", "--orphans", "--principal", "x", "r" }, { "revoke", "--expired", "--orphans", "--all" },
      { "revoke", "--expired", "--all", "r" }, { "revoke", "--statement", "x" }, { "revoke", "--statement", "", "r" },
      { "revoke", "--statement", "#1", "r", "s" }, { "revoke", "--statement", "#1", "*" },
      { "revoke", "--statement", "#1", "--all", "--yes" }, { "revoke", "--statement", "x", "--orphans", "r" } } do
      local result = emulator:run(words)
      assert.equal(2, result.status, table.concat(words, " "))
      assert.match("^lanyard: [^\n]+\n$", result.err)
    end
  end)
end)

describe("lanyard undo", function()
  it("lists the journal, and restores the policy before the last change", function()
    local emulator <close> = granted()
    local listed = json.decode(emulator:run({ "undo", "--list", "--output", "json" }).out)
    assert.equal(2, #listed)
    local result = emulator:run { "undo", "shared-repo" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    local status = json.decode(emulator:run({ "status", SERVICE, "--output", "json" }).out)[1]
    assert.same({ "my-private-repo" }, { table.unpack(status.repositories) })
  end)

  it("fails if another writer changed the policy since, and prints the difference", function()
    local emulator <close> = granted()
    emulator:run { "-e", [[
      local ecr = require("lanyard.aws").client("ecr")
      assert(ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = '{"Version":"2008-10-17",' ..
        '"Statement":[{"Sid":"theirs","Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}' })
    ]] }
    local result = emulator:run { "undo", "shared-repo" }
    assert.equal(1, result.status)
    assert.match("theirs", result.out)
    assert.match("changed", result.err)
  end)

  it("accepts one repository by its name, to undo and to list", function()
    local emulator <close> = granted()
    for name, message in pairs {
      ["*-repo"] = "'%*%-repo' is a glob: name one repository", ["shared-rep?"] = "is a glob",
      [""] = "'' is not a repository name", ["../shared-repo"] = "is not a repository name",
    } do
      for _, words in ipairs { { "undo", name }, { "undo", name, "--dry-run" }, { "undo", "--list", name } } do
        local result = emulator:run(words)
        assert.equal(2, result.status, table.concat(words, " "))
        assert.equal("", result.out)
        assert.match("^lanyard: [^\n]+\n$", result.err)
        assert.match(message, result.err)
      end
    end
    for _, entry in ipairs(json.decode(emulator:run({ "undo", "--list", "--output", "json" }).out)) do
      assert.equal("grant", entry.action)
    end
    assert.match("shared%-repo +grant +done", emulator:run({ "undo", "--list", "shared-repo" }).out)
  end)

  it("fails if the journal has nothing to undo", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "undo", "shared-repo" }
    assert.equal(1, result.status)
    assert.match("journal", result.err)
  end)
end)
