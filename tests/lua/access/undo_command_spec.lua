local helper = require "helper"
local json = require "lanyard.json"
local run = require "lanyard.access.journal.run"
local undo_command = require "lanyard.access.undo_command"
local world = require "world"

local NAMES = { "my-private-repo", "shared-repo" }

-- A region for one more command, which begins now.
local function command(w)
  w.passed = w.passed + 1
  return w.region:with { run = run.new(w:time()) }
end

-- Grants both repositories in one command. Returns its run.
local function granted(w, names)
  local region = command(w)
  for _, name in ipairs(names or NAMES) do
    assert(region:grant(w:service(), w:repository(name)))
  end
  return region.run
end

-- Undoes a command as a command. Returns the results by repository.
local function undo(w, id, options)
  local region = command(w)
  local found = assert(region:find_command(id))
  local results = {}
  for _, part in ipairs(found.parts) do
    local change, err = region:undo_part(part, w:repository(part.repository), options)
    results[part.repository] = change and change.kind or err.code
  end
  return results, region.run
end

local function texts(w)
  return { w:text "my-private-repo" or "none", w:text "shared-repo" }
end

describe("the undo of a command", function()
  it("restores every policy that the last command changed, and nothing of earlier ones", function()
    local w <close> = world.new()
    granted(w, { "shared-repo" })
    local before = texts(w)
    local region = command(w)
    assert(region:revoke({ service = w:service() }, w:repository "shared-repo"))
    assert(region:grant(w:service(), w:repository "my-private-repo"))
    local found = assert(w.region:find_command())
    assert.same({ "grant", "revoke" }, found.actions)
    assert.equal(region.run, found.run)
    assert.same({ ["my-private-repo"] = "undone", ["shared-repo"] = "undone" }, undo(w))
    assert.same(before, texts(w))
  end)

  it("changes nothing when it is repeated", function()
    local w <close> = world.new()
    granted(w)
    undo(w)
    local after = texts(w)
    local entries = #assert(w.region:history())
    for _ = 1, 2 do
      assert.same({ ["my-private-repo"] = "unchanged", ["shared-repo"] = "unchanged" }, undo(w))
    end
    assert.same(after, texts(w))
    assert.equal(entries, #assert(w.region:history()))
  end)

  it("leaves what was undone one by one", function()
    local w <close> = world.new()
    granted(w)
    assert(command(w):undo(w:repository "shared-repo"))
    assert.same({ ["my-private-repo"] = "undone", ["shared-repo"] = "unchanged" }, undo(w))
  end)

  it("can be undone by its run, and then undone again", function()
    local w <close> = world.new()
    local before = texts(w)
    local first = granted(w)
    local after = texts(w)
    local _, undoing = undo(w)
    assert.same({ ["my-private-repo"] = "undone", ["shared-repo"] = "undone" }, undo(w, undoing))
    assert.same(after, texts(w))
    assert.same({ ["my-private-repo"] = "unchanged", ["shared-repo"] = "unchanged" }, undo(w, undoing))
    assert.equal(first, assert(w.region:find_command()).run)
    assert.same({ ["my-private-repo"] = "undone", ["shared-repo"] = "undone" }, undo(w))
    assert.same(before, texts(w))
  end)

  it("goes back several changes of one repository", function()
    local w <close> = world.new()
    local before = texts(w)
    local region = command(w)
    for _, sid in ipairs { "one", "two", "three" } do
      assert(region:grant(w:service(), w:repository "shared-repo", { sid = sid, expires = 4102444800 + #sid * 60 }))
    end
    local count = #assert(w.region:find_command()).parts[1].entries
    assert.is_true(count >= 2)
    assert.same({ ["shared-repo"] = "would undo" }, undo(w, nil, { dry_run = true }))
    assert.same({ ["shared-repo"] = "undone" }, undo(w))
    assert.same(before, texts(w))
  end)

  it("refuses a repository that another writer changed since, with the difference, and undoes the others", function()
    local w <close> = world.new()
    granted(w)
    local theirs = w:text("shared-repo"):gsub("Audit%-Team Read", "Somebody else")
    w:put("shared-repo", theirs)
    local found = assert(w.region:find_command())
    local _, err = w.region:undo_part(found.parts[2], w:repository "shared-repo")
    assert.equal("ChangedSince", err.code)
    assert.matches("\n%+[^\n]*Somebody else", err.diff)
    assert.same({ ["my-private-repo"] = "undone", ["shared-repo"] = "ChangedSince" }, undo(w))
    assert.equal(theirs, w:text "shared-repo")
  end)

  it("refuses an earlier command where a later one changed the policy", function()
    local w <close> = world.new()
    local first = granted(w, { "shared-repo" })
    local region = command(w)
    assert(region:grant(w:service(), w:repository "shared-repo", { sid = "later", expires = 4102444800 }))
    assert.same({ ["shared-repo"] = "ChangedSince" }, undo(w, first))
    undo(w)
    assert.same({ ["shared-repo"] = "undone" }, undo(w, first))
  end)

  it("shows with dry_run what it would do, and changes nothing", function()
    local w <close> = world.new()
    granted(w)
    local after, history = texts(w), assert(w.region:history())
    assert.same({ ["my-private-repo"] = "would undo", ["shared-repo"] = "would undo" }, undo(w, nil, { dry_run = true }))
    assert.same(after, texts(w))
    assert.same(history, assert(w.region:history()))
  end)

  it("asks permit for each repository", function()
    local w <close> = world.new()
    granted(w)
    local asked = {}
    local region = w.region:with { run = run.new(w:time()), permit = function(_, change)
      asked[#asked + 1] = change.on .. " " .. change.repository.name
      return nil, require("lanyard.errors").new { code = "RefusedByRule", message = "no" }
    end }
    local after = texts(w)
    for _, part in ipairs(assert(region:find_command()).parts) do
      local change, err = region:undo_part(part, w:repository(part.repository))
      assert.is_nil(change)
      assert.equal("RefusedByRule", err.code)
    end
    assert.same({ "undo my-private-repo", "undo shared-repo" }, asked)
    assert.same(after, texts(w))
  end)

  it("that was killed between two repositories is finished by the next one", function()
    for _, phase in ipairs { "before", "after" } do
      local w <close> = world.new()
      local before = texts(w)
      granted(w)
      local writes = 0
      w[phase] = function(operation)
        if operation:find "RepositoryPolicy$" and not operation:find "^Get" then
          writes = writes + 1
          if writes == 2 then error("killed", 0) end
        end
      end
      assert.same({ false, "killed" }, { pcall(undo, w) })
      w[phase] = nil
      assert.same({ ["my-private-repo"] = "unchanged", ["shared-repo"] = "undone" }, undo(w))
      assert.same(before, texts(w))
    end
  end)

  it("waits for nothing of a change that did not take effect, and undoes the one before", function()
    local w <close> = world.new()
    local first = granted(w, { "shared-repo" })
    w.before = function(operation)
      if operation == "SetRepositoryPolicy" then error("killed", 0) end
    end
    assert.is_false(pcall(granted, w, { "my-private-repo" }))
    w.before = nil
    assert.equal(first, assert(w.region:find_command()).run)
  end)

  it("refuses while the command is still making a change", function()
    local w <close> = world.new()
    local found, err
    w.before = function(operation, self)
      if operation == "SetRepositoryPolicy" and not err then
        w.before = nil
        found, err = self:connect():find_command()
      end
    end
    granted(w)
    assert.is_nil(found)
    assert.equal("StillRunning", err.code)
    assert.matches("has not ended", err.message)
  end)

  it("reports that the journal is empty, and that no change has a run", function()
    local w <close> = world.new()
    local _, err = w.region:find_command()
    assert.equal("NothingToUndo", err.code)
    _, err = undo_command.lock(w.region)
    assert.equal("NothingToUndo", err.code)
    granted(w)
    _, err = w.region:find_command "00000001-aaaa"
    assert.equal("the journal has no change of command run '00000001-aaaa' in us-east-1", err.message)
  end)

  it("says of an entry of 0.1.0 that its command is not known, and undoes nothing", function()
    local w <close> = world.new()
    granted(w)
    local files = helper.run({ "find", w.folder .. "/journal", "-name", "*.json" }).out
    local count = 0
    for path in files:gmatch "[^\n]+" do
      local entry = json.decode(helper.read(path))
      entry.run = nil
      helper.write(path, json.encode(entry))
      count = count + 1
    end
    assert.equal(2, count)
    local found, err = w.region:find_command()
    assert.is_nil(found)
    assert.equal("UnknownRun", err.code)
    assert.matches("the grant of .* in '[%w-]+', does not name its command: an older version of lanyard made it", err.message)
    assert.matches("name the repositories", err.tip)
    -- A later command is known, and each repository can still be undone by its name.
    local later = command(w)
    assert(later:revoke({ service = w:service() }, w:repository "shared-repo"))
    assert.same({ ["shared-repo"] = "undone" }, undo(w))
    assert.equal("undone", assert(w.region:undo(w:repository "my-private-repo")).kind)
  end)
end)
