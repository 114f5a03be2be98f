-- The forms of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html, and the ones with the
-- ARN of a policy (https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns).

local advice = require "lanyard.aws.advice"
local denial = require "lanyard.aws.denial"
local errors = require "lanyard.errors"
local helper = require "helper"

local CALL = "User: arn:aws:iam::111122223333:user/op is not authorized to perform: ecr:SetRepositoryPolicy "
local RESOURCE = "on resource: arn:aws:ecr:us-east-1:111122223333:repository/r "

local function denied(reason, fields)
  local all = { code = "AccessDeniedException", status = 400, service = "ecr", operation = "SetRepositoryPolicy",
    message = CALL .. RESOURCE .. reason }
  for name, value in pairs(fields or {}) do all[name] = value end
  return errors.new(all)
end

-- What an administrator changes for each kind of policy
local CHANGES = {
  ["service control policy"] = "AWS Organizations",
  ["resource control policy"] = "AWS Organizations",
  ["VPC endpoint policy"] = "policy of the VPC endpoint",
  ["permissions boundary"] = "permissions boundary of the caller",
  ["session policy"] = "session policy",
  ["resource-based policy"] = "policy of the repository 'r' or the registry policy",
  ["role trust policy"] = "trust policy of the role",
}

local function assert_no_statement(text)
  assert.is_nil(text:find('"Effect"', 1, true), text)
  assert.is_nil(text:find("lanyard permissions", 1, true), text)
end

