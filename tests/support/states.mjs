// Runs a state machine with aws-local-stepfunctions, as states.py does: states.mjs FOLDER MACHINE EXECUTION_NAME
// FOLDER has the package in node_modules. Prints the events and the end as JSON.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [folder, machine, name] = process.argv.slice(2)
const { StateMachine } = await import(createRequire(folder + '/').resolve('aws-local-stepfunctions'))
const events = []

function runTask(parameters) {
  const [override] = parameters.Overrides.ContainerOverrides
  let words = override.Command.map(word => word.replace(/^\/reports/, process.env.REPORTS))
  if (override.Command.includes(process.env.FAIL_WORD)) words = ['false']
  const done = spawnSync(words[0], words.slice(1), { encoding: 'utf8' })
  events.push({ command: override.Command, status: done.status, output: done.stdout + done.stderr })
  if (done.status !== 0) {
    const error = new Error('the task failed')
    error.name = 'States.TaskFailed'
    throw error
  }
  return { Containers: [{ Name: override.Name, ExitCode: 0 }] }
}

const states = new StateMachine(JSON.parse(readFileSync(machine, 'utf8')))
const execution = states.run({}, {
  context: { Execution: { Name: name } },
  overrides: { taskResourceLocalHandlers: { Shard: runTask, Merge: runTask }, retryIntervalOverrides: { Shard: 0 } },
})
let end = 'SUCCEEDED'
try {
  await execution.result
} catch (error) {
  if (error.name !== 'States.TaskFailed' && error.name !== 'ExecutionError') throw error
  end = 'FAILED'
}
console.log(JSON.stringify({ end, events }))
