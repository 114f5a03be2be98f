local json = require "lanyard.json"
local tabbed = require "lanyard.text.tabbed"

local function encode(text)
  return tabbed.encode(json.decode(text))
end

describe("a value as text", function()
  it("is a scalar on a line, as the AWS CLI writes it", function()
    for text, expected in pairs {
      ['"web"'] = "web\n", ['""'] = "\n", ["null"] = "None\n", ["true"] = "True\n", ["false"] = "False\n", ["1.5"] = "1.5\n",
      ["7"] = "7\n", ['"a\\nb"'] = "a\nb\n",
    } do
      assert.equal(expected, encode(text))
    end
  end)

  it("is a row of scalars, and nothing for what is empty", function()
    assert.equal("a\t1\tNone\tTrue\n", encode '["a", 1, null, true]')
    assert.equal("", encode "[]")
    assert.equal("", encode "{}")
    assert.equal("1\t2\n", encode '{"b": 2, "a": 1}')
  end)

  it("has lists and objects on rows of their own, which begin with their names", function()
    assert.equal("web\nPORTS\t80\nPORTS\t443\nTAG\tblue\nTAGS\ta\t1\nTAGS\tb\t2\n", encode [[{"name": "web", "ports": [80, 443],
      "tag": {"team": "blue"}, "tags": [{"key": "a", "value": 1}, {"key": "b", "value": 2}], "empty": [], "none": {}}]])
    assert.equal("A\t1\nB\t2\nB\t3\n", encode '{"a": [1], "b": [[2], [3]]}')
    assert.equal("1\n2\t3\n", encode "[1, [2, 3]]")
    assert.equal("1\t2\n3\t4\n", encode "[[1, 2], [3, 4]]")
  end)

  it("has the same columns for all objects of a list", function()
    assert.equal("1\t\t3\n\t2\t\n", encode '[{"a": 1, "c": 3}, {"b": 2}]')
    assert.equal("1\t2\n\t\nB\tx\nB\t\n", encode '[{"a": 1, "c": 2}, {"b": [{"x": "x"}, {"y": []}]}]')
  end)

  it("prints control characters as escapes, so that a name is not another row", function()
    assert.equal("a\\x0ab\tc\\x09d\t\\x1b[31m\n", encode '["a\\nb", "c\\td", "\\u001b[31m"]')
    assert.equal("A\\x0aB\t1\n", encode '{"a\\nb": [1]}')
  end)
end)
