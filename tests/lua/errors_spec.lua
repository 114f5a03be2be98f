local errors = require "lanyard.errors"
local system = require "lanyard.system"

describe("an error", function()
  it("prints as its message", function()
    assert.equal("a.json does not exist", tostring(errors.new { code = "NotFound", message = "a.json does not exist" }))
  end)

  it("of a call to AWS prints the operation, the code and the request id", function()
    local err = errors.new { code = "Busy", message = "try later", service = "ecr", operation = "ListImages" }
    assert.equal("ecr:ListImages: try later", tostring(err))
    err.status, err.request_id = 503, "id-1"
    assert.equal("ecr:ListImages: Busy: try later (request id id-1)", tostring(err))
  end)

  it("needs a code and a message", function()
    assert.has_error(function() errors.new { code = "NotFound" } end)
    assert.has_error(function() errors.new { message = "a" } end)
  end)

  it("is recognized, also if a C module created it, and other values are not", function()
    local _, from_c = system.read_file "/nonexistent"
    assert.is_true(errors.is(errors.new { code = "A", message = "b" }))
    assert.is_true(errors.is(from_c))
    for _, value in ipairs { "text", {}, setmetatable({}, { __name = "other" }), 5 } do
      assert.is_false(errors.is(value))
    end
    assert.is_false(errors.is(nil))
  end)
end)
