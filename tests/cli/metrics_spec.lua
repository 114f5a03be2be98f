local helper = require "helper"
local json = require "lanyard.json"
local xml = require "lanyard.text.xml"

local function emulator()
  local folder <close> = helper.folder()
  helper.write(folder .. "/seed.json", json.encode { regions = { ["us-east-1"] = { services = {
    { name = "web", age = 864000, containers = { app = { image = "nginx:1" } }, metrics = { CPUUtilization = 30 } }, { name = "empty" },
  } } } })
  return helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.json" }
end

-- Runs a command in a locale.
local function run_in(em, locale, words)
  local environment = {}
  for name, value in pairs(em.environment) do environment[name] = value end
  environment.LC_ALL = locale
  local list = { helper.lanyard }
  for word in words:gmatch "%S+" do list[#list + 1] = word end
  return helper.run(list, environment)
end

describe("lanyard metrics", function()
  it("prints average and maximum with lines of blocks, in the characters of the locale", function()
    local em <close> = emulator()
    local result = run_in(em, "C.UTF-8", "metrics web")
    assert.same({ 0, "" }, { result.status, result.err })
    assert.match("^web, %S+ to %S+, a column for 10 min\n", result.out)
    assert.match("\nCPU     average   %d%d%.%d %%  ", result.out)
    assert.match("\n        maximum   %d%d%.%d %%  ", result.out)
    assert.match("\nMemory  average   %d%d%.%d %%  ", result.out)
    for line in result.out:gmatch "\n([^\n]+)" do
      local blocks = line:match "%%  (.-)  0 to %d+ %%$"
      assert.equal("", (blocks:gsub("\u{2581}", ""):gsub("\u{2582}", ""):gsub("\u{2583}", ""):gsub("\u{2584}", "")
        :gsub("\u{2585}", ""):gsub("\u{2586}", ""):gsub("\u{2587}", ""):gsub("\u{2588}", "")))
      assert.is_true(utf8.len(line) <= 80)
    end
    for _, locale in ipairs { "C", "POSIX", "de_DE.ISO-8859-1" } do
      assert.not_match("[\128-\255]", run_in(em, locale, "metrics web").out)
    end
  end)

  it("joins periods so that a long interval fits", function()
    local em <close> = emulator()
    local result = run_in(em, "C", "metrics web --since 7d")
    assert.match("a column for 4%.%d h\n", result.out)
    for line in result.out:gmatch "[^\n]+" do assert.is_true(#line <= 90, line) end
  end)

  it("prints JSON, and what --query selects", function()
    local em <close> = emulator()
    local item = json.decode(em:run("metrics web --since 1d --period 1h --output json").out)
    assert.same({ "web", 3600 }, { item.service, item.period })
    local cpu = item.metrics.CPUUtilization
    assert.equal("Percent", cpu.unit)
    assert.is_true(#cpu.points >= 24 and cpu.average > 20 and cpu.average < 40 and cpu.maximum >= cpu.average)
    assert.match("^%d+%-%d+%-%d+T%d%d:00:00Z$", cpu.points[1].time)
    assert.is_number(cpu.points[1].maximum)
    assert.match("^%d+%.%d+\n$", em:run("metrics web --query metrics.CPUUtilization.maximum").out)
  end)

  it("draws an SVG picture", function()
    local em <close> = emulator()
    local result = em:run "metrics web --since 2d --output svg"
    assert.same({ 0, "" }, { result.status, result.err })
    local root = assert(xml.parse(result.out))
    assert.equal("CPU and memory of web", xml.child(root, "title").text)
    assert.match("CPU: average %d+%.%d %%, maximum %d+%.%d %%%. Memory: average", xml.child(root, "desc").text)
    assert.equal(2, em:run("metrics web --output svg --query service").status)
  end)

  it("says that there are no values", function()
    local em <close> = emulator()
    local result = em:run "metrics empty"
    assert.equal(0, result.status)
    assert.match("CPU     average +%-\n", result.out)
    assert.equal("lanyard: there are no values yet; Lightsail has one every 5 minutes while containers run\n", result.err)
    assert.same({}, json.decode(em:run("metrics empty --output json").out).metrics.CPUUtilization.points)
    assert.truthy(xml.parse(em:run("metrics empty --output svg").out))
  end)

  it("rejects a wrong command line", function()
    local em <close> = emulator()
    for words, expected in pairs {
      ["metrics"] = "missing argument 'service'", ["metrics web --period 30s"] = "a period is whole minutes",
      ["metrics web --period 90"] = "a period is whole minutes", ["metrics web --period 2d"] = "a period is whole minutes",
      ["metrics web --period 0"] = "a period is whole minutes", ["metrics web --period five"] = "'five' is not a duration",
      ["metrics web --since 2020-01-01"] = "more than 28800 periods: use a longer period",
      ["metrics web --since 1h --until 2h"] = "the interval must end after it begins", ["metrics We_b"] = "'We_b' is not",
      ["metrics web --output png"] = "must be one of",
    } do
      local result = em:run(words)
      assert.equal(2, result.status, words)
      assert.truthy(result.err:find(expected, 1, true), result.err)
    end
    assert.equal(1, em:run("metrics nothing").status)
  end)
end)
