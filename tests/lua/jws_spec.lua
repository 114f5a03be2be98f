local credentials = require "lanyard.credentials"
local helper = require "helper"
local jws = require "lanyard.jws"
local proof = require "proof"

describe("a proof", function()
  it("is a JSON Web Signature that OpenSSL verifies with the key in its header", function()
    local folder <close> = helper.folder()
    local pem, path = proof.key(folder)
    local key = assert(jws.key(pem))
    for n = 1, 20 do -- some numbers of some signatures begin with zeros or with a high bit
      local text = key:sign("dpop+jwt", '{"n":' .. n .. "}")
      local header, payload, point = proof.open(text)
      assert.equal("ES256", header.alg)
      assert.equal("dpop+jwt", header.typ)
      assert.equal("P-256", header.jwk.crv)
      assert.is_nil(header.jwk.d)
      assert.equal(proof.point(path), point)
      assert.equal('{"n":' .. n .. "}", payload)
      assert.is_true(proof.verifies(folder, path, text))
      assert.is_false(proof.verifies(folder, path, "x" .. text))
    end
  end)

  it("is signed with a key in SEC 1 or PKCS #8, plain or sealed", function()
    local folder <close> = helper.folder()
    local pem, path = proof.key(folder)
    assert(jws.key(credentials.secret(pem)))
    assert(jws.key(proof.openssl("pkcs8 -topk8 -nocrypt -in " .. path)))
  end)

  it("rejects a private key that contains the public key of another", function()
    local mismatched = [[
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIPOtQg8XTlIOO6iyoJ8wdsUsBwMZzLYx8bJsXjUwgbsEoAoGCCqGSM49
AwEHoUQDQgAEVr3WsX5VrLY65GUc//rpEYniaWzq4+DUHbtnLuzv5OTPK93XTimU
Ui8fd0F7d/2FHlZQagbPp9La78FdLQuNow==
-----END EC PRIVATE KEY-----
]]
    local key, err = jws.key(mismatched)
    assert.is_nil(key)
    assert.equal("InvalidKey", err.code)
  end)

  it("rejects a type that would need escapes, and arguments that are not strings", function()
    local folder <close> = helper.folder()
    local key = assert(jws.key((proof.key(folder))))
    for _, kind in ipairs { 'a"b', "a\\b", "a\nb", "a\0b" } do
      assert.has_error(function() key:sign(kind, "{}") end)
    end
    assert.has_error(function() key:sign("dpop+jwt", {}) end)
    assert.has_error(function() jws.key {} end)
  end)

  it("rejects anything but a private key on its curve, without asking for a passphrase", function()
    local folder <close> = helper.folder()
    local pem, path = proof.key(folder)
    local wrong = {
      "", "no key", pem:sub(1, 60), (pem:gsub("%u%u%u%u", "!", 3)),
      proof.openssl(("ec -in %s -pubout"):format(path)),
      proof.openssl(("pkcs8 -topk8 -passout pass:word -in %s"):format(path)),
      (proof.key(folder, "secp384r1")),
      proof.openssl "genpkey -algorithm ed25519",
      ("x"):rep(100000),
    }
    for _, text in ipairs(wrong) do
      local key, err = jws.key(text)
      assert.is_nil(key)
      assert.equal("InvalidKey", err.code)
    end
  end)

  it("exposes nothing of the key, and cannot be signed after the key is closed", function()
    local folder <close> = helper.folder()
    local kept
    do
      local key <close> = assert(jws.key((proof.key(folder))))
      assert.equal("key: ***", tostring(key))
      kept = key
    end
    local ok, why = pcall(kept.sign, kept, "dpop+jwt", "{}")
    assert.is_false(ok)
    assert.matches("closed", why)
  end)
end)
