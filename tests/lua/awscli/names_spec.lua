local names = require "lanyard.awscli.names"
local renamed = require "lanyard.awscli.renamed"

describe("names of the AWS CLI", function()
  -- Names of AWS's models, with the ones that botocore.xform_name(name, "-") makes of them.
  for name, expected in pairs {
    repositoryName = "repository-name", DBInstanceIdentifier = "db-instance-identifier", SourceARNs = "source-arns",
    ACL = "acl", SSEKMSKeyId = "ssekms-key-id", MFA = "mfa",
    AuthenticationCode1 = "authentication-code1",
    EC2InstanceId = "ec2-instance-id", VpcIPs = "vpc-ips", S3Bucket = "s3-bucket", Ipv6CidrBlock = "ipv6-cidr-block",
    GrantFullControl = "grant-full-control", ["x-amz-id"] = "x-amz-id", ARNs = "-arns", WhatsAppId = "whats-app-id",
  } do
    it("make " .. expected .. " of the member " .. name, function()
      assert.equal(expected, names.member(name))
    end)
  end

  for name, expected in pairs {
    DescribeRepositories = "describe-repositories", GetEC2RecommendationProjectedMetrics =
      "get-ec2-recommendation-projected-metrics", ListWebACLs = "list-web-acls", ListHITs = "list-hits",
    ListHITsForQualificationType = "list-hits-for-qualification-type", ExecutePartiQLBatch = "execute-partiql-batch",
    CreateCachediSCSIVolume = "create-cached-iscsi-volume", GetOTelEnrichment = "get-otel-enrichment",
    DeleteWhatsAppMessageMedia = "delete-whatsapp-message-media", DescribeDBInstances = "describe-db-instances",
  } do
    it("make " .. expected .. " of the operation " .. name, function()
      assert.equal(expected, names.operation(name))
    end)
  end

  it("have former names", function()
    assert.equal("get-otel-enrichment", names.current "get-o-tel-enrichment")
    assert.equal("describe-images", names.current "describe-images")
  end)

  it("are names of models but for a few services", function()
    assert.equal("s3", names.model_of "s3api")
    assert.equal("codedeploy", names.model_of "deploy")
    assert.equal("config", names.model_of "configservice")
    assert.equal("ecr", names.model_of "ecr")
    assert.is_nil(names.model_of "s3")
    assert.equal("s3api", names.service "s3")
    assert.equal("configservice", names.service "config")
    assert.equal("ecr", names.service "ecr")
  end)

  it("differ from the rules where the AWS CLI has a global option", function()
    assert.equal("notification-endpoint", renamed.option("sns", "subscribe", "endpoint"))
    assert.equal("endpoint", renamed.option("sns", "unsubscribe", "endpoint"))
    assert.equal("kubernetes-version", renamed.option("eks", "create-cluster", "version"))
    assert.equal("campaign-version", renamed.option("pinpoint", "get-campaign-version", "version"))
    assert.equal("template-version", renamed.option("pinpoint", "get-sms-template", "version"))
    assert.equal("ingress", renamed.option("ec2", "create-network-acl-entry", "no-egress"))
    assert.equal("code-sha256", renamed.alias("lambda", "publish-version", "code-sha-256"))
    assert.equal("zone", renamed.alias("lambda", "publish-version", "zone"))
  end)
end)
