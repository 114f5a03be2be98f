-- Runs every test: the C test programs, the fuzzers and the Lua specs of each build folder named.
--   lua5.4 tests/run.lua BUILD [SANITIZED_BUILD] [-- PATTERN]
-- The commands of both builds call an emulator of the first one. PATTERN selects suites by name, which is the path of
-- their source. LANYARD_TEST_JOBS limits how many run in parallel (default: two more than there are processors, because
-- many suites wait). The slowest suites of the last run start first. The whole output of a failed suite is printed. The
-- last line is `N passed, N failed`; the exit status is 1 if a test failed or none ran.

package.path = "./tests/support/?.lua;" .. package.path
local queue = require "queue"
local suites_of = require("suites").of

local SLOWEST_SHOWN = 10

local function fail_usage(message)
  io.stderr:write(message, "\n")
  os.exit(2)
end

local builds, pattern = {}, ""
for i, word in ipairs(arg) do
  if word == "--" then
    pattern = arg[i + 1] or ""
    break
  end
  builds[#builds + 1] = word
end
if #builds == 0 then
  fail_usage "usage: lua5.4 tests/run.lua BUILD [SANITIZED_BUILD] [-- PATTERN]"
end

local function slots()
  local text = os.getenv "LANYARD_TEST_JOBS" or ""
  if text == "" then
    local pipe <close> = assert(io.popen "nproc")
    return assert(pipe:read "n") + 2
  end
  local count = math.tointeger(text)
  if not count or count < 1 then
    fail_usage(("LANYARD_TEST_JOBS is '%s'; set it to a whole number from 1"):format(text))
  end
  return count
end

-- The duration of each suite in its last run: name --> seconds.
local durations_path = builds[1] .. "/durations"
local function read_durations()
  local durations = {}
  local file <close> = io.open(durations_path)
  for line in file and file:lines() or function() end do
    local seconds, name = line:match "^([%d.]+) (.+)$"
    durations[name] = tonumber(seconds)
  end
  return durations
end

local function write_durations(durations)
  local lines = {}
  for name, seconds in pairs(durations) do
    lines[#lines + 1] = ("%.2f %s\n"):format(seconds, name)
  end
  local file <close> = assert(io.open(durations_path, "w"))
  assert(file:write(table.concat(lines)))
end

local function chosen_suites(durations)
  local chosen = {}
  for _, build in ipairs(builds) do
    for _, suite in ipairs(suites_of(build, builds[1])) do
      if suite.name:find(pattern, 1, true) then
        suite.expected = durations[suite.name] or suite.guess
        chosen[#chosen + 1] = suite
      end
    end
  end
  table.sort(chosen, function(a, b)
    if a.expected ~= b.expected then
      return a.expected > b.expected
    end
    return a.name < b.name
  end)
  return chosen
end

-- Counts the TAP results of a suite, and collects the lines of skipped tests.
local function count(suite)
  local good, bad, skipped = 0, 0, {}
  for line in suite.text:gmatch "[^\n]+" do
    if line:match "^not ok" then
      bad = bad + 1
    elseif line:match "^ok.*# SKIP" then
      skipped[#skipped + 1] = line
    elseif line:match "^ok" then
      good = good + 1
    end
  end
  if bad == 0 and suite.status ~= 0 or good + bad + #skipped == 0 then
    bad = bad + 1 -- it died, or ran no test
  end
  return good, bad, skipped
end

local function show(suite, good, bad, skipped)
  print(("%-58s %6.1f s %4d passed%s%s"):format(suite.name, suite.seconds, good,
    bad > 0 and (", %d failed"):format(bad) or "", #skipped > 0 and (", %d skipped"):format(#skipped) or ""))
  if bad > 0 then
    print(suite.text)
    print(("exit status %d"):format(suite.status))
  else
    for _, line in ipairs(skipped) do
      print("    " .. line)
    end
    for line in suite.text:gmatch "# (torture: [^\n]+)" do
      print("    " .. line)
    end
  end
end

local function show_slowest(finished)
  table.sort(finished, function(a, b) return a.seconds > b.seconds end)
  print "\nThe slowest suites, in seconds, and their processor time:"
  for i = 1, math.min(SLOWEST_SHOWN, #finished) do
    print(("%8.1f %8.1f  %s"):format(finished[i].seconds, finished[i].cpu, finished[i].name))
  end
end

io.stdout:setvbuf "line"
local durations = read_durations()
local finished, cpu = {}, 0
local passed, failed, skipped = 0, 0, 0
for suite in queue.run(chosen_suites(durations), slots()) do
  local good, bad, pending = count(suite)
  passed, failed, skipped = passed + good, failed + bad, skipped + #pending
  show(suite, good, bad, pending)
  durations[suite.name] = suite.seconds
  finished[#finished + 1] = suite
  cpu = cpu + suite.cpu
end
write_durations(durations)

if #finished == 0 then
  print(("no suite has '%s' in its name"):format(pattern))
elseif #finished > SLOWEST_SHOWN then
  show_slowest(finished)
  print(("%8s %8.1f  all %d\n"):format("", cpu, #finished))
end
if skipped > 0 then
  print(("%d skipped"):format(skipped))
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and passed > 0)
