#!/usr/bin/env node
// Runs flowproof on this provider and holds what it finds against expected.json: nothing more (a false alarm), nothing less
// (silence), and each planted fault reported by the checks that are named there.
//
//   node verify.mjs PATH/TO/flowproof [--bless] [--no-load]
//
// Ends with 0 when all of it holds. --bless writes expected.json anew; reasons already written in it are kept.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const expectedFile = join(here, 'expected.json');
const [binary, ...flags] = process.argv.slice(2);
const bless = flags.includes('--bless');
if (!binary) {
  console.error('verify.mjs: name the flowproof binary');
  process.exit(2);
}
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
  const ended = spawnSync(command, args, { env: { ...process.env, ...env }, encoding: 'utf8', timeout: 300_000, maxBuffer: 1 << 28 });
  if (!allowed.includes(ended.status)) {
    throw new Error(`${command} ${args.join(' ')} ended with ${ended.status ?? ended.signal ?? ended.error}\n${ended.stdout}\n${ended.stderr}`);
  }
  return ended.stdout;
}

/** Starts the server with these flags, does something with its provider file, and stops it whatever happens. */
async function served(startFlags, work) {
  const port = String(await freePort());
  run(join(here, 'start.sh'), [port, ...startFlags], [0]);
  try {
    return work(join(here, '.run', port, 'node-oidc-provider.yaml'));
  } finally {
    run(join(here, 'stop.sh'), [port], [0]);
  }
}

/** The findings of a run by outcome: { violated: { id: kind or reason } … }; *passed* is a number. */
function findings(providerFile, name) {
  const output = join(scratch, name);
  const table = run(flowproof, ['check', '--provider', providerFile, '--output', output, '--quiet'], [0, 1, 3]);
  const report = JSON.parse(readFileSync(join(output, 'report.json'), 'utf8'));
  const byOutcome = { passed: 0, violated: {}, warned: {}, noted: {}, inconclusive: {}, not_applicable: {} };
  for (const finding of report.findings) {
    if (finding.outcome === 'passed') byOutcome.passed += 1;
    else byOutcome[finding.outcome][finding.id] = finding.kind ?? finding.reason;
  }
  return { byOutcome, table, seconds: report.millis / 1000 };
}

/** The doctor finds nothing wrong and nothing doubtful. */
function healthy(providerFile, env = {}) {
  const { health, remarks } = JSON.parse(run(flowproof, ['doctor', '--provider', providerFile, '--json'], [0, 2, 3], env));
  for (const { subject, sign, says } of remarks) {
    if (!['fine', 'note'].includes(sign)) problems.push(`doctor: ${subject}: ${says}`);
  }
  if (health !== 'sound') problems.push(`doctor: ${health}`);
}

/** Clients are registered, are found to be sound, and are taken away again. */
function registers(providerFile) {
  const issuer = readFileSync(providerFile, 'utf8').match(/^issuer: (.*)$/m)[1];
  const file = join(scratch, 'registered', 'provider.yaml');
  run(flowproof, ['init', issuer, '--preset', 'node-oidc-provider', '--register', '--output', file, '--quiet'], [0]);
  const secrets = readFileSync(file.replace('.yaml', '.env'), 'utf8').matchAll(/^(\w+)='(.*)'$/gm);
  const passwords = { FLOWPROOF_ALICE_PASSWORD: 'demo-password-of-alice', FLOWPROOF_BOB_PASSWORD: 'demo-password-of-bob' };
  healthy(file, { ...passwords, ...Object.fromEntries([...secrets].map(([, name, value]) => [name, value])) });
  run(flowproof, ['init', '--unregister', file, '--quiet'], [0]);
}

const complaints = (found) => Object.keys({ ...found.violated, ...found.warned }).sort();
const listFaults = () => run(join(here, 'start.sh'), ['--list-faults'], [0]).split('\n').map((line) => line.trim().split(/\s+/)[0]).filter(Boolean);

const compare = (what, expected, seen) => {
  for (const id of seen.filter((one) => !expected.includes(one))) problems.push(`${what}: ${id} is new`);
  for (const id of expected.filter((one) => !seen.includes(one))) problems.push(`${what}: ${id} is gone`);
};

try {
  const known = bless ? {} : JSON.parse(readFileSync(expectedFile, 'utf8'));
  let reasons = {};
  try { reasons = JSON.parse(readFileSync(expectedFile, 'utf8')); } catch { /* the first blessing */ }
  await served([], healthy);
  await served(['--registration'], registers);
  // With short lifetimes every check that waits for an expiry can be judged.
  const sound = await served(['--short-lifetimes'], (file) => findings(file, 'sound'));
  console.log(sound.table);
  const planted = {};
  const faults = listFaults();
  for (const fault of faults) {
    const found = await served(['--fault', fault], (file) => findings(file, fault));
    const before = complaints(sound.byOutcome);
    planted[fault] = complaints(found.byOutcome).filter((id) => !before.includes(id));
    console.log(`fault ${fault}: ${planted[fault].join(', ') || 'NOT REPORTED'}`);
    if (planted[fault].length === 0) problems.push(`fault ${fault} is not reported`);
  }
  if (bless) {
    const document = { planted };
    for (const outcome of ['violated', 'warned', 'noted', 'inconclusive', 'not_applicable']) {
      document[outcome] = {};
      for (const [id, got] of Object.entries(sound.byOutcome[outcome])) document[outcome][id] = reasons[outcome]?.[id] ?? `TO BE EXPLAINED: ${got}`;
    }
    writeFileSync(expectedFile, `${JSON.stringify(document, null, 2)}\n`);
  } else {
    for (const outcome of ['violated', 'warned', 'noted', 'inconclusive', 'not_applicable']) {
      compare(outcome, Object.keys(known[outcome]), Object.keys(sound.byOutcome[outcome]));
    }
    for (const fault of faults) compare(`fault ${fault}`, known.planted[fault] ?? [], planted[fault]);
  }
  if (!flags.includes('--no-load')) {
    for (const plan of ['token', 'refresh', 'login']) {
      console.log(await served([], (file) => run(flowproof, ['load', '--provider', file, '--plan', plan, '--users', '5', '--hold', '3s', '--output', join(scratch, plan), '--quiet'], [0])));
    }
  }
} catch (error) {
  problems.push(error.message);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const problem of problems) console.error(`verify.mjs: ${problem}`);
console.log(problems.length === 0 ? 'node-oidc-provider: as expected' : `node-oidc-provider: ${problems.length} differences`);
process.exit(problems.length === 0 ? 0 : 1);
