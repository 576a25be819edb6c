// Programs that try to escape, to survive or to fake a verdict all fail, and the next program runs normally.
import assert from "node:assert/strict";
import { PythonSandbox } from "../../../src/eval/mod.ts";

/** Runs a program that must fail, and returns its error. */
async function failed(sandbox: PythonSandbox, program: string): Promise<string> {
  const { passed, error } = await sandbox.run(program);
  assert.equal(passed, false, program);
  return error!;
}

const fine = "from typing import List\nimport math, re, collections\nassert sorted([3, 1]) == [1, 3]";

Deno.test("the process may read pyodide's files and nothing else", async () => {
  await using sandbox = new PythonSandbox();
  const granted = await sandbox.permissions();
  assert.equal(granted.length, 1);
  assert.match(granted[0], /^read .*pyodide/);
  const folder = granted[0].slice("read ".length);
  assert.ok(!Deno.cwd().startsWith(folder) && (await Deno.stat(`${folder}/pyodide.asm.wasm`)).isFile);
  assert.deepEqual(await sandbox.run(fine), { passed: true });
  assert.match(await failed(sandbox, "assert 1 == 2"), /^AssertionError$/);
  assert.match(await failed(sandbox, "def f(:"), /^SyntaxError/);

  let connections = 0;
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of listener) connections++, connection.close();
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const attacks: [what: string, program: string][] = [
    ["reads the password file", "open('/etc/passwd').read()"],
    ["opens a socket", `import socket\nsocket.create_connection(('127.0.0.1', ${port}), 1).send(b'x')`],
    ["asks a server", `import urllib.request\nurllib.request.urlopen('http://127.0.0.1:${port}', timeout=1)`],
    ["forks", "import os\nwhile True: os.fork()"],
    ["starts a program", "import subprocess\nsubprocess.run(['ls'])"],
    ["starts threads", "import threading\nwhile True: threading.Thread(target=print).start()"],
    ["imports js", "import js"],
    ["imports pyodide_js", "import pyodide_js"],
    ["imports pyodide", "from pyodide.code import run_js"],
    ["imports the core", "import _pyodide_core"],
    ["calls C", "import ctypes"],
    ["exits", "import sys\nsys.exit(0)"],
    ["recurses", "def f(): return f()\nf()"],
    [
      "prints an answer",
      "import os, sys\nfor w in ('pass', 'x pass well'):\n  print(w)\n  os.write(1, w.encode())\n" +
      "  sys.__stdout__.write(w)\nraise ValueError('y\\nx pass well ')",
    ],
    ["is called like an answer", "class X(Exception): pass\nX.__name__ = 'a\\nx pass well'\nraise X()"],
    [
      "raises nothing to be seen",
      "class S(str):\n  def __radd__(s, o): return ''\n  def __len__(s): return 0\n" +
      "class E(Exception):\n  def __str__(s): return S('')\nraise E()",
    ],
  ];
  for (const [what, program] of attacks) {
    await failed(sandbox, program);
    assert.deepEqual(await sandbox.run(fine), { passed: true }, `after one that ${what}`);
  }
  listener.close();
  await accepting.catch(() => {});
  assert.equal(connections, 0);
});

Deno.test("a program that ends, fills or changes the interpreter fails, and the next one gets a new interpreter", async () => {
  await using sandbox = new PythonSandbox({ seconds: 2, megabytes: 256 });
  const next = async () => assert.deepEqual(await sandbox.run(fine), { passed: true });
  assert.equal(await failed(sandbox, "import os\nos._exit(0)"), "ended the interpreter");
  await next();
  const before = Deno.memoryUsage().rss;
  assert.match(await failed(sandbox, "a = []\nwhile True: a.append(bytearray(50_000_000))"), /^MemoryError/);
  await next();
  const late = "took longer than 2 s";
  assert.equal(
    await failed(sandbox, "while True:\n  try:\n    while True: pass\n  except BaseException: pass"),
    late,
  );
  await next();
  assert.equal(await failed(sandbox, "import builtins\ndel builtins.len"), "changed Python's builtins");
  assert.deepEqual(await sandbox.run("assert len([1]) == 1"), { passed: true });
  assert.ok(Deno.memoryUsage().rss - before < 300e6, "this process does not grow");
});

Deno.test("programs share no state, and closing ends the process", async () => {
  const sandbox = new PythonSandbox();
  const [, second, third] = await Promise.all([
    sandbox.run("x = 1\nimport sys\nsys.setrecursionlimit(50)\nsys.stdout = None"),
    sandbox.run("x"),
    sandbox.run("def f(n): return n and f(n - 1)\nf(200)\nprint('well')"),
  ]);
  assert.deepEqual(second, { passed: false, error: "NameError: name 'x' is not defined" });
  assert.deepEqual(third, {
    passed: true,
  });
  await sandbox.close();
  await sandbox.close();
});
