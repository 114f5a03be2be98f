-- A crash of the system between the fsync of a log and the writing of the files: the files are as the log says.

local helper = require "helper"
local journal = require "lanyard.access.journal"
local json = require "lanyard.json"
local log = require "lanyard.access.journal.log"
local overwritten = require "lanyard.access.overwritten"
local system = require "lanyard.system"
local task = require "lanyard.task"
local world = require "world"

local MEMORY = helper.exists "/dev/shm" and "/dev/shm" or nil
local EARLIER = "01234567-89ab-cdef-0123-456789abcdef"

local function id(number) return ("%017d"):format(1795165200000000 + number) end

-- Gives the logs of a directory the id of an earlier run of the system. Returns how many they are.
local function restart(directory)
  local names = system.list(directory .. ".logs") or {}
  for _, name in ipairs(names) do
    local other = name:gsub("^%x+%-%x+%-%x+%-%x+%-%x+", EARLIER)
    -- A copy: this process still holds the lock of its log.
    helper.write(directory .. ".logs/" .. other, helper.read(directory .. ".logs/" .. name))
    assert(os.remove(directory .. ".logs/" .. name))
  end
  return #names
end

-- A directory whose log of an earlier run has a text. Recovery is once for each directory.
local function with_log(text)
  local folder = helper.folder(MEMORY)
  local directory = folder .. "/region"
  assert(system.mkdirs(directory .. ".logs"))
  helper.write(("%s.logs/%s.run.1.log"):format(directory, EARLIER), text)
  return folder, directory
end

local function line(name, text) return json.encode { name = name, text = text } .. "\n" end

