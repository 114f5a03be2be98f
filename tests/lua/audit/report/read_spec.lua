local baseline = require "lanyard.audit.report.baseline"
local helper = require "helper"
local history = require "lanyard.audit.report.history"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local merge = require "lanyard.audit.report.merge"
local read = require "lanyard.audit.report.read"
local reports = require "reports"
local service = require "lanyard.audit.report.service"
local types = require "lanyard.cli.types"

-- A report with every member that one may have, as JSON.
local function full()
  local old, now = reports.small(), reports.small()
  table.remove(old.findings, 1)
  table.remove(now.findings, 3)
  table.remove(old.scopes[1].repositories[2].access, 1)
  table.remove(now.scopes[1].repositories[2].access, 3)
  baseline.compare(now, old)
  local muted = json.decode(json.encode(now.findings[1]))
  muted.muted = { reason = "known", expires = "2027-01-31", location = "rules.lua:3" }
  now.muted = json.array { muted }
  now.partial = { repositories = json.array { "team/*" }, service = "web", shard = "1/2" }
  local first = now.scopes[1]
  first.profile, first.services_error, first.registry_error, first.identities_error = "ops", "denied", "no", "no"
  first.repositories[1].policy_error, first.repositories[1].images_error = "denied", "denied"
  first.services[1].images = json.array { "111122223333.dkr.ecr.us-east-1.amazonaws.com/lost:1" }
  first.services[2].images = json.array {}
  first.repositories[2].statements = json.array { { index = 1, label = "web", text = "{}" } }
  now.scopes[2].skipped = true
  for _, repository in ipairs(first.repositories) do
    json.array(repository.access)
    for _, access in ipairs(repository.access) do json.array(access.statements) end
  end
  for _, list in ipairs { now.scopes, now.findings, first.repositories, first.services } do json.array(list) end
  return json.encode(now)
end

local function read_text(folder, text)
  helper.write(folder .. "/r.json", text)
  local value, err = read.report(folder .. "/r.json")
  return value, err and tostring(err):gsub("^.*/r%.json", "r.json"), err and err.code
end

-- Calls f(path, change) for each member at any depth. change(value) replaces the member, change(nil) removes it.
local function each_member(value, f, path)
  for _, name in ipairs(lists.sorted_names(value)) do
    local member = value[name]
    local at = ("%s.%s"):format(path or "", math.type(name) == "integer" and name - 1 or name)
    f(at, function(other)
      if other ~= nil or type(name) == "string" then value[name] = other end
    end)
    value[name] = member
    if type(member) == "table" then each_member(member, f, at) end
  end
end

local SINK = function() end
local OPTIONS = { catalogue = require("lanyard.audit.findings").catalogue }

-- Passes a report to everything that takes reports.
local function use(text)
  local function fresh() return json.decode(text) end
  for _, format in ipairs(types["report-format"].choices) do
    if format == "json" then
      json.encode(fresh(), { pretty = true })
    else
      require("lanyard.report." .. (format == "table" and "terminal" or format)).write(fresh(), SINK, OPTIONS)
    end
  end
  for _, format in ipairs(types["graph-format"].choices) do require("lanyard.report." .. format).write(fresh(), SINK, OPTIONS) end
  local shard = fresh()
  shard.partial = { shard = "1/1" }
  merge.join({ shard }, { "a.json" })
  merge.join({ fresh(), reports.small() }, { "a.json", "b.json" })
  baseline.compare(fresh(), reports.small())
  baseline.compare(reports.small(), fresh())
  service.restrict(fresh(), "web")
  local kept <close> = assert(history.open ":memory:")
  assert(kept:add(fresh()))
  assert(kept:add(reports.small()))
end

