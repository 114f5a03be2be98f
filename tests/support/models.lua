-- Small models of services, in botocore's form.

local helper = require "helper"

local M = {}

-- A service with each type of shape, and each kind of file.
M.SERVICE = [[{
  "version": "2.0",
  "metadata": { "apiVersion": "2020-01-01", "endpointPrefix": "things", "protocol": "rest-json", "serviceId": "Things",
    "auth": ["aws.auth#sigv4"] },
  "documentation": "<p>Things.</p>",
  "operations": {
    "PutThing": {
      "name": "PutThing", "http": { "method": "PUT", "requestUri": "/things/{Name+}?x", "responseCode": 201 },
      "input": { "shape": "PutThingRequest" }, "output": { "shape": "Thing", "resultWrapper": "Result" },
      "errors": [{ "shape": "NoSuchThing" }, { "shape": "TooMany" }], "documentation": "<p>Puts.</p>", "idempotent": true,
      "endpoint": { "hostPrefix": "{Zone}." }
    },
    "ListThings": { "name": "ListThings", "http": { "method": "POST", "requestUri": "/" }, "output": { "shape": "ThingList" } },
    "Wait": { "errors": [{ "shape": "TooMany", "exception": true }] }
  },
  "shapes": {
    "PutThingRequest": { "type": "structure", "required": ["Zone", "Name"], "payload": "Body", "members": {
      "Name": { "shape": "Name", "location": "uri", "locationName": "Name", "documentation": "<p>Its name.</p>" },
      "Zone": { "shape": "ZoneName", "hostLabel": true },
      "description": { "shape": "Text" },
      "Body": { "shape": "Thing" },
      "Token": { "shape": "Text", "idempotencyToken": true }
    } },
    "Thing": { "type": "structure", "members": {
      "Parts": { "shape": "Things" }, "Labels": { "shape": "Labels" }, "At": { "shape": "Time", "timestampFormat": "iso8601" },
      "Kind": { "shape": "Kind" }, "Odd": { "shape": "Odd" } }, "union": true, "documentation": "" },
    "Things": { "type": "list", "member": { "shape": "Thing", "locationName": "item" }, "min": 1, "max": 5 },
    "ThingList": { "type": "structure", "members": { "Things": { "shape": "Things" } } },
    "Labels": { "type": "map", "key": { "shape": "Name" }, "value": { "shape": "Text" }, "sparse": true },
    "Name": { "type": "string", "pattern": "^[a-z{}\"\u00e9\\\\]{1,9}$", "max": 9 },
    "ZoneName": { "type": "string" },
    "Text": { "type": "string", "sensitive": true },
    "Kind": { "type": "string", "enum": ["a", "b-c", "d e"] },
    "Odd": { "type": "string", "enum": ["a,b", "{", "\u00e9"] },
    "Time": { "type": "timestamp" },
    "Count": { "type": "integer", "box": true, "min": 0 },
    "Empty": { "type": "structure", "members": {} },
    "NoSuchThing": { "type": "structure", "members": {}, "exception": true, "error": { "code": "Missing", "httpStatusCode": 404 } },
    "TooMany": { "type": "structure", "members": { "message": { "shape": "Text" } }, "exception": true, "retryable": { "throttling": true } }
  }
}]]

M.PAGINATORS = '{"pagination":{"ListThings":{"input_token":"Token","output_token":["Next","Mark"],"result_key":"Things"}}}'
M.WAITERS = '{"version":2,"waiters":{"ThingExists":{"delay":5,"operation":"ListThings","maxAttempts":3,"description":"Waits.","acceptors":[]}}}'

-- Endpoint rules that are nested 79 deep, as the rules of Amazon S3.
M.RULES = '{"version":"1.0","parameters":{"Region":{"type":"String","documentation":"<p>A Region.</p>"}},"rules":'
  .. ("["):rep(78) .. ("]"):rep(78) .. "}"

-- Writes a folder with the service "things", and "other", whose newest version has only operations; returns the folder around it,
-- whose folder "data" has the models.
function M.folder()
  local folder = helper.folder()
  local function put(path, text)
    assert(os.execute(("mkdir -p '%s/%s'"):format(folder, path:match "^(.*)/")))
    helper.write(folder .. "/" .. path, text)
  end
  put("data/things/2020-01-01/service-2.json", M.SERVICE)
  put("data/things/2020-01-01/paginators-1.json", M.PAGINATORS)
  put("data/things/2020-01-01/waiters-2.json", M.WAITERS)
  put("data/things/2020-01-01/endpoint-rule-set-1.json", M.RULES)
  local other = '{"metadata":{"apiVersion":"%s","protocol":"json"},"operations":{"Go":{"output":{"shape":"Thing"}}},"shapes":{"Thing":{"type":"structure"}}}'
  put("data/other/2019-12-31/service-2.json", other:format "2019-12-31")
  put("data/other/2021-05-05/service-2.json", other:format "2021-05-05")
  put("data/partitions.json", '{"version":"1.1","partitions":[{"id":"aws"}]}')
  put("__init__.py", "\n__version__ = '1.2.3'\n")
  return folder
end

return M
