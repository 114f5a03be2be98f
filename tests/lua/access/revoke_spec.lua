local timestamp = require "lanyard.text.timestamp"
local policy = require "lanyard.policy"
local revoke = require "lanyard.access.revoke"
local statements = require "lanyard.access.statements"
local world = require "world"

describe("revoke", function()
  it("removes only the role from a list of principals, and keeps the statement's Sid", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    w:put("my-private-repo", ('{"Version":"2008-10-17","Statement":[{"Sid":"team","Effect":"Allow","Principal":{"AWS":'
      .. '["444455556666", "%s"]},"Action":"ecr:BatchGetImage"}]}'):format(service.role.arn))
    local change = assert(w.region:revoke({ service = service }, repository))
    assert.equal("revoked", change.kind)
    assert.same({ "team" }, w:sids "my-private-repo")
    assert.is_nil(w:text("my-private-repo"):find(service.role.arn, 1, true))
    assert.is_truthy(w:text("my-private-repo"):find("444455556666", 1, true))
  end)

  it("keeps a Deny that names the role", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    local text = ('{"Version":"2008-10-17","Statement":[{"Sid":"no","Effect":"Deny","Principal":{"AWS":"%s"},'
      .. '"Action":"ecr:*"}]}'):format(service.role.arn)
    w:put("my-private-repo", text)
    assert.equal("unchanged", assert(w.region:revoke({ service = service }, repository)).kind)
    assert.equal(text, w:text "my-private-repo")
  end)

  it("names the command for orphans if no statement names the role", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    w:put("my-private-repo", '{"Version":"2008-10-17","Statement":[{"Sid":"old","Effect":"Allow","Principal":{"AWS":'
      .. '"AROAEXAMPLEEXAMPLEEXA"},"Action":"ecr:BatchGetImage"}]}')
    assert.equal("no Allow statement names its role; orphans remain: lanyard revoke --orphans --all",
      assert(w.region:revoke({ service = service }, repository)).why)
    assert.equal("no Allow statement names it",
      assert(w.region:revoke({ principal = "arn:aws:iam::111122223333:role/ci" }, repository)).why)
  end)

  it("removes an AWS service by its name, and no other principal", function()
    local w <close> = world.new()
    w:put("my-private-repo", '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"Service":'
      .. '"lightsail.amazonaws.com"},"Action":"ecr:*"},{"Sid":"b","Effect":"Allow","Principal":{"Service":'
      .. '"ecs.amazonaws.com"},"Action":"ecr:*"}]}')
    local subject = { principal = "lightsail.amazonaws.com" }
    assert.equal("revoked", assert(w.region:revoke(subject, w:repository "my-private-repo")).kind)
    assert.same({ "b" }, w:sids "my-private-repo")
  end)

  it("removes a principal by its ARN", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    assert(w.region:grant(service, repository))
    assert.equal("revoked", assert(w.region:revoke({ principal = service.role.arn }, repository)).kind)
    assert.is_nil(w:text "my-private-repo")
  end)

  it("removes Lightsail's roles from expired grants, and nothing else", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    local now = math.floor(w:time())
    local function statement(sid, effect, principals, at)
      return ('{"Sid":"%s","Effect":"%s","Principal":{"AWS":[%s]},"Action":"ecr:BatchGetImage","Condition":{"DateLessThan":'
        .. '{"aws:CurrentTime":"%s"}}}'):format(sid, effect, principals, timestamp.format(at))
    end
    local role, account = ('"%s"'):format(service.role.arn), '"444455556666"'
    local remaining = { statement("theirs", "Allow", account, now - 1), statement("lies ahead", "Allow", role, now + 60),
      statement("no", "Deny", role, now - 1) }
    w:put("my-private-repo", ('{"Statement":[%s,%s,%s]}'):format(statement("mine", "Allow", role, now - 1),
      statement("both", "Allow", role .. "," .. account, now - 1), table.concat(remaining, ",")))
    local change = assert(w.region:revoke({ expired = now }, repository))
    assert.equal("revoked", change.kind)
    assert.equal(2, change.touched)
    assert.equal(('{"Statement":[%s,%s]}'):format(statement("both", "Allow", account, now - 1), table.concat(remaining, ",")),
      w:text "my-private-repo")
    assert.equal("unchanged", assert(w.region:revoke({ expired = now }, repository)).kind)
  end)

  it("is an edit that can be combined with others", function()
    local doc = policy.new()
    doc:allow { sid = "a", principal = "444455556666", actions = { "ecr:PutImage" } }
    doc:allow { sid = "b", principal = "*", actions = { "ecr:PutImage" } }
    assert.is_true((revoke.edit { principal = "444455556666" }(doc)))
    assert.is_true((revoke.edit { principal = "*" }(doc)))
    assert.is_true(doc:empty())
    assert.is_false((revoke.edit { service = "web", region = "us-east-1" }(doc)))
  end)
end)

