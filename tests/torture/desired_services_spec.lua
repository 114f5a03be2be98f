-- Random files of services: whatever a file says is applied once, also after a kill and from a saved plan, what it does
-- not name stays, and an import of the result plans no change.

local desired_file = require "lanyard.desired.file"
local format = require "lanyard.desired.import.format"
local helper = require "desired_services"
local import = require "lanyard.desired.import"
local json = require "lanyard.json"
local plan_file = require "lanyard.desired.plan_file"
local plans = require "lanyard.desired.plan"
local torture = require "torture"

local random = torture.random()

local function chance(percent)
  return random(100) <= percent
end

local function pick(list)
  return list[random(#list)]
end

local function environment(is_deployed)
  if is_deployed and chance(20) then
    return { keep = true }
  end
  local values = { A = pick { "x", "", "ssm:/web/key", "secretsmanager:db#password", "ssm::literal" } }
  values.B = pick { "planted", false, nil }
  if is_deployed then
    values.KEY = pick { { keep = true }, "other", false, nil }
  end
  return values
end

local function container(is_deployed)
  local image = pick { "web:1.0", "web:1.1", "jobs:latest" }
  local one = { image = (chance(70) or not is_deployed) and image or nil }
  one.ports = chance(50) and { ["80"] = "HTTP", ["81"] = pick { "TCP", false } } or nil
  one.command = pick { json.array { "run", "a b" }, false, nil }
  one.environment = chance(60) and environment(is_deployed) or nil
  return one
end

local function entry(name)
  local exists = name ~= "new"
  local one = {
    name = name, power = (not exists or chance(40)) and pick { "nano", "micro" } or nil,
    scale = (not exists or chance(40)) and random(3) or nil, role = chance(30) and true or nil,
    tags = chance(50) and { a = pick { "1", "2", "" }, b = pick { "3", false } } or nil,
    domains = name == "web" and chance(30) and { cert = pick { json.array { "www.example.com" }, false } } or nil,
  }
  if chance(80) then
    one.containers = { app = container(name == "web") }
    one.containers.other = chance(30) and container(false) or nil
    if name == "web" then
      one.containers.side = pick { false, {}, nil }
    end
    one.public = pick { "app:80", "app:80", false, nil }
    if name == "web" and one.public == nil and (one.containers.app.ports or {})["80"] == nil then
      one.public = { healthCheck = { path = pick { "/", "/up" } } }
    end
  end
  return one
end

local function file()
  local entries = json.array {}
  for _, name in ipairs { "web", "fresh", "new" } do
    entries[#entries + 1] = chance(75) and entry(name) or nil
  end
  return { services = entries, grants = json.array {} }
end

local function parse(document)
  return assert(desired_file.parse(json.encode(document), "services.json"))
end

local function no_change(w, desired, text)
  local plan = assert(plans.make(w.region, desired))
  assert.same({}, plan.failures, text)
  assert.is_false(plans.has_changes(plan), text)
end

-- Applies a file, perhaps killed at first, perhaps from a saved plan.
local function apply(w, document)
  local desired = parse(document)
  if chance(40) then
    local calls, last = 0, random(60)
    w.after = function()
      calls = calls + 1
      if calls == last then error "killed" end
    end
    pcall(function() helper.apply(w, assert(plans.make(w.region, desired))) end)
    w.after = nil
  end
  local plan = assert(plans.make(w.region, desired))
  assert.same({}, plan.failures)
  local text = json.encode(plan_file.encode(plan))
  assert.is_nil(text:find("planted", 1, true))
  if not text:find('"literal":true', 1, true) and chance(50) then
    plan = assert(plans.resume(w.region, assert(plan_file.decode(json.decode(text), "plan.json"))))
    assert.same({}, plan.failures)
  end
  for _, one in pairs((helper.apply(w, plan))) do
    assert.is_nil(one.err, tostring(one.err))
  end
end

describe("random services in desired states", function()
  it("are applied, and then unchanged, and imported without a change", function()
    local cases = torture.choose(12, 2000)
    local changed = 0
    for _ = 1, cases do
      local w <close> = helper.world { activation_delay = random(2) * 4 - 4 }
      local document = file()
      local text = json.encode(document)
      local ok, raised = pcall(function()
        changed = changed + (plans.has_changes(assert(plans.make(w.region, parse(document)))) and 1 or 0)
        apply(w, document)
        no_change(w, parse(document), text)
        local found = assert(import.read(w.region))
        no_change(w, assert(desired_file.parse(format.lua(found), "import.lua")), text)
        no_change(w, parse(format.json(found)), text)
      end)
      assert(ok, text .. "\n" .. (type(raised) == "table" and (raised.message or json.encode(raised)) or tostring(raised)))
    end
    assert.is_true(changed > cases / 2)
    torture.report("desired services", cases, changed .. " with changes")
  end)
end)
