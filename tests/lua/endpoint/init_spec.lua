-- The rules of endpoint rule sets: https://smithy.io/2.0/additional-specs/rules-engine/specification.html

local endpoint = require "lanyard.endpoint"
local json = require "lanyard.json"

local PARTITIONS = { partitions = {
  { id = "aws", regionRegex = [[^(us|eu)\-\w+\-\d+$]], regions = {}, outputs = { name = "aws", dnsSuffix = "amazonaws.com" } },
} }

local function rule_set(text)
  return assert(json.decode(text))
end

-- Resolves with rules and parameters in JSON. Returns the URL, or the message and the code of the error.
local function url_of(rules, given)
  local found, err = endpoint.resolve(type(rules) == "string" and rule_set(rules) or rules, given or {}, PARTITIONS)
  return found and found.url or err.message, err and err.code
end

local function of_rules(rules, parameters)
  return rule_set(('{"version":"1.0","parameters":%s,"rules":[%s]}'):format(parameters or '{"A":{"type":"string"},"B":{"type":"boolean"}}', rules))
end

local IS_A = '{"fn":"isSet","argv":[{"ref":"A"}]}'
local ALWAYS = '{"type":"endpoint","conditions":[],"endpoint":{"url":"https://default"}}'

describe("rules", function()
  it("are tried in order until the conditions of one hold", function()
    local rules = of_rules('{"type":"endpoint","conditions":[' .. IS_A .. '],"endpoint":{"url":"https://{A}.x"}},' .. ALWAYS)
    assert.equal("https://one.x", url_of(rules, { A = "one" }))
    assert.equal("https://default", url_of(rules))
  end)

  it("are errors with the message of the rule set", function()
    local rules = of_rules('{"type":"error","conditions":[' .. IS_A .. '],"error":"{A} is not allowed"},' .. ALWAYS)
    local message, code = url_of(rules, { A = "x" })
    assert.same({ "x is not allowed", "NoEndpoint" }, { message, code })
  end)

  it("below a tree decide alone once its conditions hold", function()
    local tree = '{"type":"tree","conditions":[' .. IS_A .. '],"rules":[{"type":"endpoint","conditions":[{"fn":"stringEquals",'
      .. '"argv":[{"ref":"A"},"one"]}],"endpoint":{"url":"https://one"}}]},' .. ALWAYS
    assert.equal("https://one", url_of(of_rules(tree), { A = "one" }))
    assert.equal("https://default", url_of(of_rules(tree)))
    local message, code = url_of(of_rules(tree), { A = "two" })
    assert.equal("the endpoint rules cannot be evaluated: rules.0.rules: no rule holds", message)
    assert.equal("InvalidModel", code)
  end)

  it("see what their conditions and those above assign", function()
    local rules = of_rules [[{"type":"tree","conditions":[{"fn":"parseURL","argv":[{"ref":"A"}],"assign":"url"}],"rules":[
      {"type":"endpoint","conditions":[{"fn":"getAttr","argv":[{"ref":"url"},"scheme"],"assign":"s"},
        {"fn":"stringEquals","argv":[{"ref":"s"},"http"]}],"endpoint":{"url":"http://{url#authority}/plain"}},
      {"type":"endpoint","conditions":[],"endpoint":{"url":"{url#scheme}://{url#authority}{url#path}"}}]}]]
    assert.equal("http://a/plain", url_of(rules, { A = "http://a" }))
    assert.equal("https://a/b", url_of(rules, { A = "https://a/b" }))
    local outside = of_rules('{"type":"endpoint","conditions":[{"fn":"parseURL","argv":[{"ref":"A"}],"assign":"url"}],'
      .. '"endpoint":{"url":"https://x"}},{"type":"endpoint","conditions":[],"endpoint":{"url":"https://{url#authority}"}}')
    assert.matches("rules%.1%.endpoint%.url: 'url' is neither a parameter nor assigned", (url_of(outside, { A = "no" })))
  end)

  it("give headers, properties and authentication schemes with templates", function()
    local rules = of_rules [[{"type":"endpoint","conditions":[{"fn":"isSet","argv":[{"ref":"A"}]}],"endpoint":{"url":"https://x",
      "headers":{"x-a":["{A}",{"ref":"A"},"b"]},
      "properties":{"authSchemes":[{"name":"sigv4a","signingName":"{A}","signingRegionSet":["*"],"disableDoubleEncoding":true}],
        "deep":{"list":["{{{A}}}",true]}}}}]]
    local found = assert(endpoint.resolve(rules, { A = "s3" }, PARTITIONS))
    assert.same({ ["x-a"] = { "s3", "s3", "b" } }, found.headers)
    assert.same({ { name = "sigv4a", signingName = "s3", signingRegionSet = { "*" }, disableDoubleEncoding = true } }, found.auth_schemes)
    assert.same({ list = { "{s3}", true } }, found.properties.deep)
    assert.is_nil(endpoint.resolve(of_rules(ALWAYS), {}, PARTITIONS).auth_schemes)
  end)

  it("index lists from both ends, and past them without a value", function()
    local parameters = '{"L":{"type":"stringArray"}}'
    local function nth(path)
      return of_rules(('{"type":"endpoint","conditions":[{"fn":"isSet","argv":[{"ref":"L"}]},{"fn":"getAttr","argv":[{"ref":"L"},"%s"],"assign":"n"}],'
        .. '"endpoint":{"url":"https://{n}"}},%s'):format(path, ALWAYS), parameters)
    end
    assert.equal("https://b", url_of(nth "[1]", { L = { "a", "b", "c" } }))
    assert.equal("https://c", url_of(nth "[-1]", { L = { "a", "b", "c" } }))
    assert.equal("https://default", url_of(nth "[3]", { L = { "a", "b", "c" } }))
    assert.equal("https://default", url_of(nth "[-4]", { L = { "a", "b", "c" } }))
    assert.equal("https://default", url_of(nth "[0]", { L = {} }))
  end)
end)

