local cloudformation = require "lanyard.desired.export.cloudformation"
local desired_file = require "lanyard.desired.file"
local export = require "lanyard.desired.export"
local json = require "lanyard.json"
local terraform = require "lanyard.desired.export.terraform"
local world = require "world"

local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'

local function new_world()
  return world.new { seed = { regions = { ["us-east-1"] = {
    services = { { name = "web", role = true, tags = { env = "${prod}" } }, { name = "off" }, { name = "idle", role = true } },
    repositories = { { name = "web" }, { name = "team/a" }, { name = "team_a" }, { name = "other" } },
  } } } }
end

-- Returns a policy that lets a role pull and that has text with a meaning in the templates of other tools.
local function policy_of(role_arn, sid)
  return ('{"Version":"2012-10-17","Statement":[{"Sid":"%s","Effect":"Allow","Principal":{"AWS":"%s"},"Action":%s},'
    .. '{"Sid":"own","Effect":"Deny","Principal":"*","Action":"ecr:PutImage","Condition":{"StringNotEquals":'
    .. '{"aws:PrincipalTag/team":"${aws:PrincipalTag/owner} %%{x}"}}}]}'):format(sid or "web", role_arn, PULL)
end

local function role_of(w, service)
  return assert(w.region:service(service)).role.arn
end

