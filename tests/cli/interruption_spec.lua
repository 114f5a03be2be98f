-- Each case begins a command against an emulator that delays one request, waits until the wire log shows that request,
-- and interrupts the command.

local helper = require "helper"
local json = require "lanyard.json"

local REPOSITORIES = 20
local LIMIT = "200" -- seconds for a command that waits for another one, so that a hang is a failure with its case

-- An emulator with a service and repositories, which delays the reply to one operation after `after` calls of it.
local function emulator(operation, after, service, count)
  local folder <close> = helper.folder()
  local repositories = {}
  for i = 1, count or REPOSITORIES do repositories[i] = { name = ("team/r%02d"):format(i), images = { "latest" } } end
  helper.write(folder .. "/seed.json", json.encode { regions = { ["us-east-1"] = {
    services = { service or { name = "web", role = true } }, repositories = repositories,
  } } })
  helper.write(folder .. "/faults.json", json.encode { { operation = operation, after = after, delay = 60 } })
  return helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.json", "--faults", folder .. "/faults.json" }
end

-- Runs a command, and sends it a signal once its log has so many requests of an operation.
-- --> status, stdout, stderr
local function interrupt(em, folder, words, operation, count, signal)
  local result = helper.run({ "timeout", LIMIT, "sh", "-c", [[
    lanyard=$0 folder=$1 operation=$2 count=$3 signal=$4
    shift 4
    : >"$folder/out" >"$folder/err" # an earlier case may have left its log, which would match at once
    "$lanyard" "$@" --debug >"$folder/out" 2>"$folder/err" &
    until test "$(grep -c "^> X-Amz-Target: .*$operation\$" "$folder/err")" -ge "$count"; do
      kill -0 $! 2>/dev/null || exit 99 # it ended before that request
      sleep 0.02
    done
    kill -$signal $!
    wait $!
  ]], helper.lanyard, folder.path, operation, tostring(count), signal or "INT", table.unpack(words) }, em.environment)
  assert.is_true(result.status ~= 99 and result.status ~= 124, result.err .. helper.read(folder .. "/err"))
  return result.status, helper.read(folder .. "/out"), helper.read(folder .. "/err")
end

local function count_results(items)
  local counts = {}
  for _, item in ipairs(items) do counts[item.result] = (counts[item.result] or 0) + 1 end
  return counts
end

