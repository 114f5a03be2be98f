-- What AWS refuses to store, and what it accepts.

local json = require "lanyard.json"
local policy = require "lanyard.policy"
local refusals = require "lanyard.policy.lint.refusal"

local DEFAULTS = { Effect = "Allow", Principal = { AWS = "111122223333" }, Action = "ecr:BatchGetImage" }

-- Returns a document with one statement: the defaults with other elements. false removes an element.
local function doc(elements, members)
  local statement, document = {}, { Version = "2012-10-17" }
  for _, source in ipairs { DEFAULTS, elements or {} } do
    for name, value in pairs(source) do
      statement[name] = value or nil
    end
  end
  document.Statement = json.array { statement }
  for name, value in pairs(members or {}) do
    document[name] = value or nil
  end
  return assert(policy.parse(json.encode(document)))
end

local function where(operator, key, value)
  return { Condition = { [operator] = { [key] = value } } }
end

local EMPTY = json.array {}
local REFUSED = {
  { "an Effect in another case", doc { Effect = "allow" }, "statement 1: 'allow' is not an Effect" },
  { "no Effect", doc { Effect = false }, "statement 1: the statement has no Effect" },
  { "an empty Action", doc { Action = EMPTY }, "Action is an empty list" },
  { "an empty NotAction", doc { Action = false, NotAction = EMPTY }, "NotAction is an empty list" },
  { "an empty Resource", doc { Resource = EMPTY }, "Resource is an empty list" },
  { "an empty NotResource", doc { NotResource = EMPTY }, "NotResource is an empty list" },
  { "no Action", doc { Action = false }, "no Action" },
  { "a number as Action", doc { Action = { 1 } }, "type number" },
  { "an Action without a service", doc { Action = "PutImage" }, "'PutImage' is not an action" },
  { "an Action with two colons", doc { Action = "ecr:a:b" }, "'ecr:a:b' is not an action" },
  { "an empty text as Action", doc { Action = "" }, "'' is not an action" },
  { "Principal and NotPrincipal", doc { NotPrincipal = { AWS = "111122223333" } }, "both Principal and NotPrincipal" },
  { "Action and NotAction", doc { NotAction = "ecr:PutImage" }, "both Action and NotAction" },
  { "Resource and NotResource", doc { Resource = "*", NotResource = "*" }, "both Resource and NotResource" },
  { "an unknown element", doc { Comment = "x" }, "'Comment' is not an element of a statement" },
  { "an element in another case", doc { condition = {} }, "write Condition" },
  { "an unknown member", doc({}, { Statements = "x" }), "^'Statements' is not an element of a policy" },
  { "an Id that is not a text", doc({}, { Id = 5 }), "^Id must be a string" },
  { "no statement", doc({}, { Statement = EMPTY }), "^the policy has no statement" },
  { "a Version of another date", doc({}, { Version = "2012-10-18" }), "^Version '2012%-10%-18' does not exist" },
  { "a Version that is not a text", doc({}, { Version = 2012 }), "^Version must be a string" },
  { "an empty list of operands", doc(where("StringEquals", "aws:x", EMPTY)), "aws:x is compared with an empty list" },
  { "null as operand", doc(where("StringEquals", "aws:x", json.null)), "type null" },
  { "an object as operand", doc(where("StringEquals", "aws:x", { a = "b" })), "type object" },
  { "a list as Condition", doc { Condition = EMPTY }, "Condition must be an object" },
  { "an operator without keys", doc { Condition = { StringEquals = "x" } }, "StringEquals must be an object" },
  { "an unknown operator", doc(where("stringequals", "aws:x", "1")), "'stringequals' is not a condition operator" },
  { "an empty Principal", doc { Principal = {} }, "the Principal is empty" },
  { "an empty list of principals", doc { Principal = { AWS = EMPTY } }, "AWS is an empty list" },
  { "no Principal", doc { Principal = false }, "the statement has no Principal" },
  { "a Principal that is a text", doc { Principal = "111122223333" }, "Principal must be" },
  { "a principal of an unknown type", doc { Principal = { Aws = "*" } }, "'Aws' is not an element of a principal" },
  { "an account of 11 digits", doc { Principal = { AWS = "11112222333" } }, "'11112222333' is neither" },
  { "a wildcard as account", doc { Principal = { AWS = "arn:aws:iam::*:root" } }, "contains a wildcard" },
  { "a wildcard in a role", doc { Principal = { AWS = "arn:aws:iam::111122223333:role/*" } }, "contains a wildcard" },
  { "a wildcard as service", doc { Principal = { Service = "*" } }, "'%*' contains a wildcard" },
  { "a wildcard in a service", doc { Principal = { Service = "*.amazonaws.com" } }, "contains a wildcard" },
  { "a wildcard in a provider", doc { Principal = { Federated = "arn:aws:iam::*:saml-provider/x" } }, "contains a wildcard" },
  { "a wildcard as canonical user", doc { Principal = { CanonicalUser = "*" } }, "contains a wildcard" },
  { "a Resource that is not an ARN", doc { Resource = "my-bucket" }, "'my%-bucket' is not an ARN" },
  { "a Sid that is not a text", doc { Sid = 5 }, "Sid must be a string" },
}

