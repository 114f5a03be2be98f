local programs = require "lanyard.emulator.program"

local function check(options)
  local health = { path = "/", successCodes = "200-499", healthyThreshold = 2, unhealthyThreshold = 2, timeoutSeconds = 2 }
  for name, value in pairs(options or {}) do health[name] = value end
  return { containerName = "app", containerPort = 80, healthCheck = health }
end

describe("a program", function()
  it("replies by path, and with its health elsewhere", function()
    local program = { health = 404, body = "x", paths = { ["/a"] = 201, ["/b"] = { status = { 503, 200 }, body = "b", delay = 1 }, ["/c"] = { 500, 201 } } }
    assert.same({ statuses = { 404 }, body = "x", delay = 0 }, programs.reply(program, "/"))
    assert.same({ statuses = { 201 }, body = "x", delay = 0 }, programs.reply(program, "/a"))
    assert.same({ statuses = { 503, 200 }, body = "b", delay = 1 }, programs.reply(program, "/b"))
    assert.same({ statuses = { 500, 201 }, body = "x", delay = 0 }, programs.reply(program, "/c"))
    assert.same({ statuses = { 200 }, delay = 0 }, programs.reply({}, "/a"))
  end)

  for name, case in pairs {
    ["with 200"] = { {}, {}, true },
    ["with 500"] = { { health = 500 }, {}, false },
    ["with 404, which is a success code by default"] = { { health = 404 }, {}, true },
    ["with 404 if the codes are 200-299"] = { { health = 404 }, { successCodes = "200-299" }, false },
    ["with 202 if the codes are 200,202"] = { { health = 202 }, { successCodes = "200,202" }, true },
    ["with 201 if the codes are 200,202"] = { { health = 201 }, { successCodes = "200,202" }, false },
    ["on its path"] = { { health = 500, paths = { ["/up"] = 200 } }, { path = "/up" }, true },
    ["on its path with a query"] = { { health = 500, paths = { ["/up"] = 200 } }, { path = "/up?deep=1" }, true },
    ["on another path"] = { { paths = { ["/up"] = 500 } }, { path = "/up" }, false },
    ["on another port"] = { { port = 3000 }, {}, false },
    ["on its port"] = { { port = 80 }, {}, true },
    ["too late"] = { { paths = { ["/"] = { delay = 3 } } }, {}, false },
    ["in time"] = { { paths = { ["/"] = { delay = 3 } } }, { timeoutSeconds = 5 }, true },
    ["after one failure"] = { { paths = { ["/"] = { 503, 200 } } }, {}, true },
    ["after two failures"] = { { paths = { ["/"] = { 503, 503, 200 } } }, {}, false },
    ["after two failures if three are allowed"] = { { paths = { ["/"] = { 503, 503, 200 } } }, { unhealthyThreshold = 3 }, true },
    ["twice, and then fails"] = { { paths = { ["/"] = { 200, 200, 503 } } }, {}, true },
    ["once, and then fails"] = { { paths = { ["/"] = { 200, 503 } } }, {}, false },
    ["twice, and then fails, if three are needed"] = { { paths = { ["/"] = { 200, 200, 503 } } }, { healthyThreshold = 3 }, false },
    ["forever, with a huge threshold"] = { {}, { healthyThreshold = 2 ^ 31 }, true },
  } do
    it(("%s the health check when it replies %s"):format(case[3] and "passes" or "fails", name), function()
      assert.equal(case[3], programs.is_healthy(case[1], check(case[2])))
    end)
  end

  for message, program in pairs {
    ["has the path 'health' in X; expected one that begins with a slash"] = { paths = { health = 200 } },
    ["has the path '1' in X; expected one that begins with a slash"] = { paths = { 200 } },
    ["has an invalid status in the path '/' of X; expected 200 to 599"] = { paths = { ["/"] = 99 } },
    ["has an invalid status in the path '/a' of X; expected 200 to 599"] = { paths = { ["/a"] = { 200, "503" } } },
    ["has an invalid delay in the path '/' of X; expected seconds"] = { paths = { ["/"] = { delay = -1 } } },
    ["has an unknown member 'state' in the path '/' of X; expected body, delay, status"] = { paths = { ["/"] = { state = 200 } } },
    ["has an invalid health in X; expected a status from 200 to 599"] = { health = 0 },
    ["has a table in the log of X; expected strings"] = { log = { "a", {} } },
    ["has only one of prints and every in X"] = { prints = "x" },
    ["has an invalid every in X; expected 0.1 seconds or more"] = { prints = "x", every = 0 },
  } do
    it("is refused if it " .. message, function() assert.equal(message, programs.fault(program, "X")) end)
  end
end)
