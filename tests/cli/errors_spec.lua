-- Every error that a user can cause has a code: the text, the code and the exit status of each.

local catalogue = require "lanyard.cli.errors"
local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"
local STATEMENT = '{"Sid":"theirs","Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}'
local POLICY = '{"Version":"2008-10-17","Statement":[' .. STATEMENT .. ']}'

-- Lua that replaces the policy of shared-repo.
local function put(text)
  return ([[assert(require("lanyard.aws").client("ecr"):SetRepositoryPolicy {
    repositoryName = "shared-repo", policyText = %q })]]):format(text)
end

-- A case: code, exit status, pattern of the line, words of the command. {F} is a new folder.
--   files: files in the folder, by name; before: commands that are run first; env: variables; sh: a shell command
--   instead of words, in which $0 is lanyard; faults: of the emulator; terminal: what is typed at which text
local CASES = {
  -- The command line
  { "UnknownCommand", 2, "there is no command 'grnt'; did you mean 'grant'%?", { "grnt" } },
  { "UnknownCommand", 2, "there is no command 'policy lnt'", { "policy", "lnt" } },
  { "UnknownCommand", 2, "did you mean 'NothingToUndo'%?", { "help", "NothingTUndo" } },
  { "UnknownCommand", 2, "'status' has no command 'x'", { "help", "status", "x" } },
  { "UnknownCommand", 2, "did you mean 'policy lint'", { "help", "policy", "lnt" } },
  { "UnknownOption", 2, "unknown option '%-%-dryrun'", { "grant", "a", "bb", "--dryrun" } },
  { "UnknownOption", 2, "unknown option '%-%-nope' before a command", { "--nope", "grant" } },
  { "MissingArgument", 2, "missing argument 'service'", { "grant" } },
  { "MissingArgument", 2, "name the repositories, or pass %-%-all", { "grant", "web" } },
  { "MissingArgument", 2, "policy needs one of the commands", { "policy" } },
  { "TooManyArguments", 2, "too many arguments: 'a' is not expected %(lanyard help doctor%)", { "doctor", "a", "b" } },
  { "TooManyArguments", 2, "'c' is not expected", { "enable", "a", "--region", "b", "--timeout=5s", "c", "d" } },
  { "TooManyArguments", 2, "'y' is not expected", { "scripts", "y" } },
  { "TooManyArguments", 2, "%-%-version takes no arguments: 'x' is not expected", { "--version", "x" } },
  { "TooManyArguments", 2, "'errors' has one page: 'y' is not expected", { "help", "errors", "y" } },
  { "TooManyArguments", 2, "'policy%.new' has one page: 'y' is not expected", { "help", "policy.new", "y" } },
  { "Usage", 2, "s%.lua is a seed, not a command: write %-%-emulator=[^ ]*/s%.lua ", { "--emulator", "{F}/s.lua", "status" },
    files = { ["s.lua"] = "return { regions = {} }" } },
  { "Usage", 2, "s%.json is a seed, not a command: write %-%-emulator=[^ ]*/s%.json ", { "--emulator", "{F}/s.json" },
    files = { ["s.json"] = "{}" } },
  { "MissingValue", 2, "%-%-region' requires an argument", { "grant", "web", "aa", "--region" } },
  { "MissingValue", 2, "%-e needs a line of Lua", { "-e" } },
  { "MissingValue", 2, "%-%-rules needs the name of a file", { "grant", "web", "aa", "--rules", "" } },
  { "InvalidValue", 2, "'soon' is not a date", { "grant", "web", "aa", "--expires", "soon" } },
  { "InvalidValue", 2, "'x' is not the id of a command run", { "undo", "--run", "x" } },
  { "InvalidChoice", 2, "must be one of ", { "grant", "web", "aa", "--output", "xml" } },
  { "RepeatedOption", 2, "%-%-region is given twice", { "grant", "w", "aa", "--region", "us-east-1", "--region", "us-east-2" } },
  { "ConflictingOptions", 2, "%-%-last and %-%-run exclude each other", { "undo", "--last", "--run", "mig3k0f2-9tq4" } },
  { "ConflictingOptions", 2, "%-%-accounts and %-%-organization: choose one",
    { "audit", "--assume-role", "r", "--accounts", "111122223333", "--organization" } },
  { "ConfirmationRequired", 2, "without a terminal, pass %-%-yes", { "revoke", "--orphans", "--all" } },
  { "NotConfirmed", 1, "nothing was changed", { "revoke", "--orphans", "--all" }, terminal = { { "[y/N] ", "n\n" } } },
  { "InvalidQuery", 2, "%-%-query", { "status", "--output", "json", "--query", "a[" } },
  { "InvalidScript", 1, "command line%):1:", { "-e", "x y" } },
  { "ScriptError", 1, "oh no", { "-e", "error 'oh no'" } },
  { "ScriptFailed", 1, "it returned false", { "-e", "return false" } },
  { "ScriptFailed", 1, "it returned 256; an exit status is 0 to 255", { "-e", "return 256" } },
  { "ScriptError", 1, "the script raised a table without a message", { "-e", "error {}" } },
  { "ScriptError", 1, "the script raised nil without a message", { "-e", "error()" } },
  { "ScriptFailed", 1, "bad luck", { "-e", "return nil, 'bad luck'" } },
  { "OutputFailed", 1, "cannot write the result", sh = "$0 help >/dev/full" },
  { "Timeout", 1, "", { "status", "--cli-read-timeout", "0.2" }, faults = { operation = "GetContainerServices", delay = 3 },
    env = { AWS_MAX_ATTEMPTS = "1" } },

  -- Settings, credentials and the network
  { "NoRegion", 2, "Region", { "status" }, env = { AWS_REGION = "" } },
  { "NoRegion", 2, "Region", { "-e", "assert(require('lanyard.aws').session {})" }, env = { AWS_REGION = "" } },
  { "NoRegion", 2, "Region", { "-e", "return require('lanyard.aws').session {}" }, env = { AWS_REGION = "" } },
  { "InvalidRegion", 2, "write it like us%-east%-1 %(%-%-region%)", { "status", "--region", "nowhere!" } },
  { "ProfileNotFound", 1, "'ops'", { "status", "--profile", "ops" } },
  { "InvalidConfig", 1, "", { "status", "--profile", "ops" }, files = { config = "[profile ops]\nrole_arn = x\n" },
    env = { AWS_CONFIG_FILE = "{F}/config" } },
  { "InvalidSetting", 1, "LANYARD_JOURNAL", { "grant", SERVICE, "shared-repo" }, env = { LANYARD_JOURNAL_DAYS = "many" },
    before = { { "enable", SERVICE } } },
  { "NoCredentials", 1, "", { "status" }, env = { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } },
  { "PartialCredentials", 1, "AWS_SECRET_ACCESS_KEY is not", { "status" }, env = { AWS_SECRET_ACCESS_KEY = "" } },
  { "InvalidCredentials", 1, "contains", { "status" }, env = { AWS_ACCESS_KEY_ID = "AKIA IOS" } },
  { "ExpiredToken", 1, "expired", { "status" }, env = { AWS_CREDENTIAL_EXPIRATION = "2020-01-01T00:00:00Z" } },
  { "CredentialProcessFailed", 1, "false", { "status", "--profile", "ops" },
    files = { config = "[profile ops]\ncredential_process = false\n" }, env = { AWS_CONFIG_FILE = "{F}/config" } },
  { "SignInRequired", 1, "not signed in", { "status", "--profile", "ops" }, files = { config = "[profile ops]\nsso_session = s\n"
    .. "sso_account_id = 111122223333\nsso_role_name = r\n[sso-session s]\nsso_region = us-east-1\n"
    .. "sso_start_url = https://s.awsapps.com/start\n" }, env = { AWS_CONFIG_FILE = "{F}/config" } },
  { "MfaRequired", 1, "MFA", { "status", "--profile", "ops" }, files = { config = "[profile ops]\n"
    .. "role_arn = arn:aws:iam::111122223333:role/r\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/m\n"
    .. "[profile base]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n" },
    env = { AWS_CONFIG_FILE = "{F}/config" } },
  { "InvalidValue", 2, "is not an endpoint", { "status", "--endpoint-url", "ftp://x" } },
  { "NameResolution", 1, "resolve", { "status", "--endpoint-url", "http://no-such-host.invalid" }, env = { AWS_MAX_ATTEMPTS = "1" } },
  { "ConnectionRefused", 1, "", { "status", "--endpoint-url", "http://127.0.0.1:1" }, env = { AWS_MAX_ATTEMPTS = "1" } },
  { "Connection", 1, "", { "status" }, faults = { operation = "GetContainerServices", reset = true }, env = { AWS_MAX_ATTEMPTS = "1" } },
  { "BodyCut", 1, "", { "status" }, faults = { operation = "GetContainerServices", cut = 20 }, env = { AWS_MAX_ATTEMPTS = "1" } },
  { "Proxy", 1, "proxy", { "status", "--endpoint-url", "http://lightsail.example" },
    env = { HTTP_PROXY = "http://127.0.0.1:1", AWS_MAX_ATTEMPTS = "1" } },
  { "Tls", 1, "", { "status", "--endpoint-url", "https://127.0.0.1:{P}" }, env = { AWS_MAX_ATTEMPTS = "1" } },

  -- Files and names
  { "NotFound", 1, "no%.json", { "policy", "lint", "{F}/no.json" } },
  { "InvalidConfig", 1, "%-%-ca%-bundle is '.*/no%.pem': ", { "status", "--ca-bundle", "{F}/no.pem" } },
  { "InvalidRules", 2, "no%.lua", { "grant", "web", "aa", "--rules", "{F}/no.lua" } },
  { "NotRegular", 1, "cannot read .*: it is a folder; name the files in it, as in .*/a/%*%.json ", { "policy", "check", "--no-public", "{F}/a/" },
    sh_before = "mkdir {F}/a" },
  { "NotRegular", 2, "cannot read .*: it is a folder, not a file", { "runbook", "{F}" } },
  { "CannotRead", 2, "it is a folder, not a file", { "plan", "{F}" } },
  { "NotRegular", 1, "", { "policy", "lint", "{F}/fifo" }, sh_before = "mkfifo {F}/fifo" },
  { "NoPolicyFile", 1, "", { "policy", "check", "--no-new-access", "{F}/a", "{F}/b" }, sh_before = "mkdir {F}/a {F}/b" },
  { "TooLarge", 1, "more than", { "policy", "lint", "{F}/big.json" }, sh_before = "truncate -s 9M {F}/big.json" },
  { "CannotRead", 2, "no%.lua", { "plan", "{F}/no.lua" } },
  { "CannotRead", 2, "no%.json: No such file", { "audit", "--baseline", "{F}/no.json" } },
  { "InvalidFile", 2, "", { "plan", "{F}/grants.lua" }, files = { ["grants.lua"] = "return { grants = { { service = 5 } } }" } },
  { "InvalidFile", 2, "", { "apply", "{F}/plan.json" }, files = { ["plan.json"] = '{"kind":"plan"}' } },
  { "InvalidName", 2, "'A' is not a repository name", { "grant", SERVICE, "A" } },
  { "InvalidValue", 2, "is not of the form CONTAINER=IMAGE", { "deploy", SERVICE, "x" } },
  { "InvalidName", 2, "image 'not an image'", { "deploy", SERVICE, "app=not an image" } },
  { "NotDatabase", 1, "is not a history", { "history", "{F}/h.db" }, sh_before = "echo 'a text, which SQLite cannot read as a database' >{F}/h.db" },
  { "InvalidHistory", 2, "no%.db does not exist", { "history", "{F}/no.db" } },

  -- Policies and rules
  { "InvalidPolicy", 1, "p%.json:1:2: expected ", { "policy", "lint", "{F}/p.json" }, files = { ["p.json"] = "{" } },
  { "WrongPolicyType", 1, "", { "policy", "reach", "{F}/p.json" },
    files = { ["p.json"] = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}' } },
  { "RefusedPolicy", 1, "", { "policy", "check", "--no-public", "{F}/p.json" },
    files = { ["p.json"] = '{"Version":"2012-10-17","Statement":{"Effect":"allow","Principal":"*","Action":"*"}}' } },
  { "NoSuchStatement", 1, "", { "revoke", "--statement", "#9", "shared-repo" } },
  { "RefusedByRule", 4, "frozen", { "grant", SERVICE, "shared-repo", "--enable", "--rules", "{F}/rules.lua" },
    files = { ["rules.lua"] = 'rule "frozen" { on = "grant", check = function() return deny "frozen" end }' } },
  { "InvalidRules", 2, "rules", { "grant", SERVICE, "shared-repo", "--rules", "{F}/rules.lua" }, files = { ["rules.lua"] = "x y" } },
  { "UntrustedRules", 4, "", sh = "mkdir {F}/.lanyard && echo >{F}/.lanyard/rules.lua && cd {F} && exec $0 grant s shared-repo" },
  { "Untrusted", 1, "", sh = "mkdir {F}/.lanyard && ln -s /etc/passwd {F}/.lanyard/rules.lua && exec $0 trust {F}" },
  { "NothingToTrust", 1, "does not exist", { "trust", "{F}" } },

  -- Grants, changes and the journal
  { "NoMatch", 1, "'no%-%*'", { "grant", SERVICE, "no-*" } },
  { "RoleOff", 1, "puller role", { "grant", SERVICE, "shared-repo" } },
  { "StillGranted", 1, "names the puller role", { "disable", SERVICE }, before = { { "grant", SERVICE, "shared-repo", "--enable" } } },
  { "GrantEnded", 1, "expired", { "grant", SERVICE, "shared-repo" }, before = {
    { "grant", SERVICE, "shared-repo", "--enable", "--expires", "2100-01-01" },
    { "-e", [[local ecr = require("lanyard.aws").client("ecr")
      local text = ecr:GetRepositoryPolicy { repositoryName = "shared-repo" }.policyText:gsub("2100", "2020")
      assert(ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = text })]] } } },
  { "NothingToUndo", 1, "no change to undo", { "undo", "shared-repo" } },
  { "NothingToUndo", 1, "no change in us%-east%-1 to undo", { "undo", "--last" } },
  { "NothingLost", 1, "", { "undo", "--lost", "shared-repo" } },
  { "ChangedSince", 1, "was changed after the grant", { "undo", "shared-repo" },
    before = { { "grant", SERVICE, "shared-repo", "--enable" }, { "-e", put(POLICY) } } },
  { "UnknownRun", 1, "does not name its command", { "undo", "--last" }, before = { { "grant", SERVICE, "shared-repo", "--enable" } },
    sh_before = [[find {S} -name '*.json' -path '*shared-repo*' -exec sed -i '/"run"/d' {} +]] },
  { "NoStateFolder", 1, "no directory for the journal", { "undo", "shared-repo" }, env = { XDG_STATE_HOME = "", HOME = "" } },
  { "UnsafeStateFolder", 1, "its mode is 0777", { "undo", "shared-repo" }, sh_before = "mkdir -p {S}/lanyard; chmod 777 {S}/lanyard" },

  -- Deployments and desired state
  { "InvalidFile", 2, "containers must be an object", { "deploy", SERVICE, "--file", "{F}/d.json" },
    files = { ["d.json"] = '{"containers":5}' } },
  { "InvalidDeployment", 1, "the public endpoint is", { "deploy", SERVICE, "app=docker.io/library/nginx:1", "--public-endpoint", "other:80" } },
  { "WrongRegion", 1, "", { "deploy", SERVICE, "app=111122223333.dkr.ecr.eu-west-1.amazonaws.com/shared-repo:1" } },
  { "NoDeployment", 1, "", { "wait", "deployment", SERVICE } },
  { "WaiterTimeout", 1, "", { "wait", "role", SERVICE, "--timeout", "1s" }, slow = true, before = { { "enable", SERVICE, "--timeout", "0.1s" } } },
  { "RegionMismatch", 2, "is for Region eu%-west%-1", { "plan", "{F}/g.lua", "--region", "us-east-1" },
    files = { ["g.lua"] = "return { region = 'eu-west-1', grants = {} }" } },
  { "PlanMismatch", 1, "the plan is for account", { "apply", "{F}/plan.json", "--region", "us-east-2" }, sh_before =
    "echo 'return { grants = {} }' >{F}/g.lua; $0 plan {F}/g.lua --output json >{F}/plan.json" },

  -- Audits, runbooks, watches and servers
  { "InvalidTarget", 2, "%-%-accounts", { "audit", "--assume-role", "r", "--accounts", "12" } },
  { "NotFoundException", 1, "nope", { "audit", "--service", "nope" } },
  { "Usage", 2, "r%.json", { "audit", "merge", "{F}/r.json" }, files = { ["r.json"] = "{}" } },
  { "StepFailed", 1, "step 1 .* failed", { "runbook", "{F}/b.md", "--yes", "--no-transcript" },
    files = { ["b.md"] = "# t\n\n## One\n\n```lanyard\nlanyard undo shared-repo\n```\n" } },
  { "InvalidFile", 2, "b%.md", { "runbook", "{F}/b.md", "--yes" }, files = { ["b.md"] = "# t\n\n## One\n\n```lanyard\nlanyard 'x\n```\n" } },
  { "InvalidWebhook", 2, "must use https", { "watch", "--times", "1", "--webhook", "http://example.com/x", "--", "status" } },
  { "InvalidSeed", 1, "unknown member 'x'", { "emulate", "--seed", "{F}/s.json" }, files = { ["s.json"] = '{"x":1}' } },
  { "InvalidFaults", 1, "not a list of faults", { "emulate", "--faults", "{F}/s.json" }, files = { ["s.json"] = '{"reset":true}' } },
  { "NoSpecs", 2, "has no specs", { "test", "{F}" } },
  { "CannotListen", 1, "cannot listen", { "emulate", "--port", "{P}" } },

  -- Errors that AWS answers
  { "RepositoryNotFoundException", 1, "'no%-such%-repo' does not exist", { "grant", SERVICE, "no-such-repo" } },
  { "NotFoundException", 1, "'nope'", { "status", "nope" } },
  { "AccessDeniedException", 1, "lightsail:GetContainerServices: AccessDeniedException: no", { "status" },
    faults = { operation = "GetContainerServices", error = { code = "AccessDeniedException", message = "no", status = 400 } } },
}

