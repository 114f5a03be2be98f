-- An allocation fails within a call of a C module, once or from then on (tests/torture/alloc_worker.lua): the call raises
-- an error, returns nil and an error, or succeeds with the right result; and it succeeds when it is repeated.

local helper = require "helper"
local torture = require "torture"

local LIMIT = torture.choose(60, 100000) -- allocations per call
local SECONDS = torture.choose(120, 3600) -- far more than a module takes
local MODULES = {
  "credentials", "crypto", "http.core", "ini", "json", "jws", "policy.core", "policy.reason.core", "process.core", "sandbox", "sigv4", "sqlite", "system",
  "text.xml.core",
}

local function output_of(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read "a"
end

local ROOT = output_of("pwd"):match "^[^\n]+"

local function compile(folder)
  assert(os.execute(("gcc -std=c11 -D_GNU_SOURCE -O1 -fPIC -shared $(pkg-config --cflags lua5.4) "
    .. "-o %s/allocations.so tests/support/allocations.c"):format(folder)))
end

-- Returns the number of cases, or nil and what the worker printed.
local function run(folder, module)
  local command = ("cd %s && rm -rf work && mkdir work && cd work && LD_PRELOAD=%s/allocations.so TMPDIR=$PWD HOME=$PWD "
    .. "LUA_INIT= LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua' LUA_CPATH='%s/?.so;%s/?.so' timeout -k 5 %d lua5.4 "
    .. "%s/tests/torture/alloc_worker.lua lanyard.%s %d >../out 2>&1 </dev/null")
    :format(folder, folder, ROOT, ROOT, folder, helper.build, SECONDS, ROOT, module, LIMIT)
  local ok, how, status = os.execute(command)
  local out = helper.read(folder .. "/out")
  local count = ok and out:match "done (%d+)\n$"
  return math.tointeger(tonumber(count)), ("%s %d\n%s"):format(how, status, out:sub(-2000))
end

describe("a call of a C module for which an allocation fails ends with an error, and succeeds when it is repeated:", function()
  local folder = helper.folder()
  lazy_setup(function() compile(folder) end)
  lazy_teardown(function() getmetatable(folder).__close() end)

  for _, module in ipairs(MODULES) do
    it(module, function()
      local cases, problem = run(folder, module)
      assert.is_truthy(cases, problem)
      torture.report("failed allocations in lanyard." .. module, cases)
    end)
  end
end)
