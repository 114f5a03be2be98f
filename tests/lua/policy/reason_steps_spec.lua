-- How many steps questions about every possible request take. A step is a unit of work (core/reason/access.h), so the
-- numbers do not depend on the machine. A change of the engine that makes a question much dearer fails here; one that
-- makes it cheaper does too, so that the numbers stay true.

local core = require "lanyard.policy.reason.core"
local sizes = require "reason.sizes"

local MOST = 10000000

-- The steps of each form with 30 statements, and the answer.
local EXPECTED = {
  ["another action in the last"] = { 12646, "new access" },
  ["a fifth for everyone"] = { 12493, "new access" },
  ["the same for all roles of /app/"] = { 13201, "new access" },
  ["a statement for each action"] = { 316945, "none" },
  ["joined again"] = { 1401484, "none" },
  ["3-SAT in Boolean keys"] = { 28683, "none" },
  ["tags *a*b* against *a*b*c*...k*"] = { 1102, "none" },
  ["tags *a*b* against all"] = { 13708, "new access" },
  ["tags *a?????a*"] = { 16227, "new access" },
  ["parallel ARNs"] = { 4611, "new access" },
  ["parallel ARNs, narrower"] = { 35641, "none" },
  ["a key for each statement"] = { 9759, "new access" },
}

local function answer(before, after, options, limit)
  local found, undecided = core.new_access(before, after, { always = options and options.always, limit = limit })
  return undecided or found and "new access" or "none"
end

describe("the steps of a question", function()
  for _, kind in ipairs { "ordinary", "hostile" } do
    for _, form in ipairs(sizes[kind]) do
      local expected = EXPECTED[form[1]]
      it(form[1], expected and function()
        local before, after, options = form[2](30)
        assert.equal(expected[2], answer(before, after, options, MOST))
        assert.equal(expected[2], answer(before, after, options, expected[1] * 13 // 10), "it takes more steps")
        assert.equal("undecided", answer(before, after, options, expected[1] * 7 // 10), "it takes fewer steps")
      end or function()
        local before, after, options = form[2](30)
        assert.equal("none", answer(before, after, options, 2000)) -- each statement has an equal one
      end)
    end
  end

  it("never gives an answer to questions that are not asked", function()
    local before, after = sizes.ordinary[2][2](30)
    for limit = 1, 1200 do assert.not_equal("none", answer(before, after, nil, limit), limit) end
    assert.equal("new access", answer(before, after, nil, MOST))
  end)

  it("suffice for 400 numbers in a condition", function()
    local function numbers(from, to, negated)
      local list = {}
      for i = from, to do list[#list + 1] = ("%d"):format(3 * i) end
      return sizes.document { { Effect = "Allow", Principal = "*", Action = "s:a",
        Condition = { [negated and "NumericNotEquals" or "NumericEquals"] = { ["s:n"] = list } } } }
    end
    local function statements(from, to, form)
      local list = {}
      for i = from, to do
        list[#list + 1] = { Effect = "Allow", Principal = "*", Action = "s:a",
          Condition = { NumericEquals = { ["s:n"] = form:format(3 * i) } } }
      end
      return sizes.document(list)
    end
    assert.equal("none", answer(statements(1, 400, "%d.0"), numbers(1, 400)))
    assert.equal("new access", answer(statements(1, 399, "%d.0"), numbers(1, 400)))
    assert.equal("none", answer(numbers(1, 400), statements(1, 400, "%d")))
    assert.equal("new access", answer(numbers(2, 401), numbers(1, 400)))
    assert.equal("none", answer(numbers(1, 400), numbers(2, 399)))
    assert.equal("new access", answer(numbers(1, 400), numbers(1, 400, true)))
    assert.equal("none", answer(numbers(401, 800, true), numbers(1, 400)))
  end)
end)
