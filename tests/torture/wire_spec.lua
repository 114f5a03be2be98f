-- Every workflow against an emulator behind a proxy that disturbs one reply, or all from one on: over HTTP, TLS and
-- HTTP/2. A command ends as undisturbed, or fails with a clear error and loses nothing; and a repetition completes it.

local disturbing_proxy = require "disturbing_proxy"
local emulator = require "lanyard.emulator"
local helper = require "helper"
local http = require "lanyard.http"
local httpd = require "lanyard.httpd"
local process = require "lanyard.process"
local task = require "lanyard.task"
local torture = require "torture"

local REGION = "us-east-1"
-- Most of a case is waiting for a retry.
local PARALLEL = torture.choose(12, 32)
-- Seconds after which a command hangs. Its own bounds are far shorter, unless the machine is busy.
local DEADLINE = 300
-- KiB of address space. The largest reply that a client accepts is 64 MiB.
local MEMORY = 900000

-- Faults that a retry gets past.
local PASSING = {
  "refused", "handshake", "reset before", "ended before", "reset after", "ended after", "reset amid", "cut", "too long",
  "stalled", "bad gateway", "throttled", "unavailable", "garbage", "closed",
}
-- Faults that a client does not notice.
local HARMLESS = { "dripped", "interim", "surplus" }
-- Replies that do not answer the request.
local FINAL = { "html", "redirect", "bomb", "nothing", "null", "empty lists", "too short", "endless headers", "endless header" }
local ONLY_HTTP2 = { "stream reset", "goaway" }
-- Faults of one transport only.
local TRANSPORTS = {
  handshake = { tls = true, h2 = true }, surplus = { http = true, tls = true },
  ["stream reset"] = { h2 = true }, goaway = { h2 = true },
}
local KIND = {}
for kind, names in pairs { passing = PASSING, harmless = HARMLESS, final = FINAL } do
  for _, name in ipairs(names) do KIND[name] = kind end
end
for _, name in ipairs(ONLY_HTTP2) do KIND[name] = "passing" end

-- ---------------------------------------------------------------------------------------------
-- The account and the workflows

local STATEMENT = '{"Sid":"CI  may push", "Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},'
  .. '"Action":[ "ecr:PutImage","ecr:UploadLayerPart" ]}'
local FOREIGN = '{ "Version":"2008-10-17",\n\t"Statement":[ ' .. STATEMENT .. " ]}"

local SEED = { regions = { [REGION] = {
  services = {
    { name = "web", role = true, containers = { app = { image = "nginx:1", ports = { ["80"] = "HTTP" } } } },
    { name = "fresh" },
  },
  repositories = { { name = "a1" }, { name = "b1" }, { name = "c1", images = { "latest" } } },
} } }

local GRANTS = 'return { grants = { { service = "web", repositories = { "a1", "b1", "c1" } } } }'

-- `setup` runs undisturbed; `words` are the command, `changes` whether it changes something.
local GRANTED = { "grant", "web", "a1", "b1", "c1" }
local WORKFLOWS = {
  { name = "status", words = { "status" } },
  { name = "audit", words = { "audit" } },
  { name = "grant", words = { "grant", "web", "a1", "b1", "c1", "--timeout", "WAIT" }, changes = true },
  { name = "revoke", setup = GRANTED, words = { "revoke", "web", "a1", "b1" }, changes = true },
  { name = "undo", setup = GRANTED, words = { "undo", "a1" }, changes = true },
  { name = "enable", words = { "enable", "fresh", "--timeout", "WAIT" }, changes = true },
  { name = "disable", setup = GRANTED, words = { "disable", "web", "--revoke", "--timeout", "WAIT" }, changes = true },
  { name = "deploy", words = { "deploy", "web", "app=c1:latest", "--timeout", "WAIT" }, changes = true },
  { name = "service-create", words = { "service", "create", "new", "--power", "nano", "--scale", "2", "--role", "--tag", "a=b",
    "--timeout", "WAIT" }, changes = true },
  { name = "service-update", words = { "service", "update", "web", "--power", "micro", "--scale", "3", "--tag", "a=b",
    "--timeout", "WAIT" }, changes = true },
  { name = "service-delete", setup = GRANTED, words = { "service", "delete", "web", "--yes", "--timeout", "WAIT" },
    changes = true },
  { name = "apply", words = { "apply", "GRANTS", "--yes", "--no-settle" }, changes = true },
}

