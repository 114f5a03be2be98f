-- User rules, which run before each change.

local helper = require "helper"
local rules = require "lanyard.rules"
local world = require "world"

-- Returns a world with these rules, and the list of their warnings.
local function ruled(text, options)
  local w = world.new(options)
  local warnings = {}
  helper.write(w.folder .. "/rules.lua", text)
  w.rules = rules.new { path = w.folder .. "/rules.lua", on_warning = function(line) warnings[#warnings + 1] = line end }
  w.region = w:connect {
    permit = function(region, change) return w.rules:permit(region, change) end,
    prepare = function(region, change) return w.rules:prepare(region, change) end,
  }
  return w, warnings
end

local TAGGED = {
  seed = { regions = { ["us-east-1"] = {
    services = { { name = "web", role = true, tags = { env = "prod" } }, { name = "jobs", role = true } },
    repositories = { { name = "prod/web", tags = { team = "shop" } }, { name = "jobs" } },
  } } },
}

local PRODUCTION = [[
  rule "production images only to production services" {
    on = "grant",
    check = function(change)
      if change.repository:match "^prod/" and change.service.tags.env ~= "prod" then
        return deny "tag the service env=prod first"
      end
    end,
  }
]]

describe("rules for a grant", function()
  it("deny it with the reason, and nothing is written", function()
    local w <close> = ruled(PRODUCTION, TAGGED)
    local change, err = w.region:grant(assert(w.region:service "jobs"), w:repository "prod/web")
    assert.is_nil(change)
    assert.equal("RefusedByRule", err.code)
    assert.matches('rules%.lua:1: rule "production images only to production services" denies granting service '
      .. "'jobs' access to 'prod/web': tag the service env=prod first$", err.message)
    assert.is_nil(w:text "prod/web")
    assert.equal(0, w:count "SetRepositoryPolicy")
    assert.same({}, w.region:history(w:repository "prod/web"))
  end)

  it("name the change that they deny", function()
    local cases = {
      { "grant", "granting service 'web' access to 'jobs'" },
      { "revoke", "revoking access to 'jobs'" },
      { "undo", "undoing a change of 'jobs'" },
      { "enable", "turning on the puller role of service 'web'" },
      { "disable", "turning off the puller role of service 'web'" },
    }
    for _, case in ipairs(cases) do
      local w <close> = ruled(('rule "none" { on = "%s", check = function() return deny "no" end }'):format(case[1]), TAGGED)
      local service, repository = assert(w.region:service "web"), w:repository "jobs"
      local by_kind = {
        grant = function() return w.region:grant(service, repository) end,
        revoke = function()
          assert(w.region:grant(service, repository))
          return w.region:revoke({ principal = service.role.arn }, repository)
        end,
        undo = function()
          assert(w.region:grant(service, repository))
          return w.region:undo(repository)
        end,
        enable = function()
          assert(w.region:disable("web", { force = true }))
          return w.region:enable "web"
        end,
        disable = function() return w.region:disable("web", { force = true }) end,
      }
      local _, err = by_kind[case[1]]()
      assert.equal(("rules.lua:1: rule \"none\" denies %s: no"):format(case[2]), err.message:match "rules%.lua:1: .*$")
    end
  end)

  it("permit what they do not deny", function()
    local w <close> = ruled(PRODUCTION, TAGGED)
    assert.equal("granted", assert(w.region:grant(assert(w.region:service "web"), w:repository "prod/web")).kind)
    assert.equal("granted", assert(w.region:grant(assert(w.region:service "jobs"), w:repository "jobs")).kind)
  end)

  it("deny a dry run", function()
    local w <close> = ruled(PRODUCTION, TAGGED)
    local _, err = w.region:grant(assert(w.region:service "jobs"), w:repository "prod/web", { dry_run = true })
    assert.equal("RefusedByRule", err.code)
  end)

  it("do not run for an existing grant", function()
    local w <close> = ruled([[rule "never" { on = "grant", check = function() deny "no" end }]], TAGGED)
    local free = w:connect()
    assert(free:grant(assert(w.region:service "web"), w:repository "jobs"))
    assert.equal("unchanged", assert(w.region:grant(assert(w.region:service "web"), w:repository "jobs")).kind)
  end)

  it("get the change, the policies, the tags, the caller and the time", function()
    local w <close>, warnings = ruled([[
      rule "show" { on = "any", check = function(c)
        local statement = c.after.statements[1]
        for _, text in ipairs { c.on, c.repository, c.repository_details.tags.team, c.repository_details.mutability,
          c.service.name, c.service.tags.env, c.caller.arn, c.caller.account, c.caller.region, c.time,
          tostring(c.before), statement.sid, statement.principals[1].value == c.service.role.arn and "its role",
          c.grant.sid, tostring(c.dry_run), math.type(c.epoch) } do
          warn(text)
        end
      end }
    ]], TAGGED)
    assert(w.region:grant(assert(w.region:service "web"), w:repository "prod/web"))
    for i, line in ipairs(warnings) do
      warnings[i] = line:match "'prod/web': (.*)$"
    end
    warnings[10] = warnings[10]:gsub("%d", "0")
    assert.same({ "grant", "prod/web", "shop", "MUTABLE", "web", "prod", "arn:aws:iam::111122223333:user/operator",
      "111122223333", "us-east-1", "0000-00-00T00:00:00Z", "nil", "AllowLightsailPull-web", "its role",
      "AllowLightsailPull-web", "false", "integer" }, warnings)
  end)

  it("warn once, even when a change takes several attempts", function()
    local w <close>, warnings = ruled([[rule "careful" { on = "grant", check = function() return warn "careful" end }]], TAGGED)
    w.after = function(operation)
      if operation == "SetRepositoryPolicy" and w:count(operation) == 1 then w:put("jobs", nil) end
    end
    assert(w.region:grant(assert(w.region:service "web"), w:repository "jobs", { settle = true }))
    assert.equal(2, w:count "SetRepositoryPolicy")
    assert.equal(1, #warnings)
    assert.matches('rule "careful" warns about granting service \'web\' access to \'jobs\': careful$', warnings[1])
  end)

  it("read tags and the caller once, and only when a rule applies", function()
    local w <close> = ruled(PRODUCTION, TAGGED)
    local service = assert(w.region:service "web")
    assert(w.region:grant(service, w:repository "prod/web"))
    assert.equal(1, w:count "ListTagsForResource")
    assert.equal(1, w:count "GetCallerIdentity")
    assert(w.region:revoke({ service = service }, w:repository "prod/web"))
    assert.equal(1, w:count "ListTagsForResource")
  end)
end)

describe("a rule that", function()
  for title, case in pairs {
    ["raises an error"] = { "return change.nosuch.field", "the rule failed: .*rules%.lua:2: attempt to index a nil value" },
    ["does not return"] = { "while true do end", "the rule failed: .*rules%.lua:2: took more than 10000000 steps" },
    ["uses too much memory"] = { "local s = 'x' while true do s = s .. s end", "the rule failed: .*" },
    ["returns false"] = { "return false", 'the rule failed: .*rule "r" returned a boolean: return allow%(%)' },
    ["returns a text"] = { "return 'no'", "returned a string" },
    ["denies without a reason"] = { "return deny()", "deny needs a reason" },
    ["denies without return"] = { "deny 'because'", "because$" },
    ["denies after it allows"] = { "allow() deny 'because' return allow()", "because$" },
    ["denies among others"] = { "return { warn 'w', deny 'because' }", "because$" },
  } do
    it(title .. " denies", function()
      local w <close> = ruled(('rule "r" { on = "grant", check = function(change)\n%s\nend }'):format(case[1]), TAGGED)
      for _ = 1, 2 do
        local change, err = w.region:grant(assert(w.region:service "web"), w:repository "jobs")
        assert.is_nil(change)
        assert.equal("RefusedByRule", err.code)
        assert.matches(case[2], err.message)
      end
    end)
  end

  it("needs an unknown fact denies, and reports why it is unknown", function()
    local w <close> = ruled([[
      rule "teams" { on = "grant", check = function(c) if c.repository_details.tags.team then deny "no" end end }
    ]], TAGGED)
    local tags = w.region.ecr.ListTagsForResource
    w.region.ecr.ListTagsForResource = function()
      return nil, require("lanyard.errors").new { code = "AccessDeniedException", message = "not yours" }
    end
    local _, err = w.region:grant(assert(w.region:service "web"), w:repository "jobs")
    w.region.ecr.ListTagsForResource = tags
    assert.matches("unknown: the tags of 'jobs': not yours$", err.message)
  end)
end)

describe("rules for other changes", function()
  local NEVER = [[rule "never" { on = { "enable", "disable", "revoke", "undo" }, check = function(c)
    deny(c.on .. " " .. c.service.name)
  end }]]

  it("deny enabling or disabling a role, but not if nothing would change", function()
    local w <close> = ruled(NEVER)
    local _, err = w.region:enable "my-container-service"
    assert.equal("RefusedByRule", err.code)
    assert.equal(0, w:count "UpdateContainerService")
    assert.equal("unchanged", assert(w.region:disable "my-container-service").kind)
    _, err = w.region:enable("my-container-service", { dry_run = true })
    assert.equal("RefusedByRule", err.code)
  end)

  it("deny revoke and undo", function()
    local w <close> = ruled([[rule "never" { on = { "revoke", "undo" }, check = function() deny "no" end }]], TAGGED)
    local service, repository = assert(w.region:service "web"), w:repository "jobs"
    assert(w.region:grant(service, repository))
    for _, try in ipairs { function() return w.region:revoke({ service = service }, repository) end,
      function() return w.region:undo(repository) end } do
      local _, err = try()
      assert.equal("RefusedByRule", err.code)
    end
    assert.same({ "AllowLightsailPull-web" }, w:sids "jobs")
  end)
end)

describe("a rules file", function()
  for title, case in pairs {
    ["does not exist"] = { nil, "the rules cannot be used: cannot read .*rules%.lua: No such file" },
    ["is not Lua"] = { "rule rule", "rules%.lua:1: " },
    ["misspells a change"] = {
      'rule "x" {\n on = "grnat", check = print or function() end }', "rules%.lua:1: on = 'grnat': expected grant, revoke" },
    ["has a rule without a check"] = { 'rule "x" { on = "grant" }', 'rules%.lua:1: rule "x" needs a function check' },
    ["has an unknown field"] = { 'rule "x" { onn = "grant" }', "rules%.lua:1: rule has an unknown field 'onn'" },
    ["has a rule without a name"] = { "rule {}", "rules%.lua:1: a rule needs a name" },
    ["denies outside a check"] = { "deny 'x'", "rules%.lua:1: deny can be called only in the check of a rule" },
    ["has an example with a service that is a string"] = {
      'example "x" { on = "grant", expect = "allow", service = "web" }', "rules%.lua:1: example: service must be a table" },
    ["has an example with a policy that is a number"] = {
      'example "x" { on = "grant", expect = "allow", after = { text = 1 } }', "rules%.lua:1: example: after must be a policy" },
    ["has an example after the year 9999"] = {
      'example "x" { on = "grant", expect = "allow", epoch = 1 << 60 }', "rules%.lua:1: example: epoch must be seconds" },
    ["has an example with an unknown field"] = {
      'example "x" { on = "grant", expect = "allow", repo = "web" }', "rules%.lua:1: example has an unknown field 'repo'" },
    ["has an example with an invalid caller"] = {
      'example "x" { on = "grant", expect = "allow", caller = { account = {} } }',
      "rules%.lua:1: example: caller.account must be a string" },
    ["loads a module"] = { "require 'os'", "rules%.lua:1: attempt to call a nil value %(global 'require'%)" },
  } do
    it("that " .. title .. " stops every change", function()
      local w <close> = ruled(case[1] or "", TAGGED)
      if not case[1] then
        os.remove(w.folder .. "/rules.lua")
      end
      local change, err = w.region:grant(assert(w.region:service "web"), w:repository "jobs")
      assert.is_nil(change)
      assert.equal("InvalidRules", err.code)
      assert.matches(case[2], err.message)
    end)
  end
end)
