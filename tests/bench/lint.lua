-- Measures the checks of policies of several sizes, on parsed documents, and how the cost grows with the statements and
-- with the findings.
--   lua5.4 tests/bench/lint.lua BUILD

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = arg[1] .. "/?.so;" .. package.cpath

local bench = require "bench"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

local ROUNDS = 3
local COUNTS = { 6, 60, 600 }

local function document(count, statement)
  local statements = json.array {}
  for i = 1, count do statements[i] = statement(i) end
  return assert(policy.parse(json.encode { Version = "2012-10-17", Statement = statements }))
end

local ACTIONS = json.array { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }

-- The forms of statements.
local FORMS = {
  { "roles of one account", function(i)
    return { Sid = "Pull" .. i, Effect = "Allow", Action = ACTIONS,
      Principal = { AWS = ("arn:aws:iam::111122223333:role/team/service-%d"):format(i) } }
  end },
  { "actions on buckets", function(i)
    return { Sid = "Use" .. i, Effect = "Allow", Action = "s3:GetObject", Resource = ("arn:aws:s3:::bucket-%d/*"):format(i) }
  end },
  { "a finding in each", function(i)
    return { Sid = "Open" .. i, Effect = "Allow", Principal = "*", Action = "ecr:BatchGetImage",
      Condition = { StringEquals = { ["aws:PrincialOrgID"] = "o-a1b2c3d4e" .. i } } }
  end, true },
}

-- Returns the milliseconds of one check.
local function measure(doc)
  local runs, start = 0, os.clock()
  local taken
  repeat
    doc:lint()
    runs = runs + 1
    taken = os.clock() - start
  until taken > 0.1
  return taken / runs * 1e3
end

print "policies checked"
for _, form in ipairs(FORMS) do
  local name, statement, has_findings = table.unpack(form)
  local functions, sizes, points = {}, {}, {}
  for i, count in ipairs(COUNTS) do
    local doc = document(count, statement)
    sizes[i] = has_findings and #doc:lint() or count
    functions[i] = function() return measure(doc) end
  end
  local found = bench.medians(ROUNDS, functions)
  for i, count in ipairs(COUNTS) do
    points[i] = { sizes[i], found[i] }
    if count > 6 then
      bench.row { work = ("%d statements, %s"):format(count, name), unit = "ms", lanyard = found[i],
        readme = i == 2 and not has_findings and name:find "roles" and "a policy of 60 statements checked (`policy lint`)" or nil }
    end
  end
  bench.series((has_findings and "findings of `policy lint`" or "statements of `policy lint`, ") .. (has_findings and "" or name), points)
end
