local documents = require "lanyard.audit.scan.documents"

local function text_of(number)
  return ('{"Version":"2012-10-17","Statement":[{"Sid":"s%d","Effect":"Allow","Principal":"*","Action":"ecr:*"}]}')
    :format(number)
end

describe("the documents of an audit", function()
  it("are one for repositories with the same policy, from the second one on", function()
    local parse = documents.new():parser()
    parse(text_of(1), "web")
    local second = assert(parse(text_of(1), "jobs"))
    assert.equal(second, parse(text_of(1), "other"))
    assert.not_equal(second, parse(text_of(2), "web"))
  end)

  it("are parsed again after many others, with an error that names the repository", function()
    local parse = documents.new():parser()
    local first, often
    for _ = 1, 2 do
      first, often = parse(text_of(1), "web"), parse(text_of(2), "web")
    end
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

  it("have facts as long as they are kept", function()
    local all = documents.new()
    local parse = all:parser()
    local once = parse(text_of(1), "web")
    all:facts_of(once).size = 1
    assert.same({}, all:facts_of(once))
    local kept, other = parse(text_of(1), "jobs"), parse(text_of(2), "web")
    all:facts_of(kept).size = 2
    assert.same({ size = 2 }, all:facts_of(kept))
    assert.same({}, all:facts_of(other))
    for number = 3, 1000 do
      parse(text_of(number), "web")
    end
    assert.same({}, all:facts_of(kept))
  end)
end)