describe("the recovery of a log", function()
  it("writes missing and incomplete files again, and removes the log", function()
    local folder <close>, directory = with_log(line("web/" .. id(1) .. ".open.json", "one")
      .. line("web/" .. id(2) .. ".open.json", "two") .. line("a+b/" .. id(3) .. ".open.json", "three"))
    assert(system.mkdirs(directory .. "/web"))
    helper.write(directory .. "/web/" .. id(2) .. ".open.json", "")
    assert(folder and log.recover(directory))
    assert.equal("one", helper.read(directory .. "/web/" .. id(1) .. ".open.json"))
    assert.equal("two", helper.read(directory .. "/web/" .. id(2) .. ".open.json"))
    assert.equal("three", helper.read(directory .. "/a+b/" .. id(3) .. ".open.json"))
    assert.equal(448, assert(system.stat(directory .. "/web")).mode)
    assert.equal(384, assert(system.stat(directory .. "/web/" .. id(1) .. ".open.json")).mode)
    assert.same({ "lock" }, assert(system.list(directory .. ".logs")))
  end)

  it("leaves each file in its last state", function()
    local open, finished = "web/" .. id(1) .. ".open.json", "web/" .. id(1) .. ".json"
    local folder <close>, directory = with_log(line(open, "before") .. line(finished, "done") .. line(open)
      .. line(finished, "done and annotated") .. line("web/" .. id(2) .. ".open.json", "dropped")
      .. line("web/" .. id(2) .. ".open.json"))
    assert(system.mkdirs(directory .. "/web"))
    helper.write(directory .. "/" .. open, "before")
    helper.write(directory .. "/" .. finished, "done")
    assert(folder and log.recover(directory))
    assert.same({ id(1) .. ".json" }, assert(system.list(directory .. "/web")))
    assert.equal("done and annotated", helper.read(directory .. "/" .. finished))
  end)

  it("does not open an entry again that another process has settled", function()
    local folder <close>, directory = with_log(line("web/" .. id(1) .. ".open.json", "before"))
    assert(system.mkdirs(directory .. "/web"))
    helper.write(directory .. "/web/" .. id(1) .. ".json", "settled")
    assert(folder and log.recover(directory))
    assert.same({ id(1) .. ".json" }, assert(system.list(directory .. "/web")))
  end)

  it("ignores a last line that was not written completely, at any length", function()
    local first, last = line("web/" .. id(1) .. ".open.json", "one"), line("web/" .. id(2) .. ".open.json", "two\n")
    for length = 0, #last - 1, 5 do
      local folder <close>, directory = with_log(first .. last:sub(1, length))
      assert(folder and log.recover(directory))
      assert.same({ id(1) .. ".open.json" }, assert(system.list(directory .. "/web")))
    end
  end)

  it("does not open an entry again that was settled and moved to the older ones", function()
    local folder <close>, directory = with_log(line("web/" .. id(1) .. ".open.json", "before")
      .. line("web/" .. id(2) .. ".json", "done"))
    assert(system.mkdirs(directory .. "/web/older"))
    helper.write(directory .. "/web/older/" .. id(1) .. ".json", "settled")
    helper.write(directory .. "/web/older/" .. id(2) .. ".json", "done")
    assert(folder and log.recover(directory))
    assert.same({ "older" }, assert(system.list(directory .. "/web")))
  end)

  it("reads all lines but damaged ones, leaves what they may have finished open, and keeps the log", function()
    local function open(number) return "web/" .. id(number) .. ".open.json" end
    for _, garbage in ipairs { ("\0"):rep(4096) .. "\n", "x\n", '{"name":"web/' .. "\n", "\n" } do
      local folder <close>, directory = with_log(line(open(1), "one") .. line(open(2), "two")
        .. line("web/" .. id(2) .. ".json", "done") .. garbage .. line(open(1)) .. line(open(2)) .. line(open(3), "three"))
      assert(folder and log.recover(directory))
      assert.same({ id(1) .. ".open.json", id(2) .. ".json", id(3) .. ".open.json" }, assert(system.list(directory .. "/web")))
      assert.equal("one", helper.read(directory .. "/" .. open(1)))
      assert.same({ EARLIER .. ".run.1.log.damaged", "lock" }, assert(system.list(directory .. ".logs")))
    end
  end)

  it("writes no file outside of the journals, whatever the log contains", function()
    for _, text in ipairs { line("../evil/" .. id(1) .. ".json", "x"), line("../" .. id(1) .. ".json", "x"),
      line("./" .. id(1) .. ".json", "x"), line("/" .. id(1) .. ".json", "x"), line("web/../" .. id(1) .. ".json", "x"),
      line("web/lock", "x"), line("web/x.json", "x"), line(id(1) .. ".json", "x"), "[]\n", "null\n", "\n", "1\n",
      '{"name":1}\n', '{"name":"web/' .. id(1) .. '.json","text":{}}\n', ("\0"):rep(300), ("{"):rep(5000) .. "\n" } do
      local folder <close>, directory = with_log(text)
      assert(log.recover(directory))
      assert.same({ "region.logs" }, assert(system.list(folder.path)), text)
    end
  end)

  it("reads no log of the running system, and none that a process on another machine holds", function()
    local folder <close>, directory = with_log(line("web/" .. id(1) .. ".open.json", "one"))
    local held <close> = assert(system.lock(("%s.logs/%s.run.1.log"):format(directory, EARLIER)))
    local own = assert(log.create(directory))
    assert(own:append { { name = "web/" .. id(2) .. ".open.json", text = "two" } })
    assert(own:flush())
    assert(held and log.recover(directory))
    assert.is_false(helper.exists(directory .. "/web"))
    assert.is_true(folder ~= nil)
  end)

  it("reports a log that cannot be read, or a directory that others can change", function()
    local folder <close>, directory = with_log ""
    assert(os.execute(("cd %s.logs && mv *.log file && ln -s file %s.run.1.log"):format(directory, EARLIER)))
    local ok, err = journal.recover(directory)
    assert.is_nil(ok)
    assert.equal("JournalFailed", err.code)
    assert.matches("^cannot use the journal: [^\n]+$", err.message)
    local other_folder <close>, other = with_log ""
    assert(os.execute(("chmod 777 %s.logs"):format(other)))
    ok, err = journal.recover(other)
    assert.is_nil(ok)
    assert.equal("UnsafeStateFolder", err.code)
    assert.is_true(folder ~= nil and other_folder ~= nil)
  end)
end)

