local answers = require "lanyard.aws.answers"
local errors = require "lanyard.errors"

local ABOUT = { service = "ecr", operation = "DescribeRepositories", what = "repository", member = "name" }

-- Returns the error about items for the requested names a and b.
local function failure(...)
  local items = {}
  for i, name in ipairs { ... } do items[i] = { name = name or nil } end
  local found, err = answers.by_name(items, { "a", "b" }, ABOUT)
  assert.is_nil(found)
  assert.same({ "InvalidResponse", "DescribeRepositories", false }, { err.code, err.operation, err.retryable })
  return err.message
end

describe("the comparison of an answer with the request", function()
  it("returns the items by name, in any order", function()
    local found = assert(answers.by_name({ { name = "b" }, { name = "a", x = 1 } }, { "a", "b" }, ABOUT))
    assert.equal(1, found.a.x)
  end)

  it("reports names that are missing, surplus, repeated or absent", function()
    assert.matches("lacks the repository 'b'", failure "a")
    assert.matches("lacks the repository 'a'", failure())
    assert.matches("'c', which was not requested", failure("a", "b", "c"))
    assert.matches("'a' twice", failure("a", "b", "a"))
    assert.matches("without a name", failure("a", false))
  end)
end)

describe("a rejection", function()
  it("has AWS's code and the status that belongs to it", function()
    local function err(code, status) return errors.new { code = code, message = "", status = status } end
    assert.is_true(answers.rejected(err("RepositoryPolicyNotFoundException", 400), "RepositoryPolicyNotFoundException"))
    assert.is_true(answers.rejected(err("NoSuchEntity", 404), "NoSuchEntity"))
    assert.is_false(answers.rejected(nil, "NoSuchEntity"))
    assert.is_false(answers.rejected(err("Other", 400), "NoSuchEntity"))
    for _, status in ipairs { 404, 500, 503, 200 } do
      assert.is_false(answers.rejected(err("RepositoryPolicyNotFoundException", status), "RepositoryPolicyNotFoundException"))
    end
  end)
end)
