-- The protections of the compiler and the linker, read back from what was built.

local helper = require "helper"

local function readelf(options, path)
  local result = helper.run { "readelf", "-W", options, path }
  assert(result.status == 0, result.err)
  return result.out
end

local flags = helper.read(helper.build .. "/CFLAGS.flags")
local is_sanitized = flags:find("-fsanitize=address", 1, true) -- the tests start it often, so that it has a fixed address
local is_optimized = flags:find "%-O[123s]" and not flags:find("-fsanitize", 1, true)

for _, file in ipairs { "lanyard", "lanyard.so" } do
  describe(file, function()
    local path = helper.build .. "/" .. file

    it("is loaded at a random address", function()
      local kind = is_sanitized and file == "lanyard" and "EXEC" or "DYN"
      assert.matches("Type:%s+" .. kind, readelf("-h", path))
    end)

    it("has no writable table of functions after the start", function()
      assert.matches("GNU_RELRO", readelf("-l", path))
      assert.matches("BIND_NOW", readelf("-d", path))
    end)

    it("has no executable stack, and no segment that is writable and executable", function()
      local segments = readelf("-l", path)
      assert.matches("GNU_STACK[%sx%x]+RW ", segments)
      assert.not_matches("RWE", segments)
    end)

    -- A static binary that is stripped names none of its functions.
    local symbols = readelf("-s", path)
    if not symbols:find(" FUNC ", 1, true) then
      pending(file .. " has no symbols, so the checks of stacks and buffers cannot be read back")
      return
    end

    it("checks the stack of functions with arrays", function()
      assert.matches("__stack_chk_fail", symbols)
    end)

    if is_optimized then
      it("checks the sizes of buffers in calls of the C library", function()
        for _, name in ipairs { "__snprintf_chk", "__memcpy_chk" } do
          assert.matches(name, symbols)
        end
      end)
    end
  end)
end

if not is_sanitized then
  it("lanyard is a position-independent executable", function()
    assert.matches("FLAGS_1.*PIE", readelf("-d", helper.build .. "/lanyard"))
  end)
end

describe("the flags", function()
  -- Returns the command that compiles with these variables.
  local function compile_command(variables)
    local folder <close> = helper.folder()
    local words = { "make", "--no-print-directory", "-n", "V=1", "B=" .. folder.path }
    table.move(variables, 1, #variables, #words + 1, words)
    table.insert(words, folder .. "/core/main.o")
    local result = helper.run(words)
    assert(result.status == 0, result.err)
    return result.out
  end

  it("fortify optimized builds without sanitizers only, and keep a level that CFLAGS contains", function()
    assert.matches("-D_FORTIFY_SOURCE=2", compile_command {}, 1, true)
    assert.matches("-D_FORTIFY_SOURCE=2", compile_command { "CFLAGS=-g -O3" }, 1, true)
    assert.not_matches("FORTIFY", compile_command { "CFLAGS=-g" })
    assert.not_matches("FORTIFY", compile_command { "CFLAGS=-O2 -O0" })
    assert.not_matches("FORTIFY", compile_command { "CFLAGS=-O1 -fsanitize=address" })
    local own = compile_command { "CFLAGS=-O2 -D_FORTIFY_SOURCE=3" }
    assert.matches("-D_FORTIFY_SOURCE=3", own, 1, true)
    assert.not_matches("-D_FORTIFY_SOURCE=2", own, 1, true)
  end)
end)
