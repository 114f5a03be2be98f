local helper = require "helper"
local journal = require "lanyard.access.journal"

local now = 1000

local function open(folder)
  return journal.open(folder .. "/journal", { time = function() return now end })
end

describe("the journal", function()
  it("orders entries by time, even if the clock was set back", function()
    local folder <close> = helper.folder()
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
    local folder <close> = helper.folder()
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
    local folder <close> = helper.folder()
    local records = open(folder)
    local entry = assert(records:begin { repository = "r" })
    assert.same({ n = 1 }, table.pack(records:finished(entry.id)))
    assert(records:finish(entry, "lost"))
    assert.equal("lost", assert(records:finished(entry.id)).state)
  end)

  it("removes files that were not written completely, and reports a damaged entry", function()
    local folder <close> = helper.folder()
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
end)
