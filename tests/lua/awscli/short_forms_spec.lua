local helper = require "helper"
local input_of = require "lanyard.awscli.input"
local json = require "lanyard.json"
local model = require "lanyard.model"
local options_of = require "lanyard.awscli.options"
local words = require "lanyard.awscli.words"

local TEXT = { shape = "Text" }
local service = model.new {
  metadata = {},
  operations = { Any = { input = { shape = "Input" } } },
  shapes = {
    Text = { type = "string" }, Flag = { type = "boolean" }, Texts = { type = "list", member = TEXT },
    Location = { type = "structure", members = { bucket = TEXT, key = TEXT } },
    GitHub = { type = "structure", members = { repository = TEXT, commitId = TEXT } },
    Revision = { type = "structure", members = {
      revisionType = TEXT, s3Location = { shape = "Location" }, gitHubLocation = { shape = "GitHub" } } },
    Expression = { type = "structure", members = { ExpressionName = TEXT, ExpressionValue = TEXT } },
    Group = { type = "structure", members = { allSupported = { shape = "Flag" } } },
    Recorder = { type = "structure", members = { name = TEXT, recordingGroup = { shape = "Group" } } },
    Tag = { type = "structure", members = { Key = TEXT, Value = TEXT } }, Tags = { type = "list", member = { shape = "Tag" } },
    Any = { type = "structure", document = true, members = {} }, Anys = { type = "list", member = { shape = "Any" } },
    Input = { type = "structure", members = {
      revision = { shape = "Revision" }, Expression = { shape = "Expression" }, ConfigurationRecorder = { shape = "Recorder" },
      ClusterStates = { shape = "Texts" }, Tags = { shape = "Tags" }, pipelineObjects = { shape = "Anys" },
      parameterObjects = { shape = "Anys" }, parameterValues = { shape = "Anys" },
    } },
  },
}

-- Returns the input as JSON and what is saved, or nil and the message.
local function make(command, ...)
  local name, operation = command:match "(%S+) (%S+)"
  local options = options_of.of(name, service, service:operation "Any", operation)
  local line, wrong = words.split({ ... }, function(option) return options_of.find(options, option) end)
  local result
  if line then
    result, wrong = input_of.make(options, service:operation "Any", line, { binary_format = "base64" })
  end
  if not result then
    return nil, wrong.message
  end
  return json.encode(result.input), result.saves
end

