local helper = require "helper"
local history = require "lanyard.repl.history"

describe("the history", function()
  it("records each line once, in order, and entries of several lines", function()
    local folder <close> = helper.folder()
    local path = folder .. "/deep/history"
    local lines = history.open(path)
    for _, line in ipairs { "a", "a", "b\\n\nc", "a", "", "  " } do lines:add(line) end
    assert.same({ "a", "b\\n\nc", "a" }, { table.unpack(history.open(path)) })
  end)

  for name, line in pairs {
    ["that begin with a blank"] = " x = 1",
    ["with a password"] = "password = 'hunter22'",
    ["with a secret key"] = "aws.session { secret_access_key = 'wJalrXUtnFEMIK7MDENG' }",
    ["with an access key id"] = "id = 'AKIAIOSFODNN7EXAMPLE'",
    ["with a bearer token"] = "headers = { Authorization = 'Bearer abcdefghijklmnop' }",
  } do
    it("leaves out lines " .. name, function()
      assert.is_false(history.open():accepts(line))
    end)
  end

  it("keeps the last 1000 lines", function()
    local folder <close> = helper.folder()
    local path = folder .. "/history"
    local text = {}
    for i = 1, 1500 do text[i] = "line" .. i end
    helper.write(path, table.concat(text, "\n") .. "\n")
    assert.equal(1000, #history.open(path))
    local again = history.open(path)
    assert.same({ "line501", "line1500" }, { again[1], again[#again] })
    assert.not_matches("line500\n", helper.read(path))
  end)

  it("works without a file", function()
    for _, path in ipairs { "/proc/nothing/history", "/dev/null" } do
      local lines = history.open(path)
      lines:add "a"
      assert.equal("a", lines[1])
    end
  end)
end)
