local jmespath = require "lanyard.text.jmespath"
local json = require "lanyard.json"

local ACCOUNT = json.decode [=[{
  "services": [
    {"name": "web", "state": "ACTIVE", "scale": 2, "ports": {"80": "HTTP", "22": "TCP"}, "tags": []},
    {"name": "api", "state": "DISABLED", "scale": 10, "ports": {}, "tags": [{"key": "team", "value": "blue"}]},
    {"name": "jobs", "state": "ACTIVE", "scale": 2.5, "tags": [{"key": "team", "value": null}], "public": false}
  ],
  "created": "2026-11-28T15:00:00Z", "region": null, "nested": [[1, [2]], [3], 4, []],
  "words": ["b", "é", "a", "가나"], "with \"quotes\"": 7, "empty": {}
}]=]

-- Returns the result as JSON, or the kind of the error.
local function search(expression, value)
  local query, err = jmespath.compile(expression)
  if not query then
    return err.kind
  end
  local result, failed = query:search(value == nil and ACCOUNT or value)
  return failed and failed.kind or json.encode(result)
end

local function check(rows)
  for _, row in ipairs(rows) do
    assert.equal(row[2], search(row[1]), row[1])
  end
end

local function message(expression)
  local query, err = jmespath.compile(expression)
  err = err or select(2, query:search(ACCOUNT))
  return ("%d: %s"):format(err.position, err.message)
end

