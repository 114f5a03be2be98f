local helper = require "helper"
local httpd = require "lanyard.httpd"
local json = require "lanyard.json"
local notify = require "lanyard.watch.notify"
local shellwords = require "lanyard.text.shellwords"

local RUN = {
  status = 3, ended = "exited with status 3", output = "found: AKIAIOSFODNN7EXAMPLE \27[1m\n", errors = "warning\n",
  started = 1795576500, seconds = 1, number = 7,
}
local slept = 0
local ABOUT = {
  command = { "audit", "a b" }, host = "build-1", clock = { sleep = function() slept = slept + 1 end },
}

-- A webhook that returns these statuses in order, and then 200.
local function hook(statuses)
  local self = { requests = {} }
  self.server = assert(httpd.serve {
    on_error = error,
    handler = function(request)
      table.insert(self.requests, request)
      return { status = table.remove(statuses, 1) or 200, headers = { ["Retry-After"] = "0" }, body = "secret reply" }
    end,
  })
  self.url = self.server.url .. "/services/SECRET?key=SECRET"
  return setmetatable(self, { __close = function() self.server.close() end })
end

describe("a command as a channel", function()
  it("reads the output from stdin and the status from its environment", function()
    local folder <close> = helper.folder()
    local channel = notify.command { "sh", "-c", ("cat >%s/in; echo $LANYARD_STATUS >>%s/in"):format(folder, folder) }
    assert.is_true(channel.send("found", RUN))
    assert.equal(RUN.output .. "3\n", helper.read(folder .. "/in"))
    assert.is_nil(os.getenv "LANYARD_STATUS")
    assert.same({ found = true }, channel.events)
  end)

  it("is not notified if it fails", function()
    local ok, err = notify.command({ "sh", "-c", "exit 4" }).send("found", RUN)
    assert.is_nil(ok)
    assert.equal("the command exited with status 4", err.message)
    ok, err = notify.command({ "/nonexistent/mail" }).send("found", RUN)
    assert.is_nil(ok)
    assert.equal("cannot run /nonexistent/mail: No such file or directory", err.message)
    assert.equal("'mail -s 'a b''", notify.command(shellwords.split "mail -s 'a b'").name)
  end)
end)

describe("a webhook", function()
  it("receives JSON that describes the event, without secrets", function()
    local server <close> = hook {}
    local channel = assert(notify.webhook(server.url, ABOUT))
    assert.is_true(channel.send("found", RUN))
    local request = server.requests[1]
    assert.equal("POST", request.method)
    assert.equal("/services/SECRET?key=SECRET", request.target)
    assert.equal("application/json", request.headers["content-type"])
    local body = json.decode(request.body)
    assert.equal("build-1: lanyard audit 'a b' has findings (exited with status 3)", body.text)
    assert.equal("lanyard audit 'a b'", body.command)
    assert.same({ "found", 3, "build-1", 7, "2026-11-25T03:15:00Z" }, { body.event, body.status, body.host, body.run, body.time })
    assert.equal("found: AKIA***MPLE \27[1m\n", body.output)
    assert.equal("warning\n", body.errors)
    assert.match("^lanyard watch %d", body.source)
    assert.is_true(channel.send("cleared", RUN))
    assert.match(" has recovered ", json.decode(server.requests[2].body).text)
  end)

  it("receives at most 64 KiB of an output", function()
    local server <close> = hook {}
    local run = setmetatable({ output = ("x"):rep(1000000) }, { __index = RUN })
    assert.is_true(assert(notify.webhook(server.url, ABOUT)).send("found", run))
    assert.is_true(#server.requests[1].body < 70000)
    assert.match("934464 bytes left out", server.requests[1].body)
  end)

  it("receives valid UTF-8, whatever a command prints and wherever it is cut", function()
    local server <close> = hook {}
    local run = setmetatable({ output = "\xff" .. ("\u{e9}"):rep(100000), errors = "\xa9" }, { __index = RUN })
    assert.is_true(assert(notify.webhook(server.url, { command = { "\xff" }, host = "build-1" })).send("found", run))
    local body = json.decode(server.requests[1].body)
    assert.match("^\\xff\u{e9}", body.output)
    assert.equal("\\xa9", body.errors)
    assert.equal("lanyard '\\xff'", body.command)
  end)

  it("is retried after errors that are temporary", function()
    slept = 0
    local server <close> = hook { 503, 429 }
    assert.is_true(assert(notify.webhook(server.url, ABOUT)).send("found", RUN))
    assert.equal(3, #server.requests)
    assert.equal(2, slept)
    local other <close> = hook { 404, 200 }
    local ok, err = assert(notify.webhook(other.url, ABOUT)).send("found", RUN)
    assert.is_nil(ok)
    assert.equal("the server returned HTTP status 404", err.message)
    assert.equal(1, #other.requests)
    local redirect <close> = hook { 302 }
    assert.is_nil((assert(notify.webhook(redirect.url, ABOUT)).send("found", RUN)))
  end)

  it("appears in messages only with its host", function()
    slept = 0
    local server = hook {}
    server.server.close()
    local channel = assert(notify.webhook(server.url, ABOUT))
    assert.equal("the webhook at 127.0.0.1", channel.name)
    local ok, err = channel.send("found", RUN)
    assert.is_nil(ok)
    assert.not_match("SECRET", err.message)
    assert.equal(3, slept)
  end)

  it("must use https, except on loopback", function()
    for _, url in ipairs { "https://hooks.example.com/x", "https://u:p@h:8443", "http://localhost:80/", "http://[::1]:1/",
      "HTTP://127.0.0.2" } do
      assert.is_table((notify.webhook(url, ABOUT)), url)
    end
    for url, message in pairs {
      ["http://example.com/SECRET"] = "the webhook at example.com must use https: what is posted is confidential",
      ["http://127.0.0.1.example.com/SECRET"] = "the webhook at 127.0.0.1.example.com must use https: what is posted is confidential",
      ["http://localhost@example.com/SECRET"] = "the webhook at example.com must use https: what is posted is confidential",
      ["ftp://localhost/SECRET"] = "the webhook at localhost must use https: what is posted is confidential",
      ["https://user:SECRET/x@host/y"] = "the webhook is not a valid URL: write https://HOST/PATH",
      ["https:///SECRET"] = "the webhook is not a valid URL: write https://HOST/PATH",
      ["SECRET"] = "the webhook is not a valid URL: write https://HOST/PATH",
      ["https://a/SECRET\nx"] = "the webhook is not a valid URL: write https://HOST/PATH",
    } do
      local channel, err = notify.webhook(url, ABOUT)
      assert.is_nil(channel)
      assert.equal(message, err.message)
    end
  end)
end)
