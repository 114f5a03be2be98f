-- Runs the other recipes of scripts/examples/recipes/services, as deployment_recipes_spec.lua does, and compares the
-- folder with its README.

local account = require "recipe_account"
local helper = require "helper"

describe("the recipe nightly-scale", function()
  local function size(a)
    local service = a.service "web"
    return ("%s:%d"):format(service.power, service.scale)
  end

  it("scales tagged services down and up, and reports a tag that is invalid", function()
    local a <close> = account.new()
    local out, err = a.run("nightly-scale.lua", { "down", "--dry-run" }, 1)
    assert.same({ "web: would update nano:1\n", "idle: the tag night is not POWER:SCALE, such as nano:1\n" }, { out, err })
    assert.equal("small:2", size(a))
    for _, kind in ipairs { "updated", "unchanged" } do
      assert.equal(("web: %s nano:1\n"):format(kind), (a.run("nightly-scale.lua", { "down" }, 1)))
      assert.equal("nano:1", size(a))
    end
    for _, kind in ipairs { "updated", "unchanged" } do
      assert.equal(("web: %s small:2\n"):format(kind), (a.run("nightly-scale.lua", { "up" })))
      assert.equal("small:2", size(a))
    end
    assert.matches("must be one of", select(2, a.run("nightly-scale.lua", { "sideways" }, 2)))
  end)

  it("remembers the capacity of the day although it was killed", function()
    for _, call in ipairs { "TagResource", "UpdateContainerService" } do
      local a <close> = account.new "0.5"
      a.kill("nightly-scale.lua", { "down" }, call .. "$")
      a.run("nightly-scale.lua", { "down" }, 1)
      assert.equal("nano:1", size(a))
      a.run("nightly-scale.lua", { "up" })
      assert.equal("small:2", size(a))
    end
  end)
end)

describe("the recipe cost-report", function()
  it("sums the prices of all Regions", function()
    local a <close> = account.new()
    local out = a.run("cost-report.lua", { "--by", "team" })
    assert.matches("eu%-west%-1 +far +micro x 3 +30%.00 +no deployment\n", out)
    assert.matches("us%-east%-1 +off +micro x 1 +10%.00 +disabled\n", out)
    assert.matches("us%-east%-1 +web +small x 2 +30%.00\n", out)
    assert.matches("\nteam=a: 30%.00 USD\n", out)
    assert.matches("\ntotal: 84%.00 USD a month\n$", out)
    assert.matches("\ntotal: 30%.00 USD a month\n$", (a.run("cost-report.lua", { "eu-west-1", "--budget", "30" })))
    a.run("cost-report.lua", { "eu-west-1", "--budget", "29" }, 3)
  end)

  it("reports a Region that fails, and continues", function()
    local a <close> = account.new(nil, { { operation = "GetContainerServices", times = 1,
      error = { code = "AccessDeniedException", message = "not here", status = 400 } } })
    local out, err = a.run("cost-report.lua", { "eu-west-1", "eu-west-1" }, 1)
    assert.matches("^eu%-west%-1: [^\n]*not here", err)
    assert.matches("far +micro x 3 +30%.00", out)
    assert.matches("total: 30%.00 USD", out)
  end)
end)

