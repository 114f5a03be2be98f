-- lanyard policy decide and can: requests on the command line.

local helper = require "helper"
local json = require "lanyard.json"

local CI, OTHER = "arn:aws:iam::111122223333:role/ci", "arn:aws:iam::444455556666:role/ci"
local WEB = "arn:aws:ecr:us-east-1:111122223333:repository/web"

describe("lanyard policy decide", function()
  local folder = helper.folder()
  local dir = tostring(folder)
  teardown(function() local _ <close> = folder end)

  local function statement(effect, more)
    local one = { Effect = effect, Action = "ecr:*", Resource = "*" }
    for name, value in pairs(more or {}) do one[name] = value or nil end
    return one
  end
  local function file(name, ...)
    helper.write(dir .. "/" .. name, json.encode { Version = "2012-10-17", Statement = json.array { ... } })
    return dir .. "/" .. name
  end
  local function run(...)
    local result = helper.run { helper.lanyard, "policy", ... }
    return result.status, result.out, result.err
  end
  local function decide(principal, ...)
    return run("decide", "--principal", principal, "--action", "ecr:BatchGetImage", "--resource", WEB, ...)
  end
  local ORG = { Condition = { StringEquals = { ["aws:PrincipalOrgID"] = "o-x" } } }
  local NET = { Principal = "*", Condition = { NotIpAddress = { ["aws:SourceIp"] = "10.0.0.0/8" } } }

  it("names the policy that decides, and its kind", function()
    local status, out = decide(CI, "--identity", file("a.json", statement "Allow"))
    assert.equal(0, status)
    assert.equal(("allow: %s/a.json: statement 1 allows it\ndecided by: identity policy\n"):format(dir), out)
    status, out = decide(CI, "--identity", file("a.json", statement "Allow"), "--identity", file("d.json", statement "Deny"))
    assert.equal(3, status)
    assert.equal(("deny: %s/d.json: statement 1 denies it\ndecided by: identity policy\n"):format(dir), out)
  end)
  it("takes every kind of policy", function()
    local allow, deny = file("a.json", statement "Allow"), file("d.json", statement "Deny")
    local with = { Principal = "*" }
    local repository, denying = file("r.json", statement("Allow", with)), file("rd.json", statement("Deny", with))
    for option, row in pairs {
      ["--boundary"] = { deny, "permissions-boundary" }, ["--session"] = { deny, "session-policy" },
      ["--scp"] = { deny, "service-control-policy" }, ["--rcp"] = { denying, "resource-control-policy" },
      ["--resource-policy"] = { denying, "resource-policy" }, ["--vpc-endpoint"] = { denying, "vpc-endpoint-policy" },
    } do
      local status, out = decide(CI, "--identity", allow, option, row[1], "--output", "json")
      local result = json.decode(out)
      assert.equal(3, status, option)
      assert.same({ "deny", row[2], row[1] }, { result.decision, result.layer, result.statement.document }, option)
    end
    for option, good in pairs { ["--boundary"] = allow, ["--session"] = allow, ["--scp"] = allow, ["--rcp"] = repository,
        ["--resource-policy"] = repository, ["--vpc-endpoint"] = repository } do
      assert.equal(0, (decide(CI, "--identity", allow, option, good)), option)
    end
  end)
  it("needs an Allow of the VPC endpoint's policy", function()
    local other = file("s3.json", statement("Allow", { Principal = "*", Action = "s3:*" }))
    local _, out = decide(CI, "--identity", file("a.json", statement "Allow"), "--vpc-endpoint", other)
    assert.equal("implicit-deny: no VPC endpoint policy allows it\ndecided by: VPC endpoint policy\n", out)
    assert.equal(0, (decide(CI, "--identity", dir .. "/a.json", "--vpc-endpoint", other, "--vpc-endpoint",
      file("r.json", statement("Allow", { Principal = { AWS = CI } })))))
  end)
  it("takes each --scp as a level, except a file that only denies", function()
    local full, deny = file("full.json", statement "Allow"), file("put.json", statement("Deny", { Action = "ecr:Put*" }))
    local pull, push = file("pull.json", statement("Allow", { Action = "ecr:Batch*" })), file("push.json", statement("Allow", { Action = "ecr:Put*" }))
    local function with(...)
      return (decide(CI, "--identity", full, ...))
    end
    assert.equal(0, with("--scp", full, "--scp", deny))
    assert.equal(0, with("--scp", deny, "--scp", full))
    assert.equal(0, with("--scp", full .. "," .. deny, "--scp", pull))
    assert.equal(0, with("--scp", push .. "," .. pull))
    assert.equal(3, with("--scp", push, "--scp", pull))
    assert.equal(3, with("--scp", deny), "nothing of the level allows")
    local _, out = decide(CI, "--identity", full, "--scp", full, "--scp", push)
    assert.equal("implicit-deny: no service control policy of level 2 allows it\ndecided by: service control policy\n", out)
  end)
  it("needs no Allow of a resource control policy", function()
    local deny = file("rd.json", statement("Deny", { Principal = "*", Action = "s3:*" }))
    assert.equal(0, (decide(CI, "--identity", file("a.json", statement "Allow"), "--rcp", deny)))
  end)
  it("says for which values the answer is allow", function()
    local identity, repository = file("a.json", statement("Allow", ORG)), file("r.json",
      statement("Allow", { Principal = { AWS = "444455556666" } }), statement("Deny", NET))
    local status, out = decide(OTHER, "--identity", identity, "--resource-policy", repository)
    assert.equal(3, status)
    assert.matches("\nallowed if: aws:PrincipalOrgID = \"o%-x\" and aws:SourceIp in 10%.0%.0%.0/8\n$", out)
    local _, text = decide(OTHER, "--identity", identity, "--resource-policy", repository, "--output", "json")
    local result = json.decode(text)
    assert.same({ ["and"] = {
      { key = "aws:PrincipalOrgID", operator = "StringEquals", values = { "o-x" } },
      { key = "aws:SourceIp", operator = "IpAddress", values = { "10.0.0.0/8" } },
    } }, result.when.expression)
    assert.equal("aws:PrincipalOrgID = \"o-x\" and aws:SourceIp in 10.0.0.0/8", result.when.text)
  end)
  it("takes the context as words and as JSON", function()
    local identity = file("a.json", statement("Allow", { Condition = {
      StringEquals = { ["aws:PrincipalOrgID"] = "o-x" }, Bool = { ["aws:SecureTransport"] = "true" },
      NumericLessThan = { ["aws:MultiFactorAuthAge"] = "300" }, ["ForAllValues:StringEquals"] = { ["aws:TagKeys"] = { "a", "b" } },
    } }))
    local object = '{"aws:SecureTransport":true,"aws:MultiFactorAuthAge":30,"aws:TagKeys":["a","b"]}'
    assert.equal(0, (decide(CI, "--identity", identity, "--context", object, "--context", "aws:PrincipalOrgID=o-x")))
    assert.equal(3, (decide(CI, "--identity", identity, "--context", object, "--context", "aws:PrincipalOrgID=o-y")))
    assert.equal(3, (decide(CI, "--identity", identity, "--context", object, "--context", "aws:PrincipalOrgID=o-x",
      "--context", '{"AWS:tagkeys":"c"}')))
    local _, out = decide(CI, "--identity", identity, "--context", object)
    assert.matches("^depends: .*allowed if: aws:PrincipalOrgID = \"o%-x\"\n$", out)
    _, out = decide(CI, "--identity", identity, "--context", object, "--complete")
    assert.matches("^implicit%-deny: ", out)
    _, out = decide(CI, "--identity", identity, "--context", '{"aws:PrincipalOrgID":[]}')
    assert.matches("^implicit%-deny: ", out)
  end)
  it("rejects a context that it cannot read, or that cannot exist", function()
    local identity = file("a.json", statement "Allow")
    for word, expected in pairs {
      ["{"] = "not a JSON object", ["[1]"] = "is not KEY=VALUE or a JSON object", x = "is not KEY=VALUE or a JSON object",
      ['{"a":{"b":1}}'] = "a: expected a string", ['{"a":{}}'] = "a: expected a string", ['{"a":[null]}'] = "a: expected a string",
      ['{"aws:username":"kim"}'] = "such a request cannot exist: aws:username",
    } do
      local status, _, err = decide(CI, "--identity", identity, "--context", word)
      assert.equal(2, status, word)
      assert.truthy(err:find(expected, 1, true), err)
      assert.is_nil(err:find "traceback", err)
    end
  end)
  it("rejects a policy of another kind, and a file that cannot be read", function()
    local with, without = file("r.json", statement("Allow", { Principal = "*" })), file("a.json", statement "Allow")
    for _, row in ipairs {
      { "--identity", with, "statement 1 has a Principal: not a policy for --identity" },
      { "--scp", with, "statement 1 has a Principal: not a policy for --scp" },
      { "--resource-policy", without, "statement 1 has no Principal: not a policy for --resource-policy" },
      { "--vpc-endpoint", without, "statement 1 has no Principal: not a policy for --vpc-endpoint" },
      { "--boundary", dir .. "/nosuch.json", "No such file or directory" },
    } do
      local status, out, err = decide(CI, row[1], row[2])
      assert.same({ 1, "" }, { status, out })
      assert.truthy(err:find(row[3], 1, true), err)
    end
    local status, _, err = decide(CI)
    assert.equal(2, status)
    assert.matches("a policy is required", err)
    assert.equal(2, (decide(CI, "--identity", "-", "--boundary", "-")))
  end)
  it("needs the issuer of a federated user session", function()
    local session, kim = "arn:aws:sts::111122223333:federated-user/app", "arn:aws:iam::111122223333:user/kim"
    local repository = file("r.json", statement("Allow", { Principal = { AWS = kim } }))
    local status, out = decide(session, "--resource-policy", repository)
    assert.equal(3, status)
    assert.matches("allowed if: issuer = \"" .. kim .. "\"\n$", out)
    assert.equal(0, (decide(session, "--resource-policy", repository, "--issuer", kim)))
    assert.equal(3, (decide(session, "--resource-policy", repository, "--issuer", kim .. "2")))
    assert.equal(2, (decide(CI, "--resource-policy", repository, "--issuer", kim)))
  end)

  it("can says for which values the answer is allow, too", function()
    local repository = file("r.json", statement("Allow", { Principal = "*", Condition = ORG.Condition }), statement("Deny", NET))
    local status, out = run("can", repository, "--principal", CI, "--action", "ecr:PutImage", "--resource", WEB)
    assert.equal(3, status)
    assert.matches("\nallowed if: aws:PrincipalOrgID = \"o%-x\" and aws:SourceIp in 10%.0%.0%.0/8\n$", out)
    status, out = run("can", repository, "--principal", CI, "--action", "ecr:PutImage", "--resource", WEB, "--context",
      '{"aws:PrincipalOrgID":"o-x","aws:SourceIp":"10.1.2.3"}', "--output", "json")
    assert.equal(0, status)
    assert.is_nil(json.decode(out).when)
  end)
end)

