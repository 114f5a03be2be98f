-- The exports of lanyard.so and of the binary, which must not conflict with the symbols of a program that loads them.

local helper = require "helper"

local function exports(path)
  local names = {}
  for name in helper.run { "nm", "-D", "--defined-only", path }.out:gmatch "%x+ %a (%S+)" do
    names[#names + 1] = name:match "^[^@]+"
  end
  return names
end

local function matching(names, pattern)
  local list = {}
  for _, name in ipairs(names) do
    if name:find(pattern) then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

-- Compiles a C text to a shared object.
local function compile(text, path)
  local include = helper.run { "pkg-config", "--cflags", "lua5.4" }.out
  local result = helper.run({ "sh", "-c", ("gcc -Wall -Werror -shared -fPIC %s -x c - -o %s"):format(include:gsub("\n", ""), path) },
    nil, text)
  assert(result.status == 0, result.err)
end

-- Stock Lua with the modules of this build, and the shared object in front of everything, also of the sanitizers.
local function lua_with(object, code)
  return helper.run({ helper.lua, "-e", code }, {
    LD_PRELOAD = object, ASAN_OPTIONS = "detect_leaks=0:verify_asan_link_order=0",
    LUA_PATH = "./lua/?.lua;./lua/?/init.lua", LUA_CPATH = helper.build .. "/?.so;" .. package.cpath,
  })
end

describe("lanyard.so", function()
  it("exports the functions that open its modules, and nothing else", function()
    local names = exports(helper.build .. "/lanyard.so")
    assert.same({}, matching(names, "^[^l]"))
    assert.same(#names, #matching(names, "^luaopen_lanyard_"))
    assert.same({ "luaopen_lanyard_json" }, matching(names, "json"))
  end)

  it("uses its own functions where the program that loads it has others of the same names", function()
    local folder <close> = helper.folder()
    local object = folder .. "/host.so"
    compile([[
      #include <stdlib.h>
      void *json_parse(void) { abort(); }
      void *policy_parse(void) { abort(); }
      int buf_add(void) { abort(); }
      int arn_parse(void) { abort(); }
    ]], object)
    local result = lua_with(object, [[
      local policy = require "lanyard.policy"
      local doc = assert(policy.parse '{"Version":"2012-10-17","Statement":[]}')
      doc:allow { principal = "444455556666", actions = { "ecr:BatchGetImage" } }
      print(#doc:statements(), require("lanyard.json").decode('[7]')[1], require("lanyard.arn").parse("arn:aws:s3:::b").service)
    ]])
    assert.same({ "1\t7\ts3\n", "", 0 }, { result.out, result.err, result.status })
  end)
end)

describe("the binary", function()
  it("exports Lua's API and the functions that open modules, and nothing else", function()
    if helper.is_sanitized() then return pending "a sanitized binary exports the functions of the sanitizers, too" end
    local names = exports(helper.lanyard)
    local others = {}
    for _, name in ipairs(names) do
      -- A program has its own copies of what libc exports as data.
      if not (name:find "^luaL?_" or name:find "^luaopen_" or name:find "^std%a+$" or name == "environ") then
        others[#others + 1] = name
      end
    end
    assert.same({}, others)
  end)

  it("exports all of the API that stock lua5.4 does", function()
    local own = {}
    for _, name in ipairs(exports(helper.lanyard)) do own[name] = true end
    local stock = matching(exports "/usr/bin/lua5.4", "^luaL?_")
    assert.is_true(#stock > 100)
    for _, name in ipairs(stock) do assert.is_true(own[name], name .. " is missing") end
  end)

  it("loads a C module of a user", function()
    local folder <close> = helper.folder()
    compile([[
      #include <lauxlib.h>
      int json_parse(void) { return 42; }
      static int answer(lua_State *L) { lua_pushinteger(L, json_parse()); return 1; }
      int luaopen_own(lua_State *L) { lua_pushcfunction(L, answer); return 1; }
    ]], folder .. "/own.so")
    local result = helper.run({ helper.lanyard, "-e",
      'print(require "own"(), require("lanyard.json").decode("[7]")[1])' }, { LUA_CPATH = folder .. "/?.so" })
    assert.same({ "42\t7\n", "", 0 }, { result.out, result.err, result.status })
  end)
end)
