-- Merging the reports of shards: the merged report is the report of the whole audit.
local helper = require "helper"
local json = require "lanyard.json"

-- Two Regions with findings of several checks and severities in each.
local SEED = [[
  local function allow(principal, actions)
    return '{"Effect":"Allow","Principal":' .. principal .. ',"Action":' .. actions .. '}'
  end
  local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'
  local OTHER = '{"AWS":"arn:aws:iam::444455556666:root"}'
  local POLICIES = {
    { allow('"*"', PULL) },
    { allow(OTHER, PULL), allow(OTHER, '"ecr:BatchGetImage"') },
    { allow(OTHER, '"ecr:BatchGetImage"') },
  }
  local function repositories(prefix)
    local list = {}
    for n = 1, 12 do
      local statements = POLICIES[n % 4]
      list[n] = { name = prefix .. n, policy = statements and '{"Version":"2012-10-17","Statement":['
        .. table.concat(statements, ",") .. "]}" }
    end
    return list
  end
  local services = { { name = "web", role = true }, { name = "api", role = true } }
  return { regions = {
    ["us-east-1"] = { repositories = repositories "b", services = services },
    ["eu-west-1"] = { repositories = repositories "a", services = services },
  } }
]]

local function report_of(result)
  return assert(json.decode(result.out))
end

local function audit(emulator, path, ...)
  local result = emulator:run { "audit", "--region", "us-east-1,eu-west-1", "--output", "json", ... }
  assert.equal(0, result.status, result.err)
  helper.write(path, result.out)
  return path
end

-- Rewrites members of a report.
local function rewrite(path, changes)
  local report = json.decode(helper.read(path))
  for name, value in pairs(changes) do report[name] = value end
  helper.write(path, json.encode(report))
end

