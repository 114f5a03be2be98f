local helper = require "helper"
local json = require "lanyard.json"

local ACCOUNT = [[{"Version":"2012-10-17","Statement":[
  {"Sid":"web","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["ecr:BatchGetImage","ecr:PutImage"]}]}]]
local ORGANIZATION = [[{"Version":"2012-10-17","Statement":[
  {"Sid":"web","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["ecr:BatchGetImage","ecr:PutImage"]},
  {"Sid":"org","Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage",
   "Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}]}]]
local FLAWED = [[{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*"},
  {"Effect":"Deny","Principal":"*","Action":"ecr:*","Condition":{"StringLooks":{"aws:x":"1"}}}]}]]
local DENIED = [[{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*"},
  {"Effect":"Deny","Principal":"*","Action":"ecr:*"}]}]]

-- Runs `lanyard policy` in a folder that has the files.
local function in_folder(test)
  return function()
    local folder <close> = helper.folder()
    for name, text in pairs { account = ACCOUNT, organization = ORGANIZATION, flawed = FLAWED, denied = DENIED } do
      helper.write(("%s/%s.json"):format(folder, name), text)
    end
    test(function(...)
      local words = { helper.lanyard, "policy", ... }
      for i, word in ipairs(words) do
        words[i] = i > 2 and word:find "%.json$" and ("%s/%s"):format(folder, word) or word
      end
      return helper.run(words)
    end)
  end
end

describe("lanyard policy check", function()
  it("passes if no request violates a check", in_folder(function(run)
    for _, words in ipairs {
      { "--no-new-access", "organization.json", "account.json" },
      { "--no-new-access", "account.json", "account.json" },
      { "--no-public", "account.json", "organization.json" },
      { "--only-accounts", "111122223333,444455556666", "account.json" },
      { "--only-accounts", "111122223333", "--only-organizations", "o-a1b2c3d4e5", "organization.json" },
      { "--not-granted", "ecr:Delete*,s3:*", "account.json", "organization.json" },
    } do
      local result = run("check", table.unpack(words))
      assert.same({ 0, "every check passes\n", "" }, { result.status, result.out, result.err })
    end
  end))

  it("prints a request that violates a check, where the statement is", in_folder(function(run)
    local result = run("check", "--no-new-access", "account.json", "organization.json")
    assert.equal(3, result.status)
    assert.matches("organization%.json:3:3: high: arn:aws:iam::%d+:role/%S+ may use ecr:BatchGetImage with "
      .. "aws:PrincipalOrgID = o%-a1b2c3d4e5: statement 2 %(org%) allows it to anyone", result.out)
    result = run("check", "--only-accounts", "111122223333", "--not-granted", "ecr:Put*", "organization.json")
    assert.equal(3, result.status)
    assert.matches(":2:3: high: [^\n]+ may use ecr:PutImage: statement 1 %(web%)[^\n]+%[access%-granted%]", result.out)
    assert.matches(":3:3: high: [^\n]+%[outside%-access%]", result.out)
  end))

  it("reports a file that is not a policy in JSON and SARIF", in_folder(function(run)
    local as_json = run("check", "--no-public", "--output", "json", "account.json", "none.json")
    local results = json.decode(as_json.out)
    assert.same({ 1, "pass", "error" }, { as_json.status, results[1].result, results[2].result })
    assert.matches("none%.json", results[2].reason)
    local as_sarif = run("check", "--no-public", "--output", "sarif", "none.json")
    assert.same({ 1, false }, { as_sarif.status, json.decode(as_sarif.out).runs[1].invocations[1].executionSuccessful })
  end))

  it("prints JSON and SARIF", in_folder(function(run)
    local items = json.decode(run("check", "--no-public", "--not-granted", "ecr:Put*", "account.json", "--output", "json").out)
    assert.same({ "access-granted", "public-access" }, { items[1].check, items[2].check })
    assert.same({ "fail", "pass" }, { items[1].result, items[2].result })
    assert.equal("ecr:PutImage", items[1].witness.request.action)
    local result = run("check", "--not-granted", "ecr:Put*", "account.json", "--output", "sarif")
    assert.equal(3, result.status)
    local log = json.decode(result.out).runs[1]
    assert.equal("access-granted", log.results[1].ruleId)
    assert.equal(2, log.results[1].locations[1].physicalLocation.region.startLine)
  end))

  it("is undecided where AWS leaves it open", in_folder(function(run)
    local result = run("check", "--no-new-access", "denied.json", "flawed.json")
    assert.equal(1, result.status)
    assert.matches("^lanyard: [^\n]*flawed%.json: new%-access: cannot be excluded: [^\n]+\n$", result.err)
    assert.equal("", result.out)
  end))

  it("compares two folders by relative paths, and names new and deleted files", function()
    local folder <close> = helper.folder()
    local function run(...)
      return helper.run { "sh", "-c", 'cd "$1"; shift; exec "$@"', "sh", folder.path,
        (helper.run({ "realpath", helper.lanyard }).out:gsub("\n", "")), "policy", "check", "--no-new-access", ... }
    end
    os.execute(("cd %s && mkdir -p old/team/x old/.git new/team/x new/.git none"):format(folder))
    for name, text in pairs {
      ["old/web.json"] = ACCOUNT, ["new/web.json"] = ACCOUNT, ["old/team/x/a.json"] = ACCOUNT,
      ["new/team/x/a.json"] = ORGANIZATION, ["old/gone.json"] = ACCOUNT, ["new/.git/b.json"] = "no policy",
      ["new/README.md"] = "no policy", ["new/.hidden.JSON"] = DENIED,
    } do
      helper.write(folder .. "/" .. name, text)
    end
    local result = run("old", "new/")
    assert.equal(3, result.status)
    assert.matches("^new/team/x/a%.json:3:3: high: [^\n]+ statement 2 %(org%)[^\n]+ %[new%-access%]\n    fix: [^\n]+\n$", result.out)
    assert.equal("lanyard: new/.hidden.JSON: a new file, compared with a policy that allows nothing\n"
      .. "lanyard: new/gone.json: deleted\n", result.err)
    local items = {}
    for i, item in ipairs(json.decode(run("old", "new", "--output", "json").out)) do
      items[i] = { item.file, item.result, item.change }
    end
    assert.same({ { "new/.hidden.JSON", "pass", "added" }, { "new/team/x/a.json", "fail" }, { "new/web.json", "pass" },
      { "new/gone.json", "pass", "deleted" } }, items)
    local sarif = json.decode(run("old", "new", "--output", "sarif").out).runs[1].results
    assert.equal(1, #sarif)
    assert.equal("new/team/x/a.json", sarif[1].locations[1].physicalLocation.artifactLocation.uri)
    helper.write(folder .. "/web.json", ORGANIZATION) -- files are paired by their paths
    result = run("old", "./web.json", "new/web.json")
    assert.equal(3, result.status)
    assert.equal("lanyard: new/web.json: a new file, compared with a policy that allows nothing\n", result.err)
    assert.matches("^%./web%.json:3:3: high: ", result.out)
    assert.matches("\nnew/web%.json:2:3: high: ", result.out)
    for expected, words in pairs {
      ["has no counterpart in old"] = { "old", "../web.json" }, ["'%-' is not a path"] = { "old", "-" },
      ["BEFORE is a file"] = { "web.json", "new" },
    } do
      result = run(table.unpack(words))
      assert.equal(2, result.status, expected)
      assert.matches("^lanyard: [^\n]*" .. expected .. "[^\n]*\n$", result.err)
    end
    result = run("none", "none/")
    assert.same({ 1, "lanyard: none and none have no file whose name ends in .json\n" }, { result.status, result.err })
    helper.write(folder .. "/new/broken.json", "{")
    assert.equal(3, run("old", "new").status)
    helper.write(folder .. "/new/team/x/a.json", ACCOUNT)
    result = run("old", "new")
    assert.same({ 1, "" }, { result.status, result.out })
    assert.matches("\nlanyard: new/broken%.json:1:%d+: [^\n]+\n", "\n" .. result.err)
  end)

  it("reports each file of a folder that cannot be checked, and checks the rest", function()
    local folder <close> = helper.folder()
    local function sh(command) assert(os.execute("cd " .. folder .. " && " .. command)) end
    local function run(...)
      return helper.run { helper.lanyard, "policy", "check", "--no-new-access", folder .. "/old", folder .. "/new", ... }
    end
    sh "mkdir old new"
    helper.write(folder .. "/old/a.json", ACCOUNT)
    helper.write(folder .. "/new/a.json", ORGANIZATION)
    helper.write(folder .. "/new/identity.json", '{"Statement":[{"Effect":"Allow","Action":"ecr:*","Resource":"*"}]}')
    helper.write(folder .. "/new/\27[31m\255.json", DENIED)
    sh "ln -s a.json new/link.json; ln -s absent new/dangling.txt"
    local result = run("--output", "json")
    assert.equal(3, result.status)
    assert.matches("identity%.json: statement 1 has no Principal", result.err)
    assert.not_matches("\27", result.err .. result.out)
    local results = {}
    for i, item in ipairs(json.decode(result.out)) do
      results[i] = item.file:match "[^/]+$" .. " " .. item.result
    end
    assert.same({ "\\x1b[31m\\xff.json pass", "a.json fail", "identity.json error", "link.json fail" }, results)
    sh "ln -s . new/loop"
    result = run()
    assert.same({ 1, "" }, { result.status, result.out })
    assert.matches("^lanyard: [^\n]*/new/loop is a link to a folder\n[^\n]+\n$", result.err)
    sh "rm new/loop; mkfifo new/fifo.json"
    result = run()
    assert.same({ 1, "" }, { result.status, result.out })
    assert.matches("^lanyard: [^\n]*/new/fifo%.json is neither a file nor a folder\n[^\n]+\n$", result.err)
    sh "rm new/fifo.json; ln -s absent new/dangling.json"
    result = run()
    assert.equal(3, result.status)
    assert.matches("lanyard: [^\n]*dangling%.json[^\n]*\n", result.err)
  end)

  it("rejects wrong arguments with one line", in_folder(function(run)
    for expected, words in pairs {
      ["name a check"] = { "account.json" },
      ["not an account id"] = { "--only-accounts", "1111", "account.json" },
      ["not the id of an organization"] = { "--only-organizations", "a1b2", "account.json" },
      ["not an action"] = { "--not-granted", "PutImage", "account.json" },
      ["a list is required"] = { "--only-accounts", ",", "account.json" },
      ["name one file"] = { "--no-new-access", "account.json", "account.json", "organization.json" },
    } do
      local result = run("check", table.unpack(words))
      assert.equal(2, result.status, expected)
      assert.matches("^lanyard: [^\n]*" .. expected .. "[^\n]*\n$", result.err)
    end
    local result = run("check", "--no-public", "absent.json")
    assert.equal(1, result.status)
    assert.matches("^lanyard: cannot read [^\n]+\n$", result.err)
  end))
end)

describe("lanyard policy diff --effect", function()
  it("prints what a change gives and takes", in_folder(function(run)
    local result = run("diff", "--effect", "account.json", "organization.json")
    assert.equal(3, result.status)
    assert.matches("^gives: ecr:BatchGetImage to organization o%-a1b2c3d4e5\n    example: [^\n]+\ntakes: nothing\n$", result.out)
    result = run("diff", "--effect", "organization.json", "account.json")
    assert.matches("^gives: nothing\ntakes: ecr:BatchGetImage from organization o%-a1b2c3d4e5\n    example: [^\n]+\n$", result.out)
    result = run("diff", "--effect", "denied.json", "flawed.json")
    assert.equal(3, result.status)
    assert.matches("^gives: cannot be excluded: every action of ECR to account 111122223333\n", result.out)
    result = run("diff", "--effect", "account.json", "account.json", "--output", "json")
    assert.same({ 0, { gives = { gains = {} }, takes = { gains = {} } } }, { result.status, json.decode(result.out) })
  end))
end)

describe("an identity policy", function()
  it("is asked about only as such", function()
    local folder <close> = helper.folder()
    local file = folder .. "/identity.json"
    helper.write(file, '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*","Resource":"*"}]}')
    for _, words in ipairs { { "check", "--no-public" }, { "minimize" }, { "reach" }, { "diff", "--effect", file } } do
      local result = helper.run { helper.lanyard, "policy", words[1], file, table.unpack(words, 2) }
      assert.same({ 1, "" }, { result.status, result.out })
      assert.matches("^lanyard: [^\n]+: statement 1 has no Principal: [^\n]+\n$", result.err)
    end
    local result = helper.run { helper.lanyard, "policy", "check", file, "--not-granted", "ecr:Put*", "--type", "identity" }
    assert.equal(3, result.status)
    result = helper.run { helper.lanyard, "policy", "check", file, "--only-accounts", "111122223333", "--type", "identity" }
    assert.equal(3, result.status)
    assert.matches("\n    fix: attach the policy to principals of the accounts only, and add a condition on "
      .. "aws:PrincipalAccount or aws:PrincipalOrgID\n$", result.out)
    helper.write(folder .. "/less.json",
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:Batch*","Resource":"*"}]}')
    result = helper.run { helper.lanyard, "policy", "diff", "--effect", file, folder .. "/less.json", "--type", "identity" }
    assert.equal(3, result.status)
    assert.matches("^gives: nothing\ntakes: [^\n]+ may use ecr:PutImage on %S+ %(statement 1 allows it%)\n$", result.out)
  end)
end)

describe("lanyard policy reach and minimize", function()
  it("list who is allowed, and remove what is redundant", in_folder(function(run)
    assert.matches("^organization o%-a1b2c3d4e5\n    example: [^\n]+\naccount 111122223333\n    example: [^\n]+\n$",
      run("reach", "organization.json").out)
    assert.equal("nobody\n", run("reach", "denied.json").out)
    assert.equal("account 111122223333", json.decode(run("reach", "organization.json", "--action", "ecr:PutImage",
      "--output", "json").out)[1].text)
    assert.equal(2, run("reach", "account.json", "--action", "PutImage").status)
    local result = run("minimize", "account.json")
    assert.same({ 0, ACCOUNT .. "\n", "" }, { result.status, result.out, result.err })
    result = run("minimize", "denied.json")
    assert.equal("lanyard: removed statement #1\n", result.err)
  end))
end)
