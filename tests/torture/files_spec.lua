-- Files that people write or edit: desired-state files in both languages, saved plans, deployments and reports of
-- audits, generated from a grammar and then damaged. A reader accepts a file or explains what is wrong with it.

local commands = require "commands" -- before all that prints
local baseline = require "lanyard.audit.report.baseline"
local deployment_file = require "lanyard.access.deployment.file"
local desired_file = require "lanyard.desired.file"
local errors = require "lanyard.errors"
local helper = require "helper"
local json = require "lanyard.json"
local merge = require "lanyard.audit.report.merge"
local mutations = require "mutations"
local plan_file = require "lanyard.desired.plan_file"
local read = require "lanyard.audit.report.read"
local rules_file = require "lanyard.rules.file"
local torture = require "torture"
local world = require "world"

math.randomseed(math.tointeger(tonumber(os.getenv "LANYARD_TORTURE_SEED")) or 7)

local function pick(list) return list[math.random(#list)] end
local function chance(percent) return math.random(100) <= percent end

-- ---------------------------------------------------------------------------------------------
-- Desired-state files

local function some(list, least, most)
  local found, known = {}, {}
  for _ = 1, math.random(least, most) do
    local one = pick(list)
    if not known[one] then found[#found + 1] = one end
    known[one] = true
  end
  return json.array(found)
end

-- A valid desired state, as its file has it.
local function desired()
  local grants = json.array {}
  for i = 1, math.random(0, 4) do
    grants[i] = {
      service = "s" .. i,
      repositories = some({ "web", "team/a", "team/*", "a.b_c", "*" }, 1, 4),
      expires = chance(30) and pick { "2027-01-31", "2027-01-31T12:00Z", "2030-06-30T12:00:00Z" } or nil,
      sid = chance(30) and pick { "s", "a Sid \\ \"quoted\"", "\u{fc}" } or nil,
      optional = chance(30) and chance(50) or nil,
    }
  end
  return { region = chance(50) and "us-east-1" or nil, grants = grants }
end

-- Prints a value as Lua. keys: how often a member is written as ["name"]
local function lua_of(value)
  if type(value) == "string" then
    return ("%q"):format(value)
  elseif type(value) ~= "table" then
    return value ~= value and "0/0" or value == json.null and "nil" or tostring(value)
  end
  local parts = {}
  for key, item in pairs(value) do
    local name = type(key) == "string" and key:find "^%a+$" and chance(80) and key .. " = "
      or math.type(key) == "integer" and value[1] ~= nil and key <= #value and ""
      or "[" .. lua_of(key) .. "] = "
    parts[#parts + 1] = name .. lua_of(item)
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

-- Damages a table somewhere: also with what only Lua has, such as lists with named members, and numbers as keys.
local DAMAGE = {
  function(parent, key) parent[key] = nil end,
  function(parent, key) parent[key] = 0 / 0 end,
  function(parent, key) parent[key] = math.huge end,
  function(parent, key) parent[key] = { "list", named = "member", [true] = 1, [2.5] = {} } end,
  function(parent) parent[math.random(9)] = "extra" end,
  function(parent) parent.named, parent[true], parent[-1] = "extra", "boolean", "negative" end,
  function(parent, key) parent[key] = { { {} } } end,
  function(parent, key) parent[key] = "\27[31m\0" end,
  function(parent, key) parent[key] = true end,
  function(parent, key) parent[key] = { [1] = parent[key], [3] = parent[key] } end,
}

local function damage(value)
  local tables = {}
  local function collect(parent)
    for key, item in pairs(parent) do
      tables[#tables + 1] = { parent, key }
      if type(item) == "table" then collect(item) end
    end
  end
  collect(value)
  if #tables > 0 then
    pick(DAMAGE)(table.unpack(pick(tables)))
  end
  return value
end

-- Calls a reader, which must return a value, or nil and an error without the text of an internal one.
local function try(text, reader, ...)
  local ok, value, err = pcall(reader, ...)
  assert(ok, ("%s\nfor %s"):format(tostring(value), text))
  if value == nil or value == false then
    assert(errors.is(err), "no error for " .. text)
    assert(not tostring(err):find("attempt to", 1, true) and not tostring(err):find("[\27%z]"), tostring(err))
  end
  return value, err
end

describe("a desired-state file", function()
  it("has the same meaning in Lua and in JSON", function()
    local cases = torture.choose(1500, 50000)
    for _ = 1, cases do
      local value = desired()
      local in_json, in_lua = json.encode(value), "return " .. lua_of(value)
      local one, err = desired_file.parse(in_json, "file")
      local other, other_err = desired_file.parse(in_lua, "file")
      assert.equal(one == nil, other == nil, in_json .. "\n" .. in_lua .. tostring(err or other_err))
      if one then
        assert.not_equal(one.digest, other.digest) -- of the text
        one.digest, other.digest = nil, nil
        for _, grant in ipairs(other.grants) do grant.repositories = json.array(grant.repositories) end
        assert.same(json.encode(one), json.encode(other))
        assert.equal(#value.grants, #one.grants)
      end
    end
    torture.report("desired-state files, parsed and printed", cases)
  end)

  it("is accepted or explained, whatever it holds", function()
    local cases, accepted = torture.choose(3000, 100000), 0
    for _ = 1, cases do
      local value = damage(desired())
      if chance(30) then damage(value) end
      local text = "return " .. lua_of(value)
      accepted = accepted + (try(text, desired_file.parse, text, "grants.lua") and 1 or 0)
    end
    torture.report("damaged desired-state files", cases, accepted .. " accepted")
  end)
end)

-- ---------------------------------------------------------------------------------------------
-- Rules

-- The tables of a rules file, one of which is damaged.
local function rules()
  return {
    { "rule", "a rule", { on = pick { "grant", "audit", json.array { "grant", "revoke" } } } },
    { "example", "an example", { on = "grant", expect = pick { "deny", "deny: no", "allow" }, dry_run = chance(50),
      caller = { arn = "arn:aws:iam::111122223333:user/ann" }, repository = "team/a", service = { name = "web" },
      before = { text = "{}" }, grant = { sid = "s" } } },
    { "mute", nil, { finding = "public-access", reason = "known", repository = "team/*", ends = "2030-01-31" } },
  }
end

describe("a rules file", function()
  it("is loaded or explained, whatever its tables hold", function()
    local folder <close> = helper.folder()
    local cases, accepted = torture.choose(300, 20000), 0
    for _ = 1, cases do
      local lines = {}
      for i, one in ipairs(rules()) do
        local text = lua_of(chance(40) and damage(one[3]) or one[3])
        if one[1] == "rule" and chance(80) then
          text = text:gsub("}$", ", check = function() return allow() end }")
        end
        lines[i] = ("%s %s %s"):format(one[1], one[2] and lua_of(one[2]) or "", text)
      end
      local text = table.concat(lines, "\n")
      helper.write(folder .. "/rules.lua", text)
      accepted = accepted + (try(text, rules_file.load, folder .. "/rules.lua", { check_mute = require("lanyard.audit.mutes").check }) and 1 or 0)
    end
    torture.report("damaged rules files", cases, accepted .. " accepted")
  end)
end)

-- ---------------------------------------------------------------------------------------------
-- JSON documents

local SEED = { regions = { ["us-east-1"] = {
  services = { { name = "web", role = true }, { name = "off" } },
  repositories = { { name = "team/a", images = { "1.0" } }, { name = "team/b" } },
} } }

-- Calls f(text) for damaged forms of a JSON text: all of them, or as many as the bounded part has.
local function each_damaged(part, text, bounded, f)
  local all = {}
  for _, path in ipairs(mutations.paths(json.decode(text))) do
    for _, replace in ipairs(mutations.REPLACEMENTS) do all[#all + 1] = { path, replace } end
  end
  local step = torture.choose(math.max(1, #all // bounded), 1)
  local cases, accepted = 0, 0
  for i = math.random(step), #all, step do
    cases = cases + 1
    local damaged = mutations.replace(text, all[i][1], all[i][2])
    accepted = accepted + (f(damaged, table.concat(all[i][1], ".")) and 1 or 0)
  end
  torture.report(part, cases, accepted .. " accepted")
end

-- Runs a command in a world, which must not end in an internal error. Returns its result.
local function run(w, words)
  local result = commands.run(w, words)
  assert.is_nil(result.internal)
  assert.is_nil((result.out .. result.err):match "attempt to [^\n]*")
  return result
end

describe("a saved plan", function()
  it("is applied or explained, whatever it holds", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/grants.json", '{"grants":[{"service":"web","repositories":["team/*"],"expires":"2030-01-31"},'
      .. '{"service":"off","repositories":["team/a"]},{"service":"gone","repositories":["team/a","no"]}]}')
    local w <close> = world.new { seed = SEED }
    local text = commands.run(w, { "plan", folder .. "/grants.json", "--output", "json" }).out
    assert.equal("plan", json.decode(text).kind)
    each_damaged("damaged plans", text, 150, function(damaged, path)
      local document = json.decode(damaged)
      local saved = plan_file.is_plan(document) and try(path, plan_file.decode, document, "plan.json")
      if saved then
        helper.write(folder .. "/plan.json", damaged)
        run(w, { "apply", folder .. "/plan.json", "--dry-run", "--output", "json" })
      end
      return saved
    end)
  end)
end)

describe("the file of a deployment", function()
  it("is accepted or explained, whatever it holds", function()
    local folder <close> = helper.folder()
    local text = json.encode { serviceName = "web", containers = { app = { image = "nginx:1", command = json.array { "x" },
      environment = { KEY = "v" }, ports = { ["80"] = "HTTP" } } }, publicEndpoint = { containerName = "app",
      containerPort = 80, healthCheck = { path = "/", timeoutSeconds = 2, intervalSeconds = 5, successCodes = "200" } } }
    each_damaged("damaged deployments", text, 150, function(damaged)
      helper.write(folder .. "/web.json", damaged)
      return try(damaged, deployment_file.read, folder .. "/web.json", "web")
    end)
  end)
end)

describe("the report of an audit", function()
  it("is merged, compared and printed, or explained, whatever it holds", function()
    local folder <close> = helper.folder()
    local w <close> = world.new { seed = SEED }
    assert(w.region:grant(assert(w.region:service "web"), w:repository "team/a"))
    w:put("team/b", json.encode { Version = "2012-10-17", Statement = { {
      Effect = "Allow", Principal = "*", Action = "ecr:*" } } })
    local text = commands.run(w, { "audit", "--region", "us-east-1", "--output", "json" }).out
    assert.is_true(#json.decode(text).findings > 0)
    helper.write(folder .. "/good.json", text)
    local formats = { "table", "json", "html", "markdown", "sarif", "csv", "junit", "prometheus" }
    each_damaged("damaged reports", text, 150, function(damaged, path)
      helper.write(folder .. "/report.json", damaged)
      local report = try(path, read.report, folder .. "/report.json")
      if report then
        baseline.compare(assert(read.report(folder .. "/good.json")), report)
        merge.join({ report, assert(read.report(folder .. "/good.json")) }, { "report.json", "good.json" })
        run(w, { "audit/merge", folder .. "/report.json", "--output", pick(formats) })
      end
      return report
    end)
  end)
end)
