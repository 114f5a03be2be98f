local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"

-- The text of a repository's policy, as the emulator has it.
local function policy_of(emulator, repository)
  local result = emulator:run { "-e", ([[
    local ecr = require("lanyard.aws").client("ecr")
    local reply, err = ecr:GetRepositoryPolicy { repositoryName = "%s" }
    io.write(reply and reply.policyText or err.code)
  ]]):format(repository) }
  assert.equal("", result.err)
  return result.out
end

describe("lanyard grant", function()
  it("fails while the role is off, and reports how to enable it", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "grant", SERVICE, "my-private-repo" }
    assert.equal(1, result.status)
    assert.match("role of my%-container%-service is off", result.err)
    assert.match("%-%-enable", result.err)
    assert.equal("RepositoryPolicyNotFoundException", policy_of(emulator, "my-private-repo"))
  end)

  it("does not enable the role if the journal cannot be written", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run({ "grant", SERVICE, "my-private-repo", "--enable" }, { HOME = "", XDG_STATE_HOME = "" })
    assert.equal(1, result.status)
    assert.equal("", result.out)
    assert.match("^lanyard: no directory for the journal: neither XDG_STATE_HOME nor HOME is set\n", result.err)
    assert.match("puller role +off", emulator:run("status").out)
  end)

  it("enables the role with --enable, and writes AWS's own statement to a new policy", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "grant", SERVICE, "my-private-repo", "--enable" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    local document = json.decode(policy_of(emulator, "my-private-repo"))
    assert.equal("2008-10-17", document.Version)
    assert.equal(1, #document.Statement)
    local statement = document.Statement[1]
    assert.equal("AllowLightsailPull-my-container-service", statement.Sid)
    assert.equal("Allow", statement.Effect)
    assert.same({ "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }, { table.unpack(statement.Action) })
    assert.match("^arn:aws:iam::%d+:role/amazon/lightsail/us%-east%-1/containers/my%-container%-service/"
      .. "private%-repo%-access/", statement.Principal.AWS)
  end)

  it("keeps every byte of other statements, through grant, revoke and undo", function()
    local emulator <close> = helper.emulator()
    local before = policy_of(emulator, "shared-repo")
    assert.equal(0, emulator:run({ "grant", SERVICE, "shared-repo", "--enable" }).status)
    local granted = policy_of(emulator, "shared-repo")
    assert.not_equal(before, granted)
    local first = before:find("{", 2, true)
    local last = before:match ".*()}%s*%]"
    assert.truthy(granted:find(before:sub(first, last), 1, true), granted)

    assert.equal(0, emulator:run({ "revoke", SERVICE, "shared-repo" }).status)
    assert.equal(before, policy_of(emulator, "shared-repo"))
    assert.equal(0, emulator:run({ "undo", "shared-repo" }).status)
    assert.equal(granted, policy_of(emulator, "shared-repo"))
  end)

  it("prints `unchanged` the second time, and changes nothing", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", SERVICE, "shared-repo", "--enable" }
    local granted = policy_of(emulator, "shared-repo")
    local result = emulator:run { "grant", SERVICE, "shared-repo", "--output", "json" }
    assert.equal(0, result.status)
    assert.equal("unchanged", json.decode(result.out)[1].result)
    assert.equal(granted, policy_of(emulator, "shared-repo"))
  end)

  it("prints the diff with --dry-run, and writes nothing", function()
    local emulator <close> = helper.emulator()
    emulator:run { "enable", SERVICE }
    local before = policy_of(emulator, "shared-repo")
    local result = emulator:run { "grant", SERVICE, "shared-repo", "--dry-run" }
    assert.equal(0, result.status)
    assert.match("\nshared%-repo +would grant +would add statement 3\n", result.out)
    assert.match('\n%+[^\n]*"AllowLightsailPull%-my%-container%-service"', result.out)
    assert.equal(before, policy_of(emulator, "shared-repo"))
    assert.equal("", emulator:run({ "undo", "--list" }).out)
  end)

  it("accepts globs, and reports a glob that matches nothing", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "grant", SERVICE, "*-repo", "--enable", "--output", "json" }
    assert.equal(0, result.status)
    assert.equal(2, #json.decode(result.out))
    result = emulator:run { "grant", SERVICE, "nothing/*" }
    assert.equal(1, result.status)
    assert.match("nothing/%*", result.err)
  end)

  it("continues after a repository that fails, lists it, and exits with 1", function()
    local emulator <close> = helper.emulator()
    emulator:run { "enable", SERVICE }
    local result = emulator:run { "grant", SERVICE, "no-such-repo", "my-private-repo" }
    assert.equal(1, result.status)
    assert.match("no%-such%-repo", result.err)
  end)

  it("needs --yes for --all without a terminal", function()
    local emulator <close> = helper.emulator()
    emulator:run { "enable", SERVICE }
    local result = emulator:run { "grant", SERVICE, "--all" }
    assert.equal(2, result.status)
    assert.equal("lanyard: this would grant my-container-service pull access to all 2 repositories; "
      .. "without a terminal, pass --yes to confirm\n", result.err)
    assert.equal(0, emulator:run({ "grant", SERVICE, "--all", "--yes" }).status)
  end)

  it("rejects a name that breaks AWS's pattern before any call", function()
    local emulator <close> = helper.emulator()
    for _, words in ipairs { { "grant", "No_Service", "my-private-repo" }, { "grant", SERVICE, "Bad//Name" } } do
      local result = emulator:run(words)
      assert.equal(2, result.status)
      assert.match("^lanyard: [^\n]+\n$", result.err)
      assert.equal("", result.out)
    end
  end)

  it("rejects an invalid Sid", function()
    for _, sid in ipairs { "", "a\tb" } do
      local result = helper.run { helper.lanyard, "grant", SERVICE, "my-private-repo", "--sid", sid }
      assert.equal(2, result.status)
      assert.match("^lanyard: %-%-sid [^\n]+\n$", result.err)
    end
  end)

  it("uses the Sid of --sid", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "grant", SERVICE, "my-private-repo", "--enable", "--sid", "web may pull" }
    assert.equal(0, result.status)
    assert.equal("web may pull", json.decode(policy_of(emulator, "my-private-repo")).Statement[1].Sid)
  end)

  it("adds a date, changes it and nothing else, and removes it", function()
    local emulator <close> = helper.emulator()
    local function grant(...)
      local result = emulator:run { "grant", SERVICE, "my-private-repo", "--output", "json", ... }
      assert.equal("", result.err)
      assert.equal(0, result.status)
      return json.decode(result.out)[1]
    end
    assert.equal("2100-01-31T00:00:00Z", grant("--enable", "--expires", "2100-01-31").expires)
    local text = policy_of(emulator, "my-private-repo")
    assert.match('"Condition" *: *{%s*"DateLessThan" *: *{%s*"aws:CurrentTime" *: *"2100%-01%-31T00:00:00Z"%s*}%s*}', text)
    local again = grant()
    assert.equal("unchanged", again.result)
    assert.equal("2100-01-31T00:00:00Z", again.expires)
    assert.equal("granted", grant("--expires", "2100-02-01T00:00Z").result)
    assert.equal((text:gsub("2100%-01%-31", "2100-02-01")), policy_of(emulator, "my-private-repo"))
    assert.match("granted by +my%-private%-repo until 2100%-02%-01T00:00:00Z\n", emulator:run("status").out)
    assert.is_nil(grant("--expires", "never").expires)
    assert.not_match("Condition", policy_of(emulator, "my-private-repo"))
    assert.match("^20", grant("--expires", "30d").expires)
  end)

  it("fails for a grant that has expired", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", SERVICE, "my-private-repo", "--enable", "--expires", "1d" }
    emulator:run { "-e", [[
      local ecr = require("lanyard.aws").client("ecr")
      local text = assert(ecr:GetRepositoryPolicy { repositoryName = "my-private-repo" }).policyText
      assert(ecr:SetRepositoryPolicy { repositoryName = "my-private-repo",
        policyText = text:gsub('"20[^"]*Z"', '"2020-01-31T00:00:00Z"') })
    ]] }
    local before = policy_of(emulator, "my-private-repo")
    local result = emulator:run { "grant", SERVICE, "my-private-repo" }
    assert.equal(1, result.status)
    assert.match("my%-private%-repo: the grant in statement 'AllowLightsailPull%-my%-container%-service' expired on "
      .. "2020%-01%-31T00:00:00Z\n", result.err)
    assert.match("%-%-expires", result.err)
    assert.equal(before, policy_of(emulator, "my-private-repo"))
    assert.match("granted by +my%-private%-repo %(expired 2020", emulator:run("status").out)
    assert.equal(0, emulator:run({ "grant", SERVICE, "my-private-repo", "--expires", "12h" }).status)
    assert.equal(0, emulator:run({ "grant", SERVICE, "my-private-repo" }).status)
  end)

  it("rejects an invalid date, and one that has passed", function()
    for _, text in ipairs { "", "soon", "31.1.2100", "2100-02-30", "2020-01-31", "0d", "-1d", "30", "99999999d" } do
      local result = helper.run { helper.lanyard, "grant", SERVICE, "my-private-repo", "--expires=" .. text }
      assert.equal(2, result.status, text)
      assert.match("^lanyard: [^\n]+\n$", result.err)
    end
  end)

  it("escapes control characters of a Sid in warnings, failures and diffs", function()
    local emulator <close> = helper.emulator()
    local put = emulator:run { "-e", [[
      assert(require("lanyard.aws").client("ecr"):SetRepositoryPolicy { repositoryName = "my-private-repo", policyText =
        '{"Version":"2012-10-17","Statement":[{"Sid":"no\u{9b}31m\u{202e}","Effect":"Deny","Principal":"*",'
        .. '"Action":"ecr:BatchGetImage"}]}' })
    ]] }
    assert.equal("", put.err)
    local warned = emulator:run { "grant", SERVICE, "my-private-repo", "--enable" }
    assert.match("warning: my-private-repo: statement 'no\\u{9b}31m\\u{202e}' denies", warned.err, 1, true)
    local gone = emulator:run { "revoke", "--statement", "#1", "my-private-repo", "--dry-run" }
    assert.match("was a Deny", gone.err, 1, true)
    assert.match('-      "Sid": "no\\u{9b}31m\\u{202e}"', gone.out, 1, true)
    local unknown = emulator:run { "grant", "--rules", "no\u{9b}31m.lua", SERVICE, "my-private-repo" }
    for _, result in ipairs { warned, gone, unknown } do
      assert.not_match("\u{9b}", result.out .. result.err, 1, true)
      assert.not_match("\u{202e}", result.out .. result.err, 1, true)
    end
  end)
end)
