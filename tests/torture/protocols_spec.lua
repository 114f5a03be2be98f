-- Replies from a seeded generator, through each protocol of the AWS client: a reply is decoded or rejected with a clear
-- error, never with an internal one, and the work is linear in its size. XML is read as it was written.

local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local json = require "lanyard.json"
local services = require "lanyard.aws.services"
local torture = require "torture"
local xml = require "lanyard.text.xml"

local random = math.random

local function pick(list)
  return list[random(#list)]
end

local function bytes(most)
  local text = {}
  for i = 1, random(0, most) do text[i] = string.char(random(0, 255)) end
  return table.concat(text)
end

-- Returns how many VM instructions a call takes, in thousands.
local function instructions(call, ...)
  local count = 0
  debug.sethook(function() count = count + 1 end, "", 1000)
  local ok, err = pcall(call, ...)
  debug.sethook()
  assert(ok, err)
  return count
end

-- ---------------------------------------------------------------------------------------------
-- XML

local TEXTS = { "", "x", "a & b", "<>", "]]>", "\u{20ac}", "'\"", "&amp;", " ", "\n", "text with words", "&#65;" }
local NAMES = { "a", "b", "member", "entry", "key", "value", "Result", "x:y", "_z", "A-1.b" }

local function escaped(text)
  return (text:gsub("[&<>\"]", function(c)
    return random(2) == 1 and ("&#%d;"):format(c:byte()) or ({ ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" })[c]
  end))
end

-- Returns XML for a text: escaped, or as a CDATA section, with comments.
local function printed_text(text)
  if random(4) == 1 and not text:find("]]>", 1, true) then
    return "<![CDATA[" .. text .. "]]>"
  end
  return escaped(text) .. (random(6) == 1 and "<!-- <a> & -->" or "")
end

-- Returns an element and its XML.
local function element(depth)
  local name = pick(NAMES)
  local item, parts = { name = name:match "[^:]*$", text = "" }, {}
  local texts = {}
  for _ = 1, depth > 0 and random(0, 3) or 0 do
    local child, text = element(depth - 1)
    item[#item + 1] = child
    parts[#parts + 1] = text
    if random(3) == 1 then
      texts[#texts + 1] = pick(TEXTS)
      parts[#parts + 1] = printed_text(texts[#texts])
    end
  end
  if #item == 0 then
    texts[1] = pick(TEXTS)
    parts[1] = printed_text(texts[1])
  end
  item.text = table.concat(texts)
  local body = table.concat(parts)
  if body == "" and random(2) == 1 then
    return item, ("<%s/>"):format(name)
  end
  local attribute = pick { "", ' a="1"', " " }
  item.attributes = attribute:find "1" and { a = "1" } or nil
  return item, ("<%s%s>%s</%s%s>"):format(name, attribute, body, name, pick { "", " ", "\n" })
end

local XML_PIECES = { "<a>", "</a>", "<member>", "</member>", "<entry>", "</entry>", "<key>k</key>", "<value>", "</value>", "<c/>",
  "<!--", "-->", "<![CDATA[", "]]>", "<?x ?>", "<?", "&amp;", "&#65;", "&#x110000;", "&lol;", "&", "<", ">", "/", "text",
  '<!DOCTYPE l [<!ENTITY a "&b;&b;">]>', "\0", "\255", "<Error>", "</Error>", "<Code>", "</Code>", "<Errors>", "</Errors>",
  "<Message>", "</Message>" }

local function random_xml()
  local parts = {}
  for i = 1, random(1, 25) do parts[i] = pick(XML_PIECES) end
  return table.concat(parts)
end

-- Removes, repeats or changes a few bytes.
local function mutated(text)
  for _ = 1, random(0, 3) do
    local at, length = random(0, #text), random(0, 5)
    text = text:sub(1, at) .. pick { "", bytes(3), text:sub(at, at + length), pick(XML_PIECES) } .. text:sub(at + length)
  end
  return random(8) == 1 and text:sub(1, random(0, #text)) or text
end

describe("XML from a generator", function()
  local cases = torture.choose(2500, 100000)

  it("is read as it was written", function()
    math.randomseed(1998)
    for case = 1, cases do
      local expected, text = element(4)
      local found, message = xml.parse(pick { "", "<?xml version='1.0'?>", "<!-- x -->\n" } .. text .. pick { "", "\n" })
      assert(found, ("case %d: %s\n%s"):format(case, message, text))
      assert.same(expected, found)
    end
    torture.report("XML, printed and parsed", cases)
  end)

  it("that is broken is rejected without an internal error", function()
    math.randomseed(1999)
    for case = 1, cases do
      local text = random(2) == 1 and random_xml() or mutated(select(2, element(4)))
      local ok, root, message = pcall(xml.parse, text)
      assert(ok, ("case %d: %s\n%q"):format(case, root, text))
      if root then
        assert(pcall(xml.value, root))
      else
        assert(message:find "^byte %d+: ", text)
      end
    end
    torture.report("XML, broken", cases)
  end)

  it("takes instructions linear in its size, whatever it repeats", function()
    for _, repeated in ipairs { "<a>x</a>", "<a/>", "x", "&amp;", "<!-- x -->", "<![CDATA[x]]>", "<?x y?>", " ", "\n\n", "]]>",
      "<entry><key>k</key><value>v</value></entry>", "<member>1</member>", "<a></a>text", "-->", "&lt;", "<a b='c'></a>",
      "<a", "<!--", "<![CDATA[", "<?", "&", "&lol", "</", "<!DOCTYPE a [", '<!ENTITY a "&a;&a;">', "<a>" } do
      local function read(count)
        local root = xml.parse("<r>" .. repeated:rep(count) .. "</r>")
        return root and xml.value(root)
      end
      local few, many = instructions(read, 4000), instructions(read, 16000)
      assert.is_true(many <= 5 * few + 5, ("%q: %d and %d thousand instructions"):format(repeated, few, many))
    end
  end)
end)

-- ---------------------------------------------------------------------------------------------
-- Replies

local STRINGS = { "", "x", "my-private-repo", "{}", "arn:aws:iam::111122223333:role/x", "\u{20ac}\u{202e}", "2026-01-01T00:00:00Z",
  "\27[2J", ("y"):rep(500), "RepositoryPolicyNotFoundException", "a#b:c", ":", "#" }
local NUMBERS = { "0", "-1", "1e308", "1e999", "1700000000.5", "9223372036854775808", "0.1", "NaN", "1E400" }

local function json_value(depth)
  local roll = random(depth > 4 and 6 or 9)
  if roll <= 2 then
    return json.encode(pick(STRINGS))
  elseif roll == 3 then
    return pick(NUMBERS)
  elseif roll <= 5 then
    return pick { "null", "true", "false" }
  elseif roll == 6 then
    local levels = random(1, 200)
    return ("["):rep(levels) .. ("]"):rep(levels)
  end
  local parts = {}
  for i = 1, random(0, 4) do
    parts[i] = (roll == 7 and "" or json.encode(pick(STRINGS)) .. ":") .. json_value(depth + 1)
  end
  return (roll == 7 and "[" or "{") .. table.concat(parts, ",") .. (roll == 7 and "]" or "}")
end

-- Returns JSON with the members that an operation describes, or that an error has, of any value.
local function json_reply(members)
  local parts = {}
  for _, name in ipairs(members) do
    if random(4) > 1 then parts[#parts + 1] = ('"%s":%s'):format(name, json_value(0)) end
  end
  for _, name in ipairs { "__type", "message", "Message", "code", "tip", "docs", "error", "nextToken" } do
    if random(8) == 1 then parts[#parts + 1] = ('"%s":%s'):format(name, json_value(1)) end
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function xml_reply(operation, members)
  local parts = {}
  for _, name in ipairs(members) do
    parts[#parts + 1] = ("<%s>%s</%s>"):format(name, select(2, element(2)), name)
  end
  local result = ("<%sResult>%s</%sResult>"):format(operation, table.concat(parts), operation)
  return pick {
    ("<%sResponse>%s</%sResponse>"):format(operation, result, operation), result,
    "<ErrorResponse><Error><Type>Sender</Type><Code>" .. escaped(pick(STRINGS)) .. "</Code><Message>"
      .. escaped(pick(STRINGS)) .. "</Message></Error><RequestId>x</RequestId></ErrorResponse>",
    "<Response><Errors><Error><Code><a/></Code></Error></Errors></Response>", "<Error>" .. select(2, element(2)) .. "</Error>",
  }
end

local HTML = "<html><head><title>502</title></head><body><p>Bad gateway<br></body></html>"
local HEADERS = { "x-amzn-requestid", "x-amzn-errortype", "x-amzn-query-error", "date", "location", "retry-after",
  "x-amz-retry-after", "content-type" }
local STATUSES = { 200, 200, 200, 200, 201, 204, 301, 400, 400, 403, 404, 407, 408, 429, 500, 502, 503, 599 }

local function reply_of(protocol, operation, members)
  local body
  if random(3) > 1 then
    body = protocol == "query" and xml_reply(operation, members) or json_reply(members)
    body = random(4) == 1 and mutated(body) or body
  else
    body = pick { "", HTML, "null", "[]", '"x"', "1", bytes(60), json_value(0), random_xml(), "{", "\0", ("["):rep(5000) }
  end
  local headers = {}
  for _ = 1, random(0, 3) do
    headers[pick(HEADERS)] = pick { "", bytes(12), pick(STRINGS), "1", "99999999999999999999", "Sat, 28 Nov 2026 03:34:32 GMT", ":#;" }
  end
  return { status = pick(STATUSES), headers = headers, body = body, elapsed = 0 }
end

local function sorted_keys(map)
  local names = {}
  for name in pairs(map) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- Members of a request that satisfy every required one.
local function input_of(described)
  local input = {}
  for _, name in ipairs(described.required) do
    input[name] = "x"
  end
  return input
end

local KEYS = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" }

local function is_one_line(text)
  return type(text) == "string" and not text:find "%c" and utf8.len(text) ~= nil
end

describe("replies from a generator", function()
  it("are decoded, or rejected with one clear line", function()
    math.randomseed(20161128)
    local cases = torture.choose(5000, 100000)
    local reply
    local session = assert(aws.session {
      region = "us-east-1", credentials = KEYS, max_attempts = 1, transport = function() return reply end,
    })
    local names, clients = services.names(), {}
    for _, name in ipairs(names) do
      clients[name] = assert(session:client(name))
    end
    local decoded, rejected = 0, 0
    for case = 1, cases do
      local name = pick(names)
      local description = services.get(name)
      local operation = pick(sorted_keys(description.operations))
      local described = description.operations[operation]
      reply = reply_of(description.protocol, operation, sorted_keys(described.reply))
      local sent = reply.body
      local ok, output, err = xpcall(clients[name].call, debug.traceback, clients[name], operation, input_of(described))
      local where = ("case %d, %s:%s, %d %q"):format(case, name, operation, reply.status, sent:sub(1, 400))
      assert(ok, where .. "\n" .. tostring(output))
      if output then
        assert(type(output) == "table", where)
        decoded = decoded + 1
      else
        assert(is_one_line(err.code) and is_one_line(tostring(err)), where .. "\n" .. tostring(err))
        assert(not tostring(err):find "attempt to ", where .. "\n" .. tostring(err))
        rejected = rejected + 1
      end
    end
    assert.is_true(decoded > cases / 50 and rejected > cases / 10, decoded .. " decoded, " .. rejected .. " rejected")
    torture.report("replies through each protocol", cases, ("%d decoded"):format(decoded))
  end)

  it("take instructions linear in their size", function()
    local reply
    local session = assert(aws.session {
      region = "us-east-1", credentials = KEYS, max_attempts = 1, transport = function() return reply end,
    })
    local function cost(service, operation, input, body)
      reply = { status = 200, headers = {}, body = body, elapsed = 0 }
      return instructions(function() assert(session:client(service)):call(operation, input) end)
    end
    local one = '{"repositoryName":"x","repositoryArn":"arn","repositoryUri":"uri","registryId":"1"}'
    for _, case in ipairs {
      { "ecr", "DescribeRepositories", {}, '{"repositories":[' .. one, "," .. one, "]}" },
      { "ecr", "DescribeRepositories", {}, '{"repositories":[null', ",null", "]}" },
      { "ecr", "GetRepositoryPolicy", { repositoryName = "x" }, '{"repositoryName":"x","policyText":"', "\\n", '"}' },
      { "lightsail", "GetContainerServices", {}, '{"containerServices":[{}', ",{}", "]}" },
      { "iam", "GetRole", { RoleName = "x" }, "<R><GetRoleResult><Role>", "<a>x</a>", "</Role></GetRoleResult></R>" },
      { "ecr", "DescribeRepositories", {}, "", "[", "" },
      { "ecr", "DescribeRepositories", {}, "", "<html>", "" },
    } do
      local few = cost(case[1], case[2], case[3], case[4] .. case[5]:rep(3000) .. case[6])
      local many = cost(case[1], case[2], case[3], case[4] .. case[5]:rep(12000) .. case[6])
      assert.is_true(many <= 5 * few + 5, ("%s %q: %d and %d thousand instructions"):format(case[2], case[5], few, many))
    end
  end)
end)
