#!/usr/bin/env python3
"""What the load generator costs and how true its figures are, as ratios within one run. Linux, Python 3, standard library only.

    cargo build --release --benches && benches/load_figures.py [--program PATH] [--goose PATH] [--oha PATH] [--k6 PATH] [--requests N] [--rounds N]
        [--only costs|truth|stall]

The reference server has the first CPU, whoever sends has the second. Without --oha and --k6 those rows are left out; --goose is what was built as
target/release/deps/goose_request-…. Nothing here is a test: machines
differ, and this one may be busy.
"""

import argparse
import base64
import json
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORT = 19490
TOKEN = f"http://127.0.0.1:{PORT}/realms/my-app/protocol/openid-connect/token"
BASIC = "Basic " + base64.b64encode(b"batch-job:batch-job-secret-b64e02").decode()  # of the reference server's demo client

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--program", type=Path, default=ROOT / "target/release/flowproof")
arguments.add_argument("--goose", type=Path, default=max((one for one in ROOT.glob("target/release/deps/goose_request-*") if not one.suffix), key=lambda one: one.stat().st_mtime, default=None))
arguments.add_argument("--oha", type=Path)
arguments.add_argument("--k6", type=Path)
arguments.add_argument("--requests", type=int, default=50_000, help="of each program in each round of the CPU table")
arguments.add_argument("--rounds", type=int, default=7)
arguments.add_argument("--users", type=int, default=20)
arguments.add_argument("--only", choices=("costs", "truth", "stall"))
given = arguments.parse_args()
folder = tempfile.TemporaryDirectory(prefix="flowproof-figures-")
work = Path(folder.name)


def pinned(cpu, command, **more):
    return subprocess.Popen(command, preexec_fn=lambda: os.sched_setaffinity(0, {cpu % os.cpu_count()}), cwd=work, **more)


