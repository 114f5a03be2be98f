local errors = require "lanyard.errors"
local recorded = require "lanyard.aws.recorded"

describe("a recorded error", function()
  it("of each row has its meaning, and names its source", function()
    for _, row in ipairs(recorded.ROWS) do
      assert.is_true(#row.source > 0)
      for code in pairs(row.codes) do
        local err = errors.new { code = code, service = row.service or "any", status = 400,
          message = row.example or row.text and "... " .. row.text .. " ..." or "" }
        assert.is_true(recorded.means(err, row.means), code)
        err.service = "another"
        assert.equal(row.service == nil, recorded.means(err, row.means))
      end
    end
  end)

  it("is busy in each text of Lightsail, in any letter case", function()
    for _, text in ipairs {
      'The specified service is in a transition state ("UPDATING") and cannot be deleted.',
      'The specified service is in a transition state ("DEPLOYING") and cannot be updated.',
      'Sorry, deployment 8 is in progress for service "web". Please wait for it to complete before trying again.',
      "Something else runs. please wait for it to complete before trying again.",
      "Please try again in a few minutes.",
    } do
      local err = errors.new { code = "InvalidInputException", service = "lightsail", status = 400, message = text }
      assert.is_true(recorded.means(err, "busy"), text)
      err.status = 500 -- a failing server or a proxy can send any text
      assert.is_false(recorded.means(err, "busy"), text)
      err.status, err.code = 400, "NotFoundException"
      assert.is_false(recorded.means(err, "busy"), text)
    end
    assert.is_false(recorded.means(nil, "busy"))
    assert.is_false(recorded.means(errors.new { code = "InvalidInputException", service = "lightsail", status = 400,
      message = 'Container name "backend_api" does not match pattern' }, "busy"))
  end)
end)
