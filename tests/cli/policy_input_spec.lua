-- What the commands about every request say about files and options that they cannot use.

local helper = require "helper"
local json = require "lanyard.json"

local POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*"}]}'
local IDENTITY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*","Resource":"*"}]}'

-- Files by name, with what is wrong with them.
local FILES = {
  { "effect.json", (POLICY:gsub("Allow", "allow")), ":1:48: statement 1: 'allow' is not an Effect; AWS refuses the policy: "
    .. 'write "Allow" or "Deny", which are case-sensitive' },
  { "action.json", (POLICY:gsub('"ecr:%*"', "[]")), "Action is an empty list; AWS refuses the policy: " },
  { "service.json", (POLICY:gsub('"AWS":"111122223333"', '"Service":"*"')), "'*' contains a wildcard" },
  { "root.json", (POLICY:gsub("111122223333", "arn:aws:iam::*:root")), "'arn:aws:iam::*:root' contains a wildcard" },
  { "version.json", (POLICY:gsub("2012", "2020")), ":1:12: Version '2020-10-17' does not exist; AWS refuses the policy: " },
  { "none.json", '{"Version":"2012-10-17","Statement":[]}', "the policy has no statement; AWS refuses the policy: " },
  { "empty.json", "", ":1:1: expected a policy, and the file is empty" },
  { "blank.json", " \n", ": expected a policy, and the file is empty" },
  { "text.json", "hello\n", ":1:1: expected a value, found 'h'" },
  { "utf16.json", "\xff\xfe{\0}\0", ": the file is UTF-16: save it as UTF-8" },
  { "two.json", POLICY .. POLICY, "a second document follows: write each to a file of its own" },
  { "big.json", '{"Statement":[' .. (" "):rep(2 << 20) .. "]}", "it has more than 1048576 bytes" },
  { "absent.json", nil, "cannot read absent.json: No such file or directory" },
  { "folder", false, "cannot read folder: it is a folder; name the files in it, as in folder/*.json" },
  { "fifo", false, "cannot read fifo: it is neither a file nor a folder; to read from a pipe, pass - for stdin" },
  { "", nil, "the name of a file is empty" },
}

-- Calls test(run) in a folder with the files. run(words): `lanyard policy` there
local function in_folder(test)
  return function()
    local folder <close> = helper.folder()
    local lanyard = helper.run({ "realpath", helper.lanyard }).out:gsub("\n", "")
    for _, file in ipairs(FILES) do
      if file[2] then
        helper.write(folder .. "/" .. file[1], file[2])
      end
    end
    helper.write(folder .. "/policy.json", POLICY)
    helper.write(folder .. "/identity.json", IDENTITY)
    assert(os.execute(("cd '%s' && mkdir folder old new && mkfifo fifo && cp policy.json old && cp policy.json new"):format(folder)))
    test(function(...)
      return helper.run { "sh", "-c", 'cd "$1" && shift && exec timeout 20 "$@"', "sh", folder.path, lanyard, "policy", ... }
    end)
  end
end

-- Every command is run with these files, and with the others the first one.
local THOROUGH = { ["effect.json"] = true, ["absent.json"] = true, fifo = true, ["two.json"] = true }

-- Command lines with the place of the file.
local COMMANDS = {
  { "check", "--no-new-access", "policy.json", "FILE" }, { "check", "--no-new-access", "FILE", "policy.json" },
  { "reach", "FILE" }, { "minimize", "FILE" },
  { "diff", "--effect", "FILE", "policy.json" }, { "diff", "--effect", "policy.json", "FILE" },
}

describe("policy check, reach, minimize and diff --effect", function()
  for _, file in ipairs(FILES) do
    it("say in one line what is wrong with '" .. file[1] .. "'", in_folder(function(run)
      -- A folder beside BEFORE is compared with a folder.
      local commands = THOROUGH[file[1]] and COMMANDS or { COMMANDS[file[1] == "folder" and 3 or 1] }
      for _, command in ipairs(commands) do
        local words = {}
        for i, word in ipairs(command) do
          words[i] = word == "FILE" and file[1] or word
        end
        local result = run(table.unpack(words))
        assert.same({ 1, "" }, { result.status, result.out }, table.concat(words, " "))
        assert.matches("^lanyard: [^\n]+\n$", result.err)
        assert.truthy(result.err:find(file[3], 1, true), result.err)
      end
    end))
  end

  it("pass over what AWS accepts", in_folder(function(run)
    for i = 1, #COMMANDS do
      local words = {}
      for j, word in ipairs(COMMANDS[i]) do
        words[j] = word == "FILE" and "policy.json" or word
      end
      assert.equal(0, run(table.unpack(words)).status, table.concat(words, " "))
    end
    local result = run("check", "--not-granted", "s3:*", "--type", "identity", "identity.json")
    assert.same({ 0, "every check passes\n" }, { result.status, result.out })
  end))
end)

