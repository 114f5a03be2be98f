local helper = require "helper"
local http = require "lanyard.http"
local json = require "lanyard.json"

local PUBLIC = [[
  local ecr = require("lanyard.aws").client("ecr")
  assert(ecr:SetRepositoryPolicy { repositoryName = "my-private-repo", policyText = '{"Version":"2008-10-17",' ..
    '"Statement":[{"Sid":"<script>","Effect":"Allow","Principal":"*","Action":["ecr:BatchGetImage",' ..
    '"ecr:GetDownloadUrlForLayer"]}]}' })
]]

describe("lanyard audit", function()
  it("prints the principals that can pull, and their statements", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", "my-container-service", "shared-repo", "--enable" }
    local result = emulator:run { "audit" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("shared%-repo +my%-container%-service +puller +allow +AllowLightsailPull%-my%-container%-service", result.out)
    assert.match("\nno findings\n$", result.out)
  end)

  it("exits with 3 on a finding that reaches --fail-on, and prints a fix", function()
    local emulator <close> = helper.emulator()
    emulator:run { "-e", PUBLIC }
    local result = emulator:run { "audit", "--fail-on", "high" }
    assert.equal(3, result.status)
    assert.match("critical +public%-access: everyone can pull from my%-private%-repo", result.out)
    assert.match("fix: lanyard ", result.out)
    assert.equal(0, emulator:run({ "audit" }).status)
    assert.equal(0, emulator:run({ "audit", "shared-*", "--fail-on", "info" }).status)
  end)

  it("prints JSON with account, Region, repositories, services and findings", function()
    local emulator <close> = helper.emulator()
    emulator:run { "-e", PUBLIC }
    local report = json.decode(emulator:run({ "audit", "--output", "json" }).out)
    assert.equal(2, report.version)
    assert.match("^lanyard %d", report.tool)
    assert.match("^%d+-%d+-%d+T%d+:%d+:%d+Z$", report.time)
    local scope = report.scopes[1]
    assert.equal("111122223333", scope.account)
    assert.equal("us-east-1", scope.region)
    assert.equal(2, #scope.repositories)
    assert.equal("my-container-service", scope.services[1].name)
    assert.equal("<script>", scope.repositories[1].access[1].statement)
    assert.equal("public-access", report.findings[1].id)
    assert.equal("public-access|111122223333|us-east-1|my-private-repo||*", report.findings[1].key)
  end)

  it("fits the width of a terminal, and uses colours there", function()
    local emulator <close> = helper.emulator()
    emulator:run { "-e", PUBLIC }
    local environment = { TERM = "xterm" }
    for name, value in pairs(emulator.environment) do environment[name] = value end
    local result = helper.run({ "script", "-qec", "stty cols 60 && " .. helper.lanyard .. " audit", "/dev/null" }, environment)
    assert.match("\27%[31mcritical\27%[0m  public%-access", result.out)
    assert.match("\n +my%-private%-repo %(statement <script>%)\r\n", result.out)
    for line in result.out:gsub("\27%[%d+m", ""):gmatch "[^\r\n]+" do
      assert.is_true(#line <= 60 or line:find "fix: " ~= nil, line)
    end
  end)

  it("prints each format, with the texts of policies escaped", function()
    local emulator <close> = helper.emulator { "--activation-delay", "0", "--no-reformat" }
    emulator:run { "-e", PUBLIC }
    for format, pattern in pairs {
      jsonl = '^{[^\n]*"id":"public%-access"[^\n]*}\n', csv = "^severity,id,.-\r\ncritical,public%-access,111122223333,us%-east%-1,",
      sarif = '"ruleId": *"public%-access"', junit = "<failure type=\"critical\" message=\"[^\n]*&lt;script&gt;",
      markdown = "\n| critical | public%-access | [^\n]*\\<script\\>",
      html = "<details><summary>&lt;script&gt;</summary>\n<pre>{&quot;Sid&quot;:&quot;&lt;script&gt;&quot;",
      prometheus = '\nlanyard_findings{id="public%-access",severity="critical",account="111122223333",region="us%-east%-1"} 1\n',
    } do
      local result = emulator:run { "audit", "--output", format, "--fail-on", "high" }
      assert.equal("", result.err)
      assert.equal(3, result.status)
      assert.match(pattern, result.out)
    end
  end)

  it("says on stderr what could not be read, in the formats that have no place for it", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.json", json.encode { { operation = "GetContainerServices",
      error = { code = "AccessDeniedException", message = "no", status = 400 } } })
    local emulator <close> = helper.emulator { "--activation-delay", "0", "--faults", folder .. "/faults.json" }
    for _, format in ipairs { "csv", "jsonl", "prometheus" } do
      local result = emulator:run { "audit", "--output", format }
      assert.match("^lanyard: The container services of [^\n]*us%-east%-1 could not be listed: [^\n]*AccessDenied[^\n]*\n$",
        result.err)
      assert.equal(0, result.status)
    end
    assert.equal("", emulator:run({ "audit", "--output", "json" }).err)
  end)

  it("rejects an unknown severity and a repository that does not exist", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "audit", "--fail-on", "horrible" }
    assert.equal(2, result.status)
    assert.match("^lanyard: [^\n]*%-%-fail%-on[^\n]*'critical'[^\n]*\n$", result.err)
    result = emulator:run { "audit", "nobody" }
    assert.equal(1, result.status)
    assert.match("'nobody'", result.err)
  end)
