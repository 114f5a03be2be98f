-- Changes one comparison or branch of core/reason at a time, and reports the changes that the tests do not notice. Run by
-- hand, from the root of the project; takes a few seconds for each mutant.
--   lua5.4 tests/reason/mutants.lua BUILD [COUNT [SEED [FILE[:LINE],...]]]   COUNT mutants, chosen at random (default 100)
--   lua5.4 tests/reason/mutants.lua BUILD named                             the mutants of tests/reason/named_mutants.lua
-- BUILD and BUILD/sanitized contain the objects of unchanged builds, as after `make test`. A mutant that crashes, does not
-- end or does not compile is killed, too; the sanitizers try changes of bounds. It does not count if the compiler makes the
-- same code of it, or if tests/reason/equivalent_mutants.lua says why no test can notice it. BUILD/mutants-SEED/log has what
-- the tests print. Exits with 1 if less than 95 % are killed.

package.path = "./tests/support/?.lua;./tests/reason/?.lua;" .. package.path
local changes = require "changes"
local equivalent = require "equivalent_mutants"
local named = require "named_mutants"
local torture = require "torture"

local build, chosen, seed, place = arg[1], arg[2] or "100", math.tointeger(arg[3] or 1), arg[4]
local FOLDER = ("%s/mutants-%s"):format(build, chosen == "named" and chosen or seed)
local SECONDS, PAIRS, GOAL = 60, 700, 95 -- SECONDS of processor time for each test

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
-- Building

local LIBRARIES = output "pkg-config --libs libcurl libcrypto":gsub("\n", " ") .. " -lsqlite3 -levent_core -levent_extra -lm"
local PURE = { base = true, json = true, policy = true, reason = true } -- packages that need no libraries

-- C programs that do not know Lua; each is linked with the mutant.
local PROGRAMS = {
  "quotient_test", "action_index_test", "shapes_test", "words_test", "words_limits_test", "words_property_test", "box_test",
  "implied_test", "accounts_test", "reason_test", "reason_memory_test",
}
local SPECS = { "new_access", "reason_answers", "reason_variables", "reason_mutants", "reason_steps", "reason_vectors", "reason_lists",
  "reachable", "reference", "minimize" }

-- A build: the objects of the unchanged files, the command that compiles, and the folder of the changed ones.
local function build_of(objects, folder)
  local flags = read(objects .. "/COMPILE.flags"):match "[^\n]*"
  return { objects = objects, folder = folder, compiler = flags:gsub("%-MMD %-MP", ""):gsub("%-Werror", "") .. " -w -g0 -O1 -fuse-ld=gold" }
end

local plain = build_of(build, FOLDER)
plain.before = "ulimit -v 8000000;"
plain.library, plain.part, plain.runs = "", 1, 2000 -- all recorded cases

local sanitized = build_of(build .. "/sanitized", FOLDER .. "/sanitized")
sanitized.before = "export ASAN_OPTIONS=hard_rss_limit_mb=4000;"
sanitized.library = ("ASAN_OPTIONS=detect_leaks=0:hard_rss_limit_mb=4000 LD_PRELOAD='%s'"):format(
  (output "gcc -print-file-name=libasan.so":gsub("\n", "")))
sanitized.part, sanitized.runs = 8, 300

-- Compiles a text as a file. Returns whether it could, and the object.
local function compile(kind, path, text)
  local source = ("%s/%s"):format(kind.folder, path:match "[^/]+$")
  write(source, text)
  local object = source:gsub("%.c$", ".o")
  return run(("%s -c -o %s %s"):format(kind.compiler, object, source)), object
end