describe("policy check", function()
  it("says in JSON and SARIF what AWS refuses", in_folder(function(run)
    local results = json.decode(run("check", "--no-public", "--output", "json", "effect.json", "policy.json").out)
    assert.same({ "error", "pass" }, { results[1].result, results[2].result })
    assert.matches("effect%.json:1:48: statement 1: 'allow' is not an Effect", results[1].reason)
    local sarif = run("check", "--no-public", "--output", "sarif", "effect.json")
    local invocation = json.decode(sarif.out).runs[1].invocations[1]
    assert.same({ 1, false }, { sarif.status, invocation.executionSuccessful })
    assert.truthy(sarif.out:find("'allow' is not an Effect", 1, true))
  end))

  it("passes no policy with an unknown operator", in_folder(function(run)
    local result = helper.run({ helper.lanyard, "policy", "check", "--no-public", "-" }, nil,
      (POLICY:gsub('"ecr:%*"', '"ecr:*","Condition":{"stringequals":{"aws:x":"1"}}')))
    assert.same({ 1, "" }, { result.status, result.out })
    assert.matches("^lanyard: stdin: public%-access: cannot be excluded: statement 1: 'stringequals' is not a condition "
      .. "operator; AWS refuses the policy: write StringEquals\n$", result.err)
    assert.equal(0, run("check", "--no-public", "policy.json").status)
  end))

  it("names BEFORE if it does not exist", in_folder(function(run)
    for _, files in ipairs { { "new" }, { "policy.json", "new/policy.json" } } do
      local result = run("check", "--no-new-access", "nope", table.unpack(files))
      assert.same({ 1, "" }, { result.status, result.out })
      assert.matches("^lanyard: %-%-no%-new%-access: cannot [^\n]*nope[^\n]*No such file or directory\n$", result.err)
    end
    local result = run("check", "--no-new-access", "old", "nope.json")
    assert.same({ 1, "lanyard: cannot read nope.json: No such file or directory\n" }, { result.status, result.err })
  end))
end)

describe("options that cannot be used together", function()
  it("are an error of one line", in_folder(function(run)
    for expected, words in pairs {
      ["BEFORE is a file"] = { "check", "--no-new-access", "policy.json", "new" },
      ["name one file"] = { "check", "--no-new-access", "policy.json", "policy.json", "identity.json" },
      ["an identity policy is never public"] = { "check", "--no-public", "--type", "identity", "identity.json" },
      ["stdin %(%-%) can be read only once"] = { "check", "--no-new-access", "-", "-" },
      ["did you mean '%-%-no%-public'"] = { "check", "--nopublic", "policy.json" },
      ["must be one of 'repository'"] = { "check", "--no-public", "--type", "identiy", "policy.json" },
      ["'11112222333' is not an account id: write 12 digits"] = { "check", "--only-accounts", "11112222333", "policy.json" },
      ["'O%-A1B2C3D4E5' is not the id"] = { "check", "--only-organizations", "O-A1B2C3D4E5", "policy.json" },
      ["' ecr:Get%*' is not an action"] = { "check", "--not-granted", "ecr:Put*, ecr:Get*", "policy.json" },
      ["%-%-dry%-run and %-%-output need"] = { "minimize", "policy.json", "--dry-run" },
      ["%-%-rules needs %-%-repository"] = { "minimize", "policy.json", "--rules", "none" },
      ["name a file, or pass"] = { "minimize", "policy.json", "--repository", "web" },
      ["%-%-type needs a file"] = { "minimize", "--repository", "web", "--type", "identity" },
      ["%-%-type needs %-%-effect"] = { "diff", "policy.json", "policy.json", "--type", "identity" },
      ["unknown option '%-%-type'"] = { "reach", "policy.json", "--type", "identity" },
      ["merge needs at least two files"] = { "merge", "policy.json" },
    } do
      local result = run(table.unpack(words))
      assert.same({ 2, "" }, { result.status, result.out }, expected)
      assert.matches("^lanyard: [^\n]*" .. expected .. "[^\n]*\n$", result.err)
    end
  end))
end)

describe("policy merge", function()
  it("says what AWS refuses instead of an effect", in_folder(function(run)
    local result = run("merge", "policy.json", "effect.json")
    assert.equal(0, result.status)
    assert.truthy(json.decode(result.out).Statement[2])
    assert.matches("^lanyard: what the merge gives and takes is unknown: effect%.json:1:48: statement 1: 'allow' is not "
      .. "an Effect; [^\n]+\n$", result.err)
    assert.matches("policies are of different types\n$", run("merge", "policy.json", "identity.json").err)
    for _, file in ipairs { "absent.json", "fifo", "empty.json", "big.json" } do
      result = run("merge", "policy.json", file)
      assert.same({ 1, "" }, { result.status, result.out }, file)
      assert.matches("^lanyard: [^\n]+\n$", result.err)
    end
  end))
end)
