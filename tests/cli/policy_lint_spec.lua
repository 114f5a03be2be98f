local helper = require "helper"
local json = require "lanyard.json"
local lint_cases = require "lint_cases"

local PUBLIC = '{"Version":"2012-10-17","Statement":[\n{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}'

local function lint(words, text)
  return helper.run({ helper.lanyard, "policy", "lint", table.unpack(words) }, {}, text)
end

local function ids_of(result)
  local ids = {}
  for i, finding in ipairs(json.decode(result.out)) do
    ids[i] = finding.id
  end
  return ids
end

describe("lanyard policy lint", function()
  it("has no finding for what lanyard permissions prints", function()
    for _, words in ipairs {
      { "--region", "us-east-1" }, { "--region", "*", "--assume-role", "auditor" },
      { "--region", "cn-north-1", "--repository", "web" },
    } do
      local printed = helper.run { helper.lanyard, "permissions", "--account", "111122223333", table.unpack(words) }
      assert.equal(0, printed.status, printed.err)
      for _, options in ipairs { { "-" }, { "--type", "identity", "-" } } do
        local result = lint(options, printed.out)
        assert.same({ 0, "no findings\n" }, { result.status, result.out })
      end
    end
  end)

  it("guesses the type of a policy, and names the guess", function()
    for kind, expected in pairs { identity = "an identity policy", trust = "a trust policy" } do
      local result = lint({ "-" }, lint_cases.policy(kind, {}))
      assert.same({ 0, "no findings\n" }, { result.status, result.out })
      assert.equal(("lanyard: stdin: checked as %s; --type selects another type\n"):format(expected), result.err)
    end
    assert.equal("", lint({ "-" }, lint_cases.policy("repository", {})).err)
    local foreign = { Action = { "ecr:*", "s3:*" } }
    assert.matches("a resource control policy", lint({ "-" }, lint_cases.policy("rcp", foreign)).err)
    assert.matches("a VPC endpoint policy", lint({ "-" }, lint_cases.policy("vpc-endpoint", foreign)).err)
  end)

  it("checks a policy as the type that --type names", function()
    for kind in pairs(lint_cases.KINDS) do
      local result = lint({ "--type", kind, "-" }, lint_cases.policy(kind, {}))
      assert.same({ 0, "no findings\n", "" }, { result.status, result.out, result.err })
    end
    local ids = ids_of(lint({ "--type", "identity", "--output", "json", "-" }, PUBLIC))
    assert.same({ "no-resource", "unsupported-principal" }, ids)
    assert.equal(2, lint({ "--type", "bucket", "-" }, PUBLIC).status)
  end)

  it("reports what ECR rejects as high", function()
    for _, elements in ipairs {
      { Resource = "*" }, { Action = "ecr:GetAuthorizationToken" }, { Action = "ecr-public:DescribeImages" },
    } do
      assert.equal(3, lint({ "--fail-on", "high", "-" }, lint_cases.policy("repository", elements)).status)
    end
    assert.equal("no findings\n", lint({ "-" }, lint_cases.policy("repository", { Action = "ecr:Get*" })).out)
  end)

  it("reports a placeholder once", function()
    local text = lint_cases.policy("repository", { Principal = { AWS = "arn:aws:iam::{account id}:root" } })
    assert.same({ "bad-principal" }, ids_of(lint({ "--account", "111122223333", "--output", "json", "-" }, text)))
  end)
end)