describe("parameters", function()
  local rules = of_rules('{"type":"endpoint","conditions":[{"fn":"booleanEquals","argv":[{"ref":"Fips"},true]}],"endpoint":{"url":"https://fips.{Region}"}},'
    .. '{"type":"endpoint","conditions":[],"endpoint":{"url":"https://{Region}"}}',
    '{"Region":{"type":"String","required":true,"default":"us-west-5"},"Fips":{"type":"Boolean","required":true,"default":true},"Id":{"type":"string"}}')
  it("have defaults", function()
    assert.equal("https://fips.us-west-5", url_of(rules))
    assert.equal("https://us-west-5", url_of(rules, { Fips = false }))
    assert.equal("https://fips.us-east-1", url_of(rules, { Region = "us-east-1" }))
  end)
  it("can be required", function()
    local needs = of_rules(ALWAYS, '{"Id":{"type":"string","required":true}}')
    assert.same({ "the endpoint parameter Id is required", "NoEndpoint" }, { url_of(needs) })
    assert.equal("https://default", url_of(needs, { Id = "" }))
  end)
  it("of another name or type are errors", function()
    assert.equal("the endpoint rules have no parameter 'Regoin'", (url_of(rules, { Regoin = "x" })))
    assert.equal("the endpoint parameter Fips is of type string; boolean was expected", (url_of(rules, { Fips = "true" })))
    assert.equal("the endpoint parameter Region is of type table; string was expected", (url_of(rules, { Region = {} })))
  end)
  it("give the same endpoint again, if all are the same", function()
    local first = endpoint.resolve(rules, { Region = "a", Id = "" }, PARTITIONS)
    assert.equal(first, endpoint.resolve(rules, { Region = "a", Id = "" }, PARTITIONS))
    assert.not_equal(first, endpoint.resolve(rules, { Region = "a" }, PARTITIONS))
    local lists = of_rules('{"type":"endpoint","conditions":[{"fn":"isSet","argv":[{"ref":"L"}]},'
      .. '{"fn":"getAttr","argv":[{"ref":"L"},"[0]"],"assign":"n"}],"endpoint":{"url":"https://{n}"}},' .. ALWAYS, '{"L":{"type":"stringArray"}}')
    assert.equal("https://a", url_of(lists, { L = { "a", "b" } }))
    assert.equal("https://ab", url_of(lists, { L = { "ab" } }))
    for i = 1, 1200 do
      assert.equal("https://fips.r" .. i, url_of(rules, { Region = "r" .. i }))
    end
  end)
  it("cannot change where the host ends", function()
    for _, region in ipairs { "x/../y?a", "a b", "evil.com#", "u@evil.com", "x\n" } do
      local message, code = url_of(rules, { Region = region })
      assert.matches("is not a URL of an endpoint", message)
      assert.equal("InvalidModel", code)
    end
  end)
end)

