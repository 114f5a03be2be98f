-- Rules with on = "service".

local examples = require "lanyard.rules.examples"
local helper = require "helper"
local rules = require "lanyard.rules"
local world = require "world"

local NAME = "my-container-service"

-- Returns a world with these rules, and the list of their warnings.
local function ruled(text, options)
  local w = world.new(options)
  local warnings = {}
  helper.write(w.folder .. "/rules.lua", text)
  w.rules = rules.new { path = w.folder .. "/rules.lua", on_warning = function(line) warnings[#warnings + 1] = line end }
  w.region = w:connect { permit = function(region, change) return w.rules:permit(region, change) end }
  return w, warnings
end

-- Denies with a text that has what the rule sees.
local SHOW = [[
  local function state(one)
    if not one then return "none" end
    local domains = {}
    for name, list in pairs(one.domains) do domains[#domains + 1] = name .. "=" .. table.concat(list, "+") end
    return table.concat({ one.power, one.scale, tostring(one.disabled), one.tags.env or "-", table.concat(domains, " "),
      tostring(one.role.active), ("%g"):format(one.monthly_price or -1) }, " ")
  end
  rule "show" { on = "service", check = function(change)
    return deny(change.on .. " " .. change.action .. " " .. change.service.name .. " " .. change.service.region .. " "
      .. tostring(change.dry_run) .. " " .. change.caller.account .. "; " .. state(change.before) .. "; " .. state(change.after))
  end }
]]

-- The text of the denial of a call.
local function denied(result, err)
  assert.is_true(not result or result.kind == "unchanged")
  assert.equal("RefusedByRule", err.code)
  return err.message:match "show\" (.*)$"
end

describe("rules for a service", function()
  it("see the service before and after, with its price", function()
    local w <close> = ruled(SHOW)
    assert.equal("denies creating service 'web': service create web us-east-1 false 111122223333; none; micro 2 false prod  true 20",
      denied(w.region:create_service("web", { power = "micro", scale = 2, role = true, tags = { env = "prod" } })))
    assert.equal("denies changing service '" .. NAME .. "': service update " .. NAME .. " us-east-1 true 111122223333; "
      .. "nano 1 false -  false 7; nano 3 true -  false 21",
      denied(w.region:update_service(NAME, { scale = 3, disabled = true }, { dry_run = true })))
    assert.equal("denies deleting service '" .. NAME .. "': service delete " .. NAME .. " us-east-1 false 111122223333; "
      .. "nano 1 false -  false 7; none", denied(w.region:delete_service(NAME)))
    for _, operation in ipairs(w.calls) do
      assert.is_truthy(operation:find "^Get", operation)
    end
  end)

  it("see no price that cannot be read, and why", function()
    local w <close> = ruled([[rule "price" { on = "service", check = function(change)
        return deny(tostring(change.after.monthly_price) .. ": " .. change.unknown)
      end }]],
      { faults = { { operation = "GetContainerServicePowers", every = 1,
        error = { code = "AccessDeniedException", message = "no powers" } } } })
    local _, err = w.region:update_service(NAME, { scale = 3 })
    assert.matches("nil: the monthly price: .*no powers", err.message)
  end)

  it("deny when they raise an error, and warn", function()
    local w <close>, warnings = ruled [[rule "broken" { on = "service", check = function(change)
      if change.action == "delete" then return warn "careful" end
      return change.after.monthly_price < change.none end }]]
    local _, err = w.region:update_service(NAME, { scale = 3 })
    assert.matches("the rule failed", err.message)
    assert.equal("deleted", assert(w.region:delete_service(NAME)).kind)
    assert.equal(1, #warnings)
    assert.matches("warns about deleting service 'my%-container%-service': careful", warnings[1])
  end)

  it("are not part of any, and a rule for all of them can be written", function()
    local w <close> = ruled [[rule "any" { on = "any", check = function() return deny "any" end }]]
    assert.equal("updated", assert(w.region:update_service(NAME, { scale = 3 })).kind)
    assert.equal("RefusedByRule", select(2, w.region:enable(NAME)).code)
    local both <close> = ruled [[rule "all" { on = { "any", "service" }, check = function() return deny "all" end }]]
    assert.equal("RefusedByRule", select(2, both.region:update_service(NAME, { scale = 3 })).code)
  end)

  it("see the image that is deleted, and the service as it stays", function()
    local w <close> = ruled(SHOW:gsub("change.service.name", "change.image .. ' ' .. %0"), { seed = { regions = { ["us-east-1"] = { services = {
      { name = "web", images = { "app", "app" } } } } } } })
    local results = assert(w.region:prune_images("web", { keep = 1, dry_run = true }))
    assert.equal("denies deleting image ':web.app.1' of service 'web': service delete-image :web.app.1 web us-east-1 true 111122223333; "
      .. "nano 1 false -  false 7; nano 1 false -  false 7", denied(nil, results[2].err))
    assert.equal("RefusedByRule", assert(w.region:prune_images("web", { keep = 1 }))[2].err.code)
    assert.equal(0, w:count "DeleteContainerImage")
  end)

  it("are not asked about what changes nothing", function()
    local w <close> = ruled(SHOW)
    assert.equal("unchanged", assert(w.region:update_service(NAME, { scale = 1 })).kind)
    assert.equal("unchanged", assert(w.region:create_service(NAME, { scale = 1, power = "nano" })).kind)
    assert.equal("unchanged", assert(w.region:delete_service "nobody").kind)
  end)
end)

describe("an example for a service", function()
  local function run(text)
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", text)
    local loaded = rules.new { path = folder .. "/rules.lua" }
    local ok, err = loaded:load()
    return ok and examples.run(loaded) or nil, err
  end

  it("has what the service is by default", function()
    local results = assert(run [[
      rule "r" { on = "service", check = function(change)
        local before, after = change.before, change.after
        return deny((change.action or "-") .. change.service.name .. before.power .. before.scale .. tostring(after.disabled)
          .. (after.tags.x or "none") .. tostring(after.role.active) .. #after.domains)
      end }
      example "e" { on = "service", action = "update", before = {}, after = { scale = 2 }, expect = "deny: updateexamplenano1falsenonefalse0" }
    ]])
    assert.is_true(results[1].passed, results[1].answer)
  end)

  it("can be the deletion of an image", function()
    local results = assert(run [[
      rule "r" { on = "service", check = function(change) return change.action == "delete-image" and deny(change.image) or nil end }
      example "e" { on = "service", action = "delete-image", image = ":web.app.1", expect = "deny: :web.app.1" }
    ]])
    assert.is_true(results[1].passed, results[1].answer)
  end)

  it("rejects another action, and a state that is not a table", function()
    for message, member in pairs {
      ["action must be create, update, delete or delete%-image"] = 'action = "stop"',
      ["after must be a table"] = 'after = "nano"',
    } do
      local _, err = run(('example "e" { on = "service", %s, expect = "allow" }'):format(member))
      assert.matches(message, err.message)
    end
    local _, err = run 'example "e" { on = "grant", after = { text = 1 }, expect = "allow" }'
    assert.matches("after must be a policy", err.message)
  end)
end)