-- The AWS CLI 1.45 makes the same inputs.
describe("short forms of lanyard aws", function()
  it("set the revision of a deployment", function()
    assert.equal('{"revision":{"revisionType":"S3","s3Location":{"bucket":"b","key":"k"}}}',
      (make("deploy create-deployment", "--s3-location", "bucket=b,key=k")))
    assert.equal('{"revision":{"gitHubLocation":{"commitId":"c","repository":"r"},"revisionType":"GitHub"}}',
      (make("deploy get-application-revision", "--github-location", '{"repository":"r","commitId":"c"}')))
    assert.same({ nil, "--github-location: revision.revisionType is S3 already" },
      { make("deploy create-deployment", "--s3-location", "bucket=b", "--github-location", "commitId=c") })
    assert.same({ nil, "option '--revision' excludes '--s3-location'" },
      { make("deploy create-deployment", "--s3-location", "bucket=b", "--revision", "revisionType=S3") })
    assert.same({ nil, "--revision: revision.s3Location.buckt: an unknown member (did you mean bucket?)" },
      { make("deploy create-deployment", "--s3-location", "buckt=b") })
  end)

  it("set parts of other members", function()
    assert.equal('{"Expression":{"ExpressionName":"n","ExpressionValue":"a*b"}}',
      (make("cloudsearch define-expression", "--name", "n", "--expression", "a*b")))
    assert.equal('{"ConfigurationRecorder":{"name":"x","recordingGroup":{"allSupported":true}}}',
      (make("configservice put-configuration-recorder", "--configuration-recorder", "name=x", "--recording-group",
        "allSupported=true")))
  end)

  it("list clusters by their state, and tag them", function()
    assert.equal('{"ClusterStates":["STARTING","BOOTSTRAPPING","RUNNING","WAITING","TERMINATING"]}',
      (make("emr list-clusters", "--active")))
    assert.equal('{"ClusterStates":["TERMINATED_WITH_ERRORS"]}', (make("emr list-clusters", "--failed")))
    assert.same({ nil, "--failed: only one of --cluster-states, --active, --terminated and --failed is possible" },
      { make("emr list-clusters", "--active", "--failed") })
    assert.equal('{"Tags":[{"Key":"a","Value":"b=c"},{"Key":"d","Value":""}]}', (make("emr add-tags", "--tags", "a=b=c", "d")))
    assert.same({ nil, "--tags: 'Key=a,Value=b': EMR takes NAME=VALUE" }, { make("emr add-tags", "--tags", "Key=a,Value=b") })
  end)

  it("take pipeline definitions", function()
    local definition = '{"objects":[{"id":"x","type":"T","runsOn":{"ref":"y"},"many":["a","b"]}],'
      .. '"parameters":[{"id":"p","type":"String"}],"values":{"p":["1","2"]}}'
    assert.equal('{"parameterObjects":[{"attributes":[{"key":"type","stringValue":"String"}],"id":"p"}],'
      .. '"parameterValues":[{"id":"p","stringValue":"1"},{"id":"p","stringValue":"2"}],'
      .. '"pipelineObjects":[{"fields":[{"key":"many","stringValue":"a"},{"key":"many","stringValue":"b"},'
      .. '{"key":"runsOn","refValue":"y"},{"key":"type","stringValue":"T"}],"id":"x","name":"x"}]}',
      (make("datapipeline put-pipeline-definition", "--pipeline-definition", definition)))
    assert.equal('{"parameterValues":[{"id":"p","stringValue":"3"}],"pipelineObjects":[]}', (make(
      "datapipeline put-pipeline-definition", "--parameter-values", "p=3", "--pipeline-definition", '{"objects":[],"values":{"p":"1"}}')))
    for definition_text, message in pairs {
      ["{}"] = "'objects' is not a list", ['{"objects":[{}]}'] = "objects.0 has no id",
      ["{"] = "invalid JSON: line 1, column 2: expected a member's name in quotes, but the text ends",
      ["file:///nowhere/at/all"] = "file:///nowhere/at/all: cannot read /nowhere/at/all: No such file or directory",
    } do
      assert.equal("--pipeline-definition: " .. message,
        select(2, make("datapipeline put-pipeline-definition", "--pipeline-definition", definition_text)))
    end
    assert.same({ nil, "--parameter-values: 'p' is not NAME=VALUE" }, { make("datapipeline activate-pipeline", "--parameter-values", "p") })
  end)

  it("save parts of the output", function()
    local folder <close> = helper.folder()
    local _, saves = make("iot create-keys-and-certificate", "--private-key-outfile", folder .. "/key", "--certificate-pem-outfile", "c")
    assert.same({ folder .. "/key", "c" }, { saves[1].path, saves[2].path })
    assert.equal("k", saves[1].take { keyPair = { PrivateKey = "k" } })
    assert.is_nil(saves[2].take {})
    assert.equal("--private-key-outfile: the folder /nowhere/at does not exist",
      select(2, make("iot create-keys-and-certificate", "--private-key-outfile", "/nowhere/at/all")))

    _, saves = make("iam create-virtual-mfa-device", "--outfile", "x.png", "--bootstrap-method", "QRCodePNG")
    local reply = { VirtualMFADevice = { SerialNumber = "s", QRCodePNG = "png", Base32StringSeed = "seed" } }
    assert.equal("png", saves[1].take(reply))
    assert.same({ VirtualMFADevice = { SerialNumber = "s" } }, reply)
    assert.same({ nil, "--outfile and --bootstrap-method belong together" }, { make("iam create-virtual-mfa-device", "--outfile", "x") })
    assert.same({ nil, "--bootstrap-method: QRCodePNG or Base32StringSeed is expected" },
      { make("iam create-virtual-mfa-device", "--bootstrap-method", "x") })
  end)
end)