-- Rows of a rule set that cannot be used, and a part of the message.
describe("a rule set", function()
  local function condition(text)
    return of_rules('{"type":"endpoint","conditions":[' .. text .. '],"endpoint":{"url":"https://x"}}')
  end
  local function url(text)
    return of_rules('{"type":"endpoint","conditions":[],"endpoint":{"url":' .. text .. '}}')
  end
  local deep, tree = true, rule_set(ALWAYS)
  for _ = 1, 120 do
    deep, tree = { fn = "not", argv = { deep } }, { type = "tree", conditions = {}, rules = { tree } }
  end
  for _, case in ipairs {
    { "with an unknown function", condition '{"fn":"aws.guess","argv":[]}', "rules.0.conditions.0: lanyard does not know the function 'aws.guess'" },
    { "with an unknown rule type", of_rules '{"type":"loop","conditions":[]}', "rules.0: lanyard does not know the rule type 'loop'" },
    { "with an unknown form", condition '{"fn":"not","argv":[{"iff":1,"x":2}]}', "rules.0.conditions.0.argv.0: lanyard does not know the form {iff, x}" },
    { "with too few arguments", condition '{"fn":"stringEquals","argv":["a"]}', "stringEquals has 1 arguments; 2 were expected" },
    { "with an unknown name", url '{"ref":"C"}', "rules.0.endpoint.url: 'C' is neither a parameter nor assigned" },
    { "with a wrong type", condition '{"fn":"booleanEquals","argv":["true",true]}',
      "booleanEquals: argument 1 is of type string; a value of type boolean was expected", true },
    { "that uses what is not set", condition '{"fn":"stringEquals","argv":[{"ref":"A"},"x"]}', "argument 1 is not set", true },
    { "with a template of what is not set", url '"https://{A}"', "{A} is not set; a text was expected", true },
    { "with an open brace", url '"https://{A"', "'https://{A' has a brace without its other" },
    { "with a closed brace", url '"https://A}"', "'https://A}' has a brace without its other" },
    { "with a missing attribute", url '"https://{A#b}"', "there is no 'b' in a", true },
    { "with a bad path", url '"https://{A#b[x]}"', "'b[x]' is not a path of an attribute" },
    { "without conditions", of_rules '{"type":"endpoint","endpoint":{"url":"https://x"}}', "rules.0: the rule has no list of conditions" },
    { "without endpoint", of_rules '{"type":"endpoint","conditions":[]}', "rules.0: the rule has no endpoint" },
    { "with null", url "null", "rules.0.endpoint.url: the expression is a userdata" },
    { "that assigns a parameter", condition '{"fn":"isSet","argv":[{"ref":"A"}],"assign":"B"}', "'B' cannot be assigned: it has a value" },
    { "with deep expressions", { parameters = {}, rules = { { type = "error", conditions = { deep }, error = "x" } } },
      "the expression is nested more than 50 times" },
    { "with a gap in its arguments", { parameters = {}, rules = { { type = "error", error = "x", conditions = {
      { fn = "stringEquals", argv = { nil, "x" } } } } } }, "rules.0.conditions.0.argv.0: the expression is a nil" },
    { "with deep rules", { parameters = {}, rules = { tree } }, "the rules are nested more than 100 times" },
    { "without rules", { parameters = {} }, "rules: a rule set was expected" },
    { "with an unknown parameter type", of_rules(ALWAYS, '{"A":{"type":"number"}}'), "parameters.A: lanyard does not know the type 'number'" },
    { "with a default of another type", of_rules(ALWAYS, '{"A":{"type":"string","default":true}}'), "parameters.A: the default is not of type string" },
    { "whose URL is a boolean", url "true", "rules.0.endpoint.url: a text was expected; it is a boolean", true },
    { "whose URL has another scheme", url '"ftp://x"', "the rules give 'ftp://x', which is not a URL of an endpoint", true },
  } do
    it(case[1] .. " is an error that says where", function()
      local message, code = url_of(case[2])
      assert.equal("InvalidModel", code)
      assert.truthy(message:find(case[3], 1, true), message)
      local ok, err = endpoint.check(case[2], PARTITIONS)
      assert.equal(case[4], ok)
      assert.truthy(case[4] or err.message:find(case[3], 1, true))
    end)
  end
end)

