-- Pages of operations, with each form of paginator that AWS's models have.

local botocore = require "botocore"
local json = require "lanyard.json"
local modelled = require "modelled"
local pages = require "lanyard.aws.pages"

local answer = modelled.answer

local SHAPES = {
  Input = { type = "structure", members = {
    { name = "Marker", shape = "Any" }, { name = "Second", shape = "Any" }, { name = "Size", shape = "Number" }, { name = "Name", shape = "Any" } } },
  Output = { type = "structure", members = { { name = "Things", shape = "Any" }, { name = "Next", shape = "Any" }, { name = "NextSecond", shape = "Any" },
    { name = "IsTruncated", shape = "Flag" }, { name = "Key", shape = "Any" }, { name = "Deep", shape = "Any" }, { name = "Odd", shape = "Any" } } },
  Any = { type = "structure", document = true }, Flag = { type = "boolean" }, Number = { type = "integer" },
}

-- A client whose operation ListThings has a paginator and replies with these texts. Returns it, and a function that returns
-- the requests so far.
local function client_of(paginator, replies)
  local answers = {}
  for i, reply in ipairs(replies) do
    answers[i] = type(reply) == "string" and answer(200, reply) or reply
  end
  local thing, requests = modelled.client({
    metadata = { protocol = "json", jsonVersion = "1.0", targetPrefix = "T", endpointPrefix = "things", serviceId = "Things", signatureVersion = "v4" },
    operations = { ListThings = { input = { shape = "Input" }, output = { shape = "Output" } } },
    shapes = SHAPES, paginators = { ListThings = paginator },
  }, answers)
  return thing, function()
    local bodies = {}
    for i, request in ipairs(requests) do bodies[i] = request.body end
    return bodies
  end
end

local function texts(list)
  local found = {}
  for i, item in ipairs(list) do found[i] = json.encode(item) end
  return table.concat(found, " ")
end

local ONE = { input_token = "Marker", output_token = "Next", result_key = "Things", limit_key = "Size" }

