-- The journal and the histories of 0.1.0.

local compat = require "compat"
local helper = require "helper"
local json = require "lanyard.json"

local RECORDED, JOURNAL, REGIONS, CI_POLICY = compat.RECORDED, compat.JOURNAL, compat.REGIONS, compat.CI_POLICY
local recorded, lines_of, count_with, seeded = compat.recorded, compat.lines_of, compat.count_with, compat.seeded
local in_state, run, policy, set_policy = compat.in_state, compat.run, compat.policy, compat.set_policy

describe("the journal of 0.1.0", function()
  -- Returns the recorded entries of a repository, oldest first; `file` is the name of each file.
  local function entries_of(repository)
    local folder = ("%s/111122223333/us-east-1/%s"):format(JOURNAL, (repository:gsub("/", "+")))
    local list = {}
    for _, name in ipairs(lines_of(helper.run({ "ls", folder }).out)) do
      if name:find "%.json$" then
        local entry = json.decode(helper.read(folder .. "/" .. name))
        entry.file = name
        list[#list + 1] = entry
      end
    end
    return list
  end

  -- Starts an emulator in the state of the recording, with a copy of the journal in its folder.
  local function with_journal(folder)
    local emulator = in_state(folder, recorded "team.state.json")
    local copy = emulator.environment.XDG_STATE_HOME .. "/lanyard/journal/" .. emulator.url:match "//(.*)":gsub(":", "_")
    assert.equal(0, helper.run({ "mkdir", "-p", copy }).status)
    assert.equal(0, helper.run({ "cp", "-r", JOURNAL .. "/111122223333", copy }).status)
    return emulator
  end

  local function listed(emulator, repository)
    return json.decode((run(emulator, 0, "undo", "--list", "--output", "json", repository)))
  end

  it("is listed with every change", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    local all, count = listed(emulator), 0
    for repository, number in pairs { shared = 3, web = 1, ["team/a"] = 2, ["team/b"] = 3, ["prod/api"] = 1 } do
      local entries = entries_of(repository)
      assert.equal(number, #entries)
      assert.equal(number, #listed(emulator, repository))
      for _, entry in ipairs(entries) do
        assert.equal(1, count_with(all, entry.id, repository, entry.action, entry.time), entry.file)
        count = count + 1
      end
    end
    assert.equal(count, #all)
    assert.is_true(#lines_of((run(emulator, 0, "undo", "--list"))) >= count)
  end)

  it("is undone change by change", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    local granted, revoked, applied = table.unpack(entries_of "team/b")
    for i, entry in ipairs { applied, revoked, granted } do
      assert.equal(({ "apply", "revoke", "grant" })[i], entry.action)
      assert.equal(entry.after or "", policy(emulator, "team/b"))
      run(emulator, 0, "undo", "team/b")
      assert.equal(entry.before or "", policy(emulator, "team/b"))
    end
    run(emulator, 1, "undo", "team/b")
    -- The second of these entries undoes the first.
    local _, _, last = table.unpack(entries_of "shared")
    run(emulator, 0, "undo", "shared")
    assert.equal(last.before, policy(emulator, "shared"))
    run(emulator, 1, "undo", "shared")
    assert.equal(last.before, policy(emulator, "shared"))
  end)

  it("does not overwrite a policy that another writer changed since", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    set_policy(emulator, "web", CI_POLICY)
    run(emulator, 1, "undo", "web")
    assert.equal(CI_POLICY, policy(emulator, "web"))
  end)

  it("settles an interrupted change that reached the policy", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    local entry = entries_of("prod/api")[1]
    assert.equal(entry.id .. ".open.json", entry.file)
    assert.equal(entry.after, policy(emulator, "prod/api"))
    run(emulator, 0, "grant", "jobs", "prod/api")
    assert.equal(entry.after, policy(emulator, "prod/api"))
    assert.equal(1, #listed(emulator, "prod/api"))
    run(emulator, 0, "undo", "prod/api")
    assert.equal("", policy(emulator, "prod/api"))
  end)

  it("drops an interrupted change that never reached the policy", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    local granted, interrupted = table.unpack(entries_of "team/a")
    assert.equal(interrupted.id .. ".open.json", interrupted.file)
    assert.equal(granted.after, policy(emulator, "team/a"))
    run(emulator, 0, "revoke", "jobs", "team/a")
    assert.equal(0, count_with(listed(emulator, "team/a"), interrupted.id))
    assert.equal(1, count_with(listed(emulator, "team/a"), granted.id))
    run(emulator, 0, "undo", "team/a")
    assert.equal("", policy(emulator, "team/a"))
  end)

  it("does not undo an interrupted change that another writer replaced", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    set_policy(emulator, "prod/api", CI_POLICY)
    run(emulator, 0, "revoke", "jobs", "prod/api")
    assert.equal(1, #listed(emulator, "prod/api"))
    run(emulator, 1, "undo", "prod/api")
    assert.equal(CI_POLICY, policy(emulator, "prod/api"))
    -- If the change were recorded as made, it could already be undone: there was no policy before it.
    run(emulator, 0, "-e", [[assert(require("lanyard.aws").client("ecr"):DeleteRepositoryPolicy { repositoryName = "prod/api" })]])
    run(emulator, 1, "undo", "prod/api")
  end)
end)

describe("a history of 0.1.0", function()
  local function copy_of(folder)
    local copy = folder .. "/history.db"
    helper.write(copy, recorded "history.db")
    return copy
  end

  it("is read without being changed", function()
    local folder <close> = helper.folder()
    local copy = copy_of(folder)
    local runs = json.decode((run(nil, 0, "history", copy, "--runs", "--output", "json")))
    assert.equal(4, #runs)
    for _, time in ipairs { "2026-11-18T09:00:00Z", "2026-11-19T09:00:00Z", "2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z" } do
      assert.equal(1, count_with(runs, time), time)
    end
    local grants = json.decode((run(nil, 0, "history", copy, "--output", "json")))
    assert.equal(7, #grants)
    assert.equal(1, count_with(grants, "shared", "jobs", "jobs may pull", "allow", "2026-11-20T09:00:00Z"))
    assert.equal(1, count_with(grants, "team/b", "web", "2026-11-19T09:00:00Z", "2026-11-20T08:00:00Z"))
    assert.equal(1, count_with(grants, "open", "*", "2026-11-18T09:00:00Z"))
    local findings = json.decode((run(nil, 0, "history", copy, "--findings", "--output", "json")))
    assert.equal(4, #findings)
    assert.equal(1, count_with(findings, "public-access", "critical", "public-access|111122223333|eu-west-1|open||*"))
    assert.equal(recorded "history.db", helper.read(copy))
  end)

  it("can be filtered", function()
    local function count(...)
      return #json.decode((run(nil, 0, "history", RECORDED .. "history.db", "--output", "json", ...)))
    end
    assert.equal(4, count("--repository", "team/*"))
    assert.equal(4, count("--service", "web"))
    assert.equal(1, count("--principal", "*"))
    assert.equal(4, count("--since", "2026-11-20"))
    assert.equal(0, count("--since", "2026-11-21"))
    local result = helper.run({ helper.lanyard, "history", "--output", "json" }, { LANYARD_HISTORY = RECORDED .. "history.db" })
    assert.equal(7, #json.decode(result.out))
  end)

  it("stores the next audit", function()
    local folder <close> = helper.folder()
    local emulator <close> = seeded()
    local copy = copy_of(folder)
    run(emulator, 0, "audit", "--region", REGIONS, "--history", copy)
    assert.equal(5, #json.decode((run(nil, 0, "history", copy, "--runs", "--output", "json"))))
    local grants = json.decode((run(nil, 0, "history", copy, "--output", "json", "--repository", "team/a")))
    assert.equal(1, #grants)
    assert.equal(1, count_with(grants, "2026-11-19T09:00:00Z", "2026-11-20T09:00:00Z"))
    -- Since the recordings, all grants except the grant of `open` have ended.
    assert.equal(5, #json.decode((run(nil, 0, "history", copy, "--output", "json", "--since", "2026-11-21"))))
  end)

  it("accepts a report of 0.1.0, and rejects an older one", function()
    local folder <close> = helper.folder()
    local copy = copy_of(folder)
    run(nil, 0, "audit", "merge", RECORDED .. "reports/team.json", "--history", copy)
    assert.equal(5, #json.decode((run(nil, 0, "history", copy, "--runs", "--output", "json"))))
    helper.write(folder .. "/old.json", (recorded("reports/team.json"):gsub('"2026%-11%-20T09:00:00Z"', '"2026-11-19T09:00:00Z"')))
    run(nil, 1, "audit", "merge", folder .. "/old.json", "--history", copy)
    assert.equal(5, #json.decode((run(nil, 0, "history", copy, "--runs", "--output", "json"))))
  end)
end)
