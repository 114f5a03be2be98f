local grant_edit = require "lanyard.access.grant_edit"
local policy = require "lanyard.policy"

local DATE, LATER = 4102444800, 4133980800 -- 2100-01-01, 2101-01-01
local ROLE = "arn:aws:iam::222233334444:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/"
  .. ("0"):rep(52)
local OTHER = ROLE:gsub("/web/", "/jobs/")
local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'

local function statement(fields)
  return ('{"Sid": "%s",  "Effect":"Allow","Principal":{"AWS":%s},"Action":%s%s}'):format(fields.sid or "s",
    fields.principal or '"' .. ROLE .. '"', fields.actions or PULL, fields.condition and
    ', "Condition" :{ "DateLessThan": {"aws:CurrentTime" : "' .. fields.condition .. '"} }' or fields.more or "")
end

local function document(...)
  return '{"Version":"2012-10-17", "Statement":[ ' .. table.concat({ ... }, " ,\n") .. " ]}"
end

-- Grants web the pull in a policy of these statements, twice: the second time must change nothing. Returns whether it
-- changed, the detail, and the policy's text.
local function granted(text, expires, options)
  local doc = assert(policy.parse(text))
  local edit = grant_edit.new { role_arn = ROLE, sid = "AllowLightsailPull-web", expires = expires, now = DATE - 86400,
    fold = options and options.fold }
  local changed, detail = edit(doc)
  if changed ~= nil then
    local again = doc:copy()
    assert.is_false((edit(again)))
    assert.equal(tostring(doc), tostring(again))
  end
  return changed, detail, tostring(doc)
end

describe("a grant that expires", function()
  it("has the date as its condition", function()
    local changed, detail, text = granted('{"Statement":[]}', DATE)
    assert.is_true(changed)
    assert.equal("2100-01-01T00:00:00Z", detail.expires)
    assert.equal("AllowLightsailPull-web", detail.sid)
    assert.is_truthy(text:find('"Condition":{"DateLessThan":{"aws:CurrentTime":"2100-01-01T00:00:00Z"}}', 1, true))
  end)

  it("changes its date, and keeps every other byte", function()
    local before = document(statement { sid = "x", principal = '"444455556666"' }, statement { condition = "2100-01-01" })
    local changed, detail, text = granted(before, LATER)
    assert.is_true(changed)
    assert.equal("until 2101-01-01T00:00:00Z (before: until 2100-01-01T00:00:00Z)", detail.why)
    assert.equal((before:gsub("2100%-01%-01", "2101-01-01T00:00:00Z")), text)
  end)

  it("is unchanged for the same date in any spelling, and if no date is given", function()
    local before = document(statement { condition = "2100-01-01" })
    for _, expires in ipairs { DATE, "as it is" } do
      local changed, detail, text = granted(before, expires ~= "as it is" and expires or nil)
      assert.is_false(changed)
      assert.equal("already allowed by statement 's', until 2100-01-01T00:00:00Z", detail.why)
      assert.equal("2100-01-01T00:00:00Z", detail.expires)
      assert.equal(before, text)
    end
  end)

  it("that has expired is an error, which names --expires", function()
    local before = document(statement { condition = "2020-01-01" })
    local changed, err, text = granted(before)
    assert.is_nil(changed)
    assert.equal("GrantEnded", err.code)
    assert.equal("the grant in statement 's' expired on 2020-01-01T00:00:00Z",
      err.message)
    assert.matches("--expires", err.tip, 1, true)
    assert.equal(before, text)
    assert.is_true((granted(before, LATER)))
  end)

  it("loses its date, and nothing else", function()
    local changed, detail, text = granted(document(statement { condition = "2020-01-01" }), false)
    assert.is_true(changed)
    assert.equal("without expiry (before: until 2020-01-01T00:00:00Z)", detail.why)
    assert.equal(document(statement {}), text)
  end)

  it("is made from a grant without a date", function()
    local changed, detail, text = granted(document(statement {}), DATE)
    assert.is_true(changed)
    assert.equal("until 2100-01-01T00:00:00Z (before: without expiry)", detail.why)
    assert.is_nil(detail.warning)
    assert.equal(1, #policy.parse(text):statements())
  end)

  it("gets its own statement if it shared one, and leaves the other principals there", function()
    local principals = ('["%s", "%s"]'):format(ROLE, OTHER)
    local changed, detail, text = granted(document(statement { principal = principals }), DATE)
    assert.is_true(changed)
    assert.equal("AllowLightsailPull-web", detail.sid)
    local statements = policy.parse(text):statements()
    assert.same({ { type = "AWS", value = OTHER } }, statements[1].principals)
    assert.is_false(statements[1].has_condition)
    assert.same({ { type = "AWS", value = ROLE } }, statements[2].principals)
    assert.is_nil(detail.warning)
  end)

  it("replaces all other grants of the role that would outlast it", function()
    local before = document(statement { sid = "a", condition = "2101-01-01" }, statement { sid = "b" },
      statement { sid = "c", condition = "2020-01-01" })
    local changed, _, text = granted(before, DATE)
    assert.is_true(changed)
    assert.equal(document(statement { sid = "a", condition = "2100-01-01T00:00:00Z" },
      statement { sid = "c", condition = "2020-01-01" }), text)
  end)

  it("warns of a statement of another writer that keeps allowing the pull", function()
    for warning, theirs in pairs {
      ["statement 'wide' still allows the pull after that date"] = statement { sid = "wide", actions = '"ecr:*"' },
      ["statement 'all' still allows the pull after that date"] = statement { sid = "all", principal = '"*"' },
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

  it("ignores a Deny that is not in force", function()
    local deny = '{"Sid":"no","Effect":"Deny","Principal":"*","Action":"ecr:*","Condition":{"DateLessThan":'
      .. '{"aws:CurrentTime":"%s"}}}'
    assert.is_nil(select(2, granted(document(deny:format "2020-01-01"), LATER)).warning)
    assert.equal("statement 'no' denies ecr:BatchGetImage to the role: the pull will fail",
      select(2, granted(document(deny:format "2100-01-01"), LATER)).warning)
  end)

  it("keeps the date of the grant of an earlier role", function()
    local before = document(statement { sid = "AllowLightsailPull-web", principal = '"AROAEXAMPLEEXAMPLEEXA"',
      condition = "2100-01-01" })
    local changed, detail, text = granted(before)
    assert.is_true(changed)
    assert.equal("replaced an earlier grant, until 2100-01-01T00:00:00Z", detail.why)
    assert.equal(1, #policy.parse(text):statements())
    assert.equal("GrantEnded", select(2, granted((before:gsub("2100", "2020")))).code)
  end)

  it("is joined only with grants of the same date", function()
    local before = document(statement { sid = "AllowLightsailPull-jobs", principal = '"' .. OTHER .. '"' },
      statement { sid = "AllowLightsailPull-mail", principal = '"' .. OTHER:gsub("/jobs/", "/mail/") .. '"',
        condition = "2100-01-01T00:00:00Z" })
    local doc = assert(policy.parse((before:gsub("{", '{"Id":"' .. ("x"):rep(policy.LIMIT) .. '",', 1))))
    assert.is_true((grant_edit.new { role_arn = ROLE, sid = "AllowLightsailPull-web", expires = DATE, now = 0,
      fold = true }(doc)))
    assert.equal(2, #doc:statements())
    assert.equal(1, #doc:statement(1).principals)
    assert.equal(2, #doc:statement(2).principals)
  end)
end)
