-- Measures policy.new_access: ordinary policies of several sizes against changed ones, and hostile ones, of which the
-- worst end at the limit, which bounds their time. z3 answers some of the same kind in tests/bench/reason_z3.lua.
--   lua5.4 tests/bench/reason.lua BUILD

package.cpath = arg[1] .. "/?.so;" .. package.cpath
package.path = "./lua/?.lua;./lua/?/init.lua;./tests/support/?.lua;" .. package.path

local bench = require "bench"
local policy = require "lanyard.policy"
local sizes = require "reason.sizes"

local COUNTS = { 10, 30, 60, 120 }
local SHOWN = 60

-- Returns the milliseconds of an answer, the shortest of several, and the answer.
local function measure(before, after, options)
  local shortest, begun = math.huge, os.clock()
  local found, undecided
  repeat
    local start = os.clock()
    found, undecided = policy.new_access(before, after, options)
    shortest = math.min(shortest, os.clock() - start)
  until os.clock() - begun > 0.05
  return shortest * 1000, undecided and "undecided at the limit" or found and "new access" or "none"
end

print "questions about every possible request"
for _, form in ipairs(sizes.ordinary) do
  local points = {}
  for _, count in ipairs(COUNTS) do
    local time, answer = measure(form[2](count))
    if not answer:find "undecided" then points[#points + 1] = { count, time } end -- others took what the limit allows
    if count == SHOWN then
      bench.row { work = ("%d statements, %s: %s"):format(count, form[1], answer), unit = "ms", lanyard = time }
    end
  end
  if #points > 1 then bench.series("statements, new access, " .. form[1], points) end
end
for _, form in ipairs(sizes.hostile) do
  local time, answer = measure(form[2](SHOWN))
  bench.row { work = ("%d statements, hostile, %s: %s"):format(SHOWN, form[1], answer), unit = "ms", lanyard = time }
end
