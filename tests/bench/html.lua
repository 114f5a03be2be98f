-- Measures the HTML report and the graph of many repositories: their sizes, the time to write them, and, if chromium is
-- installed, what a browser needs for the report. Once all grants and findings have one pattern, once each has its own.
--   lua5.4 tests/bench/html.lua BUILD [REPOSITORIES]       default: 10000

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
local build = arg[1] or "build"
package.cpath = build .. "/?.so;" .. package.cpath
local helper = require "helper"
local reports = require "reports"

local REPOSITORIES = math.tointeger(tonumber(arg[2] or 10000)) or error "usage: html.lua BUILD [REPOSITORIES]"

local folder <close> = helper.folder()

local function write(format, report, path)
  local start = os.clock()
  local text = reports.text(format, report)
  print(("  %-8s %9d bytes %6.2f s"):format(format, #text, os.clock() - start))
  helper.write(path, text)
end

local function show(path)
  if helper.run({ "sh", "-c", "command -v chromium && command -v python3" }).status ~= 0 then
    print "  chromium or python3 is not installed"
    return
  end
  local result = helper.run { "env", "-i", "PATH=" .. os.getenv "PATH", "HOME=" .. folder, "/usr/bin/python3",
    "tests/bench/html.py", path }
  print("  " .. (result.status == 0 and result.out or result.err))
end

for _, different in ipairs { false, true } do
  local report = reports.large(REPOSITORIES, nil, different)
  print(("%d repositories, %s"):format(REPOSITORIES, different and "each with a grant and a finding of its own"
    or "with grants and findings of one pattern"))
  for _, format in ipairs { "svg", "dot", "mermaid", "html" } do
    write(format, report, folder .. "/report." .. format)
  end
  show(folder .. "/report.html")
end
