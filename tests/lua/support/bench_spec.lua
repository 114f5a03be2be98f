-- The rows of `make bench`, the table that tests/bench/table.lua makes of them, and the plot.

local helper = require "helper"

local PRELUDE <const> = [[
  package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
  package.cpath = "%s/?.so;" .. package.cpath
  arg = { [0] = "tests/bench/%s.lua" }
  local bench = require "bench"
]]

describe("the table of the benchmarks", function()
  local folder

  before_each(function() folder = helper.folder() end)

  after_each(function() getmetatable(folder).__close() end)

  -- Runs code as a benchmark that writes rows.
  local function run(script, code)
    helper.write(folder .. "/bench.lua", PRELUDE:format(helper.build, script) .. code)
    return helper.run({ helper.lua, folder .. "/bench.lua" },
      { LANYARD_BENCH_ROWS = folder .. "/rows", ASAN_OPTIONS = "detect_leaks=0" })
  end

  -- Returns what the table prints for the rows, with a build folder whose growth.svg is in `folder`.
  local function print_table(...)
    assert(os.execute(("cp %s/lanyard.so %s/launch.so %s/"):format(helper.build, helper.build, folder)))
    local result = helper.run({ helper.lua, "tests/bench/table.lua", folder.path, folder .. "/rows", ... },
      { ASAN_OPTIONS = "detect_leaks=0" })
    assert.equal("", result.err)
    return result.out
  end

  it("shows how many times as much peers take, and how far the floor is", function()
    local result = run("calls", [[bench.row { work = "a call", unit = "us", lanyard = 40, peers = { { "boto3", 1000 } },
      floors = { { "curl_multi", 16 } }, aim = "28 us" }]])
    assert.equal("", result.err)
    assert.truthy(print_table():find("### Calls over loopback\n\n| work | Lanyard | others | floor | aim |\n"
      .. "| --- | --- | --- | --- | --- |\n| a call | 40 us | boto3 25 x | 2.5 x curl_multi | 28 us |", 1, true))
  end)

  it("compares rates the other way", function()
    run("sigv4", [[bench.row { work = "signatures", unit = "/s", lanyard = 300000, more_is_better = true,
      peers = { { "botocore", 10000 } }, floors = { { "SHA-256", 900000 } } }]])
    assert.truthy(print_table():find("| signatures | 300,000/s | botocore 30 x | 3 x SHA-256 |  |", 1, true))
  end)

  it("names what the machine lacks, and how to install it", function()
    run("emulator", [[bench.row { work = "a call", unit = "us", lanyard = 100, peers = { { "moto" } } }
      bench.row { work = "memory", unit = "MB", needs = "a browser" }]])
    local out = print_table()
    assert.truthy(out:find("| a call | 100 us | moto: not on this machine |  |  |", 1, true))
    assert.truthy(out:find("| memory | a browser: not on this machine |  |  |  |", 1, true))
    assert.truthy(out:find("Not on this machine:\n  a browser      apt-get install chromium python3\n"
      .. "  moto           pip install 'moto[server]'\n", 1, true))
  end)

  it("names the static binary if make static has not been run", function()
    run("start", [[package.loaded["lanyard.version"] = "none"
      for _, product in ipairs(bench.products()) do
        bench.row { work = product.program:match "[^/]+$", unit = "ms", lanyard = 1 }
      end]])
    local out = print_table()
    assert.truthy(out:find("| the same, static | the static binary: not on this machine |  |  |  |\n| lanyard | 1 ms |", 1, true))
    assert.truthy(out:find("Not on this machine:\n  the static binary make static\n", 1, true))
  end)

  it("refuses a peer without a way to install it", function()
    local result = run("calls", [[bench.row { work = "a call", unit = "us", lanyard = 1, peers = { { "anything", 2 } } }]])
    assert.truthy(result.err:find("anything is not in bench.INSTALL", 1, true))
  end)

  it("prints the rows of README alone, in the order of the parts", function()
    run("parse", [[bench.row { work = "parse", unit = "MB/s", lanyard = 2, readme = "a policy parsed" }]])
    run("start", [[bench.row { work = "hidden", unit = "ms", lanyard = 1 }
      bench.row { work = "start", unit = "ms", lanyard = 1.5, peers = { { "AWS CLI", 300 } }, readme = "`--version`" }]])
    assert.equal("| work | Lanyard | others take | the least possible |\n| --- | --- | --- | --- |\n"
      .. "| `--version` | 1.5 ms | AWS CLI 200 x |  |\n| a policy parsed | 2 MB/s |  |  |\n", print_table "--markdown")
  end)

  it("says which costs grow more than n log n, and plots all", function()
    run("lint", [[bench.series("statements, a <good> one", { { 6, 1 }, { 60, 10 }, { 600, 110 } })
      bench.series("statements, a quadratic one", { { 6, 1 }, { 60, 100 }, { 600, 10000 } })]])
    local out = print_table()
    assert.truthy(out:find("| statements, a <good> one | 100 | 110 | yes |", 1, true))
    assert.truthy(out:find("| statements, a quadratic one | 100 | 10,000 | no |", 1, true))
    local svg = helper.read(folder .. "/growth.svg")
    for _, text in ipairs { "statements, a &lt;good&gt; one", "statements, a quadratic one", "n log n" } do
      assert.truthy(svg:find(">" .. text .. "</text>", 1, true), text)
    end
    assert.falsy(svg:find "nan" or svg:find "inf")
    assert.equal(3, select(2, svg:gsub('stroke%-width="1.5"', "")))
    assert.truthy(svg:find '^<svg xmlns="http://www.w3.org/2000/svg"' and svg:find "</svg>\n$")
  end)

  it("takes the median of turns, and leaves out what the machine lacks", function()
    local result = run("calls", [[
      local turns, values = {}, { 9, 1, 5 }
      local found = bench.medians(3, {
        a = function() turns[#turns + 1] = "a" return values[#turns // 2 + 1] end,
        b = function() turns[#turns + 1] = "b" return 7 end,
        c = function() turns[#turns + 1] = nil end,
      })
      print(found.a, found.b, found.c, table.concat(turns))
    ]])
    assert.equal("", result.err)
    assert.equal("5\t7\tnil\tababab\n", result.out)
  end)
end)
