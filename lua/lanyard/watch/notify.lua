--- The channels of a watch: a command or a webhook that is notified of what the watched command found.
---
---     local channel = notify.command { "mail", "-s", "lanyard", "ops@example.com" }
---     local channel, err = notify.webhook("https://hooks.example.com/x", { command = { "audit" }, host = "build-1" })
---     local ok, err = channel.send("found", run)
---
--- The URL of a webhook is often its only secret: errors and names contain only its host. Posted text passes through
--- lanyard.text.redact.

local bounded = require "lanyard.text.bounded"
local clock_module = require "lanyard.clock"
local credentials = require "lanyard.credentials"
local settings = require "lanyard.aws.settings"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local http = require "lanyard.http"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local loopback = require "lanyard.loopback"
local process = require "lanyard.process"
local redact = require "lanyard.text.redact"
local retry = require "lanyard.aws.retry"
local shellwords = require "lanyard.text.shellwords"
local system = require "lanyard.system"
local timestamp = require "lanyard.text.timestamp"
local version = require "lanyard.version"

local M = {}

local COMMAND_TIMEOUT = 300 -- seconds
local MAX_ATTEMPTS = 4
local MAX_POSTED = 64 * 1024 -- bytes of each text

---@class watch.Channel
---@field name string                     for messages
---@field events table<string, boolean>   the events that it receives: "found", "failed", "cleared"
---@field send fun(event: string, run: watch.Run): true?, lanyard.Error?

-- ---------------------------------------------------------------------------------------------
-- A command

--- Returns a channel that runs a command for each finding, without a shell. The command reads the output of the run
--- from stdin, and its exit status from LANYARD_STATUS.
---@param words string[]
---@return watch.Channel
function M.command(words)
  local function send(_, run)
    system.setenv("LANYARD_STATUS", tostring(run.status))
    local ended, err = process.run {
      words = words, input = run.output, timeout = COMMAND_TIMEOUT,
      output = function(text) io.stderr:write(text) end,
    }
    system.setenv("LANYARD_STATUS", nil)
    if not ended then
      return nil, err
    elseif ended.status ~= 0 then
      return nil, errors.new { code = "CommandFailed", message = "the command " .. process.describe(ended) }
    end
    return true
  end
  return { name = "'" .. shellwords.join(words) .. "'", events = lists.set "found", send = send }
end

-- ---------------------------------------------------------------------------------------------
-- A webhook

-- Returns the host of a webhook's URL, or nil and an error.
local function host_of(url)
  local scheme, authority = url:match "^(%a+)://([^/?#]+)"
  local host = authority and authority:match "[^@]*$":gsub(":%d*$", ""):lower()
  -- A name with a colon is the user of a password that has a slash and is not encoded.
  if not host or url:find "[%c%s]" or not (host:find "^%w[%w._-]*$" or host:find "^%[[%x:.]+%]$") then
    return nil, errors.new { code = "InvalidWebhook",
      message = "the webhook is not a valid URL: write https://HOST/PATH" }
  elseif scheme:lower() ~= "https" and not (scheme:lower() == "http" and loopback.is(host)) then
    return nil, errors.new {
      code = "InvalidWebhook",
      message = ("the webhook at %s must use https: what is posted is confidential"):format(host),
    }
  end
  return host
end

local SUMMARY = { found = "has findings", failed = "failed", cleared = "has recovered" }

-- Prepares a text for JSON: without secrets, bounded, and valid UTF-8, whatever the command printed.
local function posted(text)
  local short = bounded.new(MAX_POSTED)
  short:add(redact.text(text))
  return escape.utf8((short:text()))
end

-- Chat services display the member `text`, so it summarizes the rest in one line.
local function body_of(event, run, about)
  local line = posted(shellwords.join { "lanyard", table.unpack(about.command) })
  return json.encode {
    text = ("%s: %s %s (%s)"):format(about.host, line, SUMMARY[event], run.ended),
    event = event,
    command = line,
    status = run.status,
    host = about.host,
    time = timestamp.format(run.started),
    run = run.number,
    output = posted(run.output),
    errors = posted(run.errors),
    source = "lanyard watch " .. version,
  }
end

-- Makes one attempt. Returns true, or nil and an error.
local function post(url, body)
  local bundle, reply, err
  bundle, err = settings.get("ca_bundle", { name = "default", values = {} })
  if bundle == nil and err then
    return nil, err
  end
  reply, err = http.request {
    method = "POST", url = url, body = body, ca_bundle = bundle,
    headers = { ["Content-Type"] = "application/json", ["User-Agent"] = "lanyard/" .. version },
  }
  if not reply then
    return nil, err
  elseif reply.status >= 200 and reply.status < 300 then
    return true
  end
  err = errors.new {
    code = "Webhook", status = reply.status, message = ("the server returned HTTP status %d"):format(reply.status),
  }
  err.retryable = retry.is_retryable(err)
  err.retry_after = retry.after(reply.headers, clock_module.time())
  return nil, err
end

--- Returns a channel that posts JSON to a webhook for findings, failures and recoveries.
---@param url string  https, or http on loopback
---@param about { command: string[], host: string, clock: table? }  host: name of this machine; clock: for tests
---@return watch.Channel?
---@return lanyard.Error? err  code Usage
function M.webhook(url, about)
  local host, invalid = host_of(url)
  if not host then
    return nil, invalid
  end
  local clock = about.clock or clock_module
  local redactor = credentials.redactor { credentials.secret(url), credentials.secret(url:match "://[^/?#]*(.*)$") }
  local function send(event, run)
    local body = body_of(event, run, about)
    for attempt = 1, MAX_ATTEMPTS do
      local ok, err = post(url, body)
      if ok then
        return true
      elseif not err.retryable or attempt == MAX_ATTEMPTS then
        return nil, errors.new { code = err.code, message = redactor:redact(err.message) }
      end
      clock.sleep(retry.delay(attempt, err))
    end
  end
  return { name = "the webhook at " .. host, events = lists.set "found failed cleared", send = send }
end

return M
