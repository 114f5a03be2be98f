-- Every reply of AWS to every command, with one value removed, replaced by another type, nested or emptied. A command
-- must not fail with an internal error, must not report what it did not do, and must not lose another writer's
-- statement.

local commands = require "commands" -- before all that prints
local helper = require "helper"
local httpd = require "lanyard.httpd"
local json = require "lanyard.json"
local mutations = require "mutations"
local torture = require "torture"
local world = require "world"

local FOREIGN = { Sid = "foreign", Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" },
  Action = "ecr:BatchGetImage" }
local POLICY = { Version = "2012-10-17", Statement = { FOREIGN } }

local SEED = { regions = { ["us-east-1"] = {
  services = {
    { name = "web", role = true, containers = { app = { image = "nginx:1", ports = { ["80"] = "HTTP" },
      environment = { KEY = "value" } } }, publicEndpoint = { containerName = "app", containerPort = 80 } },
    { name = "off" },
  },
  repositories = {
    { name = "team/a", images = { "1.0" }, policy = POLICY },
    { name = "team/b", images = { "1.0" }, policy = POLICY },
  },
} } }

-- ---------------------------------------------------------------------------------------------
-- What a command must have done if it reports success

local function role_arn(w, service)
  local one = assert(w.region:service(service))
  return one.role.arn
end

local function has_principal(w, name, principal)
  return (w:text(name) or ""):find(principal, 1, true) ~= nil
end

