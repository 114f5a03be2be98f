-- lanyard service: create, update, delete, list and powers.

local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"

-- Starts an emulator with faults.
local function faulty(folder, faults, ...)
  helper.write(folder .. "/faults.json", json.encode(json.array(faults)))
  return helper.emulator { "--activation-delay", "0", "--faults", folder .. "/faults.json", ... }
end

local function denied(operation)
  return { operation = operation, every = 1, error = { code = "AccessDeniedException", message = "not allowed" } }
end

local function value_of(result)
  assert.equal(0, result.status, result.err)
  return json.decode(result.out)
end

-- Runs a command on a terminal, with a dialogue.
local function talk(emulator, dialogue, ...)
  local environment = { TERM = "xterm", NO_COLOR = "1" }
  for name, value in pairs(emulator.environment) do environment[name] = value end
  return helper.run({ "/usr/bin/python3", "tests/cli/terminal.py", json.encode(json.array(dialogue)), helper.lanyard, ... },
    environment)
end

describe("lanyard service create", function()
  it("waits until the service is ready, and prints its URL and price", function()
    local emulator <close> = helper.emulator "--activation-delay 1"
    local words = { "service", "create", "web", "--power", "nano", "--scale", "2", "--role", "--tag", "env=prod" }
    local result = emulator:run(words)
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("web +created +nano x 2 +READY +https?://web%.%w+%.us%-east%-1%.cs%.amazonlightsail%.%S+\n", result.out)
    assert.match("\n\nCHANGE +BEFORE +AFTER\npower +%- +nano\nscale +%- +2\npuller role +%- +on\ntag env +%- +prod\n"
      .. "monthly price +%- +14 USD\n", result.out)
    result = emulator:run(words)
    assert.equal(0, result.status)
    assert.match("web +unchanged +nano x 2", result.out)
    local status = value_of(emulator:run { "status", "web", "--output", "json" })[1]
    assert.same({ "READY", true, "nano", 2 }, { status.state, status.isActive, status.power, status.scale })
  end)

  it("prints what differs, with the commands that change it, and fails", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "service", "create", SERVICE, "--power", "micro", "--scale", "3", "--role", "--tag", "a b=c" }
    assert.equal(1, result.status)
    assert.equal("", result.out)
    assert.match("exists in us%-east%-1, and is not as asked for: power is nano, not micro; scale is 1, not 3; puller role is "
      .. "off, not on; tag a b is none, not c %[ServiceDiffers%]\n  change it with: lanyard service update " .. "my%-container%-service"
      .. " %-%-power micro %-%-scale 3 %-%-tag 'a b=c' %-%-region us%-east%-1; lanyard enable ", result.coded)
    local commands = result.err:match "change it with: (.-)\n"
    for command in (commands .. "; "):gmatch "lanyard (.-); " do
      local words = require("lanyard.text.shellwords").split(command)
      assert.equal(0, emulator:run(words).status, command)
    end
    result = emulator:run { "service", "create", SERVICE, "--power", "micro", "--scale", "3", "--role", "--tag", "a b=c" }
    assert.equal(0, result.status, result.err)
    assert.match("unchanged", result.out)
  end)

  it("requests the service with --no-wait, which `lanyard wait` and a repetition wait for", function()
    local emulator <close> = helper.emulator "--activation-delay 1"
    local words = { "service", "create", "web", "--power", "nano", "--scale", "1", "--output", "json" }
    local item = value_of(emulator:run { "service", "create", "web", "--power", "nano", "--scale", "1", "--no-wait", "--output", "json" })
    assert.equal("requested", item.result)
    item = value_of(emulator:run(words))
    assert.same({ "unchanged", "READY" }, { item.result, item.state })
  end)

  it("fails after --timeout, and says what continues to wait", function()
    local emulator <close> = helper.emulator "--activation-delay 30"
    local result = emulator:run { "service", "create", "web", "--power", "nano", "--scale", "1", "--timeout", "1s" }
    assert.equal(1, result.status)
    assert.match("creating it took longer than 1 s; the service is PENDING", result.err)
    assert.match("lanyard wait service web", result.err)
  end)

  it("shows what it would create, and creates nothing", function()
    local emulator <close> = helper.emulator()
    local item = value_of(emulator:run { "service", "create", "web", "--power", "small", "--scale", "3",
      "--domain", "my-certificate=WWW.example.com,example.com", "--dry-run", "--output", "json" })
    assert.same({ "would create", "small", 3, 45,
      { { certificate = "my-certificate", domain = "example.com" }, { certificate = "my-certificate", domain = "www.example.com" } } },
      { item.result, item.power, item.scale, item.monthlyPrice, item.domains })
    assert.equal(1, #value_of(emulator:run { "service", "list", "--output", "json" }))
  end)

  it("rejects a wrong command line before any call", function()
    local emulator <close> = helper.emulator()
    for _, case in ipairs {
      { "pass %-%-power and %-%-scale", "web" }, { "pass %-%-power and %-%-scale", "web", "--power", "nano" },
      { "'Web' is not a container service name", "Web", "--power", "nano", "--scale", "1" },
      { "'0' must be more than 0", "web", "--power", "nano", "--scale", "0" },
      { "'21' is not a scale", "web", "--power", "nano", "--scale", "21" },
      { "'x' is not a whole number", "web", "--power", "nano", "--scale", "x" },
      { "'na no' is not a power", "web", "--power", "na no", "--scale", "1" },
      { "%-%-tag: 'env' is not of the form KEY=VALUE", "web", "--power", "nano", "--scale", "1", "--tag", "env" },
      { "%-%-tag: '=x' is not of the form KEY=VALUE", "web", "--power", "nano", "--scale", "1", "--tag", "=x" },
      { "the key 'a' is given twice", "web", "--power", "nano", "--scale", "1", "--tag", "a=1", "--tag", "a=2" },
      { "AWS reserves keys", "web", "--power", "nano", "--scale", "1", "--tag", "aws:a=1" },
      { "is not of the form CERTIFICATE=", "web", "--power", "nano", "--scale", "1", "--domain", "www.example.com" },
      { "the certificate 'site' needs a domain name", "web", "--power", "nano", "--scale", "1", "--domain", "site=" },
      { "'%*.example.com' is not a domain name", "web", "--power", "nano", "--scale", "1", "--domain", "site=*.example.com" },
      { "'https://x.example' is not a domain name", "web", "--power", "nano", "--scale", "1", "--domain", "site=https://x.example" },
      { "is given twice", "web", "--power", "nano", "--scale", "1", "--domain", "site=a.example,A.example" },
      { "can have 4 domain names", "web", "--power", "nano", "--scale", "1", "--domain",
        "site=a.example,b.example,c.example,d.example,e.example" },
      { "is not a duration", "web", "--power", "nano", "--scale", "1", "--timeout", "soon" },
      { "web2", "web", "web2" },
    } do
      local result = emulator:run { "service", "create", table.unpack(case, 2) }
      assert.equal(2, result.status, result.err)
      assert.match(case[1], result.err)
      assert.equal("", result.out)
      assert.not_match("traceback", result.err)
    end
  end)

  it("reports what Lightsail does not have before the request", function()
    local emulator <close> = helper.emulator()
    for message, words in pairs {
      ["there is no power 'nono'; did you mean 'nano'%?[^\n]*\n  use nano, micro"] = { "--power", "nono", "--scale", "1" },
      ["there is no certificate 'my%-certificat'[^\n]*; did you mean 'my%-certificate'%?"] =
        { "--power", "nano", "--scale", "1", "--domain", "my-certificat=www.example.com" },
      ["'my%-certificate' does not cover shop.example.com[^\n]*\n  it covers example.com, www.example.com"] =
        { "--power", "nano", "--scale", "1", "--domain", "my-certificate=shop.example.com" },
    } do
      local result = emulator:run { "service", "create", "web", table.unpack(words) }
      assert.equal(1, result.status)
      assert.match(message, result.err)
    end
    assert.equal(1, #value_of(emulator:run { "service", "list", "--output", "json" }))
  end)

  it("works without the permission to read prices, and says so", function()
    local folder <close> = helper.folder()
    local emulator <close> = faulty(folder, { denied "GetContainerServicePowers" })
    local result = emulator:run { "service", "create", "web", "--power", "nano", "--scale", "1" }
    assert.equal(0, result.status)
    assert.match("^lanyard: warning: unknown: the monthly price: [^\n]*not allowed", result.err)
    assert.not_match("monthly price", result.out)
    result = emulator:run { "service", "list" }
    assert.equal(0, result.status)
    assert.match("web +READY +nano x 1 +%- +%d+ s +%- +https?://", result.out)
  end)

  it("completes after a lost reply", function()
    local folder <close> = helper.folder()
    local emulator <close> = faulty(folder, { { operation = "CreateContainerService", times = 1, reset = true, late = true } })
    local item = value_of(emulator:run { "service", "create", "web", "--power", "nano", "--scale", "1", "--output", "json" })
    assert.equal("created", item.result)
    assert.equal(2, #value_of(emulator:run { "service", "list", "--output", "json" }))
  end)
end)

describe("lanyard service update", function()
  it("shows the change with the price before and after, and makes it", function()
    local emulator <close> = helper.emulator()
    local words = { "service", "update", SERVICE, "--power", "small", "--scale", "3", "--tag", "env=prod" }
    local shown = emulator:run(table.move({ "--dry-run" }, 1, 1, #words + 1, { table.unpack(words) }))
    assert.match("would update +nano x 1 +READY", shown.out)
    assert.match("power +nano +small\nscale +1 +3\ntag env +none +prod\nmonthly price +7 USD +45 USD\n", shown.out)
    assert.match("updated +small x 3 +READY", emulator:run(words).out)
    assert.match("unchanged +small x 3 +READY", emulator:run(words).out)
    local item = value_of(emulator:run { "service", "update", SERVICE, "--untag", "env", "--output", "json" })
    assert.same({ "updated", {}, { { member = "tag", name = "env", before = "prod" } } },
      { item.result, item.tags, item.changes })
  end)

  it("says that AWS bills a disabled service, too", function()
    local emulator <close> = helper.emulator()
    for _, expected in ipairs { "would update", "updated", "unchanged" } do
      local result = emulator:run { "service", "update", SERVICE, "--disabled", expected == "would update" and "--dry-run" or nil }
      assert.equal(0, result.status)
      assert.match(expected, result.out)
      assert.equal("lanyard: AWS bills a disabled container service, too; only `lanyard service delete` ends the costs\n", result.err)
    end
    assert.match("capacity +nano x 1, disabled", emulator:run({ "status", SERVICE }).out)
    local result = emulator:run { "service", "update", SERVICE, "--enabled" }
    assert.match("updated +nano x 1 +READY", result.out)
    assert.equal("", result.err)
  end)

  it("attaches and detaches domains, which `status` shows with their certificate", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "service", "update", SERVICE, "--domain", "my-certificate=www.example.com" }
    assert.equal(0, result.status, result.err)
    assert.match("domains of my%-certificate +none +www.example.com\n", result.out)
    assert.match("\n\nDNS RECORD +TYPE +VALUE\nwww.example.com +CNAME +" .. SERVICE:gsub("%-", "%%-") .. "%.%w+%.us%-east%-1%.[%w.]+\n$", result.out)
    assert.match("domains +www.example.com %(certificate my%-certificate: ISSUED, expires 20[^)]+%)\n",
      emulator:run({ "status", SERVICE }).out)
    local status = value_of(emulator:run { "status", SERVICE, "--output", "json" })[1]
    assert.same({ "www.example.com", "my-certificate", "ISSUED" },
      { status.domains[1].domain, status.domains[1].certificate, status.domains[1].certificateState })
    assert.match("domains of my%-certificate +www.example.com +none\n",
      emulator:run({ "service", "update", SERVICE, "--no-domains" }).out)
    assert.match("unchanged", emulator:run({ "service", "update", SERVICE, "--no-domains" }).out)
    assert.not_match("domains", emulator:run({ "status", SERVICE }).out)
  end)

  it("rejects a wrong command line, and a service that does not exist", function()
    local emulator <close> = helper.emulator()
    for _, case in ipairs {
      { 2, "nothing to change: pass", SERVICE }, { 2, "exclude each other", SERVICE, "--disabled", "--enabled" },
      { 2, "the tag 'a' cannot be both set and removed", SERVICE, "--tag", "a=1", "--untag", "a" },
      { 2, "'a%*' is not the key of a tag", SERVICE, "--untag", "a*" },
      { 1, "'my%-container%-servise' does not exist in us%-east%-1; did you mean 'my%-container%-service'%?", "my-container-servise", "--scale", "2" },
    } do
      local result = emulator:run { "service", "update", table.unpack(case, 3) }
      assert.equal(case[1], result.status, result.err)
      assert.match(case[2], result.err)
    end
  end)
end)

describe("lanyard service delete", function()
  it("shows what goes with a service, asks, revokes its grants, and waits until it is gone", function()
    local emulator <close> = helper.emulator "--activation-delay 1"
    assert.equal(0, emulator:run({ "grant", SERVICE, "my-private-repo", "shared-repo", "--enable" }).status)
    assert.equal(0, emulator:run({ "service", "update", SERVICE, "--domain", "my-certificate=www.example.com" }).status)
    local result = emulator:run { "service", "delete", SERVICE }
    assert.equal(2, result.status)
    assert.match("capacity +nano x 1, 7 USD a month\n +deployments +0\n +domains +www.example.com %(my%-certificate%)\n"
      .. " +grants +my%-private%-repo\n +shared%-repo\n", result.err)
    assert.match("this would delete container service 'my%-container%-service'; without a terminal, pass %-%-yes", result.err)
    assert.equal("", result.out)
    result = talk(emulator, { { "Delete container service 'my-container-service'? [y/N] ", "n\n" } }, "service", "delete", SERVICE)
    assert.equal(1, result.status)
    assert.match("grants +my%-private%-repo", result.out)
    assert.match("nothing was changed", result.out)
    result = talk(emulator, { { "[y/N] ", "y\n" } }, "service", "delete", SERVICE)
    assert.equal(0, result.status, result.out)
    assert.match("my%-container%-service +deleted +it cost 7 USD a month", result.out)
    assert.match("my%-container%-service +my%-private%-repo +revoked", result.out)
    assert.match("no container services", emulator:run({ "service", "list" }).err)
    assert.not_match("orphan", emulator:run({ "audit", "--output", "json" }).out)
    assert.match("revoke +done", emulator:run({ "undo", "--list" }).out)
  end)

  it("is repeated without a change, and names a similar service", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "service", "delete", "my-container-servise" }
    assert.equal(0, result.status)
    assert.match("my%-container%-servise +unchanged +it does not exist", result.out)
    assert.equal("lanyard: container service 'my-container-servise' does not exist in us-east-1; did you mean "
      .. "'my-container-service'?\n", result.err)
    assert.match("deleted", emulator:run({ "service", "delete", SERVICE, "--yes" }).out)
    local items = value_of(emulator:run { "service", "delete", SERVICE, "--yes", "--output", "json" })
    assert.same({ { service = SERVICE, result = "unchanged", repositories = {} } }, items)
  end)

  it("deletes several services, and reports each", function()
    local emulator <close> = helper.emulator()
    for _, name in ipairs { "web", "jobs" } do
      assert.equal(0, emulator:run({ "service", "create", name, "--power", "nano", "--scale", "1", "--role" }).status)
      assert.equal(0, emulator:run({ "grant", name, "shared-repo" }).status)
    end
    local result = emulator:run { "service", "delete", "web", "jobs", "web" }
    assert.match("this would delete these 2 container services", result.err)
    local items = value_of(emulator:run { "service", "delete", "web", "jobs", "nobody", "web", "--yes", "--output", "json" })
    assert.same({ "web", "deleted", "shared-repo", "revoked" },
      { items[1].service, items[1].result, items[1].repositories[1].repository, items[1].repositories[1].result })
    assert.same({ "jobs", "deleted", "nobody", "unchanged", 3 },
      { items[2].service, items[2].result, items[3].service, items[3].result, #items })
  end)

  it("shows what would change, and changes nothing", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", SERVICE, "my-private-repo", "--enable" }
    local result = emulator:run { "service", "delete", SERVICE, "--dry-run" }
    assert.equal(0, result.status)
    assert.equal("", result.err)
    assert.match("grants +my%-private%-repo\n", result.out)
    assert.match("my%-container%-service +would delete", result.out)
    assert.match("my%-private%-repo +would revoke", result.out)
    assert.match("takes: pull from arn:", result.out)
    assert.equal(1, #value_of(emulator:run { "service", "list", "--output", "json" }))
    assert.match("granted by +my%-private%-repo", emulator:run({ "status" }).out)
  end)

  it("keeps a service whose grants cannot be read, except with --force", function()
    local folder <close> = helper.folder()
    local emulator <close> = faulty(folder, { { operation = "GetRepositoryPolicy", after = 1, every = 1,
      error = { code = "AccessDeniedException", message = "not allowed" } } })
    assert.equal(0, emulator:run({ "enable", SERVICE }).status)
    local result = emulator:run { "service", "delete", SERVICE, "--yes" }
    assert.equal(1, result.status)
    assert.match("my%-container%-service +failed", result.out)
    assert.match("is not deleted: the policy of '[%w-]+' cannot be read", result.err)
    result = emulator:run { "service", "delete", SERVICE, "--yes", "--force" }
    assert.equal(0, result.status, result.err)
    assert.match("my%-container%-service +deleted", result.out)
  end)
end)

describe("lanyard service list and powers", function()
  it("print services with their prices, and powers as AWS returns them", function()
    local emulator <close> = helper.emulator()
    emulator:run { "service", "create", "web", "--power", "micro", "--scale", "3", "--tag", "team=shop" }
    local result = emulator:run { "service", "list" }
    assert.equal("", result.err)
    assert.match("^SERVICE +STATE +CAPACITY +DEPLOYMENT +AGE +USD/MONTH +URL\n", result.out)
    assert.match("web +READY +micro x 3 +%- +%d+ s +30 +https?://web", result.out)
    assert.match("\ntotal: 37 USD a month\n$", result.out)
    assert.equal("37\n", emulator:run({ "service", "list", "--query", "sum([].monthlyPrice)" }).out)
    local item = value_of(emulator:run { "service", "update", "web", "--scale", "5", "--power", "small", "--dry-run", "--output", "json" })
    assert.same({ "small", 5, 75, 30, {} }, { item.power, item.scale, item.monthlyPrice, item.monthlyPriceBefore, item.domains })
    item = value_of(emulator:run { "service", "list", "--query", "[?service=='web'] | [0]" })
    assert.same({ "micro", 3, 30, { team = "shop" } }, { item.power, item.scale, item.monthlyPrice, item.tags })
    result = emulator:run { "service", "powers" }
    assert.match("nano +0.25 +0.5 GB +7 +yes\n", result.out)
  end)
end)

describe("a rules file", function()
  it("decides about services, and `any` does not", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", [[
      rule "any" { on = "any", check = function() return deny "no" end }
      rule "small" { on = "service", check = function(change)
        if change.after and change.after.monthly_price > 20 then return deny(("%d USD are too much"):format(change.after.monthly_price)) end
      end }]])
    local emulator <close> = helper.emulator()
    local rules = { "--rules", folder .. "/rules.lua" }
    local result = emulator:run { "service", "update", SERVICE, "--scale", "3", "--dry-run", table.unpack(rules) }
    assert.equal(4, result.status)
    assert.match("rule \"small\" denies changing service 'my%-container%-service': 21 USD are too much", result.err)
    assert.equal(0, emulator:run({ "service", "update", SERVICE, "--scale", "2", table.unpack(rules) }).status)
    emulator:run { "grant", SERVICE, "my-private-repo", "--enable" }
    result = emulator:run { "service", "delete", SERVICE, "--yes", table.unpack(rules) }
    assert.equal(4, result.status)
    assert.match("my%-container%-service +refused", result.out)
    assert.equal(1, #value_of(emulator:run { "service", "list", "--output", "json" }))
    assert.equal(0, emulator:run({ "service", "delete", SERVICE, "--yes", "--rules", "none" }).status)
  end)
end)