describe("lanyard policy can and decide", function()
  it("agree about a policy of a resource of the caller's account", function()
    local folder <close> = helper.folder()
    local file = folder .. "/policy.json"
    helper.write(file, [[{"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/ci"},"Action":"ecr:BatchGetImage",
       "Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-x"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}},
      {"Effect":"Deny","Principal":"*","Action":"ecr:BatchGetImage","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}]])
    for context, status in pairs {
      ["{}"] = 3, ['{"aws:RequestedRegion":"us-east-1"}'] = 3, ['{"aws:RequestedRegion":"eu-west-1"}'] = 3,
      ['{"aws:RequestedRegion":"us-east-1","aws:PrincipalOrgID":"o-x"}'] = 3,
      ['{"aws:RequestedRegion":"us-east-1","aws:PrincipalOrgID":"o-x","aws:SourceIp":"10.0.0.1"}'] = 0,
      ['{"aws:RequestedRegion":"us-east-1","aws:PrincipalOrgID":"o-y"}'] = 3,
    } do
      local request = { "--principal", "arn:aws:iam::444455556666:role/ci", "--action", "ecr:BatchGetImage", "--resource",
        "arn:aws:ecr:us-east-1:444455556666:repository/web", "--context", context, "--output", "json" }
      local can = helper.run { helper.lanyard, "policy", "can", file, table.unpack(request) }
      local decide = helper.run { helper.lanyard, "policy", "decide", "--resource-policy", file, table.unpack(request) }
      assert.same({ status, status }, { can.status, decide.status }, context)
      local one, other = json.decode(can.out), json.decode(decide.out)
      assert.equal(one.decision, other.decision, context)
      assert.same(one.when, other.when, context)
      assert.equal(one.decision == "depends", one.when ~= nil, context)
    end
  end)
end)

describe("an action on the command line", function()
  it("is named if ECR has no such action, with the nearest one", function()
    local folder <close> = helper.folder()
    local file = tostring(folder) .. "/policy.json"
    helper.write(file, [[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},
      "Action":["ecr:BatchGetImage"]}]}]])
    for action, note in pairs {
      ["ecr:BatchGetImag"] = "lanyard: note: ECR has no action 'ecr:BatchGetImag' that lanyard knows; did you mean ecr:BatchGetImage?\n",
      ["ECR:xyz"] = "lanyard: note: ECR has no action 'ECR:xyz' that lanyard knows\n",
      ["ecr:batchgetimage"] = "", ["s3:GetObjec"] = "",
    } do
      for _, words in ipairs {
        { "can", file, "--principal", "444455556666", "--action", action }, { "reach", file, "--action", action },
        { "check", "--not-granted", action, file },
      } do
        assert.equal(note, helper.run({ helper.lanyard, "policy", table.unpack(words) }).err, words[1] .. " " .. action)
      end
    end
    assert.equal("", helper.run({ helper.lanyard, "policy", "reach", file, "--action", "ecr:Batch*" }).err)
  end)
end)
