-- What lanyard writes leaves no repository open to everyone, and repositories of production have tags that
-- stay what they are. The first is refused, the second found by an audit.

local function is_public(statement)
  for _, who in ipairs(statement.principals) do
    if statement.effect == "Allow" and who.value == "*" and #statement.conditions == 0 then
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
        return deny("statement " .. name .. " is open to everyone: take it out first")
      end
    end
  end,
}

rule "tags of production stay" {
  on = "audit",
  check = function(change)
    local name = change.repository
    if name and name:match "^prod/" and change.repository_details.mutability == "MUTABLE" then
      return finding {
        severity = "medium",
        message = "tags of " .. name .. " can be moved to other images",
        why = "what was tested need not be what is deployed",
        fix = "aws ecr put-image-tag-mutability --image-tag-mutability IMMUTABLE --repository-name " .. name,
      }
    end
  end,
}

example "a grant beside a public statement" {
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

example "a production repository with tags that move" {
  on = "audit", repository = "prod/web", expect = "finding: tags of prod/web",
}

example "one with tags that stay" {
  on = "audit", repository = "prod/web", repository_details = { mutability = "IMMUTABLE" }, expect = "allow",
}
