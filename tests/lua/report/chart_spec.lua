local chart = require "lanyard.report.chart"
local xml = require "lanyard.text.xml"

local START = 1700000400

local function draw(panels, title)
  local parts = {}
  chart.write({ title = title or "CPU and memory of web", from = START, to = START + 3000, period = 300, panels = panels },
    function(text) parts[#parts + 1] = text end)
  return table.concat(parts)
end

local function points(...)
  local list = {}
  for i, value in ipairs { ... } do
    list[#list + 1] = value and { time = START + (i - 1) * 300, average = value, maximum = value * 2 } or nil
  end
  return list
end

-- The paths with a class, as an XML reader has them.
local function paths(element, class, found)
  found = found or {}
  for _, child in ipairs(element) do
    if child.name == "path" and child.attributes.class == class then found[#found + 1] = child.attributes.d end
    paths(child, class, found)
  end
  return found
end

describe("a chart", function()
  it("is well-formed, needs no other file, and has a title, a description and a dark scheme", function()
    local text = draw { { title = "CPU", unit = "%", points = points(1, 2, 3) } }
    local root = assert(xml.parse(text))
    assert.same({ "svg", "img", "lanyard-chart-title lanyard-chart-desc" },
      { root.name, root.attributes.role, root.attributes["aria-labelledby"] })
    assert.equal("CPU and memory of web", xml.child(root, "title").text)
    assert.equal("2023-11-14 22:20Z to 2023-11-14 23:10Z. CPU: average 2.0 %, maximum 6.0 %.", xml.child(root, "desc").text)
    assert.matches("prefers%-color%-scheme: dark", text)
    assert.is_nil(text:gsub('xmlns="[^"]*"', ""):find "https?:")
  end)

  it("draws the average and the maximum, each not only by its colour", function()
    local root = assert(xml.parse(draw { { title = "CPU", unit = "%", points = points(1, 2, 5) } }))
    assert.same({ "M566 42h28", "M56.0 194.0h0.1L128.0 180.0L200.0 138.0" }, paths(root, "average"))
    assert.same({ "M676 42h28", "M56.0 180.0h0.1L128.0 152.0L200.0 68.0" }, paths(root, "maximum"))
    assert.matches("%.maximum { stroke: #%x+; stroke%-dasharray", draw {})
  end)

  it("interrupts a line where values are missing, and says where there is none", function()
    local text = draw { { title = "CPU", unit = "%", points = points(1, false, 3) }, { title = "Memory", unit = "%", points = {} } }
    assert.equal("M56.0 194.0h0.1M200.0 166.0h0.1", paths(assert(xml.parse(text)), "average")[2])
    assert.matches("Memory: no values%.</desc>", text)
    assert.matches(">no values</text>", text)
  end)

  it("escapes texts, and bears values that are not plausible", function()
    local text = draw({ { title = "a<b>&\"\27", unit = "%", points = { { time = START, average = -1, maximum = 0 / 0 } } },
      { title = "c", unit = "%", points = { { time = START, maximum = 1e300 }, { time = START + 300 } } } }, "<script>")
    local root = assert(xml.parse(text))
    assert.equal("<script>", xml.child(root, "title").text)
    for _, path in ipairs(paths(root, "average")) do assert.not_matches("nan", path) end
    for _, path in ipairs(paths(root, "maximum")) do assert.not_matches("inf", path) end
  end)
end)
