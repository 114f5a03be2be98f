local json = require "lanyard.json"
local secret_fields = require "lanyard.text.secret_fields"

-- Fails if the text contains one of the secrets, and returns the text.
local function shows(text, secrets)
  for _, secret in ipairs(secrets) do
    assert.is_nil(text:find(secret, 1, true), text)
  end
  return text
end

describe("lanyard.text.secret_fields", function()
  it("hides the values of secret members of any type", function()
    local shown = shows(secret_fields.hide('{"authorizationData":[{"authorizationToken":"QVdTOnNlY3JldA==","expiresAt":1}],'
      .. '"environment" : {"DB":"a}\\"b{","N":{"x":["hidden"]}}, "password":12345,"sessionToken":"cut'),
      { "QVdT", "a}", "hidden", "12345", "cut" })
    assert.truthy(shown:find('"expiresAt":1', 1, true))
  end)

  it("hides container logs as a whole", function()
    assert.equal('{"logEvents":"***","nextPageToken":"x"}',
      secret_fields.hide '{"logEvents":[{"createdAt":1.5,"message":"password is hidden"}],"nextPageToken":"x"}')
  end)

  it("leaves other text unchanged", function()
    for _, text in ipairs {
      '{"policyText":"{ \\"Statement\\" : [] }","nextToken":"abc=","tokenType":"Bearer"}',
      "<Arn>arn:aws:iam::1:user/a</Arn><AccessKeyId>AKIA</AccessKeyId>",
      "Action=AssumeRole&RoleArn=arn%3Aaws&Tags.member.1.Key=k", "busy", "", "a=b\nc",
    } do
      assert.equal(text, secret_fields.hide(text))
    end
  end)

  it("decodes JSON escapes in names and values", function()
    shows(secret_fields.hide [[{"secretAccess\u004bey":"one\"two\\","x":1,"accessToken":"\u0022three\\\"four","y":["five"]}]],
      { "one", "two", "three", "four" })
    assert.equal([[{"idToken":"***","y":"\\"}]], secret_fields.hide [[{"idToken":"a\\","y":"\\"}]])
  end)

  it("finds secrets in JSON inside a JSON string, as in CloudTrail events", function()
    local inner = json.encode { credentials = { sessionToken = 'one"two\\', accessKeyId = "ASIA" }, z = "shown" }
    local text = inner
    for _ = 1, 3 do
      text = json.encode { CloudTrailEvent = text, after = "shown too" }
      local shown = shows(secret_fields.hide(text), { "one", "two" })
      local seen = assert(json.decode(shown))
      assert.equal("shown too", seen.after)
      while seen.CloudTrailEvent do seen = assert(json.decode(seen.CloudTrailEvent)) end
      assert.same({ credentials = { sessionToken = "***", accessKeyId = "ASIA" }, z = "shown" }, seen)
    end
  end)

  it("hides secret elements of STS replies with any content", function()
    assert.equal("<SecretAccessKey>***</SecretAccessKey><X>y</X>",
      secret_fields.hide "<SecretAccessKey>abc</SecretAccessKey><X>y</X>")
    assert.equal('<a:SessionToken x="1">***</a:SessionToken><X/>',
      secret_fields.hide '<a:SessionToken x="1"><![CDATA[abc]]>&amp;def<b>ghi</b></a:SessionToken><X/>')
    assert.equal("<SessionToken/><X>y</X>", secret_fields.hide "<SessionToken/><X>y</X>")
    shows(secret_fields.hide "<SessionToken>cut", { "cut" })
  end)

  it("hides secret fields of forms", function()
    assert.equal("Action=A&WebIdentityToken=***&TokenCode=***&SAMLAssertion=***&RoleArn=r",
      secret_fields.hide "Action=A&WebIdentityToken=ey.J%2Bx&TokenCode=123456&SAMLAssertion=PHNhbWw%3D&RoleArn=r")
    assert.equal("grant_type=refresh_token&refresh_token=***&client_secret=***",
      secret_fields.hide "grant_type=refresh_token&refresh_token=abc&client_secret=def")
  end)

  it("hides signatures and tokens of query strings, also inside JSON", function()
    local url = "https://b.s3.amazonaws.com/x?X-Amz-Security-Token=one%2F&X-Amz-Date=2&X-Amz-Signature=three"
    local shown = shows(secret_fields.hide(json.encode { downloadUrl = url }), { "one", "three" })
    assert.truthy(shown:find("X-Amz-Date=2", 1, true))
    shows(secret_fields.hide [[{"u":"x?X-Amz-Date=2\u0026X-Amz-Security-Token=o\/one\u0026X-Amz-Signature\u003dthree"}]],
      { "one", "three" })
    assert.equal("https://b.s3.amazonaws.com/x?X-Amz-Security-Token=***&X-Amz-Date=2&X-Amz-Signature=***",
      secret_fields.hide_query(url))
  end)

  it("hides a header repeated by an error, a password in a URL, and keys under any of their names", function()
    shows(secret_fields.hide '{"message":"was\\nx-amz-security-token:SECRET\\nhost:a"}', { "SECRET" })
    shows(secret_fields.hide "see https://me:SECRET@host/ or postgres://me:SECRET@b", { "SECRET" })
    for _, character in ipairs { "/", "?", "#" } do
      local url = ("'http://me:SECRET%sSECRET@proxy:3128/'"):format(character)
      assert.equal("'http://***@proxy:3128/'", secret_fields.hide(url))
    end
    for _, url in ipairs { "https://host:443/web@sha256:ab", "https://host/a:b@c", "https://[::1]:80/a@b" } do
      assert.equal(url, secret_fields.hide(url))
    end
    for _, name in ipairs { "aws_secret_access_key", "auth_token", "secret", "apiKey", "passphrase" } do
      shows(secret_fields.hide(('{"%s":"SECRET"}'):format(name)), { "SECRET" })
    end
    assert.matches("12:30:00", secret_fields.hide '{"message":"at 12:30:00"}')
  end)

  it("handles long texts with unterminated values in linear time", function()
    for _, piece in ipairs { "a", "<a", "\\", '"a', "=", "<", "%41" } do
      local text = piece:rep(200000)
      assert.equal(text, secret_fields.hide(text))
      assert.equal("<" .. text, secret_fields.hide("<" .. text))
    end
  end)

  it("hides a secret in a text truncated at any position", function()
    local whole = json.encode { authorizationToken = "SECRET", list = { { password = "SECRET" } },
      inner = json.encode { sessionToken = "SECRET" } } .. "<SecretAccessKey>SECRET</SecretAccessKey>"
      .. "&WebIdentityToken=SECRET&x=y"
    for first = 1, #whole do
      -- A text is truncated at its end only: without its name a secret cannot be found.
      shows(secret_fields.hide(whole:sub(1, first)), { "SECR" })
    end
  end)

  it("hides the value of a pair whose name is in the member before", function()
    for text, expected in pairs {
      ['{"name":"DB_PASSWORD","value":"SECRET"},{"name":"X","value":"seen"}'] =
        '{"name":"DB_PASSWORD","value":"***"},{"name":"X","value":"seen"}',
      ['{"Key": "DB_PASSWORD", "Value": "a\\"SECRET"}'] = '{"Key": "DB_PASSWORD", "Value": "***"}',
      [ [["{\"name\":\"API_KEY\",\"value\":\"SECRET\"}"]] ] = [["{\"name\":\"API_KEY\",\"value\":\"***\"}"]],
      ["- name: DB_PASSWORD\n  value: SECRET\n- name: X\n  value: seen"] =
        "- name: DB_PASSWORD\n  value: ***\n- name: X\n  value: seen",
      ["ParameterKey=DBPassword,ParameterValue=SECRET"] = "ParameterKey=DBPassword,ParameterValue=***",
      ['{"name":"DB_PASSWORD","valueFrom":"arn"}'] = '{"name":"DB_PASSWORD","valueFrom":"arn"}',
    } do
      assert.equal(expected, secret_fields.hide(text))
    end
  end)

  it("hides the value of a pair whose name is in a later member, or has other members between", function()
    for text, expected in pairs {
      ['{"Value":"SECRET","Name":"DB_PASSWORD"}'] = '{"Value":"***","Name":"DB_PASSWORD"}',
      ['[{"Value":"seen","Name":"X"},{"Value":"SECRET","Name":"DB_PASSWORD"}]'] =
        '[{"Value":"seen","Name":"X"},{"Value":"***","Name":"DB_PASSWORD"}]',
      ['[{"Value":"seen"},{"Name":"DB_PASSWORD"}]'] = '[{"Value":"seen"},{"Name":"DB_PASSWORD"}]',
      ['{"Name":"/prod/DB_PASSWORD","Type":"SecureString","Value":"SECRET","Version":1}'] =
        '{"Name":"/prod/DB_PASSWORD","Type":"SecureString","Value":"***","Version":1}',
      ['{\n  "Value": "SECRET\\"1 {",\n  "Type": "String",\n  "Name": "/prod/db.password"\n}'] =
        '{\n  "Value": "***",\n  "Type": "String",\n  "Name": "/prod/db.password"\n}',
      [ [["{\"value\":\"SECRET\",\"name\":\"API_KEY\"}"]] ] = [["{\"value\":\"***\",\"name\":\"API_KEY\"}"]],
      ["{'Value': 'SECRET', 'Key': 'api_key'}"] = "{'Value': '***', 'Key': 'api_key'}",
      ["- value: SECRET w\n  name: DB_PASSWORD\n- value: seen\n  name: X"] =
        "- value: ***\n  name: DB_PASSWORD\n- value: seen\n  name: X",
      ["- value: seen\n- name: DB_PASSWORD\n  kind: x\n  value: SECRET"] =
        "- value: seen\n- name: DB_PASSWORD\n  kind: x\n  value: ***",
      ["ParameterValue=SECRET,ParameterKey=DBPassword"] = "ParameterValue=***,ParameterKey=DBPassword",
      ["Value=SECRET,Key=password Value=seen,Key=x"] = "Value=***,Key=password Value=seen,Key=x",
      ["<Value>SECRET &amp; x</Value><Name>DB_PASSWORD</Name>"] = "<Value>***</Value><Name>DB_PASSWORD</Name>",
      ["<Name>DB_PASSWORD</Name><Type>String</Type><Value>SECRET</Value><Value>seen</Value>"] =
        "<Name>DB_PASSWORD</Name><Type>String</Type><Value>***</Value><Value>seen</Value>",
      ["put-parameter --name DB_PASSWORD --type String --value SECRET"] =
        "put-parameter --name DB_PASSWORD --type String --value ***",
      ["put-parameter --value 'SECRET 1' --name /a/DB_PASSWORD --x"] =
        "put-parameter --value '***' --name /a/DB_PASSWORD --x",
      ['<input value="SECRET" type="text" name="password">'] = '<input value="***" type="text" name="password">',
      ["the value: 5 is shown, the name: password"] = "the value: 5 is shown, the name: password",
      ['{"output":"- value: seen\\n  name: x\\npassword"}'] = '{"output":"- value: seen\\n  name: x\\npassword"}',
      ['{"Value":"seen","Name":"password-policy"}'] = '{"Value":"seen","Name":"password-policy"}',
    } do
      assert.equal(expected, secret_fields.hide(text))
    end
  end)

  it("hides what was already hidden in a part of such a value only once", function()
    assert.equal('{"Value":"***","Name":"DB_PASSWORD"}', secret_fields.hide '{"Value":"token=a","Name":"DB_PASSWORD"}')
  end)

  it("hides the password in the option of a command", function()
    for text, expected in pairs {
      ["mysql -uroot -pSECRET db"] = "mysql -uroot -p*** db",
      ["mysql -p db"] = "mysql -p db",
      ["$ /usr/bin/mysqldump -h x -p'SECRET 1' db"] = "$ /usr/bin/mysqldump -h x -p'***' db",
      ['["mysql", "-u", "root", "-pSECRET", "db"]'] = '["mysql", "-u", "root", "-p***", "db"]',
      ["redis-cli -a SECRET ping"] = "redis-cli -a *** ping",
      ['["redis-cli","-a","SECRET","ping"]'] = '["redis-cli","-a","***","ping"]',
      ["redis-cli -h a --pass SECRET"] = "redis-cli -h a --pass ***",
      ["redis-cli ping; grep -a file"] = "redis-cli ping; grep -a file",
      ["docker exec db mysql -pS3cr!et:x && echo -pseen"] = "docker exec db mysql -p*** && echo -pseen",
      ["docker login -u ann -p SECRET host"] = "docker login -u ann -p *** host",
      ["docker run -p 80:80 web"] = "docker run -p 80:80 web",
      ["sshpass -p SECRET ssh x"] = "sshpass -p *** ssh x",
      ["openssl pkcs12 -passin pass:SECRET -in x"] = "openssl pkcs12 -passin pass:*** -in x",
      ['{"cmd":"mysql -pSECRET\\nls -pseen"}'] = '{"cmd":"mysql -p***\\nls -pseen"}',
      ["command:\n  - redis-cli\n  - -a\n  - SECRET\n"] = "command:\n  - redis-cli\n  - -a\n  - ***\n",
      ["mysql \\\n  -u root \\\n  -pSECRET"] = "mysql \\\n  -u root \\\n  -p***",
      [json.encode { cmd = "mysql \\\n -pSECRET" }] = json.encode { cmd = "mysql \\\n -p***" },
      ["mysqladmin -u root password SECRET"] = "mysqladmin -u root password ***",
      ["MYSQL_PWD=SECRET mysql"] = "MYSQL_PWD=*** mysql",
      ["keytool -storepass SECRET"] = "keytool -storepass ***",
      ["sh -c 'mysql -pSECRET' x"] = "sh -c 'mysql -p***' x",
      ["smbclient -U ann%SECRET //x"] = "smbclient -U ann%*** //x",
      ["mkdir -p a && tar -pxf b"] = "mkdir -p a && tar -pxf b",
    } do
      assert.equal(expected, secret_fields.hide(text))
    end
  end)

  it("hides the password of a login option", function()
    for text, expected in pairs {
      ["curl -u ann:SECRET https://x/"] = "curl -u ann:*** https://x/",
      ["curl --user 'ann:SECRET' x"] = "curl --user 'ann:***' x",
      ["curl --proxy-user=ann:SECRET x"] = "curl --proxy-user=ann:*** x",
      ['"curl -u ann:SECRET"'] = '"curl -u ann:***"',
      ["sort -u file"] = "sort -u file",
    } do
      assert.equal(expected, secret_fields.hide(text))
    end
  end)
end)
