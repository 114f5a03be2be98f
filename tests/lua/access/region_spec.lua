local access = require "lanyard.access"
local errors = require "lanyard.errors"
local world = require "world"

describe("access.connect", function()
  it("raises if it is not given a permit, so that nothing is written without rules by accident", function()
    local w <close> = world.new()
    for _, settings in ipairs { false, {} } do
      local ok, message = pcall(access.connect, w.region.session, settings or nil)
      assert.is_false(ok)
      assert.matches("access%.connect needs settings%.permit", message)
    end
  end)

  it("asks permit before each change, and makes none that it refuses", function()
    local w <close> = world.new()
    local asked = {}
    local region = w:connect {
      permit = function(_, change)
        asked[#asked + 1] = change.on
        return nil, errors.new { code = "Refused", message = "not today" }
      end,
    }
    local _, err = region:grant(w:service(), w:repository "my-private-repo")
    assert.equal("Refused", err.code)
    assert.same({ "grant" }, asked)
    assert.is_nil(w:text "my-private-repo")
  end)

  it("announces a change to prepare before it reads the policy", function()
    local w <close> = world.new()
    local service, repository, order = w:service(), w:repository "my-private-repo", {}
    w.before = function(operation) order[#order + 1] = operation end
    local region = w:connect {
      permit = function() order[#order + 1] = "permit" return true end,
      prepare = function() order[#order + 1] = "prepare" return true end,
    }
    assert(region:grant(service, repository, { dry_run = true }))
    assert.same({ "prepare", "GetRepositoryPolicy", "permit" }, order)
  end)
end)
