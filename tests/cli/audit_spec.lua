local helper = require "helper"
local json = require "lanyard.json"

local PUBLIC = [[
  local ecr = require("lanyard.aws").client("ecr")
  assert(ecr:SetRepositoryPolicy { repositoryName = "my-private-repo", policyText = '{"Version":"2008-10-17",' ..
    '"Statement":[{"Sid":"<script>","Effect":"Allow","Principal":"*","Action":["ecr:BatchGetImage",' ..
    '"ecr:GetDownloadUrlForLayer"]}]}' })
]]

describe("lanyard audit", function()
  it("tells who can pull and by which statement", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", "my-container-service", "shared-repo", "--enable" }
    local result = emulator:run { "audit" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("shared%-repo +my%-container%-service +puller +allow +AllowLightsailPull%-my%-container%-service", result.out)
    assert.match("\nno findings\n$", result.out)
  end)

  it("leaves with 3 on a finding of --fail-on or worse, and says what to do about it", function()
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
    assert.equal(1, report.version)
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

  it("fits the width of a terminal, and has colours there", function()
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

  it("prints every format of a report, of what a policy says as text", function()
    local emulator <close> = helper.emulator()
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

  it("refuses a severity that there is not, and names a repository that is not there", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "audit", "--fail-on", "horrible" }
    assert.equal(2, result.status)
    assert.match("^lanyard: [^\n]*%-%-fail%-on[^\n]*'critical'[^\n]*\n$", result.err)
    result = emulator:run { "audit", "nobody" }
    assert.equal(1, result.status)
    assert.match("'nobody'", result.err)
  end)
end)