describe("lanyard audit merge", function()
  it("has the findings in the order of the whole audit", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.lua", SEED)
    local emulator <close> = helper.emulator { "--seed", folder .. "/seed.lua" }
    local files = {}
    for i = 1, 3 do files[i] = audit(emulator, ("%s/%d.json"):format(folder, i), "--shard", i .. "/3", "--run-id", "nightly:1") end
    local whole = json.decode(helper.read(audit(emulator, folder .. "/whole.json")))
    assert.is_true(#whole.findings > 20)
    for _, order in ipairs { { 1, 2, 3 }, { 3, 1, 2 } } do
      local result = emulator:run { "audit", "merge", "--output", "json", files[order[1]], files[order[2]], files[order[3]] }
      assert.equal("", result.err)
      local merged = report_of(result)
      assert.equal("nightly:1", merged.run)
      assert.is_nil(merged.partial)
      for i, finding in ipairs(whole.findings) do
        assert.equal(finding.key, merged.findings[i].key)
      end
      assert.same(whole.findings, merged.findings)
      assert.same(whole.scopes, merged.scopes)
    end
  end)

  it("rejects a report that an earlier run left, and names it and the shard that is missing", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.lua", SEED)
    local emulator <close> = helper.emulator { "--seed", folder .. "/seed.lua" }
    local files = {}
    for i = 1, 2 do files[i] = audit(emulator, ("%s/%d.json"):format(folder, i), "--shard", i .. "/2") end
    local function merge(...)
      return emulator:run { "audit", "merge", "--output", "json", files[1], files[2], ... }
    end
    local function rejected(pattern, ...)
      local result = merge(...)
      assert.equal(2, result.status)
      assert.equal("", result.out)
      assert.match("^lanyard: [^\n]*" .. pattern .. "[^\n]*\n$", result.err)
    end
    assert.equal(0, merge().status)
    rejected("no run id.*not a part of run b", "--run-id", "b")
    rejected("'a b' is not a run id", "--run-id", "a b")
    rewrite(files[2], { time = "2026-01-31T00:00:00Z" })
    rejected("2%.json %(shard 2/2, no run id, 2026%-01%-31T00:00:00Z%): not a part of .*; shard 2/2 is missing")
    local old = merge("--max-age", "100000d")
    assert.equal(0, old.status)
    assert.equal("2026-01-31T00:00:00Z", report_of(old).time)
    rewrite(files[1], { run = "today" })
    rejected("2%.json .*not a part of run today", "--max-age", "100000d")
    rewrite(files[2], { run = "today" })
    assert.equal(0, merge("--run-id", "today").status)
    rejected("made more than 1h before", "--max-age", "1h")
    rejected("not a part of run tomorrow", "--run-id", "tomorrow")
  end)

  it("rejects a shard that is given twice, and shards of audits with other options", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.lua", SEED)
    helper.write(folder .. "/a.lua", 'mute { finding = "public-access", reason = "known" }')
    helper.write(folder .. "/b.lua", 'mute { finding = "public-access", reason = "known", repository = "b*" }')
    local emulator <close> = helper.emulator { "--seed", folder .. "/seed.lua" }
    local first = audit(emulator, folder .. "/1.json", "--shard", "1/2", "--rules", folder .. "/a.lua")
    local function rejected(pattern, ...)
      local result = emulator:run { "audit", "merge", "--output", "json", first, ... }
      assert.same({ 2, "" }, { result.status, result.out })
      assert.match("^lanyard: [^\n]*" .. pattern .. "[^\n]*\n$", result.err)
    end
    local function second(...)
      return audit(emulator, folder .. "/2.json", "--shard", "2/2", ...)
    end
    local same = { "--rules", folder .. "/a.lua" }
    assert.equal(0, emulator:run({ "audit", "merge", first, second(table.unpack(same)) }).status)
    rejected("1%.json and [^ ]+/1%.json are the same part, shard 1/2 of [%d]+/", second(table.unpack(same)), first)
    rejected("1%.json and [^ ]+/copy%.json are the same part",
      audit(emulator, folder .. "/copy.json", "--shard", "1/2", table.unpack(same)))
    rejected("differ in %-%-rules;", second("--rules", folder .. "/b.lua"))
    rejected("differ in %-%-rules;", second())
    rejected("differ in %-%-trusted%-accounts;", second("--trusted-accounts", "444455556666", table.unpack(same)))
    rejected("differ in %-%-unused%-days;", second("--unused-days", "30", table.unpack(same)))
    rejected("differ in names of repositories;", second("*1", table.unpack(same)))
    rejected("differ in %-%-service;", second("--service", "web", table.unpack(same)))
  end)

  it("names the account and Region of which a shard is missing", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.lua", SEED)
    local emulator <close> = helper.emulator { "--seed", folder .. "/seed.lua" }
    local files = {}
    for i, region in ipairs { "us-east-1,eu-west-1", "us-east-1" } do
      local result = emulator:run { "audit", "--region", region, "--shard", i .. "/2", "--output", "json", "--output-file",
        ("%s/%d.json"):format(folder, i) }
      assert.equal(0, result.status, result.err)
      files[i] = ("%s/%d.json"):format(folder, i)
    end
    local result = emulator:run { "audit", "merge", "--output", "json", files[1], files[2] }
    assert.equal(1, result.status)
    assert.match("^lanyard: missing: shard 2/2 of %d+/eu%-west%-1 %([^\n]*\n$", result.err)
    assert.same({}, report_of(result).partial)
    result = emulator:run { "audit", "merge", "--fail-on", "info", files[1], files[2] }
    assert.equal(3, result.status) -- a finding that reaches --fail-on counts, whatever is missing
    assert.match("missing: shard 2/2", result.err)
  end)
end)

describe("a report in a file", function()
  it("is the report that stdout would get, in every format, and its folder is made", function()
    local emulator <close> = helper.emulator()
    for _, format in ipairs { "table", "json", "jsonl", "csv", "sarif", "junit", "markdown", "prometheus", "html" } do
      local path = ("%s/reports/%s/a.txt"):format(emulator.folder, format)
      local printed = emulator:run { "audit", "--output", format, "--run-id", "r" }
      local result = emulator:run { "audit", "--output", format, "--run-id", "r", "--output-file", path }
      assert.same({ printed.status, "", printed.err }, { result.status, result.out, result.err }, format)
      local function without_digits(text)
        return (text:gsub("%d+", "0"))
      end
      assert.equal(without_digits(printed.out), without_digits(helper.read(path)), format)
    end
  end)

  it("that cannot be written fails the audit", function()
    local emulator <close> = helper.emulator()
    helper.write(emulator.folder .. "/file", "")
    local result = emulator:run { "audit", "--output-file", emulator.folder .. "/file/report.json" }
    assert.equal(1, result.status)
    assert.match("^lanyard: cannot [^\n]*/file[^\n]*\n$", result.err)
  end)

  it("is merged from a folder", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.lua", SEED)
    local emulator <close> = helper.emulator { "--seed", folder .. "/seed.lua" }
    local reports = folder .. "/reports"
    for i = 0, 1 do
      local result = emulator:run({ "audit", "--shard", "index/2", "--output", "json", "--output-file",
        ("%s/%d.json"):format(reports, i) }, { JOB_COMPLETION_INDEX = tostring(i) })
      assert.equal("", result.err)
    end
    helper.write(reports .. "/notes.txt", "not a report")
    local by_folder = emulator:run { "audit", "merge", "--output", "json", reports .. "/" }
    assert.equal("", by_folder.err)
    assert.equal(emulator:run { "audit", "merge", "--output", "json", reports .. "/0.json", reports .. "/1.json" }.out,
      by_folder.out)
    os.remove(reports .. "/1.json")
    assert.match("missing: shard 2/2", emulator:run { "audit", "merge", reports }.err)
    os.remove(reports .. "/0.json")
    local empty = emulator:run { "audit", "merge", reports }
    assert.equal(2, empty.status)
    assert.equal(("lanyard: %s has no report: no name of a file in it ends in .json\n"):format(reports), empty.err)
  end)
end)
