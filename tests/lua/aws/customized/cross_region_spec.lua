-- botocore 1.43.11 makes the same signatures for the same time and keys.

local clock = require "lanyard.clock"
local credentials = require "lanyard.credentials"
local modelled = require "modelled"

local AT = setmetatable({ time = function() return 1795867200 end, sleep = function() end }, { __index = clock }) -- 2026-11-28T12:00:00Z

local function members(...)
  local list = {}
  for i, name in ipairs { ... } do list[i] = { name = name, shape = name:find "^[Mm]aster" and "Secret" or "Text" } end
  return { type = "structure", members = list }
end

local RDS = {
  CopyDBSnapshot = members("SourceDBSnapshotIdentifier", "TargetDBSnapshotIdentifier", "PreSignedUrl", "SourceRegion"),
  CopyDBClusterSnapshot = members("SourceDBClusterSnapshotIdentifier", "TargetDBClusterSnapshotIdentifier", "PreSignedUrl", "SourceRegion"),
  CreateDBCluster = members("DBClusterIdentifier", "Engine", "MasterUserPassword", "PreSignedUrl", "SourceRegion", "ReplicationSourceIdentifier"),
  CreateDBInstanceReadReplica = members("DBInstanceIdentifier", "SourceDBInstanceIdentifier", "PreSignedUrl", "SourceRegion"),
  StartDBInstanceAutomatedBackupsReplication = members("SourceDBInstanceArn", "KmsKeyId", "PreSignedUrl", "SourceRegion"),
  DescribeDBSnapshots = members "SourceRegion",
}
local EC2 = { CopySnapshot = { type = "structure", members = {
  { name = "DestinationRegion", shape = "Text", locationName = "destinationRegion" },
  { name = "PresignedUrl", shape = "Text", locationName = "presignedUrl" },
  { name = "SourceRegion", shape = "Text" }, { name = "SourceSnapshotId", shape = "Text" } } } }

local function data(id, inputs)
  local operations, shapes = {}, { Text = { type = "string" }, Secret = { type = "string" } }
  for name, shape in pairs(inputs) do
    operations[name], shapes[name] = { input = { shape = name } }, shape
  end
  return { operations = operations, shapes = shapes, metadata = {
    serviceId = id, protocol = id == "EC2" and "ec2" or "query", endpointPrefix = id == "EC2" and "ec2" or "rds",
    apiVersion = id == "EC2" and "2016-11-15" or "2014-10-31",
  } }
end

local function fields_of(text)
  local fields = {}
  for name, value in text:gmatch "([^&=?]+)=([^&]*)" do
    fields[name] = value:gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end)
  end
  return fields
end

-- Returns the fields of the request, and of the URL in it.
local function sent(id, operation, input, options)
  options = options or {}
  options.client = { clock = AT }
  local client, requests = modelled.client(data(id, id == "EC2" and EC2 or RDS), { modelled.answer(200, "<Response/>") }, options)
  assert(client[operation](client, input))
  local form = fields_of(requests[1].body)
  local url = form.PreSignedUrl or form.PresignedUrl
  local host, query = (url or ""):match "^https://([^/]*)/%?(.*)"
  return form, host, query and fields_of(query)
end

