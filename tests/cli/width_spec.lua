-- Help, status and doctor on terminals of any width.

local helper = require "helper"

local ON_TERMINAL = [[
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b""
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece: break
    shown += piece
sys.stdout.buffer.write(shown)
]]

-- Returns the lines that a command prints on a terminal.
local function shown(width, words, environment)
  local result = helper.run({ "/usr/bin/python3", "-c", ON_TERMINAL, tostring(width), helper.lanyard, table.unpack(words) },
    environment)
  assert.equal("", result.err)
  local lines = {}
  for line in result.out:gsub("\r", ""):gsub("\27%[[%d;]*[mK]", ""):gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  return lines
end

-- Checks that lines fit, except a word that must not be broken.
local function assert_fit(lines, width)
  for _, line in ipairs(lines) do
    assert.is_true(utf8.len(line) <= width or line:find "arn:aws" ~= nil or line:find "://" ~= nil or line:find "/tmp" ~= nil, line)
  end
end

describe("the width of the terminal", function()
  local widest = {}

  for i, words in ipairs { { "help" }, { "help", "status" }, { "help", "audit" }, { "help", "emulate" }, { "status", "--help" },
    { "help", "environment" }, { "help", "findings" }, { "policy", "lint", "--help" } } do
    it("is that of lanyard " .. table.concat(words, " "), function()
      for _, width in ipairs(helper.combined(i, { 20, 31, 50, 79, 120 })) do
        local lines = shown(width, words)
        assert_fit(lines, width)
        assert.is_true(#lines > 10)
        for _, line in ipairs(lines) do
          widest[width] = math.max(widest[width] or 0, utf8.len(line))
        end
      end
    end)
  end

  it("is used where it is more than 80", function()
    assert.is_true(widest[120] > 100)
  end)

  it("is COLUMNS where that is set, and 80 in a pipe", function()
    local function widest_of(environment)
      local most = 0
      for line in helper.run({ helper.lanyard, "help", "grant" }, environment).out:gmatch "[^\n]+" do
        most = math.max(most, #line)
      end
      return most
    end
    local usual = widest_of()
    assert.is_true(usual > 70 and usual <= 80)
    assert.is_true(widest_of { COLUMNS = "40" } <= 40)
    assert.is_true(widest_of { COLUMNS = "130" } > 100)
    for _, bad in ipairs { "", "x", "0", "-3", "1e9", "99999999999999999999" } do
      assert.equal(usual, widest_of { COLUMNS = bad })
    end
    assert_fit(shown(100, { "help", "grant" }, { COLUMNS = "50" }), 50)
  end)

  it("is that of status and doctor, which break no word that fits", function()
    local emulator <close> = helper.emulator()
    emulator:run "grant my-container-service my-private-repo --enable"
    for _, width in ipairs { 20, 40, 60 } do
      local lines = shown(width, { "status" }, emulator.environment)
      assert_fit(lines, width)
      assert.equal("my-container-service", lines[1])
      assert.match("\n *granted by\n? +my%-private%-repo$", "\n" .. table.concat(lines, "\n"))
      lines = shown(width, { "doctor" }, emulator.environment)
      assert_fit(lines, width)
      local text = table.concat(lines, "\n")
      for _, word in ipairs { "credentials", "permissions", "environment", "retries" } do
        assert.truthy(text:find(word, 1, true), word .. " is not in " .. text)
      end
    end
  end)
end)
