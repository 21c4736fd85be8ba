// The same workload through @cloud-copilot/iam-simulate, when it is installed beside: one median in microseconds.
// Called by decide.py with the workload's file; not a dependency of anything.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const here = createRequire(process.cwd() + '/')
const { runSimulation } = await import(pathToFileURL(here.resolve('@cloud-copilot/iam-simulate')).href)
const workload = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const identityPolicies = workload.policies.map((policy, index) => ({ name: `p${index}`, policy }))
const simulations = workload.requests.map((request) => ({
  request: {
    principal: workload.principal,
    action: request.action,
    resource: { resource: request.resource, accountId: workload.account },
    contextVariables: request.context
  },
  identityPolicies,
  serviceControlPolicies: [],
  resourceControlPolicies: []
}))
const times = []
const outcomes = []
for (let round = 0; round < 6; round++) {
  for (const simulation of simulations) {
    const begun = process.hrtime.bigint()
    const result = await runSimulation(simulation, {})
    const spent = Number(process.hrtime.bigint() - begun) / 1000
    if (round > 0) times.push(spent)
    else outcomes.push(result.overallResult ?? result.resultType ?? 'Error')
  }
}
times.sort((a, b) => a - b)
console.log(JSON.stringify({ median: times[Math.floor(times.length / 2)], outcomes }))
