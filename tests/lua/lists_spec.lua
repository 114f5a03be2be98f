local lists = require "lanyard.lists"

describe("lists", function()
  it("reports whether a list contains a value", function()
    assert.is_true(lists.contains({ "a", "b" }, "b"))
    assert.is_false(lists.contains({ "a", "b" }, "c"))
    assert.is_false(lists.contains({}, "a"))
  end)

  it("makes a set of words", function()
    assert.same({ a = true, b = true }, lists.set " a\n b ")
    assert.same({}, lists.set "")
  end)

  it("indexes items by name", function()
    local a, b = { name = "a" }, { name = "b" }
    assert.same({ a = a, b = b }, lists.by_name { a, b })
  end)

  it("finds the first number that passes a test", function()
    for count = 0, 9 do
      for first = 1, count + 1 do
        local function test(i)
          assert.is_true(math.type(i) == "integer" and i >= 1 and i <= count)
          return i >= first
        end
        assert.equal(first, lists.first(count, test))
      end
    end
  end)

  it("joins texts as a sentence does", function()
    assert.is_nil(lists.sentence {})
    assert.equal("a", lists.sentence { "a" })
    assert.equal("a and b", lists.sentence { "a", "b" })
    assert.equal("a, b and c", lists.sentence { "a", "b", "c" })
  end)

  it("makes the fields of a table when they are read, once", function()
    local made = {}
    local doubled = lists.made_when_read({ a = 1, b = 2, c = 3 }, function(number)
      made[#made + 1] = number
      return number * 2
    end)
    assert.equal(4, doubled.b)
    assert.equal(4, doubled.b)
    assert.is_nil(doubled.d)
    assert.same({ 2 }, made)
    assert.same({ "a", "b", "c" }, lists.sorted_names(doubled))
    assert.equal(3, #made)
  end)

  it("sorts the keys of a table", function()
    assert.same({ "a", "b", "c" }, lists.sorted_names { c = 1, a = false, b = 3 })
  end)
end)
