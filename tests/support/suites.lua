-- The test suites of a build folder, each with the shell command that runs it and prints TAP: the C test programs,
-- a short run of each fuzzer, and the Lua specs.

local sanitizers = require "sanitizers"

local M = {}

local vectors = os.getenv "LANYARD_VECTORS" or "../shared/vectors"

local function lines_of(command)
  local lines = {}
  local pipe <close> = assert(io.popen(command))
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  return lines
end

local root = lines_of("pwd")[1]

-- Returns the command of stock Lua, and whether the build has sanitizers. Stock Lua is not instrumented, so the dynamic
-- loader loads the library of ASan before it, by the name that the build has for it. LD_PRELOAD would also load it into
-- every shell and program that a spec starts, which costs each 20 ms, and into programs that contain it.
local function interpreter(build)
  local needed = table.concat(lines_of(("readelf -d %s/lanyard.so 2>/dev/null"):format(build)))
  local asan = needed:match "%[(libasan%.so[^%]]*)%]"
  if not asan then
    return "lua5.4", false
  end
  local program = lines_of("command -v lua5.4")[1]
  local loader = table.concat(lines_of("readelf -p .interp " .. program)):match "/%S+"
  return ("%s --preload %s %s"):format(loader, asan, program), true
end

-- `make coverage` builds it; it marks the lines that run.
local function has_line_counter(build)
  local file <close> = io.open(build .. "/coverage.so")
  return file ~= nil
end

-- The programs in a folder of the build whose source still exists: { path, source }.
local function programs_of(folder, sources)
  local programs = {}
  for _, path in ipairs(lines_of(("find %s -maxdepth 1 -type f -perm -u+x 2>/dev/null"):format(folder))) do
    local source = ("%s/%s.c"):format(sources, path:match "[^/]+$")
    local file <close> = io.open(source)
    if file then
      programs[#programs + 1] = { path = path, source = source }
    end
  end
  return programs
end

local function add_programs(suites, build)
  for _, program in ipairs(programs_of(build .. "/tests", "tests/c")) do
    suites[#suites + 1] = {
      name = program.source,
      guess = program.path:find "/policy" and 20 or 1,
      command = ("ASAN_OPTIONS=%s CMOCKA_MESSAGE_OUTPUT=TAP LANYARD_VECTORS=%s ./%s")
        :format(sanitizers.options(true), vectors, program.path),
    }
  end
end

-- Short runs, of 20,000 inputs or 15 seconds; `make fuzz` runs them longer. The fuzzers write new inputs to the first
-- folder.
local function add_fuzzers(suites, build)
  for _, fuzzer in ipairs(programs_of(build .. "/fuzz", "tests/fuzz")) do
    local program = fuzzer.path
    local name = program:match "([^/]+)_fuzz$"
    suites[#suites + 1] = {
      name = fuzzer.source,
      guess = 5,
      command = ("rm -rf %s.short; mkdir %s.short; ./%s -runs=20000 -max_total_time=15 -max_len=600 -seed=1 "
        .. "-artifact_prefix=%s- %s.short tests/fuzz/corpus/%s >%s.log 2>&1 "
        .. "&& echo ok 1 - no crash || { tail -40 %s.log; echo not ok 1 - crash; exit 1; }")
        :format(program, program, program, program, program, name, program, program),
    }
  end
end

-- The specs of tests/torture that run the code of this build in their own process, so that the sanitizers see it. The
-- others disturb whole commands, which the sanitizers' libraries do not allow, or do not depend on the build.
local SANITIZED_TORTURE = { "api_spec", "emulator_spec", "soak_spec" }

-- The specs that run no C code of their own: they read the sources, open pages in a browser that other specs write, or
-- run other clients against an emulator, which is of the first build.
local NOT_OF_C = {
  ["tests/lua/language_spec.lua"] = true, ["tests/lua/layers_spec.lua"] = true, ["tests/cli/packaging_spec.lua"] = true,
  ["tests/cli/html_spec.lua"] = true, ["tests/cli/interop_spec.lua"] = true,
}

local function is_for_build(spec, is_sanitized)
  if not is_sanitized or not spec:find "^tests/torture/" then
    return not (is_sanitized and NOT_OF_C[spec])
  end
  for _, name in ipairs(SANITIZED_TORTURE) do
    if spec == ("tests/torture/%s.lua"):format(name) then
      return true
    end
  end
  return false
end

local function absolute(path)
  return path:sub(1, 1) == "/" and path or root .. "/" .. path
end

local function add_specs(suites, build, emulating, lua, is_sanitized)
  local path = absolute(build)
  local counter = has_line_counter(build) and "LUA_INIT=\"require 'coverage'\" " or ""
  local environment = counter .. ("LANYARD_BUILD=%s LANYARD_PLAIN=%s/lanyard LANYARD_LUA='%s' LANYARD_VECTORS=%s "
    .. "ASAN_OPTIONS=%s LUA_PATH='./lua/?.lua;./lua/?/init.lua;./tests/support/?.lua;;' LUA_CPATH='%s/?.so;;' ")
    :format(path, absolute(emulating), lua, vectors, sanitizers.options(false), path)
  for _, spec in ipairs(lines_of "find tests/lua tests/cli tests/torture -name '*_spec.lua'") do
    suites[#suites + 1] = is_for_build(spec, is_sanitized) and {
      name = spec,
      guess = spec:find "^tests/cli/" and 4 or spec:find "^tests/torture/" and 15 or 2,
      command = environment .. lua .. " /usr/bin/busted -o TAP " .. spec,
    } or nil
  end
end

---@param build string      the build folder
---@param emulating? string  the build folder of the emulator that commands call; by default the same
---@return { name: string, command: string, guess: number }[]  # by name; guess is about how many seconds one takes
function M.of(build, emulating)
  local suites = {}
  local lua, is_sanitized = interpreter(build)
  add_programs(suites, build)
  add_fuzzers(suites, build)
  add_specs(suites, build, emulating or build, lua, is_sanitized)
  for _, suite in ipairs(is_sanitized and suites or {}) do
    suite.name = suite.name .. " (sanitized)"
    suite.guess = suite.guess * 3
  end
  table.sort(suites, function(a, b) return a.name < b.name end)
  return suites
end

return M
