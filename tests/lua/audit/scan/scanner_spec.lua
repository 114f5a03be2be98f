local clock = require "lanyard.clock"
local fleet = require "fleet"
local json = require "lanyard.json"
local http = require "lanyard.http"
local lists = require "lanyard.lists"
local progress = require "lanyard.audit.scan.progress"
local scanner = require "lanyard.audit.scan.scanner"
local targets = require "lanyard.audit.scan.targets"
local task = require "lanyard.task"

local TWO_REGIONS = { regions = {
  ["us-east-1"] = { repositories = { { name = "web", policy = fleet.OPEN }, { name = "here-only" } } },
  ["eu-west-1"] = { repositories = { { name = "web", policy = fleet.OPEN } } },
} }

local function two_regions()
  return fleet.new { [fleet.ACCOUNT] = TWO_REGIONS }
end

local function keys(report)
  local list = {}
  for i, finding in ipairs(report.findings) do list[i] = finding.key end
  return list
end

local OPEN_KEYS = {
  "public-access|111122223333|us-east-1|web||*", "public-access|111122223333|eu-west-1|web||*",
}

describe("a scan of several targets", function()
  it("has an entry in the report for each target, and one list of findings", function()
    local accounts <close> = two_regions()
    local report, failures = scanner.run(targets.expand { regions = { "us-east-1", "eu-west-1" }, open = accounts:opener() })
    assert.same({}, failures)
    assert.equal("us-east-1", report.scopes[1].region)
    assert.equal("eu-west-1", report.scopes[2].region)
    assert.equal(2, #report.scopes[1].repositories)
    assert.same(OPEN_KEYS, keys(report))
  end)

  it("continues when a target fails, and the report says why it failed", function()
    local accounts <close> = two_regions()
    accounts.refuse = function(operation, region)
      return operation == "DescribeRepositories" and region == "us-east-1"
        and { code = "AccessDeniedException", message = "no" } or nil
    end
    local report, failures = scanner.run(targets.expand { regions = { "us-east-1", "eu-west-1" }, open = accounts:opener() })
    assert.equal(1, #failures)
    assert.equal("us-east-1", failures[1].target.region)
    assert.is_nil(failures[1].skipped)
    assert.equal("AccessDeniedException", report.scopes[1].error.code)
    assert.is_nil(report.scopes[1].repositories)
    assert.same({ OPEN_KEYS[2] }, keys(report))
  end)

  it("has one limit on the calls in flight", function()
    local accounts <close> = two_regions()
    local flying, most = 0, 0
    local transport = scanner.transport(2, function(request)
      flying = flying + 1
      most = math.max(most, flying)
      local reply, err = http.request(request)
      flying = flying - 1
      return reply, err
    end)
    scanner.run(targets.expand { regions = "all", open = accounts:opener { transport = transport } })
    assert.equal(2, most)
    assert.equal(0, flying)
    assert.is_true(accounts:count "DescribeRepositories" > 10)
  end)

  it("requires each glob to match in one target, not in all of them", function()
    local accounts <close> = two_regions()
    local found = targets.expand { regions = { "us-east-1", "eu-west-1" }, open = accounts:opener() }
    local report, failures = scanner.run(found, { globs = { "here-*", "web" } })
    assert.same({}, failures)
    assert.equal(2, #report.scopes[1].repositories)
    assert.equal(1, #report.scopes[2].repositories)
    failures = select(2, scanner.run(found, { globs = { "web", "nowhere" } }))
    assert.equal(1, #failures)
    assert.match("no repository matches 'nowhere'", tostring(failures[1].err))
  end)

  it("continues without a name or glob that matches nowhere, with one target or several", function()
    local accounts <close> = two_regions()
    for _, regions in ipairs { { "us-east-1" }, { "us-east-1", "eu-west-1" } } do
      local found = targets.expand { regions = regions, open = accounts:opener() }
      local report, failures = scanner.run(found, { globs = { "nosuch", "here-*", "no-*" } })
      assert.equal("here-only", report.scopes[1].repositories[1].name)
      assert.match("no repository matches 'nosuch'", tostring(failures[1].err))
      assert.match("no repository matches 'no%-%*'", tostring(failures[2].err))
      assert.equal(2, #failures)
    end
  end)

  it("has no report when no glob matches anywhere", function()
    local accounts <close> = two_regions()
    local found = targets.expand { regions = { "us-east-1", "eu-west-1" }, open = accounts:opener() }
    local report, failures = scanner.run(found, { globs = { "nosuch", "no-*" } })
    assert.is_nil(report)
    assert.equal(2, #failures)
  end)

  it("describes the named repository in a single Region and does not list the others", function()
    local accounts <close> = two_regions()
    accounts.refuse = function(operation, _, _, request)
      return operation == "DescribeRepositories" and not request.body:find "here%-only"
        and { code = "AccessDeniedException", message = "no" } or nil
    end
    local _, failures = scanner.run(targets.expand { regions = { "us-east-1" }, open = accounts:opener() },
      { globs = { "here-only" } })
    assert.same({}, failures)
  end)

  it("reports a profile that does not exist for each of its Regions, and continues with the others", function()
    local accounts <close> = two_regions()
    local open = accounts:opener()
    local report, failures = scanner.run(targets.expand {
      profiles = { "good", "bad" }, regions = { "us-east-1" },
      open = function(profile, region)
        if profile == "bad" then
          return nil, require("lanyard.errors").new { code = "ProfileNotFound", message = "profile 'bad' does not exist" }
        end
        return open(profile, region)
      end,
    })
    assert.equal("good", report.scopes[1].profile)
    assert.equal("bad", report.scopes[2].profile)
    assert.equal("ProfileNotFound", report.scopes[2].error.code)
    assert.equal("bad", failures[1].target.profile)
  end)

  it("reports a finding once when two profiles belong to the same account", function()
    local accounts <close> = two_regions()
    local report = scanner.run(targets.expand { profiles = { "one", "two" }, regions = { "us-east-1" }, open = accounts:opener() })
    assert.equal(2, #report.scopes)
    assert.same({ OPEN_KEYS[1] }, keys(report))
    local reported = {}
    scanner.run(targets.expand { profiles = { "one", "two" }, regions = { "us-east-1" }, open = accounts:opener() },
      { on_finding = function(finding) reported[#reported + 1] = finding.key end })
    assert.same({ OPEN_KEYS[1] }, reported)
  end)
end)

describe("a slow Region", function()
  it("holds its share of the calls in flight while others have work, and more when it is the last", function()
    local seed = { regions = {} }
    for _, region in ipairs { "us-east-1", "eu-west-1", "eu-west-2", "eu-central-1" } do
      local repositories = {}
      for i = 1, 40 do repositories[i] = { name = ("app-%02d"):format(i) } end
      seed.regions[region] = { repositories = repositories }
    end
    local accounts <close> = fleet.new { [fleet.ACCOUNT] = seed }
    local slow, most, most_beside_others = 0, 0, 0
    local meter = progress.meter()
    local function are_others_done()
      return meter.parts[2].ended and meter.parts[3].ended and meter.parts[4].ended
    end
    local transport = scanner.transport(nil, function(request)
      if request.region == "us-east-1" and request.headers["X-Amz-Target"]:find "GetRepositoryPolicy" then
        slow = slow + 1
        most = math.max(most, slow)
        local began = clock.now()
        -- It replies after all other Regions have ended.
        while not are_others_done() or clock.now() < began + 0.05 do
          if not are_others_done() then most_beside_others = most end
          task.sleep(0.005)
        end
        slow = slow - 1
      end
      return http.request(request)
    end)
    local report, failures = scanner.run(targets.expand {
      regions = { "us-east-1", "eu-west-1", "eu-west-2", "eu-central-1" }, open = accounts:opener { transport = transport },
    }, { meter = meter })
    assert.same({}, failures)
    assert.equal(40, #report.scopes[1].repositories)
    assert.is_true(most_beside_others <= 16, most_beside_others .. " in parallel beside one other Region")
    assert.is_true(most > 16, most .. " in parallel at the end")
  end)
end)

describe("all Regions", function()
  it("are skipped when they are not enabled, and fail for other reasons", function()
    local accounts <close> = two_regions()
    local codes = { ["ap-southeast-3"] = "UnrecognizedClientException", ["ap-southeast-5"] = "OptInRequired",
      ["eu-north-1"] = "ServerException" }
    accounts.refuse = function(operation, region)
      return operation == "DescribeRepositories" and codes[region] and { code = codes[region], message = "no" } or nil
    end
    local report, failures = scanner.run(targets.expand { regions = "all", open = accounts:opener() })
    local skipped = {}
    for _, failure in ipairs(failures) do skipped[failure.target.region] = failure.skipped or false end
    assert.same({ ["ap-southeast-3"] = true, ["ap-southeast-5"] = true, ["eu-north-1"] = false }, skipped)
    assert.equal(19, #report.scopes)
    assert.equal(2, #report.findings)
  end)

  it("all fail when no Region accepts the credentials", function()
    local accounts <close> = two_regions()
    accounts.refuse = function() return { code = "UnrecognizedClientException", message = "who?" } end
    local _, failures = scanner.run(targets.expand { regions = "all", open = accounts:opener() })
    assert.equal(#targets.REGIONS, #failures)
    for _, failure in ipairs(failures) do assert.is_nil(failure.skipped) end
  end)
end)

describe("a scan of other accounts", function()
  local OWN, OTHER, THIRD = fleet.ACCOUNT, "444455556666", "777788889999"

  local function one_repository(name)
    return { regions = { ["us-east-1"] = { repositories = { { name = name, policy = fleet.OPEN } } } } }
  end

  local function three_accounts()
    local accounts = fleet.new {
      [OWN] = one_repository "own", [OTHER] = one_repository "other", [THIRD] = one_repository "third",
    }
    accounts.organization = {
      first = { Accounts = { { Id = THIRD, State = "ACTIVE", Status = "SUSPENDED" } }, NextToken = "empty" },
      empty = { Accounts = {}, NextToken = "last" },
      last = { Accounts = {
        { Id = OWN, Status = "ACTIVE" }, { Id = "000000000001", State = "SUSPENDED", Status = "ACTIVE" },
        { Id = "000000000002", Status = "SUSPENDED" }, { Id = OTHER, State = "ACTIVE" },
      } },
    }
    return accounts
  end

  local function outcomes(report)
    local list = {}
    for i, one in ipairs(report.scopes) do
      list[i] = ("%s %s %s"):format(one.account, one.region, one.error and one.error.code or one.repositories[1].name)
    end
    return list
  end

  it("assumes the role in each account except the caller's own", function()
    local accounts <close> = three_accounts()
    local report, failures = scanner.run(targets.expand { role = "ops/audit", accounts = { OTHER, OWN }, open = accounts:opener() })
    assert.same({}, failures)
    assert.same({ OTHER .. " us-east-1 other", OWN .. " us-east-1 own" }, outcomes(report))
    assert.equal(1, accounts:count "AssumeRole")
    assert.equal("arn:aws:iam::444455556666:role/ops/audit", accounts.worlds[OTHER].keys["ASIA" .. OTHER .. "ROLE"].caller.arn)
    assert.equal(OTHER, report.findings[1].account)
  end)

  it("leaves out no account whose state the organization does not give", function()
    local accounts <close> = three_accounts()
    accounts.organization.last.Accounts[4].State = nil
    local report = scanner.run(targets.expand { role = "audit", open = accounts:opener() })
    assert.equal("InvalidResponse", report.scopes[1].error.code)
    assert.match("account 444455556666 has no state", report.scopes[1].error.message)
  end)

  it("names the account in which to run a fix, without the caller's profile", function()
    local accounts <close> = three_accounts()
    local report = scanner.run(targets.expand {
      role = "audit", accounts = { OTHER, OWN }, profiles = { "ops" }, open = accounts:opener(),
    })
    assert.equal("in account 444455556666: lanyard revoke --principal '*' other --region us-east-1", report.findings[1].fix)
    assert.equal("lanyard revoke --principal '*' own --region us-east-1 --profile ops", report.findings[2].fix)
    assert.equal("audit", report.scopes[1].role)
    assert.is_nil(report.scopes[2].role)
  end)

  it("covers every active account of the organization, over all pages", function()
    local accounts <close> = three_accounts()
    local report, failures = scanner.run(targets.expand { role = "audit", open = accounts:opener() })
    assert.same({}, failures)
    assert.same({ OWN .. " us-east-1 own", OTHER .. " us-east-1 other", THIRD .. " us-east-1 third" }, outcomes(report))
    assert.equal(3, accounts:count "ListAccounts")
    assert.equal(3, #report.findings)
  end)

  it("assumes a role once for all Regions", function()
    local accounts <close> = three_accounts()
    local report = scanner.run(targets.expand {
      role = "audit", accounts = { OTHER }, regions = { "us-east-1", "eu-west-1", "eu-west-2" }, open = accounts:opener(),
    })
    assert.equal(3, #report.scopes)
    assert.equal(1, accounts:count "AssumeRole")
  end)

  it("continues after an account whose role cannot be assumed", function()
    local accounts <close> = three_accounts()
    accounts.refuse = function(operation, _, _, request)
      return operation == "AssumeRole" and request.body:find(OTHER) and { code = "AccessDenied", message = "not you" } or nil
    end
    local report, failures = scanner.run(targets.expand { role = "audit", accounts = { OTHER, THIRD }, open = accounts:opener() })
    assert.same({ OTHER .. " us-east-1 AccessDenied", THIRD .. " us-east-1 third" }, outcomes(report))
    assert.equal(1, #failures)
    assert.match("cannot assume arn:aws:iam::444455556666:role/audit", tostring(failures[1].err))
    assert.match("not you", tostring(failures[1].err))
  end)

  it("reports why the list of accounts is missing or empty", function()
    local accounts <close> = three_accounts()
    accounts.organization = { first = { Accounts = { { Id = OWN, State = "SUSPENDED" } } } }
    local _, failures = scanner.run(targets.expand { role = "audit", open = accounts:opener() })
    assert.match("no active account", tostring(failures[1].err))
    accounts.refuse = function(operation)
      return operation == "ListAccounts" and { code = "AWSOrganizationsNotInUseException", message = "none" } or nil
    end
    failures = select(2, scanner.run(targets.expand { role = "audit", open = accounts:opener() }))
    assert.equal("AWSOrganizationsNotInUseException", failures[1].err.code)
    assert.equal(1, #failures)
  end)

  it("skips Regions that are not enabled only when another Region of the same account accepted the credentials", function()
    local accounts <close> = three_accounts()
    accounts.refuse = function(operation, region, account)
      return operation == "DescribeRepositories" and (region == "ap-southeast-3" or account == THIRD)
        and { code = "UnrecognizedClientException", message = "no" } or nil
    end
    local _, failures = scanner.run(targets.expand { role = "audit", accounts = { OTHER, THIRD }, regions = "all", open = accounts:opener() })
    local skipped, failed = 0, 0
    for _, failure in ipairs(failures) do
      if failure.skipped then skipped = skipped + 1 else failed = failed + 1 end
      assert.equal(failure.skipped and OTHER or THIRD, failure.target.account)
    end
    assert.same({ 1, 19 }, { skipped, failed })
  end)
end)

describe("a scan of several accounts", function()
  local OTHER = "444455556666"

  -- The own account manages an organization whose policy lets nobody from outside use ECR.
  local function managed()
    local seed = { regions = TWO_REGIONS.regions, organization = { accounts = { { id = OTHER } },
      resource_control_policies = { { name = "perimeter", content = { Version = "2012-10-17", Statement = json.array { {
        Sid = "Outside", Effect = "Deny", Principal = "*", Action = "ecr:*", Resource = "*",
        Condition = { StringNotEqualsIfExists = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" } } } } } } } } }
    return fleet.new { [fleet.ACCOUNT] = seed, [OTHER] = TWO_REGIONS }
  end

  local function run(accounts)
    return scanner.run(targets.expand { regions = { "us-east-1", "eu-west-1" }, role = "audit",
      accounts = { fleet.ACCOUNT, OTHER }, open = accounts:opener() })
  end

  local function count(accounts, operation)
    local found = 0
    for _, call in ipairs(accounts.calls) do found = found + (call:find("^" .. operation .. " ") and 1 or 0) end
    return found
  end

  it("reads resource control policies once, with the caller's credentials, for the accounts that they concern", function()
    local accounts <close> = managed()
    local report, failures = run(accounts)
    assert.same({}, failures)
    for _, scope in ipairs(report.scopes) do
      assert.equal(scope.account == OTHER and 1 or 0, #(scope.controls or {}), scope.account)
    end
    for _, finding in ipairs(report.findings) do
      assert.equal(finding.account == OTHER, finding.message:find("resource control policy 'perimeter'", 1, true) ~= nil)
    end
    assert.same({ 1, 1, 1, 1 }, { count(accounts, "ListPolicies"), count(accounts, "ListTargetsForPolicy"),
      count(accounts, "DescribePolicy"), count(accounts, "ListParents") })
    assert.equal("service-control-policies", report.limitations[1].kind)
  end)

  it("tries once where the caller may not read them, and names the accounts", function()
    local accounts <close> = managed()
    accounts.refuse = function(operation)
      return operation == "ListPolicies" and { code = "AccessDeniedException", message = "no" } or nil
    end
    local report = run(accounts)
    assert.equal(1, count(accounts, "ListPolicies"))
    assert.equal("resource-control-policies", report.limitations[1].kind)
    assert.same({ fleet.ACCOUNT, OTHER }, report.limitations[1].accounts)
    assert.equal(3, #report.limitations)
  end)

  -- A repository whose policy has a grant, and a Deny of other organizations.
  local function perimeter(organization)
    local role = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/id"
    local function statement(effect, principal, condition)
      return ('{"Effect":"%s","Principal":%s,"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]%s}')
        :format(effect, principal, condition and ',"Condition":' .. condition or "")
    end
    return { roles = { role }, regions = { ["us-east-1"] = { repositories = { { name = "web", policy =
      '{"Version":"2012-10-17","Statement":[' .. statement("Allow", '{"AWS":"' .. role .. '"}') .. ","
      .. statement("Deny", '"*"', '{"StringNotEquals":{"aws:PrincipalOrgID":"' .. organization .. '"}}') .. "]}" } } } } }
  end

  -- Returns the messages of denied grants, by account.
  local function denied(accounts, list)
    local report = scanner.run(targets.expand { regions = { "us-east-1" }, role = "audit", accounts = list,
      open = accounts:opener() })
    local found = {}
    for _, finding in ipairs(report.findings) do
      found[finding.account] = finding.id == "denied-grant" and finding.message or found[finding.account]
    end
    return found
  end

  it("reads the accounts of the organization once, with the caller's credentials", function()
    local own = perimeter "o-a1b2c3d4e5"
    own.organization = { accounts = { { id = OTHER } } }
    local accounts <close> = fleet.new { [fleet.ACCOUNT] = own, [OTHER] = perimeter "o-a1b2c3d4e5" }
    local found = denied(accounts, { fleet.ACCOUNT, OTHER })
    assert.match("and denies it in statement #2$", found[OTHER])
    assert.match("and denies it in statement #2$", found[fleet.ACCOUNT])
    assert.equal(1, count(accounts, "ListAccounts"))
    assert.is_true(lists.contains(accounts.calls, "ListAccounts us-east-1 " .. fleet.ACCOUNT))
  end)

  it("does not take an account of another organization for one of the caller's", function()
    local condition = perimeter "o-a1b2c3d4e5"
    local own = perimeter "o-a1b2c3d4e5"
    own.organization = { accounts = {} }
    local accounts <close> = fleet.new { [fleet.ACCOUNT] = own, [OTHER] = condition }
    assert.match("unless", denied(accounts, { OTHER })[OTHER])
  end)
end)
