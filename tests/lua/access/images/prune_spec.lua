local errors = require "lanyard.errors"
local prune = require "lanyard.access.images.prune"
local world = require "world"

local function image(name, uses, shared)
  local label, number = name:match "%.(%w+)%.(%d+)$"
  local list = {}
  for i, version in ipairs(uses or {}) do list[i] = { version = version, state = "INACTIVE" } end
  return { name = name, label = label, number = tonumber(number), uses = list, shared = shared }
end

-- Returns "name kind why" of results.
local function lines(results)
  local found = {}
  for i, result in ipairs(results) do
    found[i] = table.concat({ result.image.name, result.kind, result.why or result.err and result.err.code }, " | ")
  end
  return found
end

-- A service with the images 1 to 6 of one label, whose deployment runs the second.
local function service_world()
  return world.new { seed = { regions = { ["us-east-1"] = { services = {
    { name = "web", images = { "a", "a", "a", "a", "a", "a" }, containers = { app = { image = ":web.a.2" } } } } } } } }
end

local function left(w)
  local names = {}
  for i, one in ipairs(assert(w.region:images "web")) do names[i] = one.name end
  return table.concat(names, " ")
end

-- Calls f(w, name of the image) instead of DeleteContainerImage.
local function answer(w, f)
  local lightsail = w.region.lightsail
  w.region.lightsail = setmetatable({
    DeleteContainerImage = function(_, input)
      local err = f(input.image, function() return lightsail:DeleteContainerImage(input) end)
      if err then return nil, err end
      return lightsail:DeleteContainerImage(input)
    end,
  }, { __index = function(_, name) return function(_, ...) return lightsail[name](lightsail, ...) end end })
end

describe("the decision about images", function()
  it("keeps the newest of each label, and all that deployments use", function()
    local list = { image ":w.a.9", image ":w.a.8", image(":w.a.5", { 4, 2 }), image(":w.a.4", {}, ":w.a.5"), image ":w.a.3",
      image(":w.b.7", { 1 }), image ":w.b.6" }
    assert.same({
      ":w.a.9 | kept | the newest of label a", ":w.a.8 | not deleted", ":w.a.5 | kept | used by deployments 4, 2",
      ":w.a.4 | kept | the same image as :w.a.5, which is used", ":w.a.3 | not deleted",
      ":w.b.7 | kept | used by deployment 1", ":w.b.6 | not deleted",
    }, lines(prune.plan(list, 1)))
    assert.same({
      ":w.a.9 | kept | the newest of label a", ":w.a.8 | kept | one of the newest 2 of label a",
      ":w.a.5 | kept | used by deployments 4, 2", ":w.a.4 | kept | the same image as :w.a.5, which is used",
      ":w.a.3 | not deleted", ":w.b.7 | kept | used by deployment 1", ":w.b.6 | kept | one of the newest 2 of label b",
    }, lines(prune.plan(list, 2)))
    assert.equal("not deleted", prune.plan(list, 0)[1].kind)
    assert.equal("kept", prune.plan(list, 0)[3].kind)
  end)
end)

describe("the deletion of images", function()
  it("asks before it deletes, and deletes what is left when it is repeated", function()
    local w <close> = service_world()
    assert.error_matches(function()
      w.region:prune_images("web", { keep = 2, confirm = function(names)
        assert.same({ ":web.a.4", ":web.a.3", ":web.a.1" }, names)
        error("no", 0)
      end })
    end, "^no$")
    assert.equal(0, w:count "DeleteContainerImage")
    assert.same({ ":web.a.6 | kept | the newest of label a", ":web.a.5 | kept | one of the newest 2 of label a", ":web.a.4 | deleted",
      ":web.a.3 | deleted", ":web.a.2 | kept | used by deployment 1", ":web.a.1 | deleted" },
      lines(assert(w.region:prune_images("web", { keep = 2 }))))
    assert.equal(":web.a.6 :web.a.5 :web.a.2", left(w))
    assert.equal(3, #assert(w.region:prune_images("web", { keep = 2, confirm = function() error "nothing to confirm" end })))
  end)

  it("does nothing in a dry run", function()
    local w <close> = service_world()
    local results = assert(w.region:prune_images("web", { keep = 5, dry_run = true }))
    assert.equal(":web.a.1 | would delete", lines(results)[6])
    assert.equal(0, w:count "DeleteContainerImage")
  end)

  it("continues after a failure", function()
    local w <close> = service_world()
    answer(w, function(name)
      return name == ":web.a.4" and errors.new { code = "AccessDeniedException", status = 400, message = "no" } or nil
    end)
    local results = lines(assert(w.region:prune_images("web", { keep = 2 })))
    assert.equal(":web.a.4 | failed | AccessDeniedException", results[3])
    assert.equal(":web.a.3 | deleted", results[4])
    assert.equal(":web.a.6 :web.a.5 :web.a.4 :web.a.2", left(w))
  end)

  it("takes an image that is gone after a failed call for deleted", function()
    local w <close> = service_world()
    answer(w, function(name, delete)
      if name == ":web.a.4" then -- the reply is lost, and the client's next attempt finds nothing
        assert(delete())
      elseif name == ":web.a.3" then
        assert(delete())
        return errors.new { code = "Timeout", message = "no reply", retryable = true, sent = true }
      elseif name == ":web.a.1" then
        return errors.new { code = "Timeout", message = "no reply", retryable = true, sent = true }
      end
    end)
    local results = lines(assert(w.region:prune_images("web", { keep = 2 })))
    assert.same({ ":web.a.4 | deleted", ":web.a.3 | deleted" }, { results[3], results[4] })
    assert.equal(":web.a.1 | failed | Timeout", results[6])
  end)

  it("keeps an image that a deployment uses since the list was read", function()
    local w <close> = service_world()
    answer(w, function(name)
      if name == ":web.a.4" then
        assert(w.region.lightsail:CreateContainerServiceDeployment { serviceName = "web",
          containers = { app = { image = ":web.a.3" } } })
      end
    end)
    local results = lines(assert(w.region:prune_images("web", { keep = 2 })))
    assert.equal(":web.a.3 | kept | used by deployment 2, which was created meanwhile", results[4])
    assert.equal(":web.a.6 :web.a.5 :web.a.3 :web.a.2", left(w))
  end)

  it("asks the rules about each image", function()
    local w <close> = service_world()
    local asked = {}
    local region = w:connect { permit = function(_, change)
      asked[#asked + 1] = ("%s %s %s %s"):format(change.on, change.action, change.service.name, change.image)
      return change.image ~= ":web.a.3" or nil, errors.new { code = "RefusedByRule", message = "denied", rule = "r" }
    end }
    local results = lines(assert(region:prune_images("web", { keep = 2 })))
    assert.equal("service delete-image web :web.a.4", asked[1])
    assert.same({ ":web.a.4 | deleted", ":web.a.3 | failed | RefusedByRule" }, { results[3], results[4] })
    assert.equal(3, #asked)
  end)
end)
