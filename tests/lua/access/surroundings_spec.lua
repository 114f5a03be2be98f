local json = require "lanyard.json"
local policy = require "lanyard.policy"
local pull = require "lanyard.access.pull"
local surroundings = require "lanyard.access.surroundings"

-- Returns a region whose registry answers with a reply or an error.
local function region_with(reply, err, scope)
  return { shared = {}, ecr = {
    GetRegistryPolicy = function() return reply, err end,
    GetAccountSetting = function(_, request) return scope and { name = request.name, value = scope }, { code = "No" } end,
  } }
end

local ANY = '{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:*","Resource":"*"}}'

describe("the registry policy", function()
  it("has its statements, and decides pulls unless its scope is V1", function()
    for scope, decides in pairs { V1 = false, V2 = true } do
      local found = assert(surroundings.registry(region_with({ policyText = ANY }, nil, scope)))
      assert.equal(1, #found.statements)
      assert.equal("Allow", found.statements[1].effect)
      assert.equal(scope, found.scope)
      assert.equal(decides, found.decides ~= nil)
    end
  end)

  it("has its statements, and decides nothing, if its scope cannot be read", function()
    local found = assert(surroundings.registry(region_with { policyText = ANY }))
    assert.same({ 1, "No" }, { #found.statements, found.scope_err.code })
    assert.is_nil(found.decides)
  end)

  it("has no statements when it does not exist", function()
    local found = assert(surroundings.registry(region_with(nil, { code = "RegistryPolicyNotFoundException" })))
    assert.same({}, found.statements)
    assert.is_nil(found.doc)
  end)

  it("is an error when it cannot be read, is missing in the reply or is invalid", function()
    local denied = { code = "AccessDeniedException" }
    assert.equal(denied, select(2, surroundings.registry(region_with(nil, denied))))
    assert.equal("NoPolicy", select(2, surroundings.registry(region_with {})).code)
    local _, err = surroundings.registry(region_with { policyText = "none" })
    assert.equal("UnreadablePolicy", err.code)
    assert.matches("^cannot read the registry policy: line 1", err.message)
  end)
end)

local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/id"
local REPOSITORY = { arn = "arn:aws:ecr:us-east-1:111122223333:repository/web" }
local NOW = 1800000000

local function statement(effect, condition, more)
  return ('{"Sid":"%s","Effect":"%s","Principal":"*","Action":"ecr:*"%s%s}'):format(effect:lower(), effect, more or "",
    condition and ',"Condition":{' .. condition .. "}" or "")
end

local function document(version, ...)
  return ('{"Version":"%s","Statement":[%s]}'):format(version, table.concat({ ... }, ","))
end

-- Returns a region whose caller may not read its organization.
local function without_organization(region)
  region.session = { client = function()
    return { list = function() return nil, { code = "Denied" } end }
  end }
  return region
end

-- Decides with statements of the repository's policy and of the registry's. organization: the caller's
local function decide(own, registry, organization)
  local region = region_with(registry and { policyText = registry }, not registry
    and { code = "RegistryPolicyNotFoundException" } or nil, "V2")
  region.session = { client = function()
    return { list = function(_, operation)
      return operation == "ListAccounts" and organization and { { Id = "111122223333",
        Arn = "arn:aws:organizations::111122223333:account/" .. organization .. "/111122223333" } }, { code = "Denied" }
    end }
  end }
  local found = pull.decide(surroundings.of(region), own and assert(policy.parse(own)), ROLE, REPOSITORY, NOW)
  return found.decision .. (found.reason and ": " .. found.reason or "")
end

local V, OLD = "2012-10-17", "2008-10-17"
local RESOURCE = ',"Resource":"*"'
local DENIES = "deny: statement 'deny' denies ecr:BatchGetImage to the role"
local OUTSIDE = ", which pulls from outside the account's VPCs (unconfirmed: AWS documents no source)"

describe("a pull", function()
  it("is decided by the policies of the repository and of the registry together", function()
    local allow, deny = document(V, statement "Allow"), document(V, statement "Deny")
    local allow_all, deny_all = document(V, statement("Allow", nil, RESOURCE)), document(V, statement("Deny", nil, RESOURCE))
    assert.equal("allow", decide(allow))
    assert.equal("deny: it has no policy", decide(nil))
    assert.equal("allow", decide(nil, allow_all))
    assert.equal("allow", decide(allow, allow_all))
    assert.equal(DENIES, decide(deny, allow_all))
    assert.equal("deny: statement 'deny' of the registry policy denies ecr:BatchGetImage to the role", decide(allow, deny_all))
    local elsewhere = document(V, statement("Deny", nil, ',"Resource":"arn:aws:ecr:us-east-1:111122223333:repository/other"'))
    assert.equal("allow", decide(allow, elsewhere))
    assert.equal("deny: no statement allows the role to call ecr:BatchGetImage now", decide(nil, elsewhere))
  end)

  it("reads each policy in its own version", function()
    local literal = statement("Allow", '"StringEquals":{"aws:ResourceAccount":"${aws:ResourceAccount}"}')
    assert.equal("allow", decide(document(V, literal), document(V, statement("Allow", nil, RESOURCE))))
    local deny = statement("Deny", '"StringNotEquals":{"aws:ResourceAccount":"${aws:ResourceAccount}"}')
    assert.equal("allow", decide(document(V, statement "Allow", deny), document(V, statement("Allow", nil, RESOURCE))))
    assert.equal(DENIES, decide(document(OLD, statement "Allow", deny), document(V, statement("Allow", nil, RESOURCE))))
    local named = deny:gsub('"Sid":"deny"', '"Sid":"2012-10-17"')
    assert.matches("^deny: ", decide(document(OLD, statement "Allow", named), document(V, statement("Allow", nil, RESOURCE))))
  end)


  -- The account of the role is Lightsail's, Lightsail pulls from its own network, and the resource is the repository.
  for condition, expected in pairs {
    ['"StringNotEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}'] = DENIES .. OUTSIDE,
    ['"StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-0123456789abcdef0"}'] = DENIES .. OUTSIDE,
    ['"StringEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}'] = "allow",
    ['"Null":{"aws:SourceVpc":"true"}'] = DENIES .. OUTSIDE,
    ['"IpAddress":{"aws:SourceIp":["0.0.0.0/0","::/0"]}'] = DENIES,
    ['"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1","::/0"]}'] = DENIES,
    ['"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}'] = DENIES .. " depending on aws:SourceIp",
    ['"StringNotEquals":{"aws:PrincipalTag/team":"web"}'] = DENIES .. " depending on aws:PrincipalTag/team",
    ['"StringNotEquals":{"aws:ResourceAccount":"111122223333"}'] = "allow",
    ['"StringEquals":{"aws:ResourceAccount":"111122223333"}'] = DENIES,
    ['"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}'] = DENIES,
    ['"ForAnyValue:StringNotLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}'] = DENIES
      .. " if account 947856326339 is in an organization other than o-a1b2c3d4e5",
    -- Only calls of service principals have the source.
    ['"StringNotEquals":{"aws:SourceAccount":"111122223333"}'] = DENIES,
    ['"StringNotEqualsIfExists":{"aws:SourceOrgID":"o-a1b2c3d4e5"}'] = DENIES,
    ['"StringNotEqualsIfExists":{"aws:SourceAccount":"111122223333"},"Null":{"aws:SourceArn":"false"}'] = "allow",
    ['"ForAnyValue:StringLike":{"aws:SourceOrgPaths":"o-a1b2c3d4e5/*"}'] = "allow",
    -- A key that does not exist is in no request.
    ['"StringNotEquals":{"aws:PrincipalOrgIdd":"o-a1b2c3d4e5"}'] = DENIES,
    ['"StringEquals":{"aws:PrincipalOrgIdd":"o-a1b2c3d4e5"}'] = "allow",
    ['"StringNotEqualsIfExists":{"PrincipalOrgID":"o-a1b2c3d4e5"}'] = DENIES,
    ['"StringNotEquals":{"s3:prefix":"a"}'] = DENIES,
    ['"StringNotEquals":{"example.com:sub":"a"}'] = DENIES .. " depending on example.com:sub",
    ['"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}'] = DENIES .. " unless account 947856326339 is in o-a1b2c3d4e5",
    ['"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}'] =
      DENIES .. " unless account 947856326339 is in o-a1b2c3d4e5",
    ['"DateGreaterThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}'] = DENIES,
    ['"DateGreaterThan":{"aws:CurrentTime":"2028-01-01T00:00:00Z"}'] = "allow",
    ['"Bool":{"aws:SecureTransport":"false"}'] = "allow",
    ['"BoolIfExists":{"aws:SecureTransport":"false"},"NumericLessThan":{"s3:TlsVersion":"1.2"}'] = "allow",
    ['"NotIpAddress":{"aws:SourceIp":["0.0.0.0/0","::/0"]}'] = "allow",
    ['"NotIpAddress":{"aws:SourceIp":["128.0.0.0/1","0.0.0.0/1","::/0"]}'] = "allow",
    ['"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}'] = "allow",
    ['"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}'] = DENIES,
    ['"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}'] = DENIES,
    ['"Bool":{"aws:MultiFactorAuthPresent":"true"}'] = "allow",
    ['"StringNotEquals":{"aws:ResourceOrgID":"o-a1b2c3d4e5"}'] = DENIES .. " depending on aws:ResourceOrgID",
    ['"StringNotEquals":{"aws:PrincipalType":"AssumedRole"}'] = "allow",
    ['"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/amazon/lightsail/*"}'] = "allow",
    ['"StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-0123456789abcdef0"},"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"}'] =
      DENIES .. " depending on aws:SourceIp",
  } do
    it("denied under " .. condition, function()
      local policies = document(V, statement "Allow", statement("Deny", condition))
      local text = expected:gsub("^deny: (.*)ecr:BatchGetImage( to the role [dui].*)$", "depends: %1ecr:GetDownloadUrlForLayer%2")
      assert.equal(text, decide(policies))
    end)
  end

  it("is decided by the organization of the repository where it is known", function()
    local function unless(id)
      return document(V, statement "Allow", statement("Deny", '"StringNotEquals":{"aws:ResourceOrgID":"' .. id .. '"}'))
    end
    assert.equal("allow", decide(unless "o-a1b2c3d4e5", nil, "o-a1b2c3d4e5"))
    assert.equal(DENIES, decide(unless "o-other00000", nil, "o-a1b2c3d4e5"))
    local only = document(V, statement("Allow", '"StringEquals":{"aws:ResourceOrgID":"o-a1b2c3d4e5"}'))
    assert.equal("allow", decide(only, nil, "o-a1b2c3d4e5"))
    assert.equal("deny: no statement allows the role to call ecr:BatchGetImage now", decide(only, nil, "o-other00000"))
    assert.matches("^depends: a condition decides", decide(only))
  end)

  local PATTERN = ROLE:gsub("/id$", "/*")
  for condition, expected in pairs {
    ['"Bool":{"aws:SecureTransport":"true"}'] = ('the condition "ArnNotLike": {"aws:PrincipalArn": "%s"} to'):format(PATTERN),
    ['"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}'] =
      ('"%s" to the values of aws:PrincipalArn under ArnNotLike in'):format(PATTERN),
    ['"StringNotLikeIfExists":{"aws:principalarn":["arn:aws:iam::111122223333:*"]}'] =
      ('"%s" to the values of aws:principalarn under StringNotLikeIfExists in'):format(PATTERN),
    ['"StringNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/a"}'] =
      ('the condition "ArnNotLike": {"aws:PrincipalArn": "%s"} to'):format(PATTERN),
    ['"ArnNotLike":{"aws:SourceArn":"arn:aws:s3:::a"}'] = ('"aws:PrincipalArn": "%s" to ArnNotLike in'):format(PATTERN),
  } do
    it("is exempted from a Deny under " .. condition, function()
      local doc = assert(policy.parse(document(V, statement "Allow", statement("Deny", condition))))
      local around = surroundings.of(without_organization(region_with(nil, { code = "RegistryPolicyNotFoundException" })))
      local found = pull.decide(around, doc, ROLE, REPOSITORY, NOW)
      assert.equal("to exempt the role, add " .. expected .. " that statement", found.advice)
    end)
  end

  it("is denied by an Allow whose condition no pull satisfies", function()
    assert.equal("allow", decide(document(V, statement("Allow", '"Bool":{"aws:SecureTransport":"true"}'))))
    assert.equal("deny: no statement allows the role to call ecr:BatchGetImage: the condition of statement 'allow' does not hold",
      decide(document(V, statement("Allow", '"Bool":{"aws:MultiFactorAuthPresent":"true"}'))))
  end)

  it("is denied for certain where the caller's organization is known, and is the one that the Deny excepts", function()
    local function under(id)
      return document(V, statement "Allow", statement("Deny", '"StringNotEquals":{"aws:PrincipalOrgID":"' .. id .. '"}'))
    end
    assert.equal(DENIES, decide(under "o-a1b2c3d4e5", nil, "o-a1b2c3d4e5"))
    assert.matches("^depends: ", decide(under "o-other00000", nil, "o-a1b2c3d4e5"))
    assert.equal(DENIES, decide(document(V, statement "Allow",
      statement("Deny", '"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}')), nil, "o-a1b2c3d4e5"))
  end)
end)

-- Every certain decision is compared with requests that have each value of what is not known of a pull.
describe("a certain decision about a pull", function()
  local torture = require "torture"
  local TESTS = {
    { "aws:PrincipalOrgID", "String", "o-a1b2c3d4e5", "o-other00000", "o-*" }, { "aws:SourceVpc", "String", "vpc-12345678", "*" },
    { "aws:SourceIp", "Ip", "0.0.0.0/0", "::/0", "203.0.113.0/24", "128.0.0.0/1", "0.0.0.0/1" },
    { "aws:PrincipalTag/x", "String", "a", "b*" }, { "aws:ResourceOrgID", "String", "o-a1b2c3d4e5", "o-other00000" },
    { "aws:RequestedRegion", "String", "us-east-1", "eu-west-1", "us-*" }, { "aws:SecureTransport", "Bool", "true", "false" },
    { "aws:MultiFactorAuthPresent", "Bool", "true", "false" }, { "aws:PrincipalAccount", "String", "111122223333", "947856326339" },
    { "aws:PrincipalArn", "Arn", "arn:aws:iam::*:role/amazon/*", "arn:aws:iam::111122223333:role/x" },
    { "aws:CurrentTime", "Date", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z" },
  }
  local OPERATORS = {
    String = { "StringEquals", "StringNotEquals", "StringLike", "StringNotLike" }, Ip = { "IpAddress", "NotIpAddress" },
    Bool = { "Bool" }, Arn = { "ArnLike", "ArnNotLike" }, Date = { "DateLessThan", "DateGreaterThan" },
  }

  local function condition(one_of, random)
    local all = {}
    for _ = 1, random(3) do
      local row = one_of(TESTS)
      local key, values = row[1], json.array {}
      for i = 1, random(2) do values[i] = row[2 + random(#row - 2)] end
      local operator, operands = one_of(OPERATORS[row[2]]) .. one_of { "", "", "IfExists" }, values
      if random(8) == 1 then operator, operands = "Null", one_of { "true", "false" } end
      all[operator] = all[operator] or {}
      all[operator][key] = operands
    end
    return all
  end

  -- Returns the keys of a pull, each that is not known with one of its values.
  local function context(one_of, organization)
    local id = one_of { false, "o-other00000", organization and "o-third00000" or "o-a1b2c3d4e5" } or nil
    return {
      ["aws:SecureTransport"] = "true", ["aws:RequestedRegion"] = "us-east-1", ["aws:CurrentTime"] = "2027-01-15T08:00:00Z",
      ["aws:EpochTime"] = tostring(NOW), ["aws:SourceIp"] = one_of { "203.0.113.9", "198.51.100.7", "2001:db8::1" },
      ["aws:ResourceOrgID"] = organization or one_of { "o-a1b2c3d4e5", "o-other00000" }, ["aws:PrincipalOrgID"] = id,
      ["aws:PrincipalTag/x"] = one_of { "a", "b1", false } or nil, ["aws:MultiFactorAuthPresent"] = one_of { "false", false } or nil,
    }
  end

  it("holds for every value of what is not known", function()
    local random, certain = torture.random(), 0
    local function one_of(list) return list[random(#list)] end
    for _ = 1, torture.choose(250, 5000) do
      local organization = one_of { "o-a1b2c3d4e5", false } or nil
      local text = json.encode { Version = V, Statement = json.array {
        { Sid = "allow", Effect = "Allow", Principal = "*", Action = "ecr:*" },
        { Sid = "deny", Effect = "Deny", Principal = "*", Action = "ecr:*", Condition = condition(one_of, random) },
      } }
      local decision, doc = decide(text, nil, organization):match "^%l+", assert(policy.parse(text))
      certain = certain + (decision ~= "depends" and 1 or 0)
      for _ = 1, decision ~= "depends" and 20 or 0 do
        local values = context(one_of, organization)
        local answer = doc:can { principal = ROLE, action = "ecr:BatchGetImage", resource = REPOSITORY.arn, context = values }
        assert.equal(decision, answer, text .. " " .. json.encode(values))
      end
    end
    assert.is_true(certain > 50)
  end)
end)