describe("a JMESPath query", function()
  it("selects members and elements", function()
    check {
      { "created", '"2026-11-28T15:00:00Z"' },
      { '"created"', '"2026-11-28T15:00:00Z"' },
      { '"with \\"quotes\\""', "7" },
      { "services[1].name", '"api"' },
      { "services[-1].name", '"jobs"' },
      { "services[3]", "null" },
      { "services[-4]", "null" },
      { "services[99999999999999999999]", "null" },
      { "services[0].ports.\"80\"", '"HTTP"' },
      { "region.name.deeper", "null" },
      { "created.name", "null" },
      { "created[0]", "null" },
      { "services.name", "null" },
      { "services [ 0 ] .\n\tname", '"web"' },
      { "@.created | @", '"2026-11-28T15:00:00Z"' },
    }
  end)

  it("keeps false, empty lists and empty objects, and drops null from projections", function()
    check {
      { "services[2].public", "false" },
      { "services[].public", "[false]" },
      { "services[*].ports", '[{"22":"TCP","80":"HTTP"},{}]' },
      { "services[*].tags", '[[],[{"key":"team","value":"blue"}],[{"key":"team","value":null}]]' },
      { "services[*].missing", "[]" },
      { "empty", "{}" },
      { "empty.*", "[]" },
      { "services[].[public]", "[[null],[null],[false]]" },
    }
  end)

  it("projects lists, objects, slices and filters", function()
    check {
      { "services[*].name", '["web","api","jobs"]' },
      { "services[0].ports.*", '["TCP","HTTP"]' },
      { "*.name", "[]" },
      { "nested[]", "[1,[2],3,4]" },
      { "nested[][]", "[1,2,3,4]" },
      { "nested[*][0]", "[1,3]" },
      { "services[*].tags[].value", '["blue"]' },
      { "services[].tags[].value", '["blue"]' },
      { "words[1:3]", '["é","a"]' },
      { "words[::-1]", '["가나","a","é","b"]' },
      { "words[:-2]", '["b","é"]' },
      { "words[-2:]", '["a","가나"]' },
      { "words[10:]", "[]" },
      { "words[2:0:-1]", '["a","é"]' },
      { "created[0:2]", "null" },
      { "services[0:2].name", '["web","api"]' },
      { "services[?state=='ACTIVE'].name", '["web","jobs"]' },
      { "services[?scale > `2`].name", '["api","jobs"]' },
      { "services[?!public].name | [0]", '"web"' },
      { "services[?tags[?value=='blue']].name", '["api"]' },
      { "services[?state==`ACTIVE`] | length(@)", "2" },
      { "services[*].name | [0]", '"web"' },
      { "(services[*].name)[0]", '"web"' },
      { "[0][1:]", "null" },
      { "nested[0][0:].[@]", "[[1],[[2]]]" },
    }
  end)

  it("makes lists and objects", function()
    check {
      { "[created, region]", '["2026-11-28T15:00:00Z",null]' },
      { "{c: created, \"r x\": region}", '{"c":"2026-11-28T15:00:00Z","r x":null}' },
      { "services[].{n: name, s: scale}[0]", '{"n":"web","s":2}' },
      { "services[].{n: name, s: scale} | [0]", '{"n":"web","s":2}' },
      { "region.[a]", "null" },
      { "region.{a: b}", "null" },
    }
  end)

  it("compares values, and combines conditions", function()
    check {
      { "`1` == `1.0`", "true" },
      { "`[1, {\"a\": null}]` == `[1, {\"a\": null}]`", "true" },
      { "`{\"a\": 1}` == `{\"a\": 1, \"b\": null}`", "false" },
      { "`[]` == `{}`", "false" },
      { "`0` == `false`", "false" },
      { "'1' != `1`", "true" },
      { "`1` < `2`", "true" },
      { "`1` < 'a'", "null" },
      { "created > '2026-11-01'", "true" },
      { "`true` > `false`", "null" },
      { "region || created", '"2026-11-28T15:00:00Z"' },
      { "empty || 'x'", '"x"' },
      { "'' && 'x'", '""' },
      { "`0` && 'x'", '"x"' },
      { "!`0`", "false" },
      { "!empty", "true" },
      { "a || b && c", "null" },
      { "`1` == `2` || `3` == `3` && `false`", "false" },
    }
  end)

  it("reads strings and literals", function()
    check {
      { [['it\'s']], [["it's"]] },
      { [['a\\b']], [["a\\\\b"]] },
      { [["\u00e9" || 'é']], [["é"]] },
      { [[`"\u00e9"`]], [["é"]] },
      { "`a \\` b`", '"a ` b"' },
      { "` {\"a\": [true, null, -1.5e2]} `", '{"a":[true,null,-150]}' },
      { "`running`", '"running"' },
    }
  end)

  it("calls functions", function()
    check {
      { "abs(`-3`)", "3" }, { "abs(`-9223372036854775808`)", "9.223372036854776e+18" },
      { "avg(services[].scale)", "4.833333333333333" }, { "avg(`[]`)", "null" },
      { "ceil(`1.2`)", "2" }, { "floor(`-1.2`)", "-2" },
      { "contains(words, 'a')", "true" }, { "contains(nested, `[3]`)", "true" }, { "contains('a.b', '.')", "true" },
      { "contains('7', `7`)", "false" },
      { "ends_with('web', 'eb')", "true" }, { "ends_with('web', '')", "true" }, { "starts_with('web', 'eb')", "false" },
      { "join(', ', words)", '"b, é, a, 가나"' }, { "join('x', `[]`)", '""' },
      { "keys(services[0].ports)", '["22","80"]' }, { "values(services[0].ports)", '["TCP","HTTP"]' },
      { "length('가나')", "2" }, { "length(words)", "4" }, { "length(@)", "7" },
      { "map(&public, services)", "[null,null,false]" },
      { "max(services[].scale)", "10" }, { "min(words)", '"a"' }, { "max(`[]`)", "null" },
      { "max_by(services, &scale).name", '"api"' }, { "min_by(services, &name).name", '"api"' },
      { "min_by(`[]`, &a)", "null" },
      { "merge(`{\"a\": 1, \"b\": 1}`, `{\"b\": 2}`)", '{"a":1,"b":2}' },
      { "not_null(region, empty, created)", "{}" }, { "not_null(region)", "null" },
      { "reverse(words)", '["가나","a","é","b"]' }, { "reverse('가나é')", '"é나가"' },
      { "sort(words)", '["a","b","é","가나"]' }, { "sort(`[3, 1.5, 2]`)", "[1.5,2,3]" },
      { "sort_by(services, &name)[].name", '["api","jobs","web"]' },
      { "sort_by(services, &state)[].name", '["web","jobs","api"]' },
      { "sum(services[].scale)", "14.5" }, { "sum(`[]`)", "0" },
      { "sum(`[9223372036854775807, 1]`)", "9.223372036854776e+18" },
      { "to_array(`1`)", "[1]" }, { "to_array(words) | length(@)", "4" },
      { "to_string(services[0].tags)", '"[]"' }, { "to_string('x')", '"x"' }, { "to_string(`{\"b\": 1.0, \"a\": null}`)",
        '"{\\"a\\":null,\\"b\\":1}"' },
      { "to_number('1e3')", "1000" }, { "to_number(' 1')", "null" }, { "to_number('0x10')", "null" },
      { "to_number('01')", "null" }, { "to_number('-0.5')", "-0.5" }, { "to_number(`true`)", "null" },
      { "to_number('1e999')", "null" },
      { "type(region)", '"null"' }, { "type(empty)", '"object"' }, { "type(nested[3])", '"array"' },
      { "services[].length(name)", "[3,3,4]" },
      { "services[?contains(name, 'b')].name", '["web","jobs"]' },
    }
  end)

  it("treats marked and unmarked tables of Lua as lanyard.json encodes them", function()
    assert.equal("[]", search("a[*].b", { a = json.array {} }))
    assert.equal("null", search("a[*].b", { a = {} }))
    assert.equal("[1]", search("a[].b", { a = { { b = 1 } } }))
    assert.equal("null", search("n", { n = json.null }))
    assert.equal("1", search("length(@)", "\xff")) -- not UTF-8: bytes
  end)
end)

