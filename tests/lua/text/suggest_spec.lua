local suggest = require "lanyard.text.suggest"

local COMMANDS = { "grant", "revoke", "status", "export" }

describe("a suggestion", function()
  for word, expected in pairs { grnt = "grant", GRANT = "grant", revok = "revoke", statsu = "status", exprt = "export" } do
    it(("for '%s' is '%s'"):format(word, expected), function()
      assert.equal(expected, suggest(word, COMMANDS))
    end)
  end

  it("does not exist if no word is near", function()
    assert.is_nil(suggest("deploy", { "grant", "wait" }))
    assert.is_nil(suggest("x", COMMANDS))
    assert.is_nil(suggest("grant", {}))
  end)
end)
