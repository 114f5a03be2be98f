-- The names of services and repositories that completion offers: who writes and reads them, and when they count.

local helper = require "helper"

local emulator, home

local function shell(text, ...)
  local result = helper.run { "sh", "-euc", text, ... }
  assert.equal("", result.err)
  return result.out
end

local function run(words, environment)
  local all = { HOME = home.path, XDG_CACHE_HOME = home .. "/cache" }
  for name, value in pairs(environment or {}) do
    all[name] = value
  end
  return emulator:run(words, all)
end

-- Returns the candidates for the word after these words.
local function offered(words, environment)
  local all = { "__complete", "zsh" }
  table.move(words, 1, #words, 3, all)
  local result = run(all, environment)
  assert.equal("", result.err)
  local list = {}
  for word in result.out:gsub("^[^\n]*\n", ""):gmatch "([^\t\n]+)\t[^\n]*\n" do
    list[#list + 1] = word
  end
  return list
end

local SERVICES, REPOSITORIES = { "enable", "" }, { "undo", "" }

local function cache_file()
  return shell('ls "$0"/cache/lanyard/completion/*', home.path):match "^([^\n]+)\n$"
end

describe("the names for completion", function()
  before_each(function()
    home = helper.folder()
    emulator = helper.emulator()
    shell('mkdir "$0/.aws"; printf "[profile a]\\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\\n[profile b]\\nrole_arn=x\\n" > "$0/.aws/config"', home.path)
  end)

  after_each(function()
    getmetatable(emulator).__close(emulator)
    getmetatable(home).__close()
  end)

  it("are what commands have listed, in a file that only the user can read", function()
    assert.same({}, offered(SERVICES))
    assert.equal(0, run("status").status)
    assert.same({ "my-container-service" }, offered(SERVICES))
    assert.same({ "my-private-repo", "shared-repo" }, offered(REPOSITORIES))
    assert.same({ "shared-repo" }, offered { "undo", "sh" })
    assert.equal("600\n", shell('stat -c %a "$0"', cache_file()))
    assert.equal("700\n", shell('stat -c %a "$0"', home .. "/cache/lanyard/completion"))
    assert.not_match("AKIA", shell('grep -r . "$0/cache"; ls -R "$0/cache"', home.path))
  end)

  it("are offered without a call", function()
    run "status"
    emulator:stop()
    assert.same({ "my-container-service" }, offered(SERVICES))
  end)

  it("are written by audits, grants and doctor, too, and a single name is added", function()
    assert.equal(0, run("audit").status)
    assert.same({ "my-private-repo", "shared-repo" }, offered(REPOSITORIES))
    shell('rm -r "$0/cache"', home.path)
    assert.equal(0, run("grant my-container-service shared-repo --enable").status)
    assert.same({ "shared-repo" }, offered(REPOSITORIES))
    assert.same({ "my-container-service" }, offered(SERVICES))
    run "uri my-private-repo"
    assert.same({ "my-private-repo", "shared-repo" }, offered(REPOSITORIES))
    shell('rm -r "$0/cache"', home.path)
    run "doctor"
    assert.same({ "my-container-service" }, offered(SERVICES))
  end)

  it("that no longer exist are forgotten by the next complete list", function()
    run "status"
    local path = cache_file()
    helper.write(path, (helper.read(path):gsub("my%-private%-repo", "gone-repo")))
    assert.same({ "gone-repo", "shared-repo" }, offered(REPOSITORIES))
    run "uri shared-repo"
    assert.same({ "gone-repo", "shared-repo" }, offered(REPOSITORIES))
    run "audit"
    assert.same({ "my-private-repo", "shared-repo" }, offered(REPOSITORIES))
  end)

  it("belong to a way to reach an account and to a Region", function()
    run "status"
    local other = { AWS_ACCESS_KEY_ID = "AKIAI44QH8DHBEXAMPLE" }
    assert.same({}, offered(SERVICES, other))
    assert.same({}, offered { "enable", "--region", "eu-west-1", "" })
    assert.same({}, offered { "enable", "--region=eu-west-1", "" })
    assert.same({}, offered { "--region", "eu-west-1", "enable", "" })
    assert.same({}, offered { "enable", "--profile", "a", "" })
    assert.same({}, offered { "enable", "--profile", "b", "" })
    assert.same({}, offered { "enable", "--profile", "none", "" })
    assert.same({}, offered { "enable", "--endpoint-url", "http://127.0.0.1:1", "" })
    assert.same({ "my-container-service" }, offered { "enable", "--region", "us-east-1", "" })
    run("status", { AWS_REGION = "eu-west-1" })
    assert.same({}, offered(SERVICES, { AWS_REGION = "eu-west-1" }))
  end)

  it("do not count in a file or folder that others can write, in a link, or if they are old", function()
    run "status"
    local path = cache_file()
    for _, case in ipairs {
      { 'chmod 640 "$0"', 'chmod 600 "$0"' }, { 'chmod 602 "$0"', 'chmod 600 "$0"' },
      { 'chmod 770 "${0%/*}"', 'chmod 700 "${0%/*}"' },
      { 'mv "$0" "$0.x"; ln -s "$0.x" "$0"', 'mv "$0.x" "$0"' },
      { 'ln "$0" "$0.y"', 'rm "$0.y"' },
      { 'mv "$0" "$0.z"; mkfifo -m 600 "$0"', 'mv -f "$0.z" "$0"' },
      { 'mv "$0" "$0.z"; mkdir "$0"', 'rmdir "$0"; mv "$0.z" "$0"' },
      { [[cp -p "$0" "$0.z"; sed -i 's/ [0-9]*$/ 1600000000/' "$0"]], 'mv "$0.z" "$0"' },
      { [[cp -p "$0" "$0.z"; sed -i 's/ [0-9]*$/ 9900000000/' "$0"]], 'mv "$0.z" "$0"' },
      { 'cp -p "$0" "$0.z"; truncate -s 9M "$0"', 'mv "$0.z" "$0"' },
      { 'cp -p "$0" "$0.z"; printf "services x\\n web\\n" > "$0"', 'mv "$0.z" "$0"' },
      { 'cp -p "$0" "$0.z"; head -c 3000 /dev/urandom > "$0"', 'mv "$0.z" "$0"' },
    } do
      shell(case[1], path)
      assert.same({}, offered(SERVICES), case[1])
      shell(case[2], path)
      assert.same({ "my-container-service" }, offered(SERVICES), case[2])
    end
  end)

  it("are not written to a folder that others can write, and that is not an error", function()
    shell('mkdir -p "$0/cache/lanyard/completion"; chmod 777 "$0/cache/lanyard/completion"', home.path)
    assert.equal(0, run("status").status)
    assert.equal("", shell('ls "$0/cache/lanyard/completion"', home.path))
    local result = run("status", { XDG_CACHE_HOME = "/dev/null" })
    assert.same({ 0, "" }, { result.status, result.err })
  end)

  it("of --emulator are not kept, and a relative XDG_CACHE_HOME is not used", function()
    run "--emulator status"
    assert.equal("", shell('ls -A "$0/cache" 2>/dev/null || true', home.path))
    run("status", { XDG_CACHE_HOME = "relative" })
    assert.equal("completion\n", shell('ls "$0/.cache/lanyard"', home.path))
    assert.is_false(helper.exists "relative/lanyard")
  end)

  it("in files that are too old are removed", function()
    run "status"
    shell([[sed -i 's/ [0-9]*$/ 1600000000/' "$0"]], cache_file())
    run("audit", { AWS_REGION = "eu-west-1" })
    assert.equal("1\n", shell('ls "$0/cache/lanyard/completion" | wc -l', home.path))
  end)
end)
