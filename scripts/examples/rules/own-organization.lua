-- Denies a change that opens a repository to another organization, to every organization, or to everyone. The bundled
-- rule decides over every possible request. Replace the ids. Without `organizations`, the rule asks AWS Organizations
-- for the organization of the account. Without `accounts`, it allows every single account and its principals.

bundled "own-organization" {
  organizations = { "o-a1b2c3d4e5" },
  accounts = { "111122223333", "444455556666" },
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

example "one of our accounts" {
  on = "undo", repository = "web", after = policy '"Principal":{"AWS":"444455556666"}', expect = "allow",
}

example "another account" {
  on = "undo", repository = "web", after = policy '"Principal":{"AWS":"arn:aws:iam::777788889999:role/ci"}',
  expect = "deny: to arn:aws:iam::777788889999:role/ci",
}

example "a policy that was open before" {
  on = "grant", repository = "web", service = { name = "web" },
  before = policy '"Principal":"*"', after = OURS, expect = "allow",
}
