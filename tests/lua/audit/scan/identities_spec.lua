local identities = require "lanyard.audit.scan.identities"
local policy = require "lanyard.policy"
local task = require "lanyard.task"
local world = require "world"

local ACCOUNT = "111122223333"
local CI = "arn:aws:iam::111122223333:role/ci-deploy"

describe("the identities of an account", function()
  it("exist under their own path only, as do the sessions of a role", function()
    local w <close> = world.new { seed = {
      roles = { CI, "arn:aws:iam::111122223333:role/team/reader" }, users = { "arn:aws:iam::111122223333:user/a/b/ann" },
    } }
    local known = identities.new(w.region.session:client "iam", {})
    for value, exists in pairs {
      [CI] = true, ["arn:aws:iam::111122223333:role/team/reader"] = true, ["arn:aws:iam::111122223333:user/a/b/ann"] = true,
      ["arn:aws:sts::111122223333:assumed-role/reader/today"] = true,
      ["arn:aws:iam::111122223333:role/reader"] = false, ["arn:aws:iam::111122223333:user/ann"] = false,
      ["arn:aws:iam::111122223333:role/ann"] = false, ["arn:aws:sts::111122223333:assumed-role/ann/today"] = false,
    } do
      assert.equal(exists, known:exists(value), value)
    end
    assert.is_nil(known.unknown)
  end)

  it("are looked up once, however many callers ask, and for all Regions", function()
    local w <close> = world.new()
    local shared = {}
    w.before = function() task.sleep(0.01) end
    local function ask()
      return identities.new(w.region.session:client "iam", shared):exists(CI)
    end
    task.all { ask, ask, ask }
    assert.equal(1, w:count "GetRole")
    assert.is_true(ask())
    assert.equal(1, w:count "GetRole")
  end)

  it("are missing when an Allow names them, except identities of other accounts and of Lightsail", function()
    local w <close> = world.new()
    local known = identities.new(w.region.session:client "iam", {})
    local doc = assert(policy.parse [[{"Statement":[
      {"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/gone","arn:aws:iam::444455556666:role/gone",
        "111122223333","arn:aws:iam::111122223333:root","AROA2XQYJ5EXAMPLE12345",
        "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/id"]},"Action":"ecr:*"},
      {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/gone"},"Action":"ecr:*"},
      {"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:role/denied"},"Action":"ecr:*"}]}]])
    local missing = known:missing(doc:statements(), ACCOUNT)
    assert.equal(1, #missing)
    assert.equal("arn:aws:iam::111122223333:role/gone", missing[1].value)
    assert.equal(1, missing[1].statement.index)
    assert.equal(1, #w.calls)
  end)
end)
