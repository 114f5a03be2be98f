-- Runs every test of a build that counts lines, and prints the coverage of core/, lua/ and scripts/.
--   lua5.4 tests/coverage.lua BUILD      (make coverage)
-- For C, gcov counts. For Lua, tests/support/coverage.c marks the lines that run and luac lists the lines that can run.

local LEAST_SHOWN = 10

local build = assert(arg[1], "usage: lua5.4 tests/coverage.lua BUILD")

local function lines_of(command)
  local lines = {}
  local pipe <close> = assert(io.popen(command))
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  return lines
end

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

-- Returns { path, ran, lines } of each C file. gcov prints the file, and its coverage in the next line.
local function c_files()
  local files, path = {}, nil
  for _, line in ipairs(lines_of(("find %s/core -name '*.gcno' -exec gcov -n {} + 2>/dev/null"):format(build))) do
    path = line:match "^File '(.+)'$" or path
    local percent, lines = line:match "^Lines executed:([%d.]+)%% of (%d+)$"
    if percent and path and path:find "^core/.*%.c$" then
      files[#files + 1] = { path = path, lines = tonumber(lines), ran = math.floor(percent * lines / 100 + 0.5) }
    end
    path = not percent and path or nil
  end
  return files
end

-- The chunk names of a file: stock Lua names the path, the binary the module.
local function chunks_of(path)
  local module = path:match "^lua/(.+)%.lua$"
  return module and { "./" .. path, (module:gsub("/init$", ""):gsub("/", ".")) } or { path }
end

local function marks_of(path)
  local marks = {}
  for _, chunk in ipairs(chunks_of(path)) do
    local bytes = read(("%s/lines/%s"):format(build, (chunk:gsub("/", "%%")))) or ""
    for position in bytes:gmatch "()\1" do
      marks[position - 1] = true
    end
  end
  return marks
end

-- Returns the lines with an instruction, except the return that the compiler adds to each function, and lines that
-- only close a block.
local function lines_that_can_run(path)
  local source = {}
  for line in io.lines(path) do
    source[#source + 1] = line
  end
  local can_run, last = {}, nil
  for _, text in ipairs(lines_of("luac5.4 -l -p " .. path)) do
    local line, name = text:match "^\t%d+\t%[(%d+)%]\t(%u+)"
    if last and line and name ~= "VARARGPREP" and source[last]:gsub("%f[%w]end%f[%W]", ""):find "%w" then
      can_run[last] = true
    end
    last = line and name ~= "VARARGPREP" and tonumber(line) or nil
  end
  return can_run
end

local function lua_files()
  local files = {}
  for _, path in ipairs(lines_of "find lua scripts -name '*.lua' -not -path 'scripts/examples/*' | sort") do
    local file = { path = path, lines = 0, ran = 0 }
    local marks = marks_of(path)
    for line in pairs(lines_that_can_run(path)) do
      file.lines = file.lines + 1
      file.ran = file.ran + (marks[line] and 1 or 0)
    end
    files[#files + 1] = file
  end
  return files
end

local function share(file)
  return file.lines > 0 and 100 * file.ran / file.lines or 100
end

local function show(name, files)
  local all = { lines = 0, ran = 0 }
  for _, file in ipairs(files) do
    all.lines, all.ran = all.lines + file.lines, all.ran + file.ran
  end
  print(("\n%s: %.1f %% of %d lines; the least covered files:"):format(name, share(all), all.lines))
  table.sort(files, function(a, b) return share(a) < share(b) end)
  for i = 1, math.min(LEAST_SHOWN, #files) do
    print(("%7.1f %% of %4d  %s"):format(share(files[i]), files[i].lines, files[i].path))
  end
end

os.execute(("find %s -name '*.gcda' -delete; rm -rf %s/lines; mkdir %s/lines"):format(build, build, build))
local passed = os.execute(("lua5.4 tests/run.lua %s"):format(build))
show("core", c_files())
show("lua and scripts", lua_files())
os.exit(passed)
