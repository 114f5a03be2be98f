-- Changes one comparison or branch of core/reason at a time, and reports the changes that the tests do not notice. Run by
-- hand, from the root of the project; takes some seconds for each mutant.
--   lua5.4 tests/reason/mutants.lua BUILD [COUNT [SEED [FILE]]]
-- BUILD contains the objects of an unchanged build with its words_test. COUNT mutants are chosen at random (default 100).
-- A mutant that crashes, does not end or does not compile is killed, too. It does not count if the compiler makes the same
-- code of it.

package.path = "./tests/support/?.lua;" .. package.path
local torture = require "torture"

local build, count, file_name = arg[1], math.tointeger(arg[2] or 100), arg[4]
local FOLDER, SECONDS, PAIRS = build .. "/mutants", 60, 60

local function run(command)
  return os.execute(command .. " >> " .. FOLDER .. "/log 2>&1") == true
end

local function output(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read "a"
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

-- ---------------------------------------------------------------------------------------------
-- Mutants

-- Each change: a Lua pattern with its middle as a capture at the second place, and what replaces it.
local CHANGES = {
  { "()( == )()", " != " }, { "()( != )()", " == " }, { "()( < )()", " <= " }, { "()( <= )()", " < " }, { "()( > )()", " >= " },
  { "()( >= )()", " > " }, { "()( && )()", " || " }, { "()( || )()", " && " }, { "%f[%w]()(return true)();", "return false" },
  { "%f[%w]()(return false)();", "return true" }, { "%f[%w]()(if %()()", "if (!" }, { "[%(%s]()(!)()[%a%(]", "" },
  { "()( %+ 1)()%f[%W]", "" }, { "()( %- 1)()%f[%W]", "" }, { "%f[%w]()(continue)();", "" }, { "%f[%w]()(break)();", "" },
  { "()( true)()%f[%W]", " false" }, { "()( false)()%f[%W]", " true" }, { "()( |= )()", " = " }, { "()( ~)()", " " },
}

-- Replaces comments and strings by blanks of the same length.
local function blank(text)
  local function blanks(s) return (s:gsub("[^\n]", " ")) end
  text = text:gsub("/%*.-%*/", blanks):gsub("//[^\n]*", blanks)
  return (text:gsub('"[^"\n]*"', blanks):gsub("#[^\n]*", blanks))
end

local function add_mutants(list, path)
  local text = read(path)
  local code = blank(text)
  for number, change in ipairs(CHANGES) do
    local from = 1
    while true do
      local first, last, start, _, stop = code:find(change[1], from)
      if not first then
        break
      end
      from = math.max(last, first + 1)
      local replacement = change[2]
      local changed = text:sub(1, start - 1) .. replacement .. text:sub(stop)
      if replacement == "if (!" then -- if (!(...)): find the closing parenthesis
        local closing = code:match("^%b()()", stop - 1)
        changed = closing and text:sub(1, stop - 1) .. "!(" .. text:sub(stop, closing - 2) .. ")" .. text:sub(closing - 1)
      end
      local _, line = text:sub(1, start):gsub("\n", "")
      list[#list + 1] = changed and { path = path, line = line + 1, change = number, text = changed, original = text }
    end
  end
end

local function all_mutants()
  local list = {}
  for path in output("ls core/reason/*.c"):gmatch "%S+" do
    if not file_name or path:find(file_name, 1, true) then
      add_mutants(list, path)
    end
  end
  return list
end

-- ---------------------------------------------------------------------------------------------
-- Running them

local function first_line(text)
  return (text:match "[^\n]*")
end

-- Compiles a mutant in place of its file. Returns false if that fails, nil if the code is the same.
local function compile(mutant, compiler)
  local name = mutant.path:match "([^/]+)%.c$"
  local object = FOLDER .. "/" .. name .. ".o"
  local source = FOLDER .. "/" .. name .. ".c"
  do
    local file <close> = assert(io.open(source, "wb"))
    file:write(mutant.text)
  end
  if not run(("%s -w -g0 -c -o %s %s"):format(compiler, object, source)) then
    return false
  end
  do
    local file <close> = assert(io.open(source, "wb"))
    file:write(mutant.original)
  end
  assert(run(("%s -w -g0 -c -o %s.same %s"):format(compiler, object, source)))
  if read(object) == read(object .. ".same") then
    return nil
  end
  local others = output(("ls %s/core/*/*.o | grep -v /reason/%s.o"):format(build, name)):gsub("\n", " ")
  local libraries = output "pkg-config --libs libcurl libcrypto":gsub("\n", " ") .. " -lsqlite3 -levent_core -levent_extra -lm"
  return run(("gcc -shared -o %s/lanyard.so %s %s %s"):format(FOLDER, others, object, libraries))
    and run(("gcc -o %s/words_test %s/words_test.o %s %s -lcmocka %s"):format(FOLDER, FOLDER, others:gsub("%S*/core/lua/%S*", ""), object, libraries))
end

local TESTS = {
  ("timeout %d %s/words_test"):format(SECONDS, FOLDER),
  ("timeout %d lua5.4 tests/reason/quick.lua %s %d"):format(SECONDS, FOLDER, PAIRS),
}

-- Returns whether a test fails.
local function is_killed()
  for _, test in ipairs(TESTS) do
    if not run(test) then
      return true
    end
  end
  return false
end

os.execute("rm -rf " .. FOLDER .. "; mkdir -p " .. FOLDER)
local compiler = first_line(read(build .. "/COMPILE.flags")):gsub("%-MMD %-MP", ""):gsub("%-Werror", "")
assert(run(("%s -w -c -o %s/words_test.o tests/c/words_test.c"):format(compiler, FOLDER)), "words_test does not compile")
local random = torture.random()
for _ = 1, math.tointeger(arg[3] or 1) do random(1000) end
local mutants = all_mutants()
print(("%d mutants, %d chosen"):format(#mutants, math.min(count, #mutants)))
local killed, same, survived = 0, 0, {}
for _, mutant in ipairs(torture.sample(mutants, count, random)) do
  local compiled = compile(mutant, compiler)
  if compiled == nil then
    same = same + 1
  elseif not compiled or is_killed() then
    killed = killed + 1
  else
    survived[#survived + 1] = mutant
    local line, number = "", 0
    for one in mutant.text:gmatch "([^\n]*)\n" do
      number = number + 1
      if number == mutant.line then line = one end
    end
    print(("survived: %s:%d: %s"):format(mutant.path, mutant.line, line))
    io.stdout:flush()
  end
end
local all = killed + #survived
print(("%d of %d killed (%.0f %%), %d survived, %d with the same code"):format(killed, all, killed * 100 / math.max(1, all), #survived, same))