end)

describe("lanyard audit of several targets", function()
  local SEED = [[return { regions = {
    ["us-east-1"] = { repositories = { { name = "web", policy = %s } } },
    ["eu-west-1"] = { repositories = { { name = "web", policy = '%s' } } } } }]]
  local OPEN = '{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Allow","Principal":"*",'
    .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}'

  -- An emulator with a repository in each of two Regions, the one in eu-west-1 open to all, or both.
  local function two_regions(folder, faults, both)
    helper.write(folder .. "/seed.lua", SEED:format(both and "'" .. OPEN .. "'" or "nil", OPEN))
    helper.write(folder .. "/faults.json", faults or "[]")
    return helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.lua", "--faults", folder .. "/faults.json" }
  end

  local DENIED = '[{"operation":"DescribeRepositories","times":1,"error":{"code":"AccessDeniedException","message":"no"}}]'

  it("shows account and Region of each row", function()
    local folder <close> = helper.folder()
    local emulator <close> = two_regions(folder)
    local result = emulator:run { "audit", "--region", "us-east-1,eu-west-1" }
    assert.equal("", result.err)
    assert.match("^ACCOUNT AND REGION +REPOSITORY", result.out)
    assert.match("\n111122223333 us%-east%-1 +web +no grants", result.out)
    assert.match("\n111122223333 eu%-west%-1  web +%* +public", result.out)
    assert.match("critical +public%-access: everyone [^\n]+ %(111122223333 eu%-west%-1%)", result.out)
  end)

  it("prints JSON Lines as findings are found, and exits by the most severe", function()
    local folder <close> = helper.folder()
    local emulator <close> = two_regions(folder, nil, true)
    local result = emulator:run { "audit", "--region", "us-east-1,eu-west-1", "--output", "jsonl", "--fail-on", "critical" }
    assert.equal("", result.err)
    assert.equal(3, result.status)
    local regions = {}
    for line in result.out:gmatch "[^\n]+" do
      local finding = json.decode(line)
      assert.equal("public-access", finding.id)
      regions[#regions + 1] = finding.region
    end
    table.sort(regions)
    assert.same({ "eu-west-1", "us-east-1" }, regions)
    helper.write(folder .. "/before.json", emulator:run({ "audit", "--region", "us-east-1", "--output", "json" }).out)
    result = emulator:run { "audit", "--output", "jsonl", "--baseline", folder .. "/before.json", "--fail-on", "info" }
    assert.equal(0, result.status)
    assert.match('"state":"unchanged"', result.out)
  end)

  it("rejects a name that no repository can have before it calls AWS", function()
    local emulator <close> = helper.emulator()
    for _, regions in ipairs { "us-east-1", "us-east-1,eu-west-1" } do
      local result = emulator:run { "audit", "a\255b", "--region", regions, "--output", "json" }
      assert.equal(2, result.status)
      assert.match("is not a repository name", result.err)
    end
    assert.equal("0\n", assert(http.request { url = emulator.url .. "/_emulator/calls" }).body)
  end)

  it("continues with the rest when a name is missing, in one Region and in two", function()
    local folder <close> = helper.folder()
    local emulator <close> = two_regions(folder)
    for _, regions in ipairs { "us-east-1", "us-east-1,eu-west-1" } do
      local result = emulator:run { "audit", "nosuch", "w*", "no-*", "--region", regions }
      assert.equal(1, result.status)
      assert.equal("lanyard: no repository matches 'nosuch'\nlanyard: no repository matches 'no-*'\n", result.err)
      assert.match("us-east-1" == regions and "\nweb " or "eu%-west%-1 +web ", result.out)
      result = emulator:run { "audit", "nosuch", "no-*", "--region", regions }
      assert.equal(1, result.status)
      assert.match("nosuch", result.err)
      assert.equal("", result.out)
    end
  end)

  it("exits with 1 when a Region failed, and with 3 when another one has a finding", function()
    local folder <close> = helper.folder()
    for _, case in ipairs { { 1, {} }, { 3, { "--fail-on", "high" } } } do
      local emulator <close> = two_regions(folder, DENIED, true)
      local result = emulator:run { "audit", "--region", "us-east-1,eu-west-1", table.unpack(case[2]) }
      assert.equal(case[1], result.status)
      assert.match("^lanyard: %l%l%-%l+%-1: [^\n]*AccessDenied[^\n]*\n$", result.err)
    end
  end)

  it("continues after a profile that does not exist", function()
    local folder <close> = helper.folder()
    local emulator <close> = two_regions(folder)
    helper.write(folder .. "/config", ("[profile ops]\nregion = us-east-1\naws_access_key_id = %s\n"
      .. "aws_secret_access_key = %s\n"):format(helper.ACCESS_KEY, helper.SECRET_KEY))
    local result = emulator:run({ "audit", "--profile", "ops,nobody", "--output", "json" },
      { AWS_CONFIG_FILE = folder .. "/config" })
    assert.equal(1, result.status)
    assert.match("^lanyard: profile 'nobody': profile 'nobody' not found[^\n]*\n$", result.err)
    local scopes = json.decode(result.out).scopes
    assert.equal("ops", scopes[1].profile)
    assert.equal("ProfileNotFound", scopes[2].error.code)
  end)

  it("audits every Region, and notes where the list is from", function()
    local folder <close> = helper.folder()
    local emulator <close> = two_regions(folder)
    local result = emulator:run { "audit", "--region", "all" }
    assert.equal(0, result.status)
    assert.equal("lanyard: auditing the 19 Regions that lightsail:GetRegions lists\n", result.err)
    assert.match("eu%-west%-1  web", result.out)
  end)

  it("rejects a list with a mistake, and a service that does not exist", function()
    local folder <close> = helper.folder()
    local emulator <close> = two_regions(folder)
    for _, words in ipairs { "us-east-1,nowhere", "all,us-east-1", "us-east-1,,eu-west-1" } do
      local result = emulator:run { "audit", "--region", words }
      assert.equal(2, result.status)
      assert.match("^lanyard: [^\n]+\n$", result.err)
    end
    local result = emulator:run { "audit", "--service", "nobody" }
    assert.equal(1, result.status)
    assert.match("no container service 'nobody'", result.err)
  end)
end)

