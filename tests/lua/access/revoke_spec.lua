local instant = require "lanyard.aws.instant"
local policy = require "lanyard.policy"
local revoke = require "lanyard.access.revoke"
local world = require "world"

describe("revoke", function()
  it("takes only the role from a list of principals, and keeps the statement's Sid", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    w:put("my-private-repo", ('{"Version":"2008-10-17","Statement":[{"Sid":"team","Effect":"Allow","Principal":{"AWS":'
      .. '["444455556666", "%s"]},"Action":"ecr:BatchGetImage"}]}'):format(service.role.arn))
    local change = assert(w.here:revoke({ service = service }, repository))
    assert.equal("revoked", change.kind)
    assert.same({ "team" }, w:sids "my-private-repo")
    assert.is_nil(w:text("my-private-repo"):find(service.role.arn, 1, true))
    assert.is_truthy(w:text("my-private-repo"):find("444455556666", 1, true))
  end)

  it("leaves a Deny that names the role", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    local text = ('{"Version":"2008-10-17","Statement":[{"Sid":"no","Effect":"Deny","Principal":{"AWS":"%s"},'
      .. '"Action":"ecr:*"}]}'):format(service.role.arn)
    w:put("my-private-repo", text)
    assert.equal("unchanged", assert(w.here:revoke({ service = service }, repository)).kind)
    assert.equal(text, w:text "my-private-repo")
  end)

  it("takes an AWS service out by its name, and nobody else", function()
    local w <close> = world.new()
    w:put("my-private-repo", '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"Service":'
      .. '"lightsail.amazonaws.com"},"Action":"ecr:*"},{"Sid":"b","Effect":"Allow","Principal":{"Service":'
      .. '"ecs.amazonaws.com"},"Action":"ecr:*"}]}')
    local whom = { principal = "lightsail.amazonaws.com" }
    assert.equal("revoked", assert(w.here:revoke(whom, w:repository "my-private-repo")).kind)
    assert.same({ "b" }, w:sids "my-private-repo")
  end)

  it("takes a principal by its ARN", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    assert(w.here:grant(service, repository))
    assert.equal("revoked", assert(w.here:revoke({ principal = service.role.arn }, repository)).kind)
    assert.is_nil(w:text "my-private-repo")
  end)

  it("takes Lightsail's roles out of grants that have ended, and nobody and nothing else", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    local now = math.floor(w:time())
    local function statement(sid, effect, principals, at)
      return ('{"Sid":"%s","Effect":"%s","Principal":{"AWS":[%s]},"Action":"ecr:BatchGetImage","Condition":{"DateLessThan":'
        .. '{"aws:CurrentTime":"%s"}}}'):format(sid, effect, principals, instant.write(at))
    end
    local role, account = ('"%s"'):format(service.role.arn), '"444455556666"'
    local kept = { statement("theirs", "Allow", account, now - 1), statement("lies ahead", "Allow", role, now + 60),
      statement("no", "Deny", role, now - 1) }
    w:put("my-private-repo", ('{"Statement":[%s,%s,%s]}'):format(statement("mine", "Allow", role, now - 1),
      statement("both", "Allow", role .. "," .. account, now - 1), table.concat(kept, ",")))
    local change = assert(w.here:revoke({ expired = now }, repository))
    assert.equal("revoked", change.kind)
    assert.equal(2, change.touched)
    assert.equal(('{"Statement":[%s,%s]}'):format(statement("both", "Allow", account, now - 1), table.concat(kept, ",")),
      w:text "my-private-repo")
    assert.equal("unchanged", assert(w.here:revoke({ expired = now }, repository)).kind)
  end)

  it("is an edit that others can be joined to", function()
    local doc = policy.new()
    doc:allow { sid = "a", principal = "444455556666", actions = { "ecr:PutImage" } }
    doc:allow { sid = "b", principal = "*", actions = { "ecr:PutImage" } }
    assert.is_true((revoke.edit { principal = "444455556666" }(doc)))
    assert.is_true((revoke.edit { principal = "*" }(doc)))
    assert.is_true(doc:empty())
    assert.is_false((revoke.edit { service = "web", region = "us-east-1" }(doc)))
  end)
end)
