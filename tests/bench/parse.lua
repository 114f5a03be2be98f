-- Measures how fast policies of several sizes are parsed: in C and from Lua, beside the JSON readers of other languages
-- that the machine has, which keep neither positions nor spelling; of these, simdjson is the floor. Prints MB/s of processor time, the best of several
-- turns in which every reader runs once.
--   lua5.4 tests/bench/parse.lua BUILD

local build = arg[1]
package.cpath = build .. "/?.so;" .. package.cpath
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path

local bench = require "bench"
local helper = require "helper"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

local TURNS = 3
local SIZES = { 0.3, 2, 16, 32, 64, 128 } -- KB

local PYTHON = [==[
import json, sys, time
try:
    import orjson
except ImportError:
    orjson = None
def measure(name, load, values):
    for value in values:
        best = 0
        for turn in range(3):
            runs, batch, start, taken = 0, 200000 // len(value) + 1, time.process_time(), 0
            while taken < 0.03:
                for i in range(batch):
                    load(value)
                runs += batch
                taken = time.process_time() - start
            best = max(best, runs * len(value) / taken / 1e6)
        print(name, best)
files = [open(name, "rb").read() for name in sys.argv[1:]]
measure("json.loads", json.loads, [f.decode() for f in files])
if orjson:
    measure("orjson", orjson.loads, files)
]==]

local NODE = [[
const fs = require("fs")
for (const name of process.argv.slice(2)) {
  const text = fs.readFileSync(name, "utf8"), batch = Math.floor(200000 / text.length) + 1
  let best = 0
  for (let turn = 0; turn < 3; turn++) {
    const start = process.cpuUsage()
    let runs = 0, taken = 0
    while (taken < 30000) {
      for (let i = 0; i < batch; i++) JSON.parse(text)
      runs += batch
      const used = process.cpuUsage(start)
      taken = used.user + used.system
    }
    best = Math.max(best, runs * text.length / taken)
  }
  console.log("JSON.parse", best)
}
]]

-- Returns a policy of at most `size` bytes, indented as people write it.
local function document(size)
  local statements, length = {}, 42
  repeat
    local number = #statements
    local statement = ([[{
      "Sid": "Pull-%d",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:role/team/service-%d"},
      "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    }]]):format(number, number)
    length = length + #statement + 2
    if length <= size then statements[#statements + 1] = statement end
  until length > size
  return ('{"Version": "2012-10-17", "Statement": [%s]}'):format(table.concat(statements, ", "))
end

local folder <close> = helper.folder()

local function write_temporary(name, text)
  local path = folder .. "/" .. name
  helper.write(path, text)
  return path
end

local texts, files = {}, {}
for i, size in ipairs(SIZES) do
  texts[i] = document(size * 1024)
  files[i] = write_temporary(i .. ".json", texts[i])
end
local python, node = write_temporary("peers.py", PYTHON), write_temporary("peers.js", NODE)
local simdjson = folder .. "/simdjson"
helper.run { "g++", "-std=c++17", "-O3", "-o", simdjson, "tests/bench/simdjson.cpp", "-lsimdjson" }

local names, best = {}, {} -- [name][size] = MB/s

local function record(name, size, speed)
  if not best[name] then
    best[name] = {}
    names[#names + 1] = name
  end
  best[name][size] = math.max(best[name][size] or 0, speed)
end

local function lines_of(command)
  local pipe <close> = assert(io.popen(("%s %s 2> /dev/null"):format(command, table.concat(files, " "))))
  local list = {}
  for line in pipe:lines() do list[#list + 1] = line end
  return list
end

local function run_c()
  for size, line in ipairs(lines_of(build .. "/bench/parse_bench")) do
    local bytes = #texts[size]
    local copy, values, doc = line:match "^copy (%d+) json (%d+) policy (%d+)$"
    record("C: memcpy", size, bytes / copy * 1e3)
    record("C: json_parse", size, bytes / values * 1e3)
    record("C: policy_parse", size, bytes / doc * 1e3)
  end
end

local function run_lua(name, parse)
  for size, text in ipairs(texts) do
    local runs, batch, start, taken = 0, 200000 // #text + 1, os.clock(), 0
    while taken < 0.05 do
      for _ = 1, batch do parse(text) end
      runs = runs + batch
      taken = os.clock() - start
    end
    record(name, size, #text * runs / taken / 1e6)
  end
end

local function run_peer(command)
  local count = {}
  for _, line in ipairs(lines_of(command)) do
    local name, speed = line:match "^(%S+) (%S+)$"
    count[name] = (count[name] or 0) + 1
    record(name, count[name], tonumber(speed))
  end
end

local has_cjson, cjson = pcall(require, "cjson")
for _ = 1, TURNS do
  run_c()
  run_lua("Lua: policy.parse", policy.parse)
  run_lua("Lua: json.decode", json.decode)
  if has_cjson then run_lua("lua-cjson", cjson.decode) end
  run_peer("node " .. node)
  run_peer("python3 " .. python)
  run_peer(simdjson)
end

local function print_row(name, cells)
  for i, cell in ipairs(cells) do cells[i] = ("%9s"):format(cell) end
  print(("  %-22s%s"):format(name, table.concat(cells)))
end

print "policies parsed, MB/s"
local header = {}
for i, text in ipairs(texts) do header[i] = ("%.1f KB"):format(#text / 1024) end
print_row("", header)
for _, name in ipairs(names) do
  local cells = {}
  for size, speed in ipairs(best[name]) do cells[size] = ("%.0f"):format(speed) end
  print_row(name, cells)
end

local function others(names_of_others, size)
  local list = {}
  for i, name in ipairs(names_of_others) do list[i] = { name, best[name] and best[name][size] } end
  return list
end

for _, size in ipairs { 1, 2, 4, 6 } do
  for _, name in ipairs { "C: policy_parse", "Lua: policy.parse" } do
    bench.row { work = ("%s, %.1f KB"):format(name, #texts[size] / 1024), unit = "MB/s", lanyard = best[name][size],
      peers = others({ "JSON.parse", "json.loads", "orjson" }, size), floors = others({ "simdjson" }, size),
      more_is_better = true, aim = name:find "C:" and "700 MB/s" or "350 MB/s",
      readme = size == 2 and name:find "Lua" and "a policy of 2 KB parsed" or nil }
  end
end
for _, name in ipairs { "C: policy_parse", "Lua: policy.parse" } do
  local points = {}
  for size, text in ipairs(texts) do points[size] = { #text, #text / best[name][size] } end
  bench.series("bytes of a policy, " .. name, points)
end