describe("lanyard audit with earlier reports", function()
  local CLOSE = [[assert(require("lanyard.aws").client("ecr"):DeleteRepositoryPolicy { repositoryName = "my-private-repo" })]]

  local function save(emulator, path, words)
    helper.write(path, emulator:run({ "audit", "--output", "json", table.unpack(words or {}) }).out)
    return path
  end

  it("exits with 3 only on findings that are new since --baseline", function()
    local emulator <close> = helper.emulator()
    local folder <close> = helper.folder()
    local clean = save(emulator, folder .. "/clean.json")
    emulator:run { "-e", PUBLIC }
    local open = save(emulator, folder .. "/open.json")
    local result = emulator:run { "audit", "--baseline", clean, "--fail-on", "high" }
    assert.equal(3, result.status)
    assert.match("critical +new  public%-access: ", result.out)
    assert.match("\npolicies since [^\n]+\nmy%-private%-repo  gives: pull to everyone; takes: nothing\n", result.out)
    assert.match("\nsince %d[^\n]*: 1 new finding, 0 resolved; 1 grant added, 0 removed\n"
      .. "grant +added +my%-private%-repo: %* %(allow%)\n$", result.out)
    result = emulator:run { "audit", "--baseline", open, "--fail-on", "high" }
    assert.equal(0, result.status)
    assert.match("critical +unchanged  public%-access: ", result.out)
    emulator:run { "-e", CLOSE }
    result = emulator:run { "audit", "--baseline", open, "--fail-on", "high" }
    assert.equal(0, result.status)
    assert.match(": 0 new findings, 1 resolved; 0 grants added, 1 removed\ncritical +resolved +public%-access: [^\n]+\n"
      .. "grant +removed +my%-private%-repo: %*", result.out)
    local report = json.decode(emulator:run({ "audit", "--baseline", open, "--output", "json" }).out)
    assert.equal("public-access", report.baseline.resolved[1].id)
    -- The removed grant is of another service.
    result = emulator:run { "audit", "--baseline", open, "--service", "my-container-service" }
    assert.match(": 0 new findings, 0 resolved; 0 grants added, 0 removed\n$", result.out)
    assert.equal("", result.err)
  end)

  it("names the audience of a grant since --baseline in each format", function()
    local emulator <close> = helper.emulator()
    local folder <close> = helper.folder()
    local before = save(emulator, folder .. "/before.json")
    emulator:run { "-e", [[
      assert(require("lanyard.aws").client("ecr"):SetRepositoryPolicy { repositoryName = "my-private-repo", policyText =
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["ecr:BatchGetImage",'
        .. '"ecr:GetDownloadUrlForLayer"],"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}]}' }) ]] }
    for format, expected in pairs {
      table = "\ngrant +added +my%-private%-repo: organization o%-a1b2c3d4e5 %(another organization%) %(depends%)\n",
      markdown = "grant[^\n]*added[^\n]*my%-private%-repo[^\n]*organization o%-a1b2c3d4e5[^\n]*depends",
      html = "Added grants.*organization o%-a1b2c3d4e5 %(another organization%)</code>",
      json = '"audience": "organization o%-a1b2c3d4e5 %(another organization%)",?%s',
    } do
      local result = emulator:run { "audit", "--baseline", before, "--output", format }
      assert.equal(0, result.status, result.err)
      assert.match(expected, (result.out:gsub("\\", "")), format)
    end
  end)

  it("notes the accounts and Regions that a --baseline does not cover", function()
    local emulator <close> = helper.emulator()
    local folder <close> = helper.folder()
    local part = save(emulator, folder .. "/part.json", { "shared-repo" })
    local result = emulator:run { "audit", "--baseline", part }
    assert.equal("lanyard: the baseline does not cover everything that this audit covers: findings there count as new\n", result.err)
    assert.equal("", emulator:run({ "audit", "shared-repo", "--baseline", part }).err)
    result = emulator:run { "audit", "--region", "us-east-1,us-east-2", "--baseline", save(emulator, folder .. "/all.json") }
    assert.match("the baseline does not cover 111122223333 us%-east%-2: findings", result.err)
  end)

  it("rejects in one line a baseline that is not a report, before it calls AWS", function()
    local emulator <close> = helper.emulator()
    local folder <close> = helper.folder()
    helper.write(folder .. "/old.json", '{"version":9}')
    helper.write(folder .. "/text.json", "hello")
    for _, name in ipairs { "old.json", "text.json", "missing.json" } do
      local result = emulator:run({ "audit", "--baseline", folder .. "/" .. name }, { AWS_ENDPOINT_URL = "http://127.0.0.1:1" })
      assert.equal(2, result.status)
      assert.equal("", result.out)
      assert.match("^lanyard: [^\n]*" .. name:gsub("%.", "%%.") .. "[^\n]*\n$", result.err)
    end
  end)

  it("audits shards, and merges them to the whole", function()
    local emulator <close> = helper.emulator()
    local folder <close> = helper.folder()
    emulator:run { "-e", PUBLIC }
    local shards = {}
    for i = 1, 3 do shards[i] = save(emulator, folder .. "/" .. i .. ".json", { "--shard", i .. "/3" }) end
    local whole = emulator:run { "audit", "--fail-on", "high" }
    local merged = emulator:run { "audit", "merge", "--fail-on", "high", table.unpack(shards) }
    assert.equal("", merged.err)
    assert.equal(whole.out, merged.out)
    assert.equal(3, merged.status)
    merged = emulator:run { "--output", "json", "audit", "merge", shards[1], shards[3] }
    assert.equal(1, merged.status)
    assert.equal("lanyard: missing: shard 2/3 (unused roles and images of missing repositories are reported only when "
      .. "all shards are merged)\n", merged.err)
    assert.equal(2, json.decode(merged.out).version)
  end)

  it("rejects wrong shards and merges", function()
    local emulator <close> = helper.emulator()
    for message, words in pairs {
      ["is not a shard"] = { "--shard", "4/3" }, ["missing argument 'file'"] = { "merge" },
      ["unknown option '%-%-region'"] = { "merge", "x.json", "--region", "all" },
      ["unknown option '%-%-unused%-days'"] = { "merge", "x.json", "--unused-days", "30" },
      ["cannot read"] = { "merge", "/nowhere/x.json" },
    } do
      local result = emulator:run { "audit", table.unpack(words) }
      assert.equal(2, result.status)
      assert.match("^lanyard: [^\n]*" .. message .. "[^\n]*\n$", result.err)
    end
  end)

  it("audits a repository named merge after --", function()
    local emulator <close> = helper.emulator()
    emulator:run { "-e", [[assert(require("lanyard.aws").client("ecr"):CreateRepository { repositoryName = "merge" })]] }
    local result = emulator:run { "audit", "--", "merge" }
    assert.equal(0, result.status)
    assert.match("\nmerge +no grants", result.out)
  end)
end)

describe("lanyard audit --assume-role", function()
  it("rejects options that lack or exclude another one", function()
    local emulator <close> = helper.emulator()
    for message, words in pairs {
      ["need %-%-assume%-role"] = { "--accounts", "111122223333" }, ["choose one"] = { "--assume-role", "x",
        "--accounts", "111122223333", "--organization" },
      ["needs %-%-accounts or %-%-organization"] = { "--assume-role", "x" },
      ["external%-id need %-%-assume%-role"] = { "--external-id", "abc" },
      ["is not a valid external id"] = { "--assume-role", "x", "--organization", "--external-id", "a b" },
      ["12 digits"] = { "--assume-role", "x", "--accounts", "12" },
      ["is not a valid role name"] = { "--assume-role", "arn:aws:iam::111122223333:role/x", "--organization" },
    } do
      local result = emulator:run { "audit", table.unpack(words) }
      assert.equal(2, result.status)
      assert.match("^lanyard: [^\n]*" .. message .. "[^\n]*\n$", result.err)
    end
  end)

  it("continues after an account that it cannot access", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "audit", "--assume-role", "audit", "--accounts", "111122223333,444455556666" }
    assert.equal(1, result.status)
    assert.match("^lanyard: 444455556666, us%-east%-1: cannot assume arn:aws:iam::444455556666:role/audit: [^\n]*\n$", result.err)
    assert.match("111122223333 us%-east%-1  shared%-repo", result.out)
  end)
end)