describe("export", function()
  it("has the policies that grant a service's role, and those services", function()
    local w <close> = new_world()
    w:put("web", policy_of(role_of(w, "web")))
    w:put("other", '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}')
    local exported = assert(export.from_account(w.region))
    assert.equal(1, #exported.policies)
    assert.equal(w:text "web", exported.policies[1].text)
    assert.is_true(exported.policies[1].exists)
    assert.equal(1, #exported.services)
    assert.equal("web", exported.services[1].name)
    assert.equal("nano", exported.services[1].power)
  end)

  it("has the policies as they would be after a file is applied, also unchanged ones", function()
    local w <close> = new_world()
    w:put("web", policy_of(role_of(w, "web")))
    local desired = assert(desired_file.parse([[{"grants":[{"service":"web","repositories":["web","team/a"]},
      {"service":"off","repositories":["team/a"]},{"service":"gone","repositories":["other"]}]}]], "grants.json"))
    local exported = assert(export.from_file(w.region, desired))
    local names = {}
    for i, policy in ipairs(exported.policies) do names[i] = policy.repository .. " " .. tostring(policy.exists) end
    assert.same({ "team/a false", "web true" }, names)
    assert.equal("off", exported.services[1].name)
    assert.equal("web", exported.services[2].name)
    assert.equal("gone", exported.failures[1].service)
  end)

  it("lists a policy that it cannot parse", function()
    local w <close> = new_world()
    w:put("web", "no policy")
    assert.equal("web", assert(export.from_account(w.region)).failures[1].repository)
  end)
end)

describe("export for Terraform", function()
  it("refers to the role through the service, and escapes the template syntax", function()
    local w <close> = new_world()
    w:put("web", policy_of(role_of(w, "web")))
    local template = terraform.template(assert(export.from_account(w.region)))
    local policy = template.resource.aws_ecr_repository_policy.web.policy
    assert.is_truthy(policy:find('{"AWS":"${aws_lightsail_container_service.web.private_registry_access[0]'
      .. '.ecr_image_puller_role[0].principal_arn}"}', 1, true))
    assert.is_truthy(policy:find('"$${aws:PrincipalTag/owner} %%{x}"', 1, true))
    local service = template.resource.aws_lightsail_container_service.web
    assert.same({ env = "$${prod}" }, service.tags)
    assert.is_true(service.private_registry_access.ecr_image_puller_role.is_active)
  end)

  it("renders to the same policy, byte for byte, when Terraform inserts the role", function()
    local w <close> = new_world()
    w:put("web", policy_of(role_of(w, "web")))
    local template = terraform.template(assert(export.from_account(w.region)))
    local policy = template.resource.aws_ecr_repository_policy.web.policy
    policy = policy:gsub("%${aws_lightsail[^}]*}", function() return role_of(w, "web") end)
    assert.equal(w:text "web", (policy:gsub("%$%${", "${"):gsub("%%%%{", "%%{")))
  end)

  it("gives two repositories different labels, and imports only existing policies", function()
    local w <close> = new_world()
    w:put("team_a", policy_of(role_of(w, "web")))
    local desired = assert(desired_file.parse('{"grants":[{"service":"web","repositories":["team/a","team_a"]}]}', "grants.json"))
    local template = terraform.template(assert(export.from_file(w.region, desired)))
    assert.equal("team/a", template.resource.aws_ecr_repository_policy.team_a.repository)
    assert.equal("team_a", template.resource.aws_ecr_repository_policy.team_a2.repository)
    assert.same({ "aws_lightsail_container_service.web", "aws_ecr_repository_policy.team_a2" },
      { template.import[1].to, template.import[2].to })
    assert.is_nil(template.import[3])
  end)

  it("has the domains of a service, so that Terraform does not remove them", function()
    local template = terraform.template { region = "us-east-1", account = "111122223333", policies = {}, services = {
      { name = "1web", role_arn = "arn", power = "nano", scale = 2, disabled = false, tags = {},
        domains = { cert = json.array { "www.example.com" } } },
    } }
    local service = template.resource.aws_lightsail_container_service._1web
    assert.equal("cert", service.public_domain_names.certificate[1].certificate_name)
    assert.same({ "www.example.com" }, { table.unpack(service.public_domain_names.certificate[1].domain_names) })
  end)

  it("escapes the template syntax in every value, whatever precedes it", function()
    local bad = '${file("/etc/passwd")} %{if true}x"\\n'
    local template = terraform.template { region = bad, account = bad,
      policies = { { repository = bad, text = json.encode { Sid = "$${a} $$${b} $%{c} %%{d}" }, exists = true } },
      services = { { name = bad, role_arn = "arn:" .. bad, power = bad, scale = 1, disabled = false,
        tags = { [bad] = bad }, domains = { [bad] = json.array { bad } } } },
    }
    -- The value that Terraform computes, which doubles only one sign, and knows templates with a constant.
    local function rendered(text)
      text = text:gsub('%${"([$%%]+)"}', function(signs) return signs:gsub("%$", "\1"):gsub("%%", "\2") end)
        :gsub("%$%${", "\1{"):gsub("%%%%{", "\2{")
      assert.is_nil(text:find "[$%%]{", text)
      return (text:gsub("\1", "$"):gsub("\2", "%%"))
    end
    local label = next(template.resource.aws_ecr_repository_policy)
    assert.match("^[%w_-]+$", label)
    local repository = template.resource.aws_ecr_repository_policy[label]
    assert.equal(bad, rendered(repository.repository))
    assert.same({ Sid = "$${a} $$${b} $%{c} %%{d}" }, json.decode(rendered(repository.policy)))
    local service = template.resource.aws_lightsail_container_service[label]
    assert.equal(bad, rendered(service.name))
    assert.equal(bad, rendered(service.power))
    local key, value = next(service.tags)
    assert.same({ bad, bad }, { rendered(key), rendered(value) })
    local certificate = service.public_domain_names.certificate[1]
    assert.same({ bad, bad }, { rendered(certificate.certificate_name), rendered(certificate.domain_names[1]) })
    for _, import in ipairs(template.import) do
      assert.equal(bad, rendered(import.id))
      assert.match("^[%w_.-]+$", import.to)
    end
  end)
end)

describe("export for CloudFormation", function()
  it("refers to the role through the service, and lists the resources to import", function()
    local w <close> = new_world()
    w:put("team/a", policy_of(role_of(w, "web")))
    local template = cloudformation.template(assert(export.from_account(w.region)))
    local repository = template.Resources.RepositoryTeamA
    assert.equal("Retain", repository.DeletionPolicy)
    assert.equal("team/a", repository.Properties.RepositoryName)
    local statements = repository.Properties.RepositoryPolicyText.Statement
    assert.same({ "ServiceWeb", "PrivateRegistryAccess.EcrImagePullerRole.PrincipalArn" },
      { table.unpack(statements[1].Principal.AWS["Fn::GetAtt"]) })
    assert.equal("${aws:PrincipalTag/owner} %{x}", statements[2].Condition.StringNotEquals["aws:PrincipalTag/team"])
    assert.same({ ServiceName = "web" }, template.Metadata.ResourcesToImport[1].ResourceIdentifier)
    assert.same({ RepositoryName = "team/a" }, template.Metadata.ResourcesToImport[2].ResourceIdentifier)
    assert.same({ { Key = "env", Value = "${prod}" } }, { template.Resources.ServiceWeb.Properties.Tags[1] })
  end)

  it("omits a policy in which CloudFormation would insert a secret", function()
    local w <close> = new_world()
    w:put("web", policy_of(role_of(w, "web"), "{{resolve:secretsmanager:x}}"))
    local exported = assert(export.from_account(w.region))
    assert.is_nil(cloudformation.template(exported).Resources.RepositoryWeb)
    assert.equal("DynamicReference", exported.failures[1].err.code)
  end)

  it("omits what it cannot escape, in any value of a policy or service", function()
    local bad = "{{resolve:ssm:x}}"
    local function service(changes)
      local all = { name = "web", role_arn = "arn", power = "nano", scale = 1, disabled = false, tags = {}, domains = {} }
      for name, value in pairs(changes) do all[name] = value end
      return all
    end
    for _, changes in ipairs { { name = bad }, { power = bad }, { tags = { a = bad } }, { tags = { [bad] = "a" } },
      { domains = { [bad] = json.array { "a" } } }, { domains = { a = json.array { "{{ Resolve:x}}" } } } } do
      local exported = { region = "us-east-1", account = "111122223333", services = { service(changes) },
        policies = { { repository = "r", text = '{"Principal":"arn"}', exists = true } }, failures = {} }
      local template = cloudformation.template(exported)
      assert.equal("DynamicReference", exported.failures[1].err.code)
      assert.equal("arn", template.Resources.RepositoryR.Properties.RepositoryPolicyText.Principal)
      assert.is_nil(json.encode(template):find "[Rr]esolve:")
    end
    for _, text in ipairs { [[{"Sid":"\u007b{resolve:ssm:x}}"}]], '{"{{resolve:x}}":1}', '{"Condition":{"Ref":"x"}}',
      '{"Statement":[{"Fn::Transform":{"Name":"AWS::Include"}}]}' } do
      local exported = { region = "us-east-1", account = bad, services = {}, failures = {},
        policies = { { repository = "r", text = text, exists = true } } }
      local template = cloudformation.template(exported)
      assert.equal("DynamicReference", exported.failures[1].err.code)
      assert.is_nil(next(template.Resources))
      assert.is_nil(json.encode(template):find("{{", 1, true))
    end
  end)
end)