local function copied(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do copy[key] = copied(item) end
  return copy
end

-- An emulator in this process, with a state if one is given.
local function start_emulator(state)
  local tracebacks = {}
  local em = assert(emulator.start {
    activation_delay = 0, seed = SEED, on_error = function(text) tracebacks[#tracebacks + 1] = text end,
  })
  if state then
    em.world.state = copied(state)
  else
    for _, name in ipairs { "a1", "b1" } do
      em.world.region(REGION).repositories[name].policy = { text = FOREIGN, ids = {} }
    end
  end
  em.tracebacks = tracebacks
  return em
end

-- Returns what a command can change, as text.
local function summary(em)
  local region, lines = em.world.region(REGION), {}
  for name, repository in pairs(region.repositories) do
    lines[#lines + 1] = name .. ": " .. (repository.policy and repository.policy.text or "no policy")
  end
  for name, service in pairs(region.services) do
    local last = service.deployments[#service.deployments]
    lines[#lines + 1] = not service.gone_at and ("%s: %s %s %s %s %s"):format(name, service.role_on,
      last and last.containers.app.image or "-", service.power, service.scale, service.tags.a) or nil
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

local function count_of(text, part)
  local count, from = 0, 1
  while true do
    local first, last = text:find(part, from, true)
    if not first then
      return count
    end
    count, from = count + 1, last + 1
  end
end

-- ---------------------------------------------------------------------------------------------
-- Commands and the proxy

local context = {}

-- Returns how many seconds a command waits for a reply: briefly where none comes, and long enough for a busy machine where
-- only one does not.
local function patience_of(case)
  if not case or case.fault ~= "stalled" then
    return "20"
  end
  return case.always and "2" or torture.choose("4", "10")
end

-- Returns how often a call is attempted: seldom where no attempt succeeds, and until the fault is over where it passes.
local function attempts_of(case)
  return "AWS_MAX_ATTEMPTS=" .. (case and case.always and 2 or 6)
end

-- Runs lanyard. Returns { status, out, err }.
local function run(words, endpoint, home, case)
  local shell = helper.build:find "sanitized" and 'exec "$@"' or ("ulimit -v %d; exec \"$@\""):format(MEMORY)
  local command = {
    "env", "-i", "PATH=" .. os.getenv "PATH", "HOME=" .. home, "XDG_STATE_HOME=" .. home .. "/state", "AWS_REGION=" .. REGION,
    "AWS_ACCESS_KEY_ID=" .. helper.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY=" .. helper.SECRET_KEY, attempts_of(case),
    "AWS_ENDPOINT_URL=" .. endpoint, "AWS_CA_BUNDLE=" .. context.proxy.certificate,
    "sh", "-c", shell, "sh", helper.lanyard,
  }
  for _, word in ipairs(words) do
    command[#command + 1] = word == "GRANTS" and context.folder .. "/grants.lua"
      or word == "WAIT" and (case and case.always and "5s" or "1m") or word
  end
  table.move({ "--cli-read-timeout", patience_of(case), "--cli-connect-timeout", "5" }, 1, 4, #command + 1, command)
  local pieces = {}
  local result, err = process.run {
    words = command, errors = "keep", timeout = DEADLINE, output = function(piece) pieces[#pieces + 1] = piece end,
  }
  assert(result, err and ("%s: %s"):format(table.concat(words, " "), err.message))
  return { status = result.status or 128 + result.signal, out = table.concat(pieces), err = result.errors }
end

-- Copies the files of a workflow. The journal is of an endpoint, by its host and port.
local function copy_home(workflow, home, port)
  assert(os.execute(("cp -r %s %s"):format(workflow.home, home)))
  if workflow.setup then
    -- By chance, the port can be the one of the setup.
    local name = "127.0.0.1_" .. port
    assert(os.execute(("cd %s/state/lanyard/journal && { test -e %s || mv * %s; }"):format(home, name, name)))
  end
end

-- Prepares a workflow: the state and the files that its command finds, and its undisturbed end.
local function prepare(workflow)
  local em = start_emulator()
  workflow.home = context.folder .. "/" .. workflow.name
  assert(os.execute("mkdir " .. workflow.home))
  if workflow.setup then
    local result = run(workflow.setup, em.url, workflow.home)
    assert.equal(0, result.status, result.err)
  end
  workflow.state = copied(em.world.state)
  local port, url = context.proxy:open(em, { transport = "http", fault = "none", call = 0, always = false })
  copy_home(workflow, workflow.home .. ".used", port)
  local result = run(workflow.words, url, workflow.home .. ".used")
  assert.equal("", result.err)
  assert.equal(0, result.status)
  workflow.requests, workflow.ended, workflow.out = context.proxy:ask("/close", { port = port }).requests, summary(em), result.out
  assert.is_true(#workflow.requests > 1)
  workflow.statements = count_of(workflow.ended, STATEMENT)
  em:stop()
end

-- ---------------------------------------------------------------------------------------------
-- The properties

local INTERNAL = { "attempt to ", "traceback", "stack overflow", "%.lua:%d+:", "not enough memory", "assertion failed" }

-- Returns what is wrong with an error text, or nil.
local function unclear(text)
  for _, pattern in ipairs(INTERNAL) do
    if text:find(pattern) then
      return "an internal error"
    end
  end
  local lines = 0
  for line in text:gmatch "[^\n]+" do
    lines = lines + (line:find "^ " and 0 or 1)
    if #line > 1000 or line:find "%c" then
      return "an unreadable line"
    end
  end
  return (lines == 0 or lines > 12) and lines .. " lines" or nil
end

-- A deployment is not requested twice when the first request may have been carried out.
local function is_unrepeatable(workflow, case)
  return workflow.name == "deploy" and workflow.requests[case.call]:find "createcontainerservicedeployment"
end

-- An account without repositories is possible: disable finds no grants there.
local function is_unnoticeable(workflow, case)
  return (workflow.name == "disable" or workflow.name == "service-delete") and case.fault == "empty lists"
    and workflow.requests[case.call]:find "describerepositories"
end

-- A change whose read is slow is refused. On a busy machine, all reads are slow.
local function is_too_slow(result)
  return result.err:find("took longer than 2 s", 1, true) ~= nil
end

-- Removes ages, and ports of emulators, from a report.
local function ageless(text)
  return (text:gsub("created %d+ %l+ ago", "created"):gsub("localhost:%d+", "localhost"))
end

-- Reports whether a report says that a part is not known.
local function admits(text)
  return text:find "\nunknown " ~= nil or text:find "unreadable%-policy: cannot read" ~= nil
end

-- Returns what is wrong with the end of a command, or nil.
local function violation(workflow, case, result, em)
  local found = summary(em)
  if result.status ~= 0 and result.status ~= 1 then
    return "exit status " .. result.status
  elseif count_of(found, STATEMENT) ~= workflow.statements then
    return "a statement was lost:\n" .. found
  elseif em.tracebacks[1] then
    return "the emulator failed: " .. em.tracebacks[1]
  elseif result.status == 1 then
    local kind = KIND[case.fault]
    local must_end = not case.always and kind ~= "final" and not is_unrepeatable(workflow, case) or kind == "harmless"
    if must_end and not is_too_slow(result) then
      return "it failed"
    end
    return unclear(result.err)
  elseif workflow.changes and found ~= workflow.ended and not is_unnoticeable(workflow, case) then
    return "exit status 0 without the change:\n" .. found
  elseif result.out .. result.err == "" then
    return "exit status 0 and no word"
  elseif not workflow.changes and ageless(result.out) ~= ageless(workflow.out) and not admits(result.out) and KIND[case.fault] ~= "final" then
    return "another result:\n" .. result.out
  end
  return nil
end

-- Runs the command again on an undisturbed wire.
local function repeat_undisturbed(workflow, url, home)
  local result
  for _ = 1, 5 do
    result = run(workflow.words, url, home)
    if not is_too_slow(result) then break end
  end
  return result
end

-- Runs a case. Returns what is wrong, or nil.
local function check(workflow, case)
  local folder <close> = helper.folder(context.folder.path)
  local home = folder .. "/home"
  local em = start_emulator(workflow.state)
  local port, url = context.proxy:open(em, case)
  copy_home(workflow, home, port)
  local result = run(workflow.words, url, home, case)
  local wrong = violation(workflow, case, result, em)
  if not wrong and result.status ~= 0 and workflow.changes then
    context.proxy:ask("/heal", { port = port })
    result = repeat_undisturbed(workflow, url, home)
    if result.status ~= 0 or summary(em) ~= workflow.ended then
      wrong = "the repetition did not complete it:\n" .. summary(em)
    end
  end
  context.proxy:ask("/close", { port = port })
  em:stop()
  return wrong and ("%s, %s %s at call %d (%s) over %s: %s\nstatus %d\n%s%s"):format(workflow.name, case.fault,
    case.always and "always" or "once", case.call, tostring(workflow.requests[case.call]), case.transport, wrong,
    result.status, result.out, result.err)
end

local function all_cases(transports)
  local cases = {}
  for _, workflow in ipairs(WORKFLOWS) do
    for call = 1, #workflow.requests do
      for fault in pairs(KIND) do
        for _, transport in ipairs(transports) do
          for _, always in ipairs { false, true } do
            if not TRANSPORTS[fault] or TRANSPORTS[fault][transport] then
              cases[#cases + 1] = { workflow = workflow, call = call, fault = fault, transport = transport, always = always }
            end
          end
        end
      end
    end
  end
  table.sort(cases, function(a, b)
    local function key(c)
      return ("%s %03d %s %s %s"):format(c.workflow.name, c.call, c.fault, c.transport, c.always)
    end
    return key(a) < key(b)
  end)
  return cases
end

-- Returns some of the cases, in a fixed random order, so that cases of one kind do not all run together.
local function sample(cases, count)
  math.randomseed(tonumber(os.getenv "LANYARD_SEED") or 6)
  for i = 1, math.min(count, #cases) do
    local j = math.random(i, #cases)
    cases[i], cases[j] = cases[j], cases[i]
  end
  return table.move(cases, 1, math.min(count, #cases), 1, {})
end

local function check_all(transports, bounded)
  local cases = all_cases(transports)
  cases = sample(cases, torture.choose(bounded, #cases))
  local wrong = {}
  task.map(cases, function(case)
    local text = check(case.workflow, case)
    wrong[#wrong + 1] = text
  end, { limit = PARALLEL })
  assert(#wrong == 0, ("%d of %d cases:\n\n%s\n\nthe proxy: %s"):format(#wrong, #cases,
    table.concat(table.move(wrong, 1, math.min(#wrong, 5), 1, {}), "\n\n"),
    context.proxy:errors():sub(1, 4000)))
  torture.report("the wire, " .. table.concat(transports, ", "), #cases)
end

describe("every workflow on a disturbed wire", function()
  setup(function()
    context.folder = helper.folder()
    helper.write(context.folder .. "/grants.lua", GRANTS)
    context.proxy = disturbing_proxy.start(context.folder.path)
    for _, workflow in ipairs(WORKFLOWS) do
      prepare(workflow)
    end
  end)
  teardown(function()
    context.proxy:stop()
    getmetatable(context.folder).__close()
  end)

  it("ends as undisturbed, or fails clearly, loses nothing, and completes when it is repeated", function()
    check_all({ "http", "tls" }, 30)
  end)

  it("does so over HTTP/2", function()
    if not context.proxy.has_h2 then
      pending "python3-h2 is not installed"
    end
    check_all({ "h2" }, 12)
  end)

  -- Opens an endpoint in front of `handler`. Returns a function that sends a request with a body, the port, and a
  -- function that closes the endpoint.
  local function serve(handler, case)
    local server = assert(httpd.serve { handler = handler })
    local port, url = context.proxy:open(server, case)
    local function ask(body)
      return http.request {
        method = "POST", url = url, body = body, ca_bundle = context.proxy.certificate, timeout = 20,
      }
    end
    return ask, port, function()
      local closed = context.proxy:ask("/close", { port = port })
      server.close()
      return closed
    end
  end

  for _, transport in ipairs { "http", "tls" } do
    for _, time in ipairs { "together with", "after" } do
      it(("does not take surplus bytes that arrive %s a reply over %s for the next reply"):format(time, transport), function()
        local ask, port, close = serve(function(request) return { status = 200, body = "to " .. request.body } end, {
          transport = transport, fault = time == "after" and "none" or "surplus", call = 1, always = true,
        })
        for number = 1, 20 do
          local reply = assert(ask(tostring(number)))
          assert.equal("to " .. number, reply.body)
          if time == "after" then
            context.proxy:ask("/surplus", { port = port })
          end
        end
        assert.equal(20, #close().requests)
      end)
    end
  end

  it("ends all streams of a connection that ends", function()
    if not context.proxy.has_h2 then
      pending "python3-h2 is not installed"
    end
    local waiting, ended = 0, false
    local ask, _, close = serve(function(request)
      waiting = waiting + (request.body == "wait" and 1 or 0)
      while request.body == "wait" and not ended do task.sleep(0.01) end
      return { status = 200 }
    end, { transport = "h2", fault = "ended before", call = 5, always = false })
    assert(ask "first") -- the others share its connection
    local streams = {}
    for i = 1, 3 do
      streams[i] = task.spawn(function() return { ask "wait" } end)
    end
    while waiting < 3 do task.sleep(0.001) end
    streams[4] = task.spawn(function() return { ask "last" } end)
    for _, stream in ipairs(streams) do
      local answer = stream:join()
      assert.is_nil(answer[1])
      assert.is_truthy(answer[2].code == "Connection" or answer[2].code == "BodyCut", answer[2].message)
      assert.is_true(answer[2].sent)
    end
    assert(ask "another connection")
    ended = true
    close()
  end)
end)
