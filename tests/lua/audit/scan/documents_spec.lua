local documents = require "lanyard.audit.scan.documents"

local function text_of(number)
  return ('{"Version":"2012-10-17","Statement":[{"Sid":"s%d","Effect":"Allow","Principal":"*","Action":"ecr:*"}]}')
    :format(number)
end

describe("the documents of an audit", function()
  it("are one for repositories with the same policy", function()
    local parse = documents.new():parser()
    local first = assert(parse(text_of(1), "web"))
    assert.equal(first, parse(text_of(1), "jobs"))
    assert.not_equal(first, parse(text_of(2), "web"))
  end)

  it("are parsed again after many others, with an error that names the repository", function()
    local parse = documents.new():parser()
    local first, often = parse(text_of(1), "web"), parse(text_of(2), "web")
    for number = 3, 1000 do
      parse(text_of(number), "web")
      assert.equal(often, parse(text_of(2), "web"))
    end
    assert.not_equal(first, parse(text_of(1), "web"))
    for _, name in ipairs { "web", "jobs" } do
      local doc, err = parse("{", name)
      assert.is_nil(doc)
      assert.matches("cannot parse the policy of repository '" .. name .. "'", err.message)
    end
  end)

  it("have facts, each document its own", function()
    local all = documents.new()
    local parse = all:parser()
    local first, second = parse(text_of(1), "web"), parse(text_of(2), "web")
    all:facts_of(first).size = 1
    assert.same({ size = 1 }, all:facts_of(first))
    assert.same({}, all:facts_of(second))
  end)
end)
