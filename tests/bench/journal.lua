-- Measures what the journal costs: grants with and without it, in the form of `grant --all`, with several numbers
-- of changes in flight, on the disk and with 1 ms for each fsync (tests/support/slow_sync.c), and an undo with a journal of
-- 20 and of 20,000 entries. The emulator is another process.
--   lua5.4 tests/bench/journal.lua BUILD

local build = arg[1] or "build"
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath
local bench = require "bench"

local GRANTS, ROUNDS, UNDOS = bench.is_full and 2000 or 200, 3, 20

-- ---------------------------------------------------------------------------------------------
-- The measured process: journal.lua BUILD WORK URL STATE ...

local function connect(url, state)
  local access = require "lanyard.access"
  local aws = require "lanyard.aws"
  local helper = require "helper"
  local session = assert(aws.session {
    region = "us-east-1", endpoint_url = url, credentials = require("lanyard.credentials").new {
      access_key_id = helper.ACCESS_KEY, secret_access_key = helper.SECRET_KEY,
    },
  })
  return access.connect(session, { permit = false, journal_root = state })
end

-- A journal that keeps nothing.
local function no_journal()
  local nothing = { damaged = {} }
  function nothing.locked() return setmetatable({}, { __close = function() end }) end
  function nothing.create_directory() return require("lanyard.system").mkdirs(nothing.directory) end
  function nothing.begin() return { id = "0" } end
  function nothing.settle() return {} end
  for _, name in ipairs { "finish", "discard", "prune" } do nothing[name] = function() return true end end
  function nothing.last() return nil end
  package.loaded["lanyard.access.journal"] = { recover = function() return true end, open = function(directory)
    return setmetatable({ directory = directory, create_directory = function()
      return require("lanyard.system").mkdirs(directory)
    end }, { __index = nothing })
  end }
end

local work = {}

-- Prints the seconds and the processor seconds of all grants.
function work.grants(url, state, in_flight, journal)
  if journal == "without" then no_journal() end
  local region = connect(url, state)
  local loop, task = require "lanyard.loop", require "lanyard.task"
  local service = assert(region:service "service")
  local repositories = assert(region:repositories())
  local start, cpu = loop.now(), os.clock()
  task.map(repositories, function(repository)
    assert(region:grant(service, repository))
  end, { limit = math.tointeger(in_flight) })
  print(loop.now() - start, os.clock() - cpu)
end

-- Prints the processor seconds of one undo with a journal of `count` entries, of which the oldest are moved.
function work.undos(url, state, count)
  local helper = require "helper"
  local region = connect(url, state)
  local journal = require "lanyard.access.journal"
  local service = assert(region:service "service")
  local repository = assert(region:repositories { "app-1" })[1]
  local directory = assert(region:repository_directory(repository))
  local records = journal.open(directory, region.clock, "app-1")
  local text = '{"Version":"2012-10-17","Statement":[]}'
  assert(records:create_directory())
  local entry = assert(records:begin { action = "grant", repository = "app-1", after = text })
  assert(records:finish(entry, "done"))
  local encode, first = require("lanyard.access.journal.entry").encode, math.tointeger(entry.id)
  for i = 1, math.tointeger(count) - 1 do
    entry.id = ("%017d"):format(first - i)
    helper.write(("%s/%s.json"):format(directory, entry.id), encode(entry))
  end
  while #assert(require("lanyard.system").list(directory)) > 2 * require("lanyard.access.journal.listing").KEPT + 10 do
    assert(region:grant(service, repository)) -- moves old entries
    assert(region:undo(repository))
  end
  local total = 0
  for _ = 1, UNDOS do
    assert(region:grant(service, repository))
    local cpu = os.clock()
    assert(region:undo(repository))
    total = total + os.clock() - cpu
  end
  print(total / UNDOS)
end

if arg[2] then
  work[arg[2]](table.unpack(arg, 3))
  os.exit(0, true)
end

-- ---------------------------------------------------------------------------------------------
-- The table

local helper = require "helper"
local json = require "lanyard.json"

helper.build = build
helper.lanyard = build .. "/lanyard"

local folder <close> = helper.folder()
local library = folder .. "/slow_sync.so"
assert(os.execute("gcc -std=c11 -D_GNU_SOURCE -O1 -fPIC -shared -o " .. library .. " tests/support/slow_sync.c -ldl"))

local function seed()
  local repositories = json.array {}
  for i = 1, GRANTS do repositories[i] = { name = "app-" .. i } end
  local path = folder .. "/seed.json"
  helper.write(path, json.encode { regions = { ["us-east-1"] = {
    repositories = repositories, services = { { name = "service", role = true } },
  } } })
  return path
end

-- Runs a measured process against a new emulator and state. Returns the numbers that it prints.
local function measure(environment, name, ...)
  local emulator <close> = helper.emulator_process { "--seed", folder .. "/seed.json", "--activation-delay", "0" }
  local state = folder .. "/state"
  local all = {}
  for key, value in pairs(environment) do all[key] = value end
  local result = helper.run({ "lua5.4", "tests/bench/journal.lua", build, name, emulator.url, state, ... }, all)
  assert(result.status == 0, result.err)
  assert(os.execute("rm -rf " .. state))
  local numbers = {}
  for number in result.out:gmatch "%S+" do numbers[#numbers + 1] = tonumber(number) end
  return numbers
end

seed()
print(("%d grants with and without the journal"):format(GRANTS))
for _, disk in ipairs { { "the disk", {} }, { "1 ms an fsync", { LD_PRELOAD = library, SLOW_SYNC_DELAY = "1000" } } } do
  local where, environment = table.unpack(disk)
  for _, in_flight in ipairs { 1, 8 } do
    local cpu = { with = {}, without = {} }
    local function grants(form)
      return function()
        local numbers = measure(environment, "grants", tostring(in_flight), form)
        table.insert(cpu[form], numbers[2])
        return numbers[1]
      end
    end
    local found = bench.medians(ROUNDS, { with = grants "with", without = grants "without" })
    local label = ("%d grants, %d in flight, %s"):format(GRANTS, in_flight, where)
    bench.row { work = label .. ", time", unit = "s", lanyard = found.with, floors = { { "without the journal", found.without } },
      aim = "1.3 x", readme = in_flight == 8 and where == "the disk" and label .. ", time" or nil }
    bench.row { work = label, unit = "s", lanyard = bench.median(cpu.with),
      floors = { { "without the journal", bench.median(cpu.without) } } }
  end
end

local environment, points = { LANYARD_JOURNAL_ENTRIES = "0" }, {}
for i, count in ipairs { 20, 200, 2000, 20000 } do
  points[i] = { count, measure(environment, "undos", tostring(count))[1] * 1e3 }
end
bench.row { work = "`undo` of one change, a journal of 20,000 entries", unit = "ms", lanyard = points[4][2],
  floors = { { "a journal of 20 entries", points[1][2] } }, aim = "the same" }
bench.series("entries of a journal, one undo", points)
