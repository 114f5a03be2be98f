local extras = require "lanyard.awscli.extras"
local json = require "lanyard.json"
local words = require "lanyard.awscli.words"

-- Returns the input that options make, as JSON, or the message.
local function input(service, operation, options)
  local made, list = {}, extras.of(service, operation)
  for _, given in ipairs(options) do
    for _, extra in ipairs(list) do
      if extra.name == given[1] then
        local ok, message = extra.set(made, given[2] or {})
        if not ok then
          return message
        end
      end
    end
  end
  if list.finish then
    list.finish(made)
  end
  return json.encode(made)
end

-- The AWS CLI 1.45 makes the same input.
describe("short options of lanyard aws", function()
  it("make permissions of security groups", function()
    assert.equal('{"IpPermissions":[{"FromPort":22,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"10.0.0.0/8"}],"ToPort":22}]}',
      input("ec2", "authorize-security-group-ingress", { { "protocol", { "tcp" } }, { "port", { "22" } }, { "cidr", { "10.0.0.0/8" } } }))
    assert.equal('{"IpPermissions":[{"FromPort":80,"IpProtocol":"-1","Ipv6Ranges":[{"CidrIpv6":"::/0"}],"ToPort":90}]}',
      input("ec2", "revoke-security-group-egress", { { "protocol", { "all" } }, { "port", { "80-90" } }, { "cidr", { "::/0" } } }))
    assert.equal('{"IpPermissions":[{"FromPort":-1,"ToPort":-1,"UserIdGroupPairs":[{"GroupId":"sg-1","UserId":"1"}]}]}',
      input("ec2", "authorize-security-group-ingress", { { "port", { "all" } }, { "source-group", { "sg-1" } }, { "group-owner", { "1" } } }))
    assert.equal("'x' is not a port, a range such as 80-90, or all",
      input("ec2", "authorize-security-group-ingress", { { "port", { "x" } } }))
  end)

  it("count instances and give them public addresses", function()
    assert.equal('{"MaxCount":1,"MinCount":1}', input("ec2", "run-instances", {}))
    assert.equal('{"MaxCount":3,"MinCount":2}', input("ec2", "run-instances", { { "count", { "2:3" } } }))
    assert.equal("'two' is not a number, or a range such as 1:3", input("ec2", "run-instances", { { "count", { "two" } } }))
    local list = extras.of("ec2", "run-instances")
    local made = { SubnetId = "s", SecurityGroupIds = json.array { "g" }, MinCount = 1, MaxCount = 1 }
    list[2].set(made, {})
    list.finish(made)
    assert.equal('{"MaxCount":1,"MinCount":1,"NetworkInterfaces":[{"AssociatePublicIpAddress":true,"DeviceIndex":0,"Groups":["g"],'
      .. '"SubnetId":"s"}]}', json.encode(made))
  end)

  it("set members of structures", function()
    assert.equal('{"MetricData":[{"Dimensions":[{"Name":"a","Value":"b"}],"MetricName":"m","StatisticValues":{"Sum":5},"Value":1.5}]}',
      input("cloudwatch", "put-metric-data", { { "metric-name", { "m" } }, { "value", { "1.5" } }, { "dimensions", { "a=b" } },
        { "statistic-values", { "Sum=5" } } }))
    assert.equal("'x' is not a number", input("cloudwatch", "put-metric-data", { { "value", { "x" } } }))
    assert.equal('{"Destination":{"ToAddresses":["a","b"]},"Message":{"Body":{"Text":{"Data":"t"}},"Subject":{"Data":"s"}}}',
      input("ses", "send-email", { { "to", { "a", "b" } }, { "subject", { "s" } }, { "text", { "t" } } }))
    assert.matches('^{"InvalidationBatch":{"CallerReference":"lanyard%-%d+%-%x+","Paths":{"Items":%["/a","/b"%],"Quantity":2}}}$',
      input("cloudfront", "create-invalidation", { { "paths", { "/a", "/b" } } }))
    assert.equal('{"Code":{"ZipFile":"aGk="}}', input("lambda", "create-function", { { "zip-file", { "aGk=" } } }))
    assert.same({}, extras.of("ecr", "describe-images"))
  end)

  -- The AWS CLI makes this configuration of a distribution (aws cloudfront create-distribution).
  it("make the configuration of a distribution", function()
    local function config(...)
      local made = json.decode(input("cloudfront", "create-distribution", { ... })).DistributionConfig
      assert.matches("^lanyard%-%d+%-%x+$", made.CallerReference)
      made.CallerReference = nil
      return made
    end
    local function expected(origin, root)
      return {
        Comment = "", Enabled = true, DefaultRootObject = root,
        Origins = { Quantity = origin and 1 or 0, Items = json.array { origin } },
        DefaultCacheBehavior = {
          TargetOriginId = origin and origin.Id or "placeholder", ViewerProtocolPolicy = "allow-all", MinTTL = 0,
          ForwardedValues = { QueryString = false, Cookies = { Forward = "none" } }, TrustedSigners = { Enabled = false, Quantity = 0 },
        },
      }
    end
    local root = { "default-root-object", { "index.html" } }
    for domain, kind in pairs {
      ["b.s3.amazonaws.com"] = { S3OriginConfig = { OriginAccessIdentity = "" } },
      ["www.example.com"] = { CustomOriginConfig = { HTTPPort = 80, HTTPSPort = 443, OriginProtocolPolicy = "http-only" } },
      ["b.s3-us-gov-west-1.amazonaws.com"] = { CustomOriginConfig = { HTTPPort = 80, HTTPSPort = 443, OriginProtocolPolicy = "http-only" } },
    } do
      local given = { "origin-domain-name", { domain } }
      for _, case in ipairs { { config(given) }, { config(given, root), "index.html" }, { config(root, given), "index.html" } } do
        local id = case[1].Origins.Items[1].Id
        assert.equal(domain .. "-", id:sub(1, #domain + 1))
        kind.Id, kind.DomainName, kind.OriginPath = id, domain, ""
        assert.same(expected(kind, case[2]), case[1])
      end
    end
    assert.same(expected(nil, "index.html"), config(root))
  end)

  it("exclude the option of the whole member", function()
    for _, case in ipairs {
      { "cloudfront", "create-distribution", "origin-domain-name", "distribution-config" },
      { "cloudfront", "create-distribution", "default-root-object", "distribution-config" },
      { "cloudfront", "create-invalidation", "paths", "invalidation-batch" },
      { "cloudwatch", "put-metric-data", "unit", "metric-data" }, { "ses", "send-email", "bcc", "destination" },
      { "ses", "send-email", "html", "message" },
    } do
      local options = { [case[4]] = { name = case[4], kind = "value", member = "Whole" } }
      for _, extra in ipairs(extras.of(case[1], case[2])) do
        options[extra.name] = { name = extra.name, kind = extra.kind, extra = extra }
      end
      for first, second in pairs { [case[3]] = case[4], [case[4]] = case[3] } do
        local line, mistake = words.split({ "--" .. first, "a", "--" .. second, "b" }, function(name) return options[name] end)
        assert.is_nil(line)
        assert.equal(("option '--%s' excludes '--%s'"):format(second, first), mistake.message)
      end
    end
  end)
end)
