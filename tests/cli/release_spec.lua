-- From nothing to an active deployment, with smoke tests and rollbacks, as its user does it.

local deployable = require "deployable"
local helper = require "helper"
local json = require "lanyard.json"

local json_of = deployable.json_of

-- The deployments of a service as "VERSION TAG STATE", newest first.
local function versions(em, name)
  local list = {}
  for i, one in ipairs(json_of(em, "deployments " .. (name or "web"))) do
    list[i] = ("%d %s %s"):format(one.version, one.images.app:match ":([^:]*)$", one.state)
  end
  return list
end

describe("lanyard deploy --smoke", function()
  it("prints the URL of an active deployment, and asks it", function()
    local em <close> = deployable.emulator()
    local result = em:run "deploy web app=web:1.1 --smoke /up=200 --smoke /"
    assert.equal(0, result.status, result.err)
    assert.match("\nsmoke /up +passed +200, 1 attempt *\nsmoke / +passed +200, 1 attempt", result.out)
    local url = result.out:match "\n(http://web%.[^\n]+)\n$"
    assert.is_truthy(url, result.out)
    local item = json_of(em, "deploy web app=web:1.1 --smoke /up")
    assert.equal("unchanged", item.result)
    assert.equal(url, item.url)
    assert.same({ "passed", 200, "200-399" }, { item.smoke[1].result, item.smoke[1].status, item.smoke[1].codes })
  end)

  it("asks until a container has warmed up, and follows no redirect", function()
    local em <close> = deployable.emulator()
    local item = json_of(em, "deploy web app=web:warming --smoke /ready=200")
    assert.equal("passed", item.smoke[1].result)
    item = json_of(em, "deploy web app=web:half --smoke /moved --smoke /moved=302")
    assert.same({ 302, 302 }, { item.smoke[1].status, item.smoke[2].status })
  end)

  it("exits with 1 if the status is another one, and leaves the deployment", function()
    local em <close> = deployable.emulator()
    local result = em:run "deploy web app=web:half --smoke /ready --smoke-timeout 0.2s"
    assert.equal(1, result.status)
    assert.match("smoke /ready +failed +500, not 200%-399, %d attempts?", result.out)
    assert.match("lanyard: smoke test of http://[^\n]+/ready: 500, not 200%-399, after", result.err)
    assert.same({ "2 half ACTIVE", "1 1.0 INACTIVE" }, versions(em))
  end)

  it("needs a public endpoint", function()
    local em <close> = deployable.emulator()
    local result = em:run "deploy fresh app=jobs --smoke /"
    assert.equal(1, result.status)
    assert.match("the deployment has no public endpoint to test", result.err)
    assert.same({}, versions(em, "fresh"))
  end)
end)

describe("lanyard deploy --rollback", function()
  it("restores the version before if a smoke test fails", function()
    local em <close> = deployable.emulator()
    local result = em:run "deploy web app=web:half --smoke /ready --smoke-timeout 0.2s --rollback"
    assert.equal(1, result.status)
    assert.match("rollback +restored +version 3, with the containers of version 1", result.out)
    assert.match("lanyard: 'web' was rolled back: version 3 is active, with the containers of version 1", result.err)
    assert.same({ "3 1.0 ACTIVE", "2 half INACTIVE", "1 1.0 INACTIVE" }, versions(em))
    local item = json_of(em, "deploy web app=web:half --smoke /ready --smoke-timeout 0.2s --rollback", 1)
    assert.same({ result = "restored", version = 5, restores = 3 }, item.rollback)
    assert.equal("failed", item.smoke[1].result)
  end)

  it("leaves the version that is still active if the deployment fails", function()
    local em <close> = deployable.emulator()
    local item, result = json_of(em, "deploy web app=web:broken --rollback", 1)
    assert.equal("failed", item.result)
    assert.same({ result = "still active", version = 1 }, item.rollback)
    assert.match("version 1 of 'web' is still active: nothing had to be rolled back", result.err)
    assert.same({ "2 broken FAILED", "1 1.0 ACTIVE" }, versions(em))
  end)

  it("says that a first deployment has nothing before it", function()
    local em <close> = deployable.emulator()
    local item, result = json_of(em, "deploy fresh app=web:half --public 80 --smoke /ready --smoke-timeout 0.2s --rollback", 1)
    assert.equal("nothing to restore", item.rollback.result)
    assert.match("'fresh' was not rolled back: no version was active before", result.err)
  end)
end)

