local document = require "lanyard.audit.report.document"
local helper = require "helper"
local history = require "lanyard.audit.report.history"
local json = require "lanyard.json"
local reports = require "reports"
local sqlite = require "lanyard.sqlite"

local ACCOUNT = "111122223333"

-- A report of us-east-1 in that hour: { repository = { access = { [principal] = decision }, findings = ids } or
-- { unknown }, ... }
local function report(hour, repositories, more)
  local made = document.new(("2026-11-25T%02d:00:00Z"):format(hour))
  local scope = { account = ACCOUNT, region = "us-east-1", repositories = json.array {}, services = json.array {} }
  made.scopes[1] = scope
  for name, what in pairs(repositories) do
    local access = json.array {}
    for principal, decision in pairs(what.access or {}) do
      access[#access + 1] = { principal = principal, type = "AWS", kind = "role", decision = decision, statement = "s" }
    end
    table.insert(scope.repositories, { name = name, access = access, policy_error = what.policy_error })
    for _, id in ipairs(what.findings or {}) do
      table.insert(made.findings, { id = id, severity = "low", message = id, account = ACCOUNT, region = "us-east-1",
        repository = name, key = id .. "|" .. name })
    end
  end
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

-- Returns a history of reports that were stored one after the other.
local function history_of(folder, ...)
  local stored = assert(history.open(folder .. "/a.db"))
  for _, one in ipairs { ... } do assert(stored:add(one)) end
  return stored
end

local function hour(time)
  return time and time:sub(12, 13) or "-"
end

local function lines(items)
  local list = {}
  for i, item in ipairs(items) do
    list[i] = ("%s %s %s%s..%s %s"):format(item.repository, item.principal or item.id, item.at_first and "<" or "",
      hour(item.came), hour(item.last_seen), hour(item.gone))
  end
  return list
end

describe("the history of audits", function()
  it("records when grants and findings began, were last seen and ended", function()
    local folder <close> = helper.folder()
    local web = { access = { old = "allow" }, findings = { "stored" } }
    local stored <close> = history_of(folder, report(1, { web = web }),
      report(2, { web = { access = { old = "allow", new = "allow" }, findings = { "stored", "came" } } }),
      report(3, { web = { access = { new = "allow" }, findings = { "stored" } } }),
      report(4, { web = { access = { old = "allow", new = "allow" } } }))
    assert.same({ "web old <01..02 03", "web new 02..04 -", "web old 04..04 -" }, lines(stored:grants()))
    assert.same({ "web stored <01..03 04", "web came 02..02 03" }, lines(stored:findings()))
  end)

  it("does not end a finding that is muted", function()
    local folder <close> = helper.folder()
    local muted = report(2, { web = { findings = { "it" } } })
    muted.muted, muted.findings = muted.findings, json.array {}
    local stored <close> = history_of(folder, report(1, { web = { findings = { "it" } } }), muted,
      report(3, { web = { findings = { "it" } } }))
    assert.same({ "web it <01..03 -" }, lines(stored:findings()))
  end)

  it("stores a grant whose decision changes as two, and none that is denied", function()
    local folder <close> = helper.folder()
    local stored <close> = history_of(folder, report(1, { web = { access = { one = "allow", no = "deny" } } }),
      report(2, { web = { access = { one = "depends", no = "deny" } } }))
    assert.same({ "web one <01..01 02", "web one 02..02 -" }, lines(stored:grants()))
    assert.equal("depends", stored:grants()[2].decision)
  end)

  it("does not end what a run does not cover", function()
    local folder <close> = helper.folder()
    local web = { access = { one = "allow" }, findings = { "it" } }
    local blind = report(4, {})
    blind.scopes[1] = { region = "us-east-1", error = { code = "X", message = "x" } }
    local stored <close> = history_of(folder, report(1, { web = web }),
      report(2, { api = {} }, { partial = { repositories = json.array { "api" } } }),
      report(3, { web = { policy_error = "denied" } }), blind,
      report(5, { web = {} }, { partial = { service = "other" } }))
    assert.same({ "web one <01..01 -" }, lines(stored:grants()))
    assert.same({ "web it <01..01 -" }, lines(stored:findings()))
    assert(stored:add(report(6, {})))
    assert.same({ "web one <01..01 06" }, lines(stored:grants()))
    assert.same({ "web it <01..01 06" }, lines(stored:findings()))
    assert.equal(6, #stored:runs())
  end)

  it("updates only the number of the last run of what does not change", function()
    local folder <close> = helper.folder()
    local repositories = {}
    for i = 1, 500 do repositories["r" .. i] = { access = { [("p"):rep(150) .. i] = "allow" } } end
    local stored <close> = history_of(folder, report(1, repositories))
    local before = #helper.read(folder .. "/a.db")
    for i = 2, 20 do assert(stored:add(report(i, repositories))) end
    assert.is_true(#helper.read(folder .. "/a.db") - before < 10000)
    assert.equal(500, #stored:grants())
  end)

  it("filters by repository, service, principal and time", function()
    local folder <close> = helper.folder()
    local first = reports.small()
    local second = reports.small()
    second.time = "2026-11-26T01:00:00Z"
    table.remove(second.scopes[1].repositories[2].access, 3)
    local stored <close> = history_of(folder, first, second)
    local function principals(filter)
      local list = {}
      for i, item in ipairs(assert(stored:grants(filter))) do list[i] = item.service or item.principal end
      table.sort(list)
      return table.concat(list, " ")
    end
    assert.equal("* old web", principals())
    assert.equal("* old web", principals { repository = "team/*" })
    assert.equal("", principals { repository = "spare" })
    assert.equal("web", principals { service = "web" })
    assert.equal("*", principals { principal = "*" })
    assert.equal("*", principals { since = "2026-11-26T00:00:00Z" })
    assert.equal("", principals { since = "2026-11-27T00:00:00Z" })
    assert.equal(1, #stored:findings { service = "old" })
    local runs = stored:runs()
    assert.same({ 2, 1, 2, 3, 1, 0 }, { runs[1].scopes, runs[1].failed, runs[1].repositories, runs[1].grants,
      runs[1].critical, runs[1].high })
    assert.equal(1, #stored:runs { since = "2026-11-26T00:00:00Z" })
  end)

  it("is unchanged after a run that cannot be stored completely", function()
    local folder <close> = helper.folder()
    local stored <close> = history_of(folder, report(1, { web = { access = { one = "allow" } } }))
    local broken = report(2, { web = { access = {}, findings = { "it" } } })
    broken.findings[1].message = nil
    local ok, err = stored:add(broken)
    assert.is_nil(ok)
    assert.equal(folder .. "/a.db: NOT NULL constraint failed: finding_spans.message", tostring(err))
    assert.same({ "web one <01..01 -" }, lines(stored:grants()))
    assert.equal(1, #stored:runs())
    assert.is_true(stored:add(report(3, { web = { access = { one = "allow" } } })))
  end)

  it("rejects a report that is older than a run of its account and Region, and is unchanged", function()
    local folder <close> = helper.folder()
    local web = { web = { access = { one = "allow" } } }
    local stored <close> = history_of(folder, report(1, web), report(3, {}), report(5, {}))
    local ok, err = stored:add(report(4, web))
    assert.is_nil(ok)
    assert.equal(folder .. "/a.db: the report of 2026-11-25T04:00:00Z is older than the stored run of 2026-11-25T05:00:00Z "
      .. "of 111122223333 us-east-1: store reports in the order of their times", tostring(err))
    assert.equal(3, #stored:runs())
    assert.same({ "web one <01..01 03" }, lines(stored:grants()))
    assert.is_true(stored:add(report(5, web)))
    assert.same({ "web one <01..01 03", "web one 05..05 -" }, lines(stored:grants()))
  end)

  it("stores an older report of another account or Region, and of one that could not be audited", function()
    local folder <close> = helper.folder()
    local failed = report(5, {})
    failed.scopes[1].error = { code = "X", message = "no" }
    local stored <close> = history_of(folder, report(2, {}), failed)
    for _, where in ipairs { { ACCOUNT, "eu-west-1" }, { "222233334444", "us-east-1" } } do
      local older = report(1, {})
      older.scopes[1].account, older.scopes[1].region = where[1], where[2]
      assert.is_true(stored:add(older))
    end
    assert.is_true(stored:add(report(3, {})))
  end)

  it("assumes that the last run in a file of an earlier version covers every account and Region", function()
    local folder <close> = helper.folder()
    history_of(folder, report(1, {}), report(3, {})):close()
    assert(sqlite.open(folder .. "/a.db")):exec "DROP TABLE looks"
    local stored <close> = assert(history.open(folder .. "/a.db"))
    assert.match("older than the stored run of 2026%-11%-25T03:00:00Z", tostring(select(2, stored:add(report(2, {})))))
    assert.is_true(stored:add(report(4, {})))
  end)

  it("stores 40,000 grants within seconds, each time", function()
    local folder <close> = helper.folder()
    local repositories = {}
    for i = 1, 10000 do
      repositories["team/app-" .. i] = { access = {} }
      for service = 1, 4 do
        repositories["team/app-" .. i].access[("arn:aws:iam::947856326339:role/amazon/%s/%d"):format(("x"):rep(100),
          (i + service) % 50)] = "allow"
      end
    end
    local one = report(1, repositories)
    local stored <close> = assert(history.open(folder .. "/a.db"))
    for _ = 1, 2 do
      local started = os.clock()
      assert(stored:add(one))
      assert.is_true(os.clock() - started < 10, "it took " .. os.clock() - started .. " s")
    end
    assert.equal(40000, #stored:grants())
  end)
end)

describe("opening a history", function()
  local function refused(path, options)
    local stored, err = history.open(path, options)
    assert.is_nil(stored)
    assert.is_nil(tostring(err):find "\n")
    return tostring(err):gsub("^.*/", "")
  end

  it("rejects in one line another file, and a newer version", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/text", ("no database "):rep(100))
    assert.equal("text is not a history of lanyard audit --history; name another file", refused(folder .. "/text"))
    helper.write(folder .. "/damaged", "SQLite format 3\0" .. ("\xff"):rep(2000))
    assert.equal("damaged: a part of this database is damaged or cannot be read; check the disk", refused(folder .. "/damaged"))
    assert.match("unable to open database file; name a file", refused(folder .. "/none/a.db"))
    assert.match("unable to open database file; name a file", refused(folder.path))
    assert.match("none does not exist: lanyard audit %-%-history creates it", refused(folder .. "/none", { readonly = true }))
    assert(sqlite.open(folder .. "/other.db")):exec "CREATE TABLE t (a)"
    assert.equal("other.db is a database of another program", refused(folder .. "/other.db"))
    history_of(folder):close()
    assert(sqlite.open(folder .. "/a.db")):exec "PRAGMA user_version = 2"
    local newer = "a.db is a history of version 2, and this lanyard reads version 1: use a newer lanyard"
    assert.equal(newer, refused(folder .. "/a.db"))
    assert.equal(newer, refused(folder .. "/a.db", { readonly = true }))
    helper.write(folder .. "/empty", "")
    assert.equal("empty has no audits: lanyard audit --history stores them",
      refused(folder .. "/empty", { readonly = true }))
    history.open(folder .. "/empty"):close()
  end)

  it("creates files that only the user can read, and leaves the mode of an existing file", function()
    local folder <close> = helper.folder()
    local function modes()
      return helper.run({ "sh", "-c", "cd '" .. folder .. "' && stat -c '%n %a' *" }).out
    end
    local stored <close> = history_of(folder)
    assert(stored.db:exec "BEGIN IMMEDIATE")
    assert(stored.db:exec "CREATE TABLE more (a)")
    assert.equal("a.db 600\na.db-journal 600\n", modes())
    assert(stored.db:exec "ROLLBACK")
    helper.run { "chmod", "640", folder .. "/a.db" }
    history_of(folder):close()
    assert.equal("a.db 640\n", modes())
  end)
end)

describe("the audience of a grant in the history", function()
  -- A report in which everyone has access to the repository web under a condition.
  local function with_audience(hours, audience, kind)
    local one = report(hours, { web = { access = { ["*"] = "depends" } } })
    local access = one.scopes[1].repositories[1].access[1]
    access.audience, access.kind = audience, kind or "public"
    return one
  end

  local function audiences(stored)
    local list = {}
    for i, item in ipairs(stored:grants()) do
      list[i] = ("%s %s %s..%s %s"):format(item.audience or item.principal, item.kind, hour(item.came), hour(item.last_seen),
        hour(item.gone))
    end
    return list
  end

  it("is stored, and a grant with another audience is another grant", function()
    local folder <close> = helper.folder()
    local stored <close> = history_of(folder, with_audience(1, "organization o-a1b2c3d4e5"),
      with_audience(2, "organization o-a1b2c3d4e5"), with_audience(3, nil), with_audience(4, "account 111122223333", "account"))
    assert.same({ "organization o-a1b2c3d4e5 public 01..02 03", "* public 03..03 04", "account 111122223333 account 04..04 -" },
      audiences(stored))
  end)

  it("is added to the grants of a file of an earlier version, which go on", function()
    local folder <close> = helper.folder()
    do
      local stored <close> = history_of(folder, with_audience(1, nil))
      assert.same({ "* public 01..01 -" }, audiences(stored))
    end
    do
      local db <close> = assert(sqlite.open(folder .. "/a.db"))
      assert(db:exec "DROP VIEW audience_grants; DROP TABLE audiences")
    end
    do
      local stored <close> = assert(history.open(folder .. "/a.db", { readonly = true }))
      assert.same({ "* public 01..01 -" }, audiences(stored))
    end
    local stored <close> = history_of(folder, with_audience(2, "everyone, except organization o-a1b2c3d4e5"))
    assert.same({ "everyone, except organization o-a1b2c3d4e5 public 01..02 -" }, audiences(stored))
  end)
end)
