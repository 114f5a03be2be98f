-- --output and --query of every command that has --output: one value, written in all formats.

local deployable = require "deployable"
local helper = require "helper"
local json = require "lanyard.json"
local tabbed = require "lanyard.text.tabbed"
local yaml = require "lanyard.text.yaml"

local POLICY = [[{"Version": "2012-10-17", "Statement": [{"Sid": "pull", "Effect": "Allow",
  "Principal": {"AWS": "arn:aws:iam::111122223333:role/ci"}, "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}]}]]
local IDENTITY = [[{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"},
  {"Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": "*"}]}]]
local ROLE = { "--principal", "arn:aws:iam::111122223333:role/ci", "--action", "ecr:BatchGetImage" }

-- A command line for each command with --output that changes nothing, and prints a value. Files are in %s.
local LINES = {
  apply = "apply %s/grants.json --dry-run", plan = "plan %s/grants.json", import = "import",
  audit = "audit", aws = "aws ecr describe-repositories --repository-names web",
  ["audit merge"] = "audit merge %s/audit.json", blame = "blame web", graph = "graph", history = "history %s/history.db --runs",
  deploy = "deploy web app=web:1.1 --dry-run", deployments = "deployments web", rollback = "rollback web 1 --dry-run",
  disable = "disable web --dry-run", enable = "enable fresh --dry-run",
  grant = "grant web jobs --dry-run", revoke = "revoke web jobs --dry-run", undo = "undo --list", status = "status",
  ["service create"] = "service create new --power nano --scale 2 --dry-run", ["service update"] = "service update web --scale 3 --dry-run",
  ["service delete"] = "service delete web --dry-run", ["service list"] = "service list", ["service powers"] = "service powers",
  images = "images web", ["images prune"] = "images prune web --keep 1 --dry-run", logs = "logs web", metrics = "metrics web", scripts = "scripts",
  show = "show web jobs", uri = "uri web:1.0",
  wait = "wait service web", test = "test %s/own_spec.lua", doctor = "doctor", trust = "trust --list",
  ["policy can"] = "policy can %s/policy.json " .. table.concat(ROLE, " "),
  ["policy check"] = "policy check --no-public --not-granted ecr:Batch* %s/policy.json",
  ["policy decide"] = "policy decide --identity %s/identity.json --resource " .. "arn:aws:ecr:us-east-1:111122223333:repository/web "
    .. table.concat(ROLE, " "),
  ["policy diff"] = "policy diff %s/policy.json %s/other.json", ["policy lint"] = "policy lint %s/other.json",
  ["policy minimize"] = "policy minimize --repository web --dry-run", ["policy reach"] = "policy reach %s/policy.json",
  ["policy show"] = "policy show %s/policy.json",
  ["rules show"] = "rules show scripts/examples/rules/change_window.lua", ["rules test"] = "rules test scripts/examples/rules/change_window.lua",
}

-- Commands that write as the AWS CLI does: in the order of the model, and --query with tables. Their specs compare them.
local AS_AWS_CLI = { aws = true }

-- Formats that are not written from the value.
local OTHER = { "table", "csv", "sarif", "unified", "junit", "markdown", "prometheus", "html", "svg", "dot", "mermaid", "lua", "tap" }

-- The options --output and --query of a command, as help and completion read them; nil where it has no --output.
local function options_of(name)
  local commands = require "lanyard.cli.options"
  local found = {}
  local declared = assert(require("lanyard.cli.declaration").read(helper.read(("scripts/%s.lua"):format(name:gsub(" ", "/"))), name,
    function(text) return assert(load("return " .. text))() end))
  for _, option in ipairs(declared.options or {}) do
    for _, one in ipairs(type(option) == "table" and { option } or commands[option]) do
      found[one[1]] = one
    end
  end
  return found["--output"], found["--query"]
end

local function names_with_output()
  local result = helper.run { helper.lanyard, "-e", [[for name in pairs(require("lanyard.cli.commands").index()) do print(name) end]] }
  local names = {}
  for name in result.out:gmatch "[^\n]+" do
    names[#names + 1] = options_of(name) and name or nil
  end
  table.sort(names)
  return names
end

-- Times, durations and the clock that `doctor` compares differ between runs.
local function masked(text)
  return (text:gsub("%d[%d.]*e?%-?%d*", "0"):gsub("0 s [%a ]+ AWS's", "agrees with AWS's"))
end

describe("every command with --output", function()
  local names, folder, emulator, own = names_with_output(), helper.folder(), nil, {}
  for _, name in ipairs(names) do own[#own + 1] = not AS_AWS_CLI[name] and name or nil end

  setup(function()
    helper.write(folder .. "/seed.json", json.encode(deployable.SEED))
    emulator = helper.emulator { "--seed", folder .. "/seed.json" }
    helper.write(folder .. "/policy.json", POLICY)
    helper.write(folder .. "/other.json", (POLICY:gsub("role/ci", "role/other"):gsub('"Sid": "pull"', '"Sid": "pull it"')))
    helper.write(folder .. "/identity.json", IDENTITY)
    helper.write(folder .. "/own_spec.lua", 'it("passes", function() end) it("fails", function() assert.equal(1, 2) end)\n')
    helper.write(folder .. "/grants.json", '{"grants": [{"service": "web", "repositories": ["jobs"]}]}')
    emulator:run { "grant", "web", "jobs" }
    emulator:run { "revoke", "web", "jobs" }
    emulator:run { "audit", "--history", folder .. "/history.db", "--output", "json", "--output-file", folder .. "/audit.json" }
  end)
  teardown(function()
    getmetatable(emulator).__close(emulator)
    getmetatable(folder).__close(folder)
  end)

  local function run(name, ...)
    local words = {}
    for word in LINES[name]:gsub("%%s", folder.path):gmatch "%S+" do
      words[#words + 1] = word
    end
    return emulator:run(table.move({ ... }, 1, select("#", ...), #words + 1, words))
  end

  it("has a command line in this test", function()
    assert.is_true(#names >= 28)
    for _, name in ipairs(names) do
      assert.is_string(LINES[name], name .. " has --output, and no line in LINES")
    end
  end)

  it("has the formats of values, and --query", function()
    for _, name in ipairs(names) do
      local output, query = options_of(name)
      local choices = table.concat(output.choices, " ")
      assert.match("json", choices, name)
      assert.match("text", choices, name)
      assert.match("yaml$", choices, name)
      assert.equal("query", query and query.type, name)
      local parent, sub = name:match "^(%S+) ?(%S*)$"
      local help = helper.run({ helper.lanyard, "help", parent, sub ~= "" and sub or nil }).out
      assert.match("\n  %-%-query EXPRESSION +Print what this JMESPath", help, name)
    end
  end)

  it("writes the value of --output json in each format, with the same exit status", function()
    for i, name in ipairs(own) do
      local whole = run(name, "--output", "json")
      local value, err = json.decode(whole.out)
      assert.is_nil(err, name .. ": " .. whole.out .. whole.err)
      for _, row in ipairs(helper.combined(i, {
        { json.encode(value, { pretty = true }) .. "\n", "--query", "@" },
        { yaml.encode(value), "--output", "yaml" },
        { tabbed.encode(json.array { "a", value }), "--query", "['a', @]", "--output", "text" },
        { "", "--query", "`[]`", "--output", "text" },
      })) do
        local result = run(name, table.unpack(row, 2))
        assert.equal(masked(row[1]), masked(result.out), ("%s %s: %s"):format(name, table.concat(row, " ", 2), result.err))
        assert.equal(whole.status, result.status, name .. ": " .. whole.err .. result.err)
      end
    end
  end)

  it("reports a mistake in a query before it does anything", function()
    for _, name in ipairs(names) do
      local result = run(name, "--query", "a[?b==]", "--endpoint-url", "http://127.0.0.1:9", "--debug")
      if result.err:find "unknown option '%-%-endpoint%-url'" then
        result = run(name, "--query", "a[?b==]", "--debug")
      end
      assert.equal("", result.out)
      assert.equal(("lanyard: --query: column 7: unexpected ']' (lanyard help %s)\n  a[?b==]\n        ^\n"):format(name), result.err)
      assert.match("%[InvalidQuery%]\n", result.coded)
      assert.equal(2, result.status)
    end
  end)

  it("has no query for a format that is not written from the value", function()
    for i, name in ipairs(own) do
      local choices, formats = " " .. table.concat(options_of(name).choices, " ") .. " ", {}
      for _, format in ipairs(OTHER) do
        formats[#formats + 1] = choices:find(" " .. format .. " ", 1, true) and format or nil
      end
      for _, format in ipairs(helper.combined(i, formats)) do
        local result = run(name, "--output", format, "--query", "@")
        assert.match("^lanyard: %-%-query does not apply to %-%-output " .. format .. ": use json, ", result.err)
        assert.equal(2, result.status)
      end
    end
  end)
end)

describe("lanyard --query", function()
  it("applies to each line of JSON Lines, and leaves out null", function()
    local emulated <close> = helper.emulator()
    local set = emulated:run { "-e", [[for _, name in ipairs { "shared-repo", "my-private-repo" } do
      assert(require("lanyard.aws").client("ecr"):SetRepositoryPolicy { repositoryName = name, policyText =
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["ecr:BatchGetImage","ecr:PutImage"]}]}' })
      end]] }
    assert.equal(0, set.status, set.err)
    local whole = emulated:run { "audit", "--output", "jsonl" }
    local ids = {}
    for line in whole.out:gmatch "[^\n]+" do
      ids[#ids + 1] = json.encode(json.decode(line).id)
    end
    assert.is_true(#ids > 1)
    assert.equal(table.concat(ids, "\n") .. "\n", emulated:run({ "audit", "--output", "jsonl", "--query", "id" }).out)
    local one = emulated:run { "audit", "--output", "jsonl", "--query", "[@][?repository=='shared-repo'] | [0].repository" }
    assert.equal('"shared-repo"\n', one.out)

    local folder <close> = helper.folder()
    for words, expected in pairs {
      ["--output jsonl --query id"] = table.concat(ids, "\n") .. "\n",
      ["--query findings[].id"] = json.encode(json.decode(("[%s]"):format(table.concat(ids, ","))), { pretty = true }) .. "\n",
      ["--query findings[].id --output text"] = table.concat(ids, "\t"):gsub('"', "") .. "\n",
      ["--query findings[0].id --output yaml"] = ids[1]:gsub('"', "") .. "\n",
    } do
      local result = emulated:run(("audit --output-file %s/new/report %s"):format(folder.path, words))
      assert.equal("", result.out)
      assert.equal(expected, helper.read(folder .. "/new/report"))
    end
  end)

  it("reports a type that is wrong in the value, after the command", function()
    local emulated <close> = helper.emulator()
    local result = emulated:run { "grant", "my-container-service", "shared-repo", "--enable", "--query", "[0].repository.x | abs(@)" }
    assert.equal("", result.out)
    assert.equal("lanyard: --query: column 24: abs() takes a number here, not null; the command is done, and its result cannot be "
      .. "printed\n  [0].repository.x | abs(@)\n" .. (" "):rep(25) .. "^\n", result.err)
    assert.equal(2, result.status)
    assert.equal("unchanged\n", emulated:run({ "grant", "my-container-service", "shared-repo", "--query", "[0].result", "--output",
      "text" }).out)
  end)

  it("can be before the command, and is not repeated", function()
    local emulated <close> = helper.emulator()
    assert.equal("my-container-service\n", emulated:run({ "--query", "[].service", "--output", "text", "status" }).out)
    assert.match("%-%-query is given twice", emulated:run({ "status", "--query", "a", "--query", "b" }).err)
    assert.match("unknown option '%-%-query'", emulated:run({ "policy", "fmt", "--query", "a", "-" }).err)
  end)

  it("shows the place of a mistake in a long expression, and in one with wide and hostile characters", function()
    local result = helper.run { helper.lanyard, "status", "--query", ("a || "):rep(1000) .. "(" .. (" && b"):rep(1000) }
    local message, shown, caret = result.err:match "^([^\n]*)\n  ([^\n]*)\n  ( *%^)\n$"
    assert.match("column 5003: unexpected '&&'", message)
    assert.equal("&&", shown:sub(#caret, #caret + 1))
    assert.is_true(#shown < 130)
    result = helper.run { helper.lanyard, "status", "--query", "'한글\27[2J\n' b" }
    assert.equal("lanyard: --query: column 11: unexpected 'b' (lanyard help status)\n  '한글\\x1b[2J\\x0a' b\n"
      .. (" "):rep(2 + 1 + 4 + 4 + 3 + 4 + 2) .. "^\n", result.err)
    result = helper.run { helper.lanyard, "status", "--query", "" }
    assert.match("^lanyard: %-%-query: column 1: the expression is empty", result.err)
  end)

  it("works in a command of the user, declared or built by calls, that prints JSON with lanyard.cli", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/declared.lua", [[
      local cli = require "lanyard.cli"
      local command = cli.command { summary = "List.", category = "audit", options = { { "--output", choices = { "table", "json" } } },
        exit = { { 0, "done" } }, examples = { { "lanyard list" } } }
      local options = command:parse(...)
      print(options.output)
      cli.json(require("lanyard.json").encode { a = { b = 1 } })]])
    helper.write(folder .. "/built.lua", [[
      -- List.
      local cli = require "lanyard.cli"
      local options = cli.command(...):with_output { "table", "json" }:parse()
      print(options.output)
      require("lanyard.cli.print").json { a = { b = 1 } }]])
    helper.write(folder .. "/own.lua", [[
      -- List.
      local cli = require "lanyard.cli"
      local command = cli.command(...):with_output { "json", "text" }
      command:option("--query", "SQL.")
      local options = command:parse()
      print(options.output, options.query)]])
    for _, name in ipairs { "declared", "built" } do
      local script = ("%s/%s.lua"):format(folder.path, name)
      assert.equal("json\na:\n  b: 1\n", helper.run({ helper.lanyard, script, "--output", "yaml" }).out)
      assert.equal("json\n1\n", helper.run({ helper.lanyard, script, "--query", "a.b" }).out)
      assert.match("^table\n", helper.run({ helper.lanyard, script }).out)
      assert.match("%-%-query: column 1:", helper.run({ helper.lanyard, script, "--query", "#" }).err)
    end
    helper.write(folder .. "/past.lua", [[
      local cli = require "lanyard.cli"
      local options = cli.command(...):with_output { "table", "json" }:parse()
      print(options.output == "json" and "[1]" or "1")]])
    for words, expected in pairs { ["--output yaml"] = "[1]\n", ["--query @"] = "[1]\n", ["--output json"] = "[1]\n", [""] = "1\n" } do
      local result = helper.run(("%s %s/past.lua %s"):format(helper.lanyard, folder.path, words))
      assert.equal(expected, result.out)
      assert.equal(words == "" or words == "--output json", result.err == "")
      assert.equal(0, result.status)
    end
    assert.equal("text\tselect 1\n", helper.run({ helper.lanyard, folder .. "/own.lua", "--query", "select 1", "--output", "text" }).out)
    assert.equal("json\tnil\n", helper.run({ helper.lanyard, folder .. "/own.lua" }).out)
  end)
end)