describe("an invalid JMESPath query", function()
  it("is a syntax error with its position in characters", function()
    for _, row in ipairs {
      { "", "1: the expression is empty" },
      { "  ", "1: the expression is empty" },
      { "a.", "3: expected a name, '*', '[' or '{' after '.', found the end of the expression" },
      { "a[0", "4: expected ']', found the end of the expression" },
      { "a[b]", "3: expected a number, ':' or '*', found 'b'" },
      { "a b", "3: unexpected 'b'" },
      { "a[?b==c", "8: expected ']', found the end of the expression" },
      { "a = b", "3: '=' is not an operator: write '=='" },
      { "'é' | #", "7: unexpected character '#'" },
      { "'abc", "1: the raw string has no closing '" },
      { "a == \"b", "6: the quoted name has no closing \"" },
      { "`[1`", "1: the literal is not JSON: expected ',' or ']', but the text ends" },
      { "\"a\"(b)", "1: the name of a function is not quoted" },
      { "length(a", "9: expected ',' or ')', found the end of the expression" },
      { "length(a,)", "10: unexpected ')'" },
      { "&a", "1: '&' is valid only before an argument of a function" },
      { "{a}", "3: expected ':', found '}'" },
      { "{'a': b}", "2: expected the name of a member, found ''a''" },
      { "[1:2:3:4]", "7: expected ']', found ':'" },
      { "a ||", "5: expected an expression, found the end of the expression" },
      { "a\xff", "2: the expression is not UTF-8" },
    } do
      assert.equal("syntax", search(row[1]), row[1])
      assert.equal(row[2], message(row[1]))
    end
  end)

  it("names an unknown function with the nearest one, and a wrong number of arguments", function()
    assert.equal("unknown-function", search "lenght(@)")
    assert.equal("1: there is no function 'lenght'; did you mean 'length'?", message "lenght(@)")
    assert.equal("invalid-arity", search "a || length()")
    assert.equal("5: length() takes 1 argument, not 2", message "a | length(a, b)")
    assert.equal("1: merge() takes at least 1 argument, not 0", message "merge()")
  end)

  it("names a type that is wrong whatever the input is, before a search", function()
    for expression, expected in pairs {
      ["sort_by(services, 'name')"] = "19: sort_by() takes an expression behind '&' here, not the value of an expression",
      ["length(&a)"] = "8: length() takes a string, an array or an object here, not an expression behind '&'",
      ["abs('x')"] = "5: abs() takes a number here, not a string",
      ["sum(length(a))"] = "5: sum() takes an array of numbers here, not a number",
      ["keys(a == b)"] = "8: keys() takes an object here, not a boolean",
    } do
      local query, err = jmespath.compile(expression)
      assert.is_nil(query, expression)
      assert.equal("invalid-type", err.kind)
      assert.equal(expected, message(expression))
    end
  end)

  it("names a type that is wrong in the input", function()
    for expression, expected in pairs {
      ["abs(created)"] = "5: abs() takes a number here, not a string",
      ["length(region)"] = "8: length() takes a string, an array or an object here, not null",
      ["join(',', services)"] = "11: join() takes an array of strings here, not an array with an object",
      ["sort(nested)"] = "6: sort() takes an array of numbers or an array of strings here, not an array with an array",
      ["max(`[1, \"a\"]`)"] = "5: max() takes an array of numbers or an array of strings here, not an array of numbers and strings",
      ["sort_by(services, &public)"] = "20: sort_by() compares numbers or strings, and this expression returns null for an element",
      ["min_by(services, &not_null(public, name))"] =
        "19: min_by() compares strings, and this expression returns a boolean for an element",
    } do
      assert.truthy(jmespath.compile(expression), expression)
      assert.equal("invalid-type", search(expression))
      assert.equal(expected, message(expression))
    end
  end)

  it("has an invalid value", function()
    assert.equal("invalid-value", search "words[::0]")
    assert.equal("6: the step of a slice cannot be 0", message "words[1:2:0]")
    assert.equal("invalid-value", search "sum(`[1e308, 1e308]`)")
  end)
end)

