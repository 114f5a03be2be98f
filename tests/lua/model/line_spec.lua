-- Lines of the index: every operation and shape is read as it was written, unusual ones too.

local json = require "lanyard.json"
local line = require "lanyard.model.line"
local names = require "lanyard.model.names"
local words = require "lanyard.model.words"

describe("the line of a shape", function()
  local SHAPES = {
    ["s"] = '{"type":"string"}', ["sa,b"] = '{"type":"string","enum":["a","b"]}', ['i{"max":5}'] = '{"type":"integer","max":5}',
    ["{"] = '{"type":"structure","members":[]}',
    ["{name!;Tags~List;x:Y"] =
      '{"type":"structure","members":[{"name":"name","shape":"Name"},{"name":"Tags","shape":"TagsList"},{"name":"x","shape":"Y"}],"required":["name"]}',
    ['{Body:Blob{"streaming":true};{"payload":"Body"}'] =
      '{"type":"structure","members":[{"name":"Body","shape":"Blob","streaming":true}],"payload":"Body"}',
    ['[:Tag{"locationName":"item"};{"min":1}'] = '{"type":"list","member":{"shape":"Tag","locationName":"item"},"min":1}',
    ["(:Key;:Value"] = '{"type":"map","key":{"shape":"Key"},"value":{"shape":"Value"}}',
    ['{{"document":true}'] = '{"type":"structure","members":[],"document":true}',
  }

  it("is short", function()
    for expected, text in pairs(SHAPES) do
      local shape = json.decode(text)
      assert.equal(expected, line.shape(shape))
      assert.same(shape, line.read_shape(expected))
    end
  end)

  it("is JSON for what the short form cannot express", function()
    for _, text in ipairs {
      '{"type":"string","enum":["a,b"]}', '{"type":"string","enum":["{"]}', '{"type":"string","enum":[]}', '{"type":"string","enum":["a\\nb"]}',
      '{"type":"string","enum":["\u{e9}\u{1f600}"]}', '{"type":"string","enum":[1]}', '{"type":"structure","members":[{"name":"a;b","shape":"C"}]}',
      '{"type":"structure","members":[{"name":"a:","shape":"C"}]}', '{"type":"structure","members":[{"name":"","shape":"C"}]}',
      '{"type":"structure","members":[],"required":["gone"]}', '{"type":"structure","members":[{"name":"a","shape":"~B"}]}',
      '{"type":"string","pattern":"{\u{e9}\\u0001\\\\u0001}"}',
    } do
      local shape = json.decode(text)
      local written = line.shape(shape)
      assert.is_nil(written:find "[\n\x80-\xff]", text)
      assert.same(shape, line.read_shape(written), text)
    end
  end)

  it("keeps braces and other characters in traits", function()
    local shape = json.decode '{"type":"structure","members":[{"name":"A","shape":"B","pattern":"}{\\\\{\\"\u{e9}"},{"name":"C","shape":"C"}]}'
    local written = line.shape(shape)
    assert.equal("{", written:sub(1, 1))
    assert.same(shape, line.read_shape(written))
  end)
end)

describe("the line of an operation", function()
  it("is read as it was written", function()
    local cases = {
      [" ~Request ~Result Gone,Busy "] =
        '{"http":{"method":"POST","requestUri":"/"},"input":{"shape":"GoRequest"},"output":{"shape":"GoResult"},"errors":[{"shape":"Gone"},{"shape":"Busy"}]}',
      ["GET/{Id} In -  "] = '{"http":{"method":"GET","requestUri":"/{Id}"},"input":{"shape":"In"}}',
      ['PUT/ - -  {"authtype":"none","http":{"responseCode":201}}'] =
        '{"http":{"method":"PUT","requestUri":"/","responseCode":201},"authtype":"none"}',
      [' In -  {"input":{"locationName":"X"}}'] = '{"http":{"method":"POST","requestUri":"/"},"input":{"shape":"In","locationName":"X"}}',
    }
    for expected, text in pairs(cases) do
      local operation = json.decode(text)
      assert.equal(expected, line.operation("Go", operation))
      assert.same(operation, line.read_operation("Go", expected))
    end
    for _, text in ipairs {
      '{"http":{"method":"POST","requestUri":"/"},"errors":[{"shape":"A","fault":true}]}', '{"http":{"method":"get","requestUri":"/a b"}}',
      '{"http":{"method":"POST","requestUri":"/"},"input":{"shape":"-"}}', '{"http":{"method":"POST","requestUri":"/\u{e9}"}}',
    } do
      local operation = json.decode(text)
      assert.same(operation, line.read_operation("Go", line.operation("Go", operation)), text)
    end
  end)
end)

describe("words with codes", function()
  it("are the frequent ones, and are restored", function()
    local texts = { "ListTagsRequest a1b", "DescribeTags", "TagList Tags", "" }
    local list = words.choose(texts)
    assert.same({ "Tags" }, list)
    local encode, expand = words.encoder(list), words.expander(table.concat(list, "\n"))
    for _, text in ipairs(texts) do assert.equal(text, expand(encode(text))) end
    assert.equal("Describe\x80\x80", encode "DescribeTags")
  end)

  it("are found one by one in a long list, also without known positions", function()
    local list = {}
    for i = 1, 300 do list[i] = "Word" .. ("x"):rep(i % 7) .. i end
    local text, encode = table.concat(list, "\n"), words.encoder(list)
    for _, starts in ipairs { words.starts(text), false } do
      local expand = words.expander(text, starts or nil)
      for _, word in ipairs(list) do assert.equal(word .. "-" .. word, expand(encode(word .. "-" .. word))) end
      assert.equal("\xff\xff", expand "\xff\xff")
    end
    assert.equal("\x80\x80", words.expander(text, { "x" })("\x80\x80"))
    assert.equal("\x80\x80", words.expander("")("\x80\x80"))
  end)
end)

describe("names of services", function()
  it("are the names of the AWS CLI", function()
    local expected = { ["ECR"] = "ecr", ["API Gateway"] = "apigateway", ["Cost Explorer"] = "ce", ["Route 53"] = "route53", ["ACM PCA"] = "acm-pca",
      ["SFN"] = "stepfunctions", ["Cognito Identity Provider"] = "cognito-idp", ["Storage Gateway"] = "storagegateway",
      ["Direct Connect"] = "directconnect", ["Kinesis Analytics V2"] = "kinesisanalyticsv2", ["SSM"] = "ssm" }
    for id, name in pairs(expected) do assert.equal(name, names.of(id)) end
  end)

  it("agree with the models of this build", function()
    local index = require "lanyard.model.index"
    local differing = {}
    for _, name in ipairs(index.services() or {}) do
      local id = index.service(name).metadata.serviceId
      if names.of(id) ~= name then differing[#differing + 1] = name end
    end
    -- Two folders have the service "Pinpoint SMS Voice"; the name of the older one is not derived.
    local allowed = { ["pinpoint-sms-voice"] = true, ["sms-voice"] = true }
    for _, name in ipairs(differing) do assert.truthy(allowed[name], name) end
  end)
end)
