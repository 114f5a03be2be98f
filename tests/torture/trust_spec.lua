-- Random edits of a trusted checkout, and of the record of it.

local helper = require "helper"
local system = require "lanyard.system"
local torture = require "torture"
local tree = require "lanyard.trust.tree"
local trust = require "lanyard.trust"

-- Files are in memory: a file that is written durably need not wait for a disk.
local MEMORY = helper.exists "/dev/shm" and "/dev/shm" or nil

-- Names and texts that look like the framing of the hash and of the record.
local NAMES = { "rules.lua", "a", "1:a,", "scripts/x.lua", "scripts/1:x,.lua", "\xff", "d/e/f" }
local TEXTS = { "", "x", "1:x,", "0:,", "5:a,1:b", "\0\n", ("y"):rep(70000) }

local function pick(list)
  return list[math.random(#list)]
end

-- Writes random files below a folder and returns what it wrote.
local function plant(folder)
  assert(system.remove_tree(folder))
  assert(system.mkdirs(folder .. "/scripts"))
  assert(system.mkdirs(folder .. "/d/e"))
  local files = {}
  for _ = 1, math.random(4) do
    local name, text = pick(NAMES), pick(TEXTS)
    files[name] = text
    assert(system.write_file(folder .. "/" .. name, text))
  end
  return files
end

local function equal(a, b)
  for name, text in pairs(a) do
    if b[name] ~= text then return false end
  end
  for name in pairs(b) do
    if a[name] == nil then return false end
  end
  return true
end

describe("a trusted checkout", function()
  math.randomseed(tonumber(os.getenv "LANYARD_SEED") or 1)
  local home, data = os.getenv "HOME", os.getenv "XDG_DATA_HOME"
  after_each(function()
    system.setenv("HOME", home)
    system.setenv("XDG_DATA_HOME", data)
  end)

  it("is trusted exactly as long as its files are the same", function()
    local folder <close> = helper.folder(MEMORY)
    system.setenv("XDG_DATA_HOME", folder .. "/data")
    local co, cases = folder .. "/co", torture.choose(150, 20000)
    local before
    for _ = 1, cases do
      local files = plant(co .. "/.lanyard")
      local place = trust.check(co)
      local same = before ~= nil and equal(files, before)
      assert.equal(before == nil and "unknown" or same and "trusted" or "changed", place.state)
      for name, text in pairs(files) do
        assert.equal(same and text or nil, (place:read(name)))
      end
      if math.random(3) == 1 then
        assert(trust.accept(place, 1))
        before = files
      end
    end
    torture.report("trust: contents of a checkout", cases)
  end)

  it("is trusted by no damaged record, and no record raises an error", function()
    local folder <close> = helper.folder(MEMORY)
    system.setenv("XDG_DATA_HOME", folder .. "/data")
    local co, cases = folder .. "/co", torture.choose(1500, 200000)
    plant(co .. "/.lanyard")
    helper.write(co .. "/.lanyard/rules.lua", "-- good\n")
    assert(trust.accept(trust.check(co), 1))
    local store = folder .. "/data/lanyard/trust/"
    local path = store .. system.list(store)[1]
    local record, hash = helper.read(path), assert(tree.read(co .. "/.lanyard")).hash
    helper.write(co .. "/.lanyard/rules.lua", "-- bad!\n")
    for _ = 1, cases do
      local bytes = record
      for _ = 1, math.random(3) do
        local kind = math.random(4)
        local position = math.random(math.max(#bytes, 1))
        bytes = bytes:sub(1, position - 1) .. (kind == 1 and string.char(math.random(0, 255)) or kind == 2 and "" or
          kind == 3 and pick(TEXTS) or pick { "9", ":", ",", "-" }) .. bytes:sub(position + (kind == 4 and 1 or kind == 3 and 40 or 1))
      end
      helper.write(path, bytes)
      local place = trust.check(co)
      assert.is_true(place.state == "changed" or place.state == "refused", place.state)
      local text, err = place:read "rules.lua"
      assert.is_nil(text)
      assert.equal("Untrusted", err.code)
    end
    assert.not_equal(hash, trust.check(co).tree.hash)
    torture.report("trust: damaged records", cases)
  end)
end)