local function filled(text, values)
  return (text:gsub("{([FSP])}", values))
end

local function environment_of(case, emulator, values)
  local all = {}
  for name, value in pairs(emulator.environment) do all[name] = value end
  all.XDG_STATE_HOME = values.S
  for name, value in pairs(case.env or {}) do
    all[name] = value ~= "" and filled(value, values) or nil
  end
  return all
end

local function prepare(case, emulator, values)
  for name, text in pairs(case.files or {}) do
    helper.write(values.F .. "/" .. name, text)
  end
  local plain = environment_of({}, emulator, values)
  for _, words in ipairs(case.before or {}) do
    local result = helper.run({ helper.lanyard, table.unpack(words) }, plain)
    assert(case.slow or result.status == 0, result.coded)
  end
  if case.sh_before then
    helper.run({ "sh", "-c", filled(case.sh_before, values), helper.lanyard }, plain)
  end
end

-- Runs a case on an emulator of its own. Returns its result.
local function run(case)
  local folder <close> = helper.folder()
  local options = "--activation-delay " .. (case.slow and "30" or "0")
  if case.faults then
    helper.write(folder .. "/faults.json", json.encode { case.faults })
    options = options .. " --faults " .. folder .. "/faults.json"
  end
  local emulator <close> = helper.emulator(options)
  local values = { F = folder.path, S = folder .. "/state", P = emulator.url:match ":(%d+)$" }
  prepare(case, emulator, values)
  local environment = environment_of(case, emulator, values)
  if case.sh then
    return helper.run({ "sh", "-c", filled(case.sh, values), helper.lanyard }, environment)
  end
  local words = { helper.lanyard }
  for i, word in ipairs(case[4]) do
    words[i + 1] = filled(word, values)
  end
  if case.terminal then
    local typed = json.encode(json.array(case.terminal))
    local result = helper.run({ "/usr/bin/python3", "tests/cli/terminal.py", typed, table.unpack(words) }, environment)
    result.coded = result.out:gsub("\r\n", "\n"):gsub("^.-(lanyard: )", "%1")
    return result
  end
  return helper.run(words, environment)
