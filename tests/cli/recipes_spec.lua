-- Runs every recipe of scripts/examples/recipes against the emulator, as its comment says.

local helper = require "helper"
local json = require "lanyard.json"

local FOLDER = "scripts/examples/recipes/"
local ACCOUNT, OTHER = "111122223333", "444455556666"
local HOST = ACCOUNT .. ".dkr.ecr.us-east-1.amazonaws.com/"

local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/id"

local function allow(principal, condition)
  return { Version = "2012-10-17", Statement = { { Sid = "Given", Effect = "Allow", Principal = principal,
    Action = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }, Condition = condition } } }
end

local SEED = {
  regions = {
    ["us-east-1"] = {
      services = {
        { name = "web", role = true, role_arn = ROLE, tags = { pull = "team/*" },
          containers = { app = { image = HOST .. "deployed:1" } } },
        { name = "dark", tags = { pull = "shared" } },
      },
      repositories = {
        { name = "shared", policy = allow { AWS = OTHER } },
        { name = "open", policy = allow "*" },
        { name = "mine", policy = allow { AWS = ACCOUNT } },
        { name = "deployed", images = { "1", "2" }, policy = allow { AWS = ROLE } },
        { name = "team/api", images = { "1", "2" } },
        { name = "team/web", images = { "1" } },
      },
    },
  },
  roles = { "arn:aws:iam::111122223333:role/ci", "arn:aws:iam::111122223333:role/reader" },
  organization = { accounts = { { id = OTHER } } },
}

local used = {}

-- Starts an emulator with the seed. run(NAME, ...) runs a recipe, which must succeed unless `status` is given.
local function account()
  local folder = helper.folder()
  helper.write(folder .. "/seed.json", json.encode(SEED))
  local emulator = helper.emulator { "--seed", folder .. "/seed.json", "--activation-delay", "0" }
  return setmetatable({
    folder = folder, emulator = emulator,
    run = function(name, words, environment, status)
      used[name] = true
      local result = emulator:run({ FOLDER .. name .. ".lua", table.unpack(words or {}) }, environment)
      assert.same({ status or 0, "" }, { result.status, result.err }, result.out .. result.err)
      return result.out
    end,
    policy = function(name)
      return emulator:run({ "-e", [[
        local region = require("lanyard.cli").connect {}
        print(region:policy(region:repositories({ ... })[1]) or "none")]], name }).out
    end,
  }, { __close = function()
    getmetatable(emulator).__close(emulator)
    getmetatable(folder).__close()
  end })
end

