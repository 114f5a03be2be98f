-- Texts from a grammar of the formats that name a secret: no secret remains. Texts without secrets stay as they are.

local json = require "lanyard.json"
local redact = require "lanyard.text.redact"
local torture = require "torture"

local SEED = 17
local CASES = torture.choose(4000, 100000)

-- A generator of its own, so that a failing case can be repeated on any machine.
local Random = {}
Random.__index = Random

function Random.new(seed) return setmetatable({ state = seed }, Random) end

function Random:number(limit)
  self.state = (self.state * 6364136223846793005 + 1442695040888963407)
  return (self.state >> 33) % limit + 1
end

function Random:choose(list) return list[self:number(#list)] end

local NAMES = { "token", "password", "client_secret", "clientSecret", "api_key", "apiKey", "api-key", "secret_access_key",
  "secretAccessKey", "SecretAccessKey", "aws_session_token", "AWS_SECRET_ACCESS_KEY", "sessionToken", "refresh_token",
  "access_token", "accessToken", "id_token", "passphrase", "secret", "PASSWORD", "DB_PASSWORD", "GITHUB_TOKEN",
  "private_key", "authToken", "db.password", "authorizationToken" }
local HEADERS = { "Authorization", "authorization", "Cookie", "Set-Cookie", "X-Amz-Security-Token", "x-api-key",
  "Proxy-Authorization", "DPoP", "X-Auth-Token", "X-aws-ec2-metadata-token" }
local OPTIONS = { "--password", "--token", "--client-secret", "--api-key", "--secret-access-key", "--db-password" }

local LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

-- Returns a secret of a few characters that no format uses, and of others where the form permits them.
local function secret_of(random, others)
  local parts = { "Zq" }
  for _ = 1, 6 + random:number(20) do
    local at = random:number(#LETTERS)
    parts[#parts + 1] = LETTERS:sub(at, at)
    if others and random:number(6) == 1 then
      at = random:number(#others)
      parts[#parts + 1] = others:sub(at, at)
    end
  end
  return table.concat(parts) .. "qZ"
end

local WORDLIKE = "+/=_.-~:!@%*#"

-- Each form returns a text, the secret in it, and from which byte on the text can be cut.
local FORMS = {}
local function form(f) FORMS[#FORMS + 1] = f end

local function assigned(random, name, sign, quote)
  local secret = secret_of(random, quote == "" and WORDLIKE or WORDLIKE .. " ,;&{}")
  return name .. sign .. quote .. secret .. quote, secret, #name + #sign + #quote
end

form(function(random) return assigned(random, random:choose(NAMES), "=", "") end)
form(function(random) return assigned(random, random:choose(NAMES), random:choose { " = ", ": ", ":", " : ", "=" }, "") end)
form(function(random)
  return assigned(random, random:choose(NAMES), random:choose { " = ", ": ", "=", " => ", ":" }, random:choose { '"', "'" })
end)
form(function(random) return assigned(random, "export " .. random:choose(NAMES), "=", random:choose { '"', "'", "" }) end)
form(function(random)
  return assigned(random, random:choose(OPTIONS), random:choose { " ", "=", "  " }, random:choose { '"', "'", "" })
end)
form(function(random) -- a header, whose value has several words
  local name, secret = random:choose(HEADERS), secret_of(random, WORDLIKE)
  local before = random:choose { "", "Bearer ", "Basic ", "a=", "sid=" }
  local head = name .. random:choose { ": ", ":", ":  " } .. before
  return head .. secret .. random:choose { "", "; Path=/", "" }, secret, #head
end)
form(function(random) -- YAML, with blanks in the value, and in blocks
  local name, secret = random:choose(NAMES), secret_of(random, WORDLIKE)
  if random:number(2) == 1 then
    local head = "spec:\n  " .. name .. ": first words "
    return head .. secret .. "\n  size: 1\n", secret, #head
  end
  local head = "spec:\n  " .. name .. random:choose { ": |\n    ", ": >-\n    ", ":\n    - " }
  return head .. secret .. "\n    " .. secret .. "\n  size: 1\n", secret, #head
end)
form(function(random) -- JSON, with values of any type around the secret
  local secret = secret_of(random, WORDLIKE .. ' ,;&{}"\\\n')
  local value = random:choose { secret, { secret }, { a = secret, b = 1 }, { { x = { secret } } } }
  local text = json.encode({ [random:choose(NAMES)] = value, alpha = 1 }, { pretty = random:number(2) == 1 })
  return text, secret
end)
form(function(random) -- Python
  local name, secret = random:choose(NAMES), secret_of(random, WORDLIKE .. ' ,;&{}"')
  local head = "{'user': u'ann', " .. random:choose { "u", "" } .. "'" .. name .. "': " .. random:choose { "u", "b", "" } .. "'"
  return head .. secret .. "', 'n': None}", secret, #head
end)
form(function(random) -- a keyword argument
  local name, secret = random:choose(NAMES):gsub("[.-]", "_"), secret_of(random, WORDLIKE)
  local head = "Config(user='ann', " .. name .. "=" .. random:choose { "u'", "'", "b'" }
  return head .. secret .. "', size=1)", secret, #head
end)
form(function(random) -- XML
  local name, secret = random:choose(NAMES), secret_of(random, "+/=_.- \n;")
  local head = "<Reply><ns:" .. name .. random:choose { ">", ' type="s">', "><![CDATA[" }
  return head .. secret .. "</ns:" .. name .. "></Reply>", secret, #head
end)
form(function(random) -- a query, also percent-encoded in another one
  local name, secret = random:choose(NAMES), secret_of(random, "._-~")
  local text, sign = name .. "=" .. secret .. "&page=2", "="
  if random:number(2) == 1 then
    text, sign = "next=https%3A%2F%2Fa.test%2Fx%3Fpage%3D1%26" .. text:gsub("=", "%%3D"):gsub("&", "%%26"), "%3D"
  end
  text = "https://a.test/x?a=b&" .. text
  return text, secret, text:find(name .. sign, 1, true) + #name + #sign - 1
end)
form(function(random)
  local secret = secret_of(random)
  return "https://ann:" .. secret .. "@host.test/x", secret
end)
form(function(random)
  local secret = secret_of(random, "+/\n")
  local head = "-----BEGIN " .. random:choose { "", "RSA ", "EC " } .. "PRIVATE KEY-----\n"
  return head .. secret .. "\n-----END PRIVATE KEY-----\n", secret, #head
end)

form(function(random) -- a pair of a name and a value, in any order
  local secret = secret_of(random, WORDLIKE .. ' ,;&{}"\\\n')
  local name = '"' .. random:choose { "Name", "name", "Key", "key", "parameterName" } .. '": "'
    .. random:choose { "", "/prod/" } .. random:choose(NAMES) .. '"'
  local value = '"' .. random:choose { "Value", "value", "parameterValue" } .. '": ' .. json.encode(secret)
  local members = random:number(2) == 1 and { name, value } or { value, name }
  if random:number(2) == 1 then table.insert(members, random:number(3), '"Type": "String"') end
  return '[{"Value": "prod", "Name": "stage"}, {' .. table.concat(members, random:choose { ", ", ",\n " }) .. "}]", secret
end)
form(function(random) -- a pair in YAML, XML or options
  local secret, name = secret_of(random, "+/=_.-~"), random:choose { "DB_PASSWORD", "apiKey", "secret" }
  local form_of = random:choose {
    { "- ", "name: %s", "value: %s", "\n  ", "\n" }, { "<E>", "<Name>%s</Name>", "<Value>%s</Value>", "", "</E>" },
    { "put ", "--name %s", "--value %s", " ", " --x 1" }, { "a ", "Key=%s", "Value=%s", ",", "" } }
  local parts = { form_of[2]:format(name), form_of[3]:format(secret) }
  local from = random:number(2)
  return form_of[1] .. parts[from] .. form_of[4] .. parts[3 - from] .. form_of[5], secret
end)
form(function(random) -- an option of a command that has no name
  local secret = secret_of(random, "+/=_.~:!@#")
  local head = random:choose { "mysql -uroot -p", "/usr/bin/mysqldump -p", "redis-cli -h a -a ", "sshpass -p ",
    "docker login -u ann -p ", "ldapsearch -x -w ", "sh -c \"mysql -p", "redis-cli -a '" }
  local quote = head:match "[\"']" or ""
  return head .. secret .. (quote == "'" and "'" or "") .. " rest" .. (quote == '"' and '"' or ""), secret, #head
end)

-- Texts that go before and after, and that end neither in the middle of a quoted text nor of a word.
local AROUND = { "", "", "the role is on\n", "run 3: ok, 12 repositories\n", '{"a": [1, 2]}\n', "GET /x 200 it's done\n",
  "C:\\temp\\x\n", "> curl -v\n" }

-- Wraps a text: in a JSON string (in a JSON string), or as the argument of a shell.
local function wrapped(random, text)
  local kind = random:number(8)
  if kind <= 2 then
    for _ = 1, kind do
      text = json.encode { output = text, status = 0 }
    end
    return text, true
  end
  return text
end

-- A secret remains if a part of it that is not the whole does: any piece of six characters.
local function remains(shown, secret)
  for first = 1, #secret - 5 do
    local piece = secret:sub(first, first + 5)
    if piece:find "^[%w]+$" and shown:find(piece, 1, true) then
      return piece
    end
  end
end

local function check(text, secret, number)
  local shown = redact.text(text)
  local piece = remains(shown, secret)
  if piece then
    error(("case %d of seed %d: %q remains of %q\nin %s\nof %s"):format(number, SEED, piece, secret, shown, text), 0)
  end
end

describe("a redacted text", function()
  it("has no secret, in whatever format it is named", function()
    local random = Random.new(SEED)
    for number = 1, CASES do
      local text, secret, head = random:choose(FORMS)(random)
      local before = random:choose(AROUND)
      if head and random:number(4) == 1 then -- the text is cut in the value
        text = before .. text:sub(1, head + random:number(#text - head))
      else
        text = before .. text .. "\n" .. random:choose(AROUND)
      end
      check(wrapped(random, text), secret, number)
    end
    torture.report("redact: secrets", CASES)
  end)

  -- Words of ordinary output, some of them next to the names of secrets.
  local ORDINARY = { "token bucket", "the password policy", "nextToken", "nextToken=abc", '"nextToken": "AAAA"', "pageToken: 7",
    '"authorizationData": []', "authorizationData: none", "secrets manager", "a bearer token", "GetAuthorizationToken",
    "ecr:GetAuthorizationToken", "tokens: 5", "passwords are hidden", "environment: production", "cookies", "signature v4",
    "AWS4-HMAC-SHA256", "arn:aws:iam::111122223333:role/web", "web  granted", "it's on", '{"Sid":"AllowPull"}', "12:30:00",
    "a=b&c=d", "--region us-east-1", "<Arn>x</Arn>", "key = value", "assertion failed: x", "NEXT_TOKEN=3", "C:\\x", "(token)",
    "the option --token", "private key", "client", "secretary: ann", "https://a.test/x?y=1", "ann@a.test", "a, b; c",
    "-----BEGIN PUBLIC KEY-----", "tokenType: Bearer", '"tokenType":"Bearer"', "[password]", "password", "é 漢字",
    '{"Value":"prod","Name":"stage"}', "mkdir -p a/b", "grep -a x y", "docker run -p 80:80 web", "mysql -p db", "tar -pxf a",
    "<Value>1</Value><Name>stage</Name>", "values: 3", "the name: password", "redis-cli ping",
    '{"Key":"team","Value":"a"}', "ssh -p 22 host", "- value: 1\n  name: x" }

  it("stays as it is without a secret", function()
    local random = Random.new(SEED)
    for number = 1, CASES do
      local words = {}
      for i = 1, random:number(8) do words[i] = random:choose(ORDINARY) end
      local text = table.concat(words, random:choose { "\n", ".\n", " and\n" })
      if random:number(4) == 1 then text = json.encode { output = text } end
      local shown = redact.text(text)
      if shown ~= text then
        error(("case %d of seed %d: %s\nbecame %s"):format(number, SEED, text, shown), 0)
      end
    end
    torture.report("redact: ordinary texts", CASES)
  end)

  it("is found with instructions linear in the size of the text", function()
    local function instructions(text)
      local count = 0
      debug.sethook(function() count = count + 1 end, "", 100)
      redact.text(text)
      debug.sethook()
      return count
    end
    local pieces = { "a", " ", "\\", '"', "'", "=", ":", "<", "%41", "token", "token=", "token: ", '"token":', "token='",
      'token="\\', "<token>", "--token ", "-----BEGIN ", "cookie: a", "token:\n ", "&token=a", "%26token%3D", "bearer a ",
      "token=a'b ", "\\u003ctoken", "password: |\n a\n", "token={", "://a@", "token=a,", "a.", "-", '"value":"',
      "value:'a", '"name":"password",', "name:password ", "<Value>",
      "<Name>password</Name>", "--value a ", "mysql ", "-pa ", "redis-cli ", "-a ", "\n- " }
    local random, count = Random.new(SEED), torture.choose(60, 2000)
    for _ = 1, count do
      local unit = random:choose(pieces) .. random:choose(pieces) .. random:choose(pieces)
      local one, two = instructions(unit:rep(400)), instructions(unit:rep(800))
      assert.is_true(two <= one * 2.5 + 100, ("%q: %d, then %d"):format(unit, one, two))
    end
    torture.report("redact: linear time", count)
  end)
end)
