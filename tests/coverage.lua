-- Runs every test of a build that counts lines, and prints the coverage of core/, lua/ and scripts/.
--   lua5.4 tests/coverage.lua BUILD      (make coverage)
--   lua5.4 tests/coverage.lua BUILD report      prints what earlier runs of tests counted
-- Each file of core reaches GOAL, or the share that tests/coverage.txt lists with the reason; otherwise the exit status
-- is 1. BUILD/missed lists the lines and branches that did not run.
-- For C, gcov counts. For Lua, tests/support/coverage.c marks the lines that run and luac lists the lines that can run.

local json = require "cjson"

local LEAST_SHOWN = 10
local GOAL = { lines = 95, branches = 90 } -- percent
local EXCEPTIONS = "tests/coverage.txt"

local build = assert(arg[1], "usage: lua5.4 tests/coverage.lua BUILD [report]")

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

local function is_assertion(text)
  return text:find "^%s*assert%(" or text:find "^%s*static_assert%("
end

-- Returns how many of the branches of a line can be taken. luaL_argcheck is `condition || luaL_argerror()`; the second
-- does not return, so that the last two branches, on its value, do not exist.
local function branch_count(text, line)
  local is_check = text:find "^%s*luaL_argcheck%("
  return is_check and math.max(0, #line.branches - 2) or #line.branches
end

local function source_of(path)
  local source = {}
  for line in io.lines(path) do
    source[#source + 1] = line
  end
  return source
end

-- Adds the counts of one line. `missed` lists what did not run: "path:line" or "path:line: N of M branches".
local function add_line(file, line, text, missed)
  local where = ("%s:%d"):format(file.path, line.line_number)
  file.lines = file.lines + 1
  file.ran = file.ran + (line.count > 0 and 1 or 0)
  local taken, branches = 0, branch_count(text, line)
  for i = 1, branches do
    taken = taken + (line.branches[i].count > 0 and 1 or 0)
  end
  file.branches, file.taken = file.branches + branches, file.taken + taken
  if line.count == 0 then
    missed[#missed + 1] = where
  elseif taken < branches then
    missed[#missed + 1] = ("%s: %d of %d branches"):format(where, branches - taken, branches)
  end
end

-- Returns { path, lines, ran, branches, taken } of each C file, and a list of what did not run. A branch is one way out
-- of a condition, as gcov counts them: `a && b` has four. Lines of assertions are not counted: they have a branch that
-- must not be taken.
local function c_files()
  local files, missed = {}, {}
  local command = ("find %s/core -name '*.gcno' -exec gcov -b -j -t {} + 2>/dev/null"):format(build)
  for _, text in ipairs(lines_of(command)) do
    for _, one in ipairs(json.decode(text).files) do
      if one.file:find "^core/.*%.c$" then
        local file = { path = one.file, lines = 0, ran = 0, branches = 0, taken = 0 }
        local source = source_of(one.file)
        for _, line in ipairs(one.lines) do
          if not is_assertion(source[line.line_number]) then
            add_line(file, line, source[line.line_number], missed)
          end
        end
        files[#files + 1] = file
      end
    end
  end
  return files, missed
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

local function percent(part, whole)
  return whole > 0 and 100 * part / whole or 100
end

local function share(file)
  return percent(file.ran, file.lines)
end

local function branch_share(file)
  return percent(file.taken, file.branches)
end

local function total(files)
  local all = { lines = 0, ran = 0, branches = 0, taken = 0 }
  for _, file in ipairs(files) do
    for key, sum in pairs(all) do
      all[key] = sum + (file[key] or 0)
    end
  end
  return all
end

local function show(name, files)
  local all = total(files)
  print(("\n%s: %.1f %% of %d lines; the least covered files:"):format(name, share(all), all.lines))
  table.sort(files, function(a, b) return share(a) < share(b) end)
  for i = 1, math.min(LEAST_SHOWN, #files) do
    print(("%7.1f %% of %4d  %s"):format(share(files[i]), files[i].lines, files[i].path))
  end
end

local function show_branches(files)
  local all = total(files)
  print(("\ncore: %.1f %% of %d branches; the least covered files:"):format(branch_share(all), all.branches))
  table.sort(files, function(a, b) return branch_share(a) < branch_share(b) end)
  for i = 1, math.min(LEAST_SHOWN, #files) do
    print(("%7.1f %% of %4d  %s"):format(branch_share(files[i]), files[i].branches, files[i].path))
  end
end

-- Returns path --> { lines, branches }, in percent, of EXCEPTIONS.
local function exceptions()
  local list = {}
  for line in io.lines(EXCEPTIONS) do
    local path, lines, branches = line:match "^(core/%S+)%s+(%d+)%s+(%d+)%s+%S"
    if path then
      list[path] = { lines = tonumber(lines), branches = tonumber(branches) }
    end
  end
  return list
end

-- Returns whether core and each of its files reach their shares. Prints each file that does not.
local function check(files)
  local expected, good = exceptions(), true
  local all = total(files)
  all.path = "core"
  for _, file in ipairs { all, table.unpack(files) } do
    local least = expected[file.path] or GOAL
    if share(file) < least.lines or branch_share(file) < least.branches then
      good = false
      print(("%s: %.1f %% of lines and %.1f %% of branches; expected %d %% and %d %%"):format(file.path, share(file),
        branch_share(file), least.lines, least.branches))
    end
  end
  return good
end

local function write_missed(missed)
  local file <close> = assert(io.open(build .. "/missed", "w"))
  assert(file:write(table.concat(missed, "\n"), "\n"))
end

local passed = true
if arg[2] ~= "report" then
  os.execute(("find %s -name '*.gcda' -delete; rm -rf %s/lines; mkdir %s/lines"):format(build, build, build))
  passed = os.execute(("lua5.4 tests/run.lua %s"):format(build))
end
local files, missed = c_files()
show("core", files)
show_branches(files)
show("lua and scripts", lua_files())
write_missed(missed)
print(("\n%s/missed lists the lines and branches of core that did not run"):format(build))
os.exit(check(files) and passed)