-- Starts a server for webhooks, which appends the bodies to a file and answers with 200.
local function webhook(folder)
  helper.write(folder .. "/server.lua", [[
    local httpd, task = require "lanyard.httpd", require "lanyard.task"
    local server = assert(httpd.serve { handler = function(request)
      local file <close> = assert(io.open(arg[1], "a"))
      file:write(request.body, "\n")
      return { status = 200, body = "ok" }
    end })
    print(server.url)
    task.sleep(60)]])
  local pipe = assert(io.popen(("echo $$; exec %s %s/server.lua %s/posts 2>&1"):format(helper.lanyard, folder, folder)))
  local pid, url = pipe:read("l", "l")
  return setmetatable({
    url = url,
    posts = function()
      local list = {}
      for line in (helper.exists(folder .. "/posts") and helper.read(folder .. "/posts") or ""):gmatch "[^\n]+" do
        list[#list + 1] = json.decode(line)
      end
      return list
    end,
  }, { __close = function()
    os.execute("kill " .. pid)
    pipe:close()
  end })
end

describe("the recipe", function()
  it("outsiders lists who outside can pull", function()
    local a <close> = account()
    local out = a.run "outsiders"
    assert.matches("^deployed: [^\n]+\nopen: statement 1 %(Given%) allows it to anyone\nshared: [^\n]+\n$", out)
  end)

  it("grants-from-csv grants each line, and reports the ones that fail", function()
    local a <close> = account()
    local path = a.folder .. "/grants.csv"
    helper.write(path, "# service,repository\nweb,team/api\n web , shared\n\n")
    assert.equal("web,team/api: granted\n web , shared: granted\n", a.run("grants-from-csv", { path }))
    helper.write(path, "web,team/api\nweb,missing\ndark,shared\nnonsense\n")
    local out = a.run("grants-from-csv", { path }, nil, 1)
    assert.matches("^web,team/api: unchanged\nweb,missing: [^\n]*missing[^\n]*\n", out)
    assert.matches("\nnonsense: expected SERVICE,REPOSITORY\n$", out)
  end)

  it("grant-by-tag grants what the tag of a service names", function()
    local a <close> = account()
    used["grant-by-tag"] = true
    local function run(...)
      return a.emulator:run { FOLDER .. "grant-by-tag.lua", ... }
    end
    assert.equal("web: team/api: would grant\nweb: team/web: would grant\n", run("--dry-run").out)
    assert.equal("web: team/api: granted\nweb: team/web: granted\n", run().out)
    local again = run()
    assert.same({ 0, "web: team/api: unchanged\nweb: team/web: unchanged\n",
      "dark: the puller role is off: lanyard enable dark\n" }, { again.status, again.out, again.err })
  end)

  it("rotate moves the grants to the new role", function()
    local a <close> = account()
    a.emulator:run "grant web team/api shared"
    local function role()
      return json.decode(a.emulator:run("status web --output json").out)[1].principalArn
    end
    local out = a.run("rotate", { "web" })
    assert.equal(("deployed: granted to %s\nshared: granted to %s\nteam/api: granted to %s\n"):format(role(), role(), role()), out)
    assert.not_equal(ROLE, role())
    assert.truthy(a.policy("shared"):find(role(), 1, true))
    assert.equal(1, select(2, a.policy("team/api"):gsub("private%-repo%-access", "")))
  end)

  it("notify-slack posts the serious findings", function()
    local a <close> = account()
    local hook <close> = webhook(a.folder)
    assert.matches("^%d+ findings posted, status 200\n$", a.run("notify-slack", {}, { SLACK_WEBHOOK = hook.url }))
    assert.matches("%*critical%* [^\n]*open", hook.posts()[1].text)
  end)

  it("open-ticket opens a ticket once for each finding", function()
    local a <close> = account()
    local hook <close> = webhook(a.folder)
    local first = a.run("open-ticket", { a.folder .. "/known.json" }, { TICKET_WEBHOOK = hook.url })
    local count = select(2, first:gsub(": opened\n", ""))
    assert.is_true(count >= 3)
    assert.equal(count, #hook.posts())
    assert.equal("", a.run("open-ticket", { a.folder .. "/known.json" }, { TICKET_WEBHOOK = hook.url }))
    assert.equal(count, #hook.posts())
  end)

  it("gate finds what a policy file newly allows", function()
    local a <close> = account()
    local old, new = a.folder .. "/old.json", a.folder .. "/new.json"
    helper.write(old, json.encode(allow { AWS = OTHER }))
    helper.write(new, json.encode(allow "*"))
    assert.equal("", a.run("gate", { old, old, new, old }))
    assert.matches("new%.json: allows ecr:", a.run("gate", { old, new }, nil, 3))
    assert.matches("old%.json: allows ecr:", a.run("gate", { a.folder .. "/missing.json", old }, nil, 3))
  end)

  it("inventory writes a database", function()
    local a <close> = account()
    local db = a.folder .. "/inventory.db"
    a.run("inventory", { db, "arn:aws:iam::111122223333:role/reader" })
    local sqlite = require "lanyard.sqlite"
    local opened <close> = assert(sqlite.open(db))
    local rows = assert(assert(opened:prepare "SELECT arn, caller FROM pulls ORDER BY arn"):query())
    local texts = {}
    for i, row in ipairs(rows) do texts[i] = row[1]:match "repository/(.*)" .. " " .. row[2] end
    assert.same({ "deployed " .. ROLE, "mine account " .. ACCOUNT, "open everyone", "shared account " .. OTHER }, texts)
  end)

  it("share-with-organization adds one statement", function()
    local a <close> = account()
    assert.equal("mine: edited\nteam/api: edited\n", a.run("share-with-organization", { "mine", "team/api" }))
    assert.equal("mine: unchanged\n", a.run("share-with-organization", { "mine" }))
    assert.truthy(a.policy("mine"):find('"aws:PrincipalOrgID":"o-a1b2c3d4e5"', 1, true)
      or a.policy("mine"):find "aws:PrincipalOrgID", a.policy "mine")
    assert.truthy(a.policy("mine"):find("Given", 1, true))
  end)

  it("share-with-accounts sets the list of accounts", function()
    local a <close> = account()
    assert.equal("mine: edited\n", a.run("share-with-accounts", { OTHER .. ",777788889999", "mine" }))
    assert.equal("mine: unchanged\n", a.run("share-with-accounts", { OTHER .. ",777788889999", "mine" }))
    assert.equal("mine: edited\n", a.run("share-with-accounts", { OTHER, "mine" }))
    assert.not_matches("777788889999", a.policy "mine")
    assert.matches(OTHER, a.policy "mine")
    assert.truthy(a.policy("mine"):find("Given", 1, true))
  end)

  it("lambda-pull lets functions of the account pull", function()
    local a <close> = account()
    assert.equal("mine: edited\n", a.run("lambda-pull", { "mine" }))
    assert.equal("mine: unchanged\n", a.run("lambda-pull", { "mine" }))
    assert.matches("lambda%.amazonaws%.com", a.policy "mine")
  end)

  it("backup and restore keep and put back policies", function()
    local a <close> = account()
    local folder = a.folder .. "/backup"
    assert.equal(("%s/deployed.json\n%s/mine.json\n%s/open.json\n%s/shared.json\n"):gsub("%%s", folder),
      a.run("backup", { folder }))
    local before = a.policy "mine"
    assert.equal("mine: unchanged\n", a.run("restore", { folder, "mine" }))
    a.run("lambda-pull", { "mine" })
    assert.equal("mine: edited\nshared: unchanged\n", a.run("restore", { folder, "mine", "shared" }))
    assert.equal(before, a.policy "mine")
  end)

  it("copy-policy adds the statements of one repository to others", function()
    local a <close> = account()
    a.run("lambda-pull", { "team/api" })
    assert.equal("mine: edited\nteam/web: edited\n", a.run("copy-policy", { "team/api", "mine", "team/web" }))
    assert.equal("mine: unchanged\n", a.run("copy-policy", { "team/api", "mine" }))
    assert.matches("LambdaPull", a.policy "mine")
    assert.matches("Given", a.policy "mine")
  end)

  it("create-repository creates once", function()
    local a <close> = account()
    local role = "arn:aws:iam::111122223333:role/ci"
    assert.equal("new/one: created, policy edited\n", a.run("create-repository", { "new/one", role }))
    assert.equal("new/one: exists, policy unchanged\n", a.run("create-repository", { "new/one", role }))
    assert.matches("ecr:PutImage", a.policy "new/one")
  end)

  it("promote gives an image another tag", function()
    local a <close> = account()
    local digest = a.run("promote", { "team/api", "1", "prod" }):match "^team/api:prod is (sha256:%x+)\n$"
    assert.is_string(digest)
    assert.equal(("team/api:prod is %s\n"):format(digest), a.run("promote", { "team/api", "1", "prod" }))
    assert.matches("api has no image 7", a.emulator:run({ FOLDER .. "promote.lua", "team/api", "7", "prod" }).err)
  end)

  it("stale-images leaves out what is deployed", function()
    local a <close> = account()
    local out = a.run("stale-images", { "0" })
    assert.not_matches("deployed:1", out)
    assert.truthy(out:find(HOST .. "deployed:2 0 days\n", 1, true), out)
    assert.equal("", a.run("stale-images", { "1" }))
  end)

  it("large-policies lists policies near the limit", function()
    local a <close> = account()
    assert.equal("", a.run "large-policies")
    assert.matches("\nmine: %d+ characters, %d+ without redundant parts\nopen: ", a.run("large-policies", { "1" }))
  end)

  it("deny-without-tls adds the statement once", function()
    local a <close> = account()
    assert.equal("mine: edited\nteam/api: edited\n", a.run("deny-without-tls", { "mine", "team/api" }))
    assert.equal("mine: unchanged\n", a.run("deny-without-tls", { "mine" }))
    assert.matches("DenyWithoutTLS", a.policy "team/api")
  end)

  it("every-region counts in each Region", function()
    local a <close> = account()
    local out = a.run "every-region"
    assert.matches("us%-east%-1: 2 services, 6 repositories\n", out)
    assert.matches("eu%-west%-1: 0 services, 0 repositories\n", out)
  end)

  it("images-missing finds deployed images that do not exist", function()
    local a <close> = account()
    assert.equal("", a.run "images-missing")
    a.emulator:run { "-e", [[require("lanyard.aws").client("ecr"):DeleteRepository { repositoryName = "deployed", force = true }]] }
    assert.equal(("web: %sdeployed:1: RepositoryNotFoundException\n"):format(HOST), a.run("images-missing", {}, nil, 3))
  end)
end)

describe("the recipes", function()
  it("are at least 20, each with under 20 lines, a comment that says how to run it, a row in README.md, and a test", function()
    local pipe <close> = assert(io.popen("ls " .. FOLDER))
    local readme, count = helper.read(FOLDER .. "README.md"), 0
    for file in pipe:lines() do
      local name = file:match "^(.*)%.lua$"
      if name then
        count = count + 1
        local text = helper.read(FOLDER .. file)
        assert.is_true(select(2, text:gsub("\n", "")) < 20, file)
        assert.truthy(text:find "^%-%- %u[^\n]+%.\n" or text:find "^%-%- %u", file)
        assert.truthy(text:match("^[^\n]*\n[^\n]*"):find("lanyard " .. file, 1, true), file)
        assert.truthy(readme:find(("\n| `%s` | "):format(file), 1, true), file .. " has no row in README.md")
        assert.is_true(used[name], file .. " has no test")
      end
    end
    assert.is_true(count >= 20)
  end)
end)
