-- What a change gives, compared with what it is meant to give.

local helper = require "helper"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local world = require "world"
local write = require "lanyard.access.write"

local THEIRS = "444455556666"
local GIVES = { { principal = THEIRS, actions = policy.PULL_ACTIONS } }

-- Runs an edit that appends statements, and returns result, err and the number of writes.
local function change(w, statements, gives)
  local result, err = write.change_policy(w.region, w:repository "shared-repo", function(doc)
    for _, elements in ipairs(statements) do
      local added = assert(policy.parse(('{"Version":"2012-10-17","Statement":[{%s}]}'):format(elements)))
      doc:append(added, 1)
    end
    return true, {}
  end, { action = "grant", record = {}, gives = gives })
  return result, err, w:count "SetRepositoryPolicy"
end

local function allow(principal, action)
  return ('"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"%s"'):format(principal, action)
end

local function policy_of(...)
  return ('{"Version":"2012-10-17","Statement":[{%s}]}'):format(table.concat({ ... }, "},{"))
end

describe("a change of a policy", function()
  it("is written if it gives what it is meant to, or less", function()
    for _, statements in ipairs {
      { allow(THEIRS, "ecr:BatchGetImage"), allow(THEIRS, "ecr:GetDownloadUrlForLayer") },
      { allow("arn:aws:iam::444455556666:root", "ECR:batchgetimage") },
      { '"Effect":"Deny","Principal":"*","Action":"ecr:Delete*"' },
    } do
      local w <close> = world.new()
      local result, err, writes = change(w, statements, GIVES)
      assert.is_true(result and result.changed, tostring(err))
      assert.equal(1, writes)
    end
  end)

  it("is not written if it gives more: another principal, action, or everyone", function()
    for expected, statement in pairs {
      ["arn:aws:iam::777788889999:%S+ may use ecr:BatchGetImage"] = allow("777788889999", "ecr:BatchGetImage"),
      ["arn:aws:iam::444455556666:%S+ may use ecr:PutImage"] = allow(THEIRS, "ecr:PutImage"),
      ["may use ecr:BatchGetImage"] = '"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"',
    } do
      local w <close> = world.new()
      local before = w:text "shared-repo"
      local result, err, writes = change(w, { allow(THEIRS, "ecr:BatchGetImage"), statement }, GIVES)
      assert.is_nil(result)
      assert.equal("WiderThanMeant", err.code)
      assert.matches(expected, err.message)
      assert.matches("'shared%-repo'; nothing was written$", err.message)
      assert.same({ 0, before }, { writes, w:text "shared-repo" })
    end
  end)

  it("may also give what a Deny denied, if it edits Denies, and no more", function()
    local function denied(w)
      w:put("shared-repo", policy_of(allow(THEIRS, "ecr:*"), '"Effect":"Deny","Principal":"*","Action":"ecr:PutImage"'))
    end
    local function edit(w, more, options)
      options.action, options.record = "revoke", {}
      return write.change_policy(w.region, w:repository "shared-repo", function(doc)
        doc:remove { index = 2 }
        if more then
          doc:append(policy.parse(policy_of(more)), 1)
        end
        return true, {}
      end, options)
    end
    local w <close> = world.new()
    denied(w)
    local _, err = edit(w, nil, { gives = {} })
    assert.equal("WiderThanMeant", err.code)
    _, err = edit(w, allow("777788889999", "ecr:PutImage"), { gives = {}, lifts_denies = true })
    assert.equal("WiderThanMeant", err.code)
    assert.is_true(assert(edit(w, nil, { gives = {}, lifts_denies = true })).changed)
  end)

  it("is not written if the Version makes the same statements give more", function()
    local w <close> = world.new()
    local text = policy_of(('"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"ecr:BatchGetImage","Condition":'
      .. '{"StringEquals":{"aws:PrincipalTag/a":"${aws:PrincipalTag/b}"}}'):format(THEIRS))
    w:put("shared-repo", (text:gsub("2012%-10%-17", "2008-10-17")))
    local result, err = write.change_policy(w.region, w:repository "shared-repo", function()
      return assert(policy.parse(text)), {}
    end, { action = "revoke", record = {}, gives = {} })
    assert.is_nil(result)
    assert.equal("WiderThanMeant", err.code)
  end)

  it("may give what a document allows that it is meant to restore", function()
    local restored = policy.parse(policy_of(allow(THEIRS, "ecr:PutImage"),
      '"Effect":"Deny","Principal":"*","Action":"ecr:PutImage"'))
    for _, meant in ipairs { { gives = { { document = restored } } }, { meant = policy.parse(tostring(restored)) } } do
      local w <close> = world.new()
      w:put("shared-repo", nil)
      local function write_it(...)
        local text = policy_of(...)
        return write.change_policy(w.region, w:repository "shared-repo", function() return policy.parse(text), {} end,
          { action = "undo", record = {}, gives = meant.gives, meant = meant.meant })
      end
      local _, err = write_it(allow(THEIRS, "ecr:*"))
      assert.equal("WiderThanMeant", err.code)
      assert.is_nil(w:text "shared-repo")
      assert.is_true(assert(write_it(allow(THEIRS, "ecr:PutImage"),
        '"Effect":"Deny","Principal":"*","Action":"ecr:PutImage"')).changed)
    end
  end)

  it("may give anything if nothing is said about it", function()
    local w <close> = world.new()
    local result, err = change(w, { allow(THEIRS, "ecr:*") })
    assert.is_true(result and result.changed, tostring(err))
  end)
end)

