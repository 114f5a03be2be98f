-- A change for which a call to the state folder fails, or raises an error as it does when memory is short, is made
-- again. It then reports what the first one did and changes nothing else, whatever the first one had reported.

local apply = require "lanyard.desired.apply"
local desired_grants = require "desired_grants"
local errors = require "lanyard.errors"
local plans = require "lanyard.desired.plan"
local system = require "lanyard.system"
local world = require "world"

local CALLS = { "write_file", "remove", "list", "exists", "read_regular", "lock", "mkdirs", "stat" }
local NAME = "my-private-repo"

-- Makes the n-th call to the state folder fail. Returns a value that, closed, restores the functions; its field `count`
-- is the number of calls.
local function fail_call(n, raises)
  local state, kept = { count = 0 }, {}
  for _, name in ipairs(CALLS) do
    kept[name] = system[name]
    system[name] = function(...)
      state.count = state.count + 1
      if state.count ~= n then
        return kept[name](...)
      elseif raises then
        error("not enough memory", 0)
      end
      return nil, errors.new { code = "SystemError", message = "injected" }
    end
  end
  return setmetatable(state, { __close = function()
    for name, original in pairs(kept) do system[name] = original end
  end })
end

-- A world with a service and two changes of a repository: a revoke would restore the first.
local function new_world()
  local w <const> = world.new()
  w.service = w:service()
  w.repository = w:repository(NAME)
  assert(w.region:grant(w.service, w.repository))
  w.passed = w.passed + 60
  assert(w.region:grant(w.service, w.repository, { expires = 4000000000 }))
  w.passed = w.passed + 60
  return w
end

local CHANGES = {
  undo = function(w, report) return w.region:undo(w.repository, { report = report }) end,
  revoke = function(w, report)
    local change, err = w.region:revoke({ service = w.service }, w.repository)
    if change then report(change) end
    return change, err
  end,
  ["disable --revoke"] = function(w, report) -- as scripts/disable.lua does
    local settled, err = w.region:settle_interrupted()
    for _, item in ipairs(settled or {}) do
      err = err or item.err
    end
    local service = not err and assert(w.region:service(w.service.name))
    for _, grant in ipairs(service and service.role.arn and w.region:grants_of(service.role.arn, w.region:policies()) or {}) do
      local change, failed = w.region:revoke({ service = service }, grant.repository)
      if change then report(change) end
      err = err or failed
    end
    if err then return nil, err end
    return w.region:disable(w.service.name)
  end,
  apply = function(w, report)
    local file = desired_grants.desired(desired_grants.grant(w.service.name, { NAME }, "2096-10-02"))
    local plan, err = plans.make(w.region, file)
    local _, changes = nil, {}
    if plan then _, changes = apply.apply(w.region, plan, { settle = false }) end
    for _, one in ipairs(changes) do
      if one.change then report(one.change) end
      err = err or one.err
    end
    return not err and plan or nil, err
  end,
  grant = function(w, report)
    local change, err = w.region:grant(w.service, w.repository, { expires = 4100000000 })
    if change then report(change) end
    return change, err
  end,
}

-- Makes a change while a call fails, and again if it failed. Returns the policy and the role, and whether the call was reached.
local function run(make, n, raises)
  local w <close> = new_world()
  local function report() end
  local ok, change, reached
  do
    local state <close> = fail_call(n, raises)
    ok, change = pcall(make, w, report)
    reached = state.count >= n
  end
  if not ok or not change then
    w.passed = w.passed + 1
    assert(make(w, report))
  end
  local text = (w:text(NAME) or "none"):gsub("private%-repo%-access/%w+", "ROLE")
  local role = w.world.region("us-east-1").services[w.service.name].role_on and "on" or "off"
  return ("%s; role %s"):format(text, role), reached
end

describe("a change for which a call to the state folder fails, made again, is made once:", function()
  for name, make in pairs(CHANGES) do
    for _, raises in ipairs { false, true } do
      it(name .. (raises and ", with an error" or ""), function()
        local expected = run(make, 0, false)
        local n, reached = 0, true
        while reached do
          n = n + 1
          local text
          text, reached = run(make, n, raises)
          assert.equal(expected, text, ("%s, call %d"):format(name, n))
        end
        assert.is_true(n > 5, n)
      end)
    end
  end
end)
