local capture = require "lanyard.runbook.capture"
local exit = require "lanyard.cli.exit"
local process = require "lanyard.process"

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

  it("receives the output of os.execute, which returns as always and has no stdin", function()
    local parts, results = {}, {}
    do
      local _ <close> = capture.start(function(text) parts[#parts + 1] = text end)
      results[1] = { os.execute "echo out; echo err >&2; cat" }
      results[2] = { os.execute "exit 3" }
      results[3] = { os.execute "kill -KILL $$" }
      results[4] = { os.execute() }
    end
    assert.equal("out\nerr\n", table.concat(parts))
    assert.same({ { true, "exit", 0 }, { nil, "exit", 3 }, { nil, "signal", 9 }, { true } }, results)
  end)

  it("receives what commands of io.popen print beside their result, before what is printed next", function()
    local parts, read, kind = {}
    do
      local _ <close> = capture.start(function(text) parts[#parts + 1] = text end)
      local reader = io.popen "echo read; echo one >&2"
      read, kind = reader:read "a", io.type(reader)
      assert.is_true(reader:close())
      print "two"
      local writer = io.popen("cat; echo four >&2", "w")
      writer:write "three\n"
      writer:close()
      assert.has_error(function() io.popen("true", "x") end)
    end
    assert.same({ "read\n", "file" }, { read, kind })
    assert.equal("one\ntwo\nthree\nfour\n", table.concat(parts))
  end)

  it("receives the standard error of commands that would inherit it", function()
    local parts, own, result = {}, {}
    do
      local _ <close> = capture.start(function(text) parts[#parts + 1] = text end)
      result = process.run { words = { "sh", "-c", "echo own; echo err >&2" }, output = function(text) own[#own + 1] = text end }
    end
    assert.equal("err\n", table.concat(parts))
    assert.equal("own\n", table.concat(own))
    assert.is_nil(result.errors)
    assert.is_nil(process.diagnostics)
  end)

  it("restores the globals when it is closed, also after an error", function()
    local before = { io.stdout, io.stderr, io.write, io.popen, print, os.exit, os.execute }
    assert.has_error(function()
      local _ <close> = capture.start(error)
      error("broken", 0)
    end, "broken")
    assert.same(before, { io.stdout, io.stderr, io.write, io.popen, print, os.exit, os.execute })
  end)
end)
