local failures = require "lanyard.report.failures"
local reports = require "reports"

local function texts(report)
  local list = {}
  for i, failure in ipairs(failures.of(report)) do
    list[i] = ("%s %s: %s"):format(failure.kind, failure.code, failures.text(failure))
  end
  return list
end

describe("the failures of a report", function()
  it("are what the scopes could not read, in their order", function()
    local report = reports.small()
    local scope = report.scopes[1]
    scope.services_error, scope.registry_error, scope.identities_error = "a", "b", "c"
    scope.absences_error = "f"
    scope.repositories[1].images_error, scope.repositories[2].images_error = "d", "e"
    assert.same({
      "services unknown: The container services of 111122223333 us-east-1 could not be listed: a",
      "registry unknown: The registry policy of 111122223333 us-east-1 could not be read: b",
      "identities unknown: Whether the roles and users of 111122223333 us-east-1 exist could not be checked: c",
      "absences unknown: Whether services or repositories missing from the lists of 111122223333 us-east-1 exist could "
        .. "not be checked: f",
      "images unknown: The images of 2 repositories of 111122223333 us-east-1 could not be checked: d",
      "audit AccessDenied: 444455556666 eu-west-1 could not be audited: AccessDenied: not for you",
    }, texts(report))
    assert.same({}, texts(reports.empty()))
  end)

  it("mark Regions that are not enabled", function()
    local report = reports.small()
    assert.is_false(failures.of(report)[1].skipped)
    report.scopes[2].skipped = true
    assert.is_true(failures.of(report)[1].skipped)
  end)

  it("omit policies, which have a sentence of their own", function()
    local report = reports.small()
    local scope = report.scopes[1]
    assert.is_nil(failures.unread_policies(scope))
    scope.repositories[1].policy_error = "no"
    assert.equal(1, #texts(report))
    assert.equal("the policy of 1 repository of 111122223333 us-east-1 could not be read: no",
      failures.unread_policies(scope))
    scope.repositories[2].policy_error = "denied"
    assert.equal("the policies of 2 repositories of 111122223333 us-east-1 could not be read: no",
      failures.unread_policies(scope))
  end)
end)
