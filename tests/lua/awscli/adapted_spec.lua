local adapted = require "lanyard.awscli.adapted"
local json = require "lanyard.json"
local model = require "lanyard.model"

local service = model.new {
  metadata = {},
  operations = {
    Get = { input = { shape = "In" }, output = { shape = "Out" } }, RunInstances = { input = { shape = "In" } },
    CopyObject = {}, ListObjectsV2 = { output = { shape = "Out" } }, GetTemplate = { output = { shape = "Out" } },
    GetConsoleOutput = { output = { shape = "Out" } }, ListBuckets = {},
  },
  shapes = {
    In = { type = "structure", members = { Id = { shape = "ResourceId" }, Name = { shape = "Text" } } },
    Out = { type = "structure", members = { Document = { shape = "policyDocumentType" }, List = { shape = "List" }, Text = { shape = "Text" } } },
    List = { type = "list", member = { shape = "Out" } },
    ResourceId = { type = "string" }, Text = { type = "string" }, policyDocumentType = { type = "string" },
  },
}

local function input(name, operation, value)
  return value, adapted.input(name, service:operation(operation), value)
end

local function output(name, operation, value, is_encoded)
  adapted.output(name, service:operation(operation), value, is_encoded)
  return json.encode(value)
end

-- The rules are from botocore.handlers.
describe("inputs and outputs beyond the models", function()
  it("are the policies of IAM as JSON", function()
    assert.equal('{"Document":{"Version":"2012-10-17"},"List":[{"Document":[1]}],"Text":"%7B%7D"}', output("iam", "Get", {
      Document = "%7B%22Version%22%3A%222012-10-17%22%7D", Text = "%7B%7D", List = json.array { { Document = "[1]" } },
    }))
    assert.equal('{"Document":"no%20JSON"}', output("iam", "Get", { Document = "no%20JSON" }))
    assert.equal('{"Document":"%7B%7D"}', output("sts", "Get", { Document = "%7B%7D" }))
  end)

  it("are templates as JSON, and the console as text", function()
    assert.equal('{"TemplateBody":{"a":1}}', output("cloudformation", "GetTemplate", { TemplateBody = '{"a":1}' }))
    assert.equal('{"TemplateBody":"a: 1"}', output("cloudformation", "GetTemplate", { TemplateBody = "a: 1" }))
    assert.equal('{"Output":"hi"}', output("ec2", "GetConsoleOutput", { Output = "aGk=" }))
  end)

  it("are ids of Route 53 without their path, and user data as base64", function()
    assert.same({ Id = "Z1", Name = "/a/b" }, (input("route53", "Get", { Id = "/hostedzone/Z1", Name = "/a/b" })))
    assert.same({ Id = "/hostedzone/Z1" }, (input("ec2", "Get", { Id = "/hostedzone/Z1" })))
    assert.same({ UserData = "aGk=" }, (input("ec2", "RunInstances", { UserData = "hi" })))
    assert.same({ accountId = "-" }, (input("glacier", "Get", {})))
  end)

  it("are keys of S3 with any character", function()
    assert.same({ CopySource = "b/a%20b%2Bc%3Fd?versionId=x" }, (input("s3", "CopyObject", { CopySource = "b/a b+c?d?versionId=x" })))
    local value, is_encoded = input("s3", "ListObjectsV2", {})
    assert.same({ EncodingType = "url" }, value)
    assert.equal('{"Contents":[{"Key":"a b/é"}],"EncodingType":"url","Prefix":"a+"}', output("s3", "ListObjectsV2", {
      EncodingType = "url", Prefix = "a%2B", Contents = json.array { { Key = "a+b/%C3%A9" } } }, is_encoded))
    value, is_encoded = input("s3", "ListObjectsV2", { EncodingType = "url" })
    assert.is_nil(is_encoded)
    assert.equal('{"EncodingType":"url","Prefix":"a%2B"}', output("s3", "ListObjectsV2", { EncodingType = value.EncodingType, Prefix = "a%2B" }, is_encoded))
  end)
end)
