-- Changes one comparison or branch of core/reason at a time, and reports the changes that the tests do not notice. Run by
-- hand, from the root of the project; takes a few seconds for each mutant.
--   lua5.4 tests/reason/mutants.lua BUILD [COUNT [SEED [FILE[:LINE],...]]]   COUNT mutants, chosen at random (default 100)
--   lua5.4 tests/reason/mutants.lua BUILD named                             the mutants of tests/reason/named_mutants.lua
-- BUILD contains the objects of an unchanged build. A mutant that crashes, does not end or does not compile is killed, too.
-- It does not count if the compiler makes the same code of it, or if tests/reason/equivalent_mutants.lua says why no test
-- can notice it. BUILD/mutants-SEED/log has what the tests print. Exits with 1 if less than 95 % are killed.

package.path = "./tests/support/?.lua;./tests/reason/?.lua;" .. package.path
local changes = require "changes"
local equivalent = require "equivalent_mutants"
local named = require "named_mutants"
local torture = require "torture"

local build, chosen, seed, place = arg[1], arg[2] or "100", math.tointeger(arg[3] or 1), arg[4]
local FOLDER = ("%s/mutants-%s"):format(build, chosen == "named" and chosen or seed)
local SECONDS, PAIRS, GOAL = 30, 150, 95 -- SECONDS of processor time for each test

local function run(command)
  return os.execute(("exec >> %s/log 2>&1; %s"):format(FOLDER, command)) == true
end

