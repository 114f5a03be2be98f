-- Runs the integrations with other tools against an emulator: the actions of GitHub, the template of GitLab, the hooks of
-- pre-commit, the module of Ansible and the program for Terraform. A tool that is not installed is skipped.
local helper = require "helper"
local json = require "lanyard.json"

local PYTHON = "/usr/bin/python3"
local OPEN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
  .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}'
local CLOSED = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},'
  .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}'

local function real(path)
  return helper.run({ "realpath", path }).out:match "[^\n]+"
end

local function is_installed(program)
  return helper.run({ "sh", "-c", "command -v " .. program }).status == 0
end

local has_yaml = helper.run({ PYTHON, "-c", "import yaml" }).status == 0

-- Starts an emulator whose repository web has the given policy.
local function emulator(policy)
  local folder <close> = helper.folder()
  helper.write(folder .. "/seed.json", json.encode { regions = { ["us-east-1"] = {
    repositories = json.array { { name = "web", policy = policy }, { name = "team/api" } },
    services = json.array { { name = "site", power = "nano", scale = 1 } },
  } } })
  return helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.json" }
end

-- Runs words in a folder, with lanyard in PATH, and the environment of an emulator, if any.
local function run_in(folder, words, em, more)
  local environment = { HOME = tostring(folder), LC_ALL = "C.UTF-8" }
  for _, variables in ipairs { em and em.environment or {}, more or {} } do
    for name, value in pairs(variables) do environment[name] = value end
  end
  environment.PATH = (environment.PATH and environment.PATH .. ":" or "") .. real(helper.build) .. ":" .. os.getenv "PATH"
  return helper.run({ "sh", "-c", 'cd "$1" && shift && exec timeout 120 "$@"', "sh", tostring(folder), table.unpack(words) }, environment)
end

-- Makes a repository of git with policies/web.json that grants an account, and changes it if a policy is given. Returns
-- the first commit.
local function checkout(folder, policy)
  local result = run_in(folder, { "sh", "-euc", [[
    git init -q -b main . && mkdir policies && printf %s "$1" >policies/web.json
    git add policies && git -c user.name=a -c user.email=a@example.com commit -qm one
    if [ -n "$2" ]; then printf %s "$2" >policies/web.json; fi
    git rev-parse HEAD]], "sh", CLOSED, policy or "" })
  assert.equal("", result.err)
  return result.out:match "%x+"
end

