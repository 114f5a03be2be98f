// Decides requests with @cloud-copilot/iam-simulate, which is not part of this project.
//   node iam_simulate.mjs FOLDER < requests > answers
// FOLDER has node_modules. A request is a line of JSON in the form of the package's published cases.
import { createInterface } from 'node:readline'
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

const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] }
const all = (policies) => policies?.map((policy, index) => loadPolicy(policy, { name: String(index) }))
const levels = (list, more) =>
  (list ?? []).map((level, index) => ({ orgIdentifier: String(index), policies: all([...more, ...level.policies]) }))

function decide(one) {
  const { principal, resource, action, context } = one.request
  return authorize({
    request: new AwsRequestImpl(principal, resource, action, new RequestContextImpl(context ?? {})),
    sessionPolicy: one.sessionPolicy && loadPolicy(one.sessionPolicy, { name: 'session' }),
    identityPolicies: all(one.identityPolicies ?? []),
    serviceControlPolicies: levels(one.serviceControlPolicies, []),
    resourceControlPolicies: levels(one.resourceControlPolicies, [everything]),
    resourcePolicy: one.resourcePolicy && loadPolicy(one.resourcePolicy, { name: 'resource' }),
    permissionBoundaries: all(one.permissionBoundaries),
    vpcEndpointPolicies: all(one.endpointPolicies),
    simulationParameters: { simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
    serviceSettings: {},
  }).result
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = decide(JSON.parse(line))
  } catch (error) {
    answer = `error: ${error.message.split('\n')[0]}`
  }
  console.log(answer)
}