describe("the recipe attach-domain", function()
  it("attaches the names of a certificate beside the ones that are attached", function()
    local a <close> = account.new()
    local host = a.service("web").url:match "//([^:/]+)"
    local function expect(kind, names, words)
      local out, err = a.run("attach-domain.lua", words)
      local lines = {}
      for i, name in ipairs(names) do lines[i] = ("%s. CNAME %s.\n"):format(name, host) end
      assert.equal(table.concat(lines), out)
      assert.matches("^web: " .. kind, err)
    end
    expect("would update", { "www.example.com" }, { "web", "site", "www.example.com", "--dry-run" })
    expect("updated", { "www.example.com" }, { "web", "site", "WWW.example.com" })
    expect("updated", { "www.example.com", "example.com" }, { "web", "site" })
    expect("unchanged", { "example.com", "www.example.com" }, { "web", "site", "example.com" })
    local domains = a.json("service update web --scale 2 --dry-run").domains
    assert.same({ { certificate = "site", domain = "example.com" }, { certificate = "site", domain = "www.example.com" } }, domains)
  end)

  it("attaches nothing until the certificate is issued", function()
    local a <close> = account.new()
    assert.matches("'late' is PENDING_VALIDATION", select(2, a.run("attach-domain.lua", { "web", "late" }, 1)))
    assert.matches("does not cover other.example", select(2, a.run("attach-domain.lua", { "web", "site", "other.example" }, 1)))
    assert.matches("no certificate 'none'", select(2, a.run("attach-domain.lua", { "web", "none" }, 1)))
    assert.same({}, a.json("service update web --scale 2 --dry-run").domains)
  end)

  it("is completed after it was killed", function()
    local a <close> = account.new "0.5"
    a.kill("attach-domain.lua", { "web", "site" }, "UpdateContainerService$")
    a.run("attach-domain.lua", { "web", "site" })
    local domains = a.json("service update web --scale 2 --dry-run").domains
    assert.same({ { certificate = "site", domain = "example.com" }, { certificate = "site", domain = "www.example.com" } }, domains)
  end)
end)