local function output(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read "a"
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

-- ---------------------------------------------------------------------------------------------
-- The tests, the fastest first

-- C programs that do not know Lua; each is linked with the mutant.
local PROGRAMS = { "words_test", "box_test", "implied_test", "reason_test", "reason_memory_test" }
local SPECS = { "new_access", "reason_answers", "reason_variables", "reason_mutants", "reason_steps", "reason_vectors", "reachable", "reference", "minimize" }

local function fails(test)
  return not run(("ulimit -t %d; ulimit -v 8000000; %s"):format(SECONDS, test))
end

local function programs_fail()
  for _, name in ipairs(PROGRAMS) do
    if fails(("LANYARD_RUNS=2000 %s/%s"):format(FOLDER, name)) then
      return true
    end
  end
  return false
end

local function specs_fail()
  local specs = {}
  for i, name in ipairs(SPECS) do specs[i] = ("tests/lua/policy/%s_spec.lua"):format(name) end
  local environment = ("LANYARD_BUILD=%s LUA_PATH='./lua/?.lua;./lua/?/init.lua;./tests/support/?.lua;;' LUA_CPATH='%s/?.so;;'")
    :format(FOLDER, FOLDER)
  return fails(("%s lua5.4 /usr/bin/busted --no-keep-going -o TAP %s"):format(environment, table.concat(specs, " ")))
    or fails(("lua5.4 tests/reason/quick.lua %s check %s/cases"):format(FOLDER, FOLDER))
end

-- ---------------------------------------------------------------------------------------------
-- Building

local compiler = read(build .. "/COMPILE.flags"):match("[^\n]*"):gsub("%-MMD %-MP", ""):gsub("%-Werror", "") .. " -w -g0"
local libraries = output "pkg-config --libs libcurl libcrypto":gsub("\n", " ") .. " -lsqlite3 -levent_core -levent_extra -lm"
local originals = {} -- path --> the code of the unchanged file

local function compile(path, text)
  local source = ("%s/%s"):format(FOLDER, path:match "[^/]+$")
  write(source, text)
  local object = source:gsub("%.c$", ".o")
  return run(("%s -c -o %s %s"):format(compiler, object, source)), object
end

local function code_of(path)
  if not originals[path] then
    local compiled, object = compile(path, read(path))
    assert(compiled, path)
    originals[path] = read(object)
  end
  return originals[path]
end

-- Returns the objects of the packages, with a changed one instead of its file.
local function objects(packages, path, object)
  local list = { object }
  for other in output("ls core/*/*.c"):gmatch "%S+" do
    if other ~= path and (not packages or packages[other:match "core/(%w+)"]) then
      list[#list + 1] = ("%s/%s.o"):format(build, other:match "(.*)%.c$")
    end
  end
  return table.concat(list, " ")
end

local PURE = { base = true, json = true, policy = true, reason = true } -- packages that need no libraries

local function link_module(path, object)
  return run(("gcc -shared -o %s/lanyard.so %s %s"):format(FOLDER, objects(nil, path, object), libraries))
end

local function link_programs(path, object)
  local linked = true
  for _, name in ipairs(PROGRAMS) do
    linked = linked and run(("gcc -o %s/%s %s/%s.o %s -lcmocka -lm"):format(FOLDER, name, FOLDER, name, objects(PURE, path, object)))
  end
  return linked
end

-- Returns "same", "killed" or "survived".
local function try(mutant)
  local original = code_of(mutant.path)
  local compiled, object = compile(mutant.path, mutant.text)
  if not compiled then
    return "killed"
  elseif read(object) == original then
    return "same"
  end
  assert(link_programs(mutant.path, object) and link_module(mutant.path, object), "a mutant does not link")
  return (programs_fail() or specs_fail()) and "killed" or "survived"
end

local function prepare()
  assert(os.execute(("rm -rf %s; mkdir -p %s"):format(FOLDER, FOLDER)))
  for _, name in ipairs(PROGRAMS) do
    assert(run(("%s -c -o %s/%s.o tests/c/%s.c"):format(compiler, FOLDER, name, name)), name .. " does not compile")
  end
  local cases = ("%s/mutants.cases"):format(build)
  if not os.rename(cases, cases) then
    os.execute(("lua5.4 tests/reason/quick.lua %s record %s.new %d; mv %s.new %s"):format(build, cases, PAIRS, cases, cases))
  end
  assert(os.execute(("cp %s %s/cases"):format(cases, FOLDER)))
  local path = "core/reason/pool.c"
  local _, object = compile(path, read(path))
  assert(link_programs(path, object) and link_module(path, object), "the unchanged build does not link")
  assert(not programs_fail() and not specs_fail(), "the tests fail in the unchanged build; see " .. FOLDER .. "/log")
end

-- ---------------------------------------------------------------------------------------------

-- Reports whether a mutant is in one of the places, a list of FILE or FILE:LINE.
local function is_chosen(mutant)
  for file, line in (place or ""):gmatch "([^:,]+):?(%d*)" do
    if mutant.path:match "[^/]+$" == file and (line == "" or mutant.line == tonumber(line)) then
      return true
    end
  end
  return not place
end

local function all_mutants()
  local list = {}
  for path in output("ls core/reason/*.c"):gmatch "%S+" do
    for _, mutant in ipairs(changes.of(path, read(path))) do
      if is_chosen(mutant) then list[#list + 1] = mutant end
    end
  end
  return list
end

local function choose()
  if chosen == "named" then
    return named.list(read)
  end
  local random = torture.random()
  for _ = 1, seed do random(1000) end
  local list = all_mutants()
  print(("%d mutants"):format(#list))
  local sample = torture.sample(list, math.tointeger(chosen), random)
  for i = #sample, 2, -1 do -- in random order, so that the beginning is a sample, too
    local other = random(i)
    sample[i], sample[other] = sample[other], sample[i]
  end
  return sample
end

io.stdout:setvbuf "line"
prepare()
local counts = { killed = 0, survived = 0, same = 0, equivalent = 0 }
for number, mutant in ipairs(choose()) do
  local reason = equivalent.reason(mutant)
  local result = reason and "equivalent" or try(mutant)
  counts[result] = counts[result] + 1
  if result == "survived" then
    print(("survived: %s:%d: %s\n  %s"):format(mutant.path, mutant.line, mutant.name, mutant.code))
  end
  if number % 20 == 0 then
    print(("# %d: %d killed, %d survived, %s"):format(number, counts.killed, counts.survived, os.date "%H:%M:%S"))
  end
end
local all = counts.killed + counts.survived
local share = counts.killed * 100 / math.max(1, all)
print(("%d of %d killed (%.1f %%), %d survived; %d equivalent, %d with the same code"):format(counts.killed, all, share,
  counts.survived, counts.equivalent, counts.same))
os.exit(share >= GOAL and (chosen ~= "named" or counts.survived == 0))
