-- A quick test of the questions about every request, for mutants.lua: exits with 1 at the first fault.
--   lua5.4 tests/reason/quick.lua BUILD PAIRS

package.path = "./lua/?.lua;./lua/?/init.lua;./tests/support/?.lua;" .. package.path
package.cpath = arg[1] .. "/?.so;" .. package.cpath

assert(require "reason.oracle") -- before lanyard.policy
local documents = require "reason.documents"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local profiles = require "reason.profiles"
local torture = require "torture"
local trial = require "reason.trial"

local most = math.tointeger(arg[2])

local function check_vectors(path)
  local file = io.open(path)
  if not file then
    return
  end
  for _, case in ipairs(json.decode(file:read "a")) do
    local before, after = policy.parse(json.encode(case.before)), policy.parse(json.encode(case.after))
    local found, undecided = policy.new_access(before, after, { kind = case.kind })
    if undecided or (found ~= nil) ~= case.new_access then
      print("pair " .. case.id)
      os.exit(1)
    end
  end
  file:close()
end

check_vectors((os.getenv "LANYARD_VECTORS" or "../shared/vectors") .. "/reasoning/pairs.json")
for _, name in ipairs(profiles.names) do
  local run = trial.run(profiles.makers[name](), documents, torture.random(), { pairs = most, seconds = 4, first = true })
  if run.count > 0 then
    print(name .. ": " .. run.faults[1])
    os.exit(1)
  end
end
