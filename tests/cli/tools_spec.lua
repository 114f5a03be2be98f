-- permissions, uri, doctor and policy.

local helper = require "helper"
local json = require "lanyard.json"

describe("lanyard permissions", function()
  it("uses the account and Region of the caller", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "permissions" }
    assert.equal("", result.err)
    local document = json.decode(result.out)
    assert.equal("ManageEcrPrivateRepositoriesAccess", document.Statement[1].Sid)
    assert.same({ "ecr:SetRepositoryPolicy", "ecr:DescribeRepositories", "ecr:DeleteRepositoryPolicy",
      "ecr:GetRepositoryPolicy" }, { table.unpack(document.Statement[1].Action) })
    assert.equal("arn:aws:ecr:us-east-1:111122223333:repository/*", document.Statement[1].Resource)
  end)

  it("calls nothing when account and Region are given, for one repository or all", function()
    local function first(words)
      local result = helper.run({ helper.lanyard, "permissions", table.unpack(words) })
      assert.equal("", result.err)
      return json.decode(result.out).Statement[1].Resource
    end
    assert.equal("arn:aws:ecr:*:444455556666:repository/*", first { "--account", "444455556666", "--region", "*" })
    assert.equal("arn:aws-cn:ecr:cn-north-1:444455556666:repository/team/app",
      first { "--account", "444455556666", "--region", "cn-north-1", "--repository", "team/app" })
  end)

  it("includes the actions of audits, and with --assume-role those for other accounts", function()
    local function resources(...)
      local result = helper.run { helper.lanyard, "permissions", "--account", "444455556666", "--region", "us-east-1", ... }
      assert.equal("", result.err)
      local found = {}
      for _, statement in ipairs(json.decode(result.out).Statement) do
        local actions = type(statement.Action) == "table" and statement.Action or { statement.Action }
        for _, action in ipairs(actions) do
          found[action] = statement.Resource
        end
      end
      return found
    end
    local plain, fleet = resources(), resources("--assume-role", "ops/audit")
    assert.equal("*", plain["ecr:GetRegistryPolicy"])
    assert.same({ "arn:aws:iam::444455556666:role/*", "arn:aws:iam::444455556666:user/*" },
      { table.unpack(plain["iam:GetRole"]) })
    assert.equal(plain["ecr:GetRegistryPolicy"], fleet["ecr:GetRegistryPolicy"])
    assert.is_nil(plain["sts:AssumeRole"])
    assert.equal("arn:aws:iam::*:role/ops/audit", fleet["sts:AssumeRole"])
    assert.equal("*", fleet["organizations:ListAccounts"])
  end)

  it("includes the actions of lanyard service, on the resources that IAM knows for them", function()
    local result = helper.run { helper.lanyard, "permissions", "--account", "444455556666", "--region", "us-east-1" }
    local found = {}
    for _, statement in ipairs(json.decode(result.out).Statement) do
      for _, action in ipairs(type(statement.Action) == "table" and statement.Action or { statement.Action }) do
        found[action] = statement.Resource
      end
    end
    for _, operation in ipairs { "UpdateContainerService", "DeleteContainerService", "TagResource", "UntagResource" } do
      assert.equal("arn:aws:lightsail:us-east-1:444455556666:ContainerService/*", found["lightsail:" .. operation])
    end
    for _, operation in ipairs { "CreateContainerService", "GetContainerServicePowers", "GetCertificates" } do
      assert.equal("*", found["lightsail:" .. operation])
    end
  end)

  it("allows reading parameters and secrets only with --references", function()
    local words = { helper.lanyard, "permissions", "--account", "444455556666", "--region", "us-east-1" }
    local plain = helper.run(words).out
    assert.is_nil(plain:find("ssm:", 1, true) or plain:find("secretsmanager:", 1, true))
    words[#words + 1] = "--references"
    local statements = json.decode(helper.run(words).out).Statement
    assert.same({ Sid = "ReadReferencesOfEnvironments", Effect = "Allow",
      Action = { "ssm:GetParameters", "secretsmanager:GetSecretValue" },
      Resource = { "arn:aws:ssm:us-east-1:444455556666:parameter/*", "arn:aws:secretsmanager:us-east-1:444455556666:secret:*" } },
      statements[#statements])
  end)

  it("rejects an invalid account, Region, repository and role name", function()
    for _, words in ipairs { { "--account", "1" }, { "--region", "moon" }, { "--repository", "A" },
      { "--assume-role", "a b" } } do
      local result = helper.run({ helper.lanyard, "permissions", table.unpack(words) })
      assert.equal(2, result.status)
      assert.match("^lanyard: [^\n]+\n$", result.err)
    end
  end)
end)

describe("lanyard uri", function()
  it("prints the URI with a tag, a digest, or `latest`", function()
    local emulator <close> = helper.emulator()
    local base = "111122223333.dkr.ecr.us-east-1.amazonaws.com/my-private-repo"
    local digest = "@sha256:" .. ("0"):rep(64)
    assert.equal(base .. ":1.0\n", emulator:run({ "uri", "my-private-repo:1.0" }).out)
    assert.equal(base .. ":latest\n", emulator:run({ "uri", "my-private-repo" }).out)
    assert.equal(base .. digest .. "\n", emulator:run({ "uri", "my-private-repo" .. digest }).out)
    for _, suffix in ipairs { ":1.0", digest } do
      assert.equal(base .. suffix .. "\n", emulator:run({ "uri", base .. suffix }).out)
    end
  end)

  it("rejects an invalid tag or digest, and names a repository that does not exist", function()
    local emulator <close> = helper.emulator()
    for _, image in ipairs { "my-private-repo:-x", "my-private-repo@sha256:1", "my-private-repo:", "Bad" } do
      local result = emulator:run { "uri", image }
      assert.equal(2, result.status, image)
      assert.match("^lanyard: [^\n]+\n$", result.err)
    end
    local result = emulator:run { "uri", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/my-private-repo:1.0" }
    assert.equal(2, result.status)
    assert.match("^lanyard: [^\n]+ is in eu%-west%-1, and the Region of this command is us%-east%-1\n  pass %-%-region eu%-west%-1\n$",
      result.err)
    result = emulator:run { "uri", "nobody" }
    assert.equal(1, result.status)
    assert.match("'nobody'", result.err)
  end)
end)

describe("lanyard doctor", function()
  it("passes on a machine that is ready", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "doctor" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    for _, check in ipairs { "region", "credentials", "reach ecr", "clock", "journal", "identity",
      "lightsail:GetContainerServices", "ecr:DescribeRepositories", "ecr:GetRepositoryPolicy",
      "lightsail:GetContainerServicePowers", "lightsail:GetCertificates" } do
      assert.match("\n" .. check:gsub("%p", "%%%0") .. " +ok ", result.out)
    end
  end)

  it("warns of permissions that only domains and prices need", function()
    local folder <close> = helper.folder()
    local faults = json.array {}
    for i, operation in ipairs { "GetContainerServicePowers", "GetCertificates" } do
      faults[i] = { operation = operation, every = 1, error = { code = "AccessDeniedException", message = "no" } }
    end
    helper.write(folder .. "/faults.json", json.encode(faults))
    local emulator <close> = helper.emulator { "--faults", folder .. "/faults.json" }
    local result = emulator:run { "doctor" }
    assert.equal(0, result.status)
    assert.match("\nlightsail:GetCertificates +warn +", result.out)
    assert.match("\nlightsail:GetContainerServicePowers:\n[^\n]*needed only for domains and prices", result.out)
  end)

  it("reports what is wrong and what to do, and exits with 1", function()
    local emulator <close> = helper.emulator()
    local cases = {
      { { AWS_REGION = "" }, "region +FAIL", "%-%-region" },
      { { AWS_PROFILE = "nobody" }, "configuration +FAIL", "'nobody'" },
      { { AWS_ACCESS_KEY_ID = "" }, "credentials +FAIL", "AWS_ACCESS_KEY_ID" },
      { { AWS_SECRET_ACCESS_KEY = "wrong" }, "identity +FAIL", "clock is right, so the secret" },
      { { AWS_ENDPOINT_URL = "http://127.0.0.1:1" }, "reach ecr +FAIL", "no server accepts connections there" },
      { { AWS_ENDPOINT_URL_STS = "sts" }, "endpoint +FAIL +AWS_ENDPOINT_URL_STS is 'sts'", "reach sts +%- +not tried" },
      { { XDG_STATE_HOME = "/proc" }, "journal +FAIL", "/proc" },
      { { AWS_REGION = "" }, "credentials +ok .*reach ecr +ok .*clock +ok", "journal +ok .*permissions +%- +not checked" },
      { { AWS_REGION = "", AWS_ENDPOINT_URL = "" }, "endpoint +%- +not known without", "reach ecr +%- +not tried" },
      { { AWS_REGION = "", AWS_WEB_IDENTITY_TOKEN_FILE = "/x" }, "credentials +%- +not checked: ", "journal +ok" },
      { { AWS_PROFILE = "nobody" }, "configuration +FAIL", "journal +ok" },
    }
    for _, case in ipairs(cases) do
      local result = emulator:run({ "doctor" }, case[1])
      assert.equal(1, result.status)
      assert.match(case[2], result.out)
      assert.match(case[3], result.out)
    end
  end)

  it("checks whatever needs no Region if none is set, or an invalid one", function()
    local emulator <close> = helper.emulator()
    for _, region in ipairs { "", "us-east-1\n", " us-east-1" } do
      local result = emulator:run({ "doctor" }, { AWS_REGION = region })
      assert.equal("", result.err)
      assert.equal(1, result.status)
      for _, line in ipairs { "region +FAIL", "credentials +ok +AKIA", "reach sts +ok", "clock +ok", "journal +ok",
        "identity +ok +arn:aws:iam::111122223333:user/operator", "permissions +%- +not checked: the calls need a Region" } do
        assert.match("\n" .. line, result.out)
      end
    end
  end)

  it("says that the web identity of the environment comes before the keys of a profile", function()
    local emulator <close> = helper.emulator()
    helper.run { "mkdir", emulator.folder .. "/.aws" }
    helper.write(emulator.folder .. "/.aws/credentials", "[default]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = s\n")
    local result = emulator:run({ "doctor" }, { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "",
      AWS_WEB_IDENTITY_TOKEN_FILE = "/nonexistent", AWS_ROLE_ARN = "arn:aws:iam::111122223333:role/pod" })
    assert.match("\n%- profile +%- +not used: the web identity of the environment comes before the", result.out)
    assert.match("credentials +FAIL .*/nonexistent", result.out)
  end)

  it("does not apply FIPS to a configured endpoint", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run({ "doctor" }, { AWS_USE_FIPS_ENDPOINT = "true" })
    assert.equal(0, result.status)
    assert.match("endpoint +%- +AWS's for other services: fips %(AWS_USE_FIPS_ENDPOINT%)", result.out)
  end)

  it("prints each setting with its source, and why a provider has no credentials", function()
    local emulator <close> = helper.emulator()
    helper.run { "mkdir", emulator.folder .. "/.aws" }
    helper.write(emulator.folder .. "/.aws/config", "[default]\nmax_attempts = 4\n")
    local result = emulator:run({ "doctor" }, {
      AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_RETRY_MODE = "adaptive", AWS_ENDPOINT_URL = "",
      AWS_ENDPOINT_URL_ECR = emulator.url, AWS_USE_DUALSTACK_ENDPOINT = "",
      HTTPS_PROXY = "http://user:hidden@127.0.0.1:1", NO_PROXY = ".internal",
    })
    assert.equal("", result.err)
    assert.equal(1, result.status)
    local url = emulator.url:gsub("%p", "%%%0")
    for _, line in ipairs {
      "region +ok +us%-east%-1 %(AWS_REGION%)",
      "retries +ok +adaptive %(AWS_RETRY_MODE%); at most 4 attempts %(max_attempts of",
      "endpoint +%- +" .. url .. " %(AWS_ENDPOINT_URL_ECR%) for ecr",
      "proxy +%- +http://127%.0%.0%.1:1 %(HTTPS_PROXY%) for https, except for %.internal",
      "credentials +FAIL +no provider",
      "%- environment +%- +AWS_ACCESS_KEY_ID is not set",
      "reach ecr +ok +" .. url,
      "reach sts +FAIL +sts%.us%-east%-1%.amazonaws%.com: ",
    } do
      assert.match("\n" .. line, result.out)
    end
    assert.not_match("hidden", result.out)
    for line in result.out:gmatch "[^\n]+" do
      assert.is_true(#line <= 120, line)
    end
  end)

  it("warns of plain http to another host, and does not fail", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run({ "doctor" }, { AWS_ENDPOINT_URL_CLOUDTRAIL = "http://trail.example" })
    assert.equal(0, result.status)
    assert.match("\nplain http +warn +AWS_ENDPOINT_URL_CLOUDTRAIL sends .* over http to trail%.example *\n? +for cloudtrail",
      result.out)
    assert.match("use https", result.out)
    result = emulator:run({ "doctor", "--output", "json" }, { AWS_ENDPOINT_URL_CLOUDTRAIL = "http://trail.example" })
    assert.match('"warning": ?true', result.out)
    assert.not_match("plain http", emulator:run({ "doctor" }).out)
  end)

  it("reports a wrong clock", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.json", '[{"skew": 600}]')
    local emulator <close> = helper.emulator { "--faults", folder .. "/faults.json" }
    local result = emulator:run { "doctor" }
    assert.equal(1, result.status)
    assert.match("clock +FAIL +%d+ s behind AWS's", result.out)
  end)
end)

describe("lanyard policy", function()
  local POLICY = '{"Version":"2008-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"ecr:*"}]}'

  local function policy(words, input)
    return helper.run({ helper.lanyard, "policy", table.unpack(words) }, {}, input)
  end

  it("shows, formats and lints a file or stdin", function()
    local result = policy({ "show", "-" }, POLICY)
    assert.equal("", result.err)
    assert.match("stdin:1 +a +Allow +%* +ecr:%*", result.out)
    result = policy({ "fmt", "-" }, POLICY)
    assert.match('^{\n  "Version": "2008%-10%-17",\n', result.out)
    result = policy({ "lint", "-" }, POLICY)
    assert.equal(0, result.status)
    assert.match("^stdin:1:%d+: critical: ", result.out)
    assert.equal(3, policy({ "lint", "-", "--fail-on", "high" }, POLICY).status)
    assert.equal("public", json.decode(policy({ "lint", "--output", "json", "-" }, POLICY).out)[1].id)
  end)

  it("compares by meaning, and merges", function()
    local folder <close> = helper.folder()
    local a, b, c = folder .. "/a.json", folder .. "/b.json", folder .. "/c.json"
    helper.write(a, POLICY)
    helper.write(b, POLICY:gsub('"ecr:%*"', '[ "ECR:*" ]'))
    helper.write(c, POLICY:gsub('"a"', '"c"'):gsub("ecr:%*", "ecr:BatchGetImage"))
    assert.equal(0, policy({ "diff", a, b }).status)
    local result = policy { "diff", a, c }
    assert.equal(3, result.status)
    assert.match("\n%-[^\n]*ecr:%*", result.out)
    result = policy { "merge", a, c }
    assert.equal(0, result.status)
    assert.equal(2, #json.decode(result.out).Statement)
    assert.equal("lanyard: gives: nothing; takes: nothing\n", result.err)
    helper.write(a, POLICY:gsub('"%*"', '{"AWS":"111122223333"}'))
    helper.write(c, POLICY:gsub('"a"', '"c"'):gsub('"%*"', '{"AWS":"444455556666"}'))
    assert.equal("lanyard: gives: every action of ECR to account 444455556666; takes: nothing\n", policy({ "merge", a, c }).err)
    result = policy { "merge", a, c, "--dry-run" }
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("^%-%-%- [^\n]+\n%+%+%+ merged\n.*\ngives: every action of ECR to account 444455556666; takes: nothing\n$",
      result.out)
    local identity = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:%s","Resource":"*"}]}'
    helper.write(a, identity:format "Get*")
    helper.write(c, identity:format "PutImage")
    assert.matches("^lanyard: gives: [^\n]*ecr:PutImage[^\n]*; takes: nothing\n$", policy({ "merge", a, c }).err)
  end)

  it("reports whether a request is allowed, and why; 0 means yes", function()
    local function can(...)
      return policy({ "can", "-", "--action", "ecr:BatchGetImage", ... },
        '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*",'
        .. '"Condition":{"StringEquals":{"aws:PrincipalTag/team":"web"}}}]}')
    end
    local user = "arn:aws:iam::111122223333:user/kim"
    local result = can("--principal", user)
    assert.equal(3, result.status)
    assert.match("^depends: statement 1 %(a%) allows it .* under a condition on aws:PrincipalTag/team\nallowed if: [^\n]+\n$",
      result.out)
    result = can("--principal", user, "--context", "aws:PrincipalTag/team=web", "--output", "json")
    assert.equal(0, result.status)
    assert.equal("allow", json.decode(result.out).decision)
    assert.match("^implicit%-deny: ", can("--principal", "444455556666").out)
    assert.equal(2, can().status)
    assert.equal(2, can("--principal", user, "--context", "x").status)
    assert.equal(2, can("--principal", user, "--account", "x").status)
    assert.equal(2, can("--principal", user, "--sid", "x").status)
    for _, words in ipairs { { "aws:username=ann" }, { "aws:PrincipalTag/team=a", "aws:principaltag/team=b" } } do
      result = can("--principal", user, "--context", words[1], "--context", words[2] or "aws:x=1")
      assert.equal(2, result.status)
      assert.match("^lanyard: such a request cannot exist: aws:[^\n]*: expected [^\n]*, found [^\n]*\n$", result.err)
    end
  end)

  it("sorts and folds, and reports how many statements were joined", function()
    local text = [[{"Statement":[
      {"Sid":"b","Effect":"Allow","Principal":{"AWS":"222233334444"},"Action":"ecr:BatchGetImage"},
      {"Sid":"a","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:BatchGetImage"}]}]]
    local result = policy({ "sort", "-" }, text)
    assert.equal("a", json.decode(result.out).Statement[1].Sid)
    result = policy({ "fold", "-", "--sid", "all" }, text)
    assert.match("1 statement joined", result.err)
    assert.same({ "222233334444", "111122223333" }, json.decode(result.out).Statement[1].Principal.AWS)
    assert.equal("all", json.decode(result.out).Statement[1].Sid)
  end)

  it("prints a difference in meaning as a table or as JSON", function()
    local folder <close> = helper.folder()
    local a, b = folder .. "/a.json", folder .. "/b.json"
    helper.write(a, POLICY)
    helper.write(b, POLICY:gsub("ecr:%*", "ecr:BatchGetImage"))
    local result = policy { "diff", a, b, "--output", "table" }
    assert.equal(3, result.status)
    assert.match("a +changed +Action +%- ecr:%*\na +changed +Action +%+ ecr:BatchGetImage\n", result.out)
    assert.equal("Action", json.decode(policy({ "diff", a, b, "--output", "json" }).out)[1].elements[1].element)
    assert.equal(2, policy({ "diff", a, b, "--output", "sarif" }).status)
  end)

  it("lints as SARIF that code scanning reads", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/a b.json", POLICY)
    local result = policy { "lint", folder .. "/a b.json", "--output", "sarif" }
    assert.equal("", result.err)
    helper.write(folder .. "/log.sarif", result.out)
    local checked = helper.run { "/usr/bin/python3", "tests/cli/check_sarif.py", folder .. "/log.sarif" }
    assert.equal("", checked.err)
    assert.match("^1 run, 2 result: public at [^\n]+/a%%20b%.json:1:78%-1:81, broad", checked.out)
  end)

  it("names file, line and column of text that is not a policy", function()
    local folder <close> = helper.folder()
    for text, place in pairs { ["no"] = "1:1", ['{\n"Statement":[],\n"Statement":[]}'] = "3:1", ["{}"] = "1:1" } do
      helper.write(folder .. "/bad.json", text)
      for _, action in ipairs { "show", "fmt", "lint" } do
        local result = policy { action, folder .. "/bad.json" }
        assert.equal(1, result.status)
        assert.match("^lanyard: [^\n]+bad%.json:" .. place .. ": [^\n]+\n$", result.err)
      end
    end
    local result = policy { "fmt", folder .. "/none.json" }
    assert.equal(1, result.status)
    assert.match("none%.json", result.err)
    assert.equal(2, policy({ "diff", "-", "-" }).status)
    assert.equal(2, policy({ "frobnicate", "-" }).status)
    result = policy { "show", "/dev/zero" }
    assert.equal(1, result.status)
    assert.match("^lanyard: cannot read /dev/zero: it has more than 1048576 bytes\n$", result.err)
  end)

  it("keeps a byte order mark and CRLF when it formats", function()
    assert.equal('\xEF\xBB\xBF{\r\n  "Statement": []\r\n}\n', policy({ "fmt", "-" }, '\xEF\xBB\xBF{\r\n"Statement":[]}').out)
  end)

  it("rejects a question that has no answer", function()
    for _, words in ipairs {
      { "--principal", "x", "--action", "ecr:BatchGetImage" }, { "--principal", "", "--action", "ecr:BatchGetImage" },
      { "--principal", "*", "--action", "BatchGetImage" }, { "--principal", "*", "--action", "ecr:*" },
    } do
      local result = policy({ "can", "-", table.unpack(words) }, POLICY)
      assert.equal(2, result.status)
      assert.match("^lanyard: [^\n]+\n$", result.err)
    end
  end)

  it("prints no control character of a Sid", function()
    local text = '{"Statement":[{"Sid":"a\\u001b[31m\\nforged: allow","Effect":"%s","Principal":"*","Action":"ecr:*"}]}'
    local result = policy({ "can", "-", "--principal", "*", "--action", "ecr:PutImage" }, text:format "Allow")
    assert.match("^allow: statement 1 %(a\\x1b%[31m\\x0aforged: allow%)[^\n]*\n$", result.out)
    local folder <close> = helper.folder()
    helper.write(folder .. "/a", text:format "Allow")
    helper.write(folder .. "/b", text:format "Deny")
    assert.match("^lanyard: [^\n\x1b]+\n$", policy({ "merge", folder .. "/a", folder .. "/b" }).err)
  end)
end)
