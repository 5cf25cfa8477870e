#!/usr/bin/env node
// Runs flowproof on a provider of this folder and holds what it finds against the provider's expected.json: nothing more (a false
// alarm), nothing less (silence), and each planted fault reported by the checks that are named there.
//
//   node providers/verify.mjs NAME PATH/TO/flowproof [--bless] [--no-load] [--no-faults | --fault NAME]...
//
// Ends with 0 when all of it holds. expected.json has, by the id of the check and with the reason, what is `warned`, `noted`,
// `inconclusive` and `not_applicable`. What is violated stands in known-issues.yaml beside it, which check reads as its baseline; for a
// provider that is one fault, in `violated`. Also in expected.json:
//
//   "doctor":    { "SUBJECT": "what the doctor says" }      what it finds wrong or doubtful, and is so
//   "either":    { "ID": { "outcomes": ["passed", "violated"], "why": "a race" } }      the outcome is not the same in every run
//   "planted":   { "FAULT": ["ID"] }                        the checks that fail with this fault and not without it; or
//                { "FAULT": "why" }                         which ones do is a race, and at least one has to
//   "registers": "PRESET"                                   `init --register` makes clients by this preset
//   "load":      { "PLAN": { "BREACH": "why" } }            the plans to run, for a short while each, with what is known to go wrong
//                                                           under it: an id of what has to hold whatever the load, or FLOW/STEP: KIND
//                                                           of a wrong answer; { "sometimes": "why" } where it is not so in every run
//
// --bless writes what was found into expected.json: reasons that are there are kept, and a new one is what the report says. It writes
// known-issues.yaml only if there is neither that nor `violated`: what it says was confirmed by hand.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const OUTCOMES = ['warned', 'noted', 'inconclusive', 'not_applicable'];

const usage = (problem) => {
  console.error(`verify.mjs: ${problem}\nverify.mjs: NAME PATH/TO/flowproof [--bless] [--no-load] [--no-faults | --fault NAME]…, where NAME is a folder with a start.sh`);
  process.exit(2);
};
const { values: options, positionals: [name, binary] } = (() => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        bless: { type: 'boolean', default: false },
        'no-load': { type: 'boolean', default: false },
        'no-faults': { type: 'boolean', default: false },
        fault: { type: 'string', multiple: true },
      },
    });
  } catch (error) {
    return usage(error.message);
  }
})();
const here = join(dirname(fileURLToPath(import.meta.url)), name ?? '');
const expectedFile = join(here, 'expected.json');
const baseline = join(here, 'known-issues.yaml');
if (!name || !binary || !existsSync(join(here, 'start.sh'))) usage('name a provider and the program');
const flowproof = resolve(binary);
const problems = [];
const scratch = mkdtempSync(join(tmpdir(), 'flowproof-verify-'));

