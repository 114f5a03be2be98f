-- New access compared with an enumeration of all requests of small universes (tests/support/reason), 100,000 pairs in the
-- long run; and with z3.

assert(require "reason.oracle") -- before lanyard.policy
local documents = require "reason.documents"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local profiles = require "reason.profiles"
local torture = require "torture"
local trial = require "reason.trial"
local witness = require "reason.witness"
local z3 = require "reason.z3"

describe("new access", function()
  for _, name in ipairs(profiles.names) do
    it("equals the enumeration: " .. name, function()
      local run = trial.run(profiles.makers[name](), documents, torture.random(), { pairs = torture.choose(8, 6000) })
      torture.report("reason, " .. name, run.pairs,
        ("%d with new access, %d with possible access, %d without"):format(run.certain, run.possible, run.none))
      assert.equal("", table.concat(run.faults, "\n", 1, math.min(#run.faults, 3)))
    end)
  end

  if not z3.is_installed() then
    pending("compared with z3: z3 is not installed")
    return
  end

  it("equals the answer of z3", function()
    local profile, random = profiles.makers.z3(), torture.random()
    local generator, cases, unknown, faults = documents.generator(profile, random), torture.choose(30, 5000), 0, {}
    for _ = 1, cases do
      local before, after = generator:pair()
      local expected = z3.ask(before, after)
      local first, second = policy.parse(json.encode(before)), policy.parse(json.encode(after))
      local found, undecided, reason = policy.new_access(first, second, profile.options)
      local answer = undecided and "undecided: " .. tostring(reason) or found and found.certain and "sat" or "unsat"
      local fault = found and witness.fault(first, second, found, profile.options)
      unknown = unknown + (expected == "unknown" and 1 or 0)
      if fault or expected ~= "unknown" and answer ~= expected then
        faults[#faults + 1] = ("z3: %s, found: %s %s\n  before %s\n  after  %s"):format(expected, answer, fault or "",
          json.encode(before), json.encode(after))
      end
    end
    torture.report("reason, z3", cases, ("%d unknown to z3"):format(unknown))
    assert.equal("", table.concat(faults, "\n", 1, math.min(#faults, 3)))
    assert.is_true(unknown * 10 < cases, "z3 does not know most answers")
  end)
end)