describe("an interrupted command", function()
  it("reports each repository as changed, interrupted, or not changed", function()
    local folder <close> = helper.folder()
    for _, signal in ipairs { "INT", "TERM" } do
      local em <close> = emulator("SetRepositoryPolicy", 8)
      local words = { "grant", "web", "--all", "--yes", "--output", "json" }
      local status, out, err = interrupt(em, folder, words, "SetRepositoryPolicy", 16, signal)
      assert.equal(130, status)
      local items = json.decode(out)
      assert.equal(REPOSITORIES, #items)
      assert.same({ granted = 8, interrupted = 8, ["not changed"] = REPOSITORIES - 16 }, count_results(items))
      assert.match("lanyard: interrupted\n$", err)
    end
  end)

  it("prints an empty list before it knows the repositories", function()
    local folder <close> = helper.folder()
    for _, words in ipairs {
      { "grant", "web", "--all", "--yes", "--output", "json" }, { "undo", "team/r01", "--output", "json" },
      { "revoke", "--orphans", "--all", "--yes", "--output", "json" },
    } do
      local em <close> = emulator("DescribeRepositories", 0)
      local status, out, err = interrupt(em, folder, words, "DescribeRepositories", 1)
      assert.same({ 130, {} }, { status, json.decode(out) })
      assert.matches("\nlanyard: the repositories were not listed yet; nothing was changed\nlanyard: interrupted\n$", err)
    end
  end)

  it("prints the same as a table", function()
    local folder <close> = helper.folder()
    local em <close> = emulator("SetRepositoryPolicy", 0)
    local _, out = interrupt(em, folder, { "revoke", "--principal", "*", "--all", "--yes" }, "GetRepositoryPolicy", 1)
    local _, rows = out:gsub("team/r%d+ +[a-z]", "")
    assert.equal(REPOSITORIES, rows)
  end)

  it("counts the repositories that it did not begin, where they are many, and lists the others", function()
    local folder <close> = helper.folder()
    local em <close> = emulator("SetRepositoryPolicy", 8, nil, 60)
    local _, out, err = interrupt(em, folder, { "grant", "web", "--all", "--yes" }, "SetRepositoryPolicy", 16)
    assert.equal(8, select(2, out:gsub("\nteam/r%d+ +granted", "")))
    assert.equal(8, select(2, out:gsub("\nteam/r%d+ +interrupted", "")))
    assert.is_nil(out:find "not changed")
    assert.match("\nlanyard: of 60 repositories, 8 changed, 8 may have changed, 44 were not begun\n", err)
  end)

  it("reports that a role continues to be enabled", function()
    local folder <close> = helper.folder()
    local em <close> = emulator("GetContainerServices", 1, { name = "web" })
    local status, out, err = interrupt(em, folder, { "enable", "web", "--output", "json" }, "GetContainerServices", 2)
    assert.equal(130, status)
    assert.equal("requested", json.decode(out).result)
    assert.match("the puller role of 'web' continues to be enabled: lanyard wait role web waits for it", err)
  end)

  it("reports that a role may have been requested, or was not", function()
    local folder <close> = helper.folder()
    local em <close> = emulator("UpdateContainerService", 0, { name = "web" })
    local _, out, err = interrupt(em, folder, { "grant", "web", "team/r01", "--enable" }, "UpdateContainerService", 1)
    assert.match("the request to enable the puller role of 'web' may have been received", err)
    assert.match("team/r01 +not changed", out)
    local slow <close> = emulator("GetContainerServices", 0, { name = "web", role = true })
    _, out, err = interrupt(slow, folder, { "disable", "web", "--force" }, "GetContainerServices", 1)
    assert.equal("", out)
    assert.match("lanyard: interrupted\n$", err)
  end)

  it("reports that a role was enabled before the grants that it interrupted", function()
    local folder <close> = helper.folder()
    local em <close> = emulator("SetRepositoryPolicy", 0, { name = "web" })
    local words = { "grant", "web", "team/r01", "--enable" }
    local status, out, err = interrupt(em, folder, words, "SetRepositoryPolicy", 1)
    assert.equal(130, status)
    assert.match("team/r01 +interrupted", out)
    assert.match("lanyard: the puller role of 'web' was enabled\n", err)
    local other <close> = emulator("SetRepositoryPolicy", 0)
    err = select(3, interrupt(other, folder, words, "SetRepositoryPolicy", 1))
    assert.is_nil(err:find("was enabled", 1, true))
  end)

  it("reports the steps of a deployment", function()
    local folder <close> = helper.folder()
    local em <close> = emulator("CreateContainerServiceDeployment", 0)
    local status, out, err = interrupt(em, folder, { "deploy", "web", "app=team/r01" },
      "CreateContainerServiceDeployment", 1)
    assert.equal(130, status)
    assert.match("grant team/r01 +granted", out)
    assert.match("deployment +interrupted", out)
    assert.match("the request of the deployment may have been received: lanyard status web shows it", err)
  end)

  it("reports what was applied", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/grants.json", '{"grants":[{"service":"web","repositories":["team/*"]}]}')
    local em <close> = emulator("SetRepositoryPolicy", 4)
    local status, out = interrupt(em, folder, { "apply", folder .. "/grants.json", "--yes", "--no-settle", "--output",
      "json" }, "SetRepositoryPolicy", REPOSITORIES)
    assert.equal(130, status)
    assert.same({ changed = 4, interrupted = REPOSITORIES - 4 }, count_results(json.decode(out).repositories))
  end)

  it("reports that an undo may have been made", function()
    local folder <close> = helper.folder()
    local em <close> = emulator("DeleteRepositoryPolicy", 0)
    assert.equal(0, em:run("grant web team/r01").status)
    local status, out = interrupt(em, folder, { "undo", "team/r01" }, "DeleteRepositoryPolicy", 1)
    assert.equal(130, status)
    assert.match("team/r01 +interrupted", out)
  end)

  it("ends at once on a second signal", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/wait.lua", [[
      local task = require "lanyard.task"
      local _ <close> = setmetatable({}, { __close = function()
        io.stderr:write "closing\n"
        task.sleep(600)
      end })
      io.stderr:write "waiting\n"
      task.sleep(600)
    ]])
    for signal, status in pairs { INT = 130, TERM = 143 } do
      local result = helper.run { "timeout", LIMIT, "sh", "-c", [[
        : >"$1/err" # the case before has left its texts, which would match at once
        "$0" "$1/wait.lua" 2>"$1/err" &
        until grep -q waiting "$1/err"; do sleep 0.02; done
        kill -$2 $!
        until grep -q closing "$1/err"; do sleep 0.02; done
        kill -$2 $!
        wait $!
      ]], helper.lanyard, folder.path, signal }
      assert.equal(status, result.status)
    end
  end)

  it("ends while Lua of a file from the user computes, such as a seed or a rule", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.lua", "while true do end")
    helper.write(folder .. "/endless.lua", [[
      print(require("lanyard.sandbox").value("while true do end", "x", { seconds = 1e6, steps = 1e15 }))
      print "not reached"
    ]])
    for _, words in ipairs { { "--emulator=" .. folder .. "/seed.lua", "status" }, { folder .. "/endless.lua" } } do
      local result = helper.run { "timeout", LIMIT, "bash", "-c", [[
        "$@" &
        until read -ra fields < /proc/$!/stat && [ "${fields[13]}" -ge 10 ]; do sleep 0.02; done # processor time
        kill -INT $!
        wait $!
      ]], "bash", helper.lanyard, table.unpack(words) }
      assert.same({ 130, "", "lanyard: interrupted\n" }, { result.status, result.out, result.err })
    end
  end)
end)

describe("an interrupted command of lanyard service", function()
  local CREATE = { "service", "create", "new", "--power", "nano", "--scale", "1", "--output", "json" }
  local UPDATE = { "service", "update", "web", "--scale", "3", "--output", "json" }
  local DELETE = { "service", "delete", "web", "--yes", "--output", "json" }

  it("says what continues, what may have been received, and what was not changed", function()
    local folder <close> = helper.folder()
    -- The words, the call that is delayed, how many of it pass, and the result.
    for _, case in ipairs {
      { CREATE, "GetContainerServices", 0, "not changed", "'new' was not created" },
      { CREATE, "CreateContainerService", 0, "interrupted", "to create container service 'new' may have been received: run the" },
      { CREATE, "GetContainerServices", 1, "requested", "'new' continues to be created: lanyard wait service new waits for it" },
      { UPDATE, "GetContainerServicePowers", 0, "not changed", "'web' was not changed" },
      { UPDATE, "UpdateContainerService", 0, "interrupted", "to change container service 'web' may have been received" },
      { UPDATE, "GetContainerServices", 1, "requested", "'web' continues to be changed: lanyard wait service web" },
      { DELETE, "DeleteContainerService", 0, "interrupted", "to delete container service 'web' may have been received" },
      { DELETE, "GetContainerServices", 1, "requested", "'web' continues to be deleted: lanyard service delete web waits for it" },
    } do
      local words, operation, passed, result, message = table.unpack(case)
      local em <close> = emulator(operation, passed)
      local status, out, err = interrupt(em, folder, words, operation, passed + 1)
      assert.equal(130, status)
      local value = json.decode(out)
      assert.equal(result, (value[1] or value).result, table.concat(words, " "))
      assert.matches(message, err, 1, true)
    end
  end)

  it("lists the grants that it revoked before", function()
    local folder <close> = helper.folder()
    local em <close> = emulator("DeleteContainerService", 0)
    assert.equal(0, em:run({ "grant", "web", "team/r01", "team/r02" }).status)
    local _, out = interrupt(em, folder, DELETE, "DeleteContainerService", 1)
    local item = json.decode(out)[1]
    assert.same({ "interrupted", 2, "revoked" }, { item.result, #item.repositories, item.repositories[2].result })
  end)
end)
