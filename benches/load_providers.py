#!/usr/bin/env python3
"""Providers side by side under the same load, by flow: rate, p99, CPU of the provider and of flowproof. Linux, Python 3, standard library only.

    cargo build --release && benches/load_providers.py [--program PATH] [--hold 15s] [--warmup 10s] [--soak 10m] [NAME...]

NAME is the reference server (`reference`) or a folder of providers/ with a start.sh; without any: reference and node-oidc-provider. --soak instead loads
the first of them for so long and says how its memory and flowproof's went. Nothing here is a test: machines differ, and this one may be busy.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOWS = {
    "client_credentials": "flows: [{ flow: client_credentials }]",
    "refresh": "flows: [{ flow: refresh }]",
    "authorization_code": "flows: [{ flow: authorization_code }]",
    "introspection": "flows: [{ flow: introspection }]",
}
TICKS = os.sysconf("SC_CLK_TCK")

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--program", type=Path, default=ROOT / "target/release/flowproof")
arguments.add_argument("--hold", default="15s")
arguments.add_argument("--warmup", default="10s")
arguments.add_argument("--users", type=int, default=10)
arguments.add_argument("--soak")
arguments.add_argument("names", nargs="*", default=["reference", "node-oidc-provider"])
given = arguments.parse_args()
folder = tempfile.TemporaryDirectory(prefix="flowproof-providers-")
work = Path(folder.name)


def family(pid):
    """The process and all below it."""
    try:
        children = [child for one in Path(f"/proc/{pid}/task").iterdir() for child in (one / "children").read_text().split()]
    except OSError:
        children = []
    return [pid, *(one for child in children for one in family(int(child)))]


def cpu(pid):
    """Seconds of CPU of a process and all below it, by now."""
    total = 0
    for one in family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory(pid):
    """What a process and all below it hold now, in MiB."""
    pages = 0
    for one in family(pid):
        try:
            pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Provider:
    """One that runs: its provider file and its process."""

    def __init__(self, name):
        self.name = name
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def __enter__(self):
        if self.name == "reference":
            self.file = work / "reference.yaml"
            command = [given.program, "serve", "--quiet", "--port", str(self.port), "--admin-port", "0", "--provider-file", self.file]
            if given.soak:
                # What lives is kept: memory is level only once tokens die as fast as they are made, which is to be soon.
                config = subprocess.run([given.program, "serve", "--print-config"], capture_output=True, text=True, check=True).stdout
                short, count = re.subn(r"access_token_lifetime: \d+", "access_token_lifetime: 30", config)
                if not count:
                    sys.exit("the configuration says nothing of how long a token lives")
                (work / "server.yaml").write_text(short)
                command += ["--config", work / "server.yaml"]
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            self.pid = self.process.pid
            for _ in range(200):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=1).read()
                    return self
                except OSError:
                    time.sleep(0.05)
            self.process.kill()
            sys.exit("the reference server did not start")
        place = ROOT / "providers" / self.name
        subprocess.run([place / "start.sh", str(self.port)], check=True, stdout=subprocess.DEVNULL)
        self.file = place / ".run" / str(self.port) / f"{self.name}.yaml"
        self.pid = int((place / ".run" / str(self.port) / "pid").read_text())
        return self

    def __exit__(self, *_):
        if self.name == "reference":
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
        else:
            subprocess.run([ROOT / "providers/stop", self.name, str(self.port)], check=True)


def load(provider, plan, while_it_runs=lambda process: None):
    """A run: its report, and the CPU seconds of provider and flowproof."""
    (work / "plan.yaml").write_text(plan)
    # One of an earlier run must not pass for this one's.
    (work / "load/report.json").unlink(missing_ok=True)
    before, began = cpu(provider.pid), os.times()
    command = [given.program, "load", "--quiet", "--provider", provider.file, "--plan", work / "plan.yaml", "--output", work / "load"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watching = threading.Thread(target=while_it_runs, args=(process,))
    watching.start()
    out, err = process.communicate()
    watching.join()
    if process.returncode not in (0, 1, 3) or not (work / "load/report.json").exists():
        return None, out + err, None
    after = os.times()
    own = after.children_user + after.children_system - began.children_user - began.children_system
    return json.loads((work / "load/report.json").read_text()), cpu(provider.pid) - before, own


def side_by_side():
    print(f"{given.users} users, warm-up {given.warmup}, hold {given.hold}; CPU of the whole run, its preparation too, per request since the users began; {os.cpu_count()} CPUs that all share\n")
    print(f"{'provider':20} {'flow/step':28} {'rate':>9} {'p50':>9} {'p99':>9} {'errors':>7} {'provider CPU':>13} {'flowproof CPU':>14}  verdict")
    for name in given.names:
        with Provider(name) as provider:
            for flow, what in FLOWS.items():
                plan = f"users: {given.users}\nramp: 1s\nwarmup: {given.warmup}\nhold: {given.hold}\n{what}\n"
                report, theirs, own = load(provider, plan)
                if report is None:
                    print(f"{name:20} {flow:28} not measured: {theirs.strip().splitlines()[-1] if theirs.strip() else ''}")
                    continue
                requests = max(report["requests"], 1)
                for row in report["summary"]:
                    step = f"{row['flow']}/{row['step']}"
                    print(
                        f"{name:20} {step:28} {row['rate']:7.1f}/s {row['p50_us'] / 1e3:6.2f} ms {row['p99_us'] / 1e3:6.1f} ms {row['errors']:7}"
                        f" {theirs / requests * 1e6:10.0f} µs {own / requests * 1e6:11.0f} µs  {report['verdict']}",
                        flush=True,
                    )


def soak():
    name = given.names[0]
    samples = []

    def look(process):
        began = time.monotonic()
        while process.poll() is None:
            samples.append((time.monotonic() - began, memory(process.pid), memory(provider.pid)))
            time.sleep(1)

    with Provider(name) as provider:
        print(f"soak: {name}, client_credentials, {given.users} users, {given.soak}; memory in MiB")
        plan = f"users: {given.users}\nramp: 1s\nhold: {given.soak}\nflows: [{{ flow: client_credentials }}]\n"
        report, why, _ = load(provider, plan, look)
    if report is None:
        sys.exit(f"not measured: {why}")
    row = report["summary"][0]
    print(f"  {report['requests']} requests, {row['rate']:.0f}/s, errors {row['errors']}, p99 {row['p99_us'] / 1e3:.2f} ms")
    print(f"  {'second':>8} {'flowproof':>10} {name:>20}")
    every = max(len(samples) // 12, 1)
    for second, own, theirs in samples[::every]:
        print(f"  {second:8.0f} {own:10.1f} {theirs:20.1f}")


soak() if given.soak else side_by_side()
