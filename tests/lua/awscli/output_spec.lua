local catalogue = require "awscli_catalogue"
local drawn = require "lanyard.awscli.table"
local json = require "lanyard.json"
local ordered = require "lanyard.awscli.ordered"
local present = require "lanyard.awscli.present"
local skeleton = require "lanyard.awscli.skeleton"

local shop = catalogue.load "shop"
local thing = shop:operation "CreateThing"

describe("the output of lanyard aws", function()
  it("has times and bytes as text, and members in the order of the model", function()
    local value = present(thing.output, {
      Count = 5, ThingName = "x", CreatedAt = 1700000000, Zip = "\1\255", Weight = 1 / 0, Labels = { b = "2", a = "1" },
      Tags = json.array { { Value = "v", Key = "k", Data = "hi" } },
    })
    assert.equal([[{
    "ThingName": "x",
    "CreatedAt": "2023-11-14T22:13:20+00:00",
    "Zip": "Af8=",
    "Tags": [
        {
            "Key": "k",
            "Value": "v",
            "Data": "aGk="
        }
    ],
    "Count": 5,
    "Weight": "Infinity",
    "Labels": {
        "a": "1",
        "b": "2"
    }
}]], ordered.encode(value))
  end)

  it("shows fractions of seconds as microseconds", function()
    assert.equal("2023-11-14T22:13:20.250000+00:00", present(thing.output, { CreatedAt = 1700000000.25 }).CreatedAt)
    assert.equal("1969-12-31T23:59:59.500000+00:00", present(thing.output, { CreatedAt = -0.5 }).CreatedAt)
    assert.equal("2023-11-14T22:13:21+00:00", present(thing.output, { CreatedAt = 1700000000.99999999 }).CreatedAt)
  end)

  it("keeps what the model does not describe", function()
    local value = present(thing.output, { New = { a = json.array {}, b = json.null }, ThingName = "x", Raw = "\255" })
    assert.equal('{"New":{"a":[],"b":null},"Raw":"/w==","ThingName":"x"}', json.encode(value))
    assert.equal('{\n    "ThingName": "x",\n    "New": {\n        "a": [],\n        "b": null\n    },\n    "Raw": "/w=="\n}',
      ordered.encode(value))
  end)

  it("has samples of inputs and outputs", function()
    assert.equal('{"Inner":{},"Name":""}', json.encode(skeleton.input(thing.input.by_name.Tree)))
    local input = skeleton.input(thing.input)
    assert.equal('[{"Data":null,"Key":"","Ports":[0],"Value":""}]', json.encode(input.Tags))
    assert.equal('{"KeyName":""} 0 0.0 true large 1970-01-01T00:00:00', ("%s %s %s %s %s %s"):format(json.encode(input.Labels),
      input.Count, input.Weight, tostring(input.Public), input.Kind, input.Since))
    assert.equal("ThingName Key", skeleton.output(thing.output).ThingName .. " " .. skeleton.output(thing.output).Tags[1].Key)
    assert.same({}, skeleton.input(nil))
  end)
end)

-- The AWS CLI 1.45 prints the expected texts in a pipe.
describe("a table of lanyard aws", function()
  it("has sections for objects and lists", function()
    assert.equal([[
---------------------
|    ListThings     |
+--------+----------+
|  Count |  Name    |
+--------+----------+
|  2     |  things  |
+--------+----------+
||      Tags       ||
|+------+----------+|
||  Key |  Value   ||
|+------+----------+|
||  a   |  one     ||
||  b   |  None    ||
|+------+----------+|
||      Zones      ||
|+-----------------+|
||  x              ||
||  y              ||
|+-----------------+|
]], drawn("ListThings", json.decode [[{"Name":"things","Count":2,"Tags":[{"Key":"a","Value":"one"},{"Key":"b","Value":null}],
      "Zones":["x","y"],"Empty":[]}]], 80))
  end)

  it("repeats a section whose objects contain others, and shows false", function()
    assert.equal([[
-------------------
|      List       |
+-----------------+
||    Things     ||
|+-----+---------+|
|| Id  |   On    ||
|+-----+---------+|
||  1  |  False  ||
|+-----+---------+|
|||     Sub     |||
||+-----+-------+||
|||  a  |  1    |||
||+-----+-------+||
||    Things     ||
|+------+--------+|
||  Id  |  On    ||
|+------+--------+|
||  2   |        ||
|+------+--------+|
]], (drawn("List", json.decode '{"Things":[{"Id":1,"On":false,"Sub":{"a":1}},{"Id":2}]}', 80)))
  end)

  it("turns sections with one row where it is too wide", function()
    local value = json.decode(('{"First":"%s","Second":"%s"}'):format(("x"):rep(30), ("y"):rep(30)))
    assert.equal(("-"):rep(70) .. "\n", drawn("T", value, 80):match "^[^\n]*\n")
    local turned = drawn("T", value, 40)
    assert.matches("\n|  First +|  x+ +|\n|  Second *|  y+ +|\n", turned)
  end)

  it("draws lists of lists and single values, and nothing for an empty value", function()
    assert.matches("\n|  a +|  b +|\n|  c +|  d +|\n", drawn("T", json.decode '[["a","b"],["c","d"]]', 80))
    assert.matches("\n|  T +|  5 +|\n", drawn("T", 5, 80))
    assert.equal("", drawn("T", {}, 80))
    assert.equal("", drawn("T", json.array {}, 80))
  end)
end)
