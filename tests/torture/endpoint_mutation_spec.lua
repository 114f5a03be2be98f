-- Models that are damaged at random: endpoint rules, diagrams, partitions, paginators and waiters are used or are errors,
-- and never raise one.

local diagram = require "diagram"
local endpoint = require "lanyard.endpoint"
local json = require "lanyard.json"
local model = require "lanyard.model"
local model_waiters = require "lanyard.aws.model_waiters"
local pages = require "lanyard.aws.pages"
local torture = require "torture"

local CASES = torture.choose(3000, 100000)
local random = torture.random()

local RULES = [[{"version":"1.1","parameters":{"Region":{"type":"string","builtIn":"AWS::Region","required":true,"default":"us-east-1"},
  "Fips":{"type":"boolean","required":true,"default":false},"Names":{"type":"stringArray"},"Bucket":{"type":"string"}},
  "rules":[{"type":"tree","conditions":[{"fn":"isSet","argv":[{"ref":"Bucket"}]},{"fn":"aws.partition","argv":[{"ref":"Region"}],"assign":"p"}],
    "rules":[{"type":"endpoint","conditions":[{"fn":"aws.parseArn","argv":[{"ref":"Bucket"}],"assign":"arn"},
        {"fn":"getAttr","argv":[{"ref":"arn"},"resourceId[0]"],"assign":"id"},
        {"fn":"isValidHostLabel","argv":[{"ref":"id"},false]}],
        "endpoint":{"url":"https://{id}.{arn#region}.{p#dnsSuffix}","headers":{"x-id":["{id}",{"ref":"id"}]},
          "properties":{"authSchemes":[{"name":"sigv4","signingName":"s3","disableDoubleEncoding":true,"signingRegion":"{arn#region}"}]}}},
      {"type":"endpoint","conditions":[{"fn":"aws.isVirtualHostableS3Bucket","argv":[{"ref":"Bucket"},true]},
        {"fn":"not","argv":[{"fn":"booleanEquals","argv":[{"ref":"Fips"},true]}]}],"endpoint":{"url":"https://{Bucket}.s3"}},
      {"type":"endpoint","conditions":[{"fn":"parseURL","argv":[{"ref":"Bucket"}],"assign":"url"}],
        "endpoint":{"url":"{url#scheme}://{url#authority}{url#normalizedPath}"}},
      {"type":"error","conditions":[{"fn":"substring","argv":[{"ref":"Bucket"},0,4,true],"assign":"end"},
        {"fn":"stringEquals","argv":[{"ref":"end"},"xyz!"]}],"error":{"fn":"uriEncode","argv":[{"ref":"Bucket"}]}},
      {"type":"error","conditions":[],"error":"{{ {Bucket} }} is wrong"}]},
   {"type":"endpoint","conditions":[{"fn":"isSet","argv":[{"ref":"Names"}]},{"fn":"getAttr","argv":[{"ref":"Names"},"[-1]"],"assign":"last"},
      {"fn":"split","argv":[{"ref":"last"},"-",2],"assign":"parts"}],"endpoint":{"url":"https://{parts#[0]}.list"}},
   {"type":"endpoint","conditions":[{"fn":"ite","argv":[{"ref":"Fips"},"-fips",""],"assign":"suffix"},
      {"fn":"coalesce","argv":[{"ref":"Bucket"},"none"]}],"endpoint":{"url":"https://x{suffix}.{Region}"}}]}]]

local PARTITIONS = [[{"partitions":[{"id":"aws","regionRegex":"^(us|eu)\\-\\w+\\-\\d+$","regions":{"aws-global":{"description":"x"}},
  "outputs":{"name":"aws","dnsSuffix":"amazonaws.com","supportsFIPS":true}},
  {"id":"aws-cn","regionRegex":"^cn\\-\\w+\\-\\d+$","regions":{},"outputs":{"dnsSuffix":"amazonaws.com.cn"}}]}]]

local SERVICE = [[{"metadata":{},"operations":{"Get":{"errors":[{"shape":"Gone"}]}},"shapes":{"Gone":{"type":"structure","error":{"code":"gone"}}},
  "waiters":{"Ready":{"operation":"Get","delay":1,"maxAttempts":2,"acceptors":[
    {"state":"success","matcher":"path","argument":"State","expected":"DONE"},
    {"state":"retry","matcher":"pathAll","argument":"Things[].State","expected":"A"},
    {"state":"failure","matcher":"pathAny","argument":"Things[?Name=='x'].State","expected":"B"},
    {"state":"success","matcher":"error","expected":"Gone"},{"state":"retry","matcher":"status","expected":404}]}},
  "paginators":{"List":{"input_token":["Marker","Other"],"output_token":["Next || Things[-1].Name","Deep.Token"],"more_results":"More",
    "result_key":["Things","Deep.Items"],"limit_key":"Size","non_aggregate_keys":["Owner"]}}}]]

local REPLY = [[{"State":"B","Things":[{"State":"A","Name":"x"},{"State":"DONE"}],"Next":"t","Deep":{"Token":{"a":1},"Items":[1]},"More":true}]]

