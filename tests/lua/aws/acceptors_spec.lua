local acceptors = require "lanyard.aws.acceptors"
local lists = require "lanyard.lists"
local services = require "lanyard.aws.services"

local function state(name, code)
  return { containerServices = { { state = name, stateDetail = { code = code } } } }
end

describe("the description of waiters", function()
  it("raises for a line that it cannot parse", function()
    for _, text in ipairs { "Name Operation", "Name Operation every 1 to 2 for 3\n  success state RUNNING" } do
      assert.has_error(function() lists.sorted_names(acceptors.parse(text)) end)
    end
  end)

  it("decides by the first line that matches", function()
    local parsed = acceptors.parse [[
      Ready Get every 1 to 2 for 3
        retry state = UPDATING and detail.code = *
        failure error NotFoundException
        success items[id={id}].state = UPDATING READY
    ]]
    local function judge(reply, err, options) return acceptors.judge(parsed.Ready, reply, err, options) end
    assert.equal("retry", judge { state = "UPDATING", detail = { code = "X" } })
    assert.is_nil(judge { state = "UPDATING", detail = { code = "" } })
    assert.equal("failure", judge(nil, { code = "NotFoundException" }))
    assert.is_nil(judge(nil, { code = "Another" }))
    local items = { items = { { id = 1, state = "READY" }, { id = 2, state = "FAILED" } } }
    assert.equal("success", judge(items, nil, { id = 1 }))
    local numbers = acceptors.parse "N Get every 1 to 2 for 3\n  success version = 3\n"
    assert.equal("success", acceptors.judge(numbers.N, { version = 3.0 }))
    assert.equal("version is 3", acceptors.observed(numbers.N, { version = 3.0 }))
    assert.is_nil(judge(items))
  end)
end)

describe("acceptors with a name", function()
  it("belong to each waiter that includes them", function()
    local parsed, groups = acceptors.parse [[
      acceptors Failed
        failure state = BROKEN
      Ready Get every 1 to 2 for 3
        include Failed
        success state = READY
      Deleted Get every 1 to 2 for 3
        success error NotFoundException
        include Failed
    ]]
    assert.same({ "Deleted", "Ready" }, lists.sorted_names(parsed))
    for _, name in ipairs { "Ready", "Deleted" } do
      assert.equal("failure", acceptors.judge(parsed[name], { state = "BROKEN" }))
    end
    assert.equal("failure", acceptors.judge(groups.Failed, { state = "BROKEN" }))
    assert.is_nil(acceptors.judge(groups.Failed, { state = "READY" }))
  end)

  it("must be defined before they are included", function()
    local parsed = acceptors.parse "Ready Get every 1 to 2 for 3\n include Failed"
    assert.has_error(function() return parsed.Ready end, "acceptors that are not defined: Failed")
  end)

  it("name the two details with which a container service fails, for each of Lightsail's service waiters", function()
    local description = services.get "lightsail"
    for _, code in ipairs { "CERTIFICATE_LIMIT_EXCEEDED", "UNKNOWN_ERROR" } do
      for _, name in ipairs { "ServiceSettled", "ServiceActive", "RoleActive" } do
        assert.equal("failure", acceptors.judge(description.waiters[name], state("PENDING", code)))
      end
    end
  end)
end)
