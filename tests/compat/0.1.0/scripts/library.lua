-- Sessions, clients, tasks and policies, for the binary and for stock Lua.

local lanyard = require "lanyard"
local aws, policy, task = lanyard.aws, lanyard.policy, lanyard.task

-- Calls.
local session = assert(aws.session { region = "us-east-1", profile = nil, max_attempts = 2, timeout = 20 })
print("account", session:account_id())
print("identity", session:identity().arn)
local ecr, far = assert(session:client "ecr"), assert(session:at("eu-west-1"):client "ecr")
for repository in far:each("DescribeRepositories", "repositories") do
  print("each", repository.repositoryName)
end
local pages = 0
for page, err in ecr:pages("DescribeRepositories", { maxResults = 2 }) do
  assert(page, err)
  pages = pages + 1
end
print("pages", pages)
local reply, err = ecr:call("GetRepositoryPolicy", { repositoryName = "prod/api" })
print("err", reply, err.code, err.status, err.operation, err.service, err.region, err.attempts, err.retryable)
print("no operation", (pcall(function() return ecr:NoSuchOperation {} end)))
local lightsail = assert(session:client "lightsail")
local ready = assert(lightsail:wait("ServiceActive", { serviceName = "web" }, { timeout = 20 }))
print("wait", ready.containerServices[1].containerServiceName)
local assumed = session:assume("arn:aws:iam::111122223333:role/ci-deploy", { session_name = "nightly" })
print("assumed", assumed:identity().arn)

-- Tasks.
local spawned = task.spawn(function(...) task.sleep(0.01) return select("#", ...), ... end, "a", nil)
print("join", spawned:join())
print("status", spawned:status(), spawned:ended())
print("all", table.concat(task.all { function() return 1 end, function() return 2 end }, " "))
print("race", task.race { function() task.sleep(5) return "slow" end, function() return "fast" end })
print("timeout", select(2, task.timeout(0.01, function() task.sleep(5) end)).code)
local semaphore, most, running = task.semaphore(2), 0, 0
task.map({ 1, 2, 3, 4 }, function()
  local _ <close> = semaphore:acquire()
  running = running + 1
  most = math.max(most, running)
  task.sleep(0.01)
  running = running - 1
end)
print("semaphore", most)
local cancelled = task.spawn(task.sleep, 5)
cancelled:cancel()
print("cancelled", select(2, pcall(cancelled.join, cancelled)) == task.cancelled)

-- Policies.
local CI, WEB = "arn:aws:iam::111122223333:role/ci", "arn:aws:iam::111122223333:role/web"
local doc = assert(policy.parse [[
{ "Version": "2012-10-17",
  "Statement": [
    {"Sid": "one",   "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ci"}, "Action": "ecr:PutImage"}
  ] }
]])
print("parse", policy.parse "{", select(2, policy.parse "{").line)
local changed, _, index = doc:allow { sid = "two", principal = WEB, actions = policy.PULL_ACTIONS }
print("allow", changed, index)
print("allow again", (doc:allow { sid = "two", principal = WEB, actions = policy.PULL_ACTIONS }))
print("allow until", (doc:allow { sid = "three", principal = CI, actions = policy.PULL_ACTIONS,
  condition = { DateLessThan = { ["aws:CurrentTime"] = "2999-01-31T00:00:00Z" } } }))
local statement = doc:statement(2)
print("statement", statement.sid, statement.effect, statement.principals[1].value, table.concat(statement.actions, ","))
local decision, by = doc:can { principal = WEB, action = "ecr:BatchGetImage",
  resource = "arn:aws:ecr:us-east-1:111122223333:repository/web", context = {}, account = "111122223333" }
print("can", decision, by.index, by.sid, by.effect)
print("decide", policy.decide { principal = WEB, action = "ecr:PutImage", resource_account = "111122223333",
  resource = "arn:aws:ecr:us-east-1:111122223333:repository/web", resource_policy = doc } == "implicit-deny")
local copy = doc:copy()
print("set", (copy:set { sid = "one", element = "Effect", value = "Deny" }), copy:statement(1).effect)
print("compare", doc:equivalent(copy), #doc:compare(doc), #doc:compare(copy) > 0, doc:diff(copy) ~= "")
print("revoke", (copy:revoke { principal = WEB }), #copy:statements())
print("remove", copy:remove { index = 1 }, #copy:statements(), copy:empty())
local lint = policy.parse('{"Version":"2012-10-17","Statement":{"Sid":"a","Effect":"Allow","Principal":"*","Action":"ecr:*"}}'):lint()
print("lint", lint[1].id, lint[1].severity, lint[1].statement)
local sorted = policy.new()
sorted:allow { sid = "b", principal = WEB, actions = policy.PULL_ACTIONS }
sorted:append(doc, 1)
print("append", #sorted:statements(), sorted:size() == #tostring(sorted), policy.LIMIT > 0)
sorted:sort()
print("sort", sorted:statement(1).sid)
print("merge", #assert(policy.merge(doc, sorted)):statements())
print("text", tostring(doc))
print("format", doc:format())
