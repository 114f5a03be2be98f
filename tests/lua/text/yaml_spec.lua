local json = require "lanyard.json"
local yaml = require "lanyard.text.yaml"

local function encode(text)
  return yaml.encode(json.decode(text))
end

describe("a value as YAML", function()
  it("is a block, with sorted names", function()
    assert.equal([[
empty: []
items:
- 1
- - 2
  - - 3
- name: web
  ports:
  - 80
- {}
"n": null
name: web
object:
  none: {}
  "true": true
]], encode [=[{"name": "web", "items": [1, [2, [3]], {"name": "web", "ports": [80]}, {}], "n": null, "empty": [],
      "object": {"none": {}, "true": true}}]=])
    assert.equal("- a\n- b\n", encode '["a", "b"]')
    assert.equal("- - a\n- b: 1\n  c: 2\n", encode '[["a"], {"b": 1, "c": 2}]')
  end)

  it("can be a scalar or empty", function()
    for text, expected in pairs {
      ["null"] = "null\n", ["false"] = "false\n", ["7"] = "7\n", ['"web"'] = "web\n", ['""'] = '""\n', ["[]"] = "[]\n",
      ["{}"] = "{}\n", ['"a\\nb"'] = "|-\n  a\n  b\n",
    } do
      assert.equal(expected, encode(text))
    end
  end)

  it("quotes a string that a parser reads as something else", function()
    for _, text in ipairs {
      "yes", "No", "ON", "off", "y", "N", "true", "False", "null", "Null", "~", "", " ", "1", "-1", "1.5", "1e3", "0x10", "0o7", "1_000",
      "1:30", ".5", ".inf", "-.INF", ".nan", "2026-11-28", "2026-11-28T15:00:00Z", "=", "<<", "- a", "-", "? a", "a: b", "a:", "a #b",
      "#a", "&a", "*a", "!a", "%a", "@a", "`a", "{a", "[a", "]", "}", ",", "a\tb", " a", "a ", "|", ">", "'a'", "\"a\"", "---", "...",
      "+1", "a\rb", "é",
    } do
      assert.equal(json.encode(text) .. "\n", yaml.encode(text))
    end
    for _, text in ipairs { "web", "arn:aws:iam::111122223333:role/a b", "a - b", "team/web", "ecr:*", "A.b_c(d)", "/path", "none" } do
      assert.equal(text .. "\n", yaml.encode(text))
    end
  end)

  it("has a point in a number with an exponent", function()
    assert.equal("- 1.0e+20\n- 1.5e-07\n- -2.0e-10\n- 0.25\n- 9223372036854775807\n",
      encode "[1e20, 1.5e-7, -2e-10, 0.25, 9223372036854775807]")
    assert.equal("- 1.0\n- 1\n", encode "[1.0, 1]")
  end)

  it("has a block for a text of several lines, unless that would change it", function()
    assert.equal("t: |\n  a\n    b: #\n\n  c\n", yaml.encode { t = "a\n  b: #\n\nc\n" })
    assert.equal("t:\n- |-\n  a\n  b\n", yaml.encode { t = json.array { "a\nb" } })
    for _, text in ipairs { "a\n\n", "\na", " a\nb", "a\tb\nc", "a\r\nb", "a\27\nb", "\n" } do
      assert.equal("t: " .. json.encode(text) .. "\n", yaml.encode { t = text })
    end
    assert.equal('"a\\nb": 1\n', yaml.encode { ["a\nb"] = 1 })
  end)

  it("escapes what is not printable", function()
    assert.equal([["\u001b[31m \u009b\u200b\u2028\ufeff\ufffe \U000e0001\U0001fffe é 😀"]] .. "\n",
      yaml.encode "\27[31m \u{9b}\u{200b}\u{2028}\u{feff}\u{fffe} \u{e0001}\u{1fffe} é 😀")
    assert.equal([["\u007f"]] .. "\n", yaml.encode "\127")
  end)

  it("has the form for long names", function()
    local name = ("n"):rep(1100)
    assert.equal(("? %s\n: - 1\n"):format(name):gsub(": %- 1", ":\n- 1"), (yaml.encode { [name] = json.array { 1 } }))
  end)

  it("has no bytes that are not UTF-8, as in JSON", function()
    assert.error_matches(function() yaml.encode { a = "\xff" } end, "a string that is not UTF%-8 cannot be encoded as JSON")
    assert.error_matches(function() yaml.encode { ["\xff"] = 1 } end, "not UTF%-8")
  end)
end)
