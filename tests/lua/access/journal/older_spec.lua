-- A journal with many entries: few of them are in its directory, and all of them are found.

local helper = require "helper"
local journal = require "lanyard.access.journal"
local entry_module = require "lanyard.access.journal.entry"
local listing = require "lanyard.access.journal.listing"
local older = require "lanyard.access.journal.older"
local system = require "lanyard.system"

local MEMORY = helper.exists "/dev/shm" and "/dev/shm" or nil
local NOW = 1795165200
local MANY = 2 * listing.KEPT + 30

local clock = { time = function() return NOW end }

local function id(number) return ("%017d"):format((NOW - 1000) * 1000000 + number) end

local function entry(number)
  return { id = id(number), version = 1, time = "2026-11-20T09:00:00Z", action = "grant", repository = "web",
    state = "done", before = "b" .. number, after = "a" .. number }
end

-- Writes finished entries as lanyard 0.1.0 does: all in the directory itself. Returns the folder and the journal.
local function flat(count)
  local folder = helper.folder(MEMORY)
  local directory = folder .. "/region/web"
  assert(system.mkdirs(directory))
  for i = 1, count do
    helper.write(("%s/%s.json"):format(directory, id(i)), entry_module.encode(entry(i)))
  end
  return folder, journal.open(directory, clock, "web"), directory
end

local function with(name, value)
  system.setenv(name, value)
  return setmetatable({}, { __close = function() system.setenv(name, nil) end })
end

local function ids_of(records)
  local ids = {}
  for i, one in ipairs(assert(records:entries())) do ids[i] = one.id end
  return ids
end

local function count(directory) return #assert(listing.read(directory)).finished end