describe("a copy from another Region", function()
  it("has a URL with botocore's signature", function()
    for _, case in ipairs {
      { "RDS", "CopyDBClusterSnapshot", { SourceDBClusterSnapshotIdentifier = "s", TargetDBClusterSnapshotIdentifier = "t" },
        "f7bed9c96c49939e97f8f9d43653a8fd3562c98844f06136f9037e11249fed9d" },
      { "RDS", "CreateDBCluster", { DBClusterIdentifier = "c", Engine = "aurora", ReplicationSourceIdentifier = "arn" },
        "7e6d07645abb1120e787b8356325155abb281015dd7e7243641d17a33ab0686e" },
      { "Neptune", "CopyDBClusterSnapshot", { SourceDBClusterSnapshotIdentifier = "s", TargetDBClusterSnapshotIdentifier = "t" },
        "f7bed9c96c49939e97f8f9d43653a8fd3562c98844f06136f9037e11249fed9d" },
      { "Neptune", "CreateDBCluster", { DBClusterIdentifier = "c", Engine = "neptune" },
        "17c5ea1702cb36aa034998aa221fb92e542bdad40d1cf622f10c98b77cf190ae" },
      { "DocDB", "CreateDBCluster", { DBClusterIdentifier = "c", Engine = "docdb" },
        "626305bc4ba9adce2c2664e3ceb011eeb5678956407640bdd0d5410b8e8367d1" },
    } do
      case[3].SourceRegion = "us-west-2"
      local form, host, url = sent(case[1], case[2], case[3])
      assert.equal("rds.us-west-2.amazonaws.com", host)
      assert.equal(case[4], url["X-Amz-Signature"])
      assert.equal("AKIDEXAMPLE/20261128/us-west-2/rds/aws4_request 3600", url["X-Amz-Credential"] .. " " .. url["X-Amz-Expires"])
      assert.equal("us-east-1", url.DestinationRegion)
      assert.same({}, { form.SourceRegion, form.DestinationRegion, url.SourceRegion })
    end
  end)

  it("has the token of a session, and the Region of the client", function()
    local key = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret", session_token = "tok" }
    local _, _, url = sent("RDS", "CreateDBInstanceReadReplica", { DBInstanceIdentifier = "c", SourceDBInstanceIdentifier = "arn",
      SourceRegion = "us-west-2" }, { credentials = function() return key end })
    assert.equal("7303a32da1dada0be08b262ee9926eb417fb97e5d7f2b398f25a6578aa4c8e84", url["X-Amz-Signature"])
    local _, host
    _, host, url = sent("RDS", "StartDBInstanceAutomatedBackupsReplication", { SourceDBInstanceArn = "arn", KmsKeyId = "k",
      SourceRegion = "eu-west-1" }, { region = "eu-central-1" })
    assert.equal("rds.eu-west-1.amazonaws.com", host)
    assert.equal("1f3b7fbec7bd8c25e983b05db160821d6caa89f8532a979fd14887cbb3801ddb", url["X-Amz-Signature"])
  end)

  it("keeps the caller's URL, and is an ordinary request without another Region", function()
    local input = { SourceDBSnapshotIdentifier = "s", TargetDBSnapshotIdentifier = "t", SourceRegion = "us-west-2", PreSignedUrl = "own" }
    local form = sent("RDS", "CopyDBSnapshot", input)
    assert.same({ Action = "CopyDBSnapshot", Version = "2014-10-31", SourceDBSnapshotIdentifier = "s", TargetDBSnapshotIdentifier = "t",
      PreSignedUrl = "own" }, form)
    assert.equal("us-west-2", input.SourceRegion)
    input = { SourceDBSnapshotIdentifier = "s", TargetDBSnapshotIdentifier = "t" }
    assert.is_nil(sent("RDS", "CopyDBSnapshot", input).PreSignedUrl)
    assert.equal("us-west-2", sent("RDS", "DescribeDBSnapshots", { SourceRegion = "us-west-2" }).SourceRegion)
  end)

  it("has the Region of the client in EC2", function()
    for _, destination in ipairs { false, "us-east-1", "eu-west-1" } do
      local form, host, url = sent("EC2", "CopySnapshot", { SourceRegion = "us-west-2", SourceSnapshotId = "snap-1",
        DestinationRegion = destination or nil })
      assert.equal("ec2.us-west-2.amazonaws.com", host)
      assert.equal("29d4e88caa0b5cb09a0634af7e4b81d01e2b3bf3e8936023d80a8a3108715987", url["X-Amz-Signature"])
      assert.same({ "us-east-1", "us-west-2" }, { form.DestinationRegion, form.SourceRegion })
    end
    assert.equal("own", sent("EC2", "CopySnapshot", { SourceRegion = "us-west-2", PresignedUrl = "own" }).PresignedUrl)
    assert.is_nil(sent("EC2", "CopySnapshot", { SourceSnapshotId = "snap-1" }).PresignedUrl)
  end)

  it("has no password in its URL", function()
    local form, _, url = sent("RDS", "CreateDBCluster", { DBClusterIdentifier = "c", Engine = "aurora", SourceRegion = "us-west-2",
      MasterUserPassword = "planted-value" })
    assert.same({ "planted-value", "aurora" }, { form.MasterUserPassword, url.Engine })
    assert.is_nil(url.MasterUserPassword)
  end)

  it("has an error for a name that is not a Region", function()
    for _, region in ipairs { "evil.example/", "us west", "", "US-WEST-2", "a\nb" } do
      local client, requests = modelled.client(data("RDS", RDS), { modelled.answer(200) })
      local reply, err = client:CreateDBCluster { DBClusterIdentifier = "c", SourceRegion = region }
      assert.is_nil(reply)
      assert.equal("InvalidValue", err.code)
      assert.matches("^SourceRegion: '.*' is not the name of a Region$", err.message)
      assert.equal(0, #requests)
    end
  end)
end)