describe("reading a report from a file", function()
  it("returns the report as it was written", function()
    local folder <close> = helper.folder()
    local text = full()
    assert.equal(text, json.encode((read_text(folder, text))))
    use(text)
  end)

  it("converts a report of version 1", function()
    local folder <close> = helper.folder()
    local text = full()
    local old = json.decode(text)
    local function rename(value, current, earlier)
      assert.is_not_nil(value[current], current)
      value[current], value[earlier] = nil, value[current]
    end
    local scope, repository = old.scopes[1], old.scopes[1].repositories[1]
    rename(repository, "policy_error", "unknown")
    rename(repository, "images_error", "images_unknown")
    for _, name in ipairs { "services", "registry", "identities" } do rename(scope, name .. "_error", name .. "_unknown") end
    rename(old.muted[1].muted, "expires", "ends")
    rename(old.muted[1].muted, "location", "place")
    for _, finding in ipairs { old.muted[1], old.findings[1] } do rename(finding, "location", "place") end
    rename(old.baseline.grants, "added", "new")
    rename(old.baseline.grants, "removed", "gone")
    rename(old.baseline, "resolved", "gone")
    rename(old, "partial", "part")
    old.version = 1
    assert.equal(text, json.encode((read_text(folder, json.encode(old)))))
    -- A message names the member as the file does.
    scope.services_unknown = 1
    local nothing, err = read_text(folder, json.encode(old))
    assert.is_nil(nothing)
    assert.match(".scopes[0].services_unknown should be a text; it is a number", err, 1, true)
  end)

  it("refuses in one line what is not a report or has another version", function()
    local folder <close> = helper.folder()
    local none = "r.json is not a report: write one with lanyard audit --output json"
    for text, message in pairs {
      ['{"version":1'] = "r.json is not a report: line 1, column 13",
      ["[]"] = none, ["null"] = none, ['"x"'] = none, ["{}"] = none, ['{"version":"1"}'] = none,
      ['{"version":3}'] = "r.json is a report of version 3, and this lanyard reads versions 1 to 2: write it again",
      ['{"version":0}'] = "r.json is a report of version 0, and this lanyard reads versions 1 to 2: write it again",
    } do
      local value, err, code = read_text(folder, text)
      assert.is_nil(value)
      assert.equal("Usage", code)
      assert.equal(message, err:sub(1, #message))
      assert.is_nil(err:find "\n")
    end
    assert.match("cannot read", tostring(select(2, read.report "/nowhere/r.json")))
  end)

  it("names the wrong member and what it should be", function()
    local folder <close> = helper.folder()
    for why, change in pairs {
      [".findings[1].severity should be one of critical, high, medium, low, info"] =
        function(value) value.findings[2].severity = "horrible" end,
      [".findings[0].key should be a text; it is missing"] = function(value) value.findings[1].key = nil end,
      [".findings should be a list; it is an object"] = function(value) value.findings = { x = 1 } end,
      [".scopes[0].repositories should be a list; it is missing"] = function(value) value.scopes[1].repositories = nil end,
      [".scopes[0].repositories[1].access[0].principal should be a text; it is a number"] =
        function(value) value.scopes[1].repositories[2].access[1].principal = 1 end,
      [".scopes[1].error should be an object; it is a text"] = function(value) value.scopes[2].error = "x" end,
      [".scopes[1].repositories should be absent beside an error"] =
        function(value) value.scopes[2].repositories = json.array {} end,
      [".scopes[0] should be an object; it is null"] = function(value) value.scopes[1] = json.null end,
      [".time should be a timestamp such as 2026-11-25T01:00:00Z"] = function(value) value.time = "2026-13-25T01:00:00Z" end,
      [".findings[0].index should be a whole number; it is a number"] = function(value) value.findings[1].index = 1.5 end,
    } do
      local value = json.decode(full())
      change(value)
      local nothing, err = read_text(folder, json.encode(value))
      assert.is_nil(nothing)
      assert.equal(("r.json is not a report: %s; write one with lanyard audit --output json"):format(why), err)
    end
  end)

  it("refuses any wrong member, or returns a report that everything can use", function()
    local folder <close> = helper.folder()
    local value, refused, taken = json.decode(full()), 0, 0
    each_member(value, function(path, change)
      for _, other in ipairs { "x", "", 7, -1.5, true, json.null, {}, json.array {}, json.array { 1 }, false } do
        change(other or nil)
        local text = json.encode(value)
        local good, err = read_text(folder, text)
        if good then
          taken = taken + 1
          use(text)
        else
          refused = refused + 1
          assert.is_nil(err:find "\n")
          assert.truthy(err:find("should", 1, true) or path == ".version", path .. ": " .. err)
        end
      end
    end)
    assert.is_true(refused > 500 and taken > 100, refused .. " refused, " .. taken .. " taken")
  end)
end)
