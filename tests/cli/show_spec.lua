-- lanyard show: the policies of repositories as they are stored, and whom their statements admit.

local helper = require "helper"
local json = require "lanyard.json"

-- Not laid out as anybody writes JSON, with an escape and a character that terminals do not show.
local TEXT = '{"Version":"2012-10-17" ,\n\t"Statement":[ {"Sid":"pull","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root",\n'
  .. '"arn:aws:iam::111122223333:user/operat\\u006fr"]},"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]},\n'
  .. '{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},'
  .. '"StringLike":{"aws:PrincipalTag/t":"\u{200b}"}}},'
  .. '{"Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"ecr:*"}]}'

-- Stores the policy of a repository, or of the registry where the name is empty.
local function set(emulator, name, text)
  local result = emulator:run({ "-e", [[
    local name, text = ...
    local ecr = require("lanyard.aws").client "ecr"
    local reply, err
    if name == "" then
      reply, err = ecr:PutRegistryPolicy { policyText = text }
    else
      reply, err = ecr:SetRepositoryPolicy { repositoryName = name, policyText = text }
    end
    assert(reply, tostring(err))]], name, text })
  assert.equal(0, result.status, result.err)
end

describe("lanyard show", function()
  local emulator

  setup(function()
    emulator = helper.emulator()
    set(emulator, "my-private-repo", TEXT)
    emulator:run { "-e", [[require("lanyard.aws").client("ecr"):DeleteRepositoryPolicy { repositoryName = "shared-repo" }]] }
  end)
  teardown(function() getmetatable(emulator).__close(emulator) end)

  local function show(...)
    return emulator:run { "show", ... }
  end

  -- What ECR returns: the emulator lays a policy out as ECR does.
  local function stored(name)
    return emulator:run({ "-e", [[io.write(require("lanyard.aws").client("ecr"):GetRepositoryPolicy { repositoryName = ... }.policyText)]],
      name }).out
  end

  it("prints the bytes that ECR returns, and a line end", function()
    local result = show "my-private-repo"
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.equal(stored "my-private-repo" .. "\n", result.out)
    assert.truthy(result.out:find("\u{200b}", 1, true))
    assert.equal(result.out, show("my-private-repo", "--format", "raw").out)
    assert.equal(result.out, show("my-private-repo", "--output", "policy").out)
    assert.equal(stored "my-private-repo", json.decode(show("my-private-repo", "--query", "[0].text").out))
  end)

  it("escapes what is not printable on a terminal", function()
    if not helper.exists "/usr/bin/script" then pending "script of bsdutils is not installed" end
    local result = emulator:run({ "-e", [[os.execute(("script -qec '%s show my-private-repo' /dev/null"):format(...))]], helper.lanyard })
    assert.truthy(result.out:find("\\u200b", 1, true), result.out)
    assert.is_nil(result.out:find("\u{200b}", 1, true))
  end)

  it("lays the text out with --format pretty", function()
    local result = show("my-private-repo", "--format", "pretty")
    assert.equal(0, result.status)
    assert.match('^{\n  "Version": "2012%-10%-17",\n  "Statement": %[\n    {\n      "Sid": "pull",\n', result.out)
    assert.match('"aws:PrincipalTag/t": "\\u200b"', result.out)
    assert.equal(emulator:run({ "policy", "fmt", "-" }, {}, stored "my-private-repo").out, result.out)
  end)

  it("shows each statement with its audience, without whom a Deny excludes altogether", function()
    local result = show("my-private-repo", "--format", "statements")
    assert.equal("", result.err)
    assert.equal([[
my-private-repo
  Allow  statement 1 (pull)
    audience    arn:aws:iam::111122223333:user/operator
    principals  arn:aws:iam::444455556666:root, arn:aws:iam::111122223333:user/operator
    actions     ecr:BatchGetImage, ecr:GetDownloadUrlForLayer
  Allow  statement 2
    audience    organization o-a1b2c3d4e5 if aws:PrincipalTag/t StringLike \u{200b}
    principals  *
    actions     ecr:BatchGetImage
    conditions  StringEquals aws:PrincipalOrgID o-a1b2c3d4e5
                StringLike aws:PrincipalTag/t \u{200b}
  Deny  statement 3
    principals  444455556666
    actions     ecr:*
]], result.out)
    assert.equal(0, result.status)
  end)

  it("prints a list of policies as JSON, with null for a repository without one", function()
    local result = show("*", "--output", "json")
    local items = json.decode(result.out)
    assert.equal(2, #items)
    assert.equal("my-private-repo", items[1].repository)
    assert.equal("111122223333", items[1].account)
    assert.equal("us-east-1", items[1].region)
    assert.is_false(items[1].registry)
    assert.equal(stored "my-private-repo", items[1].text)
    assert.equal(3, #items[1].statements)
    assert.equal("pull", items[1].statements[1].sid)
    assert.equal("arn:aws:iam::111122223333:user/operator", items[1].statements[1].audience.text)
    assert.equal("principal", items[1].statements[1].audience.classes[1].kind)
    assert.equal("own", items[1].statements[1].audience.classes[1].relation)
    assert.equal("unknown", items[1].statements[2].audience.classes[1].relation)
    assert.same({ "o-a1b2c3d4e5" }, items[1].statements[2].conditions[1].values)
    assert.is_nil(items[1].statements[3].audience)
    assert.equal(json.null, items[2].text)
    assert.equal("lanyard: repository 'shared-repo' has no policy\n", result.err)
    assert.equal(1, result.status)
  end)

  it("reports a repository without a policy, and one that does not exist, and shows the others", function()
    for _, format in ipairs { "raw", "pretty", "statements" } do
      local result = show("shared-repo", "--format", format)
      assert.equal("", result.out)
      assert.equal("lanyard: repository 'shared-repo' has no policy [NoPolicy]\n", result.coded)
      assert.equal(1, result.status)
    end
    local result = show("nope", "my-private-repo")
    assert.match("^lanyard: repository 'nope' does not exist in us%-east%-1 of account 111122223333\n", result.err)
    assert.equal(stored "my-private-repo" .. "\n", result.out)
    assert.equal(1, result.status)
    result = show "nope"
    assert.match("^lanyard: repository 'nope' does not exist[^\n]*\n  [^\n]*\n$", result.err)
    assert.equal(1, result.status)
    assert.match("no repository in us%-east%-1 matches 'x%*'", show("x*").err)
  end)

  it("names each policy where there are several", function()
    local result = show("my-private-repo", "shared-repo")
    assert.equal("==> my-private-repo <==\n" .. stored "my-private-repo" .. "\n", result.out)
    assert.equal(1, result.status)
  end)

  it("shows the policy of the registry", function()
    local other <close> = helper.emulator()
    local result = other:run { "show", "--registry" }
    assert.equal("lanyard: the registry has no policy\n", result.err)
    assert.equal(1, result.status)
    set(other, "", '{"Version":"2012-10-17","Statement":[{"Sid":"r","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},'
      .. '"Action":"ecr:ReplicateImage","Resource":"arn:aws:ecr:us-east-1:111122223333:repository/*"}]}')
    result = other:run { "show", "--registry", "--format", "statements" }
    assert.equal([[
the registry
  Allow  statement 1 (r)
    audience    account 444455556666 (another account)
    principals  arn:aws:iam::444455556666:root
    actions     ecr:ReplicateImage
    resources   arn:aws:ecr:us-east-1:111122223333:repository/*
]], result.out)
    assert.equal(0, result.status)
    local items = json.decode(other:run({ "show", "--registry", "my-private-repo", "--output", "json" }).out)
    assert.is_false(items[1].registry)
    assert.is_true(items[2].registry)
    assert.is_nil(items[2].repository)
    assert.equal("111122223333", items[2].account)
    assert.equal("r", items[2].statements[1].sid)
  end)

  it("needs a repository, and takes --format only for text", function()
    for _, row in ipairs {
      { "name a repository, or pass --registry (lanyard help show)" },
      { "--format does not apply to --output json, text or yaml (lanyard help show)", "web", "--format", "raw", "--output", "json" },
      { "--format does not apply to --output json, text or yaml (lanyard help show)", "web", "--format", "raw", "--query", "a" },
      { "--query does not apply to --output policy: use json, text or yaml (lanyard help show)", "web", "--output", "policy",
        "--query", "a" },
    } do
      local result = show(table.unpack(row, 2))
      assert.equal("lanyard: " .. row[1] .. "\n", result.err)
      assert.equal(2, result.status)
    end
    assert.match("'Web!' is not a repository name", show("Web!").err)
    assert.equal(2, show("Web!").status)
  end)

  describe("for texts that AWS would not store", function()
    local folder, pipe, pid, environment = helper.folder(), nil, nil, nil

    setup(function()
      helper.write(folder .. "/double.lua", [==[
        local httpd, json, task = require "lanyard.httpd", require "lanyard.json", require "lanyard.task"
        local TEXTS = {
          broken = '{"Statement": [\27[2J',
          effect = '{"Version":"2012-10-17","Statement":[{"Effect":"allow","Principal":"*","Action":"ecr:*"}]}',
          identity = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:*"}}',
        }
        local ACCOUNT = "111122223333"
        local function answer(operation, input)
          if operation == "DescribeRepositories" then
            local list = json.array {}
            for i, name in ipairs(input.repositoryNames) do
              list[i] = { repositoryName = name, registryId = ACCOUNT, repositoryArn = "arn:aws:ecr:us-east-1:" .. ACCOUNT .. ":repository/"
                .. name, repositoryUri = ACCOUNT .. ".dkr.ecr.us-east-1.amazonaws.com/" .. name }
            end
            return 200, { repositories = list }
          elseif operation == "GetRepositoryPolicy" then
            return 200, { registryId = ACCOUNT, repositoryName = input.repositoryName, policyText = TEXTS[input.repositoryName] }
          end
          return 400, { __type = "AccessDeniedException", message = "no" }
        end
        local server = assert(httpd.serve { handler = function(request)
          local status, reply = answer(request.headers["x-amz-target"]:match "[^.]+$", json.decode(request.body))
          return { status = status, headers = { ["Content-Type"] = "application/x-amz-json-1.1" }, body = json.encode(reply) }
        end })
        print(server.url)
        io.stdout:flush()
        task.sleep(600)]==])
      pipe = assert(io.popen(("echo $$; exec %s %s/double.lua 2>&1"):format(helper.lanyard, folder.path)))
      pid = pipe:read "l"
      environment = { AWS_ACCESS_KEY_ID = helper.ACCESS_KEY, AWS_SECRET_ACCESS_KEY = helper.SECRET_KEY, AWS_REGION = "us-east-1",
        AWS_ENDPOINT_URL = pipe:read "l", HOME = folder.path, XDG_STATE_HOME = folder .. "/state" }
    end)
    teardown(function()
      os.execute("kill " .. pid)
      pipe:close()
      getmetatable(folder).__close(folder)
    end)

    local function show_text(...)
      return helper.run({ helper.lanyard, "show", ... }, environment)
    end

    it("prints what cannot be parsed as it is, with an error", function()
      local message = "lanyard: cannot parse the policy of repository 'broken': line 1, column 16: expected a value, found byte 0x1b\n"
      local result = show_text "broken"
      assert.same({ 1, '{"Statement": [\27[2J\n', message }, { result.status, result.out, result.err })
      assert.match("%[InvalidPolicy%]", result.coded)
      for _, format in ipairs { "pretty", "statements" } do
        result = show_text("broken", "--format", format)
        assert.same({ 1, "", message }, { result.status, result.out, result.err })
      end
      result = show_text("broken", "--output", "yaml")
      assert.match('text: "{\\"Statement\\": %[\\u001b%[2J"\n', result.out)
    end)

    it("has no audience of a policy that AWS refuses", function()
      assert.equal(0, show_text("effect").status)
      local result = show_text("effect", "--format", "statements")
      assert.equal("effect\n  no valid Effect  statement 1\n    principals  *\n    actions     ecr:*\n", result.out)
      assert.match("^lanyard: the audience is unknown: repository 'effect':1:48: statement 1: 'allow' is not an Effect", result.err)
      assert.equal(1, result.status)
      result = show_text("identity", "--format", "statements")
      assert.equal("lanyard: the audience is unknown: repository 'identity': statement 1 has no Principal; AWS refuses such a policy\n",
        result.err)
      result = show_text("effect", "--registry", "--output", "json")
      local items = json.decode(result.out)
      assert.equal("InvalidPolicy", items[1].error.code)
      assert.is_nil(items[1].statements[1].audience)
      assert.same({ "AccessDeniedException", "no", json.null }, { items[2].error.code, items[2].error.message, items[2].text })
      assert.equal(1, result.status)
    end)
  end)
end)