-- Checks the results of repositories. expected: how many were named; nil: the ones that AWS lists were selected
-- done: what must be true of each that is reported as changed or unchanged
local function check_repositories(items, expected, done)
  assert.equal(expected or #items, #items, "not every repository was reported")
  for _, item in ipairs(items) do
    if item.result ~= "failed" and item.result ~= "refused" then
      assert.is_true(done(item.repository), item.repository .. " was reported as " .. tostring(item.result))
    end
  end
end

local function granted(expected)
  return function(w, out)
    local arn = role_arn(w, "web")
    check_repositories(out, expected, function(name) return has_principal(w, name, arn) end)
  end
end

local function revoked(expected)
  return function(w, out)
    local arn = role_arn(w, "web")
    check_repositories(out.repositories or out, expected, function(name) return not has_principal(w, name, arn) end)
  end
end

local function is_active(service, active)
  return function(w, out)
    if out.result ~= "requested" then
      assert.equal(active, assert(w.region:service(service)).role.active)
    end
  end
end

-- A reply without the description of the role is that of a service whose role was never on.
local function is_disabled(w, out, case)
  if case and case.mutation.name:find("privateRegistryAccess", 1, true) and out.result == "unchanged" then
    return
  end
  is_active("web", false)(w, out)
end

local function grant(w)
  local service = assert(w.region:service "web")
  for _, name in ipairs { "team/a", "team/b" } do
    assert(w.region:grant(service, w:repository(name)))
  end
end

local reachable = assert(httpd.serve { handler = function() return { status = 404 } end })

-- words: of the command; before: prepares the world; done: checks the output, as JSON, of a success, of a case or of
-- the undisturbed run; failed: checks it for a failure whose output is the result
local WORKFLOWS = {
  { words = "grant web team/a team/b --output json", done = granted(2) },
  { words = "grant web --all --yes --output json", done = granted() },
  { words = "grant off team/a --enable --output json", done = is_active("off", true) },
  { words = "revoke web team/a team/b --output json", before = grant, done = revoked(2) },
  { words = "revoke web team/* --output json", before = grant, done = revoked() },
  { words = "undo team/a --output json", before = grant, done = revoked(1) },
  { words = "enable off --output json", done = is_active("off", true) },
  { words = "disable web --revoke --output json", before = grant, done = is_disabled },
  { words = "deploy web app=team/a:1.0 --output json" },
  { words = "deploy web app=team/a:1.0 --dry-run" },
  { words = "logs web --output json" },
  { words = "metrics web --output svg" },
  { words = "images web --output json" },
  { words = "images prune web --keep 0 --yes --output json" },
  { words = "apply FILE --yes --no-settle --output json", done = function(w, out)
    local arn = role_arn(w, "web")
    check_repositories(out.repositories, 2, function(name) return has_principal(w, name, arn) end)
  end },
  { words = "plan FILE --prune --output json", status = 3 },
  { words = "status --output json", before = grant },
  { words = "status web", before = grant },
  { words = "uri team/a:1.0" },
  { words = "wait role web --output json" },
  { words = "wait deployment web --output json" },
  { words = "import --output json", before = grant },
  { words = "export FILE --format terraform" },
  { words = "audit --region us-east-1 --output json", before = grant },
  { words = "permissions" },
  { words = "doctor --output json", before = function(w)
    w.endpoint = reachable.url -- doctor connects to it; its calls go to the world
    grant(w)
  end, failed = function(out)
    local failures = 0
    for _, one in ipairs(out) do
      failures = failures + (one.passed == false and one.detail ~= "" and 1 or 0)
    end
    assert.is_true(failures > 0, "doctor failed without a failed check")
  end },
}

-- ---------------------------------------------------------------------------------------------
-- Mutations

local XML = {
  function(name) return "<" .. name .. "/>" end,
  function() return "" end,
  function(name, text) return ("<%s><a>%s</a></%s>"):format(name, text, name) end,
  function(name, text) return ("<%s>%s</%s>"):format(name, text, name):rep(2) end,
  function(name) return ("<%s>x</%s>"):format(name, name) end,
}

-- Returns functions that change a body.
local function mutations_of(body)
  local all = {}
  local value = json.decode(body)
  if value == nil then
    for name, text in body:gmatch "<(%w+)>([^<]*)</" do
      for _, replace in ipairs(XML) do
        local old = ("<%s>%s</%s>"):format(name, text, name)
        all[#all + 1] = { name = name, f = function(other)
          local first, last = other:find(old, 1, true)
          return first and other:sub(1, first - 1) .. replace(name, text) .. other:sub(last + 1) or other
        end }
      end
    end
    return all
  end
  for _, path in ipairs(mutations.paths(value)) do
    for number, replace in ipairs(mutations.REPLACEMENTS) do
      all[#all + 1] = { name = ("%s (%d)"):format(table.concat(path, "."), number), f = function(other)
        local ok, changed = pcall(mutations.replace, other, path, replace)
        return ok and changed or other -- the value is not in this reply
      end }
    end
  end
  return all
end

-- ---------------------------------------------------------------------------------------------
-- Runs

local folder = helper.folder()
helper.write(folder .. "/grants.json", '{"grants":[{"service":"web","repositories":["team/a","team/b"]}]}')

-- Runs a workflow in a new world. change: see world.lua
-- --> the result, the world (to be closed)
local function run(workflow, change)
  local w = world.new { seed = SEED }
  if workflow.before then workflow.before(w) end
  w.change = change
  local words = {}
  for word in workflow.words:gmatch "%S+" do
    words[#words + 1] = word == "FILE" and folder .. "/grants.json" or word
  end
  local result = commands.run(w, words)
  w.change = nil
  return result, w
end

-- Returns the replies of an undisturbed run: { operation, body }.
local function record(workflow)
  local replies = {}
  local result, w <close> = run(workflow, function(operation, reply)
    replies[#replies + 1] = { operation = operation, body = reply.body }
  end)
  assert.is_nil(result.internal)
  assert.equal(workflow.status or 0, result.status, workflow.words .. ": " .. result.err)
  if workflow.done then workflow.done(w, json.decode(result.out)) end
  return replies
end

-- Checks a run of a case.
local function check(workflow, result, w, case)
  local text = result.out .. result.err
  assert.is_nil(result.internal)
  assert.is_nil(text:match "attempt to [^\n]*" or text:match "%.lua:%d+:[^\n]*")
  for _, name in ipairs { "team/a", "team/b" } do
    assert.truthy((w:text(name) or ""):find('"foreign"', 1, true), "the foreign statement of " .. name .. " is lost")
  end
  if result.status == 0 or result.status == workflow.status then
    assert.not_equal("", result.out)
    if workflow.done then workflow.done(w, json.decode(result.out), case) end
  elseif workflow.failed then
    workflow.failed(json.decode(result.out))
  else
    assert.not_equal("", result.err)
  end
end

-- Returns all cases of a workflow: the number of the call, and the mutation of its reply.
local function cases_of(workflow)
  local cases, seen = {}, {}
  for number, reply in ipairs(record(workflow)) do
    for _, mutation in ipairs(mutations_of(reply.body)) do
      -- The same reply to the same operation for the third time teaches nothing new.
      local key = ("%s %s %d"):format(reply.operation, mutation.name, #reply.body)
      seen[key] = (seen[key] or 0) + 1
      if seen[key] <= 2 then
        cases[#cases + 1] = { number = number, operation = reply.operation, mutation = mutation,
          always = seen[key] == 2 }
      end
    end
  end
  return cases
end

local function run_case(workflow, case)
  local count = 0
  local result, w <close> = run(workflow, function(operation, reply)
    count = count + 1
    if count == case.number or case.always and count > case.number and operation == case.operation then
      reply.body = case.mutation.f(reply.body)
    end
  end)
  local ok, failure = pcall(check, workflow, result, w, case)
  if not ok then
    error(("%s: reply %d (%s), %s%s\n%s\nstatus %d, out:\n%s\nerr:\n%s"):format(workflow.words, case.number,
      case.operation, case.mutation.name, case.always and ", always" or "", tostring(failure), result.status,
      result.out:sub(1, 600), result.err:sub(1, 600)), 0)
  end
end

describe("a reply that is not as documented", function()
  lazy_teardown(function() reachable.close() end)

  -- LANYARD_TORTURE_SEED selects other cases.
  it("is an error, and nothing is lost or claimed", function()
    local number = math.tointeger(tonumber(os.getenv "LANYARD_TORTURE_SEED")) or 1
    local total, most = 0, torture.choose(20, 700) -- of each workflow
    local failures = {}
    for _, workflow in ipairs(WORKFLOWS) do
      local cases = cases_of(workflow)
      local step = math.max(1, #cases // most)
      for i = 1 + number % step, #cases, step do
        total = total + 1
        local ok, failure = pcall(run_case, workflow, cases[i])
        if not ok then failures[#failures + 1] = failure end
      end
    end
    torture.report("mutated replies", total, #failures .. " failures")
    assert.equal("", table.concat(failures, "\n\n", 1, math.min(#failures, 5)))
  end)
end)
