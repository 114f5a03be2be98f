local helper = require "helper"
local json = require "lanyard.json"
local reports = require "reports"

-- What an HTML reader sees: { tags = { [name] = count }, unclosed, attributes = names, text }.
local READER = [[
import collections, html.parser, json, sys
VOID = {"meta", "input", "br", "link"}
class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.open, self.wrong, self.attributes, self.words = collections.Counter(), [], [], set(), []
    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attributes}
        if tag not in VOID: self.open.append(tag)
    def handle_startendtag(self, tag, attributes):
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attributes}
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag: self.wrong.append(tag)
    def handle_data(self, data): self.words.append(data)
reader = Reader()
reader.feed(open(sys.argv[1], encoding="utf-8").read())
reader.close()
print(json.dumps({"tags": reader.tags, "wrong": reader.wrong + reader.open, "attributes": sorted(reader.attributes),
                  "text": "".join(reader.words)}))
]]

local function read(text)
  local folder <close> = helper.folder()
  helper.write(folder .. "/report.html", text)
  local result = helper.run { "/usr/bin/python3", "-c", READER, folder .. "/report.html" }
  assert.equal("", result.err)
  local page = json.decode(result.out)
  assert.same({}, page.wrong)
  return page
end

describe("HTML of an audit", function()
  it("has summary, findings, picture and grants in one file that loads nothing", function()
    local text = reports.text("html", reports.small())
    local page = read(text)
    assert.match('^<!DOCTYPE html>\n<html lang="en">', text)
    assert.match('content="default%-src \'none\'; style%-src \'unsafe%-inline\'; script%-src \'sha256%-[%w+/]+=\'', text)
    assert.same({ 1, 1, 1, 1 }, { page.tags.h1, page.tags.main, page.tags.svg, page.tags.script })
    assert.is_nil(page.tags.link or page.tags.img or page.tags.iframe)
    assert.is_nil(text:find " src=" or text:find "@import" or text:find "url%(")
    assert.match("Lanyard audit: 1 critical, 1 medium, 1 low", page.text)
    assert.match("444455556666 eu%-west%-1 could not be audited: AccessDenied: not for you", page.text)
    assert.match("lanyard fix public%-access", page.text)
  end)

  it("has the headings, captions, labels and roles that screen readers need", function()
    local text = reports.text("html", reports.small())
    local page = read(text)
    assert.equal(page.tags.table, page.tags.caption)
    assert.equal(4 + 5, select(2, text:gsub('<th scope="col" role="columnheader">', "")))
    assert.equal(page.tags.tr, select(2, text:gsub('<tr role="row"', "")))
    assert.equal(page.tags.input, select(2, text:gsub("<label[^>]*>[^<]*<input", "")))
    assert.match("<legend>Severity</legend>", text)
    assert.match('<output id="shown" aria%-live="polite">', text)
  end)

  it("links each line of the picture to its grant", function()
    local text = reports.text("html", reports.small())
    local links = 0
    for id in text:gmatch '<a href="#(grant%-%d+)">' do
      links = links + 1
      assert.equal(1, select(2, text:gsub(('id="%s"'):format(id:gsub("%-", "%%-")), "")))
    end
    assert.equal(3, links)
  end)

  it("has the folded texts of statements, or only their labels", function()
    local report = reports.small()
    assert.match('data%-name="Statement"><code>web</code>', reports.text("html", report))
    report.scopes[1].repositories[2].statements = { { index = 1, label = "web", text = '{\n\t"Sid": "web<b>"\r\n}' },
      { index = 3, label = "#3", text = "third" } }
    local text = reports.text("html", report)
    assert.match('<details><summary>web</summary>\n<pre>{\n  &quot;Sid&quot;: &quot;web&lt;b&gt;&quot;\n}</pre>', text)
    assert.match("<p>Statement #3:</p>\n<pre>third</pre>", text)
  end)

  it("has hostile texts as text, not as elements, attributes or links", function()
    local report = reports.hostile()
    report.scopes[1].repositories[2].statements = { { index = 3, label = reports.HOSTILE, text = reports.HOSTILE } }
    local plain, page = read(reports.text("html", reports.small())), read(reports.text("html", report))
    for name in pairs(page.tags) do
      assert.is_truthy(plain.tags[name] or name == "ul", name)
    end
    assert.equal(1, page.tags.script)
    assert.same(plain.attributes, page.attributes)
    assert.match("<script>alert%(1%)</script>\"'&|,; \\x0a", page.text)
    for href in reports.text("html", report):gmatch 'href="([^"]*)"' do
      assert.match("^#[%w-]+$", href)
    end
  end)

  it("lists the changes since the baseline, and filters by state", function()
    local text = reports.text("html", reports.changed())
    local page = read(text)
    assert.match("Since 2026%-11%-24T01:00:00Z\n2 new findings, 1 resolved; 1 grant added, 1 removed%.", page.text)
    assert.match("Resolved findings\n\ncritical public%-access 111122223333 us%-east%-1: public%-access is so\n", page.text)
    assert.match("Added grants\n\n111122223333 us%-east%-1: team/api, allowarn:", page.text)
    assert.equal(2, select(2, text:gsub('<tr role="row" data%-severity="%l+" data%-state="new">', "")))
    assert.equal(2, select(2, text:gsub('name="state"', "")))
    assert.is_nil(reports.text("html", reports.small()):find 'name="state"')
    local hostile = read(reports.text("html", reports.changed(reports.hostile)))
    assert.equal(1, hostile.tags.script)
    assert.same(page.attributes, hostile.attributes)
  end)

  it("has the muted findings, folded, with the reason", function()
    local page = read(reports.text("html", reports.muted()))
    assert.match("1 muted\n\nmedium missing%-service 111122223333 us%-east%-1: missing%-service is somuted until 2027%-01%-31: "
      .. "known\n", page.text)
    assert.equal(1, read(reports.text("html", reports.muted(reports.hostile))).tags.script)
  end)

  it("has a fix that is a command as one that can be copied, and any other as text", function()
    local report = reports.small()
    report.findings[1].fix = "ask the owner"
    local text = reports.text("html", report)
    assert.match('<pre class="command">lanyard fix unused%-role</pre>', text)
    assert.match("<pre>ask the owner</pre>", text)
  end)

  it("has more than 200 grants or findings of one pattern in one row that opens", function()
    local text = reports.text("html", reports.large(198))
    local page = read(text)
    assert.match('<td role="cell" data%-name="Repository" class="where"><details><summary>199 repositories</summary>\n'
      .. '<ul class="parts">\n<li>many/app%-0001</li>\n', text)
    assert.match("198 repositories</td>.-each of 198 repositories is not used\n<details><summary>Why and how to fix</summary>"
      .. '\n<p>it matters</p>\n<ul class="parts">\n<li>many/app%-0001\n<pre class="command">lanyard fix many/app%-0001',
      text)
    assert.equal(page.tags.tr, 1 + 4 + 1 + 3)
    assert.match("many/app%-%*: 198 repositories", page.text)
    for id in text:gmatch '<a href="#(grant%-%d+)">' do
      assert.equal(1, select(2, text:gsub(('id="%s"'):format(id:gsub("%-", "%%-")), "")))
    end
    assert.is_nil(reports.text("html", reports.large(197)):find('class="parts"', 1, true))
  end)

  it("has more than 200 rows in parts, with the number of rows of each", function()
    local text = reports.text("html", reports.large(250, nil, true))
    local page = read(text)
    assert.match('<table role="table" class="long all">', text)
    local counts = {}
    for count in text:gmatch '<tbody role="rowgroup" style="%-%-rows:(%d+)">' do
      counts[#counts + 1] = count
    end
    assert.equal("50 50 50 50 50 3 50 50 50 50 50 3", table.concat(counts, " "))
    assert.equal(page.tags.tr, 1 + 253 + 1 + 253)
    assert.is_nil(reports.text("html", reports.large(197, nil, true)):find('class="long', 1, true))
  end)

  it("has more than 1000 grants or findings of different texts in one row that opens, with these texts", function()
    local text = reports.text("html", reports.large(1001, nil, true))
    local page = read(text)
    assert.equal(page.tags.tr, 1 + 4 + 1 + 3)
    for _, i in ipairs { 1, 500, 1001 } do
      local name = ("many/app-%04d"):format(i)
      assert.is_truthy(text:find(("<li>%s: %s is not used\n<p>reason %d</p>\n<pre class=\"command\">lanyard fix %s</pre>")
        :format(name, name, i, name), 1, true))
      assert.is_truthy(text:find(("<li>%s <code>web-%d</code></li>"):format(name, i), 1, true))
    end
  end)

  it("has long lists of changes closed", function()
    local report = reports.changed(function() return reports.large(201) end)
    report.baseline.grants.added = {}
    for i = 1, 201 do
      report.baseline.grants.added[i] = { account = "1", region = "r", repository = "app-" .. i, decision = "allow",
        principal = "p" }
    end
    local text = reports.text("html", report)
    read(text)
    assert.match("<h3>Added grants</h3>\n<details><summary>All 201</summary>\n<ul>\n<li>1 r: app%-1, allow<br>", text)
  end)

  it("has no filter without findings and grants, and one of the text without findings", function()
    local report = reports.small()
    report.findings = {}
    local without = read(reports.text("html", report))
    assert.same({ 1, 1 }, { without.tags.form, without.tags.input })
    local page = read(reports.text("html", reports.empty()))
    assert.match("Lanyard audit: no findings", page.text)
    assert.match("No findings%.", page.text)
    assert.is_nil(page.tags.form)
  end)
end)
