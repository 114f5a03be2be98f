-- Rows of the table that `make bench` prints. A row compares Lanyard with what people would use instead, and with a
-- floor: the least that the work can cost. All figures of a row are measured in one run of one script. Each row is
-- printed; with LANYARD_BENCH_ROWS=FILE it is also appended to FILE, from which tests/bench/table.lua makes the table
-- and the plot.

local helper = require "helper"
local json = require "lanyard.json"

local M = {}

---@class bench.Row
---@field work string  what is measured, with the unit: "--version, ms of processor time"
---@field lanyard number
---@field peers { [1]: string, [2]: number? }[]?  names and figures; without a figure: the machine lacks it
---@field floor { [1]: string, [2]: number? }?
---@field aim string?
---@field more_is_better boolean?  rates; other figures are costs

local function append(value)
  local path = os.getenv "LANYARD_BENCH_ROWS" or ""
  if path ~= "" then
    local file <close> = assert(io.open(path, "a"))
    assert(file:write(json.encode(value), "\n"))
  end
end

--- Returns how many times as much another one costs, as a text.
---@param row bench.Row
---@param other { [1]: string, [2]: number? }
---@return string  "AWS CLI 42", "skopeo: not on this machine"
function M.ratio(row, other)
  if not other[2] then
    return other[1] .. ": not on this machine"
  end
  local times = other[2] / row.lanyard
  if row.more_is_better then times = 1 / times end
  return ("%s %s"):format(other[1], times >= 100 and ("%.0f"):format(times) or ("%.3g"):format(times))
end

--- Prints a row.
---@param row bench.Row
function M.row(row)
  local cells = {}
  for _, peer in ipairs(row.peers or {}) do cells[#cells + 1] = M.ratio(row, peer) end
  if row.floor then cells[#cells + 1] = "floor: " .. M.ratio(row, row.floor) end
  print(("  %-58s %10.4g   %s"):format(row.work, row.lanyard, table.concat(cells, "; ")))
  append { row = row }
end

--- Adds a line to the plot of costs against sizes.
---@param name string
---@param points number[][]  { size, cost }, in any unit; the plot shows each cost as a multiple of the first
function M.series(name, points)
  local shown = {}
  for i, point in ipairs(points) do shown[i] = ("%g: %.3g"):format(point[1], point[2] / points[1][2]) end
  print(("  %-58s %s"):format(name .. ", growth", table.concat(shown, ", ")))
  append { series = { name = name, points = points } }
end

--- Returns the median of numbers, which it sorts.
---@param values number[]
---@return number
function M.median(values)
  table.sort(values)
  return values[#values // 2 + 1]
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

--- Runs a program that prints one number. Nil if the machine lacks the program or what it needs.
---@param words string[]
---@param environment? table<string, string>
---@return number?
function M.number(words, environment)
  local result = helper.run(words, environment)
  return result.status == 0 and tonumber(result.out:match "%S+") or nil
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

return M
