local grant = require "lanyard.access.grant"
local policy = require "lanyard.policy"
local world = require "world"

local SERVICE = "my-container-service"

describe("grant", function()
  it("warns of a Deny that cancels it", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    w:put("my-private-repo", '{"Version":"2008-10-17","Statement":[{"Sid":"no pulls","Effect":"Deny","Principal":'
      .. '{"AWS":"*"},"Action":"ecr:BatchGetImage"}]}')
    local change = assert(w.region:grant(service, repository))
    assert.matches("'no pulls' denies ecr:BatchGetImage", change.warning)
  end)

  it("joins our own statements where the policy would be too large, when told to", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    assert(w.region.lightsail:CreateContainerService { serviceName = "other", power = "nano", scale = 1,
      privateRegistryAccess = { ecrImagePullerRole = { isActive = true } } })
    local other = assert(w.region:enable("other")).service
    assert(w.region:grant(other, repository))
    local theirs = '{"Sid":"theirs","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:PutImage"}'
    local padding = (" "):rep(policy.LIMIT - #w:text "my-private-repo" - #theirs - 200)
    w:put("my-private-repo", (w:text "my-private-repo":gsub("%[", "[" .. theirs .. "," .. padding, 1)))
    local change, err = w.region:grant(service, repository)
    assert.is_nil(change)
    assert.equal("PolicyTooLarge", err.code)
    assert.matches("--fold", err.tip, 1, true)
    change = assert(w.region:grant(service, repository, { fold = true }))
    assert.equal("granted", change.kind)
    assert.matches("joined", change.why)
    assert.same({ "theirs", "AllowLightsailPull" }, w:sids "my-private-repo")
    assert.is_truthy(w:text("my-private-repo"):find(theirs, 1, true))
    assert.equal("unchanged", assert(w.region:grant(other, repository, { fold = true })).kind)
    assert.equal("revoked", assert(w.region:revoke({ service = service }, repository)).kind)
    assert.is_nil(w:text("my-private-repo"):find(service.role.arn, 1, true))
    assert.is_truthy(w:text("my-private-repo"):find(other.role.arn, 1, true))
  end)

  it("refuses while the role is off", function()
    local w <close> = world.new()
    local change, err = w.region:grant(assert(w.region:service(SERVICE)), w:repository "my-private-repo")
    assert.is_nil(change)
    assert.equal("RoleOff", err.code)
  end)

  it("gives a Sid that another statement has a number", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    w:put("my-private-repo", '{"Version":"2008-10-17","Statement":[{"Sid":"AllowLightsailPull-my-container-service",'
      .. '"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:BatchGetImage"}]}')
    assert(w.region:grant(service, repository))
    assert.same({ "AllowLightsailPull-my-container-service", "AllowLightsailPull-my-container-service-2" },
      w:sids "my-private-repo")
  end)
end)

-- A grant that ends: what `region:grant` makes of a policy that is there.

local DATE, LATER = 4102444800, 4133980800 -- 2100-01-01, 2101-01-01
local ROLE = "arn:aws:iam::222233334444:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/"
  .. ("0"):rep(52)
local OTHER = ROLE:gsub("/web/", "/jobs/")
local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'

local function statement(fields)
  return ('{"Sid": "%s",  "Effect":"Allow","Principal":{"AWS":%s},"Action":%s%s}'):format(fields.sid or "s",
    fields.who or '"' .. ROLE .. '"', fields.actions or PULL, fields.condition and
    ', "Condition" :{ "DateLessThan": {"aws:CurrentTime" : "' .. fields.condition .. '"} }' or fields.more or "")
end

local function document(...)
  return '{"Version":"2012-10-17", "Statement":[ ' .. table.concat({ ... }, " ,\n") .. " ]}"
end

-- Grants web the pull in a policy of these statements. --> changed, detail, the policy's text; the same a
-- second time must change nothing.
local function granted(text, expires, options)
  local doc = assert(policy.parse(text))
  local edit = grant.edit { role_arn = ROLE, sid = "AllowLightsailPull-web", expires = expires, now = DATE - 86400,
    fold = options and options.fold }
  local changed, detail = edit(doc)
  if changed ~= nil then
    local again = doc:copy()
    assert.is_false((edit(again)))
    assert.equal(tostring(doc), tostring(again))
  end
  return changed, detail, tostring(doc)
end

describe("a grant with an end", function()
  it("has the date as its condition", function()
    local changed, detail, text = granted('{"Statement":[]}', DATE)
    assert.is_true(changed)
    assert.equal("2100-01-01T00:00:00Z", detail.expires)
    assert.equal("AllowLightsailPull-web", detail.sid)
    assert.is_truthy(text:find('"Condition":{"DateLessThan":{"aws:CurrentTime":"2100-01-01T00:00:00Z"}}', 1, true))
  end)

  it("gets another date, and keeps every other byte", function()
    local there = document(statement { sid = "x", who = '"444455556666"' }, statement { condition = "2100-01-01" })
    local changed, detail, text = granted(there, LATER)
    assert.is_true(changed)
    assert.equal("until 2101-01-01T00:00:00Z (was until 2100-01-01T00:00:00Z)", detail.why)
    assert.equal((there:gsub("2100%-01%-01", "2101-01-01T00:00:00Z")), text)
  end)

  it("is unchanged under the date that it has, however it is spelled, and under none asked for", function()
    local there = document(statement { condition = "2100-01-01" })
    for _, expires in ipairs { DATE, "as it is" } do
      local changed, detail, text = granted(there, expires ~= "as it is" and expires or nil)
      assert.is_false(changed)
      assert.equal("already allowed by statement 's', until 2100-01-01T00:00:00Z", detail.why)
      assert.equal("2100-01-01T00:00:00Z", detail.expires)
      assert.equal(there, text)
    end
  end)

  it("that has passed is no grant: it refuses and says what to do", function()
    local there = document(statement { condition = "2020-01-01" })
    local changed, err, text = granted(there)
    assert.is_nil(changed)
    assert.equal("GrantEnded", err.code)
    assert.equal("the grant in statement 's' expired on 2020-01-01T00:00:00Z",
      err.message)
    assert.matches("--expires", err.tip, 1, true)
    assert.equal(there, text)
    assert.is_true((granted(there, LATER)))
  end)

  it("loses it, and nothing else", function()
    local changed, detail, text = granted(document(statement { condition = "2020-01-01" }), false)
    assert.is_true(changed)
    assert.equal("without expiry (was until 2020-01-01T00:00:00Z)", detail.why)
    assert.equal(document(statement {}), text)
  end)

  it("is made of one without", function()
    local changed, detail, text = granted(document(statement {}), DATE)
    assert.is_true(changed)
    assert.equal("until 2100-01-01T00:00:00Z (was without expiry)", detail.why)
    assert.is_nil(detail.warning)
    assert.equal(1, #policy.parse(text):statements())
  end)

  it("leaves the others of a statement as they are, and gets one of its own", function()
    local who = ('["%s", "%s"]'):format(ROLE, OTHER)
    local changed, detail, text = granted(document(statement { who = who }), DATE)
    assert.is_true(changed)
    assert.equal("AllowLightsailPull-web", detail.sid)
    local statements = policy.parse(text):statements()
    assert.same({ { type = "AWS", value = OTHER } }, statements[1].principals)
    assert.is_false(statements[1].has_condition)
    assert.same({ { type = "AWS", value = ROLE } }, statements[2].principals)
    assert.is_nil(detail.warning)
  end)

  it("stands in place of all other grants of the role that would outlast it", function()
    local there = document(statement { sid = "a", condition = "2101-01-01" }, statement { sid = "b" },
      statement { sid = "c", condition = "2020-01-01" })
    local changed, _, text = granted(there, DATE)
    assert.is_true(changed)
    assert.equal(document(statement { sid = "a", condition = "2100-01-01T00:00:00Z" },
      statement { sid = "c", condition = "2020-01-01" }), text)
  end)

  it("warns of a statement that is not ours to change and lets the role pull for good", function()
    for warning, theirs in pairs {
      ["statement 'wide' still allows the pull after that date"] = statement { sid = "wide", actions = '"ecr:*"' },
      ["statement 'all' still allows the pull after that date"] = statement { sid = "all", who = '"*"' },
      ["statement 'vpc' may still allow the pull after that date"] = statement { sid = "vpc",
        more = ',"Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}' },
    } do
      local changed, detail, text = granted(document(theirs), DATE)
      assert.is_true(changed)
      assert.equal(warning, detail.warning)
      assert.is_truthy(text:find(theirs, 1, true))
      assert.equal(2, #policy.parse(text):statements())
    end
  end)

  it("is not judged by a Deny that is not in force", function()
    local deny = '{"Sid":"no","Effect":"Deny","Principal":"*","Action":"ecr:*","Condition":{"DateLessThan":'
      .. '{"aws:CurrentTime":"%s"}}}'
    assert.is_nil(select(2, granted(document(deny:format "2020-01-01"), LATER)).warning)
    assert.equal("statement 'no' denies ecr:BatchGetImage to the role: the pull will fail",
      select(2, granted(document(deny:format "2100-01-01"), LATER)).warning)
  end)

  it("keeps the end of the grant of an earlier role", function()
    local there = document(statement { sid = "AllowLightsailPull-web", who = '"AROAEXAMPLEEXAMPLEEXA"',
      condition = "2100-01-01" })
    local changed, detail, text = granted(there)
    assert.is_true(changed)
    assert.equal("replaced an earlier grant, until 2100-01-01T00:00:00Z", detail.why)
    assert.equal(1, #policy.parse(text):statements())
    assert.equal("GrantEnded", select(2, granted((there:gsub("2100", "2020")))).code)
  end)

  it("is joined only with those that end on the same day", function()
    local there = document(statement { sid = "AllowLightsailPull-jobs", who = '"' .. OTHER .. '"' },
      statement { sid = "AllowLightsailPull-mail", who = '"' .. OTHER:gsub("/jobs/", "/mail/") .. '"',
        condition = "2100-01-01T00:00:00Z" })
    local doc = assert(policy.parse(there .. (" "):rep(policy.LIMIT)))
    assert.is_true((grant.edit { role_arn = ROLE, sid = "AllowLightsailPull-web", expires = DATE, now = 0,
      fold = true }(doc)))
    assert.equal(2, #doc:statements())
    assert.equal(1, #doc:statement(1).principals)
    assert.equal(2, #doc:statement(2).principals)
  end)
end)
