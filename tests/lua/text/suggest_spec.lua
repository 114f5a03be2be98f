local suggest = require "lanyard.text.suggest"

local COMMANDS = { "grant", "revoke", "status", "export", "high" }

describe("a suggestion", function()
  for word, expected in pairs { grnt = "grant", GRANT = "grant", revok = "revoke", statsu = "status", exprt = "export", exp = "export", hgih = "high",
    gratn = "grant" } do
    it(("for '%s' is '%s'"):format(word, expected), function()
      assert.equal(expected, suggest(word, COMMANDS))
    end)
  end

  it("does not exist if no word is near", function()
    assert.is_nil(suggest("deploy", { "grant", "wait" }))
    assert.is_nil(suggest("x", COMMANDS))
    assert.is_nil(suggest("ex", COMMANDS))
    assert.is_nil(suggest("pol", { "policy-text", "policy-file" }))
    assert.is_nil(suggest("grant", {}))
  end)
end)
