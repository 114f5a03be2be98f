-- Let other accounts pull from repositories, and take the access of accounts away that are no longer in the list.
-- lanyard share-with-accounts.lua ACCOUNT,ACCOUNT... REPOSITORY...
local cli, policy, json = require "lanyard.cli", require "lanyard.policy", require "lanyard.json"
local region, accounts = cli.connect {}, json.array {}
for account in (...):gmatch "%d+" do
  accounts[#accounts + 1] = ("arn:aws:iam::%s:root"):format(account)
end
for _, repository in ipairs(cli.check(region:repositories { select(2, ...) })) do
  local change = cli.check(region:edit(repository, function(doc, current)
    doc:allow { sid = "SharedPull", principal = accounts[1], actions = policy.PULL_ACTIONS }
    doc:set { sid = "SharedPull", element = "Principal", value = { AWS = accounts } }
    return not (current and current:equivalent(doc))
  end))
  cli.out(("%s: %s"):format(repository.name, change.kind))
end
