-- Keys on P-256 and signatures by them (ES256), with the openssl command.

local helper = require "helper"
local json = require "lanyard.json"

local M = {}

function M.openssl(words)
  local ran = helper.run("openssl " .. words)
  assert(ran.status == 0, ran.err)
  return ran.out
end

-- Creates a private key. Returns it in PEM, and its path.
function M.key(folder, curve)
  local path = folder .. "/key.pem"
  M.openssl(("ecparam -name %s -genkey -noout -out %s"):format(curve or "prime256v1", path))
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

-- Encodes a number of a signature in DER.
local function der_number(bytes)
  bytes = bytes:gsub("^\0+", "")
  bytes = bytes:byte() >= 128 and "\0" .. bytes or bytes
  return "\2" .. string.char(#bytes) .. bytes
end

-- Decodes a JSON Web Signature. Returns its header, its payload, and the point (x and y) of the key in its header.
function M.open(text)
  local header, payload = text:match "^([%w_-]+)%.([%w_-]+)%.[%w_-]+$"
  header = assert(json.decode(from_base64url(header)))
  return header, from_base64url(payload), from_base64url(header.jwk.x) .. from_base64url(header.jwk.y)
end

-- Returns the public point of a key in a file.
function M.point(path)
  return M.openssl(("ec -in %s -pubout -outform DER"):format(path)):sub(-64)
end

-- Reports whether a JSON Web Signature was made with the key in a file.
function M.verifies(folder, path, text)
  local signed, signature = text:match "^(.+)%.([%w_-]+)$"
  signature = from_base64url(signature)
  local numbers = der_number(signature:sub(1, 32)) .. der_number(signature:sub(33))
  helper.write(folder .. "/signed", signed)
  helper.write(folder .. "/signature", "\48" .. string.char(#numbers) .. numbers)
  M.openssl(("ec -in %s -pubout -out %s/public.pem"):format(path, folder))
  return helper.run(("openssl dgst -sha256 -verify %s/public.pem -signature %s/signature %s/signed")
    :format(folder, folder, folder)).status == 0
end

return M