describe("lanyard deploy --create", function()
  it("makes one command of all steps from nothing to an active deployment", function()
    local em <close> = deployable.emulator()
    local words = "deploy shop app=web:1.1 --create --power micro --scale 2 --public app:80 --smoke /"
    local dry = em:run(words .. " --dry-run")
    assert.equal(0, dry.status, dry.err)
    assert.match("service +would create +power micro, scale 2\nrole +would enable", dry.out)
    assert.equal(1, em:run("deployments shop").status)
    local result = em:run(words)
    assert.equal(0, result.status, result.err)
    assert.match("service +created +power micro, scale 2", result.out)
    assert.match("deployment +deployed +version 1", result.out)
    assert.match("http://shop%.", result.out)
    assert.equal("unchanged", json_of(em, words).result)
    assert.same({ "1 1.1 ACTIVE" }, versions(em, "shop"))
  end)

  it("does not change a service that exists, and says what differs", function()
    local em <close> = deployable.emulator()
    local _, result = json_of(em, "deploy web app=web:1.1 --create --power large")
    assert.match("exists with the power %l+, not large: lanyard service update web %-%-power large", result.err)
  end)

  it("creates nothing if the deployment cannot work", function()
    local em <close> = deployable.emulator()
    for words, message in pairs {
      ["app=web:9 --create --power nano"] = "no image tagged '9'", ["app=web:1.1 --create --power mega"] = "no power 'mega'",
    } do
      local result = em:run("deploy shop " .. words)
      assert.equal(1, result.status)
      assert.match(message, result.err)
      assert.equal(1, em:run("deployments shop").status)
    end
  end)
end)

describe("lanyard rollback", function()
  it("deploys the containers of an earlier version again", function()
    local em <close> = deployable.emulator()
    json_of(em, "deploy web app=web:1.1")
    local dry = em:run "rollback web --dry-run"
    assert.match("deployment +would roll back", dry.out)
    assert.match('%+ +"image": "[^"]+web:1%.0"', dry.out)
    assert.same({ "2 1.1 ACTIVE", "1 1.0 INACTIVE" }, versions(em))
    local item = json_of(em, "rollback web --smoke /up")
    assert.same({ "rolled back", 1, 3 }, { item.result, item.restores, item.version })
    assert.equal("passed", item.smoke[1].result)
    assert.equal("unchanged", json_of(em, "rollback web 1").result)
    assert.equal("rolled back", json_of(em, "rollback web 2").result)
    assert.same({ "4 1.1 ACTIVE", "3 1.0 INACTIVE", "2 1.1 INACTIVE", "1 1.0 INACTIVE" }, versions(em))
  end)

  it("checks images, grants and rules before anything changes", function()
    local em <close> = deployable.emulator()
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", 'rule "frozen" { on = "deploy", check = function() return deny "not today" end }')
    json_of(em, "deploy web app=web:1.1")
    for words, case in pairs {
      ["rollback web --rules " .. folder .. "/rules.lua"] = { 4, "not today" }, ["rollback web 7"] = { 1, "there is no version 7" },
      ["rollback fresh"] = { 1, "no version was active before the current one" }, ["rollback none"] = { 1, "does not exist" },
      ["rollback web 0"] = { 2, "'0' is not a version" },
    } do
      local result = em:run(words)
      assert.equal(case[1], result.status, words)
      assert.match(case[2], result.err)
      assert.equal("", result.out)
    end
    assert.equal(2, #versions(em))
  end)
end)

describe("lanyard deployments", function()
  it("lists versions with state, age, images and changes, and no values", function()
    local em <close> = deployable.emulator()
    json_of(em, { "deploy", "web", "app=web:1.1", "--env", "app:MODE=planted-mode", "--port", "app:81:TCP" })
    json_of(em, "deploy web app=web:broken", 1)
    local result = em:run "deployments web"
    assert.match("^VERSION +STATE +AGE +IMAGES +CHANGES *\n3 +FAILED +%d+ %l+ +app=web:broken +app: image web:1%.1 %-> web:broken", result.out)
    assert.match("\n2 +ACTIVE +%d+ %l+ +app=web:1%.1 +app: image web:1%.0 %-> web:1%.1 *\n +side=nginx:1 +app: variable %+ MODE *\n"
      .. " +app: port 81 %+ TCP", result.out)
    local items, of_json = json_of(em, "deployments web")
    assert.same({ "app: image " .. deployable.HOST .. "web:1.0 -> " .. deployable.HOST .. "web:1.1", "app: variable + MODE",
      "app: port 81 + TCP" }, { table.unpack(items[2].changes) })
    assert.same({ KEY = "***", MODE = "***" }, items[2].deployment.containers.app.environment)
    assert.is_nil((result.out .. of_json.out):find("planted", 1, true))
    assert.match("^%d+%-%d+%-%d+T", items[1].created)
    result = em:run "deployments fresh"
    assert.equal(0, result.status)
    assert.match("'fresh' has no deployment: lanyard deploy fresh CONTAINER=IMAGE", result.err)
    assert.same({}, { table.unpack(json.decode(em:run("deployments fresh --output json").out)) })
  end)
end)