describe("a command that changes a policy", function()
  it("says what a dry run would give and take", function()
    local emulator <close> = helper.emulator()
    emulator:run { "enable", "my-container-service" }
    local result = emulator:run { "grant", "my-container-service", "shared-repo", "--dry-run" }
    assert.matches("\ngives: pull to arn:aws:iam::%d+:role/amazon/lightsail/%S+; takes: nothing\n$", result.out)
    emulator:run { "grant", "my-container-service", "shared-repo" }
    result = emulator:run { "revoke", "my-container-service", "shared-repo", "--dry-run" }
    assert.matches("\ngives: nothing; takes: pull from arn:aws:iam::%d+:role/amazon/lightsail/%S+\n$", result.out)
    result = emulator:run { "undo", "shared-repo", "--dry-run", "--output", "json" }
    local effect = json.decode(result.out)[1].effect
    assert.equal("nothing", effect.gives)
    assert.matches("^pull from arn:aws:iam::", effect.takes)
    result = emulator:run { "grant", "my-container-service", "shared-repo", "--dry-run" }
    assert.is_nil(result.out:find("gives:", 1, true))
  end)

  it("says what it gave and took, also if it undid it", function()
    local emulator <close> = helper.emulator()
    emulator:run { "enable", "my-container-service" }
    local role = "arn:aws:iam::%d+:role/amazon/lightsail/%S+"
    local result = emulator:run { "grant", "my-container-service", "shared-repo" }
    assert.matches("\ngives: pull to " .. role .. "; takes: nothing\n$", result.out)
    result = emulator:run { "grant", "my-container-service", "shared-repo" }
    assert.is_nil(result.out:find("gives:", 1, true))
    result = emulator:run { "undo", "shared-repo" }
    assert.matches("\ngives: nothing; takes: pull from " .. role .. "\n$", result.out)
    result = emulator:run { "grant", "my-container-service", "shared-repo", "my-private-repo" }
    assert.matches("\nmy%-private%-repo, shared%-repo gives: pull to " .. role .. "; takes: nothing\n$", result.out)
    result = emulator:run { "grant", "my-container-service", "shared-repo", "--expires", "2099-01-01", "--output", "json" }
    local effect = json.decode(result.out)[1].effect
    assert.equal("nothing", effect.gives)
    assert.matches("^pull from " .. role .. " in some cases$", effect.takes)
    result = emulator:run { "disable", "my-container-service", "--revoke", "--dry-run" }
    assert.matches("\ngives: nothing; takes: pull from " .. role .. "\n", result.out)
    result = emulator:run { "disable", "my-container-service", "--revoke" }
    assert.matches("\nmy%-private%-repo, shared%-repo gives: nothing; takes: pull from " .. role .. "\n", result.out)
  end)

  it("says so in a deployment's plan and result", function()
    local emulator <close> = helper.emulator()
    local command = "deploy my-container-service web=my-private-repo:1.0 --output json"
    local planned = json.decode(emulator:run(command .. " --dry-run").out)
    assert.matches("^pull to arn:aws:iam::", planned.repositories[1].effect.gives)
    local done = json.decode(emulator:run(command).out)
    assert.matches("^pull to arn:aws:iam::", done.repositories[1].effect.gives)
  end)
end)
