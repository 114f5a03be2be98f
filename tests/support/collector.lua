-- Runs a command of lanyard, and collects all garbage after each 1 to MOST instructions of Lua:
--
--     lanyard tests/support/collector.lua BUILD MOST SEED COMMAND...
--
-- BUILD is the folder with collector.so. The last line of stderr is the number of collections.

local build, most, seed = ...
local words = { select(4, ...) }

local collector = assert(package.loadlib(build .. "/collector.so", "luaopen_collector"))()
local main = require "lanyard.cli.main"

collector.start(math.tointeger(tonumber(most)), math.tointeger(tonumber(seed)))
local status = main(words)
io.stderr:write(collector.stop(), "\n")
return status
