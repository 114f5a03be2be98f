local form = require "lanyard.audit.report.form"
local json = require "lanyard.json"

describe("a form", function()
  local point = form.object({ x = form.integer, label = form.optional(form.text) }, { label = "name" })
  local points = form.object({ points = form.list(point), kind = form.one_of { "a", "b" } }, { points = "places" })

  local function value(points_of, kind)
    return { points = json.array(points_of), kind = kind or "a" }
  end

  it("accepts a value that fits, and ignores unknown members", function()
    assert.is_nil(points(value { { x = 1 }, { x = 2, label = "b", other = true } }))
  end)

  it("returns the path of a wrong member and what it should be", function()
    local function fault(of)
      return table.concat({ points(of) }, " ")
    end
    assert.equal(".points[1].x should be a whole number; it is a text", fault(value { { x = 1 }, { x = "2" } }))
    assert.equal(".points[0].label should be a text; it is null", fault(value { { x = 1, label = json.null } }))
    assert.equal(".kind should be one of a, b", fault(value({}, "c")))
    assert.equal(".points should be a list; it is missing", fault { kind = "a" })
    assert.equal(" should be an object; it is a list", fault(json.array {}))
  end)

  it("accepts and renames the members of the earlier version when asked", function()
    local old = { places = json.array { { x = 1, name = "one" } }, kind = "b" }
    assert.is_nil(points(old, true))
    assert.same({ points = { { x = 1, label = "one" } }, kind = "b" }, old)
    assert.equal(".places[0].name", (points({ places = json.array { { x = 1, name = 2 } }, kind = "b" }, true)))
    assert.equal(".points", (points { places = json.array {}, kind = "b" }))
  end)

  it("rejects times that do not exist", function()
    assert.is_nil(form.timestamp "2026-11-25T01:00:00Z")
    for _, text in ipairs { "2026-11-25", "2026-13-25T01:00:00Z", "2026-11-25T01:00:00+01:00", 7 } do
      assert.equal("", (form.timestamp(text)))
    end
  end)
end)
