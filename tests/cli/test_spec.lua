local helper = require "helper"

-- A folder with a command `echo`, which prints its arguments and some of its environment, and specs by name.
local function with_specs(specs)
  local folder = helper.folder()
  os.execute(("mkdir -p '%s/spec'"):format(folder))
  helper.write(folder .. "/echo.lua", [[
    print(...)
    print(io.read() or "no input", os.getenv "EXTRA")]])
  helper.write(folder .. "/shared.lua", "return { answer = 42 }")
  for name, text in pairs(specs) do
    helper.write(("%s/spec/%s_spec.lua"):format(folder, name), text)
  end
  return folder
end

local function run(folder, ...)
  return helper.run({ helper.lanyard, "test", tostring(folder), ... }, {
    HOME = "/nonexistent", AWS_ACCESS_KEY_ID = "AKIDREAL", AWS_SECRET_ACCESS_KEY = "real", AWS_PROFILE = "prod",
    AWS_REGION = "eu-west-1", AWS_ENDPOINT_URL = "http://127.0.0.1:9",
  })
end

-- The lines of a result that begin with a word, without the failures' texts.
local function outcomes(result)
  local list = {}
  for word, name in result.out:gmatch "\n  (%l+)  ([^\n]+)" do list[#list + 1] = word .. " " .. name end
  for word, name in result.out:gmatch "\n  (FAILED)  ([^\n]+)" do list[#list + 1] = word .. " " .. name end
  return list
end

describe("lanyard test", function()
  it("runs each test against a new emulator, with its seed", function()
    local folder <close> = with_specs { a = [[
      local testing = require "lanyard.testing"
      describe("a", function()
        testing.seed { regions = { ["us-east-1"] = { services = { { name = "web", role = true } },
          repositories = { { name = "app" } } } } }
        local granted
        before_each(function() granted = testing.run "grant web app" end)
        for i = 1, 2 do
          it("grants " .. i, function()
            assert.exits(granted, 0)
            assert.matches("app +granted", granted.out)
            assert.is_true(testing.calls() > 0)
          end)
        end
        describe("b", function()
          testing.faults { { operation = "SetRepositoryPolicy", error = { code = "ServerException", status = 400 } } }
          it("fails", function() assert.exits(granted, 1) end)
        end)
      end)
      it("has the default account", function()
        assert.matches("my%-container%-service", testing.run({ "status" }).out)
        assert.equal("", testing.run("undo --list").out)
      end)
    ]] }
    local result = run(folder)
    assert.same({ "passed a grants 1", "passed a grants 2", "passed a b fails", "passed has the default account" },
      outcomes(result), result.out .. result.err)
    assert.equal(0, result.status)
    assert.matches("\n4 passed, 0 failed\n$", result.out)
  end)

  it("runs commands with input and environment, and finds modules beside the spec and its command", function()
    local folder <close> = with_specs { a = [[
      local testing = require "lanyard.testing"
      it("echoes", function()
        local result = testing.run({ "echo", "a b", "c" }, { input = "line\n", environment = { EXTRA = "more" } })
        assert.equal("a b\tc\nline\tmore\n", result.out)
        assert.equal("'\tx\nno input\tnil\n", testing.run([[echo "'" x]].."]]"..[[).out)
      end)
      it("requires", function() assert.equal(7, require("lucky").number) end)
      it("writes files", function()
        local path = testing.write("policies/web.json", "{}")
        assert.contains(testing.folder() .. "/", path)
        assert.equal(1, testing.run({ "policy", "lint", path }).status)
      end)
    ]] }
    helper.write(folder .. "/spec/lucky.lua", "return { number = 7 }")
    local result = run(folder)
    assert.same({ "passed echoes", "passed requires", "passed writes files" }, outcomes(result), result.out .. result.err)
  end)

  it("gives specs nothing of this machine: no credentials, no home, no endpoint", function()
    local folder <close> = with_specs { a = [[
      local outside = os.getenv "AWS_ENDPOINT_URL"
      local seen = { os.getenv "AWS_PROFILE", os.getenv "AWS_ACCESS_KEY_ID" }
      local lightsail = require("lanyard.aws").client("lightsail", { region = "us-east-1",
        endpoint_url = nil })
      it("is isolated", function()
        assert.same({}, seen)
        assert.equal("http://127.0.0.1:1", outside)
        assert.matches("^http://127%.0%.0%.1:%d%d+$", os.getenv "AWS_ENDPOINT_URL")
        assert.equal("AKIAIOSFODNN7EXAMPLE", os.getenv "AWS_ACCESS_KEY_ID")
        assert.matches("/lanyard%-test", os.getenv "HOME")
        assert.equal("UTC", os.getenv "TZ")
      end)
    ]] }
    local result = run(folder)
    assert.same({ "passed is isolated" }, outcomes(result), result.out .. result.err)
  end)

  it("does not run tests in the current directory, whose rules nobody trusts", function()
    local folder <close> = with_specs { a = [[
      local testing = require "lanyard.testing"
      it("grants", function()
        assert.exits(testing.run "grant my-container-service my-private-repo --enable", 0)
        assert.equal("beside", require("lanyard.system").read_file(testing.path "file"))
        assert.is_nil(io.open "rules.lua")
      end)
    ]] }
    os.execute(("mkdir -p %s/.lanyard"):format(folder))
    helper.write(folder .. "/.lanyard/rules.lua", "rule 'none' { on = 'any', check = function() return deny 'no' end }")
    helper.write(folder .. "/spec/file", "beside")
    local binary = helper.lanyard:find "^/" and helper.lanyard or io.popen("pwd"):read "l" .. "/" .. helper.lanyard
    local result = helper.run({ "sh", "-c", 'cd "$1" && exec "$2" test spec', "sh", folder.path, binary },
      { HOME = "/nonexistent" })
    assert.same({ "passed grants" }, outcomes(result), result.out .. result.err)
  end)

  it("reports failures with their place and both values", function()
    local folder <close> = with_specs { a = [[
      it("compares", function() assert.equal(1, 2) end)
      it("compares tables", function() assert.same({ a = { 1 } }, { a = { 2 } }) end)
      it("compares texts", function() assert.equal("a\nb\n", "a\nc\n") end)
      it("notes", function() assert.is_true(nil, "a note") end)
      it("raises", function()
        local x
        x.y = 1
      end)
      it("asserts", function() assert(nil, "no file") end)
      it("exits", function() assert.exits(require("lanyard.testing").run "status --what") end)
    ]] }
    local result = run(folder)
    assert.equal(1, result.status)
    for _, text in ipairs {
      "a_spec.lua:1: expected 1\n               got 2\n",
      "a_spec.lua:2: expected { a = { 1 } }\n               got { a = { 2 } }\n",
      "a_spec.lua:3: the values differ (- expected, + actual)\n",
      "           a\n          -b\n          +c\n",
      "a_spec.lua:4: a note: expected true, got nil\n",
      "a_spec.lua:7: attempt to index a nil value (local 'x')\n",
      "a_spec.lua:9: no file\n",
      "a_spec.lua:10: expected exit status 0, got 2\n",
      "stderr: lanyard: unknown option '--what'",
      "\n0 passed, 7 failed\n",
    } do
      assert.truthy(result.out:find(text, 1, true), text .. "\nis not in\n" .. result.out)
    end
    assert.not_match("lanyard%.testing", result.out)
  end)

  it("takes a failure and a line of any length", function()
    local folder <close> = with_specs { a = [[
      it("fails", function() error(("x"):rep(2000000)) end)
      it("prints", function() io.write(("y"):rep(2000000), "\n\n") end)
      it("writes to the descriptor", function() os.execute "printf no-line-end" end)
      it("passes", function() end)]] }
    local result = run(folder)
    assert.equal(1, result.status)
    assert.same({ "passed prints", "passed writes to the descriptor", "passed passes", "FAILED fails" },
      outcomes(result))
    assert.truthy(result.out:find(("x"):rep(2000000), 1, true))
    assert.truthy(result.err:find(("y"):rep(2000000), 1, true))
    assert.truthy(result.err:find("\nno-line-end\n", 1, true))
  end)

  it("has assertions that fail when they should", function()
    local folder <close> = with_specs { a = [[
      local fails = assert.has_error
      it("checks", function()
        local same = {}
        assert.equal(same, same) fails(function() assert.equal({}, {}) end)
        assert.not_equal(1, 2) fails(function() assert.not_equal(1, 1) end)
        assert.same({ { 1 } }, { { 1 } }) fails(function() assert.same({ 1 }, { 1, 2 }) end)
        fails(function() assert.same({ a = 1, b = 2 }, { a = 1 }) end)
        assert.not_same({ 1 }, { 2 }) fails(function() assert.not_same({ 1 }, { 1 }) end)
        assert.truthy(0) fails(function() assert.truthy(false) end)
        assert.falsy(nil) fails(function() assert.falsy(0) end)
        assert.is_true(true) fails(function() assert.is_true(1) end)
        assert.is_false(false) fails(function() assert.is_false(nil) end)
        assert.is_nil(nil) fails(function() assert.is_nil(false) end)
        assert.is_not_nil(false) fails(function() assert.is_not_nil(nil) end)
        assert.matches("^a", "abc") fails(function() assert.matches("^b", "abc") end)
        fails(function() assert.matches("1", 1) end)
        assert.not_matches("^b", "abc") fails(function() assert.not_matches("^a", "abc") end)
        assert.contains("^a", "b^a") fails(function() assert.contains("b", "ac") end)
        assert.contains({ 1 }, { { 2 }, { 1 } }) fails(function() assert.contains(3, { 1, 2 }) end)
        assert.equal("x", assert("x", "y")) fails(function() assert(false, "why") end, "why")
        fails(function() assert.has_error(function() end) end)
        fails(function() assert.has_error(function() error "a" end, "z!") end)
        local a, b = { 1 }, { 1 }
        a.self, b.self = a, b
        assert.same(a, b)
      end)
    ]] }
    local result = run(folder)
    assert.same({ "passed checks" }, outcomes(result), result.out .. result.err)
  end)

  it("ends tests that take too long: waiting, and computing", function()
    local folder <close> = with_specs {
      a = [[it("waits", function() require("lanyard.task").sleep(1000) end) it("passes", function() end)]],
      b = [[it("computes", function() while true do end end)]],
    }
    local result = run(folder, "--timeout", "1s")
    assert.equal(1, result.status)
    assert.same({ "passed passes", "FAILED waits", "FAILED computes" }, outcomes(result))
    assert.matches("not done after 1 seconds %(%-%-timeout%)", result.out)
  end)

  it("reports specs that cannot be loaded, or that end the process", function()
    local folder <close> = with_specs {
      a = "x = = 1", b = "error 'no'", c = "it('exits', function() os.exit(0) end)", d = "it('is fine', function() end)",
      e = "require('lanyard.testing').seed 'missing.lua'", f = "it('nests', function() it('x', function() end) end)",
    }
    local result = run(folder)
    assert.equal(1, result.status)
    for _, text in ipairs { "a_spec.lua:1: unexpected symbol near '='", "b_spec.lua:1: no\n",
      "the process of the spec exited with status 0; tests after it did not run", "passed  is fine",
      "missing.lua: No such file", "it is called outside of a describe block, or while a test runs",
      "\n1 passed, 5 failed\n" } do
      assert.truthy(result.out:find(text, 1, true), text .. "\nis not in\n" .. result.out)
    end
  end)

  it("selects tests by a pattern, takes a seed, and runs after_each also after a failure", function()
    local folder <close> = with_specs { a = [[
      after_each(function() print "after" end)
      it("one", function() error "one" end)
      it("two", function() assert.matches("seeded", require("lanyard.testing").run("audit").out) end)
      pending "three"
    ]] }
    helper.write(folder .. "/seed.json", '{"regions":{"us-east-1":{"repositories":[{"name":"seeded"}]}}}')
    local result = run(folder, "--filter", "^t", "--seed", folder .. "/seed.json")
    assert.same({ 0, "after\n" }, { result.status, result.err })
    assert.same({ "passed two", "pending three" }, outcomes(result))
    assert.matches("\n1 passed, 0 failed, 1 pending\n$", result.out)
    assert.equal("after\n", run(folder, "--filter", "one").err)
    local none = run(folder, "--filter", "four")
    assert.same({ 2, "lanyard: no test matches 'four'\n" }, { none.status, none.err })
  end)

  it("prints TAP and JUnit XML", function()
    local folder <close> = with_specs {
      a = "it('a # <b>', function() end) pending 'later'", b = "it('fails', function() assert.equal('<', '>') end)" }
    local tap = run(folder, "--output", "tap").out:gsub(tostring(folder):gsub("%p", "%%%0") .. "/spec/", "")
    assert.equal("TAP version 14\n1..3\nok 1 - a_spec.lua: a \\# <b>\nok 2 - a_spec.lua: later # SKIP pending\n"
      .. "not ok 3 - b_spec.lua: fails\n# b_spec.lua:1: expected \"<\"\n#      got \">\"\n", tap)
    local junit = run(folder, "--output", "junit")
    assert.equal(1, junit.status)
    assert.truthy(junit.out:find("b_spec.lua:1: expected &quot;&lt;&quot;\n     got &quot;&gt;&quot;", 1, true), junit.out)
    helper.write(folder .. "/junit.xml", junit.out)
    local checked = helper.run { "python3", "tests/cli/check_junit.py", folder .. "/junit.xml" }
    assert.same({ 0, "" }, { checked.status, checked.err })
    assert.matches("^suites: 2, tests: 3, failures: 1, errors: 0\n", checked.out)
  end)

  it("rejects a path without specs, and a pattern that is invalid", function()
    local folder <close> = helper.folder()
    for _, case in ipairs {
      { { tostring(folder) }, ("%s has no specs: their names end in _spec.lua"):format(folder) },
      { { folder .. "/x" }, ("cannot resolve %s/x: No such file or directory"):format(folder) },
      { { tostring(folder), "--filter", "%" }, "--filter: '%' is not a pattern of Lua (lanyard help test)" },
      { { tostring(folder), "--jobs", "0" }, "'0' must be more than 0 (lanyard help test)" },
    } do
      local result = helper.run { helper.lanyard, "test", table.unpack(case[1]) }
      assert.same({ 2, "" }, { result.status, result.out })
      assert.truthy(result.err:find(case[2], 1, true), result.err)
    end
  end)
end)
