local catalogue = require "awscli_catalogue"
local json = require "lanyard.json"
local model = require "lanyard.model"
local page_token = require "lanyard.awscli.page_token"
local paging = require "lanyard.awscli.paging"

local shop = catalogue.load "shop"
local list = shop:operation "ListThings"
local PAGINATOR = { input_token = "NextToken", output_token = "NextToken", limit_key = "MaxItems",
  result_key = { "Things", "Total", "Names.Items" }, non_aggregate_keys = { "Owner", "Extra.Zone" } }

-- Answers with pages of things named after their position; the token is the number of the page.
local function service(pages, requests)
  return function(input)
    requests[#requests + 1] = json.encode(input)
    local number = math.tointeger(tonumber(input.NextToken or 1))
    local things = json.array {}
    for i, name in ipairs(pages[number]) do
      things[i] = { ThingName = name }
    end
    return {
      Things = things, Total = #things, Names = { Items = json.array(table.move(pages[number], 1, #pages[number], 1, {})) },
      Owner = "me" .. number, NextToken = pages[number + 1] and tostring(number + 1) or nil, Other = 1,
    }
  end
end

local function copy(value)
  return (json.decode(json.encode(value)))
end

local function run(pages, wanted, requests)
  return assert(paging.new(PAGINATOR, list, wanted or {}, {}, service(pages, requests or {}), copy))
end

local function names_of(whole)
  local names = {}
  for i, thing in ipairs(whole.Things) do
    names[i] = thing.ThingName
  end
  return table.concat(names, " ")
end

local PAGES = { { "a", "b", "c" }, { "d", "e" }, { "f" } }

describe("pages of lanyard aws", function()
  it("are joined: lists appended, numbers added, and other members taken from the first page", function()
    local requests = {}
    local whole = assert(paging.join(run(PAGES, {}, requests)))
    assert.equal("a b c d e f", names_of(whole))
    assert.equal('{"Extra":{"Zone":null},"Names":{"Items":["a","b","c","d","e","f"]},"Owner":"me1","Total":6}',
      json.encode { Names = whole.Names, Owner = whole.Owner, Total = whole.Total, Extra = whole.Extra, Other = whole.Other,
        NextToken = whole.NextToken })
    assert.same({ "{}", '{"NextToken":"2"}', '{"NextToken":"3"}' }, requests)
  end)

  it("end after a number of items, and continue with the token", function()
    for most = 1, 6 do
      local names, token, rounds = {}, nil, 0
      repeat
        local whole = assert(paging.join(run(PAGES, { max_items = most, starting_token = token })))
        names[#names + 1], token, rounds = names_of(whole), whole.NextToken, rounds + 1
      until not token
      assert.equal("a b c d e f", table.concat(names, " "))
      assert.equal(math.ceil(6 / most), rounds)
    end
  end)

  it("have the tokens of botocore", function()
    local whole = paging.join(run(PAGES, { max_items = 2 }))
    assert.equal("eyJOZXh0VG9rZW4iOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAyfQ==", whole.NextToken)
    whole = paging.join(run(PAGES, { max_items = 3 }))
    assert.equal("eyJOZXh0VG9rZW4iOiAiMiJ9", whole.NextToken)
    whole = paging.join(run(PAGES, { max_items = 1, starting_token = "eyJOZXh0VG9rZW4iOiAiMiIsICJib3RvX3RydW5jYXRlX2Ftb3VudCI6IDF9" }))
    assert.equal("e", names_of(whole))
    assert.equal("eyJOZXh0VG9rZW4iOiAiMyJ9", whole.NextToken)
    assert.equal("f", names_of(assert(paging.join(run(PAGES, { starting_token = "3" })))))
  end)

  it("take the size of a page", function()
    local requests = {}
    paging.join(run({ { "a" } }, { page_size = 7 }, requests))
    assert.same({ '{"MaxItems":7}' }, requests)
  end)

  it("are printed one by one, the first with the members that all share", function()
    local one = run(PAGES, { max_items = 4 })
    assert.equal('{"Extra":{"Zone":null},"Names":{"Items":["a","b","c"]},"Owner":"me1","Things":[{"ThingName":"a"},'
      .. '{"ThingName":"b"},{"ThingName":"c"}],"Total":3}', json.encode(paging.part(one, one.next(), true)))
    assert.equal('{"Names":{"Items":["d","e"]},"Things":[{"ThingName":"d"}],"Total":2}',
      json.encode(paging.part(one, one.next(), false)))
    assert.is_nil(one.next())
    assert.is_string(one.resume_token)
  end)

  it("report a failure after the pages that were read", function()
    local count = 0
    local one = assert(paging.new(PAGINATOR, list, {}, {}, function()
      count = count + 1
      if count == 2 then
        return nil, { code = "Broken" }
      end
      return { Things = json.array {}, NextToken = "x" }
    end, copy))
    assert.is_table((one.next()))
    local page, err = one.next()
    assert.is_nil(page)
    assert.equal("Broken", err.code)
    assert.is_nil(one.next())
  end)

  it("end with an error if a token repeats itself", function()
    local one = assert(paging.new(PAGINATOR, list, {}, {}, function() return { Things = json.array {}, NextToken = "x" } end, copy))
    local whole, err = paging.join(one)
    assert.is_nil(whole)
    assert.equal("InvalidResponse", err.code)
  end)

  it("pass a limit that is text as text", function()
    local texts = model.new { metadata = {}, operations = { List = { input = { shape = "In" } } }, shapes = {
      In = { type = "structure", members = { Limit = { shape = "Text" } } }, Text = { type = "string" } } }
    local requests = {}
    paging.join(assert(paging.new({ input_token = "T", output_token = "T", limit_key = "Limit", result_key = "Things" },
      texts:operation "List", { page_size = 5 }, {}, service({ { "a" } }, requests), copy)))
    assert.same({ '{"Limit":"5"}' }, requests)
  end)
end)

describe("a token of lanyard aws", function()
  -- Made by botocore.paginate.TokenEncoder.
  for text, expected in pairs {
    ["eyJBIjogIngiLCAiQiI6IG51bGx9"] = { { "A", "B" }, { A = "x" } },
    ["eyJBIjogIlx1MDBlOVx1ZDgzZFx1ZGUwMCJ9"] = { { "A" }, { A = "é😀" } },
    ["eyJBIjogeyJpZCI6IHsiUyI6ICJhIn19LCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAxfQ=="] = { { "A" }, { A = { id = { S = "a" } } }, 1 },
  } do
    it("is " .. text, function()
      assert.equal(text, page_token.encode(expected[1], expected[2], expected[3]))
      local tokens, skipped = page_token.decode(expected[1], text)
      assert.same(expected[2], tokens)
      assert.equal(expected[3] or 0, skipped)
    end)
  end

  it("can have the form of earlier versions", function()
    assert.same({ A = "x" }, (page_token.decode({ "A" }, "x")))
    assert.same({ { A = "x" }, 3 }, { page_token.decode({ "A" }, "x___3") })
    assert.same({ { A = "x___y" }, 0 }, { page_token.decode({ "A" }, "x___y") })
    assert.same({ { B = "y" }, 0 }, { page_token.decode({ "A", "B" }, "None___y") })
    assert.is_nil((page_token.decode({ "A" }, "a___b___c")))
  end)
end)