describe("the reason of a denied call", function()
  it("is repeated if it names no kind of policy", function()
    for _, reason in ipairs { "the account is suspended", "the role is not allowed by a declarative policy", "no KMS key is enabled" } do
      local text = advice.advice(denied("because " .. reason .. "."))
      assert.equal("AWS denies ecr:SetRepositoryPolicy because " .. reason, (text:gsub("^%s+", "")))
      assert_no_statement(text)
    end
    assert.matches("AWS does not say why", advice.advice(denied "because no policy allows it"), 1, true)
  end)

  for kind, change in pairs(CHANGES) do
    it("is a Deny in a " .. kind .. ", to be changed there", function()
      for _, form in ipairs { "with an explicit deny in a %s", "with an explicit deny in the %s", "with\nan explicit deny in a %s",
        "with an explicit deny in a %s: arn:aws:iam::1:policy/p", "with an explicit deny in a %s, with policy ARN: arn:aws:iam::1:policy/p",
        "with an explicit deny in a %s (Service: Iam, Status Code: 403)", "due to an explicit deny in a %s." } do
        local err = denied(form:format(kind))
        local read = denial.read(err)
        assert.equal(kind, read.kind, form)
        assert.is_true(read.explicit)
        assert.equal(form:find "arn:" and "arn:aws:iam::1:policy/p" or nil, read.policy)
        local text = advice.advice(err)
        assert.matches(change, text, 1, true)
        assert.matches("denies ecr:SetRepositoryPolicy", text, 1, true)
        assert_no_statement(text)
      end
    end)

    it("is that no " .. kind .. " allows it, to be allowed there", function()
      local err = denied(("because no %s allows the ecr:SetRepositoryPolicy action"):format(kind))
      local read = denial.read(err)
      assert.equal(kind, read.kind)
      assert.is_false(read.explicit)
      local text = advice.advice(err)
      assert.matches(change, text, 1, true)
      assert.matches(("no %s allows ecr:SetRepositoryPolicy"):format(kind), text, 1, true)
      assert_no_statement(text)
    end)
  end

  it("is a Deny of the caller's own policies, against which no further Allow helps", function()
    local text = advice.advice(denied "with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/Quarantine")
    assert.matches("identity%-based policy %(arn:aws:iam::aws:policy/Quarantine%) denies", text)
    assert.matches("a further Allow does not override it", text)
    assert_no_statement(text)
  end)

  it("asks for a statement if no identity-based policy allows it", function()
    local text = advice.advice(denied "because no identity-based policy allows the ecr:SetRepositoryPolicy action")
    assert.matches("lacks this statement", text)
    assert.matches('"Action":"ecr:SetRepositoryPolicy"', text, 1, true)
    assert.matches('"Resource":"arn:aws:ecr:us-east-1:111122223333:repository/r"', text, 1, true)
  end)

  it("may be a missing statement if AWS does not say", function()
    local text = advice.advice(denied "")
    assert.matches("AWS does not say why: unless another kind of policy denies it, the caller lacks", text)
    assert.matches('"Action":"ecr:SetRepositoryPolicy"', text, 1, true)
  end)

  it("is a Deny somewhere if AWS does not say where", function()
    local text = advice.advice(denied "with an explicit deny")
    assert.matches("AWS does not say in which policy", text)
    assert_no_statement(text)
  end)

  it("is a service control policy behind a VPC endpoint policy, and `sessions policy` and the old form of a trust policy are known", function()
    assert.equal("service control policy", denial.read(denied
      "with an explicit deny in a VPC endpoint policy transitively through a service control policy").kind)
    assert.equal("session policy", denial.read(denied "with an explicit deny in a sessions policy").kind)
    assert.equal("service control policy",
      denial.read(denied "due to an explicit deny in a Service Control Policy").kind)
    local trust = denial.read(denied "because the role trust policy allows the sts:AssumeRole action")
    assert.same({ "role trust policy", false }, { trust.kind, trust.explicit })
  end)

  it("names a kind that is not known here", function()
    local text = advice.advice(denied "because no declarative policy allows the ecr:SetRepositoryPolicy action")
    assert.matches("no declarative policy allows", text)
    assert_no_statement(text)
    text = advice.advice(denied "with an explicit deny in a declarative policy")
    assert.matches("a Deny statement in a declarative policy denies", text)
    assert_no_statement(text)
  end)

  it("of a role is its trust policy for a web identity, and may be for a caller", function()
    local web = errors.new { code = "AccessDenied", status = 403,
      message = "cannot assume arn:aws:iam::1:role/r: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity" }
    local text = advice.advice(web)
    assert.matches("no role trust policy allows sts:AssumeRoleWithWebIdentity\n +allow the caller in the trust policy of the role", text)
    assert_no_statement(text)
    text = advice.advice(errors.new { code = "AccessDenied", status = 403, message = "cannot assume arn:aws:iam::1:role/r: AccessDenied: "
      .. "User: arn:aws:iam::2:user/op is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/r" })
    assert.matches('"Action":"sts:AssumeRole","Effect":"Allow","Resource":"arn:aws:iam::1:role/r"', text, 1, true)
    assert.matches("the trust policy of the role has to allow the caller, too", text, 1, true)
  end)

  it("can be encoded", function()
    local text = advice.advice(denied("with an explicit deny in a permissions boundary: arn:aws:iam::1:policy/b. "
      .. "Encoded authorization failure message: QN7w7t3-DA_bf"))
    assert.matches("(arn:aws:iam::1:policy/b) denies", text, 1, true)
    assert.matches("aws sts decode-authorization-message --encoded-message QN7w7t3-DA_bf", text, 1, true)
    text = advice.advice(errors.new { code = "UnauthorizedOperation", status = 403, service = "ec2", operation = "RunInstances",
      message = "You are not authorized to perform this operation. Encoded authorization failure message: abc" })
    assert.matches("--encoded-message abc", text, 1, true)
  end)

  it("is read without a resource, and with one in quotes", function()
    local err = denied("", { message = CALL .. "because no identity-based policy allows the ecr:SetRepositoryPolicy action" })
    assert.equal("*", denial.read(err).resource)
    err.message = CALL .. 'on resource: "arn:aws:s3:::bucket/key" because no resource-based policy allows the s3:GetObject action'
    assert.equal("arn:aws:s3:::bucket/key", denial.read(err).resource)
    assert.matches("allow the caller in the policy of arn:aws:s3:::bucket/key", advice.advice(err), 1, true)
    err.message = CALL .. "on resource: arn:aws:ecr:us-east-1:1:repository/r."
    assert.equal("arn:aws:ecr:us-east-1:1:repository/r", denial.read(err).resource)
  end)

  local FOLDER = helper.vectors .. "/cases/"
  if not helper.exists(FOLDER .. "EXPECTED.md") then
    pending("of published cases is not read: there are none at " .. FOLDER)
    return
  end
  for file, kind in pairs { ["41-denied-by-scp"] = "service control policy",
    ["42-denied-by-resource-policy"] = "resource-based policy", ["44-no-vpce-policy"] = "VPC endpoint policy" } do
    it("is read in " .. file, function()
      local err = denied("", { message = helper.read(FOLDER .. file .. ".txt") })
      assert.equal(kind, denial.read(err).kind)
      assert_no_statement(advice.advice(err))
    end)
  end
end)