describe("the progress of lanyard audit", function()
  it("is a line on a terminal, which is erased at the end, and nothing elsewhere", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.lua", 'return { { operation = "GetRepositoryPolicy", delay = 1.5 } }')
    local emulator <close> = helper.emulator(("--activation-delay 0 --faults %s/faults.lua"):format(folder))
    assert.equal("", emulator:run({ "audit" }).err)
    local all = { TERM = "xterm" }
    for name, value in pairs(emulator.environment) do all[name] = value end
    local result = helper.run({ "script", "-qec", helper.lanyard .. " audit >/dev/null", "/dev/null" }, all)
    assert.equal(0, result.status)
    assert.match("^\r\27%[K[^\r\n]*%d+/%d+%+? repositories, [^\r\n]*calls/s, 0 throttled", result.out)
    assert.match("\r\27%[K$", result.out)
  end)

  it("accepts trusted accounts", function()
    local emulator <close> = helper.emulator()
    emulator:run { "-e", [[
      local ecr = require("lanyard.aws").client("ecr")
      assert(ecr:SetRepositoryPolicy { repositoryName = "my-private-repo", policyText = '{"Version":"2012-10-17",' ..
        '"Statement":[{"Effect":"Allow","Principal":{"AWS":["444455556666","777788889999"]},"Action":' ..
        '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}' })
    ]] }
    local function found(...)
      local list = {}
      for i, finding in ipairs(json.decode(emulator:run({ "audit", "--output", "json", ... }).out).findings) do
        list[i] = finding.id .. " " .. finding.principal
      end
      return list
    end
    assert.same({ "other-account 444455556666", "other-account 777788889999" }, found())
    assert.same({ "untrusted-account 777788889999" }, found("--trusted-accounts", "444455556666"))
    assert.same({}, found("--trusted-accounts", "444455556666,777788889999"))
    for _, words in ipairs { { "--trusted-accounts", "1234" }, { "--trusted-accounts", "" },
      { "merge", "a.json", "--trusted-accounts", "444455556666" } } do
      local result = emulator:run { "audit", table.unpack(words) }
      assert.equal(2, result.status)
      assert.match("^lanyard: [^\n]*%-%-trusted%-accounts[^\n]+\n$", result.err)
    end
  end)
end)

