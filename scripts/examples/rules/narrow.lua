-- Denies a grant or undo that leaves a policy open to everyone, and reports production repositories with mutable
-- tags in audits.

local function is_public(statement)
  for _, principal in ipairs(statement.principals) do
    if statement.effect == "Allow" and principal.value == "*" and #statement.conditions == 0 then
      return true
    end
  end
  return false
end

rule "no policy is left open to everyone" {
  on = { "grant", "undo" },
  check = function(change)
    for _, statement in ipairs(change.after and change.after.statements or {}) do
      if is_public(statement) then
        local name = statement.sid or "#" .. statement.index
        return deny("statement " .. name .. " is open to everyone: remove it first")
      end
    end
  end,
}

rule "production tags are immutable" {
  on = "audit",
  check = function(change)
    local name = change.repository
    if name and name:match "^prod/" and change.repository_details.mutability == "MUTABLE" then
      return finding {
        severity = "medium",
        message = "tags of " .. name .. " can be moved to other images",
        why = "the image that is deployed can differ from the image that was tested",
        fix = "aws ecr put-image-tag-mutability --image-tag-mutability IMMUTABLE --repository-name " .. name,
      }
    end
  end,
}

example "a grant next to a public statement" {
  on = "grant", repository = "web", service = { name = "web" },
  after = '{"Version":"2012-10-17","Statement":[{"Sid":"all","Effect":"Allow","Principal":"*","Action":"ecr:*"}]}',
  expect = "deny: statement all is open to everyone",
}

example "a grant alone" {
  on = "grant", repository = "web", service = { name = "web" },
  after = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},'
    .. '"Action":"ecr:BatchGetImage"}]}',
  expect = "allow",
}

example "a production repository with mutable tags" {
  on = "audit", repository = "prod/web", expect = "finding: tags of prod/web",
}

example "a production repository with immutable tags" {
  on = "audit", repository = "prod/web", repository_details = { mutability = "IMMUTABLE" }, expect = "allow",
}