-- What identity policies refuse. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
local IDENTITY = { Principal = false, Resource = "*" }

local function identity(elements)
  local all = {}
  for _, source in ipairs { IDENTITY, elements or {} } do
    for name, value in pairs(source) do
      all[name] = value
    end
  end
  return doc(all)
end

local ACCEPTED = {
  { "no Resource", doc() },
  { "no Version", doc({}, { Version = false }) },
  { "Version 2008-10-17 and an Id", doc({}, { Version = "2008-10-17", Id = "x" }) },
  { "one statement outside a list", assert(policy.parse(json.encode { Statement = DEFAULTS })) },
  { "an empty Condition", doc { Condition = {} } },
  { "numbers and Booleans as operands", doc(where("Bool", "aws:SecureTransport", true)) },
  { "everyone", doc { Principal = "*" } }, { "everyone as AWS", doc { Principal = { AWS = "*" } } },
  { "any provider", doc { Principal = { Federated = "*" } } },
  { "NotPrincipal", doc { Principal = false, NotPrincipal = { AWS = "111122223333" }, Effect = "Deny" } },
  { "a deleted role", doc { Principal = { AWS = "AROAEXAMPLEEXAMPLE123" } } },
  { "several types", doc { Principal = { AWS = { "111122223333" }, Service = { "ecs.amazonaws.com" } } } },
  { "a wildcard as Action", doc { Action = { "*", "ecr:*", "ecr:Get?mage" } } },
  { "an action that the linter does not know", doc { Action = "ecr:MakeCoffee" } },
  { "a variable in a Resource", doc { Resource = "arn:aws:s3:::b/${aws:username}" } },
}

describe("a policy that AWS refuses", function()
  for _, case in ipairs(REFUSED) do
    it("has " .. case[1], function()
      for _, type in ipairs { "repository", "resource" } do
        local refusal = assert(refusals.find(case[2], type), type)
        assert.matches(case[3], refusals.text(refusal))
        assert.matches("; AWS refuses the policy: %S+", refusals.text(refusal))
        assert.truthy(refusal.line >= 1 and refusal.column >= 1)
      end
    end)
  end

  it("is an identity policy with a Principal, without a Resource, or with a Sid that IAM refuses", function()
    assert.is_nil(refusals.find(identity(), "identity"))
    assert.is_nil(refusals.find(identity { Sid = "" }, "identity"))
    for expected, elements in pairs {
      ["does not support Principal"] = { Principal = "*" },
      ["no Resource"] = { Resource = false },
      ["letters and digits only"] = { Sid = "a b" },
    } do
      assert.matches(expected, refusals.text(refusals.find(identity(elements), "identity")))
    end
    local statement = { Effect = "Allow", Action = "s3:*", Resource = "*", Sid = "a" }
    local twice = policy.parse(json.encode { Version = "2012-10-17", Statement = { statement, statement } })
    assert.matches("^statement 2: statement 1 has the same Sid 'a'", refusals.text(refusals.find(twice, "identity")))
  end)

  it("is reported at the first fault of its text", function()
    local refusal = refusals.find(policy.parse [[{"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Principal":"*","Action":"ecr:PutImage"},
      {"Effect":"Deny","Principal":"*","Action":[],"Resource":[]}]}]], "repository")
    assert.same({ 2, 3, 49, "empty-list" }, { refusal.statement, refusal.line, refusal.column, refusal.id })
  end)
end)

describe("a policy that AWS accepts", function()
  for _, case in ipairs(ACCEPTED) do
    it("can have " .. case[1], function()
      for _, type in ipairs { "repository", "resource" } do
        local refusal = refusals.find(case[2], type)
        assert.is_nil(refusal and refusals.text(refusal))
      end
    end)
  end

  it("can name an origin access identity of CloudFront for a bucket", function()
    local principal = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE"
    assert.is_nil(refusals.find(doc { Principal = { AWS = principal } }, "resource"))
  end)
end)