describe("a log of an earlier run that cannot be applied", function()
  it("names the journals whose files differ from it", function()
    local open, finished = "web/" .. id(1) .. ".open.json", "web/" .. id(1) .. ".json"
    local folder <close>, directory = with_log(line(open, "one") .. line(finished, "done") .. line(open)
      .. line("a+b/" .. id(2) .. ".json", "two") .. line("c/" .. id(3) .. ".json", "three")
      .. line("d/" .. id(4) .. ".open.json"))
    assert(system.mkdirs(directory .. "/web"))
    assert(system.mkdirs(directory .. "/c"))
    assert(system.mkdirs(directory .. "/d"))
    helper.write(directory .. "/" .. finished, "done")
    helper.write(directory .. "/c/" .. id(3) .. ".json", "thr")
    helper.write(directory .. "/d/" .. id(4) .. ".open.json", "four")
    assert.same({ ["a+b"] = true, c = true, d = true }, log.stale(directory))
    assert.is_false(helper.exists(directory .. "/a+b"))
    helper.write(("%s.logs/%s.run.2.log"):format(directory, EARLIER), line("a+b/" .. id(2) .. ".json"))
    assert.same({ c = true, d = true }, log.stale(directory), "a later log removes the entry")
    assert(os.execute(("rm %s.logs/%s.run.2.log"):format(directory, EARLIER)))
    assert(os.execute(("cd %s.logs && mv *.log file && ln -s file %s.run.1.log"):format(directory, EARLIER)))
    assert.is_nil(log.stale(directory))
    assert.is_true(folder ~= nil)
  end)

  it("keeps from reading only the journals that differ from it", function()
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", role = true } }, repositories = { { name = "app-a" }, { name = "app-b" }, { name = "app-c" } },
    } } } }
    local service, found = assert(w.region:service "web"), assert(w.region:repositories())
    for i = 1, 2 do assert(w.region:grant(service, found[i])) end
    local parent = assert(w.region:journal_directory "111122223333")
    -- Another process has not recovered the journals, and cannot take the lock.
    assert(os.execute(("cp -r %s/journal %s/other"):format(w.folder, w.folder)))
    local other = parent:gsub("/journal/", "/other/", 1)
    local lines = {}
    for i, entry in ipairs(assert(w.region:history())) do
      local name = ("%s/%s.json"):format(entry.repository, entry.id)
      lines[i] = line(name, helper.read(parent .. "/" .. name))
    end
    assert(system.mkdirs(other .. ".logs/lock"))
    helper.write(("%s.logs/%s.run.1.log"):format(other, EARLIER), table.concat(lines))
    assert(os.execute(("rm %s/app-a/*.json"):format(other)))
    local region = w:connect { journal_root = w.folder .. "/other" }
    local damaged = {}
    local entries = assert(region:history(nil, { damaged = damaged }))
    assert.same({ 1, "app-b", 1 }, { #entries, entries[1].repository, #damaged })
    assert.matches("^the last entries of 'app%-a' may be missing since the system was restarted: [^\n]+$", damaged[1].message)
    assert.equal(1, #assert(region:history "app-b"))
    assert.same({}, region:history "app-c")
    assert.equal("JournalFailed", select(2, region:history "app-a").code)
    local finder = overwritten.new(region)
    local _, err = finder:find(found[1], nil)
    assert.equal("JournalFailed", err.code)
    local lost = assert(finder:find(found[2], nil))
    assert.equal(1, #lost.grants)
    assert.same({}, { finder:find(found[3], nil) })
    assert.equal("JournalFailed", select(2, region:grant(service, found[3])).code)
  end)
end)

describe("logs that no process holds", function()
  it("are removed when the file system was flushed since", function()
    local folder <close> = helper.folder(MEMORY)
    local directory = folder .. "/region"
    local held = assert(log.create(directory))
    local ended = assert(log.create(directory))
    ended:close()
    assert(log.create(directory))
    local deadline = system.clock() + 30
    while #assert(system.list(directory .. ".logs")) > 2 and system.clock() < deadline do
      task.sleep(0.005)
    end
    assert.equal(2, #assert(system.list(directory .. ".logs")))
    held:close()
  end)

  it("are new ones, too, before their process holds them: it creates another one", function()
    local folder <close> = helper.folder(MEMORY)
    local create, tried = system.log, 0
    local _ <close> = setmetatable({}, { __close = function() system.log = create end })
    system.log = function(path)
      tried = tried + 1
      if tried < 3 then return nil, { code = "Taken", message = "taken" } end
      return create(path)
    end
    local one = assert(log.create(folder .. "/region"))
    assert.equal(3, tried)
    one:close()
    system.log = function() return nil, { code = "Taken", message = "taken" } end
    assert.same({ code = "Taken", message = "taken" }, select(2, log.create(folder .. "/region")))
  end)
end)

describe("a process of lua5.4 that ends while a log is flushed", function()
  it("ends with its own status, although the state is closed before the flush has ended", function()
    local folder <close> = helper.folder(MEMORY)
    local library = folder .. "/slow_sync.so"
    assert(os.execute("gcc -std=c11 -D_GNU_SOURCE -O1 -fPIC -shared -o " .. library .. " tests/support/slow_sync.c -ldl"))
    local result = helper.run({ helper.lua, "-e", ([[
      package.path, package.cpath = "./lua/?.lua;./lua/?/init.lua", "%s/?.so"
      local one = assert(require("lanyard.system").log "%s/log")
      assert(one:append "x" and one:flush())
    ]]):format(helper.build, folder.path) }, {
      LD_PRELOAD = library, ASAN_OPTIONS = "detect_leaks=0:verify_asan_link_order=0",
      SLOW_SYNC_DELAY = "50000", SLOW_SYNC_END = "300000",
    })
    assert.equal("", result.err)
    assert.equal(0, result.status)
  end)
end)

describe("a crash of the system after many changes", function()
  local COUNT = 16

  local function new_world()
    local repositories = {}
    for i = 1, COUNT do repositories[i] = { name = "app" .. i } end
    return world.new { seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", role = true } }, repositories = repositories,
    } } } }
  end

  it("loses no entry of the log, in whatever state the files are", function()
    math.randomseed(20261129)
    for round = 1, 8 do
      local w <close> = new_world()
      local service = assert(w.region:service "web")
      local repositories = assert(w.region:repositories())
      task.map(repositories, function(repository) assert(w.region:grant(service, repository)) end, { limit = 8 })
      local parent = assert(w.region:journal_directory "111122223333")
      assert.equal(1, restart(parent))
      local expected = {}
      for i = 1, COUNT do
        local folder = parent .. "/app" .. i
        for _, name in ipairs(assert(system.list(folder))) do
          if name:find "%d%.json$" then
            local path = folder .. "/" .. name
            expected[i] = { path = path, text = helper.read(path) }
            local way = math.random(4)
            if way == 1 and i > 8 then
              assert(os.execute("rm -r " .. folder))
            elseif way == 2 and i > 8 then
              helper.write(path, expected[i].text:sub(1, math.random(0, #expected[i].text - 1)))
            elseif way == 3 and i > 8 then
              assert(os.rename(path, (path:gsub("%.json$", ".open.json"))))
            end
          end
        end
      end
      package.loaded["lanyard.access.journal.log"] = nil
      local after_restart = require "lanyard.access.journal.log"
      package.loaded["lanyard.access.journal.log"] = log
      assert(after_restart.recover(parent))
      for i, one in ipairs(expected) do
        assert.equal(one.text, helper.read(one.path), ("round %d, app%d"):format(round, i))
      end
      local history = assert(w.region:history())
      assert.equal(COUNT, #history)
      for _, entry in ipairs(history) do assert.equal("done", entry.state) end
      for _, repository in ipairs(repositories) do
        assert.equal("undone", assert(w.region:undo(repository)).kind)
      end
    end
  end)
end)
