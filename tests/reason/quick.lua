-- A quick test of the questions about every possible request, for mutants.lua. The answers of the oracle do not depend on
-- the engine, and take most of the time; so they are recorded once.
--   lua5.4 tests/reason/quick.lua BUILD record FILE [PAIRS]   writes PAIRS pairs of each profile with their answers
--   lua5.4 tests/reason/quick.lua BUILD check FILE [PART]     exits with 1 at the first wrong answer of the engine
--                                                             to one of the pairs; with PART, to one PART-th of them

package.path = "./lua/?.lua;./lua/?/init.lua;./tests/support/?.lua;" .. package.path
package.cpath = arg[1] .. "/?.so;" .. package.cpath

assert(require "reason.oracle") -- before lanyard.policy
local documents = require "reason.documents"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local profiles = require "reason.profiles"
local torture = require "torture"
local trial = require "reason.trial"

local STRIDE = 97

local action, path = arg[2], assert(arg[3], "usage: quick.lua BUILD record|check FILE [PAIRS]")

-- Returns why the engine's answer to a case is wrong, or nil, and whether it is undecided.
local function fault_of(case)
  local before, after = trial.parse(case.before), trial.parse(case.after)
  local found, undecided, reason = policy.new_access(before, after, case.profile.options)
  local fault = trial.fault(case.expected, case.example, before, after, case.profile, found, undecided, reason)
  return fault and ("%s: %s\n  before %s\n  after  %s"):format(case.name, fault, before, after), undecided ~= nil
end

-- What trial.fault reads of a profile.
local FIELDS = { "options", "without_colons", "one_matcher", "sampled", "undecided" }

-- Writes a line for each pair and way: { name, profile, before, after, expected, example }. Leaves out what the engine
-- does not decide, which costs most time, and what it answers wrongly, which it prints.
local function record(file, pairs_)
  for _, name in ipairs(profiles.names) do
    local profile, random = profiles.makers[name](), torture.random()
    local generator = documents.generator(profile, random)
    for _ = 1, pairs_ do
      local before, after = generator:pair()
      for _, way in ipairs { { before, after }, { after, before } } do
        local case = { name = name, profile = {}, before = way[1], after = way[2] }
        for _, field in ipairs(FIELDS) do case.profile[field] = profile[field] end
        case.expected, case.example = profile.universe:differs(way[1], way[2])
        local fault, undecided = fault_of(case)
        case.profile.undecided = nil
        if fault then
          print("left out: " .. fault)
        elseif not undecided then
          file:write(json.encode(case), "\n")
        end
      end
    end
  end
end

if action == "record" then
  local file <close> = assert(io.open(path, "w"))
  record(file, math.tointeger(arg[4] or 100))
else
  local lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  for first = 1, STRIDE // (math.tointeger(arg[4] or 1)) do -- some of each profile first
    for i = first, #lines, STRIDE do
      local fault = fault_of(json.decode(lines[i]))
      if fault then
        print(fault)
        os.exit(1)
      end
    end
  end
end
