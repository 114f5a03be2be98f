-- Users' files in the sandbox: what they can contain, and that they cannot escape.

local errors = require "lanyard.errors"
local sandbox = require "lanyard.sandbox"

-- Runs a text that must fail, and returns its error.
local function failure(text, limits)
  local value, err = sandbox.value(text, "rules.lua", limits)
  assert.is_nil(value)
  assert.is_true(errors.is(err))
  return err
end

-- Runs a text that must soon reach one of its limits.
local function spends(text, limits)
  local started = os.clock()
  local err = failure(text, limits or { seconds = 0.3 })
  assert.equal("Limit", err.code, err.message)
  assert.is_true(os.clock() - started < 10, "it took too long")
  return err
end

describe("sandbox.value", function()
  it("returns plain data", function()
    local value = assert(sandbox.value([[
      local grants = {}
      for _, name in ipairs { "web", "jobs" } do
        grants[#grants + 1] = { service = name, repositories = { name, "team/*" } }
      end
      return { region = "us-east-1", grants = grants, days = 30, part = 0.5, on = true, [7] = "seven" }
    ]], "grants.lua"))
    assert.same({ region = "us-east-1", days = 30, part = 0.5, on = true, [7] = "seven", grants = {
      { service = "web", repositories = { "web", "team/*" } },
      { service = "jobs", repositories = { "jobs", "team/*" } },
    } }, value)
    assert.equal("integer", math.type(value.days))
  end)

  it("reports an error with its file and line", function()
    local err = failure "return {\n  a = 1,\n  b = nosuch.thing,\n}"
    assert.equal("InvalidFile", err.code)
    assert.equal("rules.lua:3: attempt to index a nil value (global 'nosuch')", err.message)
    assert.equal("rules.lua:2: invalid value (table) at index 1 in table for 'concat'",
      failure("local t = { {} }\nreturn table.concat(t)").message)
    assert.equal("rules.lua:2: bad argument #2 to 'rep' (number expected, got no value)",
      failure("\nreturn string.rep 'x'").message)
    assert.equal("rules.lua:2: '}' expected (to close '{' at line 1) near <eof>", failure("return {\n 1").message)
  end)

  it("adds the file to an error without one", function()
    assert.equal("rules.lua: no position", failure("error('no position', 0)").message)
    assert.equal("rules.lua: an error that is a table", failure("error {}").message)
  end)

  it("shortens a long file name to its end", function()
    local _, err = sandbox.value("error 'x'", ("long/"):rep(40) .. "grants.lua")
    assert.matches("^%.%.%.[long/]+grants%.lua:1: x$", err.message)
  end)

  it("rejects functions, and tables that contain themselves", function()
    assert.equal("rules.lua: the result is not plain data: check: a function is not plain data",
      failure("return { check = function() end }").message)
    assert.matches("a table that contains itself$", failure("local t = {} t.t = t return t").message)
    assert.matches("keys that are not plain data$", failure("return { [{}] = 1 }").message)
  end)

  it("limits the copies of shared tables", function()
    assert.matches("too much data$", failure([[
      local t = { ("x"):rep(1000) }
      for _ = 1, 30 do t = { t, t } end
      return t
    ]]).message)
  end)

  it("rejects an unknown option", function()
    assert.has_error(function() sandbox.value("", "x", { instructions = 1 }) end, "no such field: 'instructions'")
  end)
end)

describe("sandbox.open", function()
  local PRELUDE = [[
    local rules = {}
    function rule(name) rules[#rules + 1] = name end
    return { names = function(more) return { rules = rules, more = more } end }
  ]]

  it("provides the functions of a prelude, and calls what the prelude returned", function()
    local box <close> = assert(sandbox.open([[rule "a" rule "b"]], "rules.lua", { prelude = PRELUDE }))
    assert.same({ rules = { "a", "b" }, more = { x = { 1, 2 } } }, box:call("names", { x = { 1, 2 } }))
    local _, err = box:call "rule"
    assert.equal("rules.lua: there is no function 'rule'", err.message)
  end)

  it("calls the globals of a text without a prelude", function()
    local box <close> = assert(sandbox.open("function add(a, b) return a + b end", "rules.lua"))
    assert.equal(5, box:call("add", 2, 3))
    assert.is_nil(box:call("add", 2, {}))
  end)

  it("passes plain data only", function()
    local box <close> = assert(sandbox.open("function f() end", "rules.lua"))
    local _, err = box:call("f", print)
    assert.equal("rules.lua: argument 1: a function is not plain data", err.message)
  end)

  it("gives each call its own steps, and none after a failure", function()
    local box <close> = assert(sandbox.open("function spin(n) for _ = 1, n do end return n end", "rules.lua",
      { steps = 10000 }))
    for _ = 1, 10 do
      assert.equal(5000, box:call("spin", 5000))
    end
    local _, err = box:call("spin", 1e9)
    assert.equal("Limit", err.code)
    assert.equal("rules.lua:1: took more than 10000 steps", err.message)
    _, err = box:call("spin", 1)
    assert.equal("rules.lua:1: took more than 10000 steps", err.message)
  end)
end)

describe("a text in a sandbox", function()
  it("has only these functions", function()
    local seen = assert(sandbox.value([[
      local names = {}
      for name, value in pairs(_G) do
        names[#names + 1] = name
        if type(value) == "table" and value ~= _G then
          for inner in pairs(value) do names[#names + 1] = name .. "." .. inner end
        end
      end
      table.sort(names)
      return table.concat(names, " ")
    ]], "x"))
    assert.equal("_G _VERSION assert error ipairs math math.abs math.ceil math.exp math.floor math.fmod "
      .. "math.huge math.log math.max math.maxinteger math.min math.mininteger math.modf math.pi math.sqrt "
      .. "math.tointeger math.type math.ult next pairs pcall rawequal rawget rawlen rawset select "
      .. "string string.byte string.char string.find string.format string.gmatch string.gsub string.len "
      .. "string.lower string.match string.rep string.reverse string.sub string.upper table table.concat "
      .. "table.insert table.move table.pack table.remove table.sort table.unpack tonumber tostring type utf8 "
      .. "utf8.char utf8.charpattern utf8.codepoint utf8.codes utf8.len utf8.offset", seen)
  end)

  it("is text, not bytecode", function()
    assert.matches("attempt to load a binary chunk", failure(string.dump(function() end)).message)
  end)

  for title, text in pairs {
    ["a loop"] = "while true do end",
    ["a goto"] = "::again:: goto again",
    ["pcall around a loop"] = "pcall(function() while true do end end) return 'alive'",
    ["pcall again and again"] = "while true do pcall(error) end",
    ["pcall in pcall in a loop"] = "while pcall(pcall, function() while true do end end) do end return 'alive'",
    ["recursion"] = "local function f() return 1 + f() end f()",
    ["string.rep of nothing"] = "return (''):rep(1 << 60)",
    ["table.move of nothing"] = "table.move({}, 1, 1 << 60, 2)",
    ["chains that the parser follows to their end"] = "local a return a " .. ("and a "):rep(120000),
    ["sorting"] = [[
      local s, t = ("x"):rep(1 << 20), {}
      for i = 1, 100000 do t[i] = s end
      table.sort(t) return #t]],
    ["sorting in no order"] = [[
      local t = {}
      for i = 1, 100000 do t[i] = i end
      for _ = 1, 100 do pcall(table.sort, t, function() return true end) end]],
    ["reading digits"] = "local s = ('1'):rep(4 << 20) while true do tonumber(s, 10) end",
    ["reading long texts"] = "local s = ('x'):rep(4 << 20) while true do utf8.len(s) end",
    ["comparing long texts"] = [[
      local a, b = ("x"):rep(4 << 20) .. "a", ("x"):rep(4 << 20) .. "b"
      while a ~= b do end]],
    ["texts that grow"] = "local s = 'x' while true do s = s .. s end",
    ["a long text copied"] = "local s = ('x'):rep(4 << 20) while true do local _ = s .. 'y' end",
    ["tables that grow"] = "local t = {} while true do t[#t + 1] = {} end",
    ["memory caught"] = "while true do pcall(string.rep, 'x', 1 << 40) pcall(string.rep, 'x', 15 << 20) end",
    ["closures"] = "local f while true do local g = f f = function() return g end end",
    ["string.format"] = "local t = {} while true do t[#t + 1] = ('%99d'):format(1) end",
    ["arguments without end"] = [[
      local function f(...) return f(1, ...) end
      f()]],
    ["gsub in gsub"] = [[
      local function f(s) return (s:gsub('.', f)) end
      while true do pcall(f, ('x'):rep(100)) end]],
    ["a pattern that blows up"] = "return ('a'):rep(30000):find('.-.-.-.-b')",
    ["match"] = "return ('a'):rep(30000):match('.*.*.*.*b')",
    ["gmatch"] = "for _ in ('a'):rep(30000):gmatch('.-.-.-.-b') do end",
    ["gsub"] = "return ('a'):rep(30000):gsub('.-.-.-.-b', '')",
    ["sets in patterns"] = "local s = ('a'):rep(100000) return s:find('[' .. ('b'):rep(100000) .. ']')",
    ["%b in patterns"] = "return ('('):rep(1000000):find('%b()')",
    ["a plain search"] = "while true do ('a'):rep(1 << 20):find(('a'):rep(1 << 19) .. 'b', 1, true) end",
  } do
    it("is stopped by its limits: " .. title, function()
      spends(text)
    end)
  end

  -- Keys that collide in a table of 2^size entries, but not in a smaller one: Lua hashes an integer by its remainder.
  local COLLIDE = "local t, m = {}, (1 << %d) - 1 for i = 1, (1 << %d) + 1 do t[%s] = true end "

  for title, key in pairs { integers = "i * m", floats = "(i * m) * 2.0 ^ 60", negatives = "-i * m" } do
    it("is stopped before a table whose keys are colliding " .. title .. " becomes large", function()
      for size = 16, 18 do
        local err = failure(COLLIDE:format(size, size - 1, key))
        assert.equal("Limit", err.code)
        assert.matches("used a table with more than 32768 keys", err.message)
        err = failure("pcall(function() " .. COLLIDE:format(size, size - 1, key) .. "end) return 'caught'")
        assert.equal("Limit", err.code)
      end
    end)
  end

  it("has no result after its time, even if it ends by itself", function()
    local err = failure(COLLIDE:format(15, 14, "i * m") .. "return 'done'", { seconds = 0.02 })
    assert.equal("Limit", err.code)
    assert.equal("rules.lua: took more than 0.02 s", (err.message:gsub(":%d+:", ":")))
  end)

  it("can have a large table of other keys, and a long list", function()
    local value = assert(sandbox.value("local t = {} for i = 1, 30000 do t['k' .. i] = i end return t", "x"))
    assert.equal(30000, value.k30000)
    assert.equal(200000, #assert(sandbox.value("local t = {} for i = 1, 200000 do t[i] = i end return t", "x",
      { memory = 1 << 26 })))
  end)

  it("is rejected if it contains too many numbers that could collide in the parser", function()
    local numbers = {}
    for i = 1, 20000 do numbers[i] = ("%d"):format(i * ((1 << 17) - 1)) end
    local list = table.concat(numbers, ",")
    for _, text in ipairs {
      "return {" .. list .. "}", "return {" .. list:gsub(",", ".5,") .. "}", "return {" .. list:gsub(",", "e2,") .. "}",
      "local s = '\\'' return {" .. list .. "}", "local s = [[']] return {" .. list .. "}",
      "--[==[ ' ]] ]==] return {" .. list .. "}", "-- '\nreturn {" .. list .. "}", "local a1 = 1 return {" .. list .. "}",
    } do
      local err = failure(text, { memory = 1 << 27 })
      assert.equal("rules.lua: contains more than 16384 numbers of five or more characters", err.message)
    end
    for _, text in ipairs {
      "return {'" .. list:gsub(",", "','") .. "'}", 'return {"' .. list:gsub(",", '","') .. '"}',
      "-- " .. list .. "\nreturn {}", "--[[ " .. list .. " ]] return {}", "return {[==[" .. list .. "]==]}",
      "return {" .. ("123,"):rep(50000) .. "}", "return {" .. list:gsub("%d+,", "a%0", 1000):gsub(",%d.*", "}"),
    } do
      assert.is_table((sandbox.value(text, "x", { memory = 1 << 27 })))
    end
  end)

  it("is searched for such numbers past every form of texts, comments and numbers", function()
    local list = ("12345,"):rep(16385)
    for _, text in ipairs {
      "return { [ [=[]]]==]=] ] = 1, " .. list .. "}", "return { s = 'a\\'', " .. list .. "}", "local a = {} return { #a, " .. list .. "}",
      "--[=[ ]] ]=] return {" .. list .. "}", "--[=x\nreturn {" .. list .. "}", "local a, b = 5, 3 a = a-b return {" .. list .. "}",
      "return {" .. ("1e-10,"):rep(16385) .. "}", "return {" .. ("0x1p+4,"):rep(16385) .. "}", "return {" .. (".1234,"):rep(16385) .. "}",
      "local t = {} t.a = 'x' .. 'y' return {" .. list .. "}",
    } do
      assert.matches("contains more than 16384 numbers", failure(text, { memory = 1 << 27 }).message, 1, true, text:sub(1, 40))
    end
    -- Nothing after the end of the text is read.
    for text, message in pairs {
      ["return 'x"] = "unfinished string", ["return 'x\\"] = "unfinished string", ["return [[x"] = "unfinished long string",
      ["return [=[x]="] = "unfinished long string", ["return [=[x]=="] = "unfinished long string", ["return ["] = "unexpected symbol",
      ["return [="] = "invalid long string delimiter", ["--[[ x"] = "unfinished long comment", ["return ."] = "unexpected symbol",
      ["return -"] = "unexpected symbol", ["return 1e+"] = "malformed number", ["return 12345x"] = "malformed number",
    } do
      assert.matches(message, failure(text).message, 1, true, text)
    end
    for _, text in ipairs { "return 1 --", "return 1 --[", "return 1 --[=", "return 1 -- x", "return 1" } do
      assert.equal(1, sandbox.value(text, "x"), text)
    end
  end)

  it("spends one budget of time in all its calls", function()
    local box <close> = assert(sandbox.open("function spin() for _ = 1, 400000 do end return 1 end", "rules.lua",
      { seconds = 0.3 }))
    local err
    for _ = 1, 100000 do
      local value
      value, err = box:call "spin"
      if not value then break end
    end
    assert.equal("Limit", err and err.code)
    assert.matches("took more than 0.3 s", err.message)
  end)

  it("can make any number of short calls", function()
    local box <close> = assert(sandbox.open("function f() return 1 end", "rules.lua", { seconds = 0.05 }))
    for _ = 1, 20000 do assert(box:call "f" == 1) end
  end)

  it("is stopped wherever memory runs out, and returns its result if it does not", function()
    local text = [[
      local t = {}
      for i = 1, 20 do t[i] = ("%d %s"):format(i, ("x"):rep(i)):gsub("x", { x = "yy" }) end
      return { pcall(table.concat, t, ","), #t }]]
    local whole, ended = assert(sandbox.value(text, "x")), 0
    for memory = 0, 60000, 251 do
      local value, err = sandbox.value(text, "x", { memory = memory })
      if value then
        assert.same(whole, value)
      else
        ended = ended + 1
        assert.equal("Limit", err.code, err.message)
        assert.equal(("x: used more than %d bytes of memory"):format(memory), (err.message:gsub("^x:%d+:", "x:")))
      end
    end
    assert.is_true(ended > 20 and ended < 230, ended .. " were ended")
  end)

  it("stops at the time limit, if steps are slow", function()
    local err = spends("while true do end", { steps = 1e15, seconds = 0.2 })
    assert.equal("rules.lua:1: took more than 0.2 s", err.message)
  end)

  for title, case in pairs {
    ["load"] = { "load('return 1')", "call a nil value %(global 'load'%)" },
    ["dofile"] = { "dofile('/etc/passwd')", "call a nil value" },
    ["require"] = { "require 'os'", "call a nil value" },
    ["io"] = { "io.open('/etc/passwd')", "index a nil value" },
    ["debug"] = { "debug.getregistry()", "index a nil value" },
    ["package"] = { "package.loadlib()", "index a nil value" },
    ["coroutine"] = { "coroutine.wrap(function() while true do end end)()", "index a nil value" },
    ["string.dump"] = { "('').dump(print)", "call a nil value" },
    ["formats too wide"] = { "return ('%99999d'):format(1)", "invalid conversion" },
    ["sorting with a function in C"] = { "table.sort({ 1, 2, 3 }, rawequal)", "written in Lua" },
    ["metatables"] = { "setmetatable({}, { __mode = 'k' })", "call a nil value %(global 'setmetatable'%)" },
    ["the metatable of strings"] = { "getmetatable('').__index = nil", "call a nil value" },
    ["recursion in C"] = { "local function f() return (('x'):gsub('x', f)) end return f()", "C stack overflow" },
    ["recursion past memory"] = { "local function f() return 1 + f() end f()", "used more than 16777216 bytes" },
    ["nesting too deep"] = { "return " .. ("("):rep(1000) .. "1" .. (")"):rep(1000), "overflow" },
    ["too many results"] = { "return table.unpack({}, 1, 5000000)", "too many results" },
  } do
    it("rejects " .. title, function()
      assert.matches(case[2], failure(case[1]).message)
    end)
  end

  it("computes with tables and texts as Lua does", function()
    for _, case in ipairs {
      { "return table.concat({ 1, 2, 3 }, '-')", "1-2-3" }, { "return table.concat({ 1, 2, 3 }, '-', 2)", "2-3" },
      { "return table.concat({ 1, 2, 3 }, '-', 3, 2)", "" }, { "return (select('#', table.unpack({ 1, 2, 3 }, 2, 3)))", 2 },
      { "local t = { 1, 2 } table.insert(t, 3) return table.concat(t)", "123" },
      { "local t = { 1, 2 } table.insert(t, 1, 3) return table.concat(t)", "312" },
      { "local t = { 1, 2, 3 } return table.remove(t) .. table.remove(t, 1) .. #t", "311" },
      { "return table.concat(table.move({ 1, 2, 3 }, 2, 3, 1))", "233" },
      { "return table.concat(table.move({ 1, 2, 3 }, 3, 2, 1))", "123" },
      { "local t = { 3, 1, 2 } table.sort(t) return table.concat(t)", "123" },
      { "local t = { 3, 1, 2 } table.sort(t, function(a, b) return a > b end) return table.concat(t)", "321" },
      { "return ('ab'):rep(2, '-')", "ab-ab" }, { "return ('ab'):rep(0)", "" }, { "return ('ab'):rep(-1)", "" },
      { "return utf8.len 'a\u{20ac}'", 2 }, { "return utf8.codepoint('\u{20ac}')", 0x20ac },
      { "return utf8.offset('a\u{20ac}b', 3)", 5 }, { "return tonumber '0x10'", 16 }, { "return tonumber(5.5)", 5.5 },
      { "return tonumber('zz', 36)", 1295 }, { "return tonumber({}) == nil", true },
    } do
      assert.equal(case[2], assert(sandbox.value(case[1], "x")), case[1])
    end
  end)

  it("rejects arguments of its functions as Lua does", function()
    for text, message in pairs {
      ["table.concat 'x'"] = "table expected", ["table.unpack({}, 'x')"] = "number expected",
      ["table.move({}, 1)"] = "number expected", ["table.insert(1, 2)"] = "table expected",
      ["table.insert({}, 5, 1)"] = "position out of bounds", ["table.insert({}, 'x', 1)"] = "number expected",
      ["table.remove(1)"] = "table expected", ["table.remove({ 1 }, 7)"] = "position out of bounds",
      ["table.sort(1)"] = "table expected", ["table.sort({ 1, {} })"] = "attempt to compare",
      ["string.rep({}, 1)"] = "string expected", ["utf8.len {}"] = "string expected",
    } do
      assert.matches(message, failure(text).message, 1, true, text)
    end
  end)

  it("removes nothing from an empty list, like Lua's", function()
    assert.is_true(sandbox.value("local t = {} return table.remove(t, #t) == nil", "x"))
  end)

  it("can change its own library only", function()
    assert.is_true(sandbox.value("string.rep = nil string.find = function() return 1 end type = 5 return true", "x"))
    assert.equal(3, ("abc"):find "c")
    assert.equal("aa", sandbox.value("return ('a'):rep(2)", "x"))
  end)
end)
