-- Runs every test: the C test programs and the Lua specs of each build folder named.
--   lua5.4 tests/run.lua BUILD [SANITIZED_BUILD] [-- PATTERN]
-- Each program prints TAP; what fails is shown whole, the rest is counted. PATTERN picks suites by
-- name. Ends in `N passed, N failed`, exit status 1 when anything failed.

local PARALLEL = 2

local function lines_of(command)
  local lines = {}
  local pipe <close> = assert(io.popen(command))
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  return lines
end

local builds, pattern = {}, ""
for i, word in ipairs(arg) do
  if word == "--" then
    pattern = arg[i + 1]
    break
  end
  builds[#builds + 1] = word
end

local vectors = os.getenv "LANYARD_VECTORS" or "../shared/vectors"
local root = lines_of("pwd")[1]

-- The Lua interpreter is not instrumented, so the sanitizers' library is loaded before it.
local function preload(build)
  local symbols = table.concat(lines_of(("nm -D --undefined-only %s/lanyard.so 2>/dev/null"):format(build)))
  if not symbols:find "__asan_init" then
    return ""
  end
  local asan = lines_of("gcc -print-file-name=libasan.so")[1]
  local ubsan = lines_of("gcc -print-file-name=libubsan.so")[1]
  return ("LD_PRELOAD='%s %s' "):format(asan, ubsan)
end

local suites = {}
for _, build in ipairs(builds) do
  local path = build:sub(1, 1) == "/" and build or root .. "/" .. build
  local environment = ("LANYARD_BUILD=%s LANYARD_VECTORS=%s ASAN_OPTIONS=detect_leaks=0 "
    .. "LUA_PATH='./lua/?.lua;./lua/?/init.lua;./tests/support/?.lua;;' LUA_CPATH='%s/?.so;;' "):format(path, vectors, path)
  for _, program in ipairs(lines_of(("find %s/tests -maxdepth 1 -type f -perm -u+x | sort"):format(build))) do
    suites[#suites + 1] = {
      name = program,
      command = ("ASAN_OPTIONS=detect_leaks=1 CMOCKA_MESSAGE_OUTPUT=TAP LANYARD_VECTORS=%s ./%s")
        :format(vectors, program),
    }
  end
  for _, program in ipairs(lines_of(("find %s/fuzz -name '*_fuzz' -type f 2>/dev/null | sort"):format(build))) do
    local name = program:match "([^/]+)_fuzz$"
    suites[#suites + 1] = {
      name = program,
      -- A short run; `make fuzz` runs long. What it finds goes to the first folder.
      command = ("rm -rf %s.short; mkdir %s.short; ./%s -runs=20000 -max_len=600 -seed=1 -artifact_prefix=%s- "
        .. "%s.short tests/fuzz/corpus/%s >%s.log 2>&1 "
        .. "&& echo ok 1 - survives || { tail -40 %s.log; echo not ok 1 - fell; exit 1; }")
        :format(program, program, program, program, program, name, program, program),
    }
  end
  local loader = preload(build)
  for _, spec in ipairs(lines_of "find tests/lua tests/cli -name '*_spec.lua' | sort") do
    suites[#suites + 1] = {
      name = spec .. (loader ~= "" and " (sanitized)" or ""),
      command = environment .. loader .. "lua5.4 /usr/bin/busted -o TAP " .. spec,
    }
  end
end

local function start(suite)
  suite.pipe = assert(io.popen("timeout 600 sh -c '" .. suite.command:gsub("'", "'\\''") .. "' 2>&1", "r"))
end

local passed, failed, skipped = 0, 0, 0

local function finish(suite)
  local text = suite.pipe:read "a"
  local ended_well, _, status = suite.pipe:close()
  local good, bad, pending = 0, 0, 0
  for line in text:gmatch "[^\n]+" do
    if line:match "^not ok" then
      bad = bad + 1
    elseif line:match "^ok.*# SKIP" then
      pending = pending + 1
    elseif line:match "^ok" then
      good = good + 1
    end
  end
  if bad == 0 and not ended_well or good + bad + pending == 0 then
    bad = bad + 1 -- died, or ran no test at all
  end
  passed, failed, skipped = passed + good, failed + bad, skipped + pending
  print(("%-58s %4d passed%s%s"):format(suite.name, good,
    bad > 0 and (", %d failed"):format(bad) or "", pending > 0 and (", %d skipped"):format(pending) or ""))
  if bad > 0 then
    print(text)
    print(("exit status %d"):format(status or 0))
  elseif pending > 0 then
    for line in text:gmatch "[^\n]+" do
      if line:match "# SKIP" then
        print("    " .. line)
      end
    end
  end
end

local chosen = {}
for _, suite in ipairs(suites) do
  if suite.name:find(pattern, 1, true) then
    chosen[#chosen + 1] = suite
  end
end
for i, suite in ipairs(chosen) do
  for ahead = i, math.min(i + PARALLEL - 1, #chosen) do
    if not chosen[ahead].pipe then
      start(chosen[ahead])
    end
  end
  finish(suite)
end

if skipped > 0 then
  print(("%d skipped"):format(skipped))
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and passed > 0)
