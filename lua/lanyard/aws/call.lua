--- Carries out a call: attempts, retries, and the correction of a wrong clock or expired credentials.
---
---     local output, err = call(client, "GetRepositoryPolicy", { repositoryName = "web" })

local attempt = require "lanyard.aws.attempt"
local lazy = require "lanyard.lazy"
local retry = require "lanyard.aws.retry"
local skew = require "lanyard.aws.skew"

local rate = lazy "lanyard.aws.rate"

local function note(client, text, ...)
  if client.options.debug then
    client.options.debug("* " .. text:format(...))
  end
end

-- Returns the rate limiter of a call, or nil without the adaptive mode. AWS limits each operation in each Region.
local function limiter_of(client, operation, keys)
  if client.options.retry_mode ~= "adaptive" then
    return nil
  end
  local owner = keys and keys.account_id or client.session
  return rate.limiter(owner, ("%s %s %s"):format(client.region, client.endpoint, operation), client.options.clock)
end

-- Corrects the cause of a rejected signature: the clock of this machine, or expired credentials. Returns whether the
-- call can now succeed. `offset` is the clock offset of the attempt. `corrected` records what this call has corrected:
-- each cause is corrected once.
local function correct(client, err, keys, offset, corrected, plan)
  local new_offset = skew.offset(err, client.options.clock.time(), offset)
  if new_offset and not corrected.clock then
    corrected.clock = true
    client.shared.offsets[client.endpoint] = new_offset
    note(client, "the clock of %s is %+d s from this machine's; requests are signed with its time from now on",
      client.service, new_offset)
    return true
  elseif retry.is_expired(err) and keys and not corrected.keys and client.session.expire then
    corrected.keys = true
    if plan and plan:forget_session(client) then
      return true
    end
    client.session:expire(keys)
    local fresh = client.session:credentials()
    return fresh ~= nil and fresh.access_key_id ~= keys.access_key_id
  end
  return false
end

-- Waits before the next attempt. Returns its cost, or nil if the quota of retries is used up.
local function back_off(client, err, number)
  local options = client.options
  local cost = retry.cost(err)
  if not client.quota:take(cost) then
    note(client, "no retry: too many calls to %s fail", client.service)
    return nil
  end
  local delay = retry.delay(number, err, options.clock.random, options.longest_delay)
  note(client, "attempt %d of %d failed with %s (retry in %.2f s)", number, options.max_attempts, err.code, delay)
  local on_retry = options.on_retry or function() end
  on_retry(err, delay)
  options.clock.sleep(delay)
  on_retry(nil)
  return cost
end

-- Returns nil, the error of a call, and the plan. `doubtful` is the failure of an earlier attempt that may have been
-- carried out: a later rejection, such as "already exists", can be its consequence.
local function failure(err, doubtful, described, plan)
  if doubtful and doubtful ~= err and not described.reads and not retry.may_have_happened(err) then
    err.earlier = doubtful
    err.tip = err.tip or ("attempt %d of this call failed (%s) but may have been carried out; check before you repeat "
      .. "the call"):format(doubtful.attempts, doubtful.code)
  end
  return nil, err, plan
end

-- Makes an attempt at the rate that the limiter allows. Returns its output and error, and the clock offset it used.
local function paced_attempt(client, operation, input, keys, plan)
  local limiter = limiter_of(client, operation, keys)
  local sent = limiter and limiter:acquire()
  local offset = client.shared.offsets[client.endpoint] or 0
  local output, err = attempt(client, operation, input, keys, offset, plan)
  if limiter then
    limiter:record(err ~= nil and retry.is_throttling(err), sent)
  end
  return output, err, offset
end

-- Returns what an attempt is signed with: credentials, or nil for a request that is not signed | nil, err
local function keys_of(client, described, plan)
  if plan then
    return plan:keys(client)
  elseif client.options.unsigned or described.unsigned then
    return nil
  end
  return client.session:credentials()
end

-- Plans the call again if the bucket is in another Region. Returns the plan, or nil if nothing can be corrected.
local function correct_region(client, err, plan, corrected)
  local region = plan and err.bucket_region
  if not region or corrected.region then
    return nil
  end
  corrected.region = true
  note(client, "the bucket is in %s; the call is repeated there", region)
  return plan:move(client, region)
end

-- Makes attempts until one succeeds or no further one is allowed.
local function attempts(client, operation, input, plan)
  local options, described = client.options, client.description.operations[operation]
  local corrected, cost, doubtful = {}, nil, nil
  for number = 1, options.max_attempts do
    local output, offset
    local keys, err = keys_of(client, described, plan)
    if err then
      return nil, err, plan
    end
    output, err, offset = paced_attempt(client, operation, input, keys, plan)
    if output then
      client.quota:give(cost or 1)
      return output, nil, plan
    end
    err.attempts, err.region = number, client.region
    local moved = correct_region(client, err, plan, corrected)
    local resolved = moved ~= nil or correct(client, err, keys, offset, corrected, plan)
    plan = moved or plan
    err.retryable = resolved or err.retryable
    doubtful = not moved and retry.may_have_happened(err) and err or doubtful
    if not err.retryable or number == options.max_attempts or described.once and doubtful then
      return failure(err, doubtful, described, plan)
    elseif not resolved then
      cost = back_off(client, err, number)
      if not cost then
        return failure(err, doubtful, described, plan)
      end
    end
  end
end

--- Carries out a call.
---@param client aws.Client
---@param operation string  an operation of the client's service
---@param input table       complete, as lanyard.aws.client checks it
---@param options? aws.CallOptions  of an operation of a model
---@return table? output
---@return lanyard.Error? err
return function(client, operation, input, options)
  local described = client.description.operations[operation]
  local permitted, denied = true, nil
  if client.options.permit then
    permitted, denied = client.options.permit(client, operation, input)
  end
  if not permitted then
    return nil, denied
  elseif not described.model then
    local output, err = attempts(client, operation, input)
    return output, err
  end
  local plan, err = require("lanyard.aws.plan").new(client, described, input, options or {})
  if not plan then
    return nil, err
  end
  local output
  output, err, plan = attempts(client, operation, plan.input, plan)
  if plan.to then
    plan.to:close() -- removes what is incomplete
  end
  return output, err
end
