-- Every function of every C module with random arguments (tests/torture/api_fuzz.lua), in child processes. A child ends
-- by itself with status 0: no signal, and no report of a sanitizer.

local helper = require "helper"
local torture = require "torture"

local function output_of(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read "a"
end

local ROOT = output_of("pwd"):match "^[^\n]+"
local SANITIZED = helper.is_sanitized()

local CHILDREN = torture.choose(SANITIZED and 6 or 4, 400)
local CALLS = torture.choose(4000, 20000)
local SECONDS = 300 -- far more than a child takes
local FIRST_SEED = tonumber(os.getenv "LANYARD_SEED") or torture.choose(1, os.time() * 1000)

-- lanyard.embedded and cjson are in the same list, but are not in lanyard.so.
local function c_modules()
  local names = {}
  for name in helper.read "core/modules.c":gmatch '{"(lanyard%.[%w.]+)", luaopen_' do
    names[#names + 1] = name
  end
  return names
end

-- Returns whether a child ended well, and what it printed.
local function run(seed, modules)
  local folder <close> = helper.folder()
  local command = ("cd %s && mkdir work && cd work && %s TMPDIR=$PWD HOME=$PWD "
    .. "LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua' LUA_CPATH='%s/?.so' timeout -k 5 %d %s "
    .. "%s/tests/torture/api_fuzz.lua %d %d %s >../out 2>&1 </dev/null")
    :format(folder, SANITIZED and "" or "ulimit -v 4000000;", ROOT, ROOT, helper.build, SECONDS, helper.lua,
      ROOT, seed, CALLS, table.concat(modules, " "))
  local ok, how, status = os.execute(command)
  local out = helper.read(folder .. "/out")
  if ok and out:find "done %d+\n" and not out:find "Sanitizer" then
    return true
  end
  return false, ("seed %d: %s %d\n%s"):format(seed, how, status, out:sub(-4000))
end

describe("the C modules", function()
  it("raise errors, and never crash, whatever they are called with", function()
    local modules = c_modules()
    assert.is_true(#modules >= 16)
    for seed = FIRST_SEED, FIRST_SEED + CHILDREN - 1 do
      local ok, message = run(seed, modules)
      assert.is_true(ok, message)
    end
    torture.report("calls of C functions", CHILDREN * CALLS)
  end)
end)
