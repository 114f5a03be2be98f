local adapted = require "lanyard.awscli.adapted"
local json = require "lanyard.json"
local model = require "lanyard.model"

local service = model.new {
  metadata = {},
  operations = {
    Get = { input = { shape = "In" }, output = { shape = "Out" } }, RunInstances = { input = { shape = "In" } },
    GetBucketLocation = { output = { shape = "Out" } }, GetTemplate = { output = { shape = "Out" } },
    GetConsoleOutput = { output = { shape = "Out" } }, ListBuckets = {},
  },
  shapes = {
    In = { type = "structure", members = { Id = { shape = "ResourceId" }, Name = { shape = "Text" } } },
    Out = { type = "structure", members = { Document = { shape = "policyDocumentType" }, List = { shape = "List" }, Text = { shape = "Text" } } },
    List = { type = "list", member = { shape = "Out" } },
    ResourceId = { type = "string" }, Text = { type = "string" }, policyDocumentType = { type = "string" },
  },
}

local function output(name, operation, value)
  adapted(name, service:operation(operation), value)
  return json.encode(value)
end

-- The rules are from botocore.handlers.
describe("outputs beyond the models", function()
  it("are the policies of IAM as JSON", function()
    assert.equal('{"Document":{"Version":"2012-10-17"},"List":[{"Document":[1]}],"Text":"%7B%7D"}', output("iam", "Get", {
      Document = '{"Version":"2012-10-17"}', Text = "%7B%7D", List = json.array { { Document = "[1]" } },
    }))
    assert.equal('{"Document":"no%20JSON"}', output("iam", "Get", { Document = "no%20JSON" }))
    assert.equal('{"Document":"%7B%7D"}', output("sts", "Get", { Document = "%7B%7D" }))
  end)

  it("are templates as JSON, and the console as text", function()
    assert.equal('{"TemplateBody":{"a":1}}', output("cloudformation", "GetTemplate", { TemplateBody = '{"a":1}' }))
    assert.equal('{"TemplateBody":"a: 1"}', output("cloudformation", "GetTemplate", { TemplateBody = "a: 1" }))
    assert.equal('{"LocationConstraint":null}', output("s3", "GetBucketLocation", {}))
    assert.equal('{"Output":"hi"}', output("ec2", "GetConsoleOutput", { Output = "hi" }))
    assert.equal('{"Output":"hi \u{FFFD}"}', output("ec2", "GetConsoleOutput", { Output = "hi \xff" }))
  end)
end)
