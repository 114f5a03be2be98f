local policy = require "lanyard.policy"
local query = require "lanyard.audit.query"

local function statements(text)
  return assert(policy.parse('{"Statement":[' .. text .. "]}")):statements()
end

describe("a query", function()
  it("reports whether a statement covers an action, also by NotAction and in another case", function()
    local list = statements [[{"Effect":"Allow","Principal":"*","Action":"ecr:batchget*"},
      {"Effect":"Allow","Principal":"*","NotAction":"ecr:BatchGetImage"}]]
    assert.is_true(query.covers(list[1], "ecr:BatchGetImage"))
    assert.is_falsy(query.covers(list[1], "ecr:PutImage"))
    assert.is_false(query.covers(list[2], "ecr:BatchGetImage"))
    assert.is_true(query.covers(list[2], "ecr:PutImage"))
  end)

  it("returns the only principal of a statement, but not of a NotPrincipal", function()
    local list = statements [[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*"},
      {"Effect":"Allow","Principal":{"AWS":["111122223333","444455556666"]},"Action":"ecr:*"},
      {"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"ecr:*"}]]
    assert.equal("111122223333", query.only_principal(list[1]))
    assert.is_nil(query.only_principal(list[2]))
    assert.is_nil(query.only_principal(list[3]))
  end)

  it("iterates over access and over Allow statements, repository by repository", function()
    local inventory = { repositories = {
      { name = "a", access = { { principal = "x" }, { principal = "y" } }, statements = { { effect = "Deny" } } },
      { name = "b", access = {}, statements = { { effect = "Allow", sid = "s" } } },
    } }
    local found = {}
    for repository, access in query.accesses(inventory) do
      found[#found + 1] = repository.name .. " " .. access.principal
    end
    for repository, statement in query.allow_statements(inventory) do
      found[#found + 1] = repository.name .. " " .. statement.sid
    end
    assert.same({ "a x", "a y", "b s" }, found)
  end)

  it("reports whether the service of a role deploys from a repository", function()
    local repository, other = {}, {}
    local inventory = { deployed = { { repository = repository, service = { role = { arn = "role" } } } } }
    assert.is_true(query.is_needed(inventory, repository, "role"))
    assert.is_false(query.is_needed(inventory, repository, "another"))
    assert.is_false(query.is_needed(inventory, other, "role"))
  end)
end)
