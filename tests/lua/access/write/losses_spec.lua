-- Statements of others that another writer removes while lanyard changes a policy.

local json = require "lanyard.json"
local world = require "world"

local NAME = "shared-repo"

-- Returns a text with a statement for each Sid.
local function text_of(...)
  local statements = {}
  for i, sid in ipairs { ... } do
    statements[i] = ('{"Sid":"%s","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:DescribeImages"}')
      :format(sid)
  end
  return ('{"Version":"2008-10-17","Statement":[%s]}'):format(table.concat(statements, ","))
end

-- Grants while another writer replaces the policy by `text`, once, at the first call of `operation` after the write.
-- before: the policy at first
local function grant_against(w, text, options, before)
  w:put(NAME, before or text_of("ci", "scan"))
  local written = false
  w.after = function(operation)
    if operation == "SetRepositoryPolicy" and not written then
      written = true
      w:put(NAME, text)
    end
  end
  return assert(w.region:grant(w:service(), w:repository(NAME), options))
end

describe("statements of others", function()
  it("are reported when another writer removed them while a grant was made", function()
    local w <close> = world.new()
    local change = grant_against(w, text_of("scan"))
    assert.same({ "statement 'ci'" }, change.lost)
    assert.same({ "scan", "AllowLightsailPull-my-container-service" }, w:sids(NAME))
  end)

  it("are restored by one call, once", function()
    local w <close> = world.new()
    grant_against(w, text_of("scan"))
    local restored = assert(w.region:restore(w:repository(NAME)))
    assert.equal("restored", restored.kind)
    assert.same({ "scan", "AllowLightsailPull-my-container-service", "ci" }, w:sids(NAME))
    assert.equal("unchanged", assert(w.region:restore(w:repository(NAME))).kind)
    assert(w.region:undo(w:repository(NAME))) -- a restoration is a change like others
    assert.same({ "scan", "AllowLightsailPull-my-container-service" }, w:sids(NAME))
  end)

  it("are restored only where a policy variable keeps its meaning", function()
    local own = '{"Sid":"own","Effect":"Allow","Principal":"*","Action":"ecr:PutImage","Condition":{"StringEquals":'
      .. '{"aws:PrincipalTag/repository":"${ecr:ResourceTag/owner}"}}}'
    local function policy_of(version, ...)
      return ('{"Version":"%s","Statement":[%s]}'):format(version, table.concat({ ... }, ","))
    end
    local scan = '{"Sid":"scan","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:DescribeImages"}'
    local w <close> = world.new()
    assert.same({ "statement 'own'" },
      grant_against(w, policy_of("2012-10-17", scan), nil, policy_of("2012-10-17", scan, own)).lost)
    local before = w:text(NAME)
    w:put(NAME, policy_of("2008-10-17", scan))
    local restored, err = w.region:restore(w:repository(NAME))
    assert.is_nil(restored)
    assert.equal("OtherVersion", err.code)
    assert.matches("^statement 'own' has a policy variable, and the Version of the policy of 'shared%-repo' ", err.message)
    assert.same({ "scan" }, w:sids(NAME))
    w:put(NAME, before)
    assert.equal("restored", assert(w.region:restore(w:repository(NAME))).kind)
    assert.same({ "scan", "AllowLightsailPull-my-container-service", "own" }, w:sids(NAME))
    w:put(NAME, nil)
    assert.equal("restored", assert(w.region:restore(w:repository(NAME))).kind)
    assert.same(json.decode(policy_of("2012-10-17", own)), json.decode(w:text(NAME)))
  end)

  it("are not reported while they are there, or if the other writer only adds some", function()
    local w <close> = world.new()
    assert.is_nil(grant_against(w, text_of("scan", "ci", "more")).lost)
    assert.same({ "scan", "ci", "more", "AllowLightsailPull-my-container-service" }, w:sids(NAME))
    local _, err = w.region:restore(w:repository(NAME))
    assert.equal("NothingLost", err.code)
  end)

  it("are reported when the read after settling finds them gone", function()
    local w <close> = world.new()
    w:put(NAME, text_of("ci", "scan"))
    local sleep = w.region.clock.sleep
    local overwritten = false
    w.region.clock.sleep = function(seconds)
      sleep(seconds)
      if seconds >= w.region.limits.bound and not overwritten then
        overwritten = true
        w:put(NAME, text_of("ci"))
      end
    end
    local change = assert(w.region:grant(w:service(), w:repository(NAME), { settle = true }))
    assert.same({ "statement 'scan'" }, change.lost)
  end)

  it("that the change itself removes are not lost", function()
    local w <close> = world.new()
    w:put(NAME, text_of("ci", "scan"))
    local change = assert(w.region:revoke({ statement = "ci" }, w:repository(NAME)))
    assert.is_nil(change.lost)
  end)
end)
