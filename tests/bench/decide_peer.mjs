// Measures @cloud-copilot/iam-simulate on the policies of decide.lua: prints microseconds of processor time for each
// decision: on a resource policy, or, with "identity", on an identity policy, too.
//   node decide_peer.mjs FOLDER STATEMENTS resource|identity
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const modules = join(resolve(process.argv[2]), 'node_modules', '@cloud-copilot')
const load = (path) => import(pathToFileURL(join(modules, path)).href)
const simulate = 'iam-simulate/dist/esm/'
const { authorize } = await load(simulate + 'core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = await load(simulate + 'request/request.js')
const { RequestContextImpl } = await load(simulate + 'requestContext.js')
const { DiscoveryContextKeyConstraints } = await load(simulate + 'context_keys/discoveryContextKeyConstraints.js')
const { loadPolicy } = await load('iam-policy/dist/esm/index.js')

const count = Number(process.argv[3])
const role = (i) => `arn:aws:iam::111122223333:role/team/service-${i}`
const repository = 'arn:aws:ecr:us-east-1:111122223333:repository/web'
const Action = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']
const document = (more) => ({
  Version: '2012-10-17',
  Statement: Array.from({ length: count }, (_, i) => ({ Sid: `Pull-${i + 1}`, Effect: 'Allow', Action, ...more(i + 1) })),
})
const resourcePolicy = loadPolicy(document((i) => ({ Principal: { AWS: role(count - i) } })), { name: 'resource' })
const identityPolicies = process.argv[4] !== 'identity' ? [] : [
  loadPolicy(document((i) => ({ Resource: i === count ? repository : repository + i })), { name: 'identity' }),
]

const decide = () => authorize({
  request: new AwsRequestImpl(role(0), { resource: repository, accountId: '111122223333' }, Action[1],
    new RequestContextImpl({})),
  identityPolicies,
  resourcePolicy,
  serviceControlPolicies: [],
  resourceControlPolicies: [],
  simulationParameters: { simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
  serviceSettings: {},
}).result

const used = () => { const { user, system } = process.cpuUsage(); return user + system }
if (decide() !== 'Allowed') throw new Error(decide())
for (let i = 0; i < 300; i++) decide() // compiled by node before it is measured
const start = used()
let runs = 0
while (used() - start < 300000) { for (let i = 0; i < 20; i++) decide(); runs += 20 }
console.log((used() - start) / runs)
