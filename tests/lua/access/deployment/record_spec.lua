local deployable = require "deployable"
local helper = require "helper"
local record = require "lanyard.access.deployment.record"

-- A plan of a deployment with one variable that is fetched, and others that are kept.
local function plan(environment, base)
  return {
    service = { name = "web" }, request = { containers = { app = { environment = environment } } }, base = base,
    references = { { container = "app", name = "A", reference = { text = "ssm:/a", version = "3", value = environment.A } } },
  }
end

local function path_of(w)
  return helper.run({ "find", w.folder.path, "-name", "web.json" }).out:match "[^\n]+"
end

describe("the record of a service's deployments", function()
  it("has references and versions, and no values", function()
    local w <close> = deployable.world()
    record.note(w.region, 2, plan { A = "planted-value" })
    assert.same({ [2] = { { container = "app", variable = "A", reference = "ssm:/a", version = "3" } } }, record.origins(w.region, "web"))
    assert.is_nil(helper.read(path_of(w)):find("planted", 1, true))
    assert.equal("-rw-------", helper.run({ "ls", "-l", path_of(w) }).out:match "^%S+")
  end)

  it("keeps the origin of a variable while its value stays", function()
    local w <close> = deployable.world()
    local first = plan { A = "1", B = "x" }
    record.note(w.region, 2, first)
    local base = { version = 2, request = first.request }
    local kept = plan({ A = "1", B = "y" }, base)
    kept.references = {}
    record.note(w.region, 3, kept)
    assert.equal("ssm:/a", record.origins(w.region, "web")[3][1].reference)
    local replaced = plan({ A = "2" }, { version = 3, request = kept.request })
    replaced.references = {}
    record.note(w.region, 4, replaced)
    assert.is_nil(record.origins(w.region, "web")[4])
  end)

  it("forgets versions that Lightsail has forgotten", function()
    local w <close> = deployable.world()
    for version = 1, 53 do record.note(w.region, version, plan { A = "1" }) end
    local origins = record.origins(w.region, "web")
    assert.is_nil(origins[3])
    assert.is_truthy(origins[4] and origins[53])
  end)

  it("remembers a rollback for an hour, until it ends", function()
    local w <close> = deployable.world()
    assert.is_nil(record.rollback(w.region, "web"))
    assert.is_true(record.set_rollback(w.region, "web", { from = 2, to = 1, newest = 2, by = "rollback" }))
    assert.equal(1, record.rollback(w.region, "web").to)
    assert.is_nil(record.rollback(w.region, "other"))
    w.passed = w.passed + 3601
    assert.is_nil(record.rollback(w.region, "web"))
    record.set_rollback(w.region, "web", { from = 2, to = 1, newest = 2, by = "rollback" })
    record.set_rollback(w.region, "web", nil)
    assert.is_nil(record.rollback(w.region, "web"))
  end)

  it("is like an empty one if it is damaged", function()
    local w <close> = deployable.world()
    record.set_rollback(w.region, "web", { from = 2, to = 1, newest = 2, by = "rollback" })
    local path = path_of(w)
    for _, text in ipairs { "", "{", "[]", "null", '{"versions":[1,2],"rollback":"x"}', '{"versions":{"x":1,"2":{"references":3}},"rollback":{"from":"a"}}',
      '{"versions":{"2":"x"},"rollback":{"from":1,"to":2}}' } do
      helper.write(path, text)
      assert.is_nil(record.rollback(w.region, "web"), text)
      assert.is_nil(record.origins(w.region, "web")[2], text)
      record.note(w.region, 7, plan { A = "1" })
      assert.is_truthy(record.origins(w.region, "web")[7], text)
    end
  end)

  it("is not needed for a deployment", function()
    local w <close> = deployable.world()
    local region = w:connect { journal_root = "/proc/nothing" }
    record.note(region, 2, plan { A = "1" })
    assert.same({}, record.origins(region, "web"))
    assert.is_false(record.set_rollback(region, "web", { from = 2, to = 1, newest = 2, by = "rollback" }))
  end)
end)
