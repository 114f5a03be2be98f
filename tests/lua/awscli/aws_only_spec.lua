local aws_only = require "lanyard.awscli.aws_only"

describe("what only the AWS CLI has", function()
  it("names the operations that replace a command", function()
    assert.equal("'aws emr create-cluster' is a command of the AWS CLI, not an operation of AWS; "
      .. "use emr run-job-flow, whose options have the form of the API", aws_only.command("emr", "create-cluster"))
    assert.equal("'aws deploy push' is a command of the AWS CLI, not an operation of AWS; "
      .. "use s3api put-object and deploy register-application-revision", aws_only.command("deploy", "push"))
    assert.equal("'aws eks get-token' is a command of the AWS CLI, not an operation of AWS; no operation makes this token",
      aws_only.command("eks", "get-token"))
    assert.matches("; run it with the AWS CLI; lanyard uses its token$", aws_only.command("sso", "login"))
    assert.is_nil(aws_only.command("emr", "run-job-flow"))
  end)

  it("names what to do in place of a service", function()
    assert.matches("^'aws configure' is a command of the AWS CLI, .*; edit the AWS config file", aws_only.service "configure")
    assert.matches("s3api get%-object and put%-object copy one file$", aws_only.service("s3", "sync"))
    assert.matches("s3api get%-object and put%-object copy one file$", aws_only.service "s3")
    assert.matches("s3api delete%-object removes an object$", aws_only.service("s3", "rm"))
    assert.is_nil(aws_only.service "ecrr")
  end)

  it("names what replaces an option", function()
    assert.matches("openssl pkeyutl", aws_only.option("ec2", "get-password-data", "priv-launch-key"))
    assert.matches("^%-%-index%-field has IndexFieldName", aws_only.option("cloudsearch", "define-index-field", "name"))
    assert.is_nil(aws_only.option("ec2", "run-instances", "nothing"))
  end)
end)