class Server:
    """The reference server on the first CPU, with what its configuration says of its network."""

    def __init__(self, faults=None):
        config = subprocess.run([given.program, "serve", "--print-config"], capture_output=True, text=True, check=True).stdout
        if faults:
            config = config.replace("    defects: []\n", f"    faults: {json.dumps(faults)}\n    defects: []\n", 1)
        (work / "server.yaml").write_text(config)
        command = [given.program, "serve", "--quiet", "--config", "server.yaml", "--port", str(PORT), "--admin-port", str(PORT + 1)]
        self.process = pinned(0, [*command, "--provider-file", "provider.yaml"], stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=1).read()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit("the reference server did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait()


def run(command):
    """Runs it on the second CPU: its output, seconds of CPU, most memory in MiB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = pinned(1, [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    memory = [0]

    def look():
        while process.poll() is None:
            try:
                memory[0] = max(memory[0], int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1]))
            except (OSError, TypeError):
                pass
            time.sleep(0.05)

    eyes = threading.Thread(target=look)
    eyes.start()
    out, err = process.communicate()
    eyes.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return out, err, cpu, memory[0] / 1024, process.returncode


def flowproof(plan):
    """A run of a plan: the report, CPU seconds, memory."""
    (work / "plan.yaml").write_text(plan)
    (work / "load/report.json").unlink(missing_ok=True)
    out, err, cpu, memory, code = run([given.program, "load", "--quiet", "--provider", "provider.yaml", "--plan", "plan.yaml", "--output", "load"])
    if code not in (0, 1, 3) or not (work / "load/report.json").exists():
        sys.exit(f"flowproof load: {out}{err}")
    return json.loads((work / "load/report.json").read_text()), cpu, memory


def oha(*options):
    head = [given.oha, "--no-tui", "--output-format", "json", "-m", "POST", "-H", f"authorization: {BASIC}"]
    body = ["-T", "application/x-www-form-urlencoded", "-d", "grant_type=client_credentials&scope=billing:read+billing:write"]
    out, err, cpu, memory, code = run([*head, *body, *options, TOKEN])
    if code:
        sys.exit(f"oha: {out}{err}")
    return json.loads(out), cpu, memory


K6 = """
import http from 'k6/http';
import { check } from 'k6';
export const options = { scenarios: { one: { executor: 'shared-iterations', vus: USERS, iterations: REQUESTS, maxDuration: '10m' } } };
const params = { headers: { authorization: 'BASIC' } };
export default function () {
  const answer = http.post('TOKEN', { grant_type: 'client_credentials', scope: 'billing:read billing:write' }, params);
  check(answer, { right: (it) => it.status === 200 && it.json().token_type === 'Bearer' });
}
"""


def closed(users, requests):
    return f"users: {users}\nhold: 10m\ncount: {requests}\nflows: [{{ flow: client_credentials }}]\n"


def by_flowproof():
    report, cpu, memory = flowproof(closed(given.users, given.requests))
    return cpu / report["requests"], memory


def by_oha():
    _, cpu, memory = oha("-n", str(given.requests), "-c", str(given.users))
    return cpu / given.requests, memory


def by_goose():
    out, err, cpu, memory, code = run([given.goose, TOKEN, BASIC, given.users, given.requests])
    # Before that line, goose says what it thinks of its configuration.
    if code or out.split()[-1:] != [str(given.requests)]:
        sys.exit(f"goose_request: {code}, {out} of {given.requests} right: {err}")
    return cpu / given.requests, memory


def by_k6():
    requests = given.requests // 4
    script = K6.replace("USERS", str(given.users)).replace("REQUESTS", str(requests)).replace("BASIC", BASIC).replace("TOKEN", TOKEN)
    (work / "script.js").write_text(script)
    out, err, cpu, memory, code = run([given.k6, "run", "--quiet", "script.js"])
    if code:
        sys.exit(f"k6: {out}{err}")
    return cpu / requests, memory


def costs():
    """A machine's speed changes within a minute: the programs take turns, and what is said is the median of the rounds."""
    print(f"\nCPU of who sends, client_credentials, {given.requests} requests by {given.users} users, {given.rounds} rounds, answers read by flowproof and k6")
    programs = {"flowproof load": by_flowproof}
    for name, program, by in (("oha", given.oha, by_oha), ("goose request()", given.goose, by_goose), ("k6", given.k6, by_k6)):
        if program:
            programs[name] = by
    rounds = []
    with Server():
        for _ in range(given.rounds):
            rounds.append({name: by() for name, by in programs.items()})
    for name in programs:
        each = [one[name][0] * 1e6 for one in rounds]
        shares = [one["flowproof load"][0] / one[name][0] for one in rounds]
        memory = max(one[name][1] for one in rounds)
        print(
            f"  {name:16} {statistics.median(each):7.1f} µs each ({min(each):.1f} to {max(each):.1f})"
            f"   flowproof takes {statistics.median(shares):5.2f} of it ({min(shares):.2f} to {max(shares):.2f})   {memory:6.1f} MiB"
        )
    with Server():
        _, cpu, memory = flowproof(closed(1000, given.requests))
        print(f"  flowproof load, 1000 users: {cpu / given.requests * 1e6:.1f} µs each, {memory:.1f} MiB at most")


def truth():
    """By distributions that are known: what is due is what the server holds an answer back for; the way there and back comes on top, and oha measures that as well."""
    for low, high in ((10, 20), (100, 200)):
        print(f"\nTruth: a server that holds each answer back for {low} to {high} ms, as likely the one as the other; 200 arrivals/s for 30 s")
        with Server([{"endpoint": "token", "latency": {"uniform": {"min": f"{low}ms", "max": f"{high}ms"}}}]):
            report, _, _ = flowproof("users: 100\narrivals: 200/s\nwarmup: 2s\nhold: 30s\nflows: [{ flow: client_credentials }]\n")
            beside = oha("-z", "30s", "-q", "200", "-c", "100")[0]["latencyPercentiles"] if given.oha else None
        row = report["summary"][0]
        for name, share in (("p50_us", 0.5), ("p90_us", 0.9), ("p99_us", 0.99), ("p999_us", 0.999)):
            due, seen, served = low + share * (high - low), row[name] / 1e3, row["service"][name] / 1e3
            other = beside and beside["p99.9" if name == "p999_us" else name[:-3]] * 1e3
            against = f"   oha {other:6.2f} ms (flowproof's service {served - other:+.2f})" if other else ""
            print(f"  {name[:-3]:5} due {due:6.2f} ms   response {seen:6.2f} ms ({seen - due:+.2f}, {(seen / due - 1) * 100:+.1f} %)   service {served:6.2f} ms ({served - due:+.2f}){against}")
        print(f"  arrivals due {row['arrivals']['due']}, late {row['arrivals']['late']}, never made {row['arrivals']['never_made']}")


def stalled(process, stop):
    while not stop.wait(4):
        process.send_signal(signal.SIGSTOP)
        stop.wait(1)
        process.send_signal(signal.SIGCONT)


def stall():
    print("\nTruth: the whole server stands still for 1 s in every 5 s; 200 arrivals/s for 50 s")
    figures = {}

    def under(measure):
        with Server() as server:
            stop = threading.Event()
            stalls = threading.Thread(target=stalled, args=(server.process, stop))
            stalls.start()
            result = measure()
            stop.set()
            stalls.join()
            return result

    report, _, _ = under(lambda: flowproof("users: 300\narrivals: 200/s\nhold: 50s\nflows: [{ flow: client_credentials }]\nthresholds: [errors < 1%]\n"))
    row = report["summary"][0]
    figures["flowproof load"] = (row["p50_us"] / 1e3, row["p90_us"] / 1e3, row["p99_us"] / 1e3, row["rate"])
    if given.oha:
        answer, _, _ = under(lambda: oha("-z", "50s", "-q", "200", "-c", "300", "--latency-correction"))
        at = answer["latencyPercentiles"]
        figures["oha --latency-correction"] = (at["p50"] * 1e3, at["p90"] * 1e3, at["p99"] * 1e3, answer["summary"]["requestsPerSec"])
    for name, (p50, p90, p99, rate) in figures.items():
        print(f"  {name:26} p50 {p50:7.2f} ms   p90 {p90:7.1f} ms   p99 {p99:7.1f} ms   {rate:6.1f}/s answered")
    print(f"  arrivals due {row['arrivals']['due']}, never made {row['arrivals']['never_made']}; exact would be a p90 of 500 ms")


for part in (costs, truth, stall):
    if given.only in (None, part.__name__):
        part()
