-- Runs the commands of the examples in scripts/examples against an emulator. Requires the Debian package python3-yaml.
-- systemd checks its own examples if it is installed. tests/cli/integrations_spec.lua has the other tools.
local helper = require "helper"
local json = require "lanyard.json"

local PYTHON = "/usr/bin/python3"
local FOLDER = "scripts/examples/"
local OPEN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
  .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}'

local function real(path)
  return helper.run({ "realpath", path }).out:match "[^\n]+"
end

local function is_installed(program)
  return helper.run({ "sh", "-c", "command -v " .. program }).status == 0
end

-- Starts an emulator whose my-private-repo has the given policy, or none.
local function emulator(policy)
  local folder <close> = helper.folder()
  helper.write(folder .. "/seed.json", json.encode { regions = { ["us-east-1"] = {
    repositories = json.array { { name = "my-private-repo", policy = policy } },
    services = json.array { { name = "my-container-service", power = "nano", scale = 1 } },
  } } })
  return helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.json" }
end

-- Runs shell code against an emulator, with lanyard in PATH and `more` in the environment.
local function shell(em, code, more)
  local environment = { PATH = helper.build .. ":" .. os.getenv "PATH" }
  for _, variables in ipairs { em.environment, more or {} } do
    for name, value in pairs(variables) do environment[name] = value end
  end
  return helper.run({ "timeout", "60", "sh", "-c", code }, environment)
end

