-- Signals while a script computes without waiting.

local helper = require "helper"

-- Runs a line of Lua, and sends it a signal once it has printed "ready". --> status, stdout, stderr
local function interrupt(signal, code)
  local folder <close> = helper.folder()
  local result = helper.run { "sh", "-c", [[
    "$0" -e "$1" >"$2/out" 2>"$2/err" &
    until test -s "$2/out"; do sleep 0.02; done
    kill -$3 $!
    wait $!
  ]], helper.lanyard, 'io.stdout:write "ready\\n" io.stdout:flush() ' .. code, folder.path, signal }
  return result.status, helper.read(folder .. "/out"):gsub("^ready\n", ""), helper.read(folder .. "/err")
end

-- Scripts without end, by what they do.
local BUSY = {
  ["an empty loop"] = "while true do end",
  ["a loop that catches errors"] = "while true do pcall(function() while true do end end) end",
  ["a loop in a coroutine"] = "coroutine.wrap(function() while true do end end)()",
  ["a loop that resumes a coroutine"] = "local c = coroutine.create(function() while true do coroutine.yield() end end) "
    .. "while true do coroutine.resume(c) end",
  ["a loop that creates coroutines"] = "while true do coroutine.wrap(function() end)() end",
  ["a loop of coroutines that catch errors"] = "while true do coroutine.resume(coroutine.create(function() "
    .. "pcall(function() while true do end end) end)) end",
  ["a loop of long calls"] = 'while true do string.rep("x", 1000):gsub(".", "y") end',
  ["one of several tasks"] = 'local task = require "lanyard.task" task.all { function() while true do end end, '
    .. "function() task.sleep(100) end }",
}

describe("a signal ends", function()
  for what, code in pairs(BUSY) do
    it(what, function()
      assert.same({ 130, "", "lanyard: interrupted\n" }, { interrupt(what == "an empty loop" and "INT" or "TERM", code) })
    end)
  end
end)

describe("a script that is ended by a signal", function()
  it("closes its variables", function()
    local status, out = interrupt("TERM", 'local _ <close> = setmetatable({}, { __close = function() print "closed" end }) '
      .. "while true do end")
    assert.same({ 130, "closed\n" }, { status, out })
  end)

  it("can catch the cancellation, and end by itself", function()
    local status, out, err = interrupt("TERM", 'local task = require "lanyard.task" '
      .. 'local ok, err = pcall(function() while true do end end) print(ok, err == task.cancelled) os.exit(7)')
    assert.same({ 7, "false\ttrue\n", "" }, { status, out, err })
  end)

  it("ends where it waits, however long it computes between two waits", function()
    local status, out = interrupt("TERM", 'local task = require "lanyard.task" '
      .. 'local ok = pcall(function() while true do for i = 1, 1000 do end task.sleep(0) end end) print(ok)')
    assert.same({ 0, "false\n" }, { status, out })
  end)
end)

describe("coroutines in the binary", function()
  it("behave as in Lua", function()
    local code = [[
      local f = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) error("broken " .. b) end)
      print(f(1))
      print(select(2, pcall(f, "x")))
      print(select(2, pcall(f)))
      print(select(2, pcall(coroutine.resume, 5)))
      print(select(2, pcall(coroutine.wrap, 5)))
      local t = {}
      print(select(2, pcall(coroutine.wrap(function() error(t) end))) == t)
      local c = coroutine.create(function(...) return select("#", ...), coroutine.isyieldable() end)
      print(coroutine.resume(c, nil, nil))
      print(coroutine.resume(c))
      for i in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do io.write(i, " ") end
    ]]
    local result, lua = helper.run { helper.lanyard, "-e", code }, helper.run { "lua5.4", "-e", code }
    assert.equal(0, result.status, result.err)
    assert.matches("^2\n[^\n]*broken x\n[^\n]*cannot resume dead coroutine\n", result.out)
    assert.equal(lua.out, result.out)
  end)
end)
