local emulator = require "lanyard.emulator"
local helper = require "helper"
local state_file = require "lanyard.emulator.state_file"

describe("a state file", function()
  it("is loaded as it was saved", function()
    local folder <close> = helper.folder()
    local world = assert(emulator.world {})
    assert(state_file.save(folder .. "/state.json", world.state))
    local loaded = assert(state_file.load(folder .. "/state.json"))
    assert.equal(world.state.regions["us-east-1"].repositories["shared-repo"].policy.text,
      loaded.regions["us-east-1"].repositories["shared-repo"].policy.text)
  end)

  it("that does not exist is not an error", function()
    local folder <close> = helper.folder()
    local state, err = state_file.load(folder .. "/state.json")
    assert.is_nil(state)
    assert.is_nil(err)
  end)

  it("is rejected when it is not JSON, or not a state of this version", function()
    local folder <close> = helper.folder()
    for text, message in pairs { ["{"] = "state%.json: line 1", ["7"] = "is not a state file",
      ['{"version":1,"regions":{}}'] = "is not a state file", ['{"version":2}'] = "is not a state file" } do
      helper.write(folder .. "/state.json", text)
      local state, err = state_file.load(folder .. "/state.json")
      assert.is_nil(state)
      assert.equal("InvalidState", err.code)
      assert.matches(message, err.message)
    end
  end)
end)
