-- The protocol of the safe write as a model (tests/model/safe_write.pml), checked by Spin: it visits every state that
-- three writers can reach.

local helper = require "helper"
local torture = require "torture"

local MODEL = "tests/model/safe_write.pml"
local VIOLATED = "assertion violated"

local has_spin = os.execute "command -v spin >/dev/null 2>&1"

-- Checks the model with macros. Returns whether its property holds, and the number of states.
local function check(macros)
  local folder <close> = helper.folder()
  helper.write(folder .. "/model.pml", helper.read(MODEL))
  local result = helper.run({ "sh", "-c", ([[
    cd %s && spin %s -a model.pml && gcc -w -O1 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m200000
  ]]):format(folder, macros) })
  assert.equal(0, result.status, result.out .. result.err)
  assert.is_nil(result.out:find("max search depth too small", 1, true), result.out)
  local states = assert(math.tointeger(tonumber(result.out:match "([%d.e+]+) states, stored")), result.out)
  local errors = assert(result.out:match "errors: (%d+)", result.out)
  assert.equal(errors ~= "0", result.out:find(VIOLATED, 1, true) ~= nil, result.out)
  torture.report("model of the safe write " .. macros, states, "each is a state")
  return errors == "0"
end

describe("the protocol of the safe write", function()
  if not has_spin then
    pending "needs Debian's package spin"
    return
  end

  it("loses nothing of three writers on three machines that settle, also when some are killed", function()
    assert.is_true(check "")
  end)

  it("loses a statement without the bound between read and write", function()
    assert.is_false(check "-DNO_WINDOW")
  end)

  it("loses a statement of another machine without settle", function()
    assert.is_false(check "-DNO_SETTLE")
  end)

  it("loses nothing of writers on one machine without settle, unless one is killed while its request is on its way",
    function()
      assert.is_true(check "-DONE_MACHINE -DNO_SETTLE -DNO_KILL")
      assert.is_false(check "-DONE_MACHINE -DNO_SETTLE")
    end)

  it("loses a statement to another tool, and then reports it", function()
    assert.is_false(check "-DFOREIGN")
    assert.is_true(check "-DFOREIGN -DDETECTION -DONE_MACHINE -DNO_SETTLE -DNO_KILL")
    if torture.long then
      assert.is_true(check "-DFOREIGN -DDETECTION -DNO_SETTLE -DNO_KILL")
    end
  end)
end)