describe("lanyard audit --desired", function()
  local GRANTS = [[return { region = "us-east-1", grants = {
    { service = "my-container-service", repositories = { "my-private-repo" }, expires = "2999-01-31" },
  } }]]

  -- The commands that fix the drift.
  local function fixes_of(result)
    local fixes = {}
    for _, finding in ipairs(json.decode(result.out).findings) do
      fixes[#fixes + 1] = finding.id == "drift" and finding.fix or nil
    end
    return fixes
  end

  it("finds differences, with commands that remove them", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    helper.write(folder .. "/grants.lua", GRANTS)
    emulator:run { "grant", "my-container-service", "shared-repo", "--enable" }
    emulator:run { "grant", "my-container-service", "my-private-repo" }
    local words = { "audit", "--desired", folder .. "/grants.lua", "--output", "json", "--fail-on", "medium" }
    local result = emulator:run(words)
    assert.equal(3, result.status)
    local fixes = fixes_of(result)
    assert.equal(2, #fixes)
    for _, fix in ipairs(fixes) do
      assert.equal(0, emulator:run(fix:match "^lanyard (.*)").status)
    end
    result = emulator:run(words)
    assert.same({}, fixes_of(result))
    assert.equal(0, emulator:run({ "plan", folder .. "/grants.lua", "--prune" }).status)
  end)

  it("rejects an invalid file before it calls AWS, and one whose Region was not audited", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/bad.lua", "return { grants = { { servise = 1 } } }")
    local result = helper.run({ helper.lanyard, "audit", "--desired", folder .. "/bad.lua" },
      { AWS_ENDPOINT_URL = "http://127.0.0.1:1" })
    assert.equal(2, result.status)
    assert.matches("^lanyard: [^\n]*bad%.lua:1: ", result.err)
    local emulator <close> = helper.emulator()
    helper.write(folder .. "/grants.lua", GRANTS)
    result = emulator:run { "audit", "--desired", folder .. "/grants.lua", "--region", "eu-west-1" }
    assert.equal(1, result.status)
    assert.matches("grants%.lua is for us%-east%-1, which was not audited", result.err)
  end)
end)