describe("pages", function()
  it("follow a token until it is missing or empty", function()
    for _, last in ipairs { '{"Things":[3]}', '{"Things":[3],"Next":""}', '{"Things":[3],"Next":null}' } do
      local thing, bodies = client_of(ONE, { '{"Things":[1],"Next":"a"}', '{"Things":[2],"Next":"b"}', last })
      assert.same({ 1, 2, 3 }, thing:list("ListThings", nil, { Name = "x", Size = 1 }))
      assert.same({ '{"Name":"x","Size":1}', '{"Marker":"a","Name":"x","Size":1}', '{"Marker":"b","Name":"x","Size":1}' }, bodies())
    end
  end)

  it("leave the caller's input alone, and begin at its token", function()
    local input = { Marker = "m" }
    local thing, bodies = client_of(ONE, { '{"Things":[1],"Next":"a"}', '{"Things":[2]}' })
    assert.same({ 1, 2 }, thing:list("ListThings", "Things", input))
    assert.same({ Marker = "m" }, input)
    assert.same({ '{"Marker":"m"}', '{"Marker":"a"}' }, bodies())
  end)

  -- S3's ListObjectVersions, Route 53's ListResourceRecordSets.
  it("have several tokens, and drop the tokens that a page does not have", function()
    local thing, bodies = client_of({ input_token = { "Marker", "Second" }, output_token = { "Next", "NextSecond" }, more_results = "IsTruncated",
      result_key = { "Things", "Odd" } }, {
      '{"Things":[1],"Odd":[9],"IsTruncated":true,"Next":"a","NextSecond":"b"}', '{"Things":[2],"IsTruncated":true,"Next":"c"}',
      '{"Things":[3],"IsTruncated":false,"Next":"d"}' })
    assert.same({ 1, 2, 3 }, thing:list "ListThings")
    assert.same({ "{}", '{"Marker":"a","Second":"b"}', '{"Marker":"c"}' }, bodies())
  end)

  it("take the list that is named", function()
    local thing = client_of({ input_token = "Marker", output_token = "Next", result_key = { "Things", "Odd" } },
      { '{"Things":[1],"Odd":[9],"Next":"a"}', '{"Odd":[8]}' })
    assert.same({ 9, 8 }, thing:list("ListThings", "Odd"))
    assert.same({ 8 }, thing:list("ListThings", "Odd"))
    assert.same({ 8 }, thing:list("ListThings", "Odd[?@ == `8`]"))
  end)

  -- CloudFront's ListDistributions.
  it("have paths in a structure", function()
    local thing, bodies = client_of({ input_token = "Marker", output_token = "Deep.NextMarker", more_results = "Deep.IsTruncated", result_key = "Deep.Items" },
      { '{"Deep":{"Items":[1],"IsTruncated":true,"NextMarker":"a"}}', '{"Deep":{"Items":[2],"IsTruncated":false,"NextMarker":""}}' })
    assert.same({ 1, 2 }, thing:list "ListThings")
    assert.same({ "{}", '{"Marker":"a"}' }, bodies())
  end)

  -- S3's ListObjects, Kinesis' ListStreams.
  it("have tokens that are queries", function()
    local thing, bodies = client_of({ input_token = "Marker", output_token = "Next || Things[-1].Key", more_results = "IsTruncated", result_key = "Things" },
      { '{"Things":[{"Key":"a"},{"Key":"b"}],"IsTruncated":true}', '{"Things":[{"Key":"c"}],"IsTruncated":true,"Next":"n"}', '{"IsTruncated":false}' })
    assert.equal('{"Key":"a"} {"Key":"b"} {"Key":"c"}', texts(thing:list "ListThings"))
    assert.same({ "{}", '{"Marker":"b"}', '{"Marker":"n"}' }, bodies())
  end)

  -- DynamoDB's Scan: the token is a map.
  it("have tokens of any type", function()
    local thing, bodies = client_of({ input_token = "Marker", output_token = "Key", result_key = "Things" },
      { '{"Things":[1],"Key":{"id":{"S":"a"},"n":{"N":"1"}}}', '{"Things":[2],"Key":{"id":{"S":"a"},"n":{"N":"2"}}}', '{"Things":[],"Key":{}}' })
    assert.same({ 1, 2 }, thing:list "ListThings")
    assert.equal('{"Marker":{"id":{"S":"a"},"n":{"N":"2"}}}', bodies()[3])
  end)

  it("end with an error if a token comes again", function()
    for _, token in ipairs { '"a"', '{"id":{"S":"a"}}', "7" } do
      local again = ('{"Things":[1],"Next":%s}'):format(token)
      local thing, bodies = client_of(ONE, { '{"Things":[1],"Next":"z"}', again, again })
      local items, err = thing:list "ListThings"
      assert.is_nil(items)
      assert.equal("InvalidResponse", err.code)
      assert.equal("thing:ListThings: the token of the next page is the token of an earlier page", tostring(err))
      assert.equal(3, #bodies())
    end
  end)

  it("end with an error if a page follows without a token", function()
    local thing = client_of({ input_token = "Marker", output_token = "Next", more_results = "IsTruncated", result_key = "Things" },
      { '{"Things":[1],"IsTruncated":true}' })
    local items, err = thing:list "ListThings"
    assert.is_nil(items)
    assert.equal("the reply says that another page follows, but has no token for it", err.message)
  end)

  it("are one without a paginator", function()
    local thing, bodies = client_of(nil, { '{"Things":[1],"Next":"a"}' })
    assert.same({ 1 }, thing:list("ListThings", "Things"))
    assert.equal(1, #bodies())
    assert.has_error(function() thing:list "ListThings" end, "thing:ListThings: no paginator says which member is the list: name it")
  end)

  it("are iterated item by item, with empty pages and pages without the list", function()
    local thing = client_of(ONE, { '{"Next":"a"}', '{"Things":[],"Next":"b"}', '{"Things":[1,2],"Next":"c"}', '{"Things":[3]}' })
    local found = {}
    for item in thing:each "ListThings" do found[#found + 1] = item end
    assert.same({ 1, 2, 3 }, found)
  end)

  it("are errors of the caller for a list that does not exist", function()
    local thing = client_of(ONE, { '{"Things":[1],"Odd":"text"}' })
    assert.has_error(function() thing:list("ListThings", "Thinks") end, "thing:ListThings: the reply has no list 'Thinks'")
    assert.has_error(function() thing:list("ListThings", "Odd") end, "thing:ListThings: the reply has no list 'Odd'")
    assert.has_error(function() for _ in thing:each("ListThings", "Thinks") do end end, "thing:ListThings: the reply has no list 'Thinks'")
    local ok, message = pcall(thing.list, thing, "ListThings", "Things[")
    assert.is_false(ok)
    assert.matches("thing:ListThings: the member, 'Things%[', cannot be read: ", message)
  end)

  it("return the error of a page", function()
    local thing = client_of(ONE, { '{"Things":[1],"Next":"a"}', answer(400, '{"__type":"Denied","message":"no"}') })
    local items, err = thing:list "ListThings"
    assert.is_nil(items)
    assert.equal("Denied", err.code)
    local next_page = thing:pages "ListThings"
    assert.equal("Denied", select(2, next_page()).code)
    assert.is_nil((next_page()))
  end)
end)

-- Rows of a paginator that cannot be used, and the message.
describe("a paginator", function()
  for message, paginator in pairs {
    ["the paginator of List has 2 input tokens for 1 output tokens"] = { input_token = { "A", "B" }, output_token = "C" },
    ["the paginator of List has 0 input tokens for 0 output tokens"] = { result_key = "A" },
    ["the paginator of List has several more_results"] = { input_token = "A", output_token = "B", more_results = { "A", "B" } },
    ["the paginator of List has a limit_key that is not a name"] = { input_token = "A", output_token = "B", limit_key = { "x" } },
    ["the paginator of List has an input token that is not a name"] = { input_token = { 1 }, output_token = "B" },
    ["output_token of the paginator of List is a number, not a query"] = { input_token = "A", output_token = { 1 } },
  } do
    it("is an error: " .. message, function()
      local found, err = pages.compile(paginator, "List")
      assert.is_nil(found)
      assert.same({ "InvalidModel", message }, { err.code, err.message })
    end)
  end

  it("is an error for a query that cannot be read", function()
    local _, err = pages.compile({ input_token = "A", output_token = "B[" }, "List")
    assert.matches("^output_token of the paginator of List, 'B%[', cannot be read: ", err.message)
  end)

  for _, data in ipairs(botocore.folders()) do
    it("of every operation in the models of botocore " .. data.version .. " can be read", function()
      local count = 0
      for _, service in ipairs(data:services "paginators-1.json") do
        local all = assert(data:file(service, "paginators-1.json")).pagination
        for operation, described in pairs(all) do
          local paginator = assert(pages.compile(described, operation))
          assert.equal(#paginator.input_tokens, #paginator.output_tokens)
          count = count + 1
        end
      end
      print(("# %d paginators"):format(count))
      assert.truthy(count > 1000)
    end)
  end
  if not botocore.folders()[1] then
    pending "of every operation in the models: needs botocore"
  end
end)
