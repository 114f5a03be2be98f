-- AWS's endpoint cases of all services (../shared/vectors/endpoint-rules), with the rule sets of botocore.
--
-- A folder of botocore's data is named by $LANYARD_BOTOCORE_DATA, or found through python3. It can be of another version
-- than the cases. A case with another result than expected is then evaluated by botocore itself with the same rule set:
-- its result must be lanyard's.

local botocore = require "botocore"
local endpoint = require "lanyard.endpoint"
local helper = require "helper"
local json = require "lanyard.json"

local FOLDER = helper.vectors .. "/endpoint-rules"

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for name, value in pairs(a) do
    if not same(value, b[name]) then return false end
  end
  for name in pairs(b) do
    if a[name] == nil then return false end
  end
  return true
end

-- The result of a case in the form of `expect`.
local function result_of(rules, case, partitions)
  local found, err = endpoint.resolve(rules, case.params or {}, partitions)
  if not found then
    return { error = err.message }, err.code
  end
  local result = { url = found.url }
  result.headers = next(found.headers) and found.headers or nil
  result.properties = next(found.properties) and found.properties or nil
  return { endpoint = result }
end

-- Runs the cases of a service. Returns the number of cases as expected, and the others.
local function run(service, rules, partitions)
  local passed, others = 0, {}
  for number, case in ipairs(assert(json.decode(helper.read(("%s/%s.json"):format(FOLDER, service)))).testCases) do
    local result, code = result_of(rules, case, partitions)
    if same(result, case.expect) then
      passed = passed + 1
    else
      others[#others + 1] = { service = service, number = number, params = case.params or {}, result = result, code = code }
    end
  end
  return passed, others
end

-- Returns the cases that botocore answers otherwise than lanyard.
local function disagreements(data, others)
  local found = {}
  for i, answer in ipairs(others[1] and data:oracle("endpoint_oracle.py", others) or {}) do
    local other = others[i]
    local agreed = answer.unknown and other.result.error and other.result.error:find "^the endpoint rules have no parameter"
      or answer.raised and other.result.error and other.result.error:find "is required$"
      or (answer.raised or answer.error) and other.code == "InvalidModel"
      or same(answer, other.result)
    if not agreed then
      found[#found + 1] = ("%s %d: %s; botocore: %s"):format(other.service, other.number, json.encode(other.result), json.encode(answer))
    end
  end
  return found
end

describe("AWS's endpoint cases", function()
  local names = {}
  for name in io.popen("ls " .. FOLDER .. " 2>/dev/null"):lines() do
    names[#names + 1] = name:match "^(.+)%.json$"
  end
  for _, data in ipairs(botocore.folders()) do
    local partitions = names[1] and data:partitions()
    if not partitions or not partitions.partitions then
      pending(("with botocore %s: the cases or partitions.json are missing"):format(data.version))
      goto continue
    end
    it(("pass with the rule sets of botocore %s"):format(data.version), function()
      local passed, others, services, absent = 0, {}, 0, {}
      for _, service in ipairs(names) do
        local rules, err = data:file(service, "endpoint-rule-set-1.json")
        if rules then
          assert(endpoint.check(rules, partitions))
          local count, different = run(service, rules, partitions)
          passed, services = passed + count, services + 1
          table.move(different, 1, #different, #others + 1, others)
        else
          -- The rule sets of s3 and s3control in old versions have more levels than lanyard.json reads.
          assert.truthy(not err or err.message:find "nested deeper than 64", err)
          absent[#absent + 1] = service
        end
      end
      print(("# botocore %s: %d services, %d cases as expected, %d that its own evaluator answers alike; without rules: %d")
        :format(data.version, services, passed, #others, #absent))
      assert.truthy(passed > 1000)
      assert.same({}, disagreements(data, others))
    end)
    ::continue::
  end
  if not botocore.folders()[1] then
    pending "need botocore: set LANYARD_BOTOCORE_DATA or install it for python3"
  end
end)