-- Returns the objects of the packages, with a changed one instead of its file.
local function objects(kind, packages, path, object)
  local list = { object }
  for other in output("ls core/*/*.c"):gmatch "%S+" do
    if other ~= path and (not packages or packages[other:match "core/(%w+)"]) then
      list[#list + 1] = ("%s/%s.o"):format(kind.objects, other:match "(.*)%.c$")
    end
  end
  return table.concat(list, " ")
end

local function link_module(kind, path, object)
  assert(run(("%s -shared -o %s/lanyard.so %s %s"):format(kind.compiler, kind.folder, objects(kind, nil, path, object), LIBRARIES)),
    "the module does not link")
end

local function link_programs(kind, path, object)
  for _, name in ipairs(PROGRAMS) do
    assert(run(("%s -o %s/%s %s/%s.o %s -lcmocka -lm"):format(kind.compiler, kind.folder, name, kind.folder, name,
      objects(kind, PURE, path, object))), name .. " does not link")
  end
end

-- ---------------------------------------------------------------------------------------------
-- The tests, the fastest first

local function fails(kind, test)
  return not run(("ulimit -t %d; %s %s"):format(SECONDS, kind.before, test))
end

local function programs_fail(kind)
  for _, name in ipairs(PROGRAMS) do
    if fails(kind, ("LANYARD_RUNS=%d %s/%s"):format(kind.runs, kind.folder, name)) then
      return true
    end
  end
  return false
end

local function specs_fail(kind)
  local specs = {}
  for i, name in ipairs(SPECS) do specs[i] = ("tests/lua/policy/%s_spec.lua"):format(name) end
  local environment = ("LANYARD_BUILD=%s LUA_PATH='./lua/?.lua;./lua/?/init.lua;./tests/support/?.lua;;' LUA_CPATH='%s/?.so;;'")
    :format(kind.folder, kind.folder)
  return fails(kind, ("%s %s lua5.4 /usr/bin/busted --no-keep-going -o TAP %s"):format(environment, kind.library, table.concat(specs, " ")))
end

local function cases_fail(kind)
  return fails(kind, ("%s lua5.4 tests/reason/quick.lua %s check %s/cases %d"):format(kind.library, kind.folder, FOLDER, kind.part))
end

-- Reports whether a test fails with a changed file.
local function is_noticed(kind, path, object)
  link_module(kind, path, object)
  if cases_fail(kind) then
    return true
  end
  link_programs(kind, path, object)
  return programs_fail(kind) or kind == plain and specs_fail(kind)
end

-- Reports whether a change may make an access go past an array.
local function changes_bounds(mutant)
  return mutant.name:find "^'[<>+-]" ~= nil
end

local originals = {} -- path --> the code of the unchanged file

local function code_of(path)
  if not originals[path] then
    local compiled, object = compile(plain, path, read(path))
    assert(compiled, path)
    originals[path] = read(object)
  end
  return originals[path]
end

-- Returns "same", "killed" or "survived".
local function try(mutant)
  local original = code_of(mutant.path)
  local compiled, object = compile(plain, mutant.path, mutant.text)
  if not compiled then
    return "killed"
  elseif read(object) == original then
    return "same"
  elseif is_noticed(plain, mutant.path, object) then
    return "killed"
  elseif not changes_bounds(mutant) then
    return "survived"
  end
  compiled, object = compile(sanitized, mutant.path, mutant.text)
  return compiled and not is_noticed(sanitized, mutant.path, object) and "survived" or "killed"
end

local function prepare()
  assert(os.execute(("rm -rf %s; mkdir -p %s %s"):format(FOLDER, plain.folder, sanitized.folder)))
  local cases = ("%s/mutants.cases"):format(build)
  if not os.rename(cases, cases) then
    os.execute(("lua5.4 tests/reason/quick.lua %s record %s.new %d; mv %s.new %s"):format(build, cases, PAIRS, cases, cases))
  end
  assert(os.execute(("cp %s %s/cases"):format(cases, FOLDER)))
  local path = "core/reason/pool.c"
  for _, kind in ipairs { plain, sanitized } do
    for _, name in ipairs(PROGRAMS) do
      assert(run(("%s -c -o %s/%s.o tests/c/%s.c"):format(kind.compiler, kind.folder, name, name)), name .. " does not compile")
    end
    local _, object = compile(kind, path, read(path))
    assert(not is_noticed(kind, path, object), "the tests fail in the unchanged build; see " .. FOLDER .. "/log")
  end
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
  assert(place or not equivalent.outdated(list), equivalent.outdated(list))
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
