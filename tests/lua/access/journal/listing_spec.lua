local helper = require "helper"
local listing = require "lanyard.access.journal.listing"

local A, B, C = "01795165200000001", "01795165200000002", "01795165200000003"

local function listing_of(...)
  local folder <close> = helper.folder()
  for _, name in ipairs { ... } do
    helper.write(folder .. "/" .. name, "")
  end
  return assert(listing.read(folder.path))
end

describe("the listing of a journal", function()
  it("distinguishes finished, open and unclosed entries and incomplete files", function()
    local found = listing_of(A .. ".json", B .. ".json", B .. ".open.json", C .. ".open.json", C .. ".open.json.Ab12xy",
      A .. ".json.000000", "lock", "undo.lock")
    assert.same({ A, B }, found.finished)
    assert.same({ C }, found.open)
    assert.same({ B }, found.unclosed)
    assert.same({ A .. ".json.000000", C .. ".open.json.Ab12xy" }, found.incomplete)
    assert.equal(C, found:greatest())
  end)

  it("ignores files with other names", function()
    local found = listing_of("1.json", "1.open.json", "99999999999999999.json", "99999999999999999.open.json",
      A .. "0.json", A .. ".json.bak", A .. ".open.json.orig", "x" .. A .. ".json", A .. ".JSON", "notes.json")
    for _, list in ipairs { "finished", "open", "unclosed", "incomplete" } do
      assert.same({}, found[list])
    end
  end)

  it("iterates from the newest entry to the oldest", function()
    local found, order = listing_of(A .. ".json", B .. ".open.json", C .. ".json"), {}
    for id, is_open in found:newest_first() do
      order[#order + 1] = id .. (is_open and " open" or "")
    end
    assert.same({ C, B .. " open", A }, order)
  end)

  it("is empty for a directory that does not exist, and an error for a file", function()
    local folder <close> = helper.folder()
    assert.is_nil(assert(listing.read(folder .. "/none")):greatest())
    helper.write(folder .. "/file", "")
    local found, err = listing.read(folder .. "/file")
    assert.is_nil(found)
    assert.matches("cannot list", err.message)
  end)
end)
