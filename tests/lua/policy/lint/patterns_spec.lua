local match = require "lanyard.match"
local patterns = require "lanyard.policy.lint.patterns"

describe("a pattern covers another one", function()
  it("only if it matches everything that the other one matches", function()
    local LETTERS = { "", "a", "b", "*", "?", "a*", "*b", "a?", "?*", "*a*", "ab", "a*b", "??" }
    local TEXTS = { "", "a", "b", "ab", "ba", "aa", "aab", "bab", "abb", "bbb" }
    for _, wide in ipairs(LETTERS) do
      for _, narrow in ipairs(LETTERS) do
        for _, text in ipairs(patterns.covers(wide, narrow) and TEXTS or {}) do
          assert.is_true(not match.glob(narrow, text) or match.glob(wide, text), ("%s %s %s"):format(wide, narrow, text))
        end
      end
      assert.is_true(patterns.covers(wide, wide), wide)
      assert.is_true(patterns.covers("*", wide), wide)
    end
    assert.is_true(patterns.covers("ecr:Get*", "ecr:GetDownload*"))
    assert.is_true(patterns.covers("ECR:get*", "ecr:GetDownload*", true))
    assert.is_false(patterns.covers("ecr:?", "ecr:*"))
  end)
end)

describe("the redundant items of a list", function()
  local function redundant(...)
    local texts, found = { ... }, {}
    for i, pair in ipairs(patterns.redundant(texts, patterns.covers)) do
      found[i] = patterns.redundancy(texts, pair)
    end
    return found
  end

  it("are repeated or covered", function()
    assert.same({}, redundant("a", "b*", "c"))
    assert.same({ "'a' is in the list twice" }, redundant("a", "b", "a"))
    assert.same({ "'ab' is redundant beside 'a*'" }, redundant("ab", "a*"))
    assert.same({ "'a**' is redundant beside 'a*'" }, redundant("a*", "a**"))
  end)
end)
