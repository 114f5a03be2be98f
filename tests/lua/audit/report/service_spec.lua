local fleet = require "fleet"
local scanner = require "lanyard.audit.scan.scanner"
local service = require "lanyard.audit.report.service"
local targets = require "lanyard.audit.scan.targets"

local function keys(report)
  local list = {}
  for i, finding in ipairs(report.findings) do list[i] = finding.key end
  return list
end

describe("a report restricted to one container service", function()
  local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/%s/private-repo-access/abc123"

  local function policy_for(name)
    return (fleet.OPEN:gsub('"%*"', '{"AWS":"' .. ROLE:format(name) .. '"}'))
  end

  it("omits what concerns other services, and retains policies that could not be read", function()
    local accounts <close> = fleet.new { [fleet.ACCOUNT] = { regions = { ["us-east-1"] = {
      repositories = {
        { name = "one", policy = policy_for "one" }, { name = "two", policy = policy_for "two" },
        { name = "open", policy = fleet.OPEN }, { name = "unread" },
      },
      services = {
        { name = "one", role = true, role_arn = ROLE:format "one" },
        { name = "two", role = true, role_arn = ROLE:format "two" },
      },
    } } } }
    accounts.refuse = function(operation, _, _, request)
      return operation == "GetRepositoryPolicy" and request.body:find "unread"
        and { code = "AccessDeniedException", message = "no" } or nil
    end
    local report = scanner.run(targets.expand { open = accounts:opener() })
    report.muted = {
      { key = "of-one", principal = ROLE:format "one" }, { key = "of-two", service = "two" },
    }
    assert.is_true(service.restrict(report, "one"))
    assert.same({ { key = "of-one", principal = ROLE:format "one" } }, report.muted)
    assert.equal(1, #report.scopes[1].services)
    local left = {}
    for i, repository in ipairs(report.scopes[1].repositories) do left[i] = repository.name end
    assert.same({ "one", "unread" }, left)
    assert.same({ "unreadable-policy|111122223333|us-east-1|unread||" }, keys(report))
    assert.is_false(service.restrict(report, "nobody"))
    assert.is_nil(report.muted)
    assert.same({ "unread" }, { report.scopes[1].repositories[1].name })
  end)
end)
