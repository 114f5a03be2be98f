-- Files other than Lua code: embedded in the binary, and next to the modules for stock lua5.4.

local assets = require "lanyard.assets"
local helper = require "helper"

local function files()
  local list = {}
  for name in helper.run { "find", "lua/lanyard", "-name", "*.css", "-o", "-name", "*.js", "-o", "-name", "*.sql", "-o",
    "-name", "*.txt", "-o", "-path", "*/rules/prelude.lua" }.out:gmatch "lua/(%S+)" do
    list[#list + 1] = name
  end
  assert(#list >= 6)
  return list
end

describe("assets", function()
  it("are read by stock lua5.4 from the folder of the modules, whatever the current directory is", function()
    for _, name in ipairs(files()) do
      assert.equal(helper.read("lua/" .. name), assets.read(name))
    end
    local folder <close> = helper.folder()
    local root = helper.run "pwd".out:match "%S+"
    local result = helper.run({ "sh", "-c", ([[
      cd %s; mkdir -p lanyard/report; echo wrong >lanyard/report/page.css
      exec lua5.4 -e 'io.write(require("lanyard.assets").read "lanyard/report/page.css")']]):format(folder) },
      { LUA_PATH = root .. "/lua/?.lua;./?.lua" })
    assert.equal(helper.read "lua/lanyard/report/page.css", result.out)
  end)

  it("are in the binary, byte for byte", function()
    for _, name in ipairs(files()) do
      local result = helper.run { helper.lanyard, "-e", ("io.write(require('lanyard.assets').read '%s')"):format(name) }
      assert.equal(helper.read("lua/" .. name), result.out)
    end
  end)

  it("raise an error that names the missing file", function()
    assert.has_error(function() assets.read "lanyard/none.css" end,
      "asset 'lanyard/none.css' is missing: reinstall lanyard")
    local result = helper.run { helper.lanyard, "-e", "require('lanyard.assets').read 'lanyard/none.css'" }
    assert.match("the binary has no asset 'lanyard/none.css'", result.err, 1, true)
    assert.equal(1, result.status)
  end)
end)