end

describe("the error", function()
  for number, case in ipairs(CASES) do
    local code, status, text = case[1], case[2], case[3]
    it(("%s has its text, code and exit status (%d)"):format(code, number), function()
      local result = run(case)
      assert.equal(status, result.status, result.coded)
      assert.match("%f[^\n\0]lanyard: [^\n]*" .. text, "\n" .. result.coded)
      local line = result.coded:match("lanyard: [^\n]*" .. text .. "[^\n]*") or ""
      assert.is_true(line:find(" [" .. code .. "]", 1, true) ~= nil or line:find(": " .. code .. ": ", 1, true) ~= nil, result.coded)
    end)
  end

  it("cases are 80 or more", function()
    assert.is_true(#CASES >= 80)
  end)
end)

describe("the code of an error", function()
  it("is in JSON", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", SERVICE, "shared-repo", "--enable" }
    emulator:run { "-e", put(POLICY) }
    local result = emulator:run { "undo", "shared-repo", "--output", "json" }
    assert.equal("ChangedSince", json.decode(result.out)[1].error.code)
    assert.match("%[ChangedSince%]\n", result.coded)
  end)

  it("has a page of help, also in lower case, with the status of its record", function()
    for _, record in ipairs(catalogue.all()) do
      local page = catalogue.describe(record.code:lower())
      assert.match("^" .. record.code .. "\n\nCause\n  .*\n\nRemedy\n  .*\n\nExit status\n  " .. record.status, page)
    end
    local result = helper.run { helper.lanyard, "help", "NoRegion" }
    assert.same({ 0, "" }, { result.status, result.err })
    assert.match("^NoRegion\n", result.out)
  end)

  it("of AWS has a page if lanyard has advice for it", function()
    for _, code in ipairs { "ThrottlingException", "ExpiredTokenException", "RepositoryNotFoundException", "NotFoundException" } do
      local result = helper.run { helper.lanyard, "help", code }
      assert.equal(0, result.status)
      assert.match("^" .. code .. "\n\nCause\n  AWS answered", result.out)
    end
    assert.equal(2, helper.run({ helper.lanyard, "help", "NoSuchCodeException" }).status)
  end)

  it("is on the page of all errors, which has 80 columns", function()
    local result = helper.run { helper.lanyard, "help", "errors" }
    assert.equal(0, result.status)
    for _, record in ipairs(catalogue.all()) do
      assert.match("\n  " .. record.code .. " %(exit status " .. record.status .. "%)\n", result.out)
    end
    assert.match("ThrottlingException", result.out)
    for line in result.out:gmatch "[^\n]+" do
      assert.is_true(#line <= 80, line)
    end
  end)
end)
