local grants = require "lanyard.access.grants"
local descriptions = require "lanyard.cli.grants"
local json = require "lanyard.json"
local world = require "world"

describe("grants of a role", function()
  it("are found with their statements and ends", function()
    local w <close> = world.new()
    local service = w:service()
    assert(w.region:grant(service, w:repository "my-private-repo", { expires = 4102444800 }))
    assert(w.region:grant(service, w:repository "shared-repo"))
    local found = w.region:grants_of(service.role.arn, w.region:policies(assert(w.region:repositories())))
    assert.equal(2, #found)
    assert.equal(4102444800, grants.expiry_of(found[1]))
    assert.is_nil(grants.expiry_of(found[2]))
    assert.same({
      { "my-private-repo", "AllowLightsailPull-my-container-service until 2100-01-01T00:00:00Z" },
      { "shared-repo", "AllowLightsailPull-my-container-service" },
    }, descriptions.rows(found, 0))
  end)

  it("are marked where the whole policy lets the role not pull by them, or by a condition only", function()
    local w <close> = world.new()
    local service = w:service()
    local role = service.role.arn
    local PULL = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }
    local function allow(actions, condition)
      return { Effect = "Allow", Principal = { AWS = role }, Action = actions, Condition = condition }
    end
    local function deny(principal)
      return { Effect = "Deny", Principal = principal, Action = "ecr:GetDownloadUrlForLayer" }
    end
    local ORG = { StringEquals = { ["aws:PrincipalOrgID"] = "o-1" } }
    local OVER = { DateLessThan = { ["aws:CurrentTime"] = "2020-01-31T00:00:00Z" } }
    for _, case in ipairs {
      { "allow", "", allow(PULL) }, { "allow", "", allow "ecr:*", deny { AWS = role .. "2" } },
      { "allow", "", allow "ecr:BatchGetImage", allow "ecr:GetDownloadUrlForLayer" },
      { "partial", " (denied)", allow(PULL), deny { AWS = role } }, { "partial", " (denied)", allow(PULL), deny "*" },
      { "partial", " (one of two actions)", allow "ecr:BatchGetImage" },
      { "deny", " (no pull)", allow "ecr:DescribeImages" }, { "depends", " (conditional)", allow(PULL, ORG) },
      { "deny", "", allow(PULL, OVER) },
    } do
      local decision, mark = case[1], case[2]
      w:put("shared-repo", json.encode { Version = "2012-10-17", Statement = json.array { table.unpack(case, 3) } })
      local found = w.region:grants_of(role, w.region:policies { w:repository "shared-repo" })
      assert.equal(decision, found[1].decision)
      assert.equal(mark, descriptions.doubt(found[1], w:time()))
    end
  end)

  it("are shown with their ends", function()
    assert.equal(" until 2100-01-01T00:00:00Z", descriptions.expiry(4102444800, 4102444799))
    assert.equal(" (expired 2100-01-01T00:00:00Z)", descriptions.expiry(4102444800, 4102444800))
    assert.equal("", descriptions.expiry(nil, 0))
  end)

  it("end with the last of their statements, if all of them do", function()
    assert.equal(5, grants.expiry_of { statements = { { expires = 5 }, { expires = 3 } } })
    assert.is_nil(grants.expiry_of { statements = { { expires = 5 }, {} } })
  end)
end)
