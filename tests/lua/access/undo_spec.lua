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
end)
