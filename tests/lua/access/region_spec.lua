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

  it("calls permit before each change, and makes no change that it denies", function()
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

describe("a region", function()
  it("calls nothing until a method is called", function()
    local w <close> = world.new()
    local region = w:connect()
    assert.equal("us-east-1", region.name)
    assert.is_nil(region.account_name)
    assert.same({}, w.calls)
  end)

  it("returns its account, and requests it once", function()
    local w <close> = world.new()
    assert.equal("111122223333", w.region:account())
    assert.equal("111122223333", w.region:with({}):account())
    assert.same({ "GetCallerIdentity" }, w.calls)
  end)

  it("returns nil and the error if repositories, policies or the account cannot be read", function()
    local w <close> = world.new { faults = {
      { operation = "GetCallerIdentity", error = { code = "AccessDenied", status = 403, message = "no" } },
      { operation = "DescribeRepositories", error = { code = "AccessDeniedException", message = "no" } },
    } }
    for _, method in ipairs { "account", "repositories", "policies" } do
      local result, err = w.region[method](w.region)
      assert.is_nil(result)
      assert.is_true(errors.is(err))
    end
  end)

  it("leaves the tables of its caller as they are", function()
    local w <close> = world.new()
    local settings = { poll = { first = 3 }, limits = { lag = 4 } }
    local region = w:connect(settings)
    assert.same({ poll = { first = 3 }, limits = { lag = 4 } }, settings)
    assert.is_nil(getmetatable(settings.poll) or getmetatable(settings.limits))
    assert.same({ first = 3, longest = 5, growth = 1.5 }, region.poll)
    assert.same({ 4, 2 }, { region.limits.lag, region.limits.bound })
  end)

  it("keeps its settings when another region is derived from it", function()
    local w <close> = world.new()
    local part = w.region:with { settle = true, limits = { lag = 1 } }
    assert.same({ true, 1, 2 }, { part.settle, part.limits.lag, part.limits.bound })
    assert.same({ false, 10, 2 }, { w.region.settle, w.region.limits.lag, w.region.limits.bound })
    assert.equal(w.region.ecr, part.ecr)
  end)

  it("lists what `select` returns, unless it is called with globs", function()
    local w <close> = world.new()
    local part = w.region:with {
      select = function(region) return region:repositories { "my-private-repo" } end,
    }
    local function names(list)
      local found = {}
      for i, repository in ipairs(list) do found[i] = repository.name end
      return found
    end
    assert.same({ "my-private-repo" }, names(assert(part:repositories())))
    assert.same(names(assert(w.region:repositories())), names(assert(part:repositories { "*" })))
    assert.equal(1, #assert(part:policies()))
  end)

  it("calls its observer after each read", function()
    local w <close> = world.new()
    local listed, read = 0, {}
    local region = w.region:with { observer = {
      repositories = function(list) listed = listed + #list end,
      policy = function(repository) read[repository.name] = true end,
    } }
    local repositories = assert(region:repositories())
    assert(region:policies(repositories))
    assert.equal(#repositories, listed)
    assert.is_true(read["my-private-repo"])
  end)
end)
