local graph = require "lanyard.report.graph"
local helper = require "helper"
local json = require "lanyard.json"
local reports = require "reports"
local svg = require "lanyard.report.svg"

-- The names of its elements, and its texts, as an XML reader has them.
local function read(text)
  local folder <close> = helper.folder()
  helper.write(folder .. "/graph.svg", text)
  local result = helper.run({ "/usr/bin/python3", "-c", "import json, sys, xml.etree.ElementTree as tree\n"
    .. "all = list(tree.parse(sys.argv[1]).iter())\n"
    .. "print(json.dumps([sorted({e.tag.split('}')[1] for e in all}), [e.text for e in all if e.text and e.text.strip()]]))",
    folder .. "/graph.svg" })
  assert.equal("", result.err)
  return table.unpack(json.decode(result.out))
end

describe("the graph as a picture", function()
  it("needs no other file, has a title and a description, and a dark scheme", function()
    local text = reports.text("svg", reports.small())
    assert.match('^<%?xml version="1.0" encoding="UTF%-8"%?>\n<svg xmlns="http://www.w3.org/2000/svg"', text)
    assert.match('role="img" aria%-labelledby="lanyard%-graph%-title lanyard%-graph%-desc"', text)
    assert.match('<title id="lanyard%-graph%-title">Graph of grants</title>', text)
    assert.match('<desc id="lanyard%-graph%-desc">4 services and other principals, 2 repositories%. Grants: 1 without findings, 1', text)
    assert.match("prefers%-color%-scheme:dark", text)
    assert.is_nil(text:gsub('xmlns="[^"]*"', ""):find "https?:")
    assert.is_nil(text:find "url%(" or text:find "@import" or text:find "href")
  end)

  it("marks grants not only by colour", function()
    local elements, texts = read(reports.text("svg", reports.small()))
    assert.same({ "desc", "g", "path", "rect", "style", "svg", "text", "title" }, elements)
    local all = "\n" .. table.concat(texts, "\n") .. "\n"
    assert.match("\n! public%-access\n", all)
    assert.match("\n\u{2715} missing%-service\n", all)
    assert.match("\nno grants\n", all)
    assert.match("\nold has a grant for team/api and cannot pull: missing%-service\n", all)
    assert.match("\ncould not be audited: AccessDenied: not for you\n", all)
    assert.match('<g class="broken"><title>[^\n]*<path d="M280 [^\n]*\u{2715}', reports.text("svg", reports.small()))
  end)

  it("gives each line its own row at its repository, and no box overlaps another", function()
    local report = reports.small()
    local access = report.scopes[1].repositories[2].access
    for i = 4, 60 do
      access[i] = { principal = "r" .. i, type = "AWS", kind = "role", decision = "allow", statement = "s", statements = { "s" } }
    end
    local text, seen, bottoms = reports.text("svg", report), {}, {}
    for y in text:gmatch "(%d+)H760\"/>" do
      assert.is_nil(seen[y])
      seen[y] = true
    end
    for x, y, height in text:gmatch '<rect x="(%d+)" y="(%d+)" width="%d+" height="(%d+)"' do
      assert.is_true(tonumber(y) > (bottoms[x] or 0))
      bottoms[x] = y + height
    end
    assert.is_true(tonumber(text:match ' height="(%d+)" viewBox') > math.max(bottoms["16"], bottoms["760"]))
  end)

  it("shortens long names in the middle, and has them in full in the title", function()
    local report = reports.small()
    local name = "arn:aws:iam::111122223333:role/" .. ("é"):rep(60) .. "/end"
    report.scopes[1].repositories[2].access[3] = { principal = name, type = "AWS", kind = "role", decision = "allow",
      statement = "s", statements = { "s" } }
    local text = reports.text("svg", report)
    assert.match("<title>role: " .. name:gsub("%-", "%%-") .. "</title>", text)
    assert.match(">arn:aws:iam::111…[\u{e9}]+/end</text>", text)
  end)

  it("has links to details only when asked", function()
    local text = svg.draw(graph.of(reports.small(), require("lanyard.audit.findings").catalogue), function(id)
      return "row-of-" .. id
    end)
    assert.match('<a href="#row%-of%-grant%-1">', text)
    assert.match('role="group"', text)
  end)

  it("has hostile names as text", function()
    local elements, texts = read(reports.text("svg", reports.hostile()))
    assert.same({ "desc", "g", "path", "rect", "style", "svg", "text", "title" }, elements)
    assert.match("<script>alert%(1%)</script>", table.concat(texts))
  end)

  it("of more than 200 boxes is folded, and says so in the picture and in its description", function()
    local report = reports.small()
    for i = 1, 300 do
      report.scopes[1].repositories[i + 2] = { name = ("many/of-%03d"):format(i), access = {} }
    end
    local _, texts = read(reports.text("svg", report))
    local all = "\n" .. table.concat(texts, "\n") .. "\n"
    assert.match("\nmany/of%-%*: 300 repositories\n", all)
    assert.match("\nspare\n", all)
    assert.match(" 0 missing%. 306 services, other principals and repositories with 3 grants are folded by the "
      .. "prefixes of their names; name repositories to draw each grant, for example: lanyard graph 'many/of%-%*'%.\n", all)
    assert.match("\n306 services, other principals and repositories with 3 grants are folded [^\n]*\n", all)
    assert.is_true(tonumber(reports.text("svg", report):match ' height="(%d+)" viewBox') < 400)
  end)

  it("is a picture without grants", function()
    read(reports.text("svg", reports.empty()))
  end)
end)
