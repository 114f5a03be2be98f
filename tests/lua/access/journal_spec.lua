local helper = require "helper"
local journal = require "lanyard.access.journal"
local system = require "lanyard.system"

local now = 1000

-- A folder in memory, if possible: each write is synced, and specs need not wait for a disk.
local function memory_folder()
  return helper.folder(helper.exists "/dev/shm" and "/dev/shm" or nil)
end

local function open(folder)
  return journal.open(folder .. "/journal", { time = function() return now end })
end

describe("the journal", function()
  it("orders entries by time, even if the clock was set back", function()
    local folder <close> = memory_folder()
    local records = open(folder)
    for i, time in ipairs { 1000, 900, 1100 } do
      now = time
      assert(records:finish(assert(records:begin { repository = "r", number = i }), "done"))
    end
    for i, entry in ipairs(assert(records:entries())) do
      assert.equal(i, entry.number)
    end
  end)

  it("settles the entry of a killed run", function()
    local folder <close> = memory_folder()
    local records = open(folder)
    local texts = { "done", "dropped", "lost" }
    for i, expected in ipairs(texts) do
      assert(records:begin { repository = "r", before = "old" .. i, after = "new" .. i })
      local in_place = ({ done = "new" .. i, dropped = "old" .. i, lost = "other" })[expected]
      local settled = assert(records:settle(function(text) return text == in_place end))
      assert.equal(1, #settled)
      assert.equal(expected, settled[1].state)
    end
    assert.same({}, assert(records:settle(function() return false end)))
    assert.equal(2, #assert(records:entries())) -- what never happened leaves no entry
  end)

  it("finds an entry by its id once it is finished", function()
    local folder <close> = memory_folder()
    local records = open(folder)
    local entry = assert(records:begin { repository = "r" })
    assert.same({ n = 1 }, table.pack(records:finished(entry.id)))
    assert(records:finish(entry, "lost"))
    assert.equal("lost", assert(records:finished(entry.id)).state)
  end)

  it("removes files that were not written completely, and reports a damaged entry", function()
    local folder <close> = memory_folder()
    local records = open(folder)
    local entry = assert(records:begin { repository = "r" })
    assert(records:finish(entry, "done"))
    local half = ("%s/journal/%s.open.json.Ab12xy"):format(folder, entry.id)
    helper.write(half, "{")
    assert(records:settle(function() return false end))
    assert.is_false(helper.exists(half))
    helper.write(("%s/journal/%s.json"):format(folder, entry.id), "{")
    local entries, err = records:entries()
    assert.is_nil(entries)
    assert.equal("JournalDamaged", err.code)
    assert.truthy(err.message:find(entry.id, 1, true))
  end)

  -- Adds finished entries. Each is { action, state, undoes = the number of an entry of the list }. Returns them.
  local function add(records, list)
    local entries = {}
    for i, one in ipairs(list) do
      now = now + 1
      entries[i] = assert(records:begin {
        repository = "web", action = one[1], after = "text " .. i,
        detail = one.undoes and { undoes = entries[one.undoes].id } or nil,
      })
      assert(records:finish(entries[i], one[2]))
    end
    return entries
  end

  -- Counts the files that a function reads.
  local function count_reads(body)
    local count, read_regular = 0, system.read_regular
    local _ <close> = setmetatable({}, { __close = function() system.read_regular = read_regular end })
    system.read_regular = function(...)
      count = count + 1
      return read_regular(...)
    end
    body()
    return count
  end

  it("skips files that are not entries, and names each once", function()
    local folder <close> = memory_folder()
    local records = open(folder)
    local entries = add(records, { { "grant", "done" } })
    local path = folder .. "/journal/"
    for i, command in ipairs { ": > %s", "mkdir %s", "mkfifo %s", "ln -s /etc/passwd %s", "echo '{}' > %s",
      "echo '[1]' > %s", "head -c 300 /dev/urandom > %s", "truncate -s 200M %s", "ln -s missing %s" } do
      for _, form in ipairs { "8000000000000000%d.json", "8000000000000001%d.open.json" } do
        assert.is_true(os.execute(command:format(path .. form:format(i))))
      end
    end
    assert.equal(entries[1].id, assert(records:last()).id)
    assert.equal(entries[1].id, assert(records:undoable()).id)
    assert.same({}, assert(records:settle(function() return true end)))
    assert.equal(18, #records.damaged)
    for _, err in ipairs(records.damaged) do
      assert.equal("JournalDamaged", err.code)
      assert.truthy(err.message:find(err.path, 1, true))
      assert.is_nil(err.message:find "\n")
      assert.matches("move it away", err.tip)
    end
    local damaged = {}
    assert.equal(1, #assert(records:entries(damaged)))
    assert.equal(18, #damaged)
    local entry = assert(records:begin { repository = "web", after = "a" })
    assert(records:finish(entry, "done"))
    assert.equal(entry.id, assert(records:last()).id)
  end)

  it("returns what was last written, and what an undo restores", function()
    local folder <close> = memory_folder()
    local records = open(folder)
    assert.same({ n = 1 }, table.pack(records:last_written()))
    local list = add(records, { { "grant", "done" }, { "grant", "done" }, { "undo", "done", undoes = 2 },
      { "revoke", "lost" }, { "undo", "lost", undoes = 1 } })
    assert.equal(list[3].id, assert(records:last_written()).id)
    assert.equal(list[1].id, assert(records:undoable()).id)
    list = add(records, { { "grant", "done" }, { "undo", "done", undoes = 1 }, { "undo", "done", undoes = 2 } })
    assert.equal(list[3].id, assert(records:last_written()).id)
    assert.equal(list[1].id, assert(records:undoable()).id) -- the undo of it was undone
  end)

  it("does not offer a change for undo that did not change what the policy means", function()
    local folder <close> = memory_folder()
    local records = open(folder)
    local text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:%s"}]}'
    local first = assert(records:begin { repository = "web", action = "set", before = text:format "PutImage", after = text:format "ListImages" })
    assert(records:finish(first, "done"))
    local second = assert(records:begin { repository = "web", action = "set", before = text:format "ListImages",
      after = text:format("ListImages"):gsub(",", ", ") })
    assert(records:finish(second, "done"))
    assert.equal(second.id, assert(records:last_written()).id)
    assert.equal(first.id, assert(records:undoable()).id)
  end)

  it("counts an interrupted change as written only if its text is in place", function()
    local folder <close> = memory_folder()
    local records = open(folder)
    local list = add(records, { { "grant", "done" } })
    local open_entry = assert(records:begin { repository = "web", action = "revoke", before = "text 1", after = "text 2" })
    local function is(text) return function(other) return text == other end end
    assert.equal(list[1].id, assert(records:last_written()).id)
    assert.equal(list[1].id, assert(records:last_written(is "text 1")).id)
    assert.equal(open_entry.id, assert(records:last_written(is "text 2")).id)
    assert.equal(list[1].id, assert(records:last_written(is "another text")).id)
  end)

  it("keeps the open file of an undo until it is reported, and finds it then", function()
    local folder <close> = memory_folder()
    local records = open(folder)
    local entry = assert(records:begin { repository = "web", action = "undo", detail = { undoes = "01795165200056434" } })
    assert(records:finish(entry, "done", true))
    local running <close> = assert(records:lock_undo())
    assert.same({}, assert(records:settle(function() return true end))) -- an undo is running
    assert.equal(entry.id, assert(records:settle(function() return true end, true))[1].id)
    assert.equal(entry.id, assert(records:interrupted(function() return true end, true))[1].id)
    running:close()
    assert.equal("done", assert(records:settle(function() return false end))[1].state)
    assert.same({}, assert(records:settle(function() return true end, true)))
    assert.equal("done", assert(records:finished(entry.id)).state)
  end)

  it("does not close an entry that was not finished", function()
    local folder <close> = memory_folder()
    local records = open(folder)
    local entry = assert(records:begin { repository = "web", before = "a", after = "b" })
    assert(records:close(entry.id))
    assert.equal(1, #assert(records:settle(function(text) return text == "b" end)))
  end)

  it("reads as many files of 20,000 entries as of 20", function()
    local reads = {}
    for i, count in ipairs { 20, 20000 } do
      local folder <close> = memory_folder()
      local records = open(folder)
      local template = add(records, { { "grant", "done" } })[1]
      local text = helper.read(("%s/journal/%s.json"):format(folder, template.id))
      for number = 1, count - 1 do
        local id = ("%017d"):format(math.tointeger(tonumber(template.id)) + number)
        helper.write(("%s/journal/%s.json"):format(folder, id), (text:gsub(template.id, id)))
      end
      reads[i] = {
        last = count_reads(function() assert(records:last()) end),
        last_written = count_reads(function() assert(records:last_written(function() return true end)) end),
        undoable = count_reads(function() assert(records:undoable()) end),
        settle = count_reads(function() assert(records:settle(function() return true end)) end),
        write = count_reads(function()
          assert(records:finish(assert(records:begin { repository = "web", action = "grant" }), "done"))
        end),
        prune = count_reads(function() assert(records:prune()) end),
      }
    end
    assert.same({ last = 1, last_written = 1, undoable = 1, settle = 0, write = 0, prune = 0 }, reads[1])
    reads[1].prune = 2 -- two reads find the entries that must stay
    assert.same(reads[1], reads[2])
  end)

  it("removes old entries, but not what was last written, what an undo restores, and open entries", function()
    local folder <close> = memory_folder()
    local records = open(folder)
    assert.is_nil(os.getenv "LANYARD_JOURNAL_ENTRIES")
    system.setenv("LANYARD_JOURNAL_ENTRIES", "2")
    local _ <close> = setmetatable({}, { __close = function() system.setenv("LANYARD_JOURNAL_ENTRIES", nil) end })
    local list = add(records, { { "grant", "lost" }, { "grant", "done" }, { "revoke", "done" },
      { "undo", "done", undoes = 3 }, { "revoke", "lost" }, { "revoke", "lost" }, { "revoke", "lost" } })
    local open_entry = assert(records:begin { repository = "web", action = "grant", after = "a" })
    assert(records:prune())
    local left = {}
    for i, entry in ipairs(assert(records:entries())) do left[i] = entry.id end
    assert.same({ list[2].id, list[4].id, list[6].id, list[7].id, open_entry.id }, left)
    assert.equal(list[4].id, assert(records:last_written()).id)
    assert.equal(list[2].id, assert(records:undoable()).id)
  end)
end)
