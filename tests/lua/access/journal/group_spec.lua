-- The files of several changes on the disk: one fsync for all, and no write is sent before it.

local group = require "lanyard.access.journal.group"
local helper = require "helper"
local log = require "lanyard.access.journal.log"
local system = require "lanyard.system"
local task = require "lanyard.task"
local world = require "world"

local MEMORY = helper.exists "/dev/shm" and "/dev/shm" or nil

local function id(number) return ("%017d"):format(1795165200000000 + number) end

-- Replaces a function of a module until the result is closed.
local function replaced(module, name, make)
  local original = module[name]
  module[name] = make(original)
  return setmetatable({}, { __close = function() module[name] = original end })
end

-- A folder with the directories of so many repositories. Returns the folder and the directories.
local function directories(count)
  local folder, list = helper.folder(MEMORY), {}
  for i = 1, count do
    list[i] = ("%s/region/app-%d"):format(folder.path, i)
    assert(system.mkdirs(list[i]))
  end
  return folder, list
end

-- Saves one file in each directory at the same time. Returns the results.
local function save_all(list, number)
  return task.map(list, function(directory)
    return table.pack(group.save(directory, id(number) .. ".open.json", "text of " .. directory))
  end, { limit = #list })
end

local function logs(folder)
  return system.list(folder .. "/region.logs") or {}
end

describe("files that are saved", function()
  it("are flushed one by one if they are few", function()
    local folder <close>, list = directories(2)
    local results = save_all(list, 1)
    for i, directory in ipairs(list) do
      assert.is_true(results[i][1])
      assert.equal("text of " .. directory, helper.read(("%s/%s.open.json"):format(directory, id(1))))
    end
    assert.same({}, logs(folder))
  end)

  it("are in one log if they are many, which is flushed once for all", function()
    local folder <close>, list = directories(10)
    local flushed = {}
    local _ <close> = replaced(log, "create", function(create)
      return function(...)
        local one, err = create(...)
        return setmetatable({ flush = function() flushed[#flushed + 1] = true return one:flush() end,
          append = function(_, records) return one:append(records) end, is_full = function() return false end },
          { __index = one }), err
      end
    end)
    for number = 1, 3 do
      for i, result in ipairs(save_all(list, number)) do
        assert.is_true(result[1])
        assert.equal("text of " .. list[i], helper.read(("%s/%s.open.json"):format(list[i], id(number))))
      end
    end
    assert.equal(3, #flushed)
    assert.equal(1, #logs(folder))
  end)

  it("are in a log when one process has saved many in sequence", function()
    local folder <close>, list = directories(1)
    for number = 1, 20 do
      assert(group.save(list[1], id(number) .. ".json", "text", id(number) .. ".open.json"))
    end
    assert.equal(1, #logs(folder))
    assert.equal(20, #assert(system.list(list[1])))
  end)

  it("are an error of each task if the log cannot be written, and in a new log after that", function()
    local folder <close>, list = directories(5)
    do
      local _ <close> = replaced(log, "create", function(create)
        return function(...)
          local one = create(...)
          one.flush = function() return nil, { code = "SystemError", message = "Input/output error" } end
          return one
        end
      end)
      for i, result in ipairs(save_all(list, 1)) do
        assert.is_nil(result[1])
        assert.equal("Input/output error", result[2].message)
        assert.same({}, assert(system.list(list[i])))
      end
    end
    local failed = logs(folder)
    for _, result in ipairs(save_all(list, 2)) do
      assert.is_true(result[1])
    end
    local later = logs(folder) -- the first log may have been removed
    assert.not_equal(failed[1], later[#later])
  end)

  it("are saved although the task that leads is cancelled", function()
    local folder <close>, list = directories(6)
    save_all(list, 1)
    local leader = task.spawn(function() group.save(list[1], id(2) .. ".json", "leader") end)
    local others = {}
    for i = 2, 6 do
      others[i - 1] = task.spawn(function() return group.save(list[i], id(2) .. ".json", "other") end)
    end
    task.sleep(0)
    leader:cancel()
    for i, other in ipairs(others) do
      assert.is_true(other:join())
      assert.equal("other", helper.read(("%s/%s.json"):format(list[i + 1], id(2))))
    end
    assert.equal(1, #logs(folder))
  end)

  it("are saved although tasks are cancelled at any time", function()
    local folder <close>, list = directories(8)
    for number = 1, 60 do
      local tasks = {}
      for i, directory in ipairs(list) do
        tasks[i] = task.spawn(function() return group.save(directory, id(number) .. ".json", "text") end)
      end
      task.sleep(0.0001 * (number % 4))
      for i = 1, number % 8 do tasks[i]:cancel() end
      for i, one in ipairs(tasks) do
        local ok, result = pcall(one.join, one)
        assert.is_true(ok and result or i <= number % 8 and result == task.cancelled)
        assert.is_true(not ok or helper.exists(("%s/%s.json"):format(list[i], id(number))))
      end
    end
    assert.is_true(folder ~= nil)
  end)
end)

describe("a change of many repositories", function()
  local COUNT = 24

  local function new_world()
    local repositories = {}
    for i = 1, COUNT do repositories[i] = { name = "app" .. i } end
    return world.new { seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", role = true } }, repositories = repositories,
    } } } }
  end

  -- Watches what is on the disk: the parts of logs that were flushed, and the files that were flushed one by one.
  local function watch()
    local durable, written = {}, {}
    local function note(list)
      for _, record in ipairs(list) do durable[record.name] = record.text or false end
    end
    local logs_watched = replaced(log, "create", function(create)
      return function(...)
        local one = create(...)
        local proxy = setmetatable({}, { __index = one })
        function proxy.append(_, records)
          table.move(records, 1, #records, #written + 1, written)
          return one:append(records)
        end
        function proxy.flush()
          local before = table.move(written, 1, #written, 1, {})
          local ok, err = one:flush()
          if ok then note(before) end
          return ok, err
        end
        proxy.is_full = function() return false end
        return proxy
      end
    end)
    local files_watched = replaced(system, "write_file", function(write_file)
      return function(path, text, mode, flush)
        local ok, err = write_file(path, text, mode, flush)
        if ok and flush ~= false then durable[path:match "[^/]+/[^/]+$"] = text end
        return ok, err
      end
    end)
    return durable, setmetatable({}, { __close = function()
      getmetatable(logs_watched).__close()
      getmetatable(files_watched).__close()
    end })
  end

  it("sends no write before its entry is on the disk, and ends with the outcomes on the disk", function()
    local w <close> = new_world()
    local durable, watched <close> = watch()
    assert(watched)
    local sent = 0
    w.before = function(operation)
      if operation == "SetRepositoryPolicy" then sent = sent + 1 end
    end
    local service = assert(w.region:service "web")
    local open_at = {}
    w.after = function(operation)
      if operation ~= "SetRepositoryPolicy" then return end
      for i = 1, COUNT do -- what was just written has its entry
        local name = "app" .. i
        if w:text(name) and not open_at[name] then
          for file, text in pairs(durable) do
            if text and file:find(name .. "/%d+%.open%.json$") then open_at[name] = text end
          end
          assert(open_at[name], name .. " was written before its entry")
        end
      end
    end
    task.map(assert(w.region:repositories()), function(repository)
      assert(w.region:grant(service, repository))
    end, { limit = 8 })
    assert.equal(COUNT, sent)
    local done = 0
    for file, text in pairs(durable) do
      done = done + (text and file:find "/%d+%.json$" and text:find('"state": *"done"') and 1 or 0)
    end
    assert.equal(COUNT, done)
  end)

  it("writes no policy if the log cannot be flushed, and says why in one line", function()
    local w <close> = new_world()
    local _ <close> = replaced(log, "create", function(create)
      return function(...)
        local one = create(...)
        one.flush = function()
          return nil, { code = "SystemError", message = "cannot write the log: No space left on device" }
        end
        return one
      end
    end)
    local service = assert(w.region:service "web")
    local failed = task.map(assert(w.region:repositories()), function(repository)
      local change, err = w.region:grant(service, repository)
      assert.is_nil(change)
      return err
    end, { limit = 8 })
    assert.equal(COUNT, #failed)
    for _, err in ipairs(failed) do
      assert.equal("JournalFailed", err.code)
      assert.equal("cannot use the journal: cannot write the log: No space left on device", err.message)
    end
    assert.equal(0, w:count "SetRepositoryPolicy")
  end)
end)
