local errors = require "lanyard.errors"
local helper = require "helper"
local system = require "lanyard.system"
local world = require "world"

describe("undo", function()
  it("reverts one more change with each call, until none is left", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "shared-repo"
    local before = w:text "shared-repo"
    assert(w.region:grant(service, repository))
    local granted = w:text "shared-repo"
    assert(w.region:revoke({ service = service }, repository))
    assert(w.region:undo(repository))
    assert.equal(granted, w:text "shared-repo")
    assert(w.region:undo(repository))
    assert.equal(before, w:text "shared-repo")
    local change, err = w.region:undo(repository)
    assert.is_nil(change)
    assert.equal("NothingToUndo", err.code)
    assert.equal("the journal has no change to undo", err.message)
  end)

  it("deletes a policy if there was none before the change", function()
    local w <close> = world.new()
    local repository = w:repository "my-private-repo"
    assert(w.region:grant(w:service(), repository))
    assert(w.region:undo(repository))
    assert.is_nil(w:text "my-private-repo")
  end)

  it("can be undone by its own entry", function()
    local w <close> = world.new()
    local repository = w:repository "my-private-repo"
    assert(w.region:grant(w:service(), repository))
    local granted = w:text "my-private-repo"
    local change = assert(w.region:undo(repository))
    assert(w.region:undo(repository, { entry = change.entry }))
    assert.equal(granted, w:text "my-private-repo")
  end)

  it("leaves a policy that another writer changed since, and returns the difference", function()
    local w <close> = world.new()
    local repository = w:repository "shared-repo"
    assert(w.region:grant(w:service(), repository))
    local theirs = w:text("shared-repo"):gsub("Audit%-Team Read", "Somebody else")
    w:put("shared-repo", theirs)
    local change, err = w.region:undo(repository)
    assert.is_nil(change)
    assert.equal("ChangedSince", err.code)
    assert.matches("\n%+[^\n]*Somebody else", err.diff)
    assert.equal(theirs, w:text "shared-repo")
  end)

  it("returns what it would do, and changes nothing, with dry_run", function()
    local w <close> = world.new()
    local repository = w:repository "shared-repo"
    assert(w.region:grant(w:service(), repository))
    local granted = w:text "shared-repo"
    local change = assert(w.region:undo(repository, { dry_run = true }))
    assert.equal("would undo", change.kind)
    assert.matches("\n%-[^\n]*AllowLightsailPull", change.diff)
    assert.equal(granted, w:text "shared-repo")
  end)

  -- Grants, then revokes and is killed before or after the write.
  local function killed(phase)
    local w = world.new()
    local service, repository = w:service(), w:repository "shared-repo"
    assert(w.region:grant(service, repository))
    w[phase] = function(operation)
      if operation == "SetRepositoryPolicy" then error("killed", 0) end
    end
    assert.is_false(pcall(w.region.revoke, w.region, { service = service }, repository))
    w[phase] = nil
    return w, repository
  end

  it("returns with dry_run what it would do after a killed change, and leaves the journal as it is", function()
    for _, phase in ipairs { "before", "after" } do
      local w <close>, repository = killed(phase)
      local text, history = w:text "shared-repo", assert(w.region:history())
      assert.equal("intended", history[2].state)
      local rehearsed = assert(w.region:undo(repository, { dry_run = true }))
      assert.equal("would undo", rehearsed.kind)
      assert.equal(text, w:text "shared-repo")
      assert.same(history, assert(w.region:history()))
      local change = assert(w.region:undo(repository))
      assert.equal("undone", change.kind)
      assert.equal(rehearsed.diff, change.diff)
    end
  end)

  it("does not revert what another writer changed after a killed change", function()
    local w <close>, repository = killed "after"
    w:put("shared-repo", w:text("shared-repo"):gsub("Audit%-Team Read", "Somebody else"))
    for _, options in ipairs { { dry_run = true }, {} } do
      local change, err = w.region:undo(repository, options)
      assert.is_nil(change)
      assert.equal("ChangedSince", err.code)
    end
  end)

  -- Grants twice, then undoes and is killed at a phase of a request or when the result is reported.
  local function killed_undo(phase)
    local w = world.new()
    local repository = w:repository "shared-repo"
    assert(w.region:grant(w:service(), repository))
    local once = w:text "shared-repo"
    assert(w.region:grant(w:service(), repository, { sid = "second", expires = 4102444800 }))
    assert.not_equal(once, w:text "shared-repo")
    local function kill() error("killed", 0) end
    w[phase] = function(operation)
      if operation == "SetRepositoryPolicy" then kill() end
    end
    local options = phase == "report" and { report = kill } or {}
    assert.same({ false, "killed" }, { pcall(w.region.undo, w.region, repository, options) })
    w[phase] = nil
    return w, repository, once
  end

  it("that was killed is finished by the next one, which undoes nothing else", function()
    for _, phase in ipairs { "before", "after", "report" } do
      local w <close>, repository, once = killed_undo(phase)
      local reported
      local change = assert(w:connect():undo(repository, { report = function(one) reported = one end }))
      assert.equal("undone", change.kind)
      assert.equal(change, reported)
      assert.matches("^grant of ", change.why)
      assert.matches("\n%-[^\n]*2100%-01%-01", change.diff)
      assert.equal(once, change.after)
      assert.equal(once, w:text "shared-repo")
      assert.equal("undo", change.recovered[1].action)
      assert.equal(phase == "before" and "dropped" or "done", change.recovered[1].state)
      local history = assert(w.region:history())
      assert.equal(3, #history)
      assert.equal(history[3].id, change.entry)
      for _, entry in ipairs(history) do assert.equal("done", entry.state) end
      -- The one after it goes back one more change.
      assert.equal("undone", assert(w.region:undo(repository)).kind)
      assert.not_equal(once, w:text "shared-repo")
      assert.equal(4, #assert(w.region:history()))
    end
  end)

  it("counts as interrupted until the function that defer gets is called", function()
    local w <close> = world.new()
    local repository, original = w:repository "shared-repo", w:text "shared-repo"
    assert(w.region:grant(w:service(), repository))
    local once = w:text "shared-repo"
    assert(w.region:grant(w:service(), repository, { sid = "second", expires = 4102444800 }))
    local close
    local function undo() return assert(w.region:undo(repository, { defer = function(f) close = f end })) end
    local first = undo()
    assert.is_nil(first.unclosed)
    close = nil
    collectgarbage() -- a process that ends here releases the lock
    local again = undo()
    assert.same({ first.entry, once }, { again.entry, w:text "shared-repo" })
    assert.same({}, close())
    assert.not_equal(first.entry, undo().entry)
    assert.same({}, close())
    assert.equal(original, w:text "shared-repo")
  end)

  it("that was killed is shown by a dry run, which changes nothing", function()
    for phase, kind in pairs { before = "would undo", after = "unchanged", report = "unchanged" } do
      local w <close>, repository = killed_undo(phase)
      local text, calls = w:text "shared-repo", w:count "SetRepositoryPolicy"
      local change = assert(w.region:undo(repository, { dry_run = true }))
      assert.equal(kind, change.kind)
      assert.equal(kind == "unchanged", (change.why:find "interrupted") ~= nil)
      assert.equal(text, w:text "shared-repo")
      assert.equal(calls, w:count "SetRepositoryPolicy")
      assert.equal("undone", assert(w.region:undo(repository)).kind)
    end
  end)

  it("that was killed is reported by another change, after which undo goes back one change", function()
    local w <close>, repository, once = killed_undo "report"
    local change = assert(w.region:revoke({ principal = "999999999999" }, repository))
    assert.equal("undo", change.recovered[1].action)
    assert.equal("unchanged", change.kind)
    assert.equal("undone", assert(w.region:undo(repository)).kind)
    assert.not_equal(once, w:text "shared-repo")
  end)

  it("whose entry cannot be closed says so, and is reported once more by the next one, which undoes nothing else", function()
    local w <close> = world.new()
    local repository, original = w:repository "shared-repo", w:text "shared-repo"
    assert(w.region:grant(w:service(), repository))
    local once = w:text "shared-repo"
    assert(w.region:grant(w:service(), repository, { sid = "second", expires = 4102444800 }))
    local remove, failing = system.remove, false
    local _ <close> = setmetatable({}, { __close = function() system.remove = remove end })
    system.remove = function(path)
      if failing and path:find "%.open%.json$" then
        return nil, errors.new { code = "SystemError", message = path .. ": injected" }
      end
      return remove(path)
    end
    local function undo()
      return assert(w.region:undo(repository, { report = function() failing = true end }))
    end
    local change = undo()
    assert.equal("undone", change.kind)
    assert.equal(1, #change.unclosed)
    assert.equal("JournalFailed", change.unclosed[1].code)
    assert.matches("%.open%.json: injected$", change.unclosed[1].message)
    assert.matches("the next undo of the repository reports this one again", change.unclosed[1].tip)
    assert.equal(once, w:text "shared-repo")
    failing = false
    local again = undo()
    assert.equal("undone", again.kind)
    assert.equal(change.entry, again.entry)
    assert.equal(1, #again.unclosed) -- its close fails, too
    failing = false
    again = assert(w.region:undo(repository))
    assert.equal(change.entry, again.entry)
    assert.same({}, again.unclosed)
    assert.equal(once, w:text "shared-repo")
    assert.equal(3, #assert(w.region:history()))
    assert.not_equal(change.entry, assert(w.region:undo(repository)).entry)
    assert.equal(original, w:text "shared-repo")
  end)

  it("of a certain entry is not taken for an interrupted undo of another", function()
    local w <close>, repository, once = killed_undo "report"
    local first = assert(w.region:history())[1]
    local change = assert(w.region:undo(repository, { entry = first.id }))
    assert.equal("undone", change.kind)
    assert.equal(first.before, w:text "shared-repo")
    assert.equal("undo", change.recovered[1].action)
    assert.not_equal(once, w:text "shared-repo")
  end)

  it("does not restore by a damaged entry, and says which it is", function()
    local w <close> = world.new()
    local repository = w:repository "shared-repo"
    assert(w.region:grant(w:service(), repository))
    local path = assert(w.region:repository_directory(repository)) .. "/" .. assert(w.region:history())[1].id .. ".json"
    helper.write(path, (helper.read(path):gsub('"undo', "")):gsub('"time": "[^"]*"', '"time": 5'))
    local change, err = w.region:undo(repository)
    assert.is_nil(change)
    assert.equal("NothingToUndo", err.code)
    assert.equal(path, err.damaged[1].path)
    assert.matches("JournalDamaged", select(2, w.region:history(repository)).code)
    local damaged = {}
    assert.same({}, assert(w.region:history(repository, { damaged = damaged })))
    assert.equal(path, damaged[1].path)
    local granted = assert(w.region:grant(w:service(), repository, { sid = "more" }))
    assert.equal(path, granted.damaged[1].path)
  end)
end)

describe("the history", function()
  it("shows with preview how interrupted changes ended, and leaves the journal as it is", function()
    for phase, state in pairs { before = "dropped", after = "done", lost = "lost" } do
      local w <close> = world.new()
      local repository = w:repository "my-private-repo"
      w[phase == "lost" and "after" or phase] = function(operation)
        if operation == "SetRepositoryPolicy" then error("killed", 0) end
      end
      assert.is_false(pcall(w.region.grant, w.region, w:service(), repository))
      w.before, w.after = nil, nil
      if phase == "lost" then
        w:put("my-private-repo", '{"Version":"2012-10-17","Statement":[{"Sid":"theirs","Effect":"Allow",'
          .. '"Principal":"*","Action":"ecr:BatchGetImage"}]}')
      end
      assert.equal(state, assert(w.region:history(nil, { preview = true }))[1].state)
      assert.equal("intended", assert(w.region:history())[1].state)
    end
  end)

  it("shows a change that is being made as intended", function()
    local w <close> = world.new()
    local repository = w:repository "my-private-repo"
    local states = {}
    w.after = function(operation)
      if operation == "SetRepositoryPolicy" then
        states[1] = assert(w:connect():history(repository, { preview = true }))[1].state
      end
    end
    assert(w.region:grant(w:service(), repository))
    assert.same({ "intended" }, states)
  end)

  it("lists what is readable beside a file in place of a directory and an entry of another repository", function()
    local w <close> = world.new()
    local repository = w:repository "shared-repo"
    assert(w.region:grant(w:service(), repository))
    local parent = assert(w.region:journal_directory())
    local entry = assert(w.region:history())[1]
    helper.write(parent .. "/file", "")
    assert(os.execute(("cp -r '%s/shared-repo' '%s/team+web'"):format(parent, parent)))
    local damaged = {}
    local entries = assert(w.region:history(nil, { damaged = damaged }))
    assert.equal(1, #entries)
    assert.equal(entry.id, entries[1].id)
    assert.equal(2, #damaged)
    assert.matches("/file", damaged[1].message)
    assert.matches("belongs to repository 'shared%-repo'", damaged[2].message)
  end)
end)