describe("revoking by statement", function()
  local TWIN = '{"Sid":"twin","Effect":"Allow","Principal":{"AWS":["444455556666","555566667777"]},"Action":"ecr:PutImage"}'
  local DENY = '{"Sid":"no","Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"ecr:*"}'
  local NAMELESS = '{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}'

  local function document(...)
    return assert(policy.parse('{"Statement":[' .. table.concat({ ... }, ",") .. "]}"))
  end

  it("removes the statement with the Sid, and warns if it was a Deny", function()
    local doc = document(TWIN, DENY, NAMELESS)
    local changed, detail = revoke.edit { statement = "no" }(doc)
    assert.is_true(changed)
    assert.equal("no", detail.sid)
    assert.equal("statement 'no' was a Deny: principals that it denied may have access now", detail.warning)
    assert.equal(tostring(document(TWIN, NAMELESS)), tostring(doc))
    changed, detail = revoke.edit { statement = "no" }(doc)
    assert.is_false(changed)
    assert.equal("the policy has no such statement", detail.why)
  end)

  it("keeps meaning the statement that a number had at first", function()
    local doc, edit = document(TWIN, NAMELESS, DENY), revoke.edit { statement = "#2" }
    assert.is_true((edit(doc)))
    assert.equal(tostring(document(TWIN, DENY)), tostring(doc))
    assert.is_false((edit(doc)))
    assert.is_true((edit(document(DENY, TWIN, NAMELESS))))
  end)

  it("rejects a Sid that two statements have, and a number that none has", function()
    local doc = document(TWIN, TWIN)
    local changed, err = revoke.edit { statement = "twin" }(doc)
    assert.is_nil(changed)
    assert.equal("AmbiguousStatement", err.code)
    assert.equal("statements #1 and #2 both have the Sid 'twin'", err.message)
    for _, number in ipairs { "#3", "#0", "#99999999999999999999" } do
      changed, err = revoke.edit { statement = number }(doc)
      assert.is_nil(changed)
      assert.equal(("statement %s does not exist: the policy has 2"):format(number), err.message)
    end
    assert.equal(tostring(document(TWIN, TWIN)), tostring(doc))
  end)

  it("resolves a reference wherever the statement moved, and never to its twin", function()
    local doc = document(NAMELESS, TWIN, TWIN)
    local second = statements.reference(doc, 3)
    assert.matches("^#3:%x%x%x%x%x%x%x%x$", second)
    assert.equal(2, statements.find(document(TWIN, TWIN), second))
    local edit = revoke.edit { statement = second }
    assert.is_true((edit(doc)))
    assert.is_false((edit(doc)))
    assert.equal(tostring(document(NAMELESS, TWIN)), tostring(doc))
    assert.is_false(statements.find(doc, "#3:"))
    assert.is_false(statements.find(document((TWIN:gsub("555566667777", "555566667778"))), second))
    assert.equal(1, statements.find(assert(policy.parse(doc:format())), statements.reference(doc, 1)))
  end)

  it("removes one principal from one statement", function()
    local doc = document(TWIN, (TWIN:gsub("twin", "other")))
    assert.is_true((revoke.edit { statement = "other", principal = "444455556666" }(doc)))
    assert.equal(tostring(document(TWIN, (TWIN:gsub("twin", "other"):gsub('"444455556666",', "")))), tostring(doc))
    assert.is_false((revoke.edit { statement = "other", principal = "444455556666" }(doc)))
  end)

  it("is written once if another writer's change moves the numbers", function()
    local w <close> = world.new()
    w:put("my-private-repo", tostring(document(TWIN, NAMELESS, DENY)))
    local writes = 0
    w.after = function(operation)
      if operation == "SetRepositoryPolicy" then
        writes = writes + 1
        if writes == 1 then
          w:put("my-private-repo", tostring(document(NAMELESS, TWIN, DENY)))
        end
      end
    end
    assert(w.region:revoke({ statement = "#2" }, w:repository "my-private-repo"))
    assert.equal(2, writes)
    assert.equal(tostring(document(TWIN, DENY)), w:text "my-private-repo")
  end)
end)
