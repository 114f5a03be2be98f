-- Requests an HTTPS server by a name of /etc/hosts, by a name that a DNS server knows, and by an unknown name. See
-- names.py. Prints the status, or the code of the error and whether the file of CA certificates is missing.
local http = require "lanyard.http"

for _, name in ipairs { "hosts", "dns", "none" } do
  local reply, err = http.request { url = ("https://%s.lanyard.test/"):format(name) }
  print(table.unpack { name, reply and reply.status or err.code, err and err.without_authorities })
end
