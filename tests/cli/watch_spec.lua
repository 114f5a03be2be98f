local helper = require "helper"
local httpd = require "lanyard.httpd"
local json = require "lanyard.json"
local process = require "lanyard.process"

-- A user's command that has a finding in its first two runs. It counts its runs in a file.
local COUNTING = [[
-- Count.
local file = io.open(os.getenv "COUNT", "a+")
file:seek "set"
local n = #file:read "a" + 1
file:write "x"
file:close()
print(n < 3 and "trouble" or "fine")
return n < 3 and 3 or 0
]]

local function world()
  local folder = helper.folder()
  helper.write(folder .. "/count.lua", COUNTING)
  local environment = {
    HOME = folder.path, LANYARD_PATH = folder.path, COUNT = folder .. "/count", PATH = os.getenv "PATH",
  }
  return folder, environment
end

local function watch(words, environment)
  return helper.run({ "timeout", "60", helper.lanyard, "watch", table.unpack(words) }, environment)
end

-- Like `watch`, but within this process's event loop, which can serve requests meanwhile. Returns status and output.
local function watch_beside(words, environment)
  local all, printed = { "env", "-i" }, {}
  for name, value in pairs(environment) do all[#all + 1] = name .. "=" .. value end
  all[#all + 1] = helper.lanyard
  all[#all + 1] = "watch"
  table.move(words, 1, #words, #all + 1, all)
  local ended = assert(process.run {
    words = all, errors = "join", timeout = 60, output = function(text) printed[#printed + 1] = text end,
  })
  return ended.status, table.concat(printed)
end

describe("lanyard watch", function()
  it("runs a command N times, reports a finding once, and exits with the status of the last run", function()
    local folder <close>, environment = world()
    local hook = ("sh -c 'cat >>%s/received; echo $LANYARD_STATUS >>%s/received'"):format(folder, folder)
    local result = watch({ "--every", "0.01s", "--times", "3", "--on-finding", hook, "--", "count" }, environment)
    assert.equal(0, result.status, result.err)
    assert.equal("trouble\nfine\n", result.out)
    assert.equal("trouble\n3\n", helper.read(folder .. "/received"))
    local lines = {}
    for line in result.err:gmatch "[^\n]+" do
      lines[#lines + 1] = line:gsub("%d%d%d%d%-%S+Z", "TIME"):gsub("after %d+%.%d s", "after N s")
    end
    assert.same({
      "lanyard: TIME run 1: found, exited with status 3 after N s",
      ("lanyard: TIME notified 'sh -c '%s'': found"):format(
        ("cat >>%s/received; echo $LANYARD_STATUS >>%s/received"):format(folder, folder)),
      "lanyard: TIME run 2: found, exited with status 3 after N s, unchanged",
      "lanyard: TIME run 3: ok, exited with status 0 after N s",
      "lanyard: TIME stopped: all runs are done",
    }, lines)
  end)

  it("stops at the first success or failure on request", function()
    local folder <close>, environment = world()
    local result = watch({ "--every", "0.01s", "--until-ok", "--", "lanyard", "count" }, environment)
    assert.equal(0, result.status)
    assert.match("run 3: ok.*stopped: the command succeeded\n$", result.err)
    helper.write(folder .. "/bad.lua", "require('lanyard.cli').fail 'no such service'\n")
    result = watch({ "--every", "0.01s", "--stop-on-failure", "--", "bad" }, environment)
    assert.equal(1, result.status)
    assert.match("run 1: failed, exited with status 1 after [^\n]*\nlanyard: no such service\n", result.err)
    result = watch({ "--every", "0.01s", "--times", "2", "--", "bad" }, environment) -- otherwise a failure does not stop the watch
    assert.match("run 2: failed, [^\n]*, unchanged", result.err)
  end)

  it("posts to a webhook, and hides its URL from the command and the log", function()
    local folder <close>, environment = world()
    helper.write(folder .. "/count.lua", COUNTING:gsub("print%(", "print(os.getenv 'LANYARD_WEBHOOK', "))
    local bodies = {}
    local server = assert(httpd.serve {
      on_error = error,
      handler = function(request)
        bodies[#bodies + 1] = json.decode(request.body)
        return { status = 200 }
      end,
    })
    environment.LANYARD_WEBHOOK = server.url .. "/SECRET"
    local status, printed = watch_beside({ "--every", "0.01s", "--until-ok", "--", "count" }, environment)
    server.close()
    assert.equal(0, status, printed)
    assert.equal(2, #bodies)
    assert.same({ "found", 3, "nil\ttrouble\n" }, { bodies[1].event, bodies[1].status, bodies[1].output })
    assert.same({ "cleared", 0, "nil\tfine\n" }, { bodies[2].event, bodies[2].status, bodies[2].output })
    assert.match("notified the webhook at 127%.0%.0%.1: found", printed)
    assert.not_match("SECRET", printed)
  end)

  it("warns if a webhook fails, continues, and notifies it after the next run", function()
    local _ <close>, environment = world()
    local statuses = { 404 }
    local server = assert(httpd.serve {
      on_error = error,
      handler = function() return { status = table.remove(statuses) or 200 } end,
    })
    local status, printed = watch_beside({ "--every", "0.01s", "--times", "2", "--webhook", server.url .. "/SECRET",
      "--", "count" }, environment)
    server.close()
    assert.equal(3, status, printed)
    assert.match("run 1: .*warning: cannot notify the webhook at 127%.0%.0%.1, will retry after the next run: "
      .. "the server returned HTTP status 404\n.*run 2: .*notified the webhook at 127%.0%.0%.1: found", printed)
    assert.not_match("SECRET", printed)
  end)

  it("does not run twice in parallel", function()
    local folder <close>, environment = world()
    local result = helper.run({ "sh", "-c", ([[
      %s watch --every 60s -- count >%s/out 2>%s/err &
      until grep -q "run 1" %s/err; do sleep 0.02; done
      timeout 60 %s watch --every 1s --times 1 -- lanyard count
      echo $?
      timeout 60 %s watch --every 1s --times 1 --name other -- count
      echo $?
      kill -TERM $!
      wait $!
      echo $?
    ]]):format(helper.lanyard, folder, folder, folder, helper.lanyard, helper.lanyard) }, environment)
    assert.match("^1\ntrouble\n3\n0\n$", result.out)
    assert.match("this watch is already running, in the process that holds %S+%.lock\n", result.err)
    assert.match("stopped by a signal\n$", helper.read(folder .. "/err"))
  end)

  it("lets the running command clean up on a signal, and exits with 130", function()
    local folder <close>, environment = world()
    helper.write(folder .. "/linger.lua", ("local _ <close> = setmetatable({}, { __close = function() io.open('%s/closed', 'w'):close() end })\n"
      .. "io.open('%s/waiting', 'w'):close()\nrequire('lanyard.task').sleep(60)\n"):format(folder, folder))
    for _, signal in ipairs { "INT", "TERM", "HUP" } do
      os.remove(folder .. "/waiting")
      os.remove(folder .. "/closed")
      local result = helper.run({ "env", "--default-signal=HUP", "sh", "-c", ([[
      %s watch --every 1s -- linger &
      until [ -e %s/waiting ]; do sleep 0.02; done
      kill -%s $!
      wait $!
    ]]):format(helper.lanyard, folder, signal) }, environment)
      assert.equal(130, result.status)
      assert.is_true(helper.exists(folder .. "/closed"))
    end
  end)

  it("prints what the running command reports when it is interrupted", function()
    local folder <close>, environment = world()
    helper.write(folder .. "/report.lua", ("local _ <close> = setmetatable({}, { __close = function() print 'r1 interrupted' "
      .. "io.stderr:write 'the role continues\\n' end })\nio.open('%s/waiting', 'w'):close()\nrequire('lanyard.task').sleep(60)\n")
      :format(folder))
    local result = helper.run({ "sh", "-c", ([[
      %s watch --every 1s -- report &
      until [ -e %s/waiting ]; do sleep 0.02; done
      kill -INT $!
      wait $!
    ]]):format(helper.lanyard, folder) }, environment)
    assert.equal(130, result.status)
    assert.equal("r1 interrupted\n", result.out)
    assert.match("the role continues\n.*lanyard: interrupted\n$", result.err)
  end)

  it("continues under nohup when the terminal closes", function()
    local folder <close>, environment = world()
    helper.write(folder .. "/hang_up.lua", "os.execute('kill -HUP ' .. arg[1])\n")
    local result = helper.run({ "sh", "-c", ("exec nohup %s watch --every 0.01s --times 2 -- hang_up $$")
      :format(helper.lanyard) }, environment)
    assert.equal(0, result.status, result.err)
    assert.match("run 2: ok", result.err)
  end)

  it("reports errors of the command line in one line", function()
    local _ <close>, environment = world()
    for line, message in pairs {
      [""] = "missing argument 'command'",
      ["-- lanyard"] = "name the command to watch",
      ["--every 0 -- status"] = "'0' must be more than 0",
      ["--every x -- status"] = "'x' is not a duration",
      ["--times 1.5 -- status"] = "'1.5' is not a whole number",
      ["--times 0 -- status"] = "'0' must be more than 0",
      ["--on-finding ' -- status"] = "--on-finding: a quote is not closed",
      ["--webhook http://example.com/SECRET -- status"] = "the webhook at example.com must use https",
      ["--webhook SECRET -- status"] = "the webhook is not a valid URL: write https://HOST/PATH",
      ["audit --fail-on high"] = "unknown option '--fail-on'",
    } do
      local words = {}
      for word in line:gmatch "%S+" do words[#words + 1] = word end
      local result = watch(words, environment)
      assert.equal(2, result.status, line)
      assert.equal("", result.out)
      assert.match("^lanyard: " .. message:gsub("%p", "%%%0") .. "[^\n]*\n", result.err)
      assert.not_match("SECRET", result.err)
    end
  end)
end)
