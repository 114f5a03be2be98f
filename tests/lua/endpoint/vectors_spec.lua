-- AWS's endpoint cases of all services (../shared/vectors/endpoint-rules), with the rule sets of botocore.
--
-- A folder of botocore's data is named by $LANYARD_BOTOCORE_DATA, or found through python3. It can be of another version
-- than the cases. A case with another result than expected is then evaluated by botocore itself with the same rule set:
-- its result must be lanyard's.

local botocore = require "botocore"
local diagram = require "diagram"
local endpoint = require "lanyard.endpoint"
local helper = require "helper"
local json = require "lanyard.json"
local model = require "lanyard.model"
local parameters = require "lanyard.endpoint.parameters"

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

-- The result of parameters in the form of `expect`.
local function result_of(rules, given, partitions)
  local found, err = endpoint.resolve(rules, given, partitions)
  if not found then
    return { error = err.message }, err.code
  end
  local result = { url = found.url }
  result.headers = next(found.headers) and found.headers or nil
  result.properties = next(found.properties) and found.properties or nil
  return { endpoint = result }
end

local function cases_of(service)
  return assert(json.decode(helper.read(("%s/%s.json"):format(FOLDER, service)))).testCases
end

-- Runs the cases of a service. Returns the number of cases as expected, and the others.
local function run(service, rules, partitions)
  local passed, others = 0, {}
  for number, case in ipairs(cases_of(service)) do
    local result, code = result_of(rules, case.params or {}, partitions)
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
      -- Old rules of S3 take any name of a bucket in the ARN of an outpost; lanyard refuses what is not a URL.
      or answer.endpoint and answer.endpoint.url:find "#" and other.code == "InvalidModel"
      or same(answer, other.result)
    if not agreed then
      found[#found + 1] = ("%s %d: %s; botocore: %s"):format(other.service, other.number, json.encode(other.result), json.encode(answer))
    end
  end
  return found
end

local function has_calls(cases)
  for _, case in ipairs(cases) do
    if case.operationInputs then return true end
  end
  return false
end

local function service_of(data, name)
  local described = data:file(name, "service-2.json")
  if described then
    described.rules = data:file(name, "endpoint-rule-set-1.json")
    return model.new(described)
  end
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
          assert.is_nil(err)
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
  local newest = botocore.folders()[1]
  it("have the same results with diagrams of the rules", function()
    local partitions = newest and names[1] and newest:partitions()
    if not partitions then
      return pending "need the cases and botocore"
    end
    local count = 0
    for name in ("s3 s3control dynamodb kinesis iam sts sesv2 events cloudfront-keyvaluestore arc-region-switch"):gmatch "%S+" do
      local rules = newest:file(name, "endpoint-rule-set-1.json")
      local made = rules and diagram(rules)
      for number, case in ipairs(made and cases_of(name) or {}) do
        local expected = result_of(rules, case.params or {}, partitions)
        assert.truthy(same(expected, (result_of(made, case.params or {}, partitions))), name .. " " .. number)
        count = count + 1
      end
    end
    print(("# %d cases with diagrams"):format(count))
    assert.truthy(count > 500)
  end)

  -- Four cases of S3 expect that path-style addressing is rejected for ARNs; lanyard and the AWS CLI ignore it.
  it("pass with the parameters of calls, as lanyard finds them", function()
    local partitions = newest and names[1] and newest:partitions()
    if not partitions then
      return pending "need the cases and botocore"
    end
    local passed, absent, others = 0, 0, {}
    for _, name in ipairs(names) do
      local cases = cases_of(name)
      local service = has_calls(cases) and service_of(newest, name)
      for number, case in ipairs(service and cases or {}) do
        for _, call in ipairs(case.operationInputs or {}) do
          local operation = service:operation(call.operationName)
          local given = operation and assert(parameters.of(service, operation, call.operationParams or {},
            function(built_in) return call.builtInParams[built_in] end))
          if not given then
            absent = absent + 1 -- the model is older than the case
          elseif same(result_of(service.rules, given, partitions), result_of(service.rules, case.params, partitions)) then
            passed = passed + 1
          elseif not (case.params.ForcePathStyle and given.Bucket:find "^arn:") then
            others[#others + 1] = { name = name .. " " .. number, given = given, params = case.params }
          end
        end
      end
    end
        print(("# parameters of calls: %d as expected, %d of operations that botocore %s lacks"):format(passed, absent, newest.version))
    assert.same({}, others)
  end)
  if not newest then
    pending "need botocore: set LANYARD_BOTOCORE_DATA or install it for python3"
  end
end)