const freePort = () => new Promise((done, fail) => {
  const server = createServer().once('error', fail);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

function run(command, args, allowed, env = {}) {
  const ended = spawnSync(command, args, { env: { ...process.env, ...env }, encoding: 'utf8', timeout: 900_000, maxBuffer: 1 << 28 });
  if (!allowed.includes(ended.status)) {
    throw new Error(`${command} ${args.join(' ')} ended with ${ended.status ?? ended.signal ?? ended.error}\n${ended.stdout}\n${ended.stderr}`);
  }
  if (ended.status !== 0 && ended.stderr) console.error(ended.stderr);
  return ended.stdout;
}

/** Starts the server with these flags, does something with its provider file, and stops it whatever happens. */
async function served(startFlags, work) {
  const port = String(await freePort());
  run(join(here, 'start.sh'), [port, ...startFlags], [0]);
  try {
    return work(join(here, '.run', port, `${name}.yaml`));
  } finally {
    run(join(here, '..', 'stop'), [name, port], [0]);
  }
}

/** The findings of a run by outcome: { violated: { id: why } … }; *stale* are the baseline's entries that are. */
function findings(providerFile, title, flagsOfCheck) {
  const output = join(scratch, title);
  const table = run(flowproof, ['check', '--provider', providerFile, '--output', output, '--quiet', ...flagsOfCheck], [0, 1, 3, 4]);
  const report = JSON.parse(readFileSync(join(output, 'report.json'), 'utf8'));
  const byOutcome = { passed: {}, violated: {}, known: {} };
  for (const outcome of OUTCOMES) byOutcome[outcome] = {};
  if (report.interrupted) throw new Error(`${title}: the run was cut short`);
  const { port } = new URL(report.issuers[0]);
  for (const { id, outcome, reason, message, section } of report.findings) {
    byOutcome[outcome][id] = (reason ?? `${message} (${section})`).replaceAll(`:${port}`, ':PORT');
  }
  return { byOutcome, table, stale: report.baseline?.stale ?? [] };
}

/** What the doctor finds wrong or doubtful: { subject: what it says }. */
function doctor(providerFile, env = {}) {
  const { remarks } = JSON.parse(run(flowproof, ['doctor', '--provider', providerFile, '--json'], [0, 2, 3], env));
  return Object.fromEntries(remarks.filter(({ sign }) => !['fine', 'note'].includes(sign)).map(({ subject, says }) => [subject, says]));
}

/** Clients are registered by this preset, are found to be sound, and are taken away again. */
function registers(preset, providerFile) {
  const issuer = readFileSync(providerFile, 'utf8').match(/^issuer: (.*)$/m)[1];
  const file = join(scratch, 'registered', 'provider.yaml');
  run(flowproof, ['init', issuer, '--preset', preset, '--register', '--output', file, '--quiet'], [0]);
  const secrets = readFileSync(file.replace('.yaml', '.env'), 'utf8').matchAll(/^(\w+)='(.*)'$/gm);
  const passwords = { FLOWPROOF_ALICE_PASSWORD: 'demo-password-of-alice', FLOWPROOF_BOB_PASSWORD: 'demo-password-of-bob' };
  const found = doctor(file, { ...passwords, ...Object.fromEntries([...secrets].map(([, secret, value]) => [secret, value])) });
  compare('doctor, of registered clients', [], Object.keys(found));
  run(flowproof, ['init', '--unregister', file, '--quiet'], [0]);
}

/** What goes wrong under a plan: { breach: what came }. How fast it is says something of this machine; that it answers rightly is the provider's. */
function breaches(providerFile, plan) {
  const output = join(scratch, `load-${plan}`);
  const said = run(flowproof, ['load', '--provider', providerFile, '--plan', plan, '--users', '5', '--hold', '3s', '--output', output, '--quiet'], [0, 1, 3]);
  console.log(said);
  if (!existsSync(join(output, 'report.json'))) throw new Error(`load ${plan}: it could not be prepared, and wrote no report`);
  const { steps, findings: found, interrupted } = JSON.parse(readFileSync(join(output, 'report.json'), 'utf8'));
  if (interrupted) throw new Error(`load ${plan}: the run was cut short`);
  const seen = {};
  for (const { flow, step, right, wrong } of steps) {
    for (const [kind, count] of Object.entries(wrong)) seen[`${flow}/${step}: ${kind}`] = `${count} answers beside ${right} right ones`;
    if (right === 0) seen[`${flow}/${step}: nothing right`] = 'no right answer at all';
  }
  for (const { id, outcome, violation } of found) {
    if (['violated', 'warned'].includes(outcome)) seen[id] = violation?.got ?? outcome;
  }
  return seen;
}

const complaints = (found) => Object.keys({ ...found.violated, ...found.known, ...found.warned }).sort();
const listFaults = () => run(join(here, 'start.sh'), ['--list-faults'], [0]).split('\n').map((line) => line.trim().split(/\s+/)[0]).filter(Boolean);

function compare(what, expected, seen) {
  for (const id of seen.filter((one) => !expected.includes(one))) problems.push(`${what}: ${id} is new`);
  for (const id of expected.filter((one) => !seen.includes(one))) problems.push(`${what}: ${id} is gone`);
}

/** What expected.json becomes: what was found, with the reasons that it had. */
function blessed(before, remarks, sound, planted, load) {
  const document = { ...before };
  const races = Object.entries(before.planted ?? {}).filter(([, ids]) => !Array.isArray(ids));
  if (Object.keys(planted).length > 0) document.planted = { ...before.planted, ...planted, ...Object.fromEntries(races) };
  if (Object.keys(remarks).length > 0) document.doctor = remarks;
  else delete document.doctor;
  if (before.load) {
    const known = (plan, found) => {
      const sometimes = Object.entries(before.load[plan] ?? {}).filter(([, why]) => why.sometimes);
      return { ...Object.fromEntries(sometimes), ...Object.fromEntries(Object.keys(found).map((id) => [id, before.load[plan]?.[id] ?? found[id]])) };
    };
    document.load = Object.fromEntries(Object.keys(before.load).map((plan) => [plan, plan in load ? known(plan, load[plan]) : before.load[plan]]));
  }
  for (const outcome of before.violated ? ['violated', ...OUTCOMES] : OUTCOMES) {
    const ids = Object.keys(sound[outcome]).filter((id) => !before.either?.[id]);
    document[outcome] = Object.fromEntries(ids.map((id) => [id, before[outcome]?.[id] ?? sound[outcome][id]]));
  }
  return document;
}

try {
  const before = existsSync(expectedFile) ? JSON.parse(readFileSync(expectedFile, 'utf8')) : {};
  const { either = {} } = before;
  const steady = (ids) => ids.filter((id) => !either[id]);
  const held = existsSync(baseline) ? ['--baseline', baseline] : [];
  const firstBaseline = options.bless && held.length === 0 && !before.violated;
  const remarks = await served([], (file) => doctor(file));
  // Where a preset of this name can register clients: the start flag that opens registration is `--registration`.
  if (before.registers) await served(['--registration'], (file) => registers(before.registers, file));
  // With short lifetimes every check that waits for an expiry can be judged.
  const sound = await served(['--short-lifetimes'], (file) => findings(file, 'sound', firstBaseline ? ['--write-baseline', baseline] : held));
  console.log(sound.table);
  const planted = {};
  const faults = options['no-faults'] ? [] : options.fault ?? listFaults();
  for (const fault of faults) {
    const found = await served(['--fault', fault], (file) => findings(file, fault, ['--no-baseline']));
    const without = complaints(sound.byOutcome);
    planted[fault] = steady(complaints(found.byOutcome).filter((id) => !without.includes(id)));
    console.log(`fault ${fault}: ${planted[fault].join(', ') || 'NOT REPORTED'}`);
    if (planted[fault].length === 0) problems.push(`fault ${fault} is not reported`);
  }
  for (const [id, { outcomes }] of Object.entries(either)) {
    const seen = Object.keys(sound.byOutcome).find((outcome) => id in sound.byOutcome[outcome]);
    if (!outcomes.includes(seen)) problems.push(`either: ${id} is ${seen}`);
  }
  if (held.length > 0) {
    compare('violated', [], steady(Object.keys(sound.byOutcome.violated)));
    for (const { check, why } of sound.stale) problems.push(`known-issues.yaml: ${check} is stale (${why})`);
  }
  const load = {};
  for (const plan of options['no-load'] ? [] : Object.keys(before.load ?? {})) load[plan] = await served([], (file) => breaches(file, plan));
  if (options.bless) {
    writeFileSync(expectedFile, `${JSON.stringify(blessed(before, remarks, sound.byOutcome, planted, load), null, 2)}\n`);
  } else {
    compare('doctor', Object.keys(before.doctor ?? {}), Object.keys(remarks));
    for (const outcome of before.violated ? ['violated', ...OUTCOMES] : OUTCOMES) {
      compare(outcome, Object.keys(before[outcome] ?? {}), steady(Object.keys(sound.byOutcome[outcome])));
    }
    for (const fault of faults) {
      const ids = before.planted?.[fault] ?? [];
      if (Array.isArray(ids)) compare(`fault ${fault}`, ids, planted[fault]);
    }
    for (const [plan, found] of Object.entries(load)) {
      const known = Object.entries(before.load[plan]);
      const sometimes = known.filter(([, why]) => why.sometimes).map(([id]) => id);
      const always = known.map(([id]) => id).filter((id) => !sometimes.includes(id));
      compare(`load ${plan}`, always, Object.keys(found).filter((id) => !sometimes.includes(id)));
      for (const id of Object.keys(found)) console.log(`load ${plan}: ${id}: ${found[id]}`);
    }
  }
} catch (error) {
  problems.push(error.message);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const problem of problems) console.error(`verify.mjs: ${problem}`);
console.log(problems.length === 0 ? `${name}: as expected` : `${name}: ${problems.length} differences`);
process.exitCode = problems.length === 0 ? 0 : 1;
