-- HTML and SVG as a browser shows them: needs Debian's package chromium. Pictures of the pages stay in
-- BUILD/pictures, to be looked at.

local account = require "audit_account"
local emulator = require "lanyard.emulator"
local helper = require "helper"
local json = require "lanyard.json"
local reports = require "reports"
local system = require "lanyard.system"

local PICTURES = helper.build .. "/pictures"

-- Whether the browser is here; without it the test is pending.
local function has_browser()
  if helper.run({ "sh", "-c", "command -v chromium" }).status == 0 then
    return true
  end
  pending "the Debian package chromium is not installed"
  return false
end

-- { errors, requests, values } of a page with that text; further words as check_html.py has them.
local function browse(name, text, ...)
  local folder <close> = helper.folder()
  os.execute(("mkdir -p '%s'"):format(PICTURES))
  helper.write(folder .. "/" .. name, text)
  local result = helper.run({ "/usr/bin/python3", "tests/cli/check_html.py", folder .. "/" .. name, ... },
    { HOME = folder.path })
  assert.equal("", result.err)
  return json.decode(result.out)
end

local function shots(name)
  return "--shot", ("1280:%s/%s-1280.png"):format(PICTURES, name), "--shot", ("400:%s/%s-400.png"):format(PICTURES, name)
end

-- An expression: sets the filter's text and severities, and gives what is told and the ids that are shown.
local FILTER = [[(function (text, off) {
  var form = document.getElementById("filter");
  form.elements.text.value = text;
  form.querySelectorAll("[name=severity]").forEach(function (box) { box.checked = off.indexOf(box.value) < 0; });
  form.dispatchEvent(new Event("input", { bubbles: true }));
  var rows = Array.from(document.querySelectorAll("#findings tbody tr")).filter(function (row) {
    return row.getClientRects().length > 0; });
  return document.getElementById("shown").textContent + ": " + rows.map(function (row) {
    return row.cells[1].textContent; }).join(" ");
})(%s, %s)]]

local function filter(text, off)
  return FILTER:format(json.encode(text), json.encode(json.array(off)))
end

describe("an audit's HTML in a browser", function()
  it("loads without an error or a request, filters by text and severity, and opens what is linked", function()
    if not has_browser() then return end
    local page = browse("report.html", reports.text("html", reports.small()),
      filter("", {}), filter("ROLE unused", {}), filter("", { "critical", "low" }), filter("nowhere", {}), filter("", {}),
      'document.querySelectorAll(".picture a").length',
      'dispatchEvent(new Event("beforeprint")); document.querySelectorAll("details:not([open])").length',
      'dispatchEvent(new Event("afterprint")); document.querySelectorAll("details[open]").length')
    assert.same({}, page.errors)
    assert.same({}, page.requests)
    assert.same({ "3 of 3 shown: public-access missing-service unused-role", "1 of 3 shown: unused-role",
      "1 of 3 shown: missing-service", "0 of 3 shown: ", "3 of 3 shown: public-access missing-service unused-role",
      3, 0, 0 }, page.values)
  end)

  it("runs nothing and loads nothing that a hostile text would have", function()
    if not has_browser() then return end
    local page = browse("hostile.html", reports.text("html", reports.hostile()), "document.scripts.length", shots "hostile")
    assert.same({}, page.errors)
    assert.same({}, page.requests)
    assert.same({ 1 }, page.values)
    -- A script that got in all the same would not run.
    local broken = reports.text("html", reports.small()):gsub("<main>", "<main><script>document.title = 'got'</script>"
      .. "<img src='http://127.0.0.1:9/x'>")
    page = browse("broken.html", broken, "document.title")
    assert.match("Lanyard audit", page.values[1])
    assert.match("Content Security Policy", page.errors[1])
  end)

  it("fits a screen of 400 pixels and is readable in the dark, for an account with every finding", function()
    if not has_browser() then return end
    local folder <close> = helper.folder()
    local world = assert(emulator.world { seed = account.seed, activation_delay = 0 })
    account.age(world.state, system.time())
    helper.write(folder .. "/state.json", json.encode(world.state))
    local emulated <close> = helper.emulator { "--state", folder .. "/state.json" }
    local result = emulated:run { "audit", "--output", "html" }
    assert.equal("", result.err)
    local page = browse("account.html", result.out, "--width", "400",
      "document.documentElement.scrollWidth <= document.documentElement.clientWidth && innerWidth == 400", [[(function () {
      location.hash = "grant-1"; return new Promise(function (done) { setTimeout(function () {
        done(document.querySelector("#grant-1 details").open); }, 100); }); })()]], shots "account")
    assert.same({}, page.errors)
    assert.same({ true, true }, page.values)
    page = browse("dark.html", result.out, "--dark", "getComputedStyle(document.body).backgroundColor", shots "dark")
    assert.same({ "rgb(13, 17, 23)" }, page.values)
  end)
end)

describe("the graph's SVG in a browser", function()
  it("loads without an error or a request, and is dark where the screen is", function()
    if not has_browser() then return end
    for _, report in ipairs { reports.small(), reports.hostile(), reports.empty() } do
      local page = browse("graph.svg", reports.text("svg", report), "--dark",
        "getComputedStyle(document.documentElement).backgroundColor", "document.documentElement.nodeName")
      assert.same({}, page.errors)
      assert.same({}, page.requests)
      assert.same({ "rgb(13, 17, 23)", "svg" }, page.values)
    end
  end)
end)
