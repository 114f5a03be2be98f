local types = require "lanyard.documentation.types"

describe("a type expression", function()
  it("ends where the text after it begins", function()
    for text, expected in pairs {
      ["string[]  names"] = { "string[]", "names" },
      ["string names"] = { "string", "names" },
      ["{ name?: string, size: integer }[]?  rows"] = { "{ name?: string, size: integer }[]?", "rows" },
      ["fun(a: string, b?: fun(): x): c?, lanyard.Error?"] = { "fun(a: string, b?: fun(): x): c?, lanyard.Error?", "" },
      ["fun(a: b): c  text, and more"] = { "fun(a: b): c", "text, and more" },
      ["fun()  called"] = { "fun()", "called" },
      ['"a"|"b c" | nil decision'] = { '"a"|"b c" | nil', "decision" },
      ["(string|policy.Document)[][]  levels"] = { "(string|policy.Document)[][]", "levels" },
      ["table<string, string|string[]>"] = { "table<string, string|string[]>", "" },
      ["..."] = { "...", "" },
    } do
      assert.same(expected, { types.scan(text) }, text)
    end
  end)

  it("is not anything else", function()
    for _, text in ipairs { "", "=", "  ", "-- text" } do
      assert.is_nil((types.scan(text)), text)
    end
  end)

  it("of a function has parameters and results", function()
    local params, returns = types.fun "fun(a: string, b?: table<string, x>, ...): c?, err: lanyard.Error?"
    assert.same({
      { name = "a", type = "string", optional = false }, { name = "b", type = "table<string, x>", optional = true },
      { name = "...", type = "any", optional = false },
    }, params)
    assert.same({ "c?", "lanyard.Error?" }, returns)
    assert.is_nil((types.fun "string"))
    assert.is_nil((types.fun "fun(a: string)?"))
  end)

  it("names classes, but neither members, parameters, literals nor built-in types", function()
    assert.same({ "policy.Document", "x.Y" },
      types.names 'fun(doc: policy.Document, kind: "policy.Other"): table<string, { size?: x.Y }>, policy.Document?')
    assert.same({}, types.names 'string|integer|"a.b"|fun(): nil')
  end)
end)
