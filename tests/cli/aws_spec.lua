-- lanyard aws: the operations of AWS's models on the command line, against the emulator.

local helper = require "helper"
local json = require "lanyard.json"
local timestamp = require "lanyard.text.timestamp"

local POLICY = '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow",'
  .. '"Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"ecr:BatchGetImage"}]}'

describe("lanyard aws", function()
  local emulator, folder

  setup(function()
    emulator, folder = helper.emulator(), helper.folder()
    helper.write(folder .. "/policy.json", POLICY)
    emulator.environment.TZ = "UTC"
  end)
  teardown(function()
    getmetatable(emulator).__close(emulator)
    getmetatable(folder).__close(folder)
  end)

  local function aws(...)
    return emulator:run { "aws", ... }
  end

  local function succeeds(...)
    local result = aws(...)
    assert.equal("", result.err)
    assert.equal(0, result.status)
    return result.out
  end

  local function fails(status, ...)
    local result = aws(...)
    assert.equal(status, result.status, result.out .. result.err)
    assert.equal("", result.out)
    return result.err
  end

  it("prints JSON as the AWS CLI does", function()
    local out = succeeds("ecr", "describe-repositories", "--repository-names", "my-private-repo")
    local created = out:match '"createdAt": "(%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d[%d.]*%+00:00)"'
    assert.is_string(created, out)
    assert.equal(([[{
    "repositories": [
        {
            "repositoryArn": "arn:aws:ecr:us-east-1:111122223333:repository/my-private-repo",
            "registryId": "111122223333",
            "repositoryName": "my-private-repo",
            "repositoryUri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/my-private-repo",
            "createdAt": "%s",]]):format(created), out:sub(1, #out:match "^.-createdAt[^\n]*"))
  end)

  it("prints times as the AWS CLI does: as local times, or as they were sent", function()
    local words = { "aws", "ecr", "describe-repositories", "--output", "text", "--query", "repositories[0].createdAt" }
    local utc = emulator:run(words).out
    local there = emulator:run(words, { TZ = "XST-5:45" }).out
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d[%d.]*%+05:45\n$", there)
    assert.equal(assert(timestamp.parse(utc:sub(1, -2))), assert(timestamp.parse(there:sub(1, -2))))
    local config = folder .. "/config"
    for _, format in ipairs { "wire", "none" } do
      helper.write(config, "[default]\ncli_timestamp_format = " .. format .. "\n")
      local sent = emulator:run(words, { AWS_CONFIG_FILE = config }).out
      assert.equal(timestamp.parse(utc:sub(1, -2)), math.floor(assert(tonumber(sent))))
    end
    helper.write(config, "[default]\ncli_timestamp_format = iso\n")
    local result = emulator:run(words, { AWS_CONFIG_FILE = config })
    assert.equal(1, result.status)
    assert.matches("cli_timestamp_format of profile 'default' is 'iso': iso8601 or wire is expected", result.err)
  end)

  it("prints text, tables, YAML, lines, and what a query selects", function()
    local names = "repositories[].repositoryName"
    assert.equal('[\n    "my-private-repo",\n    "shared-repo"\n]\n', succeeds("ecr", "describe-repositories", "--query", names))
    assert.equal("my-private-repo\tshared-repo\n", succeeds("ecr", "describe-repositories", "--query", names, "--output", "text"))
    assert.equal('"my-private-repo"\n"shared-repo"\n', succeeds("ecr", "describe-repositories", "--query", names, "--output", "jsonl"))
    assert.equal("- my-private-repo\n- shared-repo\n", succeeds("ecr", "describe-repositories", "--query", names, "--output", "yaml"))
    assert.equal([[
----------------------
|DescribeRepositories|
+--------------------+
|  my-private-repo   |
|  shared-repo       |
+--------------------+
]], succeeds("ecr", "describe-repositories", "--query", names, "--output", "table"))
    assert.equal("None\n", succeeds("ecr", "describe-repositories", "--query", "nothing", "--output", "text"))
    assert.equal("null\n", succeeds("ecr", "describe-repositories", "--query", "nothing"))
    assert.matches('^{"repositories":%[{', succeeds("ecr", "describe-repositories", "--output", "jsonl"))
  end)

  it("takes options before the command and the format of the environment", function()
    assert.equal("[]\n", emulator:run({ "--query", "[]", "aws", "ecr", "describe-repositories", "--query", "repositories[9:]" }).out)
    assert.equal("111122223333\n", emulator:run({ "aws", "sts", "get-caller-identity", "--query", "Account" },
      { AWS_DEFAULT_OUTPUT = "text" }).out)
    assert.equal('"111122223333"\n', emulator:run({ "aws", "sts", "get-caller-identity", "--query", "Account", "--output", "json" },
      { AWS_DEFAULT_OUTPUT = "text" }).out)
  end)

  it("joins pages up to a number of items, and continues after them", function()
    local first = assert(json.decode(succeeds("ecr", "describe-repositories", "--max-items", "1")))
    assert.equal("my-private-repo", first.repositories[1].repositoryName)
    assert.equal(1, #first.repositories)
    local second = assert(json.decode(succeeds("ecr", "describe-repositories", "--starting-token", first.NextToken)))
    assert.equal("shared-repo", second.repositories[1].repositoryName)
    assert.is_nil(second.NextToken)
    local both = assert(json.decode(succeeds("ecr", "describe-repositories", "--page-size", "1")))
    assert.equal(2, #both.repositories)
    assert.is_nil(both.nextToken)
    local page = assert(json.decode(succeeds("ecr", "describe-repositories", "--no-paginate", "--max-results", "1")))
    assert.equal(1, #page.repositories)
    assert.is_string(page.nextToken)
    assert.equal("my-private-repo\nNEXTTOKEN\t" .. first.NextToken .. "\n", (succeeds("ecr", "describe-repositories", "--max-items", "1",
      "--output", "text", "--query", "[repositories[].repositoryName, NextToken]"):gsub("None\n", "")
      :gsub("\n.-(eyJ[%w=]+)[^\n]*\n$", "\nNEXTTOKEN\t%1\n")))
  end)

  it("calls services of other protocols", function()
    assert.equal('"my-container-service"\n', succeeds("lightsail", "get-container-services", "--query",
      "containerServices[0].containerServiceName"))
    assert.equal('"operator"\n', succeeds("iam", "get-user", "--query", "User.UserName"))
  end)

  it("reports AWS's errors in one line, with exit status 1", function()
    local message = fails(1, "ecr", "get-repository-policy", "--repository-name", "shared-repo-2")
    assert.matches("^lanyard: ecr:GetRepositoryPolicy: RepositoryNotFoundException: [^\n]*\n$", message)
  end)

  it("reports mistakes in one line, with the nearest name and exit status 2", function()
    for _, case in ipairs {
      { { "ecrr", "describe-images" }, "there is no service 'ecrr'; did you mean 'ecr'? (lanyard help aws)" },
      { { "ecr", "describe-image" }, "ecr has no operation 'describe-image'; did you mean 'describe-images'? (lanyard help aws ecr)" },
      { { "ecr", "describe-images", "--repositry-name", "x" },
        "unknown option '--repositry-name'; did you mean '--repository-name'? (lanyard help aws ecr describe-images)" },
      { { "ecr", "describe-images" }, "--repository-name is required (lanyard help aws ecr describe-images)" },
      { { "ecr", "wait", "image-scan" }, "ecr has no waiter 'image-scan'; did you mean 'image-scan-complete'? (lanyard help aws ecr wait)" },
      { { "ecr", "list-images", "--repository-name", "xy", "--filter", "tagStatu=TAGGED" },
        "--filter: filter.tagStatu: an unknown member (did you mean tagStatus?) (lanyard help aws ecr list-images)" },
      { { "s3", "ls" }, "lanyard has the operations of S3 as 's3api', and no 's3' commands such as cp and sync; "
        .. "s3api get-object and put-object copy one file (lanyard help aws)" },
      { {}, "the name of a service is missing (lanyard help aws)" },
      { { "ecr", "describe-repositories", "--starting-token", "a___b___c" },
        "--starting-token: the starting token is not the NextToken of an earlier output (lanyard help aws ecr describe-repositories)" },
      { { "ecr", "describe-repositories", "--query", "a b" }, "--query: column 3: " },
    } do
      local message = fails(2, table.unpack(case[1]))
      assert.equal("lanyard: " .. case[2], message:sub(1, #case[2] + 9))
    end
  end)

  it("prints samples without a call", function()
    local result = helper.run { helper.lanyard, "aws", "ecr", "describe-images", "--generate-cli-skeleton" }
    assert.equal("", result.err)
    local sample = assert(json.decode(result.out))
    assert.equal('[{"imageDigest":"","imageTag":""}]', json.encode(sample.imageIds))
    sample = assert(json.decode(helper.run({ helper.lanyard, "aws", "ecr", "describe-images", "--repository-name", "xy",
      "--generate-cli-skeleton", "output" }).out))
    assert.equal("repositoryName", sample.imageDetails[1].repositoryName)
    assert.equal(2, helper.run({ helper.lanyard, "aws", "ecr", "describe-images", "--generate-cli-skeleton", "output" }).status)
  end)

  it("takes its input from JSON", function()
    helper.write(folder .. "/input.json", '{"repositoryNames":["shared-repo"]}')
    assert.equal('"shared-repo"\n', succeeds("ecr", "describe-repositories", "--query", "repositories[0].repositoryName",
      "--cli-input-json", "file://" .. folder .. "/input.json"))
  end)

  it("takes its input from a FIFO with a writer, and ends at a signal while it waits", function()
    local words = { "ecr", "describe-repositories", "--query", "repositories[0].repositoryName", "--cli-input-json" }
    local script = [[printf '{"repositoryNames":["shared-repo"]}' | "$0" aws "$@" file:///dev/fd/0]]
    local result = helper.run({ "sh", "-c", script, helper.lanyard, table.unpack(words) }, emulator.environment)
    assert.same({ 0, '"shared-repo"\n', "" }, { result.status, result.out, result.err })
    for _, signal in ipairs { "INT", "TERM" } do
      result = helper.run({ "sh", "-c", [[
        lanyard=$0 fifo=$1 signal=$2
        shift 2
        mkfifo "$fifo"
        "$lanyard" aws "$@" "file://$fifo" &
        exec 9>"$fifo" # continues when the command has opened it
        until grep -q "^State:.S" /proc/$!/status; do sleep 0.02; done # it waits for the text
        kill -"$signal" $!
        wait $!
      ]], helper.lanyard, folder .. "/" .. signal, signal, table.unpack(words) }, emulator.environment)
      assert.same({ 130, "", "lanyard: interrupted\n" }, { result.status, result.out, result.err })
    end
  end)

  it("does not wait for the writer of a FIFO as the body of a request", function()
    assert.is_true(os.execute(("mkfifo '%s/body'"):format(folder)))
    assert.equal(("lanyard: --body: cannot send %s/body: it is not a regular file (lanyard help aws s3api put-object)\n")
      :format(folder), fails(1, "s3api", "put-object", "--bucket", "bucket", "--key", "k", "--body", folder .. "/body"))
    assert.equal(("lanyard: --body: %s/none: No such file or directory: the value is the name of a file"
      .. " (lanyard help aws s3api put-object)\n"):format(folder),
      fails(2, "s3api", "put-object", "--bucket", "bucket", "--key", "k", "--body", folder .. "/none"))
  end)

  it("ends at a signal while it waits for the reader of a FIFO", function()
    local result = helper.run({ "sh", "-c", [[
      mkfifo "$1"
      timeout --preserve-status --signal INT 0.5 "$0" aws s3api get-object --bucket bucket --key k "$1"
    ]], helper.lanyard, folder .. "/sink" }, emulator.environment)
    assert.same({ 130, "", "lanyard: interrupted\n" }, { result.status, result.out, result.err })
  end)

  it("writes and deletes repository policies safely, so that undo takes them back", function()
    local function policy()
      local result = aws("ecr", "get-repository-policy", "--repository-name", "my-private-repo", "--query", "policyText", "--output", "text")
      return result.status == 0 and result.out or nil
    end
    local before = policy()
    local words = { "ecr", "set-repository-policy", "--repository-name", "my-private-repo", "--policy-text", "file://" .. folder .. "/policy.json" }
    local rehearsed = aws("--dry-run", table.unpack(words))
    assert.matches("\n%+ +\"Sid\": \"a\",\n", rehearsed.out)
    assert.matches("\ngives: ecr:BatchGetImage to account 444455556666; takes: [^\n]*\n$", rehearsed.out)
    assert.equal(before, policy())
    local result = aws(table.unpack(words))
    assert.equal(0, result.status, result.err)
    assert.matches("^gives: ecr:BatchGetImage to account 444455556666; takes: ", result.err)
    local reply = assert(json.decode(result.out))
    assert.equal("111122223333 my-private-repo", reply.registryId .. " " .. reply.repositoryName)
    assert.truthy(policy():find("444455556666", 1, true))
    local repeated = aws(table.unpack(words)) -- its text differs from the one that ECR stores
    assert.equal(0, repeated.status, repeated.err)
    assert.equal(result.out, repeated.out)
    assert.equal("", repeated.err)
    assert.equal(0, emulator:run({ "undo", "my-private-repo" }).status)
    assert.equal(before, policy())
    assert.equal(0, aws(table.unpack(words)).status)
    assert.equal(0, aws("ecr", "delete-repository-policy", "--repository-name", "my-private-repo").status)
    assert.is_nil(policy())
    assert.matches("RepositoryPolicyNotFoundException", fails(1, "ecr", "delete-repository-policy", "--repository-name", "my-private-repo"))
    assert.equal(0, emulator:run({ "undo", "my-private-repo" }).status)
    assert.truthy(policy():find("444455556666", 1, true))
    assert.equal(0, emulator:run({ "undo", "my-private-repo" }).status)
    assert.equal(before, policy())
  end)

  it("refuses an invalid policy, and one for another registry", function()
    assert.matches("^lanyard: %-%-policy%-text: line 1, column 1: ", fails(1, "ecr", "set-repository-policy", "--repository-name",
      "shared-repo", "--policy-text", "x"))
    assert.matches("^lanyard: %-%-registry%-id: the registry of these credentials is 111122223333", fails(2, "ecr", "delete-repository-policy",
      "--repository-name", "shared-repo", "--registry-id", "999988887777"))
  end)

  it("asks the rules before each call", function()
    helper.write(folder .. "/rules.lua", [[
      rule "calls" { on = "call", check = function(change)
        local call = change.call
        if call.operation == "DeleteRepository" and not call.reads then
          return deny("keep " .. call.parameters.repositoryName .. " of " .. call.service .. " in " .. call.region)
        elseif call.reads and call.operation == "ListImages" then
          return warn "listing"
        end
      end }
      rule "grants" { on = "grant", check = function() return deny "no grants" end }]])
    local rules = { "--rules", folder .. "/rules.lua" }
    local message = fails(4, "ecr", "delete-repository", "--repository-name", "shared-repo", table.unpack(rules))
    assert.matches('rule "calls" denies calling ecr:DeleteRepository: keep shared%-repo of ecr in us%-east%-1\n  the call was not made\n$', message)
    local listed = aws("ecr", "list-images", "--repository-name", "shared-repo", table.unpack(rules))
    assert.equal(0, listed.status)
    assert.matches('warning: [^\n]*: rule "calls" warns about calling ecr:ListImages: listing\n$', listed.err)
    assert.matches('denies grant', fails(4, "ecr", "set-repository-policy", "--repository-name", "shared-repo", "--policy-text",
      POLICY, table.unpack(rules)))
  end)

  it("lets a script ask the same rules", function()
    helper.write(folder .. "/call_rules.lua", [[rule "no lists" { on = "call", check = function(change)
      if change.call.operation == "ListImages" then
        return deny(change.call.service .. " " .. tostring(change.call.reads) .. " " .. change.call.parameters.repositoryName)
      end
    end }]])
    local result = emulator:run { "-e", [[
      local ecr = require("lanyard.cli").client({ rules = ... }, "ecr")
      print(#ecr:DescribeRepositories().repositories)
      local reply, err = ecr:ListImages { repositoryName = "shared-repo" }
      print(reply, err.code, err.message:match "[^:]+$")]], folder .. "/call_rules.lua" }
    assert.equal("", result.err)
    assert.equal("2\nnil\tRefusedByRule\t ecr true shared-repo\n", result.out)
  end)

  it("checks a call without making it with --dry-run", function()
    assert.equal('would call ecr:DeleteRepository in us-east-1: {"force":true,"repositoryName":"shared-repo"}\n',
      succeeds("ecr", "delete-repository", "--repository-name", "shared-repo", "--force", "--dry-run"))
    assert.equal("2\n", succeeds("ecr", "describe-repositories", "--query", "length(repositories)"))
  end)

  it("ends quietly where the reader of a stream has closed it", function()
    local result = helper.run({ helper.lanyard, "-e", [[
      local server = assert(require("lanyard.httpd").serve { handler = function()
        return { status = 200, body = ("x"):rep(3000000) }
      end })
      require("lanyard.process").run { words = { "sh", "-c", [=[
        { "$0" aws s3api get-object --no-sign-request --region us-east-1 --endpoint-url "$1" --bucket bucket --key k -
          echo $? >&2; } 2>"$2" | head -c 3]=], arg[1], server.url, arg[2] }, output = io.write }
    ]], helper.lanyard, folder .. "/status" })
    assert.equal("0\n", helper.read(folder .. "/status"))
    assert.equal("", result.err)
    assert.equal("xxx", result.out)
  end)

  it("prints the password of a registry", function()
    assert.matches("^[%w+/=_-]+\n$", succeeds("ecr", "get-login-password"))
  end)

  it("has help of services, operations and waiters", function()
    for words, pattern in pairs {
      ["help aws"] = "\nServices\n  %l.-%f[%w]ecr,.-%f[%w]s3api,", ["help aws ecr"] = "\n  describe%-images +%-%-repository%-name\n",
      ["help aws ecr describe-images"] = "^Usage: lanyard aws ecr describe%-images %-%-repository%-name TEXT",
      ["aws ecr help"] = "\nWaiters: lanyard aws ecr wait WAITER", ["aws ecr describe-images --help"] = "\nErrors\n",
      ["aws ecr wait image-scan-complete help"] = "Calls describe%-image%-scan%-findings every 5 s, at most 60 times",
      ["aws --help"] = "^Call any operation of an AWS service",
    } do
      local result = helper.run(helper.lanyard .. " " .. words)
      assert.equal("", result.err)
      assert.matches(pattern, result.out)
      for line in result.out:gmatch "[^\n]+" do
        assert.is_true(#line <= 80, line)
      end
    end
    assert.equal(2, helper.run(helper.lanyard .. " help aws ecr nothing").status)
  end)

  it("is completed without a call", function()
    local function complete(...)
      return helper.run({ helper.lanyard, "__complete", "fish", ... }).out
    end
    assert.matches("\necr\t\n", complete("aws", "ec"))
    assert.matches("\ndescribe%-images\t\n", complete("aws", "ecr", "desc"))
    assert.matches("\n%-%-repository%-name\trequired\n", complete("aws", "ecr", "describe-images", "--rep"))
    assert.matches("\nimage%-scan%-complete\t\n", complete("aws", "ecr", "wait", ""))
    assert.matches("\nMUTABLE\t\n", complete("aws", "ecr", "put-image-tag-mutability", "--image-tag-mutability", ""))
    assert.matches("\ndescribe%-images\t\n", complete("help", "aws", "ecr", "desc"))
  end)
end)
