local catalogue = require "awscli_catalogue"
local json = require "lanyard.json"
local request = require "lanyard.awscli.request"
local shellwords = require "lanyard.text.shellwords"

local folder = os.tmpname()

local function read(line)
  return request.read(type(line) == "table" and line or line ~= "" and assert(shellwords.split(line)) or {}, catalogue)
end

-- Returns the input as JSON, and everything else.
local function input(line)
  local found, mistake = read(line)
  if not found then
    return nil, mistake
  end
  local result
  result, mistake = request.input(found)
  return result and json.encode(result.input), result or mistake
end

local function message_of(line)
  local value, mistake = input(line)
  assert.is_nil(value)
  return mistake.message, mistake.code
end

local CREATE = "shop create-thing --thing-name x --public "

describe("a command line of lanyard aws", function()
  teardown(function() os.remove(folder) end)

  local function write(text)
    local file <close> = assert(io.open(folder, "wb"))
    file:write(text)
  end

  for words, expected in pairs {
    ["--count 5 --weight 2.5"] = '{"Count":5,"Public":true,"ThingName":"x","Weight":2.5}',
    ["--count=-5"] = '{"Count":-5,"Public":true,"ThingName":"x"}', ["--count -5"] = '{"Count":-5,"Public":true,"ThingName":"x"}',
    ["--names a b c --count 1"] = '{"Count":1,"Names":["a","b","c"],"Public":true,"ThingName":"x"}',
    ["--names"] = '{"Names":[],"Public":true,"ThingName":"x"}', ["--ports 80 443"] = '{"Ports":[80,443],"Public":true,"ThingName":"x"}',
    ["--ports '[80,443]'"] = '{"Ports":[80,443],"Public":true,"ThingName":"x"}',
    ["--names '[\"a\",\"b\"]'"] = '{"Names":["a","b"],"Public":true,"ThingName":"x"}',
    ["--tags Key=a,Value=b Key=c"] = '{"Public":true,"Tags":[{"Key":"a","Value":"b"},{"Key":"c"}],"ThingName":"x"}',
    ["--tags Key=a,Ports=80,443 Key=b,Ports=1"] = '{"Public":true,"Tags":[{"Key":"a","Ports":[80,443]},{"Key":"b","Ports":[1]}],"ThingName":"x"}',
    ["--tags '[{\"Key\":\"a\"}]'"] = '{"Public":true,"Tags":[{"Key":"a"}],"ThingName":"x"}',
    ["--tags '{\"Key\":\"a\"}' Key=b"] = '{"Public":true,"Tags":[{"Key":"a"},{"Key":"b"}],"ThingName":"x"}',
    ["--labels a=b,c=d"] = '{"Labels":{"a":"b","c":"d"},"Public":true,"ThingName":"x"}',
    ["--tree Name=a,Inner={Name=b}"] = '{"Public":true,"ThingName":"x","Tree":{"Inner":{"Name":"b"},"Name":"a"}}',
    ["--attribute stop"] = '{"Attribute":{"Value":"stop"},"Public":true,"ThingName":"x"}',
    ["--attribute Value=stop"] = '{"Attribute":{"Value":"stop"},"Public":true,"ThingName":"x"}',
    ["--zip aGk="] = '{"Public":true,"ThingName":"x","Zip":"hi"}',
    ["--zip hi --cli-binary-format raw-in-base64-out"] = '{"Public":true,"ThingName":"x","Zip":"hi"}',
    ["--tags Key=a,Data=aGk="] = '{"Public":true,"Tags":[{"Data":"hi","Key":"a"}],"ThingName":"x"}',
    ["--since 2026-01-31T12:00:00Z"] = '{"Public":true,"Since":1769860800,"ThingName":"x"}',
    ["--since 1769860800"] = '{"Public":true,"Since":1769860800,"ThingName":"x"}',
    ["--since 2026-01-31"] = '{"Public":true,"Since":1769817600,"ThingName":"x"}',
    ["--since 2026-01-31T12:00:00.5+01:00"] = '{"Public":true,"Since":1769857200.5,"ThingName":"x"}',
    ["--extra '{\"a\":[1,null]}'"] = '{"Extra":{"a":[1,null]},"Public":true,"ThingName":"x"}',
    ["--dry-run"] = '{"DryRun":true,"Public":true,"ThingName":"x"}', ["--no-dry-run"] = '{"DryRun":false,"Public":true,"ThingName":"x"}',
    ["--cli-input-json '{\"Count\":1,\"ThingName\":\"y\"}'"] = '{"Count":1,"Public":true,"ThingName":"x"}',
    ["--cli-input-yaml '{\"Count\":1}'"] = '{"Count":1,"Public":true,"ThingName":"x"}',
    ["--kind small --query x --region eu-west-1"] = '{"Kind":"small","Public":true,"ThingName":"x"}',
    ["--labels 'a=b c,d=-e'"] = '{"Labels":{"a":"b c","d":"-e"},"Public":true,"ThingName":"x"}',
  } do
    it("reads " .. words, function()
      local made, rest = input(CREATE .. words)
      assert.equal(expected, made, rest and rest.message)
    end)
  end

  for words, expected in pairs {
    ["--count five"] = "--count: 'five' is not an integer",
    ["--count 99999999999999999999"] = "--count: '99999999999999999999' is too large for 64 bits",
    ["--weight heavy"] = "--weight: 'heavy' is not a number", ["--count"] = "option '--count' requires an argument",
    ["--tags Key"] = "--tags: column 4: '=' expected, the end found",
    ["--tags Key=a 'Key=b,Value'"] = "--tags: Tags.1.Key: expected a string, got a list",
    ["--tags Key=a,Ports=b"] = "--tags: Ports.0: 'b' is not an integer",
    ["--tags Key=a Key=b,Ports=c"] = "--tags: value 2: Ports.0: 'c' is not an integer",
    ["--tags Kez=a"] = "--tags: Tags.0.Kez: an unknown member (did you mean Key?)",
    ["--tags Value=a"] = "--tags: Tags.0.Key: required, but missing",
    ["--tags '[{'"] = "--tags: invalid JSON: line 1, column 3: expected a member's name",
    ["--names '[1]'"] = "--names: Names.0: expected a string, got an integer",
    ["--extra a=b"] = "--extra: invalid JSON: line 1, column 1: expected a value",
    ["--zip '***'"] = "--zip: not valid base64; fileb://FILE or --cli-binary-format raw-in-base64-out takes bytes as they are",
    ["--since soon"] = "--since: 'soon' is not a time: write 2026-01-31T12:00:00Z or seconds since 1970",
    ["--coun 5"] = "unknown option '--coun'; did you mean '--count'?", ["-x"] = "unknown option '-x'",
    ["--count 5 --count 6"] = "option '--count' is given twice", ["--no-public"] = "option '--no-public' excludes '--public'",
    ["--dry-run=yes"] = "option '--dry-run' takes no value; its opposite is '--no-dry-run'",
    ["--dry-run yes"] = "the word 'yes' belongs to no option", ["--output yml"] =
      "option '--output' must be one of 'json', 'text', 'table', 'jsonl', 'yaml'",
    ["--region"] = "option '--region' requires an argument", ["--region a --region b"] = "option '--region' is given twice",
    ["--cli-input-json []"] = "--cli-input-json: a JSON object with the members is expected",
    ["--cli-input-json '{\"Nam\":1}'"] = "Nam: an unknown member (did you mean Names?)",
    ["--no-verify-ssl"] = "option '--no-verify-ssl' is not supported: certificates are always checked; --ca-bundle names others to trust,"
      .. " and so do AWS_CA_BUNDLE and ca_bundle in the AWS config file",
    ["--cli-input-yaml 'ThingName: x'"] = "--cli-input-yaml: of YAML only JSON is read; write the input as JSON",
    ["--cli-input-yaml '{ThingName: x}'"] = "--cli-input-yaml: invalid JSON: line 1, column 2: ",
    ["--cli-input-yaml '{}' --cli-input-json '{}'"] = "--cli-input-json excludes --cli-input-yaml",
    ["--labels file:///nowhere/at/all"] = "--labels: file:///nowhere/at/all: ",
    ["--labels file:///dev/zero"] = "--labels: file:///dev/zero: cannot read /dev/zero: it has more than 268435456 bytes",
  } do
    it("refuses " .. words, function()
      local message = message_of(CREATE .. words)
      assert.equal(expected, message:sub(1, #expected))
    end)
  end

  for words, expected in pairs {
    ["shop create-thing"] = "--thing-name and --public are required", ["shop create-thng"] =
      "shop has no operation 'create-thng'; did you mean 'create-thing'?",
    ["shp ping"] = "there is no service 'shp'; did you mean 'shop'?", ["shop"] = "the name of an operation is missing",
    [""] = "the name of a service is missing", ["shop wait"] = "the name of a waiter is missing",
    ["shop wait thing-exist"] = "shop has no waiter 'thing-exist'; did you mean 'thing-exists'?",
    ["--nope shop ping"] = "unknown option '--nope'; options of an operation follow its name",
    ["s3 cp a b"] = "lanyard has the operations of S3 as 's3api', and no 's3' commands such as cp and sync",
    ["shop ping now"] = "the word 'now' belongs to no option",
    ["shop get-object --key x"] = "the name of the file for Body is missing",
    ["shop get-object --key x ''"] = "the name of the file for Body is missing",
    ["shop put-object --key x --body /nowhere/at/all"] = "--body: /nowhere/at/all: No such file or directory: the value",
    ["shop list-things --max-items 0"] = "--max-items: '0' is not a whole number from 1",
    ["shop list-things --no-paginate --starting-token x"] = "--starting-token does not apply where pages are not joined (--no-paginate)",
  } do
    it("refuses '" .. words .. "'", function()
      local message = message_of(words)
      assert.equal(expected, message:sub(1, #expected))
    end)
  end

  it("reads texts and bytes of files", function()
    write '[{"Key":"a"}]\n'
    assert.equal('{"Public":true,"Tags":[{"Key":"a"}],"ThingName":"x"}', (input(CREATE .. "--tags file://" .. folder)))
    write "a name"
    assert.equal('{"Public":true,"ThingName":"a name"}', (input("shop create-thing --public --thing-name file://" .. folder)))
    assert.equal('{"Names":["a name"],"Public":true,"ThingName":"x"}', (input(CREATE .. "--names file://" .. folder)))
    write "aGk="
    assert.equal('{"Public":true,"ThingName":"x","Zip":"hi"}', (input(CREATE .. "--zip file://" .. folder)))
    assert.equal('{"Public":true,"ThingName":"x","Zip":"aGk="}', (input(CREATE .. "--zip fileb://" .. folder)))
    assert.equal('{"Public":true,"Tags":[{"Data":"aGk=","Key":"a"}],"ThingName":"x"}',
      (input(CREATE .. "--tags Key=a,Data@=fileb://" .. folder)))
    write '{"Zip":"aGk=","ThingName":"y"}'
    assert.equal('{"Public":false,"ThingName":"y","Zip":"hi"}',
      (input("shop create-thing --no-public --cli-input-json file://" .. folder)))
    write "\255"
    assert.matches("not UTF%-8 text; fileb:// reads bytes", message_of(CREATE .. "--names file://" .. folder))
  end)

  it("names the file of a stream, and the file for one", function()
    local found = assert(read("shop get-object --key x out.bin"))
    assert.equal("out.bin", found.outfile)
    write "x"
    local made, result = input("shop put-object --key x --body " .. folder)
    assert.equal('{"Key":"x"}', made)
    assert.equal(folder, result.files.Body)
  end)

  it("pages unless a member says which page", function()
    local function paging(line)
      local made, result = input(line)
      return ("%s %s %s %s"):format(made, tostring(result.paginates), tostring(result.paging.max_items), tostring(result.paging.page_size))
    end
    assert.equal("{} true nil nil", paging "shop list-things")
    assert.equal("{} true 7 nil", paging "shop list-things --max-items 7")
    assert.equal("{} true nil 3", paging "shop list-things --page-size 3")
    assert.equal('{"NextToken":"t"} false nil nil', paging "shop list-things --next-token t")
    assert.equal('{"MaxItems":7,"NextToken":"t"} false nil nil', paging "shop list-things --next-token t --max-items 7")
    assert.equal("{} false nil nil", paging "shop list-things --no-paginate")
    assert.equal('{"MaxItems":7} false nil nil', paging "shop list-things --no-paginate --max-items 7")
    assert.equal('{"MaxItems":2} false nil nil', paging "shop list-things --cli-input-json '{\"MaxItems\":2}'")
  end)

  it("asks for a page of help anywhere", function()
    for line, topic in pairs {
      ["help"] = "aws", ["--help"] = "aws", ["shop help"] = "aws shop", ["shop --help"] = "aws shop",
      ["shop ping help"] = "aws shop ping", ["shop ping --help"] = "aws shop ping", ["--help shop ping"] = "aws shop ping",
      ["shop wait help"] = "aws shop wait", ["shop wait thing-exists help"] = "aws shop wait thing-exists",
      ["shop create-thing --count 5 -h"] = "aws shop create-thing",
    } do
      local found = assert(read(line))
      assert.is_true(found.help)
      assert.equal(topic, request.topic(found))
    end
  end)

  it("takes global options before the service and between names", function()
    local found = assert(read "--region a shop --output text create-thing --thing-name x --query q")
    assert.same({ region = "a", output = "text", query = "q" }, found.line.globals)
  end)

  it("waits for a state", function()
    local found = assert(read "shop wait thing-exists --thing-name x --public")
    assert.equal("ThingExists CreateThing", found.waiter .. " " .. found.operation.name)
  end)
end)
