local models = require "lanyard.aws.models"
local services = require "lanyard.aws.services"
local shapes = require "lanyard.aws.shapes"

local STRUCTURES = shapes.parse [[
  Tag key:string! value:string
  Thing name:string! tags:Tag[] size:integer made:time on:boolean labels:string{}
]]
local MEMBERS = shapes.members("things:Thing[]! owner:Thing token:string more:list name:echo", STRUCTURES)

local function check(output, context)
  return shapes.check(MEMBERS, output, context or {})
end

describe("the check of a reply", function()
  it("accepts what is described, and members that are not", function()
    local output = { things = { { name = "a", tags = { { key = "k" } }, size = 3.0, made = 1.5, on = false, new = {} } } }
    assert.is_nil(check(output))
    assert.same({}, output.more)
  end)

  it("makes a whole number an integer, so that it is printed without a decimal point", function()
    local output = { things = { { name = "a", size = 3.0, made = 2.0 }, { name = "b", size = 9007199254740993 } } }
    assert.is_nil(check(output))
    assert.equal("3 9007199254740993 2.0", ("%s %s %s"):format(output.things[1].size, output.things[2].size, output.things[1].made))
  end)

  it("names the first value that does not fit", function()
    for expected, output in pairs {
      ["things of the reply is missing"] = {},
      ["things of the reply is a boolean; a list was expected"] = { things = true },
      ["things[1] of the reply is a string; a structure was expected"] = { things = { { name = "a" }, "b" } },
      ["things[0].name of the reply is missing"] = { things = { {} } },
      ["things[0].tags[0].key of the reply is a number; a string was expected"] =
        { things = { { name = "a", tags = { { key = 1 } } } } },
      ["things[0].size of the reply is a number; a whole number was expected"] = { things = { { name = "a", size = 1.5 } } },
      ["things[0].made of the reply is a number; a time was expected"] = { things = { { name = "a", made = -1 } } },
      ["things[0].on of the reply is a string; true or false was expected"] = { things = { { name = "a", on = "no" } } },
      ["things[0].labels of the reply is a list; a map was expected"] = { things = { { name = "a", labels = { "x" } } } },
      ["owner of the reply is a list; a structure was expected"] = { things = {}, owner = { { name = "a" } } },
    } do
      assert.equal(expected, check(output))
    end
  end)

  it("compares a member with the request", function()
    assert.is_nil(check({ things = {}, name = "a" }, { input = { name = "a" } }))
    assert.equal("name of the reply is 'b'; 'a' was requested", check({ things = {}, name = "b" }, { input = { name = "a" } }))
  end)

  it("reads the texts of XML as numbers, and an empty text as an empty list", function()
    local output = { things = { { name = "a", tags = "\n", size = "3", on = "true", made = "2026-01-31T12:00:00Z" } } }
    assert.is_nil(check(output, { xml = true }))
    assert.same({}, output.things[1].tags)
    assert.is_string(check({ things = { { name = "a", size = "three" } } }, { xml = true }))
  end)

  it("reads lists in XML whose items are not called member", function()
    local xml = require "lanyard.text.xml"
    local function read(text)
      local output = xml.value(assert(xml.parse("<R><things>" .. text .. "</things></R>")))
      return check(output, { xml = true }) or output.things
    end
    local a, b = "<thing><name>a</name></thing>", "<thing><name>b</name><tags><Tag><key>k</key></Tag></tags></thing>"
    assert.same({ { name = "a" }, { name = "b", tags = { { key = "k" } } } }, read(a .. b))
    assert.same({ { name = "a" } }, read(a))
    assert.same({ { name = "a" } }, read "<member><name>a</name></member>")
    assert.equal("things of the reply is a structure; a list was expected", read(a .. "<other/>"))
  end)

  it("rejects a description with an unknown type", function()
    local ok, message = pcall(shapes.members, "a:Nothing[]", {})
    assert.is_false(ok)
    assert.equal("the type 'Nothing' is not described", message)
  end)

  it("parses the descriptions of all bundled services", function()
    for _, model in ipairs(models) do
      assert.equal(model.name, services.get(model.name).name)
    end
  end)
end)
