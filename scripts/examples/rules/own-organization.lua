-- Denies a change that opens a repository to another organization, to every organization, or to everyone. Replace the
-- id of the organization. Accounts and roles are allowed: rules cannot know the organization of an account.

local ORGANIZATION = "o-a1b2c3d4e5"

local TOO_WIDE = { everyone = true, ["any-organization"] = true, ["any-service"] = true, pattern = true }

local function is_ours(caller)
  if caller.kind == "organization" then
    return caller.id == ORGANIZATION
  elseif caller.kind == "organization-path" then
    return caller.id:find(ORGANIZATION .. "/", 1, true) == 1
  end
  return not TOO_WIDE[caller.kind]
end

rule "no change opens a repository to another organization" {
  on = { "grant", "revoke", "undo" },
  check = function(change)
    for _, caller in ipairs(change.new_access) do
      if not is_ours(caller) then
        return deny("it would open " .. change.repository .. " to " .. caller.text)
      end
    end
  end,
}

local function policy(elements)
  return '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:BatchGetImage",' .. elements .. "}]}"
end

local OURS = policy '"Principal":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}'

example "another organization" {
  on = "undo", repository = "web",
  after = policy '"Principal":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-zzzzzzzzzz"}}',
  expect = "deny: to organization o-zzzzzzzzzz",
}

example "a condition that excludes nobody" {
  on = "undo", repository = "web",
  after = policy '"Principal":"*","Condition":{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}',
  expect = "deny: to everyone",
}

example "our organization" { on = "undo", repository = "web", after = OURS, expect = "allow" }

example "a policy that was open before" {
  on = "grant", repository = "web", service = { name = "web" },
  before = policy '"Principal":"*"', after = OURS, expect = "allow",
}