local SCALARS = { "", "x", "{", "{Region", "{Region#}", "{p#dnsSuffix[0]}", "a.b[0]", "isSet", "getAttr", "tree", "endpoint",
  "error", "^(", "^a{2}$", "[*", "aws", 0, 1, -1, 2.5, 1 << 40, true, false, json.null, "AAAA", "path", "Next", "\255" }

local function any(depth)
  local kind = random(4)
  if kind == 1 and depth > 0 then
    return json.array { any(depth - 1), any(depth - 1) }
  elseif kind == 2 and depth > 0 then
    return { [SCALARS[random(12)]] = any(depth - 1), ref = random(2) == 1 and any(0) or nil, fn = random(3) == 1 and any(0) or nil }
  end
  return SCALARS[random(#SCALARS)]
end

-- Changes one value somewhere in a table: replaces it, removes it, or copies another one to its place.
local function damage(root)
  local at = root
  while true do
    local names = {}
    for name in pairs(at) do names[#names + 1] = name end
    table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
    if #names == 0 then return end
    local name = names[random(#names)]
    if type(at[name]) == "table" and random(5) > 1 then
      at = at[name]
    else
      local kind = random(4)
      if kind == 1 and type(name) == "string" then
        at[name] = nil
      elseif kind == 2 then
        at[name] = at[names[random(#names)]]
      else
        at[name] = any(2)
      end
      return
    end
  end
end

local function damaged(text, times)
  local value = assert(json.decode(text))
  for _ = 1, times do damage(value) end
  return value
end

-- Parameters of the right types.
local function parameters()
  local function text()
    return ({ "logs", "arn:aws:s3:us-east-1:1:ap/x", "https://a:1/b?c", "a_b", "xyz!", "", "é", "1.2.3.4" })[random(8)]
  end
  return { Region = ({ "us-east-1", "cn-north-1", "", "x y" })[random(4)], Fips = random(2) == 1, Bucket = random(3) > 1 and text() or nil,
    Names = random(2) == 1 and { text(), text() } or nil }
end

local CODES = { NoEndpoint = true, InvalidModel = true }

-- Resolves, and counts endpoints and errors.
local function try(counts, rules, partitions)
  local ok, err = endpoint.check(rules, partitions)
  assert(ok or CODES[err.code], "check")
  local given = parameters()
  for name in pairs(given) do
    if type(rules.parameters) ~= "table" or rules.parameters[name] == nil then given[name] = nil end
  end
  local found
  found, err = endpoint.resolve(rules, given, partitions)
  assert(found and type(found.url) == "string" or CODES[err.code], "resolve")
  counts[found and "endpoints" or err.code] = (counts[found and "endpoints" or err.code] or 0) + 1
end

describe("damaged models", function()
  it("have endpoint rules that are evaluated or are errors", function()
    local counts = {}
    for _ = 1, CASES do
      local rules, partitions = damaged(RULES, random(3)), damaged(PARTITIONS, random(3) - 1)
      try(counts, rules, partitions)
    end
    torture.report("damaged endpoint rules", CASES, ("%d endpoints, %d errors of the rules, %d of the model")
      :format(counts.endpoints or 0, counts.NoEndpoint or 0, counts.InvalidModel or 0))
    assert.truthy(counts.endpoints > CASES / 20 and counts.InvalidModel > CASES / 20)
  end)

  it("have diagrams that are evaluated or are errors", function()
    local counts, partitions = {}, assert(json.decode(PARTITIONS))
    for _ = 1, CASES do
      local made = diagram(assert(json.decode(RULES)))
      for _ = 1, random(3) do damage(made) end
      if random(2) == 1 and type(made.nodes) == "string" then
        local position = random(#made.nodes + 1)
        made.nodes = made.nodes:sub(1, position - 1) .. "A" .. made.nodes:sub(position + 1)
      end
      try(counts, made, partitions)
    end
    torture.report("damaged diagrams", CASES, (counts.endpoints or 0) .. " endpoints")
    assert.truthy(counts.endpoints > CASES / 20 and counts.InvalidModel > CASES / 20)
  end)

  it("have paginators and waiters that work or are errors", function()
    local used = 0
    for _ = 1, CASES do
      local data, reply = damaged(SERVICE, 0), damaged(REPLY, random(3) - 1)
      damage(data.paginators)
      damage(data.waiters)
      local list = data.paginators.List
      local paginator, err = nil, { code = "InvalidModel" }
      if type(list) == "table" then paginator, err = pages.compile(list, "List") end
      assert(paginator or err.code == "InvalidModel")
      if paginator and type(reply) == "table" then
        local _, failed = pages.tokens(paginator, reply)
        assert(not failed or failed.code)
        used = used + 1
      end
      local waiter, failed = model_waiters.compile(model.new(data), "Ready")
      if waiter and type(reply) == "table" then
        waiter.judge(reply, nil)
        waiter.judge(nil, { code = "Gone", status = 400 })
        assert(type(waiter.observed(reply, nil)) == "string")
      else
        assert(waiter or failed == nil or failed.code == "InvalidModel")
      end
    end
    torture.report("damaged paginators and waiters", CASES, used .. " paginators used")
    assert.truthy(used > CASES / 20)
  end)
end)
