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

describe("a document", function()
  local policy = require "lanyard.policy"

  local function with_version(version)
    return assert(policy.parse(('{%s"Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*","Condition":{'
      .. '"StringEquals":{"aws:userid":["a","${aws:username}"],"aws:username":"a$"}}}]}'):format(version)))
  end

  it("has policy variables from Version 2012-10-17 on", function()
    for version, has in pairs { ['"Version":"2012-10-17",'] = true, ['"Version":"2008-10-17",'] = false, [""] = false } do
      local doc, literal = with_version(version), {}
      assert.equal(has, statements.has_variables(doc))
      for _, condition in ipairs(doc:statements()[1].conditions) do
        literal[condition.key] = condition.literal
      end
      assert.same({ ["aws:userid"] = not has or nil }, literal)
    end
  end)

  it("has a Version, unless it lacks one that is a text", function()
    assert.equal("2008-10-17", statements.version(with_version '"Version":"2008-10-17",'))
    assert.equal("x", statements.version(with_version '"Id":"y","Version":"x",'))
    assert.is_nil(statements.version(with_version '"Version":2012,'))
    assert.is_nil(statements.version(with_version ""))
  end)

  it("has statements at the same place alone and in the list, also after an edit", function()
    local doc = assert(policy.parse "\u{FEFF}{\"Statement\":[\r\n{\"Sid\":\"\u{E9}\"},\r {\"Sid\":\"b\"},\n\n{}]}")
    local function places(one)
      return { one.line, one.column, one.first, one.last, one.text }
    end
    for _ = 1, 2 do
      for i, one in ipairs(doc:statements()) do
        assert.same(places(one), places(doc:statement(i)))
      end
      assert.equal(5, doc:statement(3).line)
      doc:set { index = 1, element = "Sid", value = "longer" }
    end
    assert.equal("longer", doc:statement(1).sid)
    assert.same({ 3, 2 }, { doc:statement(2).line, doc:statement(2).column })
  end)
end)
