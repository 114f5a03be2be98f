-- The functions of endpoint rule sets. Source of the facts: https://smithy.io/2.0/additional-specs/rules-engine/standard-library.html
-- and https://smithy.io/2.0/aws/rules-engine/library-functions.html

local endpoint = require "lanyard.endpoint"

local PARTITIONS = { partitions = {
  { id = "aws", regionRegex = [[^(us|eu)\-\w+\-\d+$]], regions = { ["aws-global"] = {} },
    outputs = { name = "aws", dnsSuffix = "amazonaws.com", supportsFIPS = true } },
} }

-- Evaluates a function of these arguments, and returns the values at the paths, or nil if it has no value.
local function evaluate(name, arguments, path)
  local parameters, given, argv = {}, {}, {}
  for i, argument in ipairs(arguments) do
    if type(argument) == "string" then
      parameters["P" .. i], given["P" .. i], argv[i] = { type = "string" }, argument, { ref = "P" .. i }
    else
      argv[i] = argument
    end
  end
  local rules = { version = "1.0", parameters = parameters, rules = {
    { type = "endpoint", conditions = { { fn = name, argv = argv, assign = "result" } },
      endpoint = { url = "https://x", properties = { value = path and "{result#" .. path .. "}" or "holds" } } },
    { type = "error", conditions = {}, error = "nothing" },
  } }
  local found, err = endpoint.resolve(rules, given, PARTITIONS)
  if not found then
    assert.equal("nothing", err.message)
    return nil
  end
  return found.properties.value
end

-- Rows of INPUT ... RESULT: whether a function that returns a boolean holds. "" is an empty text.
local function boolean_rows(name, rows, second)
  for row in rows:gmatch "[^\n]+" do
    local input, expected = row:match "^%s*(.-)%s+(%a+)%s*$"
    if input then
      it(("%s %s: %s"):format(name, input, expected), function()
        assert.equal(expected == "yes" and "holds" or nil, evaluate(name, { input == '""' and "" or input, second }))
      end)
    end
  end
end

describe("isValidHostLabel", function()
  boolean_rows("isValidHostLabel", ([[
    us-east-1 yes
    3aws4 yes
    A yes
    part1.part2 no
    part1 part2 no
    -a no
    a- no
    a_b no
    "" no
    LONG63 yes
    LONG64 no
  ]]):gsub("LONG(%d+)", function(count) return ("a"):rep(tonumber(count)) end), false)
  boolean_rows("isValidHostLabel", [[
    a.b-c.d yes
    a..b no
    a.b. no
    .a no
    a.-b no
  ]], true)
end)

describe("aws.isVirtualHostableS3Bucket", function()
  boolean_rows("aws.isVirtualHostableS3Bucket", [[
    bucket-name yes
    bucket-with-number-1 yes
    BucketName no
    bucket_name no
    bucket.name no
    -bucket-name no
    bucket-name- no
    aa no
    192.168.5.4 no
  ]], false)
  boolean_rows("aws.isVirtualHostableS3Bucket", [[
    bucket.name yes
    bucket.name.multiple.dots1 yes
    bucket-.name no
    .bucket no
    192.168.5.4 no
    192.168.5.4a yes
  ]], true)
end)

describe("equality and not", function()
  it("compare texts and booleans", function()
    assert.equal("holds", evaluate("stringEquals", { "a", "a" }))
    assert.is_nil(evaluate("stringEquals", { "a", "A" }))
    assert.equal("holds", evaluate("booleanEquals", { false, false }))
    assert.is_nil(evaluate("booleanEquals", { true, false }))
    assert.equal("holds", evaluate("not", { false }))
    assert.is_nil(evaluate("not", { true }))
  end)
end)

