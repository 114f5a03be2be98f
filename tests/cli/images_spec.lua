local helper = require "helper"
local json = require "lanyard.json"

local function emulator(...)
  local folder <close> = helper.folder()
  local images = {}
  for i = 1, 6 do images[i] = i == 4 and "side" or "app" end
  helper.write(folder .. "/seed.json", json.encode { regions = { ["us-east-1"] = { services = {
    { name = "web", images = images, containers = { app = { image = ":web.app.2" } } }, { name = "empty" },
  } } } })
  return helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.json", ... }
end

-- Returns "image result" of the rows of a table.
local function rows_of(out)
  local rows = {}
  for image, result in out:gmatch "\n(:%S+) +%S+ +(%l+ ?%l*)" do rows[#rows + 1] = image .. " " .. result:gsub(" +$", "") end
  return rows
end

describe("lanyard images", function()
  it("lists the images of a service, and the deployments that use them", function()
    local em <close> = emulator()
    local result = em:run "images web"
    assert.same({ 0, "" }, { result.status, result.err })
    assert.match("^IMAGE +CREATED +DIGEST +DEPLOYMENTS\n:web.app.6 ", result.out)
    assert.match("\n:web.app.2 +%S+ +sha256:%x+ +1 %(active%)\n", result.out)
    assert.match("\n:web.side.4 +%S+ +sha256:%x+ +%-\n$", result.out)
    local items = json.decode(em:run("images web --output json").out)
    assert.equal(6, #items)
    assert.same({ ":web.app.2", "app", 2 }, { items[4].image, items[4].label, items[4].version })
    assert.same({ { version = 1, state = "ACTIVE" } }, { table.unpack(items[4].deployments) })
    assert.equal(71, #items[1].digest)
    assert.same({ 0, "lanyard: the registry of 'empty' has no images\n" }, { em:run("images empty").status, em:run("images empty").err })
    assert.equal(1, em:run("images nothing").status)
    assert.equal(2, em:run("images").status)
  end)

  it("deletes old images, and never one that a deployment uses", function()
    local em <close> = emulator()
    local dry = em:run "images prune web --keep 1 --dry-run"
    assert.same({ 0, "" }, { dry.status, dry.err })
    assert.same({ ":web.app.6 kept", ":web.app.5 would delete", ":web.app.3 would delete", ":web.app.2 kept",
      ":web.app.1 would delete", ":web.side.4 kept" }, rows_of(dry.out))
    local unconfirmed = em:run "images prune web --keep 1"
    assert.equal(2, unconfirmed.status)
    assert.match("this would delete 3 images of 'web'; without a terminal, pass %-%-yes to confirm", unconfirmed.err)
    assert.equal(6, #json.decode(em:run("images web --output json").out))
    local result = em:run "images prune web --keep 1 --yes"
    assert.same({ 0, "" }, { result.status, result.err })
    assert.same({ ":web.app.6 kept", ":web.app.5 deleted", ":web.app.3 deleted", ":web.app.2 kept",
      ":web.app.1 deleted", ":web.side.4 kept" }, rows_of(result.out))
    assert.same({ 0, "" }, { em:run("images prune web --keep 1").status, em:run("images prune web --keep 1").err })
    assert.same({ ":web.app.6 deleted", ":web.app.2 kept", ":web.side.4 deleted" }, rows_of(em:run("images prune web --keep 0 --yes").out))
  end)

  it("continues after a failure, and exits with 1", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.json", json.encode { { operation = "DeleteContainerImage", times = 1,
      error = { code = "AccessDeniedException" } } })
    local em <close> = emulator("--faults", folder .. "/faults.json")
    local result = em:run "images prune web --keep 1 --yes --output json"
    assert.equal(1, result.status)
    assert.match("^lanyard: :web.app.5: lightsail:DeleteContainerImage: AccessDeniedException", result.err)
    local items = json.decode(result.out)
    assert.same({ "failed", "AccessDeniedException", "deleted" }, { items[2].result, items[2].error.code, items[3].result })
    assert.same({ ":web.app.6 kept", ":web.app.5 deleted", ":web.app.2 kept", ":web.side.4 kept" },
      rows_of(em:run("images prune web --keep 1 --yes").out))
  end)

  it("reports after an interruption what became of each image, and the same command finishes", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.json", json.encode { { operation = "DeleteContainerImage", after = 1, times = 1, delay = 60 } })
    local em <close> = emulator("--faults", folder .. "/faults.json")
    local result = helper.run({ "sh", "-c", [[
      "$0" images prune web --keep 1 --yes --debug 2>"$1/log" &
      until test "$(grep -c '^> X-Amz-Target: .*DeleteContainerImage$' "$1/log")" -ge 2; do sleep 0.02; done
      kill -INT $!
      wait $!
    ]], helper.lanyard, folder }, em.environment)
    assert.equal(130, result.status)
    assert.same({ ":web.app.6 kept", ":web.app.5 deleted", ":web.app.3 interrupted", ":web.app.2 kept",
      ":web.app.1 not deleted", ":web.side.4 kept" }, rows_of(result.out))
    assert.equal(0, em:run("images prune web --keep 1 --yes").status)
    local items = json.decode(em:run("images web --query [].image").out)
    assert.same({ ":web.app.6", ":web.app.2", ":web.side.4" }, { table.unpack(items) })
  end)

  it("obeys the rules", function()
    local em <close> = emulator()
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", [[rule "keep side" { on = "service", check = function(change)
      return change.action == "delete-image" and change.image:find("side", 1, true) and deny "side stays" or nil
    end }]])
    local result = em:run { "images", "prune", "web", "--keep", "0", "--yes", "--rules", folder .. "/rules.lua" }
    assert.equal(4, result.status)
    assert.match('^lanyard: :web.side.4: %S+ rule "keep side" denies deleting image \':web.side.4\' of service \'web\': side stays', result.err)
    assert.same({ ":web.app.6 deleted", ":web.app.5 deleted", ":web.app.3 deleted", ":web.app.2 kept", ":web.app.1 deleted",
      ":web.side.4 refused" }, rows_of(result.out))
  end)

  it("calls nothing that `lanyard permissions` does not list, as do logs and metrics", function()
    local em <close> = emulator()
    local permissions, called = em:run("permissions").out, {}
    for _, words in ipairs { "logs web --debug", "metrics web --debug", "images prune web --keep 1 --yes --debug" } do
      for operation in em:run(words).err:gmatch "X%-Amz%-Target: Lightsail_20161128%.(%w+)" do
        called[operation] = true
      end
    end
    assert.is_true(called.GetContainerLog and called.GetContainerServiceMetricData and called.GetContainerImages
      and called.DeleteContainerImage)
    for operation in pairs(called) do
      assert.is_truthy(permissions:find('"lightsail:' .. operation .. '"', 1, true), operation)
    end
  end)

  it("rejects a wrong command line", function()
    local em <close> = emulator()
    for words, expected in pairs {
      ["images prune"] = "missing argument 'service'", ["images prune web"] = "say with --keep how many images",
      ["images prune web --keep=-1"] = "'-1' is not a whole number", ["images prune web --keep 1.5"] = "'1.5' is not a whole number",
      ["images prune web --keep all"] = "'all' is not a whole number", ["images prune We_b --keep 1"] = "'We_b' is not",
      ["images web extra"] = "'extra' is not expected",
    } do
      local result = em:run(words)
      assert.equal(2, result.status, words)
      assert.truthy(result.err:find(expected, 1, true), result.err)
    end
    assert.equal(1, em:run("images prune nothing --keep 1").status)
  end)
end)
