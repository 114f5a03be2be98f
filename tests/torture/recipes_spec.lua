-- Kills the recipes of scripts/examples/recipes/services at their calls and runs them again: what exists afterwards is
-- what one run without a kill leaves.

local account = require "recipe_account"
local helper = require "helper"
local json = require "lanyard.json"
local torture = require "torture"

local CALL = "^> POST "

-- Recipes with their arguments; FOLDER is the one of `files`. status: the exit status if it is not 0.
local RECIPES = {
  { "create-and-deploy.sh", { "new", "app=other:1", "80" } },
  { "blue-green.lua", { "web", "app=web:2", "--smoke", "/up", "--watch", "0s" } },
  { "rollback-on-failure.sh", { "web", "app=web:2", "/up" } },
  { "rollback-on-failure.sh", { "web", "app=web:sick", "/up=200" }, status = 1 },
  { "deploy-two-files.sh", { "web", "FOLDER", "app=web:2" } },
  { "deploy-dotenv.lua", { "web", "app=web:2", "FOLDER/.env" } },
  { "deploy-everywhere.lua", { "web:2" } },
  { "nightly-scale.lua", { "down" }, status = 1 },
  { "attach-domain.lua", { "web", "site" } },
  { "prune-images.lua", { "--keep", "1", "--yes" } },
  { "tear-down.lua", { "env=pr-17", "--yes" } },
}

local function files(folder)
  helper.write(folder .. "/.env", "MODE=new\nKEY=ssm:/web/key\n")
  helper.write(folder .. "/containers.json", json.encode { app = { image = account.HOST .. "web:1",
    ports = { ["8080"] = "HTTP" } } })
  helper.write(folder .. "/public-endpoint.json", json.encode { containerName = "app", containerPort = 8080 })
end

-- The arguments of a recipe in this account.
local function words_of(a, recipe)
  local words = {}
  for i, word in ipairs(recipe[2]) do words[i] = word:gsub("FOLDER", tostring(a.folder)) end
  return words
end

local function start()
  local a = account.new "0.1"
  files(a.folder)
  a.emulator:run "grant shop other"
  a.emulator.environment.SMOKE_TIMEOUT = "1s"
  return a
end

-- What exists in an account, without versions and times.
local function state_of(a)
  local result = a.emulator:run { "-e", [[
    local json, region = require "lanyard.json", require("lanyard.cli").connect {}
    for _, service in ipairs(assert(region:services())) do
      local request = service.current and assert(region:choose_deployment(service.name, service.current.version)).request
      print(service.name, service.state, service.power, service.scale, service.role.active, json.encode(service.tags),
        json.encode(service.domains), json.encode(request or {}), #assert(region:images(service.name)))
    end
    for _, item in ipairs(assert(region:policies())) do
      print(item.repository.name, item.doc and item.doc:size())
    end]] }
  return result.status == 0 and result.out or error(result.err)
end

describe("the recipes of services", function()
  it("leave the same when they are killed at a call and run again", function()
    local random, cases, wrong = torture.random(), 0, {}
    for _, recipe in ipairs(torture.sample(RECIPES, torture.choose(2, #RECIPES), random)) do
      local expected, calls
      do
        local a <close> = start()
        local _, err = a.run(recipe[1], words_of(a, recipe), recipe.status, { LANYARD_DEBUG = "1" })
        calls, expected = select(2, ("\n" .. err):gsub("\n> POST ", "")), state_of(a)
      end
      assert.is_true(calls >= 3 and #expected > 100, recipe[1] .. " made " .. calls .. " calls")
      local numbers = {}
      for number = 1, calls do numbers[number] = number end
      for _, number in ipairs(torture.sample(numbers, torture.choose(1, calls), random)) do
        cases = cases + 1
        local a <close> = start()
        pcall(a.kill, recipe[1], words_of(a, recipe), CALL, number) -- it can end before it is killed at its last call
        local ok, message = pcall(a.run, recipe[1], words_of(a, recipe), recipe.status)
        if not ok or state_of(a) ~= expected then
          wrong[#wrong + 1] = ("%s, killed at call %d: %s, not %s"):format(recipe[1], number, message or state_of(a), expected)
        end
      end
    end
    torture.report("recipes of services", cases)
    assert.equal("", table.concat(wrong, "\n"))
  end)
end)
