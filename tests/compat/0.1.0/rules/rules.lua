-- Every word of a rules file, and what a change has.

-- A field that is absent or of another type makes the rule fail, which denies.
local function expect_type(name, value, kind)
  if type(value) ~= kind then
    error(name .. " is a " .. type(value))
  end
end

rule "a change has what it had" {
  on = "any",
  check = function(change)
    for _, name in ipairs { "on", "time" } do
      expect_type(name, change[name], "string")
    end
    expect_type("epoch", change.epoch, "number")
    expect_type("dry_run", change.dry_run, "boolean")
    for _, name in ipairs { "account", "arn", "region" } do
      expect_type("caller." .. name, change.caller[name], "string")
    end
    if change.service then
      for _, name in ipairs { "name", "arn", "region", "state" } do
        expect_type("service." .. name, change.service[name], "string")
      end
      expect_type("service.tags", change.service.tags, "table")
      expect_type("service.role.active", change.service.role.active, "boolean")
      if change.service.role.active then
        expect_type("service.role.arn", change.service.role.arn, "string")
      end
    end
    if change.repository then
      for _, name in ipairs { "arn", "account", "region", "mutability" } do
        expect_type("repository_details." .. name, change.repository_details[name], "string")
      end
      expect_type("repository_details.tags", change.repository_details.tags, "table")
    end
    for _, policy in ipairs { change.before or change.after, change.after } do
      expect_type("policy.text", policy.text, "string")
      for _, statement in ipairs(policy.statements) do
        expect_type("effect", statement.effect, "string")
        for _, name in ipairs { "principals", "actions", "resources", "conditions" } do
          expect_type("statement." .. name, statement[name], "table")
        end
        for _, principal in ipairs(statement.principals) do
          expect_type("principal.type", principal.type, "string")
          expect_type("principal.value", principal.value, "string")
        end
        for _, condition in ipairs(statement.conditions) do
          expect_type("condition.operator", condition.operator, "string")
          expect_type("condition.key", condition.key, "string")
          expect_type("condition.values", condition.values, "table")
        end
      end
    end
    if change.grant and change.on == "grant" then
      expect_type("grant.service", change.grant.service, "string")
      expect_type("grant.principal", change.grant.principal, "string")
      expect_type("grant.sid", change.grant.sid, "string")
    elseif change.on == "deploy" then
      expect_type("deployment.containers", change.deployment.containers, "table")
    end
    return allow()
  end,
}

rule "production images only to production services" {
  on = { "grant", "audit" },
  check = function(change)
    if change.repository:match "^prod/" and change.service.tags.env ~= "prod" then
      return deny "tag the service env=prod first"
    elseif change.repository:match "^team/" then
      return warn "a team's image"
    end
  end,
}

rule "repositories have a team" {
  on = "audit",
  check = function(change)
    if change.repository == "shared" then
      return finding { severity = "medium", message = "shared has no team", why = "nobody answers for it", fix = "tag it" }
    end
  end,
}

mute { finding = "public-access", repository = "open", reason = "images for everyone", ends = "2999-01-31" }
mute { finding = "unused-role", service = "jobs", account = "111122223333", region = "us-east-1", reason = "kept" }
mute { finding = "unused-role", service = "of*", principal = "arn:*", statement = "*", message = "*", reason = "kept" }
mute { finding = "drift", reason = "over", ends = "2026-11-01" }

example "a test service gets no production image" {
  on = "grant", repository = "prod/web",
  service = { name = "web", arn = "arn:aws:lightsail:us-east-1:111122223333:ContainerService/web", tags = { env = "test" },
    role = { active = false } },
  expect = "deny: env=prod",
}

example "a team's image" {
  on = "audit", repository = "team/a", service = { name = "web", tags = {} }, expect = "warn",
}

example "a repository without a team" {
  on = "audit", repository = "shared", expect = "finding: no team",
}

example "all that a change may have" {
  on = "revoke", dry_run = true, time = "2026-11-20T09:00:00Z", epoch = 1795165200,
  caller = { account = "111122223333", arn = "arn:aws:iam::111122223333:user/operator", region = "us-east-1" },
  service = { name = "web", arn = "arn:aws:lightsail:us-east-1:111122223333:ContainerService/web", state = "READY",
    tags = { env = "prod" }, role = { active = false } },
  repository = "web", repository_details = { mutability = "IMMUTABLE", tags = { team = "a" } },
  before = '{"Version":"2012-10-17","Statement":[]}', after = { statements = {}, text = "" },
  grant = { service = "web" }, deployment = {}, unknown = "", expect = "allow",
}