describe("a JMESPath query beyond the limits", function()
  it("is nested too deep, in every way that expressions nest", function()
    for _, expression in ipairs {
      ("("):rep(5000) .. "a" .. (")"):rep(5000), ("["):rep(5000) .. "a" .. ("]"):rep(5000), "a" .. (".a"):rep(5000),
      "a" .. ("[0]"):rep(5000), "a" .. (" || a"):rep(5000), ("!"):rep(5000) .. "a", ("not_null("):rep(5000) .. "a" .. (")"):rep(5000),
      "a" .. ("[]"):rep(5000), ("*."):rep(5000) .. "a", ("{a: "):rep(5000) .. "a" .. ("}"):rep(5000),
      ("[?"):rep(5000) .. "a" .. ("]"):rep(5000), "a" .. (" | a"):rep(5000), "a" .. (" == a"):rep(5000),
      ("map(&"):rep(5000) .. "a" .. (", a)"):rep(5000), "a" .. ("[:]"):rep(5000),
    } do
      local query, err = jmespath.compile(expression)
      assert.is_nil(query, expression:sub(1, 20))
      assert.equal("limit", err.kind)
      assert.equal("the expression is nested deeper than 1000 levels", err.message)
    end
    assert.equal("null", search("a" .. (".a"):rep(990)))
    assert.equal("null", search(("("):rep(990) .. "a" .. (")"):rep(990)))
  end)

  it("is too long", function()
    assert.equal("limit", search((" "):rep(300000) .. "a"))
    local many = ("a,"):rep(120000)
    assert.equal("1", search(("not_null(%s`1`)"):format(many)))
    assert.equal("120001", search(("length([%s`1`])"):format(many)))
  end)

  it("asks for more than a search may make", function()
    local doubled = ("| [@, @]"):rep(60)
    for _, expression in ipairs {
      "`[1]` " .. ("| [@, @][]"):rep(60), "'x' " .. ("| join('', [@, @])"):rep(60), "`[1]` " .. doubled,
      "`[1]` " .. doubled .. " | to_string(@)", "[`[1]` " .. doubled .. ", `[1]` " .. doubled .. "] | [0] == [1]",
      "`[1]` " .. ("| merge({a: @, b: @})"):rep(60),
    } do
      local query = assert(jmespath.compile(expression))
      local result, err = query:search({}, 100000)
      assert.is_nil(result)
      assert.equal("limit", err.kind)
      assert.equal("the query takes too many steps", err.message)
    end
  end)

  it("makes a result that is too deep for JSON", function()
    assert.equal("limit", search("`1` " .. ("| [@]"):rep(100)))
    assert.equal("limit", search("`1` " .. ("| [@]"):rep(100) .. " | to_string(@)"))
    assert.equal("limit", search(("[%s, %s] | [0] == [1]"):format("`1` " .. ("| [@]"):rep(100), "`1` " .. ("| [@]"):rep(100))))
  end)
end)
