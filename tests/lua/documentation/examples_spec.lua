-- Each example in the documentation of the modules runs, and prints what it shows.

local documented = require "documented"
local helper = require "helper"
local index = require "lanyard.model.index"

describe("the examples of the documentation", function()
  local examples = documented.examples((documented.read()))

  it("are not a few", function()
    assert.is_true(#examples > 50, #examples .. " examples")
  end)

  for _, example in ipairs(examples) do
    local place = ("%s:%d"):format(example.file, example.line)
    it("run, and print what they show: " .. place, function()
      local folder <close> = helper.folder()
      local script = folder .. "/example.lua"
      if example.module == "rules" then
        helper.write(script, example.code)
        local result = helper.run { helper.lanyard, "rules", "test", script }
        return assert.equal(0, result.status, ("%s: %s%s"):format(place, result.err, result.out))
      end
      if example.code:find("-- from AWS's models", 1, true) and not index.services() then
        return pending "this lanyard was built without models"
      end
      helper.write(script, example.code .. "\n")
      local words = { helper.lanyard, "--emulator", script }
      for word in example.arguments:gmatch "%S+" do
        words[#words + 1] = word
      end
      local result = helper.run(words,
        { HOME = folder.path, XDG_STATE_HOME = folder .. "/state", AWS_REGION = "us-east-1" })
      assert.equal(0, result.status, ("%s: %s%s"):format(place, result.err, result.out))
      local shown = documented.shown(example.code)
      if shown then
        assert.equal(shown, (result.out:gsub("[ \t]+\n", "\n")), place)
      end
    end)
  end
end)
