local statements = require "lanyard.policy.statements"

describe("a statement", function()
  it("is labelled by its Sid, or by its number", function()
    assert.equal("AllowPull", statements.label { index = 3, sid = "AllowPull" })
    assert.equal("#3", statements.label { index = 3 })
  end)

  it("has a number, and its Sid in parentheses", function()
    assert.equal("statement 3 (AllowPull)", statements.numbered { index = 3, sid = "AllowPull" })
    assert.equal("statement 3", statements.numbered { index = 3 })
  end)
end)
