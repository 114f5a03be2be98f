-- HTML and SVG in a browser, from the Debian package chromium. Screenshots of the pages are written to
-- BUILD/pictures.

local account = require "audit_account"
local emulator = require "lanyard.emulator"
local helper = require "helper"
local json = require "lanyard.json"
local reports = require "reports"
local system = require "lanyard.system"

local PICTURES = helper.build .. "/pictures"

-- Reports whether the browser is installed; without it a test is pending.
local function has_browser()
  if helper.run({ "sh", "-c", "command -v chromium" }).status == 0 then
    return true
  end
  pending "the Debian package chromium is not installed"
  return false
end

-- One browser for all pages, because its start takes longer than a page. It ends when the pipe to it is closed.
local folder, pages, answers

local function start()
  folder = helper.folder()
  os.execute(("mkdir -p '%s'; mkfifo '%s/answers'"):format(PICTURES, folder))
  pages = assert(io.popen(("exec env -i PATH=\"$PATH\" HOME='%s' /usr/bin/python3 tests/cli/check_html.py >'%s/answers'")
    :format(folder, folder), "w"))
  pages:setvbuf "line"
  answers = assert(io.open(folder .. "/answers"))
end

-- Opens a page with a text; see check_html.py.
-- browse(name, text, { width, dark, print, shots, expression... }) --> { errors, requests, values }
local function browse(name, text, page)
  if not folder then start() end
  helper.write(folder .. "/" .. name, text)
  local expressions = json.array(table.move(page, 1, #page, 1, {}))
  pages:write(json.encode { file = folder .. "/" .. name, expressions = expressions, width = page.width,
    dark = page.dark, print = page.print, shots = page.shots }, "\n")
  local result = json.decode(assert(answers:read "l", "the browser has ended"))
  assert.is_nil(result.failure)
  return result
end

teardown(function()
  if folder then
    pages:close()
    os.execute(("rm -rf '%s'"):format(folder))
  end
end)

-- Returns the screenshots to take of a page, as high as three screens: of one width, or of 1280 and 400 pixels.
local function shots(name, width)
  local list = {}
  for i, one in ipairs(width and { width } or { 1280, 400 }) do
    list[i] = { one, ("%s/%s-%d.png"):format(PICTURES, name, one) }
  end
  return list
end

-- Returns the HTML of an account with every finding, compared with a changed earlier report.
local function account_page()
  local work <close> = helper.folder()
  local world = assert(emulator.world { seed = account.seed, activation_delay = 0 })
  account.age(world.state, system.time())
  helper.write(work .. "/state.json", json.encode(world.state))
  local emulated <close> = helper.emulator { "--state", work .. "/state.json" }
  local earlier = json.decode(emulated:run({ "audit", "--output", "json" }).out)
  table.remove(earlier.findings, 2)
  earlier.findings[5].key = "of another time"
  table.remove(earlier.scopes[1].repositories[1].access, 1)
  helper.write(work .. "/earlier.json", json.encode(earlier))
  local result = emulated:run { "audit", "--output", "html", "--baseline", work .. "/earlier.json" }
  assert.equal("", result.err)
  return result.out
end

local FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth && innerWidth == 400"

-- An expression that opens all details and returns the number of elements wider than the screen.
local WIDE = [[(function () {
  document.querySelectorAll("details").forEach(function (one) { one.open = true; });
  return Array.from(document.querySelectorAll("main *")).filter(function (one) {
    return !one.closest(".picture") && one.getBoundingClientRect().right > innerWidth; }).length; })()]]

-- An expression that sets the filter, and returns its output and the ids of the findings that are shown.
local FILTER = [[(function (text, off, kind) {
  var form = document.getElementById("filter");
  form.elements.text.value = text;
  form.querySelectorAll("[name=" + kind + "]").forEach(function (box) { box.checked = off.indexOf(box.value) < 0; });
  form.dispatchEvent(new Event("input", { bubbles: true }));
  var rows = Array.from(document.querySelectorAll("#findings tbody tr")).filter(function (row) {
    return row.getClientRects().length > 0; });
  return document.getElementById("shown").textContent + ": " + rows.map(function (row) {
    return row.cells[1].textContent; }).join(" ");
})(%s, %s, "%s")]]

-- off: the values whose boxes are not checked; kind: of these boxes, severity unless given
local function filter(text, off, kind)
  return FILTER:format(json.encode(text), json.encode(json.array(off)), kind or "severity")
end

describe("the HTML of an audit in a browser", function()
  it("loads without an error or a request, filters by text and severity, and opens what is linked", function()
    if not has_browser() then return end
    local page = browse("report.html", reports.text("html", reports.small()), {
      filter("", {}), filter("ROLE unused", {}), filter("", { "critical", "low" }), filter("nowhere", {}), filter("", {}),
      'document.querySelectorAll(".picture a").length',
      'dispatchEvent(new Event("beforeprint")); document.querySelectorAll("details:not([open])").length',
      'dispatchEvent(new Event("afterprint")); document.querySelectorAll("details[open]").length',
    })
    assert.same({}, page.errors)
    assert.same({}, page.requests)
    assert.same({ "3 of 3 findings, 3 of 3 grants shown: public-access missing-service unused-role",
      "1 of 3 findings, 0 of 3 grants shown: unused-role", "1 of 3 findings, 3 of 3 grants shown: missing-service",
      "0 of 3 findings, 0 of 3 grants shown: ",
      "3 of 3 findings, 3 of 3 grants shown: public-access missing-service unused-role", 3, 0, 0 }, page.values)
  end)

  it("filters by state since the baseline, and selects a command for copying", function()
    if not has_browser() then return end
    local page = browse("changed.html", reports.text("html", reports.changed()), {
      filter("", { "unchanged" }, "state"), filter("", { "new" }, "state"), filter("", {}, "state"),
      [[(function () {
        var details = document.querySelectorAll("#findings details");
        var none = details[1].querySelector("button");
        details[1].open = true;
        return new Promise(function (done) { setTimeout(function () {
          details[1].querySelector("button").click();
          details[1].open = false;
          details[1].open = true;
          setTimeout(function () {
            done([details[1].querySelector("button").textContent.slice(0, 4), getSelection().toString(),
              none === null, details[1].querySelectorAll("button").length].join(": "));
          }, 200);
        }, 200); }); })()]],
    })
    assert.same({}, page.errors)
    assert.equal("2 of 3 findings, 3 of 3 grants shown: public-access missing-service", page.values[1])
    assert.equal("1 of 3 findings, 3 of 3 grants shown: unused-role", page.values[2])
    assert.equal("3 of 3 findings, 3 of 3 grants shown: public-access missing-service unused-role", page.values[3])
    -- A browser can refuse to copy without a real click; then the command is selected.
    local word, selected = page.values[4]:match "^(%a+): (.*): true: 1$"
    assert.truthy(word == "Copi" or word == "Sele", page.values[4])
    assert.equal("lanyard fix missing-service", selected)
  end)

  it("filters within rows of many repositories, opens what it finds, and lays out all for paper", function()
    if not has_browser() then return end
    local shown = [[(function () {
      return Array.from(document.querySelectorAll(".parts > li")).filter(function (one) {
        return !one.hidden && one.closest("details").open; }).map(function (one) {
        return one.firstChild.data.trim(); }).join(" ");
    })()]]
    local page = browse("joined.html", reports.text("html", reports.large(300)), {
      shown, filter("APP-0123 web", {}), shown, filter("app-0123", {}), shown, filter("", {}), shown,
      shots = shots "joined" })
    assert.same({}, page.errors)
    assert.same({}, page.requests)
    assert.same({ "", "0 of 303 findings, 1 of 303 grants shown: ", "many/app-0123",
      "1 of 303 findings, 1 of 303 grants shown: unused-grant", "many/app-0123 many/app-0123" },
      table.move(page.values, 1, 5, 1, {}))
    assert.equal("303 of 303 findings, 303 of 303 grants shown: public-access missing-service unused-role unused-grant",
      page.values[6])
    local height = "document.querySelector('#findings table').getBoundingClientRect().height > 300 * 30"
    local rows = [[Array.from(document.querySelectorAll("#findings tbody")).map(function (body) {
      return getComputedStyle(body).contentVisibility + " " + body.getClientRects().length; }).join()]]
    local text = reports.text("html", reports.large(300, nil, true))
    page = browse("long.html", text, { rows, height, filter("app-0123", {}), rows })
    assert.same({}, page.errors)
    assert.same({ "auto 1,auto 1,auto 1,auto 1,auto 1,auto 1,auto 1", true,
      "1 of 303 findings, 1 of 303 grants shown: unused-grant",
      "visible 0,visible 0,visible 1,visible 0,visible 0,visible 0,visible 0" }, page.values)
    page = browse("paper.html", text, { print = true, rows, height, "dispatchEvent(new Event('beforeprint'))",
      "document.querySelectorAll('details:not([open])').length" })
    assert.same({ "visible 1,visible 1,visible 1,visible 1,visible 1,visible 1,visible 1", true, true, 0 }, page.values)
    page = browse("narrow.html", text, { width = 400, FITS, rows })
    assert.same({ true, "auto 1,auto 1,auto 1,auto 1,auto 1,auto 1,auto 1" }, page.values)
  end)

  it("runs and loads nothing from a hostile text", function()
    if not has_browser() then return end
    local page = browse("hostile.html", reports.text("html", reports.hostile()),
      { "document.scripts.length", shots = shots "hostile" })
    assert.same({}, page.errors)
    assert.same({}, page.requests)
    assert.same({ 1 }, page.values)
    -- A script that got into the page does not run.
    local broken = reports.text("html", reports.small()):gsub("<main>", "<main><script>document.title = 'got'</script>"
      .. "<img src='http://127.0.0.1:9/x'>")
    page = browse("broken.html", broken, { "document.title" })
    assert.match("Lanyard audit", page.values[1])
    assert.match("Content Security Policy", page.errors[1])
  end)

  it("fits a screen of 400 pixels, a dark screen and paper, for an account with every finding", function()
    if not has_browser() then return end
    local text = account_page()
    local page = browse("account.html", text, { width = 400, shots = shots "account", FITS, [[(function () {
      location.hash = "grant-1"; return new Promise(function (done) { setTimeout(function () {
        done(document.querySelector("#grant-1 details").open); }, 100); }); })()]] })
    assert.same({}, page.errors)
    assert.same({}, page.requests)
    assert.same({ true, true }, page.values)
    page = browse("open.html", text, { width = 400, WIDE, FITS, shots = shots("open", 400) })
    assert.same({ 0, true }, page.values)
    page = browse("dark.html", text, { dark = true, "getComputedStyle(document.body).backgroundColor",
      shots = shots("dark", 1280) })
    assert.same({ "rgb(13, 17, 23)" }, page.values)
    page = browse("print.html", text, { dark = true, print = true, shots = shots("print", 1280),
      "getComputedStyle(document.body).backgroundColor",
      'Array.from(document.querySelectorAll("form, button, .skip")).every(function (one) {'
      .. ' return one.getClientRects().length == 0; })', 'dispatchEvent(new Event("beforeprint"))' })
    assert.same({ "rgb(255, 255, 255)", true, true }, page.values)
  end)
end)

describe("the SVG of a graph in a browser", function()
  it("loads without an error or a request, and follows the dark scheme", function()
    if not has_browser() then return end
    for name, report in pairs { small = reports.small(), hostile = reports.hostile(), empty = reports.empty() } do
      local page = browse("graph.svg", reports.text("svg", report), { dark = true, shots = shots("graph-dark-" .. name, 1280),
        "getComputedStyle(document.documentElement).backgroundColor", "document.documentElement.nodeName",
        "document.querySelectorAll('script, image, foreignObject').length" })
      assert.same({}, page.errors)
      assert.same({}, page.requests)
      assert.same({ "rgb(13, 17, 23)", "svg", 0 }, page.values)
    end
  end)

  it("shows the graph of an account by lanyard graph", function()
    if not has_browser() then return end
    local emulated <close> = helper.emulator()
    emulated:run { "grant", "my-container-service", "shared-repo", "--enable" }
    local page = browse("graph.svg", emulated:run({ "graph" }).out, { shots = shots "graph",
      "document.querySelectorAll('.ok > path').length", "document.querySelector('.lanyard-graph > title').textContent" })
    assert.same({}, page.errors)
    assert.same({}, page.requests)
    assert.same({ 2, "Graph of grants" }, page.values)
  end)

  it("has the manual on a phone, in light and dark", function()
    if not has_browser() then
      return
    end
    local text = helper.run({ helper.lanyard, "docs" }).out
    for _, dark in ipairs { false, true } do
      local page = browse("manual.html", text, { width = 400, dark = dark, shots = shots("manual", 400), FITS,
        "document.querySelectorAll('section').length > 40", "getComputedStyle(document.body).backgroundColor" })
      assert.same({}, page.errors)
      assert.same({}, page.requests)
      assert.same({ true, true, dark and "rgb(13, 17, 23)" or "rgb(255, 255, 255)" }, page.values)
    end
  end)
end)
