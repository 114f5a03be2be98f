local capture = require "lanyard.runbook.capture"
local exit = require "lanyard.cli.exit"

describe("a capture", function()
  it("receives what is written to stdout and stderr, and passes other calls to the stream", function()
    local parts = {}
    do
      local _ <close> = capture.start(function(text) parts[#parts + 1] = text end)
      print(1, nil, "x")
      io.write("a", 2)
      assert.equal(io.stdout, io.stdout:write "b":flush())
      io.stderr:write "c"
      io.stdout:setvbuf "no"
    end
    assert.equal("1\tnil\tx\na2bc", table.concat(parts))
  end)

  it("turns os.exit into an exit of the script, with its status", function()
    for status, code in pairs { [0] = true, [1] = false, [7] = 7 } do
      local _ <close> = capture.start(error)
      local ok, raised = pcall(os.exit, code)
      assert.is_false(ok)
      assert.is_true(exit.is_exit(raised))
      assert.equal(status, raised.status)
    end
  end)

  it("restores the globals when it is closed, also after an error", function()
    local before = { io.stdout, io.stderr, io.write, print, os.exit }
    assert.has_error(function()
      local _ <close> = capture.start(error)
      error("broken", 0)
    end, "broken")
    assert.same(before, { io.stdout, io.stderr, io.write, print, os.exit })
  end)
end)
