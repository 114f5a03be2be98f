-- Decisions by all layers of policies, for each rule of IAM's documentation, and for published cases
-- (../shared/vectors/policy), which are read in place.

local helper = require "helper"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

local FOLDER = helper.vectors .. "/policy"
local ANSWERS = { Allowed = "allow", ImplicitlyDenied = "implicit-deny", ExplicitlyDenied = "deny" }

-- Cases that this project decides differently, and the reason.
local OTHERWISE = {
  ["Permission boundary implicit deny resource policy allows session, from session"] =
    "its Principal is a bare ARN, which IAM's grammar does not allow: the policy cannot be saved",
  ["Permission boundary implicit deny resource policy allows user"] =
    "its Principal is a bare ARN, which IAM's grammar does not allow: the policy cannot be saved",
}

-- AWS attaches it to every level; the cases omit it.
local RCP_FULL_ACCESS = [[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}]]

local function texts(list)
  local found = {}
  for i, one in ipairs(list) do found[i] = json.encode(one) end
  return found
end

local function levels(list, default)
  if not list then return nil end
  local found = {}
  for i, level in ipairs(list) do
    found[i] = texts(level.policies)
    table.insert(found[i], default)
  end
  return found
end

local files = {}
do
  local pipe <close> = assert(io.popen(("ls '%s' 2>/dev/null"):format(FOLDER)))
  for name in pipe:lines() do files[#files + 1] = name end
end

describe("the published IAM decisions", function()
  if #files == 0 then
    pending("are not here (" .. FOLDER .. ")")
  end
  for _, file in ipairs(files) do
    for number, case in ipairs(json.decode(helper.read(FOLDER .. "/" .. file))) do
      it(("%s %d: %s"):format(file:gsub("%.json$", ""), number, case.name), function()
        local request = case.request
        local boundaries = case.permissionBoundaries
        local answer, _, reason = policy.decide {
          principal = request.principal,
          action = request.action,
          resource = request.resource.resource,
          resource_account = request.resource.accountId,
          context = request.context or {},
          resource_policy = case.resourcePolicy and json.encode(case.resourcePolicy),
          identity_policies = texts(case.identityPolicies),
          -- In the cases an empty list of boundaries means no boundary.
          boundaries = boundaries and #boundaries > 0 and texts(boundaries) or nil,
          scps = levels(case.serviceControlPolicies),
          rcps = levels(case.resourceControlPolicies, RCP_FULL_ACCESS),
        }
        if OTHERWISE[case.name] then
          assert.not_equal(ANSWERS[case.expected.response], answer)
          return
        end
        assert.equal(ANSWERS[case.expected.response], answer, reason)
      end)
    end
  end
end)

describe("policy.decide", function()
  local ROLE = "arn:aws:iam::111122223333:role/x"
  local function text(effect, principal, more)
    local statement = { Sid = "s", Effect = effect, Principal = principal, Action = "ecr:*", Resource = "*" }
    for name, value in pairs(more or {}) do statement[name] = value end
    return json.encode { Version = "2012-10-17", Statement = json.array { statement } }
  end
  local function decided(options)
    options.principal = options.principal or ROLE
    options.action, options.resource = "ecr:BatchGetImage", "arn:aws:ecr:us-east-1:111122223333:repository/a"
    return policy.decide(options)
  end
  it("names the statement, its document and the reason", function()
    local answer, statement, reason = decided { identity_policies = { text("Allow"), text("Deny") } }
    assert.equal("deny", answer)
    assert.equal("s", statement.sid)
    assert.equal("identity policy 2", statement.document)
    assert.matches("^identity policy 2: statement 1 %(s%) denies it", reason)
  end)
  it("allows nothing with an empty layer, and is not limited by a missing one", function()
    assert.equal("allow", (decided { identity_policies = { text "Allow" } }))
    for _, layer in ipairs { "boundaries", "session_policies" } do
      assert.equal("implicit-deny", (decided { identity_policies = { text "Allow" }, [layer] = {} }))
    end
    for _, layer in ipairs { "scps", "rcps" } do
      local answer, _, reason = decided { identity_policies = { text "Allow" }, [layer] = { {} } }
      assert.equal("implicit-deny", answer)
      assert.matches("level 1", reason)
    end
  end)
  it("requires both sides across accounts", function()
    local theirs = "arn:aws:iam::444455556666:role/x"
    local grant = text("Allow", { AWS = theirs })
    assert.equal("implicit-deny", (decided { principal = theirs, resource_policy = grant }))
    assert.equal("implicit-deny", (decided { principal = theirs, identity_policies = { text "Allow" } }))
    assert.equal("allow", (decided { principal = theirs, resource_policy = grant, identity_policies = { text "Allow" } }))
  end)
  it("returns `depends` if a condition decides", function()
    local conditional = text("Allow", nil, { Condition = { Bool = { ["aws:SecureTransport"] = "true" } } })
    assert.equal("depends", (decided { identity_policies = { conditional } }))
    assert.equal("allow", (decided { identity_policies = { conditional }, context = { ["aws:SecureTransport"] = true } }))
    assert.equal("implicit-deny", (decided { identity_policies = { conditional }, boundaries = {} }))
  end)
  it("returns `depends` if a condition of the resource's policy decides, however it names the principal", function()
    local condition = { Bool = { ["aws:SecureTransport"] = "true" } }
    for _, principal in ipairs { "*", ROLE } do
      local conditional = text("Allow", { AWS = principal }, { Condition = condition })
      assert.equal("depends", (decided { resource_policy = conditional }))
      assert.equal("allow", (decided { resource_policy = conditional, context = { ["aws:SecureTransport"] = "true" } }))
      assert.equal("implicit-deny", (decided { resource_policy = conditional, context = {} }))
    end
    local account = text("Allow", { AWS = "111122223333" }, { Condition = condition })
    assert.equal("implicit-deny", (decided { resource_policy = account }))
    assert.equal("depends", (decided { resource_policy = json.encode { Version = "2012-10-17", Statement = json.array {
      { Effect = "Allow", Principal = { AWS = ROLE }, Action = "ecr:*" },
      { Effect = "Deny", Principal = "*", Action = "ecr:*", Condition = condition },
    } } }))
  end)
  it("derives the keys of the principal for conditions", function()
    local own = text("Allow", nil, { Condition = { ArnEquals = { ["aws:PrincipalArn"] = ROLE } } })
    local session = "arn:aws:sts::111122223333:assumed-role/x/session"
    assert.equal("allow", (decided { identity_policies = { own }, context = {}, principal = ROLE }))
    assert.equal("allow", (decided { identity_policies = { own }, context = { ["aws:PrincipalArn"] = ROLE },
      principal = session }))
    assert.equal("depends", (decided { identity_policies = { own }, context = {}, principal = session }))
  end)
  it("refuses a context that contradicts the principal or the resource, even without a policy", function()
    for _, options in ipairs {
      { context = { ["aws:PrincipalArn"] = "arn:aws:iam::111122223333:role/Zzz" } },
      { context = { ["aws:PrincipalAccount"] = "444455556666" }, identity_policies = { text "Allow" } },
      { context = { ["aws:username"] = "x" }, scps = { { text "Allow" } }, partial = true },
      { resource_account = "444455556666" },
    } do
      local ok, err = pcall(decided, options)
      assert.is_false(ok)
      assert.matches("such a request cannot exist: .*: expected .*, found '", err)
    end
  end)
  it("decides a request of an identity provider by the resource's policy", function()
    local trust = text("Allow", { Federated = "*" })
    assert.equal("allow", (decided { principal = "accounts.google.com", resource_policy = trust }))
    assert.equal("allow", (decided { principal = "arn:aws:iam::111122223333:saml-provider/x", resource_policy = trust }))
    assert.equal("implicit-deny", (decided { principal = "ecs.amazonaws.com", resource_policy = trust }))
  end)
  it("names a text that is not a policy", function()
    local answer, err = decided { identity_policies = { text "Allow", "{" } }
    assert.is_nil(answer)
    assert.matches("^identity policy 2: line 1", err.message)
  end)
  it("names the layer that does not allow the request", function()
    local function why(options)
      local _, _, reason = decided(options)
      return reason
    end
    local theirs = "arn:aws:iam::444455556666:role/x"
    assert.equal("no permissions boundary allows it", why { identity_policies = { text "Allow" }, boundaries = {} })
    assert.equal("no identity policy allows it", why { principal = theirs, resource_policy = text("Allow", "*") })
    assert.equal("the resource has no policy that allows it", why { principal = theirs, identity_policies = { text "Allow" } })
    assert.equal("no level has a service control policy", why { identity_policies = { text "Allow" }, scps = {} })
  end)
  it("returns the statement that allows the principal", function()
    local _, statement, reason = decided { resource_policy = json.encode { Version = "2012-10-17", Statement = json.array {
      { Effect = "Allow", Principal = { AWS = "111122223333" }, Action = "*" },
      { Effect = "Allow", Principal = { AWS = ROLE }, Action = "*" },
    } } }
    assert.equal(2, statement.index)
    assert.matches("^resource policy: statement 2 allows it$", reason)
  end)

  describe("with a Deny that can apply", function()
    local REGION = { Condition = { StringNotEquals = { ["aws:RequestedRegion"] = "eu-west-1" } } }
    local ALLOW, MAYBE_DENY = text "Allow", text("Deny", nil, REGION)
    local USER = "arn:aws:iam::111122223333:user/kim"
    local function two(statement, other)
      return json.encode { Version = "2012-10-17", Statement = json.array {
        json.decode(statement).Statement[1], json.decode(other).Statement[1] } }
    end
    local for_all = { Principal = "*", Condition = REGION.Condition }
    for what, options in pairs {
      ["a second identity policy"] = { identity_policies = { ALLOW, MAYBE_DENY } },
      ["the same identity policy"] = { identity_policies = { two(ALLOW, MAYBE_DENY) } },
      ["an identity policy of a user whom the resource's policy names"] = {
        principal = USER, resource_policy = text("Allow", { AWS = USER }), identity_policies = { two(ALLOW, MAYBE_DENY) } },
      ["a boundary of a user whom the resource's policy names"] = {
        principal = USER, resource_policy = text("Allow", { AWS = USER }), boundaries = { two(ALLOW, MAYBE_DENY) } },
      ["a service control policy"] = { identity_policies = { ALLOW }, scps = { { ALLOW, MAYBE_DENY } } },
      ["a resource control policy"] = {
        identity_policies = { ALLOW }, rcps = { { text("Allow", "*"), text("Deny", "*", REGION) } } },
      ["the resource's policy, which allows nothing"] = {
        identity_policies = { ALLOW }, resource_policy = text("Deny", "*", REGION) },
      ["the resource's policy, which also allows the request"] = { identity_policies = { ALLOW },
        resource_policy = two(text("Allow", "*"), text("Deny", "*", for_all)) },
      ["a policy with a conditional Allow before it"] = {
        identity_policies = { ALLOW, two(text("Allow", nil, REGION), MAYBE_DENY) } },
      ["a policy that breaks the grammar"] = { identity_policies = { ALLOW,
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Condition":5}]}' } },
    } do
      it("returns `depends`: " .. what, function()
        local answer, statement, reason = decided(options)
        assert.equal("depends", answer, reason)
        assert.equal("Deny", statement.effect)
        options.context = { ["aws:RequestedRegion"] = "us-east-1" }
        assert.equal(what:find "grammar" and "depends" or "deny", (decided(options)))
        options.context = { ["aws:RequestedRegion"] = "eu-west-1" }
        assert.equal(what:find "grammar" and "depends" or "allow", (decided(options)))
      end)
    end
  end)

  it("denies principals with a boundary by NotPrincipal, even if it excludes them", function()
    local except = text("Deny", nil, { NotPrincipal = { AWS = json.array { ROLE, "111122223333" } } })
    assert.equal("allow", (decided { identity_policies = { text "Allow" }, resource_policy = except }))
    assert.equal("deny", (decided { identity_policies = { text "Allow" }, resource_policy = except,
      boundaries = { text "Allow" } }))
  end)
  it("allows services and anonymous callers by the resource's policy alone", function()
    for _, principal in ipairs { "*", "ecs.amazonaws.com" } do
      assert.equal("allow", (decided { principal = principal, resource_policy = text("Allow", "*"), scps = { {} } }))
      assert.equal("implicit-deny", (decided { principal = principal, resource_policy = text("Allow", { AWS = ROLE }) }))
    end
  end)
  it("exempts service-linked roles from control policies", function()
    local linked = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    assert.equal("allow", (decided { principal = linked, identity_policies = { text "Allow" }, scps = { {} }, rcps = { {} } }))
  end)
  it("needs both sides across partitions, even with the same account id", function()
    local china = "arn:aws-cn:iam::111122223333:user/kim"
    assert.equal("implicit-deny", (decided { principal = china, identity_policies = { text "Allow" } }))
  end)
  it("returns `depends` if the account of a unique id decides", function()
    local id = "AROAEXAMPLEEXAMPLE123"
    local grant = text("Allow", { AWS = id })
    assert.equal("depends", (decided { principal = id, resource_policy = grant }))
    assert.equal("allow", (decided { principal = id, resource_policy = grant, identity_policies = { text "Allow" } }))
    assert.equal("implicit-deny", (decided { principal = id }))
  end)
  it("needs the policy of a key to use the key, but not to list keys", function()
    local own = json.encode { Version = "2012-10-17", Statement = { Effect = "Allow", Action = "kms:*", Resource = "*" } }
    local function kms(action, resource)
      return (policy.decide { principal = ROLE, action = action, resource = resource, identity_policies = { own } })
    end
    assert.equal("implicit-deny", kms("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/k"))
    assert.equal("allow", kms("kms:ListKeys", "*"))
  end)
  it("limits the request by the policy of the VPC endpoint", function()
    local function endpoint(...)
      return (decided { identity_policies = { text "Allow" }, vpc_endpoint_policies = { ... } })
    end
    assert.equal("allow", endpoint(text("Allow", "*")))
    assert.equal("allow", endpoint(text("Allow", { AWS = ROLE }), text("Allow", { AWS = "444455556666" })))
    assert.equal("implicit-deny", endpoint())
    assert.equal("implicit-deny", endpoint(text("Allow", { AWS = "444455556666" })))
    assert.equal("deny", endpoint(text("Allow", "*"), text("Deny", "*")))
    local answer, statement, reason, details = decided { identity_policies = { text "Allow" },
      vpc_endpoint_policies = { text("Allow", "*", { Condition = { StringEquals = { ["aws:PrincipalOrgID"] = "o-x" } } }) } }
    assert.equal("depends", answer)
    assert.equal("VPC endpoint policy 1", statement.document)
    assert.matches("^VPC endpoint policy 1: statement 1 %(s%) allows it to anyone under a condition", reason)
    assert.equal("vpc-endpoint-policy", details.layer)
    assert.equal('aws:PrincipalOrgID = "o-x"', details.when.text)
  end)
  it("does not grant anything by the policy of the VPC endpoint", function()
    assert.equal("implicit-deny", (decided { vpc_endpoint_policies = { text("Allow", { AWS = ROLE }) } }))
  end)
  it("names the layer that decides", function()
    local function layer(options)
      return select(4, decided(options)).layer
    end
    local allow, deny = text "Allow", text "Deny"
    assert.equal("identity-policy", layer { identity_policies = { allow } })
    assert.equal("identity-policy", layer {})
    assert.equal("resource-policy", layer { resource_policy = text("Allow", { AWS = ROLE }) })
    assert.equal("permissions-boundary", layer { identity_policies = { allow }, boundaries = {} })
    assert.equal("session-policy", layer { identity_policies = { allow }, session_policies = { deny } })
    -- The grant of a resource policy to a role is limited by the session policy and the boundary.
    local session = "arn:aws:sts::111122223333:assumed-role/x/s"
    assert.equal("session-policy", layer { principal = session, resource_policy = text("Allow", { AWS = ROLE }),
      session_policies = {} })
    assert.equal("permissions-boundary", layer { principal = session, resource_policy = text("Allow", { AWS = ROLE }),
      boundaries = {} })
    assert.equal("identity-policy", layer { principal = session, session_policies = {} })
    assert.equal("service-control-policy", layer { identity_policies = { allow }, scps = { { allow }, {} } })
    assert.equal("service-control-policy", layer { identity_policies = { allow }, scps = {} })
    assert.equal("resource-control-policy", layer { identity_policies = { allow }, rcps = { { text("Deny", "*") } } })
    assert.is_nil(layer { principal = "111122223333" })
  end)
  it("takes several policies of the resource, and names of policies", function()
    local answer, statement, reason = decided { principal = "*", resource_policy = {
      { policy = text("Allow", { AWS = ROLE }), name = "repository" }, { policy = text("Allow", "*"), name = "registry" } } }
    assert.equal("allow", answer)
    assert.equal("registry", statement.document)
    assert.matches("^registry: ", reason)
    local _, err = decided { identity_policies = { { policy = "{", name = "ci.json" } } }
    assert.matches("^ci.json: line 1", err.message)
  end)
  it("names a policy without a name by its kind and position", function()
    local allow = { policy = text("Allow", nil) }
    assert.equal("identity policy 1", select(2, decided { identity_policies = { allow } }).document)
    assert.equal("service control policy of level 1, 2", select(2, decided { identity_policies = { allow },
      scps = { { allow, { policy = text("Deny", nil) } } } }).document)
    assert.equal("resource policy", select(2, decided { resource_policy = { policy = text("Allow", "*") } }).document)
  end)
  it("says for which values the answer is allow, over all layers", function()
    local function where(key, value) return { Condition = { StringEquals = { [key] = value } } } end
    local function when(options) return select(4, decided(options)).when.text end
    local theirs = "arn:aws:iam::444455556666:role/x"
    assert.equal('a = "1" and b = "2"', when { principal = theirs, resource_policy = text("Allow", { AWS = theirs },
      { Condition = { StringEquals = { a = "1" } } }), identity_policies = { text("Allow", nil, where("b", "2")) } })
    assert.equal('b = "2" or a = "1"', when { resource_policy = text("Allow", { AWS = ROLE },
      { Condition = { StringEquals = { a = "1" } } }), identity_policies = { text("Allow", nil, where("b", "2")) } })
    assert.equal('a = "1" and b != "2"', when { identity_policies = { text("Allow", nil, where("a", "1")) },
      scps = { { text "Allow", text("Deny", nil, where("b", "2")) } } })
    assert.equal('aws:PrincipalAccount = "111122223333"', when { principal = "AROAEXAMPLEEXAMPLE123",
      identity_policies = { text "Allow" } })
  end)
  it("does not say that a layer allows which allows nothing for any values", function()
    local function where(key, value) return { Condition = { StringEquals = { [key] = value } } } end
    local function when(options) return select(4, decided(options)).when.text end
    local own, user = text("Allow", nil, where("b", "2")), "arn:aws:iam::111122223333:user/kim"
    local anyone = text("Allow", "*", where("a", "1"))
    local function to(principal) return text("Allow", { AWS = principal }, where("a", "1")) end
    assert.equal('a = "1"', when { principal = user, resource_policy = to(user), identity_policies = { own }, boundaries = {} })
    assert.equal('a = "1"', when { resource_policy = { text("Allow", { AWS = ROLE }), anyone }, boundaries = {} })
    assert.equal('a = "1"', when { resource_policy = { text("Allow", { AWS = ROLE }), anyone }, session_policies = {} })
    local _, _, _, details = policy.decide { principal = user, action = "sts:AssumeRole", resource = ROLE,
      resource_policy = text("Allow", { AWS = user }, { Action = "sts:*", Condition = { StringEquals = { a = "1" } } }),
      identity_policies = { text("Allow", nil, { Action = "*", Condition = { StringEquals = { b = "2" } } }) } }
    assert.equal('a = "1"', details.when.text)
    local id = "AROAEXAMPLEEXAMPLE123"
    assert.equal('aws:PrincipalAccount = "111122223333" and a = "1"', when { principal = id, resource_policy = to(id),
      identity_policies = { own }, boundaries = {} })
  end)
  -- https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html, "IAM federated user sessions"
  it("limits the sessions of a federated user whom the resource's policy names, but not a session that it names", function()
    local session, kim = "arn:aws:sts::111122223333:federated-user/app", "arn:aws:iam::111122223333:user/kim"
    local function with(principal, options)
      options.principal, options.resource_policy = session, text("Allow", { AWS = principal })
      return (decided(options))
    end
    assert.equal("depends", with(kim, {}))
    assert.equal("allow", with(kim, { issuer = kim }))
    assert.equal("implicit-deny", with(kim, { issuer = kim .. "2" }))
    assert.equal("implicit-deny", with(kim, { issuer = kim, session_policies = { text("Allow", nil, { Action = "s3:*" }) } }))
    assert.equal("allow", with(session, { issuer = kim, session_policies = { text("Allow", nil, { Action = "s3:*" }) } }))
    local _, _, _, details = decided { principal = session, resource_policy = text("Allow", { AWS = kim }) }
    assert.equal('issuer = "' .. kim .. '"', details.when.text)
  end)
  it("allows sts:GetCallerIdentity, whatever denies it", function()
    local answer, statement, reason, details = policy.decide { principal = ROLE, action = "sts:GetCallerIdentity", resource = "*",
      identity_policies = { text("Deny", nil, { Action = "*" }) }, scps = { {} } }
    assert.equal("allow", answer)
    assert.is_nil(statement)
    assert.matches("^AWS allows sts:GetCallerIdentity", reason)
    assert.same({}, details)
    assert.equal("implicit-deny", (policy.decide { principal = "*", action = "sts:GetCallerIdentity" }))
  end)
  it("is a function that a coroutine can run", function()
    assert.equal("implicit-deny", (coroutine.wrap(policy.decide) { principal = ROLE, action = "ecr:PutImage" }))
  end)
  it("raises an error for an unknown field and for a wrong type", function()
    for _, options in ipairs {
      { boundary = {} }, { scp = {} }, { identity_policies = text "Allow" }, { context = "x" }, { principal = 5 },
    } do
      assert.is_false((pcall(decided, options)))
    end
  end)
  it("says what is wrong with a context", function()
    for expected, context in pairs {
      ["context: keys must be strings, got 1"] = { "x" },
      ["context: a: a string, number, boolean or a list of them expected, got a function"] = { a = print },
      ["context: b: a string, number, boolean or a list of them expected, got a table"] = { b = { "x", {} } },
    } do
      assert.has_error(function() decided { context = context } end, "decide: " .. expected)
    end
    assert.error_matches(function() decided { context = { ["a:b"] = "x", ["A:B"] = "x" } } end,
      "^decide: context: .* is given twice, in different letter cases$")
  end)
  it("finds a key among few and among many, in any letter case", function()
    local conditional = text("Allow", nil, { Condition = { StringEquals = { ["a:k7"] = "7" } } })
    for _, count in ipairs { 7, 8, 9, 40 } do
      local context = {}
      for i = 1, count do context["A:K" .. i] = tostring(i) end
      assert.equal("allow", (decided { identity_policies = { conditional }, context = context }))
      context["A:K7"] = "8"
      assert.equal("implicit-deny", (decided { identity_policies = { conditional }, context = context }))
    end
  end)
end)
