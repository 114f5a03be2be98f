local helper = require "helper"
local json = require "lanyard.json"

local SERVICE, REPOSITORY = "my-container-service", "shared-repo"

-- An emulator where a grant was added and revoked, with three audits in FOLDER/a.db.
local function lived(folder)
  local emulator = helper.emulator()
  local function audit()
    local result = emulator:run { "audit", "--history", folder .. "/a.db" }
    assert.same({ "", 0 }, { result.err, result.status })
  end
  audit()
  emulator:run { "grant", SERVICE, REPOSITORY, "--enable" }
  audit()
  emulator:run { "revoke", SERVICE, REPOSITORY }
  audit()
  return emulator
end

local function history(words, environment)
  return helper.run({ helper.lanyard, "history", table.unpack(words) }, environment)
end

describe("lanyard history", function()
  it("shows when a grant began and ended, as a table, JSON and CSV, without AWS", function()
    local folder <close> = helper.folder()
    local _ <close> = lived(folder)
    local result = history { folder .. "/a.db" }
    assert.same({ "", 0 }, { result.err, result.status })
    assert.match("^REPOSITORY +PRINCIPAL +PULL +STATEMENT +FIRST SEEN +LAST SEEN +ENDED\n", result.out)
    assert.match("\nshared%-repo +my%-container%-service +allow +AllowLightsailPull%-my%-container%-service"
      .. " +(%d%d%d%d%-%d%d%-%d%d %d%d:%d%dZ) +%1 +%d%d%d%d%-%d%d%-%d%d %d%d:%d%dZ\n$", result.out)
    local items = json.decode(history({ "--output", "json" }, { LANYARD_HISTORY = folder .. "/a.db" }).out)
    assert.equal(1, #items)
    assert.same({ SERVICE, "puller", "allow", REPOSITORY, false }, { items[1].service, items[1].kind, items[1].decision,
      items[1].repository, items[1].at_first })
    assert.is_true(items[1].came <= items[1].last_seen and items[1].last_seen <= items[1].gone)
    result = history { folder .. "/a.db", "--output", "csv", "--findings" }
    assert.match("^account,region,repository,id,severity,message,service,principal,statement,at_first,came,"
      .. "last_seen,gone,key\r\n111122223333,us%-east%-1,,unused%-role,low,", result.out)
    result = history { folder .. "/a.db", "--runs" }
    assert.match("\n[^\n]+ 1 +0 +all +2 +0 +no findings\n[^\n]+ 1 +0 +all +2 +1 +no findings\n[^\n]+ 1 low\n$", result.out)
  end)

  it("filters, and notes when nothing matches", function()
    local folder <close> = helper.folder()
    local _ <close> = lived(folder)
    for _, words in ipairs { { "--repository", "shared-*" }, { "--service", SERVICE }, { "--since", "1h" },
      { "--since", "2020-01-31" }, { "--since", "2020-01-31T12:00:00+01:00" } } do
      assert.match("shared%-repo", history({ folder .. "/a.db", table.unpack(words) }).out)
    end
    for _, words in ipairs { { "--repository", "other" }, { "--service", "other" }, { "--principal", "*" },
      { "--since", "2999-01-31" } } do
      local result = history { folder .. "/a.db", table.unpack(words) }
      assert.same({ "", "lanyard: no grants match\n", 0 }, { result.out, result.err, result.status })
      assert.equal("[]\n", history({ folder .. "/a.db", "--output", "json", table.unpack(words) }).out)
    end
  end)

  it("rejects a wrong command line, and a file that is not a history", function()
    local folder <close> = helper.folder()
    local file = folder .. "/text"
    helper.write(file, ("no database "):rep(100))
    for _, case in ipairs {
      { {}, 2, "name the file of lanyard audit %-%-history, or set LANYARD_HISTORY" },
      { { file, "--since", "yesterday" }, 2, "'yesterday' is not a time: write 12h, 7d, 2026%-11%-25 or" },
      { { file, "--since", "2026-13-45" }, 2, "is not a time" },
      { { file, "--since", "99999999d" }, 2, "is not a time" },
      { { file, "--runs", "--findings" }, 2, "%-%-findings and %-%-runs cannot be used together" },
      { { file, "--runs", "--service", "x" }, 2, "cannot be used with %-%-runs" },
      { { folder .. "/none" }, 2, "none does not exist: lanyard audit %-%-history creates it" },
      { { file }, 1, "text is not a history of lanyard audit %-%-history; name another file" },
      { { folder.path }, 1, "unable to open database file; name a file" },
    } do
      local result = history(case[1])
      assert.same({ "", case[2] }, { result.out, result.status })
      assert.match(case[3], result.err)
      assert.is_nil(result.err:find "\n.")
    end
  end)

  it("escapes hostile names", function()
    local folder <close> = helper.folder()
    local history_of = require "lanyard.audit.report.history"
    local reports = require "reports"
    local stored = assert(history_of.open(folder .. "/a.db"))
    assert(stored:add(reports.hostile()))
    stored:close()
    for _, words in ipairs { {}, { "--findings" }, { "--output", "csv" }, { "--output", "csv", "--findings" } } do
      local out = history({ folder .. "/a.db", table.unpack(words) }).out
      assert.is_nil(out:find "[\27\127]")
      assert.match("\\x1b%[31m", out)
    end
  end)
end)

describe("lanyard audit --history", function()
  it("fails before it calls AWS when no run could be stored", function()
    local folder <close> = helper.folder()
    local result = helper.run({ helper.lanyard, "audit", "--history", folder .. "/none/a.db" },
      { AWS_REGION = "us-east-1", AWS_ENDPOINT_URL = "http://127.0.0.1:9" })
    assert.same({ "", 1 }, { result.out, result.status })
    assert.match("none/a%.db: unable to open database file; name a file in an existing folder\n$", result.err)
  end)

  it("prints the report when its run cannot be stored", function()
    local folder <close> = helper.folder()
    local emulator <close> = lived(folder)
    local report = emulator:run({ "audit", "--output", "json" }).out
    helper.write(folder .. "/r.json", report)
    -- The file lacks the tables that its header promises.
    local sqlite = require "lanyard.sqlite"
    local db = assert(sqlite.open(folder .. "/a.db"))
    assert(db:exec "DROP VIEW grants; DROP TABLE grant_spans")
    db:close()
    local result = helper.run { helper.lanyard, "audit", "merge", folder .. "/r.json", "--output", "json", "--history",
      folder .. "/a.db" }
    assert.equal(report, result.out)
    assert.equal(1, result.status)
    assert.match("a%.db: no such table: grant_spans", result.err)
  end)

  it("rejects an out-of-order report in one line, after the report", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local report = emulator:run({ "audit", "--output", "json" }).out
    for name, time in pairs { old = "2026-11-24T01:00:00Z", new = "2026-11-25T01:00:00Z" } do
      helper.write(("%s/%s.json"):format(folder, name), (report:gsub('"time": "[^"]*"', ('"time": "%s"'):format(time))))
    end
    local function store(name)
      return helper.run { helper.lanyard, "audit", "merge", ("%s/%s.json"):format(folder, name), "--history",
        folder .. "/a.db" }
    end
    local result = store "new"
    assert.same({ "", 0 }, { result.err, result.status })
    result = store "old"
    assert.match("no findings\n$", result.out)
    assert.same({ ("lanyard: %s/a.db: the report of 2026-11-24T01:00:00Z is older than the stored run of "
      .. "2026-11-25T01:00:00Z of 111122223333 us-east-1: store reports in the order of their times\n"):format(folder), 1 },
      { result.err, result.status })
    assert.equal(1, #json.decode(history({ folder .. "/a.db", "--runs", "--output", "json" }).out))
  end)

  it("stores all of several runs in parallel", function()
    local folder <close> = helper.folder()
    local emulator <close> = lived(folder)
    helper.write(folder .. "/r.json", emulator:run({ "audit", "--output", "json" }).out)
    local command = ("'%s' audit merge %s/r.json --history %s/a.db"):format(helper.lanyard, folder, folder)
    local result = helper.run { "sh", "-c", (command .. " & "):rep(4) .. "wait" }
    assert.equal("", result.err)
    assert.equal(7, #json.decode(history({ folder .. "/a.db", "--runs", "--output", "json" }).out))
  end)
end)