describe("a journal with many entries in its directory", function()
  it("keeps the newest there after a change, and has all of them in order", function()
    local folder <close>, records, directory = flat(MANY)
    local before = ids_of(records)
    assert(folder and records:prune())
    assert.equal(listing.KEPT, count(directory))
    assert.equal(MANY - listing.KEPT, count(listing.older(directory)))
    assert.same(before, ids_of(records))
    assert.equal(MANY, #before)
    assert.equal(id(MANY), assert(records:last()).id)
    assert.equal("a1", assert(records:finished(id(1))).after)
    assert.equal("a1", assert(records:entry(id(1))).after)
    assert.equal(id(3), assert(records:find(function(one) return one.after == "a3" end)).id)
    assert.is_nil(records:entry(id(MANY + 1)))
    assert.is_nil(records:entry "../../x")
    assert.equal(448, assert(system.stat(listing.older(directory))).mode)
  end)

  it("is left as it is while they are few", function()
    local folder <close>, records, directory = flat(2 * listing.KEPT)
    assert(folder and records:prune())
    assert.equal(2 * listing.KEPT, count(directory))
  end)

  it("is read in order although a process was killed after any number of moves", function()
    local folder <close>, records, directory = flat(MANY)
    assert(folder)
    local before, rename = ids_of(records), os.rename
    for _, moves in ipairs { 0, 1, 7, 30 } do
      local done = 0
      os.rename = function(...) -- luacheck: ignore 122
        done = done + 1
        assert(done <= moves, "killed")
        return rename(...)
      end
      local killed = not pcall(older.move, directory, assert(listing.read(directory)))
      os.rename = rename -- luacheck: ignore 122
      assert.is_true(killed)
      assert.same(before, ids_of(records))
    end
  end)

  it("finds entries that are moved while it is read", function()
    local folder <close>, records, directory = flat(MANY)
    local seen = {}
    assert.is_nil(records:find(function(one)
      seen[#seen + 1] = one.id
      if #seen == 5 then older.move(directory, assert(listing.read(directory))) end
      return false
    end))
    assert.equal(MANY, #seen)
    for i, one in ipairs(seen) do assert.equal(id(MANY + 1 - i), one) end
    assert.is_true(folder ~= nil)
  end)

  it("finds entries that are moved to a folder whose name is missed, as it is created meanwhile", function()
    local folder <close>, records, directory = flat(MANY)
    local list = system.list
    system.list = function(path)
      system.list = list
      older.move(directory, assert(listing.read(directory)))
      local names = assert(list(path))
      assert.equal("older", table.remove(names))
      return names
    end
    local _ <close> = setmetatable({}, { __close = function() system.list = list end })
    assert.equal(MANY, #ids_of(records))
    assert.is_true(folder ~= nil)
  end)

  it("has an entry once that is in both places, and reads the one in the directory", function()
    local folder <close>, records, directory = flat(MANY)
    assert(folder and records:prune())
    helper.write(("%s/%s.json"):format(directory, id(2)), entry_module.encode(entry(2)))
    helper.write(("%s/%s.json"):format(listing.older(directory), id(2)), "damaged")
    local found = ids_of(records)
    assert.equal(MANY, #found)
    for i, one in ipairs(found) do assert.equal(id(i), one) end
  end)

  it("does not move an entry that is not closed", function()
    local folder <close>, records, directory = flat(MANY)
    helper.write(("%s/%s.open.json"):format(directory, id(4)), "{}")
    assert(folder and records:prune())
    assert.equal(listing.KEPT + 1, count(directory))
    assert.same({ id(4) }, assert(listing.read(directory)).unclosed)
  end)

  it("takes changes and begins each with a greater id although only older entries are left", function()
    local folder <close>, records, directory = flat(MANY)
    assert(folder and records:prune())
    assert(os.execute(("rm %s/*.json"):format(directory)))
    clock.time = function() return NOW - 5000 end
    local begun = assert(records:begin { action = "grant", repository = "web", after = "x" })
    clock.time = function() return NOW end
    assert.equal(id(MANY - listing.KEPT + 1), begun.id)
  end)

  it("is not moved where the folder cannot be created, and says why it cannot be listed", function()
    for _, plant in ipairs { "ln -s /tmp '%s'", "touch '%s'" } do
      local folder <close>, records, directory = flat(MANY)
      assert(os.execute(plant:format(listing.older(directory))))
      assert(folder and records:prune())
      assert.equal(MANY, count(directory))
      local damaged = {}
      assert.equal(MANY, #assert(records:entries(damaged)))
      assert.equal(id(MANY), assert(records:last()).id)
      if plant:find "touch" then
        assert.matches("^cannot use the journal: cannot list [^\n]*/older: Not a directory$", damaged[1].message)
        local found, err = records:find(function() return false end, { strict = true })
        assert.is_nil(found)
        assert.equal("JournalFailed", err.code)
      end
    end
  end)
end)

describe("the limits of a journal with older entries", function()
  it("remove the oldest first, and no more than they say", function()
    local _ <close> = with("LANYARD_JOURNAL_ENTRIES", tostring(MANY - 10))
    local folder <close>, records = flat(MANY)
    assert(folder and records:prune())
    local found = ids_of(records)
    assert.equal(MANY - 10, #found)
    assert.equal(id(11), found[1])
  end)

  it("remove older entries when the limit becomes small", function()
    local folder <close>, records, directory = flat(MANY)
    assert(folder and records:prune())
    local _ <close> = with("LANYARD_JOURNAL_ENTRIES", "10")
    assert(records:prune())
    assert.equal(10, count(directory))
    assert.equal(0, count(listing.older(directory)))
  end)

  it("remove older entries of another day by age without a limit of their number", function()
    local entries <close> = with("LANYARD_JOURNAL_ENTRIES", "0")
    local days <close> = with("LANYARD_JOURNAL_DAYS", "30")
    local folder <close>, records, directory = flat(MANY)
    assert(entries and days and folder and records:prune())
    assert.equal(MANY, #ids_of(records))
    clock.time = function() return NOW + 40 * 86400 end
    assert(records:prune())
    clock.time = function() return NOW end
    assert.equal(1, #ids_of(records)) -- what was written last
    assert.equal(0, count(listing.older(directory)))
  end)
end)