describe("the recipe prune-images", function()
  it("deletes old images of each label, and asks first", function()
    local a <close> = account.new()
    local function left()
      local names = {}
      for i, image in ipairs(a.json "images shop") do names[i] = image.image end
      return names
    end
    assert.equal(":shop.app.2: would delete\n:shop.app.1: would delete\n",
      (a.run("prune-images.lua", { "--keep", "1", "--dry-run" })))
    assert.matches("pass %-%-yes", select(2, a.run("prune-images.lua", { "--keep", "1" }, 2)))
    assert.equal(4, #left())
    assert.equal(":shop.app.2: deleted\n:shop.app.1: deleted\n", (a.run("prune-images.lua", { "--keep", "1", "--yes" })))
    assert.equal("", (a.run("prune-images.lua", { "--keep", "1", "--yes" })))
    assert.same({ ":shop.app.3", ":shop.side.4" }, left())
    a.run("prune-images.lua", { "none", "--yes" }, 1)
  end)

  it("is completed after it was killed", function()
    local a <close> = account.new(nil, { { operation = "DeleteContainerImage", times = 1, delay = 2 } })
    a.kill("prune-images.lua", { "--keep", "1", "--yes" }, "DeleteContainerImage")
    a.run("prune-images.lua", { "--keep", "1", "--yes" })
    assert.equal(2, #a.json "images shop")
  end)
end)

describe("the recipe tear-down", function()
  local function names(a)
    local list = {}
    for i, one in ipairs(a.json "service list") do list[i] = one.service end
    return list
  end

  it("deletes the services with a tag, and asks first", function()
    local a <close> = account.new()
    a.emulator:run "grant shop other"
    local all = names(a)
    assert.equal("idle: would delete\nshop: would delete\n", (a.run("tear-down.lua", { "env=pr-17", "--dry-run" })))
    local _, err = a.run("tear-down.lua", { "env=pr-17" }, 2)
    assert.matches("shop: 1 deployments, 1 grants, 7%.00 USD a month\n", err)
    assert.same(all, names(a))
    a.run("tear-down.lua", { "env=pr-17", "--yes" })
    assert.same({ "off", "web" }, names(a))
    assert.matches("no policy", a.emulator:run("show other").out .. a.emulator:run("show other").err)
    assert.matches("no service has the tag", select(2, a.run("tear-down.lua", { "env=pr-17", "--yes" })))
    a.run("tear-down.lua", { "env" }, 2)
  end)

  it("is completed after it was killed", function()
    local a <close> = account.new("0.5", {
      { operation = "DeleteRepositoryPolicy", times = 1, delay = 2 }, { operation = "DeleteContainerService", times = 1, delay = 2 },
    })
    a.emulator:run "grant shop other"
    a.kill("tear-down.lua", { "env=pr-17", "--yes" }, "SetRepositoryPolicy\\|DeleteRepositoryPolicy\\|DeleteContainerService$")
    a.run("tear-down.lua", { "env=pr-17", "--yes" })
    assert.same({ "off", "web" }, names(a))
  end)
end)

describe("the recipes of services", function()
  it("are completed although AWS throttles the first calls of each operation", function()
    local faults = {}
    for i, operation in ipairs { "GetContainerServices", "GetContainerServiceDeployments", "GetContainerServicePowers",
      "GetContainerImages", "GetRegions", "TagResource", "UpdateContainerService", "CreateContainerServiceDeployment",
      "DeleteContainerImage", "DeleteContainerService" } do
      faults[i] = { operation = operation, times = 2, throttle = true }
    end
    local a <close> = account.new(nil, faults)
    assert.equal("shop: deployed\nweb: deployed\n", (a.run("deploy-everywhere.lua", { "web:2" })))
    assert.equal("web: updated nano:1\n", (a.run("nightly-scale.lua", { "down" }, 1)))
    a.run("prune-images.lua", { "--keep", "1", "--yes", "shop" })
    a.run("tear-down.lua", { "env=pr-17", "--yes" })
    assert.matches("total: 47%.00 USD", (a.run("cost-report.lua", {})))
  end)

  it("change nothing that a rule denies", function()
    local a <close> = account.new()
    local file = a.folder .. "/rules.lua"
    helper.write(file, [[rule "freeze" { on = { "service", "deploy", "revoke" }, check = function() return deny "frozen" end }]])
    local function services()
      return a.emulator:run({ "service", "list", "--query", "[].[service,power,scale,tags]" }).out
    end
    local before = services()
    for name, words in pairs {
      ["deploy-everywhere.lua"] = { "web:2" }, ["nightly-scale.lua"] = { "down" }, ["prune-images.lua"] = { "--yes", "--keep", "1" },
      ["tear-down.lua"] = { "env=pr-17", "--yes" },
    } do
      local out, err = a.run(name, { "--rules", file, table.unpack(words) }, 1)
      assert.matches("frozen", out .. err, name)
    end
    for name, words in pairs { ["blue-green.lua"] = { "web", "app=web:2" }, ["attach-domain.lua"] = { "web", "site" } } do
      assert.matches("frozen", select(2, a.run(name, { "--rules", file, table.unpack(words) }, 4)), name)
    end
    assert.equal(before, services())
    assert.same({ "1 ACTIVE web:1" }, a.versions "web")
    assert.equal(4, #a.json "images shop")
  end)

  it("are shorter than a screen, say in a comment how to run them, and have a row in README.md and a test", function()
    local pipe <close> = assert(io.popen("ls " .. account.FOLDER))
    local readme, names = helper.read("scripts/examples/recipes/README.md"), {}
    local specs = helper.read "tests/cli/deployment_recipes_spec.lua" .. helper.read "tests/cli/service_recipes_spec.lua"
    for file in pipe:lines() do
      names[#names + 1] = file
      local text = helper.read(account.FOLDER .. file)
      local comment = text:match "^#!/bin/sh\n(# [^\n]+\n# [^\n]+\n)" or text:match "^(%-%- [^\n]+\n%-%- [^\n]+\n)" or ""
      assert.is_true(select(2, text:gsub("\n", "")) <= 40, file)
      assert.matches("^%S+ %u[^\n]+%.\n", comment, file)
      assert.truthy(comment:find((file:find "%.sh$" and "\n# sh " or "\n-- lanyard ") .. file, 1, true), file)
      assert.truthy(readme:find(("| `services/%s` | "):format(file), 1, true), file .. " has no row in README.md")
      assert.truthy(specs:find(('run("%s", '):format(file), 1, true), file .. " has no test")
      local help = helper.run(account.words(file, { "--help" }))
      assert.same({ 0, "" }, { help.status, help.err }, file)
      assert.truthy(#help.out > 200, file .. " has no help")
    end
    assert.equal(12, #names, table.concat(names, " "))
  end)
end)
