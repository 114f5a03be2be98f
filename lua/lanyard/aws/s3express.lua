--- Gets the credentials of sessions with directory buckets (S3 Express One Zone), with which their objects are read and
--- written. https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-create-session.html
---
---     local session, err = s3express.session(client, "logs--use1-az4--x-s3")
---     session.keys, session.token   -- to sign with, and to send

local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- Seconds before its end from which a session is replaced; it lasts five minutes.
local MARGIN = 60

-- Each bucket has a session for each access key.
local function sessions_of(client)
  local shared = client.shared
  shared.s3express = shared.s3express or {}
  return shared.s3express
end

local function seconds(value)
  return type(value) == "number" and value or timestamp.parse(value)
end

-- Returns a session of what CreateSession replied | nil, err
local function new_session(client, reply)
  local found = reply.Credentials or {}
  local expires = found.Expiration and seconds(found.Expiration)
  if not (found.AccessKeyId and found.SecretAccessKey and found.SessionToken and expires) then
    return nil, errors.new {
      code = "InvalidResponse", message = "the reply has no complete credentials", service = client.service,
      operation = "CreateSession",
    }
  end
  return {
    keys = credentials.new { access_key_id = found.AccessKeyId, secret_access_key = found.SecretAccessKey },
    token = credentials.secret(found.SessionToken),
    expires = expires,
  }
end

-- Returns the name under which a session is kept | nil, err
local function name_of(client, bucket)
  local keys, err = client.session:credentials()
  return keys and bucket .. " " .. keys.access_key_id, err
end

--- Returns the session with a bucket: a kept one, or a new one.
---@param client aws.Client  of S3
---@param bucket string
---@return { keys: userdata, token: userdata, expires: number }? session
---@return lanyard.Error? err
function M.session(client, bucket)
  local name, err = name_of(client, bucket)
  if not name then
    return nil, err
  end
  local sessions = sessions_of(client)
  local session = sessions[name]
  if session and session.expires - MARGIN > client.options.clock.time() then
    return session
  end
  local reply
  reply, err = client:call("CreateSession", { Bucket = bucket })
  if not reply then
    return nil, err
  end
  sessions[name], err = new_session(client, reply)
  return sessions[name], err
end

--- Forgets the session with a bucket, which S3 rejects.
---@param client aws.Client
---@param bucket string
function M.forget(client, bucket)
  local name = name_of(client, bucket)
  if name then
    sessions_of(client)[name] = nil
  end
end

return M