describe("the actions of GitHub", function()
  if not has_yaml then
    pending "the Debian package python3-yaml is not installed"
    return
  end

  -- Runs an action. Returns the result, with what the action reports.
  local function act(name, folder, inputs, em, more, event)
    local variables = { RUNNER_TEMP = folder .. "/temp", GITHUB_RUN_ID = "77", GITHUB_RUN_ATTEMPT = "2" }
    for key, value in pairs(more or {}) do variables[key] = value end
    os.execute(("mkdir -p %s/temp"):format(folder))
    local result = run_in(folder, { PYTHON, real "tests/support/composite_action.py", real(".github/actions/" .. name), event or "{}",
      next(inputs) and json.encode(inputs) or "{}" }, em, variables)
    result.report = json.decode(result.out)
    return result
  end

  it("have no expression in any run", function()
    local files = helper.run({ "find", ".github", "scripts/examples", "scripts/fleet", "-name", "*.yml" }).out
    local runs = tonumber(helper.run({ PYTHON, "-c", [[
import sys, yaml
count = 0
def visit(value):
    global count
    if isinstance(value, list):
        for item in value: visit(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name == "run" and isinstance(member, str):
                count += 1
                assert "${{" not in member, member
            visit(member)
for path in sys.stdin.read().split():
    for document in yaml.safe_load_all(open(path)): visit(document)
print(count)]] }, nil, files).out)
    assert.is_true(runs and runs >= 15, tostring(runs))
  end)

  it("install the binary of an image", function()
    local folder <close> = helper.folder()
    os.execute(("mkdir %s/path"):format(folder))
    helper.write(folder .. "/path/docker", '#!/bin/sh\necho "$*" >>"$HOME/docker.log"\ncase $1 in\n  create) echo c1 ;;\n'
      .. '  cp) [ "$2" = c1:/usr/bin/lanyard ] && cp "$BINARY" "$3" ;;\nesac\n')
    os.execute(("chmod +x %s/path/docker"):format(folder))
    local more = { PATH = folder .. "/path", BINARY = real(helper.lanyard) }
    local result = act("setup", folder, { image = "registry.example.com/lanyard@sha256:0a" }, nil, more)
    assert.equal(0, result.status, result.err)
    assert.equal("create registry.example.com/lanyard@sha256:0a\ncp c1:/usr/bin/lanyard " .. folder .. "/temp/lanyard-bin/lanyard\nrm c1\n",
      helper.read(folder .. "/docker.log"))
    assert.match("^" .. (folder .. "/temp/lanyard%-bin:"), result.report.path)
    for _, image in ipairs { "--privileged", "", "a b", "$(touch x)" } do
      assert.equal(2, act("setup", folder, { image = image }, nil, more).status, image)
    end
    assert.equal(3, select(2, helper.read(folder .. "/docker.log"):gsub("\n", "")))
  end)

  it("audit, and publish the report before they fail", function()
    local folder <close> = helper.folder()
    local em <close> = emulator(OPEN)
    local result = act("audit", folder, { repositories = "web\nteam/*\n" }, em)
    assert.equal(3, result.status, result.err)
    local outputs = result.report.outputs
    assert.same({ "3", folder .. "/temp/lanyard-audit/77-2/report.json" }, { outputs.status, outputs.report })
    assert.match("^## Lanyard audit", result.report.summary)
    assert.equal("2.1.0", json.decode(helper.read(outputs.sarif)).version)
    assert.equal("public-access", json.decode(helper.read(outputs.report)).findings[1].id)
    assert.equal(0, act("audit", folder, { repositories = "team/api" }, em).status)
    assert.equal(0, act("audit", folder, { repositories = "web", ["fail-on"] = "critical", region = "eu-west-1" }, em).status == 0 and 1 or 0)
    -- An input is a value, never an option or code.
    for name, value in pairs { repositories = "--emulator", region = "--help", rules = "$(touch x)", ["fail-on"] = "high; touch x" } do
      result = act("audit", folder, { [name] = value }, em)
      assert.is_true(result.status == 1 or result.status == 2, name .. result.err)
      assert.equal(tostring(result.status), result.report.outputs.status)
    end
    assert.is_false(helper.exists(folder .. "/x"))
  end)

  it("lint policies, and prove that they allow nothing new", function()
    local folder <close> = helper.folder()
    local base = checkout(folder)
    local event = json.encode { pull_request = { base = { sha = base } } }
    assert.equal(0, act("policy-check", folder, { folder = "policies" }, nil, nil, event).status)
    assert.equal(2, act("policy-check", folder, { folder = "policies", base = "--help" }, nil, nil, event).status)
    local wide = CLOSED:gsub("111122223333", "444455556666")
    helper.write(folder .. "/policies/web.json", wide)
    local result = act("policy-check", folder, { folder = "policies" }, nil, nil, event)
    assert.equal(3, result.status, result.err)
    assert.match("policies/web%.json:1:%d+: ", result.err)
    helper.write(folder .. "/policies/web.json", OPEN)
    result = act("policy-check", folder, { folder = "policies", ["fail-on"] = "high" }, nil, nil, event)
    assert.equal(1, result.status) -- as find reports the status of the linter
    assert.match("policies/web%.json:1:%d+: critical", result.err)
  end)
end)

describe("the hooks of pre-commit", function()
  if not is_installed "pre-commit" or not is_installed "git" then
    pending "the Debian package pre-commit is not installed"
    return
  end

  it("lint and check the policies of a commit", function()
    local folder <close> = helper.folder()
    checkout(folder)
    local manifest = real ".pre-commit-hooks.yaml"
    assert.equal(0, run_in(folder, { "pre-commit", "validate-manifest", manifest }).status)
    -- A repository with the manifest alone, at a commit, as pre-commit wants it.
    assert.equal(0, run_in(folder, { "sh", "-euc", [[
      mkdir hooks && cp "$1" hooks && cd hooks && git init -q . && git add . -A
      git -c user.name=a -c user.email=a@example.com commit -qm one]], "sh", manifest }).status)
    local function hooks(args)
      helper.write(folder .. "/.pre-commit-config.yaml", ("repos:\n  - repo: %s/hooks\n    rev: HEAD\n    hooks:\n"
        .. "      - id: lanyard-policy-lint\n      - id: lanyard-policy-check\n%s"):format(folder, args or ""))
      return run_in(folder, { "pre-commit", "run", "--all-files", "--color", "never" }, nil, { PRE_COMMIT_HOME = folder .. "/cache" })
    end
    local result = hooks()
    assert.equal(0, result.status, result.out .. result.err)
    assert.match("lanyard policy lint%.+Passed\n", result.out)
    assert.match("lanyard policy check%.+Passed\n", result.out)
    result = hooks "        args: [--not-granted, 'ecr:BatchGetImage']\n"
    assert.equal(1, result.status)
    assert.match("lanyard policy check%.+Failed\n", result.out)
    helper.write(folder .. "/policies/web.json", OPEN)
    result = hooks()
    assert.equal(1, result.status)
    assert.match("lanyard policy lint%.+Failed\n", result.out)
    assert.match("lanyard policy check%.+Failed\n", result.out)
  end)
end)

describe("the template of GitLab", function()
  it("has jobs whose scripts audit, and refuse new access", function()
    if not has_yaml then
      return pending "the Debian package python3-yaml is not installed"
    end
    local folder <close> = helper.folder()
    local em <close> = emulator(OPEN)
    -- Runs the script of a job as a shell executor does: its lines, in one shell that stops at a failure.
    local function job(name, more)
      return run_in(folder, { PYTHON, "-c", [[
import os, subprocess, sys, yaml
jobs = yaml.safe_load(open(sys.argv[1]))
job = jobs.get(sys.argv[2])
assert job["extends"] == ".lanyard" and jobs[".lanyard"]["image"] == "JOB_IMAGE"
variables = {**job["variables"], **os.environ}
status = subprocess.run(["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])], env=variables).returncode
subprocess.run(["bash", "-eo", "pipefail", "-c", "\n".join(job.get("after_script", []))], env=variables, check=True)
sys.exit(status)]], real "scripts/examples/gitlab-ci.yml", name }, em, more)
    end
    local more = { CI_JOB_ID = "12", LANYARD_TOKEN = "token", AWS_ROLE_ARN = "" }
    local result = job(".lanyard-audit", more)
    assert.equal(3, result.status, result.err)
    assert.match("<testsuites", helper.read(folder .. "/lanyard-reports/12/report.xml"))
    assert.equal(2, json.decode(helper.read(folder .. "/lanyard-reports/12/report.json")).version)
    assert.is_false(helper.exists(folder .. "/lanyard-reports/12/token"))
    more.CI_JOB_ID, more.LANYARD_REGION = "13", "--help"
    assert.equal(2, job(".lanyard-audit", more).status)
    more.CI_MERGE_REQUEST_DIFF_BASE_SHA = checkout(folder)
    assert.equal(0, job(".lanyard-policies", more).status)
    helper.write(folder .. "/policies/web.json", (CLOSED:gsub("111122223333", "444455556666")))
    more.CI_JOB_ID = "14"
    result = job(".lanyard-policies", more)
    assert.equal(3, result.status, result.err)
    assert.match("policies/web%.json:1:%d+: ", result.out)
  end)

  it("is accepted and run by gitlab-ci-local", function()
    if helper.run({ "sh", "-c", "command -v rsync && gitlab-ci-local --version" }).status ~= 0 then
      return pending "gitlab-ci-local (npm), the version of Node.js that it needs, or rsync is not installed"
    end
    local folder <close> = helper.folder()
    local em <close> = emulator(OPEN)
    checkout(folder)
    helper.write(folder .. "/template.yml", (helper.read "scripts/examples/gitlab-ci.yml":gsub("\n  image: JOB_IMAGE\n", "\n")
      :gsub("  id_tokens:.-\n  variables:\n    AWS_ROLE_ARN[^\n]*\n", "  variables:\n")))
    helper.write(folder .. "/.gitlab-ci.yml", "include: [{local: template.yml}]\naudit: {extends: .lanyard-audit}\n")
    local result = run_in(folder, { "sh", "-euc", [=[
      git add -A && git -c user.name=a -c user.email=a@example.com commit -qm two
      git remote add origin git@gitlab.example.com:group/project.git
      gitlab-ci-local --list --shell-executor-no-image
      gitlab-ci-local --shell-executor-no-image --variable AWS_ENDPOINT_URL="$AWS_ENDPOINT_URL" audit]=] }, em, { LANYARD_TOKEN = "token" })
    assert.equal(1, result.status)
    local output = result.out .. result.err
    assert.match("json schema validated", output)
    assert.match("public%-access", output)
    assert.match("audit finished in [^\n]+FAIL 3", output)
  end)
end)

describe("the module of Ansible", function()
  if not is_installed "ansible-playbook" then
    pending "the Debian package ansible-core is not installed"
    return
  end
  local example = real "scripts/examples/ansible"
  local variables = {
    ANSIBLE_LOCALHOST_WARNING = "False", ANSIBLE_INVENTORY_UNPARSED_WARNING = "False", ANSIBLE_NOCOLOR = "1",
    ANSIBLE_LIBRARY = example .. "/library",
  }

  -- Plays tasks with the module's options. Returns the recap, and Ansible's output.
  local function play(folder, em, options, ...)
    helper.write(folder .. "/play.yml", json.encode(json.array { {
      hosts = "localhost", connection = "local", gather_facts = false, tasks = json.array { { lanyard_grant = options } },
    } }))
    local result = run_in(folder, { "ansible-playbook", folder .. "/play.yml", ... }, em, variables)
    local changed, failed = result.out:match "\nlocalhost +: ok=%d+ +changed=(%d+) +unreachable=0 +failed=(%d+)"
    return ("changed %s, failed %s"):format(changed, failed), result.out .. result.err
  end

  it("reports changed, ok or failed, and changes nothing in check mode", function()
    local folder <close> = helper.folder()
    local em <close> = emulator()
    local grant = { service = "site", repositories = json.array { "web", "team/api" }, enable = true }
    local recap, output = play(folder, em, grant, "--check", "--diff")
    assert.equal("changed 1, failed 0", recap, output)
    assert.match("%-%-%- no policy\n%+%+%+ web\n", output)
    assert.match('%+ +"Sid": "AllowLightsailPull%-site"', output)
    assert.match("puller role +off", em:run({ "status", "site" }).out)
    recap, output = play(folder, em, grant, "--diff")
    assert.equal("changed 1, failed 0", recap, output)
    assert.match("%+%+%+ team/api\n", output)
    assert.match("granted by +web, team/api\n", (em:run({ "status", "site" }).out:gsub("team/api, web", "web, team/api")))
    recap, output = play(folder, em, grant, "--diff")
    assert.equal("changed 0, failed 0", recap, output)
    assert.not_match("%+%+%+", output)
    grant.state, grant.enable = "absent", nil
    assert.equal("changed 1, failed 0", (play(folder, em, grant)))
    assert.match("granted by +%-\n", em:run({ "status", "site" }).out)
    -- Failures have lanyard's message. A name is never an option.
    for message, options in pairs {
      ["container service 'nobody' does not exist"] = { service = "nobody", repositories = json.array { "web" } },
      ["repository 'absent' does not exist"] = { service = "site", repositories = json.array { "absent" }, enable = true },
      ["'%-%-all'"] = { service = "site", repositories = json.array { "--all" } },
      ["belong to state: present"] = { service = "site", repositories = json.array { "web" }, state = "absent", enable = true },
    } do
      recap, output = play(folder, em, options)
      assert.equal("changed 0, failed 1", recap, output)
      assert.match(message, output)
    end
  end)

  it("is documented, and used by a playbook that is run", function()
    local folder <close> = helper.folder()
    local em <close> = emulator(OPEN)
    local result = run_in(folder, { "ansible-doc", "-M", example .. "/library", "lanyard_grant" }, nil, variables)
    assert.equal(0, result.status, result.err)
    assert.match("= service\n", result.out)
    result = run_in(folder, { "ansible-playbook", example .. "/playbook.yml", "--extra-vars",
      '{"lanyard_service": "site", "lanyard_repositories": ["web"]}' }, em, variables)
    assert.equal(0, result.status, result.out .. result.err)
    assert.match("changed=1 ", result.out)
    assert.match("public%-access", result.out)
  end)

  it("passes ansible-lint", function()
    if not is_installed "ansible-lint" then
      return pending "the Debian package ansible-lint is not installed"
    end
    local folder <close> = helper.folder()
    os.execute(("cp -r %s/. %s"):format(example, folder))
    local result = run_in(folder, { "ansible-lint", "--offline", "--nocolor", "playbook.yml" }, nil, variables)
    assert.equal(0, result.status, result.out .. result.err)
  end)
end)

describe("the program of Terraform's external data source", function()
  local program = "scripts/examples/terraform/puller_role.lua"

  -- Runs it as Terraform does: a JSON object of texts on stdin. Returns the result, with the object on stdout.
  local function read(em, query)
    local result = em:run({ program }, nil, query)
    result.object = result.out ~= "" and json.decode(result.out)
    return result
  end

  it("prints one object of texts, and changes nothing", function()
    local em <close> = emulator()
    local result = read(em, '{"service":"site"}')
    assert.equal(0, result.status, result.err)
    assert.same({ role_arn = "", state = "READY", repositories = "" }, result.object)
    em:run { "grant", "site", "web", "team/api", "--enable" }
    result = read(em, '{"service":"site","region":"us-east-1"}')
    assert.equal("team/api,web", result.object.repositories)
    assert.match("^arn:aws:iam::%d+:role/amazon/lightsail/us%-east%-1/containers/site/private%-repo%-access/%w+$", result.object.role_arn)
  end)

  it("fails with a line on stderr and nothing on stdout", function()
    local em <close> = emulator()
    for query, message in pairs {
      ['{"service":"nobody"}'] = "container service 'nobody' does not exist in us%-east%-1", ["x"] = "the query is not a JSON object",
      ["{}"] = "the query has no service", ['{"service":1}'] = "'service' is not a text of the query",
      ['{"servce":"a"}'] = "'servce' is not a text", ['{"service":"a","region":"x"}'] = "'x' is not a Region", [""] = "the query is not a JSON object",
    } do
      local result = read(em, query)
      assert.is_true(result.status == 1 or result.status == 2, query)
      assert.equal("", result.out)
      assert.match("^lanyard: " .. message, result.err)
    end
  end)

  it("is what the configuration runs", function()
    local text = helper.read "scripts/examples/terraform/main.tf"
    assert.match('program = %["lanyard", "${path%.module}/puller_role%.lua"%]', text)
    if not is_installed "terraform" then
      return pending "terraform is not installed: the protocol is tested without it"
    end
    assert.equal(0, helper.run({ "terraform", "fmt", "-check", "scripts/examples/terraform" }).status)
  end)
end)