describe("substring", function()
  local function substring(text, first, past, reverse)
    local rules = { parameters = { Text = { type = "string" } }, rules = {
      { type = "error", conditions = { { fn = "substring", argv = { { ref = "Text" }, first, past, reverse }, assign = "found" } },
        error = "<{found}>" },
      { type = "error", conditions = {}, error = "nothing" } } }
    local _, err = endpoint.resolve(rules, { Text = text }, PARTITIONS)
    return err.message
  end
  it("counts from the beginning or the end", function()
    assert.equal("<abcd>", substring("abcdefg", 0, 4, false))
    assert.equal("<defg>", substring("abcdefg", 0, 4, true))
    assert.equal("<ef>", substring("defg", 1, 3, true))
    assert.equal("<\127abc>", substring("\127abcdef", 0, 4, false))
  end)
  it("has no value for texts that are too short or not ASCII", function()
    assert.equal("nothing", substring("abc", 0, 4, false))
    assert.equal("nothing", substring("", 0, 4, false))
    assert.equal("nothing", substring("abcdef\u{80}", 0, 4, false))
    assert.equal("nothing", substring("abcdef", 4, 4, false))
    assert.equal("nothing", substring("abcdef", -1, 4, false))
  end)
end)

describe("split", function()
  it("returns the parts between delimiters, at most as many as the limit", function()
    local split = require("lanyard.endpoint.functions").new(function() end).split.call
    assert.same({ "a", "b", "c" }, split("a--b--c", "--", 0))
    assert.same({ "a", "b--c" }, split("a--b--c", "--", 2))
    assert.same({ "a--b--c" }, split("a--b--c", "--", 1))
    assert.same({ "" }, split("", "--", 0))
    assert.same({ "", "" }, split("--", "--", 0))
    assert.same({ "", "", "" }, split("----", "--", 0))
    assert.same({ "", "b", "" }, split("--b--", "--", 0))
    assert.same({ "", "x-s3--azid--suffix" }, split("--x-s3--azid--suffix", "--", 2))
    assert.same({ "abc" }, split("abc", "x", 0))
    assert.equal("x-s3", evaluate("split", { "b--x-s3--azid", "--", 0 }, "[1]"))
    assert.equal("azid", evaluate("split", { "b--x-s3--azid", "--", 0 }, "[-1]"))
  end)
  it("needs a delimiter, and a limit that is not negative", function()
    local rules = { parameters = {}, rules = { { type = "error", error = "x",
      conditions = { { fn = "split", argv = { "abc", "", 0 } } } } } }
    assert.matches("the delimiter is empty", select(2, endpoint.resolve(rules, {}, PARTITIONS)).message)
    rules = { parameters = {}, rules = { { type = "error", error = "x", conditions = { { fn = "split", argv = { "abc", "b", -1 } } } } } }
    assert.matches("the limit is negative", select(2, endpoint.resolve(rules, {}, PARTITIONS)).message)
  end)
end)

describe("uriEncode", function()
  local function encode(text)
    local rules = { parameters = { Text = { type = "string" } }, rules = { { type = "error", conditions = {},
      error = { fn = "uriEncode", argv = { { ref = "Text" } } } } } }
    return select(2, endpoint.resolve(rules, { Text = text }, PARTITIONS)).message
  end
  it("encodes all bytes but the unreserved characters", function()
    assert.equal("abc%3Adefg", encode "abc:defg")
    assert.equal("0123456789.underscore_dash-Tilda~", encode "0123456789.underscore_dash-Tilda~")
    assert.equal("%20%2F%25%2B%60%5C%22", encode ' /%+`\\"')
    assert.equal("%F0%9F%98%B9", encode "\u{1F639}")
    assert.equal("", encode "")
  end)
end)

-- Rows of URL SCHEME AUTHORITY PATH NORMALIZED IS_IP; - is an empty path.
describe("parseURL", function()
  local parse = require("lanyard.endpoint.functions").new(function() end).parseURL.call
  for row in ([[
    https://example.com https example.com - / no
    https://example.com/ https example.com / / no
    http://example.com:80/foo/bar http example.com:80 /foo/bar /foo/bar/ no
    HTTPS://example.com/a/ https example.com /a/ /a/ no
    https://127.0.0.1 https 127.0.0.1 - / yes
    http://192.168.1.1:1234/foo/ http 192.168.1.1:1234 /foo/ /foo/ yes
    https://[fe80::1] https [fe80::1] - / yes
    https://[2001:db8:85a3:8d3:1319:8a2e:370:7348]:443 https [2001:db8:85a3:8d3:1319:8a2e:370:7348]:443 - / yes
    https://999.999.abc.blah https 999.999.abc.blah - / no
    https://256.1.1.1 https 256.1.1.1 - / no
    http://99_ab-.com http 99_ab-.com - / no
    https://user:word@example.com/x https example.com /x /x/ no
  ]]):gmatch "[^\n]+" do
    local url, scheme, authority, path, normalized, ip = row:match "(%S+) (%S+) (%S+) (%S+) (%S+) (%a+)"
    if url then
      it(url, function()
        assert.same({ scheme = scheme, authority = authority, path = path == "-" and "" or path,
          normalizedPath = normalized, isIp = ip == "yes" }, parse(url))
      end)
    end
  end
  for url in ([[
    acbd://example.com
    https://example.com:8443?foo=bar&faz=baz
    https://example.com/path?query1=foo
    https://example.com/#part
    http://abc.com:a/foo
    http://abc.com:65536
    http://
    https:///path
    example.com
    http://[::1
  ]]):gmatch "%S+" do
    it(url .. " is not a URL", function()
      assert.is_nil(parse(url))
    end)
  end
end)

