-- Rows of the table that `make bench` prints. A row compares Lanyard with what people would use instead (peers), and with
-- the least that the work can cost (floors). All figures of a row are measured in one run of one script, in turns. Each
-- row is printed; with LANYARD_BENCH_ROWS=FILE it is also appended to FILE, from which tests/bench/table.lua makes the
-- table and the plot. With LANYARD_BENCH=full the benchmarks use their full sizes, which take about an hour.

local helper = require "helper"
local json = require "lanyard.json"
local system = require "lanyard.system"

local M = {}

--- Whether the full sizes are measured.
M.is_full = os.getenv "LANYARD_BENCH" == "full"

--- How to install a peer or a floor that is not part of every machine.
M.INSTALL = {
  ["AWS CLI"] = "apt-get install awscli",
  boto3 = "apt-get install python3-boto3",
  ["boto3 (adaptive)"] = "apt-get install python3-boto3",
  botocore = "apt-get install python3-botocore",
  ["json.loads"] = "apt-get install python3",
  orjson = "pip install orjson",
  ["JSON.parse"] = "apt-get install nodejs",
  ["lua-cjson"] = "apt-get install lua-cjson",
  simdjson = "apt-get install g++ libsimdjson-dev",
  ["iam-simulate"] = "npm install --prefix build/peers @cloud-copilot/iam-simulate",
  z3 = "apt-get install z3",
  moto = "pip install 'moto[server]'",
  asyncio = "apt-get install python3",
  cqueues = "apt-get install lua-cqueues",
  wrk = "apt-get install wrk",
  ["a browser"] = "apt-get install chromium python3",
  valgrind = "apt-get install valgrind",
  ["the static binary"] = "make static",
}

---@class bench.Other
---@field [1] string  the name
---@field [2] number?  the figure; nil: the machine lacks it

---@class bench.Row
---@field work string  what is measured: "`status`, 5 calls"
---@field unit string  "ms" (processor time, unless `work` says otherwise), "MiB", "/s"
---@field lanyard number?  nil: the machine lacks what measures it, which `needs` names
---@field needs string?
---@field peers bench.Other[]?
---@field floors bench.Other[]?
---@field aim string?
---@field more_is_better boolean?  rates; other figures are costs
---@field readme string?  the words of the row in README's table; nil: README does not show it

local function append(value)
  local path = os.getenv "LANYARD_BENCH_ROWS" or ""
  if path ~= "" then
    local file <close> = assert(io.open(path, "a"))
    assert(file:write(json.encode(value), "\n"))
  end
end

--- Returns a number with three digits, and without an exponent.
---@param value number
---@return string
function M.figure(value)
  if value >= 100 then
    local digits = ("%.0f"):format(value)
    local rest
    repeat digits, rest = digits:gsub("^(%d+)(%d%d%d)", "%1,%2") until rest == 0
    return digits
  end
  return ("%.3g"):format(value)
end

-- Returns how many times as much `first` costs as `second`.
local function multiple(row, first, second)
  if row.more_is_better then first, second = second, first end
  return M.figure(first / second) .. " x"
end

--- Returns how many times as much each peer costs as Lanyard: "AWS CLI 42 x, boto3: not on this machine".
---@param row bench.Row
---@return string
function M.peers(row)
  local cells = {}
  for i, peer in ipairs(row.peers or {}) do
    cells[i] = peer[2] and row.lanyard and peer[1] .. " " .. multiple(row, peer[2], row.lanyard)
      or peer[1] .. ": not on this machine"
  end
  return table.concat(cells, ", ")
end

--- Returns how many times as much Lanyard costs as each floor: "2.5 x curl_multi".
---@param row bench.Row
---@return string
function M.floors(row)
  local cells = {}
  for i, floor in ipairs(row.floors or {}) do
    cells[i] = floor[2] and row.lanyard and multiple(row, row.lanyard, floor[2]) .. " " .. floor[1]
      or floor[1] .. ": not on this machine"
  end
  return table.concat(cells, ", ")
end

--- Returns the figure of Lanyard with its unit.
---@param row bench.Row
---@return string
function M.own(row)
  if not row.lanyard then
    return row.needs .. ": not on this machine"
  end
  return M.figure(row.lanyard) .. (row.unit:find "^/" and "" or " ") .. row.unit
end

