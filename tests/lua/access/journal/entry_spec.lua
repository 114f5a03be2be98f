local entry = require "lanyard.access.journal.entry"
local json = require "lanyard.json"

local ID = "01795165200056434"

local function valid(changes)
  local one = {
    id = ID, version = 1, state = "done", time = "2026-11-20T09:00:00Z", closed = 1795165200.0851371, action = "undo",
    repository = "team/web", account = "111122223333", region = "us-east-1", endpoint = "http://127.0.0.1:18080",
    caller = "arn:aws:iam::111122223333:user/operator", access_key = "AKIAIOSFODNN7EXAMPLE",
    before = "{}", after = "{}", detail = { undoes = "01795165200056433" },
  }
  for name, value in pairs(changes or {}) do one[name] = value end
  return one
end

local function decode(one, expected)
  local all = { id = ID, is_open = false }
  for name, value in pairs(expected or {}) do all[name] = value end
  return entry.decode(type(one) == "string" and one or entry.encode(one), all)
end

describe("an entry of the journal", function()
  it("is read as it was written", function()
    assert.same(valid(), assert(decode(valid())))
    assert(decode(valid { state = "intended" }, { is_open = true }))
    assert(decode(valid(), { repository = "team/web" }))
  end)

  it("can lack what it does not need, as the entries of a policy that did not exist do", function()
    local one = assert(decode { id = ID, version = 1, state = "done", time = "2026-11-20T09:00:00Z", repository = "web" })
    assert.equal("change", one.action)
    assert.is_nil(one.before)
  end)

  it("is not read if a member has a wrong type or value", function()
    local wrong = { 1, true, json.null, "", "\27[2J", json.array { 1 }, { a = 1 } }
    for _, member in ipairs { "id", "version", "state", "time", "closed", "action", "repository", "account", "region",
      "caller", "access_key", "endpoint", "before", "after", "detail" } do
      for _, value in ipairs(wrong) do
        local fits = member == "version" and value == 1 or member == "closed" and value == 1
          or (member == "before" or member == "after") and type(value) == "string"
        local one, problem = decode(valid { [member] = value })
        if fits then
          assert(one, problem)
        else
          assert.is_nil(one, member)
          assert.matches("^it", problem)
          assert.is_nil(problem:find "[%c]", member)
        end
      end
    end
  end)

  it("is not read if it is the entry of another name, state, repository or version", function()
    assert.matches("another id", select(2, decode(valid { id = "01795165200056435" })))
    assert.matches("'state' is not 'intended'", select(2, decode(valid(), { is_open = true })))
    assert.matches("'state' is not 'done' or 'lost'", select(2, decode(valid { state = "intended" })))
    assert.matches("belongs to repository 'team/web'", select(2, decode(valid(), { repository = "web" })))
    assert.matches("another version of lanyard", select(2, decode(valid { version = 2 })))
    assert.matches("does not say what it undoes", select(2, decode(valid { detail = { undoes = 5 } })))
  end)

  it("is not read if the text is not JSON, and says where", function()
    for _, text in ipairs { "", "{", "\0\255", "[]", "null", "7", '"a"', "{}", ("["):rep(100000) } do
      local one, problem = decode(text)
      assert.is_nil(one)
      assert.equal("string", type(problem))
      assert.is_nil(problem:find "\n")
    end
    assert.matches("line 1, column 2", select(2, decode "{"))
  end)

  it("has an id of 17 digits that leaves room for a greater one", function()
    for _, id in ipairs { ID, "00000000000000000", "89999999999999999" } do
      assert.is_true(entry.is_id(id))
    end
    for _, id in ipairs { "99999999999999999", "1", ID .. "0", "0179516520005643x", 17, false } do
      assert.is_false(entry.is_id(id))
    end
  end)
end)
