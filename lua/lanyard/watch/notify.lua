-- Who is told what a watched command found: a command, a webhook.
--
--   notify.command { "mail", "-s", "lanyard", "ops@example.com" }      of findings; it reads the output
--   notify.webhook(url, about)                                         of findings, failures, and their end; JSON
--     --> channel { name, events = { found = true, ... }, send(event, run) --> true | nil, err } | nil, err
--
-- about: { command = list of words, host, clock (lanyard.clock unless given) }. A webhook's URL often is its only
-- secret: no error or name has more of it than its host. What is posted has been through lanyard.text.redact.

local process = require "lanyard.process"
local clock_module = require "lanyard.clock"
local credentials = require "lanyard.credentials"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local bounded = require "lanyard.text.bounded"
local http = require "lanyard.http"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local redact = require "lanyard.text.redact"
local retry = require "lanyard.aws.retry"
local system = require "lanyard.system"
local version = require "lanyard.version"
local shellwords = require "lanyard.text.shellwords"

local M = {}

local COMMAND_TIMEOUT = 300
local ATTEMPTS = 4
local MOST_POSTED = 64 * 1024

-- ---------------------------------------------------------------------------------------------
-- A command

-- The command gets the run's output as its standard input, and LANYARD_STATUS; no shell reads its words.
function M.command(list)
  local function send(_, run)
    system.setenv("LANYARD_STATUS", tostring(run.status))
    local ended, err = process.run {
      words = list, input = run.output, timeout = COMMAND_TIMEOUT,
      output = function(text) io.stderr:write(text) end,
    }
    system.setenv("LANYARD_STATUS", nil)
    if not ended then
      return nil, err
    elseif ended.status ~= 0 then
      return nil, errors.new { code = "CommandFailed", message = "it " .. process.describe(ended) }
    end
    return true
  end
  return { name = "'" .. shellwords.join(list) .. "'", events = lists.set "found", send = send }
end

-- ---------------------------------------------------------------------------------------------
-- A webhook

local LOOPBACK = { "^127%.%d+%.%d+%.%d+$", "^localhost$", "^%[::1%]$" }

local function is_loopback(host)
  for _, pattern in ipairs(LOOPBACK) do
    if host:find(pattern) then
      return true
    end
  end
  return false
end

-- The host of a URL that may be posted to | nil, err
local function host_of(url)
  local scheme, authority = url:match "^(%a+)://([^/?#]+)"
  local host = authority and authority:match "[^@]*$":gsub(":%d+$", ""):lower()
  if not host or url:find "[%c%s]" or not host:find "^[%w%[][%w.:%]_-]*$" then
    return nil, errors.new { code = "Usage", message = "the webhook's URL is none: write https://HOST/PATH" }
  elseif scheme:lower() ~= "https" and not (scheme:lower() == "http" and is_loopback(host)) then
    return nil, errors.new {
      code = "Usage", message = ("the webhook at %s must be https: what is posted is confidential"):format(host),
    }
  end
  return host
end

local SAYING = { found = "found something", failed = "failed", cleared = "is well again" }

-- A text as it is posted: no secrets, no more than is wanted, and UTF-8, whatever a command prints and however it
-- was cut.
local function posted(text)
  local kept = bounded.new(MOST_POSTED)
  kept:add(redact.text(text))
  return escape.utf8((kept:text()))
end

-- What is posted. `text` says it all in a line, which is the member that chats show.
local function body_of(event, run, about)
  local line = posted(shellwords.join { "lanyard", table.unpack(about.command) })
  return json.encode {
    text = ("%s: %s %s (%s)"):format(about.host, line, SAYING[event], run.ended),
    event = event,
    command = line,
    status = run.status,
    host = about.host,
    time = timestamp.format(run.begun),
    run = run.number,
    output = posted(run.output),
    errors = posted(run.errors),
    source = "lanyard watch " .. version,
  }
end

-- One attempt: true | nil, err
local function post(url, body)
  local reply, err = http.request {
    method = "POST", url = url, body = body, ca_bundle = environment.get "AWS_CA_BUNDLE",
    headers = { ["Content-Type"] = "application/json", ["User-Agent"] = "lanyard/" .. version },
  }
  if not reply then
    return nil, err
  elseif reply.status >= 200 and reply.status < 300 then
    return true
  end
  err = errors.new { code = "Webhook", status = reply.status, message = ("it answered %d"):format(reply.status) }
  err.retryable = retry.is_retryable(err)
  err.retry_after = retry.after(reply.headers, clock_module.time())
  return nil, err
end

function M.webhook(url, about)
  local host, wrong = host_of(url)
  if not host then
    return nil, wrong
  end
  local clock = about.clock or clock_module
  local redactor = credentials.redactor { credentials.secret(url), credentials.secret(url:match "://[^/?#]*(.*)$") }
  local function send(event, run)
    local body = body_of(event, run, about)
    for attempt = 1, ATTEMPTS do
      local ok, err = post(url, body)
      if ok then
        return true
      elseif not err.retryable or attempt == ATTEMPTS then
        return nil, errors.new { code = err.code, message = redactor:redact(err.message) }
      end
      clock.sleep(retry.delay(attempt, err))
    end
  end
  return { name = "the webhook at " .. host, events = lists.set "found failed cleared", send = send }
end

return M