--- Returns the names of what a row lacks on this machine.
---@param row bench.Row
---@return string[]
function M.missing(row)
  local names = { not row.lanyard and row.needs or nil }
  for _, others in ipairs { row.peers or {}, row.floors or {} } do
    for _, other in ipairs(others) do names[#names + 1] = not other[2] and other[1] or nil end
  end
  return names
end

--- Prints a row.
---@param row bench.Row
function M.row(row)
  for _, peer in ipairs(row.peers or {}) do assert(M.INSTALL[peer[1]], peer[1] .. " is not in bench.INSTALL") end
  for _, name in ipairs(M.missing(row)) do assert(M.INSTALL[name], name .. " is not in bench.INSTALL") end
  local peers, floors = M.peers(row), M.floors(row)
  print(("  %-64s %12s   %s%s%s"):format(row.work, M.own(row), peers, peers ~= "" and floors ~= "" and "; " or "", floors))
  append { row = row, script = arg[0]:match "([^/]+)%.lua$" }
end

--- Adds a line to the plot of costs against sizes.
---@param name string  what grows: "findings of an HTML report"
---@param points number[][]  { size, cost }, in any unit; the plot shows each as a multiple of the first
function M.series(name, points)
  assert(#points > 1, name .. " has fewer than two points")
  local shown = {}
  for i, point in ipairs(points) do shown[i] = ("%g: %.3g"):format(point[1], point[2] / points[1][2]) end
  print(("  cost by %-56s %s"):format(name, table.concat(shown, ", ")))
  append { series = { name = name, points = points }, script = arg[0]:match "([^/]+)%.lua$" }
end

--- Returns the median of numbers, which it sorts.
---@param values number[]
---@return number?  nil if there are none
function M.median(values)
  table.sort(values)
  return values[#values // 2 + 1]
end

--- Calls functions in turns, so that all are measured under the same load of the machine. Returns the median of what each
--- returns, by name; nil for a function that returns nil, which is not called again.
---@param rounds integer
---@param functions table<string, fun(): number?>
---@return table<string, number?>
function M.medians(rounds, functions)
  local names, all = {}, {}
  for name in pairs(functions) do
    names[#names + 1], all[name] = name, {}
  end
  table.sort(names)
  for round = 1, rounds do
    for _, name in ipairs(names) do
      if #all[name] == round - 1 then all[name][round] = functions[name]() end
    end
  end
  local medians = {}
  for name, values in pairs(all) do
    medians[name] = #values == rounds and M.median(values) or nil
  end
  return medians
end

--- Runs a command as a new process several times. Returns medians: { wall, cpu } in milliseconds, { peak } in MiB; nil if
--- it fails.
---@param times integer
---@param words string[]
---@param environment? table<string, string>
---@return { wall: number, cpu: number, peak: number }?, string?
function M.command(times, words, environment)
  local result = helper.run({ helper.build .. "/bench/run_bench", tostring(times), table.unpack(words) }, environment)
  if result.status ~= 0 then
    return nil, result.err
  end
  local wall, _, cpu, peak = result.out:match "(%S+) (%S+) (%S+) (%S+)"
  return { wall = tonumber(wall), cpu = tonumber(cpu), peak = tonumber(peak) }
end

--- Returns the products: the binary, and the one of `make static`, if there is one, each with the folder of programs that
--- are linked like it, which are floors. `suffix` is for the names of rows. Otherwise a row says that it is missing.
---@return { suffix: string, program: string, folder: string, is_static: boolean }[]
function M.products()
  local products = { { suffix = "", program = helper.lanyard, folder = helper.build .. "/bench", is_static = false } }
  local machine = helper.run({ "uname", "-m" }).out:match "%S+"
  local static = ("build/dist/lanyard-%s-linux-%s"):format(require "lanyard.version", machine)
  if system.stat(static) then
    products[2] = { suffix = ", static", program = static, folder = ("build/static/%s/bench"):format(machine),
      is_static = true }
  else
    M.row { work = "the same, static", unit = "ms", needs = "the static binary" }
  end
  return products
end

--- Removes a file from the page cache, for measures of memory: the kernel maps a file that was just written in larger
--- parts than one that it has read.
---@param path string
function M.forget(path)
  helper.run({ "sync", path })
  helper.run({ "dd", "if=" .. path, "iflag=nocache", "count=0" })
end

--- Runs a program that prints one number. Nil if the machine lacks the program or what it needs.
---@param words string[]
---@param environment? table<string, string>
---@return number?
function M.number(words, environment)
  local result = helper.run(words, environment)
  return result.status == 0 and tonumber(result.out:match "%S+") or nil
end

--- Counts the instructions of a command in user space, all libraries and the loader included.
---@param words string[]
---@param environment? table<string, string>
---@return number?  millions; nil without valgrind
function M.instructions(words, environment)
  local result = helper.run({ "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", table.unpack(words) },
    environment)
  local count = result.status == 0 and result.err:match "Collected : (%d+)"
  return count and tonumber(count) / 1e6 or nil
end

--- Starts a server that prints its port and ends with its input: a fifo, which the kernel closes when this process ends
--- for any reason. Closing the second value stops it.
---@param command string  a shell command
---@return integer port
---@return table
function M.server(command)
  local folder = helper.folder()
  local fifo = folder .. "/input"
  assert(os.execute("mkfifo " .. fifo))
  local pipe = assert(io.popen(("%s <%s"):format(command, fifo)))
  local writer = assert(io.open(fifo, "w"))
  local port = assert(pipe:read "n", "the server did not start")
  return port, setmetatable({}, { __close = function()
    writer:close()
    pipe:close()
    getmetatable(folder).__close(folder)
  end })
end

-- Version managers put scripts before the programs of Python, which cost as much as some programs. The programs
-- themselves are beside Python's own file.
local folder = helper.run({ "python3", "-c", "import os, sys; print(os.path.dirname(sys.executable))" }).out:match "[^\n]+"
if folder then
  system.setenv("PATH", folder .. ":" .. os.getenv "PATH")
end

return M
