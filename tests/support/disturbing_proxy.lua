-- Runs tests/torture/wire_proxy.py, a proxy that disturbs replies.

local helper = require "helper"
local http = require "lanyard.http"
local json = require "lanyard.json"

local M = {}

-- Seconds for a request to the control server. It is answered at once, unless the machine is busy.
local DEADLINE = 300

---@class test.DisturbingProxy
---@field certificate string  the path of the certificate of its endpoints
---@field has_h2 boolean      it can serve HTTP/2
local Proxy = {}
Proxy.__index = Proxy

-- Returns a python3, and whether it has h2. A python3 before Debian's in PATH may lack Debian's packages.
local function find_python()
  for _, python in ipairs { "/usr/bin/python3", "python3" } do
    if helper.run({ python, "-c", "import h2" }).status == 0 then
      return python, true
    end
  end
  return "python3", false
end

--- Starts the proxy. Its files are in a folder of the caller.
---@param folder string
---@return test.DisturbingProxy
function M.start(folder)
  local key, certificate = folder .. "/key.pem", folder .. "/certificate.pem"
  local created = helper.run { "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1" }
  assert(created.status == 0, created.err)
  local python, has_h2 = find_python()
  local errors = folder .. "/proxy.err"
  local pipe = assert(io.popen(("echo $$; exec %s tests/torture/wire_proxy.py %s %s 2>%s"):format(python, certificate, key, errors)))
  local self = setmetatable({ certificate = certificate, has_h2 = has_h2, error_path = errors, pipe = pipe }, Proxy)
  self.pid = pipe:read "l"
  self.control = "http://127.0.0.1:" .. assert(pipe:read "l", "the proxy did not start")
  return self
end

--- Sends a request to the control server. Returns the reply.
function Proxy:ask(path, body)
  local reply = assert(http.request {
    method = "POST", url = self.control .. path, body = json.encode(body), timeout = DEADLINE,
    headers = { ["Content-Type"] = "application/json" },
  })
  return json.decode(reply.body)
end

--- Opens an endpoint in front of a server. Returns its port and URL.
---@param server { port: integer }
---@param case { transport: "http"|"tls"|"h2", fault: string, call: integer, always: boolean }
function Proxy:open(server, case)
  local opened = self:ask("/open", {
    upstream = server.port, transport = case.transport, fault = case.fault, call = case.call, always = case.always,
  })
  return opened.port, ("%s://127.0.0.1:%d"):format(case.transport == "http" and "http" or "https", opened.port)
end

--- Returns what the proxy printed on stderr.
function Proxy:errors()
  return (helper.read(self.error_path):gsub("socket.send%b() raised exception.\n", ""))
end

function Proxy:stop()
  os.execute("kill " .. self.pid)
  self.pipe:close()
end

return M
