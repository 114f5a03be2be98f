local credentials = require "lanyard.credentials"
local helper = require "helper"
local json = require "lanyard.json"
local jws = require "lanyard.jws"

local function openssl(words)
  local ran = helper.run("openssl " .. words)
  assert(ran.status == 0, ran.err)
  return ran.out
end

local function make_key(folder, curve)
  local path = folder .. "/key.pem"
  openssl(("ecparam -name %s -genkey -noout -out %s"):format(curve or "prime256v1", path))
  return helper.read(path), path
end

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

local function from_base64url(text)
  local bytes, bits, held = {}, 0, 0
  for c in text:gmatch "." do
    bits, held = bits << 6 | ALPHABET:find(c, 1, true) - 1, held + 6
    if held >= 8 then
      held = held - 8
      bytes[#bytes + 1] = string.char(bits >> held & 255)
    end
  end
  return table.concat(bytes)
end

-- A number of a signature as DER writes it.
local function der_number(bytes)
  bytes = bytes:gsub("^\0+", "")
  bytes = bytes:byte() >= 128 and "\0" .. bytes or bytes
  return "\2" .. string.char(#bytes) .. bytes
end

local function verifies(folder, key_path, text, signature)
  local numbers = der_number(signature:sub(1, 32)) .. der_number(signature:sub(33))
  helper.write(folder .. "/text", text)
  helper.write(folder .. "/signature", "\48" .. string.char(#numbers) .. numbers)
  openssl(("ec -in %s -pubout -out %s/public.pem"):format(key_path, folder))
  return helper.run(("openssl dgst -sha256 -verify %s/public.pem -signature %s/signature %s/text")
    :format(folder, folder, folder)).status == 0
end

describe("a proof", function()
  it("is a JSON Web Signature that OpenSSL verifies, by the key that its header names", function()
    local folder <close> = helper.folder()
    local pem, path = make_key(folder)
    local key = assert(jws.key(pem))
    for n = 1, 20 do -- some numbers of some signatures begin with zeros or with a high bit
      local proof = key:sign("dpop+jwt", '{"n":' .. n .. "}")
      local header, payload, signature = proof:match "^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$"
      local head = assert(json.decode(from_base64url(header)))
      assert.equal("ES256", head.alg)
      assert.equal("dpop+jwt", head.typ)
      assert.equal("P-256", head.jwk.crv)
      assert.equal(32, #from_base64url(head.jwk.x))
      assert.is_nil(head.jwk.d)
      local point = openssl(("ec -in %s -pubout -outform DER"):format(path)):sub(-64)
      assert.equal(point, from_base64url(head.jwk.x) .. from_base64url(head.jwk.y))
      assert.equal('{"n":' .. n .. "}", from_base64url(payload))
      assert.is_true(verifies(folder, path, header .. "." .. payload, from_base64url(signature)))
      assert.is_false(verifies(folder, path, header .. "." .. payload .. "x", from_base64url(signature)))
    end
  end)

  it("is made with a key in SEC 1 or PKCS #8, a string or sealed", function()
    local folder <close> = helper.folder()
    local pem, path = make_key(folder)
    assert(jws.key(credentials.secret(pem)))
    assert(jws.key(openssl("pkcs8 -topk8 -nocrypt -in " .. path)))
  end)

  it("refuses what is no private key on its curve, without asking for a passphrase", function()
    local folder <close> = helper.folder()
    local pem, path = make_key(folder)
    local wrong = {
      "", "no key", pem:sub(1, 60), pem:gsub("%u%u%u%u", "!", 3),
      openssl(("ec -in %s -pubout"):format(path)),
      openssl(("pkcs8 -topk8 -passout pass:word -in %s"):format(path)),
      (make_key(folder, "secp384r1")),
      openssl "genpkey -algorithm ed25519",
      ("x"):rep(100000),
    }
    for _, text in ipairs(wrong) do
      local key, err = jws.key(text)
      assert.is_nil(key)
      assert.equal("InvalidKey", err.code)
    end
  end)

  it("shows nothing of the key, and is not made once the key is closed", function()
    local folder <close> = helper.folder()
    local kept
    do
      local key <close> = assert(jws.key((make_key(folder))))
      assert.equal("key: ***", tostring(key))
      kept = key
    end
    local ok, why = pcall(kept.sign, kept, "dpop+jwt", "{}")
    assert.is_false(ok)
    assert.matches("closed", why)
  end)
end)