describe("an example", function()
  if helper.run({ PYTHON, "-c", "import yaml" }).status ~= 0 then
    pending "the Debian package python3-yaml is not installed"
    return
  end
  local checked = helper.run { PYTHON, "tests/cli/check_examples.py" }
  local commands = json.decode(checked.out) or {}

  it("has every member that its runner needs", function()
    assert.equal("", checked.err)
    assert.equal(0, checked.status)
  end)

  it("of a runbook can be run again, and stops at a failure", function()
    local em <close> = emulator()
    local function run(service)
      return em:run { "runbook", FOLDER .. "restore-pulls.md", "--yes", "--no-transcript",
        "--set", "repository=my-private-repo", "--set", "service=" .. service }
    end
    local verified = helper.run({ helper.lanyard, "runbook", FOLDER .. "restore-pulls.md", "--check",
      "--set", "repository=my-private-repo", "--set", "service=web" })
    assert.same({ 0, "" }, { verified.status, verified.out })
    for _ = 1, 2 do
      local result = run "my-container-service"
      assert.equal(0, result.status, result.err)
      assert.match("role on, grants in my%-private%-repo: 1\n.*/my%-private%-repo", result.out)
      assert.match("steps run: 5, skipped: 0\n$", result.err)
    end
    local result = run "nobody"
    assert.equal(1, result.status)
    assert.match("step 1 %(Before%) failed: lanyard status nobody", result.err)
  end)

  it("for Systems Manager grants, audits, and fails on a critical finding", function()
    local em <close> = emulator()
    local grant, audit = table.unpack(commands[FOLDER .. "ssm-automation.yaml"])
    assert.match("my%-private%-repo +granted", shell(em, "unset HOME; " .. grant).out)
    assert.equal(0, shell(em, audit).status)
    local open <close> = emulator(OPEN)
    assert.equal(3, shell(open, audit).status)
  end)

  it("for a command of Systems Manager audits, with its parameters as variables", function()
    local folder <close> = helper.folder()
    local em <close> = emulator()
    local open <close> = emulator(OPEN)
    local code = commands[FOLDER .. "ssm-command.yaml"][1]
    local more = { XDG_STATE_HOME = tostring(folder) }
    assert.equal(0, shell(em, "unset HOME; " .. code, more).status)
    assert.equal(3, shell(open, code, more).status)
    more.SSM_Repositories = "my-private-repo absent*"
    assert.equal(1, shell(open, code, more).status) -- a glob without a repository
    more.SSM_Repositories = "" -- as an old agent leaves it
    assert.is_true(shell(em, code, more).status ~= 0)
    local reports = helper.run({ "sh", "-c", 'ls -d "$1"/lanyard/reports/*/report.json', "sh", tostring(folder) })
    assert.equal(0, reports.status)
  end)

  it("for GitHub Actions grants, and publishes the audit before it fails on a finding", function()
    local folder <close> = helper.folder()
    local em <close> = emulator(OPEN)
    local grant, audit, summary, alerts, verdict = table.unpack(commands[FOLDER .. "github.yml"])
    local more = { SERVICE = "my-container-service", REPOSITORY = "my-private-repo", GITHUB_STEP_SUMMARY = folder .. "/summary",
      REPORTS = "reports/7" }
    local function run(code)
      return shell(em, ("cd %s; lanyard() { %s \"$@\"; }; %s"):format(folder, real(helper.lanyard), code),
        more)
    end
    for _, name in ipairs { "*", "--all", "", "-x", "a*", "a b", "A", "a\nb", "$(touch x)", "team/*", "[a]" } do
      for _, variable in ipairs { "REPOSITORY", "SERVICE" } do
        local environment = { SERVICE = "my-container-service", REPOSITORY = "my-private-repo" }
        environment[variable] = name
        local refused = shell(em, ("cd %s; lanyard() { touch called; }; %s"):format(folder, grant), environment)
        assert.equal(2, refused.status, name)
        assert.equal("::error::not the name of one service or repository\n", refused.out)
      end
    end
    assert.is_false(helper.exists(folder .. "/called"))
    local result = run(grant)
    assert.match("my%-private%-repo +granted", result.out, result.err)
    for _, code in ipairs { audit, summary, alerts } do
      result = run(code)
      assert.equal(0, result.status, result.err)
    end
    assert.match("^## Lanyard audit", helper.read(folder .. "/summary"))
    assert.equal("2.1.0", json.decode(helper.read(folder .. "/reports/7/lanyard.sarif")).version)
    assert.equal(3, run(verdict).status)
  end)

  it("for Kubernetes and systemd fails only on a finding", function()
    local em <close> = emulator()
    local open <close> = emulator(OPEN)
    local audit, watch = table.unpack(commands[FOLDER .. "systemd"])
    for _, code in ipairs { commands[FOLDER .. "cronjob.yaml"][1], audit, (watch:gsub("watch ", "watch --times 1 ")) } do
      assert.equal(0, shell(em, code).status)
      assert.equal(3, shell(open, code).status)
    end
  end)

  it("of policy checks finds new access since a commit, and is called by each runner", function()
    local folder <close> = helper.folder()
    local script = FOLDER .. "policy-check/check.sh"
    for _, code in ipairs(commands[FOLDER .. "policy-check"]) do
      assert.match("policies/check.sh ", code)
    end
    local open = OPEN:gsub('"%*"', '{"AWS":"111122223333"}')
    helper.write(folder .. "/web.json", open)
    local function run(code)
      return helper.run({ "sh", "-c", ("cd %s && git() { command git -c user.name=a -c user.email=a@example.com "
        .. "-c init.defaultBranch=main \"$@\"; }; %s"):format(folder, code:gsub("check.sh", real(script))) },
        { PATH = real(helper.build) .. ":" .. os.getenv "PATH", HOME = tostring(folder) })
    end
    assert.equal(0, run("git init -q && git add . && git commit -qm one").status)
    assert.equal(0, run("check.sh main web.json").status)
    helper.write(folder .. "/web.json", OPEN)
    local result = run "check.sh main web.json"
    assert.equal(3, result.status, result.err)
    assert.match("web%.json:1:%d+: high: [^\n]+ may use ecr:BatchGetImage", result.out)
    helper.write(folder .. "/new.json", open)
    assert.equal(3, run("git checkout -q web.json && check.sh main web.json new.json").status)
    assert.equal(2, run("check.sh absent web.json").status)
    run "mkdir -p policies/team && git mv web.json policies/web.json && mv new.json policies/team && git commit -qm two"
    assert.equal(0, run("git add . && git commit -qm three && check.sh main policies").status)
    helper.write(folder .. "/policies/team/new.json", OPEN)
    result = run "git rm -q policies/web.json && check.sh main policies/"
    assert.equal(3, result.status, result.err)
    assert.match("^policies/team/new%.json:1:%d+: high: ", result.out)
    assert.equal("lanyard: policies/web.json: deleted\n", result.err)
    assert.equal(3, run("git checkout -q main -- policies && check.sh main~2 policies").status)
    assert.equal(2, run("check.sh main").status)
  end)

  it("is accepted by systemd", function()
    if not is_installed "systemd-analyze" then
      pending "systemd is not installed"
      return
    end
    local folder <close> = helper.folder()
    local binary = real(helper.lanyard)
    for _, name in ipairs { "lanyard-audit.service", "lanyard-audit.timer", "lanyard-watch.service" } do
      local text = helper.read(FOLDER .. "systemd/" .. name)
      helper.write(folder .. "/" .. name, (text:gsub("/usr/local/bin/lanyard", (binary:gsub("%%", "%%%%")))))
    end
    local result = helper.run { "sh", "-c", ("systemd-analyze verify %s/*"):format(folder) }
    assert.equal("", result.err .. result.out)
    assert.equal(0, result.status)
    for _, name in ipairs { "lanyard-audit.service", "lanyard-watch.service" } do -- 0 is the best of 10.0
      result = helper.run({ "systemd-analyze", "security", "--offline=yes", "--threshold=20", folder .. "/" .. name })
      assert.equal(0, result.status, result.out)
    end
  end)
end)
