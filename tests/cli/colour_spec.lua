-- The conventions of https://no-color.org and https://bixense.com/clicolors.

local helper = require "helper"

describe("colours", function()
  local emulator, lanyard

  setup(function()
    emulator = helper.emulator()
    lanyard = helper.lanyard
    assert.equal(0, emulator:run({ "grant", "my-container-service", "shared-repo", "--enable" }).status)
  end)

  teardown(function() getmetatable(emulator).__close(emulator) end)

  -- Whether a command that prints a table and a diff uses colours, on a terminal or in a pipe.
  local function has_colours(environment, is_pipe)
    local all = { TERM = "xterm" }
    for _, part in ipairs { emulator.environment, environment } do
      for name, value in pairs(part) do all[name] = value end
    end
    local command = lanyard .. " undo shared-repo --dry-run"
    local result = helper.run(is_pipe and { "sh", "-c", command } or { "script", "-qec", command, "/dev/null" }, all)
    assert.equal(0, result.status, result.err)
    assert.match("would undo", result.out)
    local red = result.out:find("\27%[[%d;]*31m") ~= nil
    assert.equal(red, result.out:find("\27", 1, true) ~= nil, "some of it has colours")
    return red
  end

  for _, case in ipairs {
    { {}, true, false },
    { { NO_COLOR = "1" }, false, false },
    { { NO_COLOR = "0" }, false, false },
    { { NO_COLOR = "" }, true, false },
    { { TERM = "dumb" }, false, false },
    { { CLICOLOR = "0" }, false, false },
    { { CLICOLOR = "1" }, true, false },
    { { CLICOLOR_FORCE = "1" }, true, true },
    { { CLICOLOR_FORCE = "0" }, true, false },
    { { CLICOLOR_FORCE = "" }, true, false },
    { { CLICOLOR_FORCE = "1", TERM = "dumb" }, true, true },
    { { CLICOLOR_FORCE = "1", CLICOLOR = "0" }, true, true },
    { { CLICOLOR_FORCE = "1", NO_COLOR = "1" }, false, false },
    { { CLICOLOR_FORCE = "1", NO_COLOR = "" }, true, true },
  } do
    local environment, on_terminal, in_pipe = table.unpack(case)
    local names = {}
    for name, value in pairs(environment) do names[#names + 1] = name .. "=" .. value end
    table.sort(names)
    local title = #names > 0 and "with " .. table.concat(names, ", ") or "without variables"

    it(("are %s on a terminal and %s in a pipe %s"):format(on_terminal and "on" or "off", in_pipe and "on" or "off", title), function()
      assert.equal(on_terminal, has_colours(environment))
      assert.equal(in_pipe, has_colours(environment, true))
    end)
  end

  it("are never part of JSON", function()
    local result = emulator:run({ "undo", "shared-repo", "--dry-run", "--output", "json" }, { CLICOLOR_FORCE = "1" })
    assert.equal(0, result.status)
    assert.is_nil(result.out:find("\27", 1, true))
  end)
end)