describe("partitions", function()
  local partitions = require "lanyard.endpoint.partitions"
  local find = partitions.new { partitions = {
    { id = "aws", regionRegex = [[^(us|eu|ap)\-\w+\-\d+$]], outputs = { name = "aws", dnsSuffix = "amazonaws.com" },
      regions = { ["aws-global"] = { description = "x" }, ["us-east-1"] = { dnsSuffix = "own.example" } } },
    { id = "aws-iso", regionRegex = [[^us\-iso\-\w+\-\d+$]], outputs = { dnsSuffix = "c2s.ic.gov" } },
    { id = "aws-eusc", regionRegex = [[^eusc\-(de)\-\w+\-\d+$]], outputs = { dnsSuffix = "amazonaws.eu" }, regions = {} },
  } }
  it("have Regions by name and by pattern", function()
    for region, name in pairs { ["us-east-9"] = "aws", ["aws-global"] = "aws", ["us-iso-east-1"] = "aws-iso", ["eusc-de-east-1"] = "aws-eusc",
      ["eusc-fr-east-1"] = "aws", ["us-iso-east"] = "aws", ["mars"] = "aws", [""] = "aws" } do
      assert.equal(name, find(region).name)
    end
  end)
  it("have attributes, which a Region can replace", function()
    assert.equal("own.example", find "us-east-1".dnsSuffix)
    assert.equal("amazonaws.com", find "us-east-2".dnsSuffix)
  end)
  for expression, text in pairs {
    ["^(a|(b|c))$"] = "has a form that lanyard does not know",
    ["^a{2}$"] = "has a form that lanyard does not know",
    ["abc"] = "has a form that lanyard does not know",
    ["^[a-z]+$"] = "has a form that lanyard does not know",
    [("(a|b)"):rep(10)] = "has more than 500 alternatives",
  } do
    it(("with the expression '%s' are an error"):format(expression:sub(1, 12)), function()
      local found, err = endpoint.resolve(of_rules(ALWAYS), {}, { partitions = { { id = "x", regionRegex = expression, outputs = {} } } })
      assert.is_nil(found)
      assert.equal("InvalidModel", err.code)
      assert.truthy(err.message:find("partitions.0.regionRegex: ", 1, true) and err.message:find(text, 1, true), err.message)
    end)
  end
  it("without a list are an error", function()
    local _, err = endpoint.resolve(of_rules(ALWAYS), {}, {})
    assert.equal("the endpoint rules cannot be evaluated: partitions: a list of partitions was expected", err.message)
  end)
end)
