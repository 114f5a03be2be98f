-- Hashes, base64 and comparison in constant time.

local crypto = require "lanyard.crypto"

describe("hashes in hexadecimal digits", function()
  it("match the names of the files of the AWS CLI's token caches", function()
    assert.equal("dace00cba5f8355ec9d274ceb2bcebdfbeed0e12", crypto.sha1_hex "https://ssotest.awsapps.com/start")
    assert.equal("da39a3ee5e6b4b0d3255bfef95601890afd80709", crypto.sha1_hex "")
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", crypto.sha256_hex "abc")
  end)
end)

describe("base64", function()
  it("encodes the test vectors of RFC 4648", function()
    local vectors = { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=", foobar = "Zm9vYmFy" }
    for bytes, expected in pairs(vectors) do assert.equal(expected, crypto.base64(bytes)) end
  end)

  it("encodes every byte", function()
    assert.equal("+/8A/w==", crypto.base64 "\xfb\xff\0\xff")
  end)

  it("decodes what it encodes, and skips white space", function()
    for bytes in ("|f|fo|foo|\xfb\xff\0\xff|"):gmatch "([^|]*)|" do
      assert.equal(bytes, crypto.base64_decode(crypto.base64(bytes)))
    end
    assert.equal("foobar", crypto.base64_decode " Zm9v\r\n\tYmFy\n")
  end)

  it("rejects other texts", function()
    for text in ("Z Zg Zg= Zg=== =Zg= Zh== Zm9= Zm9vZg==Zg== Zm9v==== Zm9*  Zm9v- ===="):gmatch "%S+" do
      assert.is_nil(crypto.base64_decode(text), text)
    end
  end)

  it("encodes a digest as Content Security Policies spell it", function()
    assert.equal("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", crypto.sha256_base64 "abc")
  end)
end)

describe("a comparison in constant time", function()
  it("compares all bytes of strings of any length", function()
    assert.is_true(crypto.equal("a\0b", "a\0b"))
    assert.is_false(crypto.equal("a\0b", "a\0c"))
    assert.is_false(crypto.equal("a", "ab"))
    assert.is_true(crypto.equal("", ""))
  end)

  it("accepts strings only", function()
    assert.has_error(function() crypto.equal("a") end)
    assert.has_error(function() crypto.sha256_hex {} end)
  end)
end)