describe("lanyard policy lint on a text that is not a policy", function()
  local TWO = PUBLIC .. "\n,\n" .. PUBLIC

  it("reports it in every format", function()
    local table_output = lint({ "-" }, TWO)
    assert.same({ 1, "" }, { table_output.status, table_output.out })
    assert.matches("^lanyard: stdin:3:1: expected the end of the text, found ','; a second document follows: "
      .. "[^\n]*lanyard policy merge\n$", table_output.err)

    local as_json = lint({ "--output", "json", "-" }, TWO)
    local finding = json.decode(as_json.out)[1]
    assert.same({ 1, "not-a-policy", "high", 3, 1, "stdin" },
      { as_json.status, finding.id, finding.severity, finding.line, finding.column, finding.file })
    assert.matches("lanyard policy merge", finding.message)

    local as_sarif = lint({ "--output", "sarif", "-" }, TWO)
    local run = json.decode(as_sarif.out).runs[1]
    assert.same({ 1, false, "not-a-policy" },
      { as_sarif.status, run.invocations[1].executionSuccessful, run.results[1].ruleId })
    assert.matches("expected the end of the text", run.invocations[1].toolExecutionNotifications[1].message.text)
  end)

  it("has no advice on a second document where there is none", function()
    for _, text in ipairs { PUBLIC .. "}", PUBLIC .. " x", '{"Statement":' } do
      assert.is_nil(lint({ "-" }, text).err:find "merge")
    end
  end)

  it("reports a file that cannot be read, and checks the others", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/public.json", PUBLIC)
    local result = lint { "--output", "sarif", folder .. "/none.json", folder .. "/public.json" }
    local run = json.decode(result.out).runs[1]
    assert.equal(1, result.status)
    assert.is_false(run.invocations[1].executionSuccessful)
    assert.same({ "not-a-policy", "public" }, { run.results[1].ruleId, run.results[2].ruleId })
  end)

  it("reads the policy in a reply of GetRepositoryPolicy", function()
    local reply = json.encode({ registryId = "111122223333", policyText = PUBLIC }, { pretty = true })
    local result = lint({ "--output", "json", "-" }, reply)
    local finding = json.decode(result.out)[1]
    assert.same({ 0, "public", 2, 3 }, { result.status, finding.id, finding.line, finding.column })
    result = lint({ "-" }, json.encode { policyText = "{}" })
    assert.equal(1, result.status)
    assert.matches("policyText:1:1: expected a policy", result.err)
  end)

  it("takes the registry of a reply as the account that owns the repository", function()
    local text = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},'
      .. '"Action":"ecr:BatchGetImage"}}'
    local function rules_of(...)
      local ids = {}
      for i, finding in ipairs(json.decode(lint({ "--output", "json", ... }, json.encode { registryId = "111122223333",
        policyText = text }).out)) do
        ids[i] = finding.id
      end
      return ids
    end
    assert.same({ "other-account" }, rules_of "-")
    assert.same({}, rules_of("--account", "444455556666", "-"))
  end)

  it("names the reply of another operation", function()
    local result = lint({ "-" }, '{"PolicyVersion":{"Document":{"Statement":[]}}}')
    assert.matches("GetPolicyVersion: pass %-%-query PolicyVersion%.Document", result.err)
    result = lint({ "-" }, json.encode(PUBLIC))
    assert.equal(1, result.status)
    assert.matches("a JSON object; this is a policy as a JSON string: pass %-%-output text to the AWS CLI", result.err)
    assert.is_nil(lint({ "-" }, '"text"').err:find "JSON string")
  end)
end)

it("SARIF of policy lint has help for every rule", function()
  for _, rule in ipairs(json.decode(lint({ "--output", "sarif", "-" }, PUBLIC).out).runs[1].tool.driver.rules) do
    assert.is_true(#rule.help.text > 0, rule.id)
  end
end)

it("lanyard help lint lists the rules of every type", function()
  local result = helper.run { helper.lanyard, "help", "lint" }
  for _, id in ipairs { "unknown-key", "open-provider", "pass-role", "unsupported-element", "not-a-policy" } do
    assert.is_truthy(result.out:find(" " .. id .. " ", 1, true), id)
  end
end)

describe("documents of many kilobytes", function()
  -- Returns a policy without white space that has about so many bytes, in many statements.
  local function policy_of(size)
    local parts, length = {}, 0
    while length < size do
      local sid = #parts + 1
      parts[sid] = ('{"Sid":"s%d","Effect":"Allow","Principal":{"AWS":"%012d"},"Action":["ecr:PutImage","ecr:ListImages"]}')
        :format(sid, sid)
      length = length + #parts[sid]
    end
    return ('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat(parts, ","))
  end

  local function fmt(text)
    return helper.run({ helper.lanyard, "policy", "fmt", "-" }, {}, text)
  end

  it("are formatted to what is read again", function()
    local once = fmt(policy_of(200000))
    assert.equal(0, once.status, once.err)
    assert.is_true(#once.out > 200000)
    assert.equal(once.out, fmt(once.out).out)
  end)

  it("are not printed larger than what is read", function()
    local result = fmt(policy_of(900000))
    assert.same({ 1, "" }, { result.status, result.out })
    assert.matches("^lanyard: stdin: the indented policy has %d+ bytes, more than the 1048576 that Lanyard reads\n$", result.err)
  end)
end)