describe("aws.parseArn", function()
  local parse = require("lanyard.endpoint.functions").new(function() end)["aws.parseArn"].call
  it("returns the parts of an ARN", function()
    assert.same({ partition = "aws", service = "ec2", region = "us-east-1", accountId = "012345678910",
      resourceId = { "vpc", "vpc-0e9801d129EXAMPLE" } }, parse "arn:aws:ec2:us-east-1:012345678910:vpc/vpc-0e9801d129EXAMPLE")
    assert.same({ partition = "aws", service = "s3", region = "", accountId = "", resourceId = { "bucket_name" } },
      parse "arn:aws:s3:::bucket_name")
    assert.same({ "outpost", "op-1", "accesspoint", "reports" }, parse "arn:aws:s3-outposts:r:1:outpost:op-1/accesspoint:reports".resourceId)
    assert.same({ "outpost", "", "" }, parse "arn:aws:s3:us-east-2:012345678:outpost::".resourceId)
  end)
  it("has no value for other texts", function()
    for _, text in ipairs { "11111111-2222", "arn:aws:s3:us-west-2:123456789012:", "arn:aws::us-west-2:123456789012:id",
      "arn::s3:us-west-2:123456789012:id", "arn:aws:s3:us-west-2:123456789012", "ARN:aws:s3:::b", "" } do
      assert.is_nil(parse(text))
    end
  end)
end)

describe("aws.partition", function()
  it("returns the attributes of the Region's partition", function()
    assert.equal("amazonaws.com", evaluate("aws.partition", { "eu-west-9" }, "dnsSuffix"))
    assert.equal("aws", evaluate("aws.partition", { "xx-north-1" }, "name"))
  end)
end)

describe("isSet, coalesce and ite", function()
  local function outcome(conditions, message, given)
    local rules = { parameters = { Flag = { type = "boolean" }, Text = { type = "string" } }, rules = {
      { type = "error", conditions = conditions, error = message },
      { type = "error", conditions = {}, error = "nothing" } } }
    return select(2, endpoint.resolve(rules, given, PARTITIONS)).message
  end
  it("isSet holds for every value but none", function()
    local set = { { fn = "isSet", argv = { { ref = "Flag" } } } }
    assert.equal("set", outcome(set, "set", { Flag = false }))
    assert.equal("nothing", outcome(set, "set", {}))
  end)
  it("coalesce returns the first value, which can be false", function()
    local first = { { fn = "coalesce", argv = { { ref = "Text" }, "other" }, assign = "found" } }
    assert.equal("other", outcome(first, "{found}", {}))
    assert.equal("", outcome(first, "{found}", { Text = "" }))
    local flag = { { fn = "coalesce", argv = { { ref = "Flag" }, true } } }
    assert.equal("nothing", outcome(flag, "holds", { Flag = false }))
    assert.equal("holds", outcome(flag, "holds", {}))
  end)
  it("ite chooses by a boolean", function()
    local suffix = { { fn = "ite", argv = { { ref = "Flag" }, "-fips", "" }, assign = "suffix" } }
    assert.equal("<-fips>", outcome(suffix, "<{suffix}>", { Flag = true }))
    assert.equal("<>", outcome(suffix, "<{suffix}>", { Flag = false }))
    assert.matches("ite: argument 1 is not set; a value of type boolean was expected", outcome(suffix, "<{suffix}>", {}))
  end)
end)
