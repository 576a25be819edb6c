// The process of the sandbox, its limits, and the state that programs do not share.
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
  await failed(sandbox, `import socket\nsocket.create_connection(('127.0.0.1', ${port}), 1).send(b'x')`);
  await failed(
    sandbox,
    `import urllib.request\nurllib.request.urlopen('http://127.0.0.1:${port}', timeout=1)`,
  );
  listener.close();
  await accepting.catch(() => {});
  assert.equal(connections, 0);
});

Deno.test("time is counted in processor time, and a late program costs nothing else", async () => {
  await using sandbox = new PythonSandbox({ seconds: 0.2 });
  const late = { passed: false, error: "took longer than 0.2 s" };
  assert.deepEqual(await sandbox.run("while True: pass"), late);
  assert.deepEqual(await sandbox.run("max(range(10 ** 12))"), late);
  assert.deepEqual(await sandbox.run(fine), { passed: true });
});

/** Programs that pass and leave something behind, each with one that passes only if nothing of it is there. */
const bleeds: readonly (readonly [name: string, leaves: string, looks: string])[] = [
  ["a global", "left = 1", "assert 'left' not in globals()"],
  [
    "a module",
    "import sys, types\nsys.modules['left'] = types.ModuleType('left')",
    "try: import left\nexcept ImportError: pass\nelse: assert 0",
  ],
  [
    "a function of a module",
    "import math\nmath.sqrt = lambda x: x ** 0.5 + 1",
    "import math\nassert math.sqrt(4) == 2",
  ],
  [
    "a new builtin",
    "import builtins\nbuiltins.left = 1",
    "import builtins\nassert not hasattr(builtins, 'left')",
  ],
  [
    "a class of a module",
    "import collections\ncollections.Counter.most_common = lambda s, n=None: []",
    "import collections\nassert collections.Counter('aab').most_common(1) == [('a', 2)]",
  ],
  [
    "an abstract class",
    "import collections.abc\nclass A: pass\ncollections.abc.Sized.register(int)",
    "import collections.abc\nassert not isinstance(1, collections.abc.Sized)",
  ],
  [
    "a file",
    "open('/tmp/left', 'w').write('x')\nopen('left', 'w').write('x')",
    "import os\nassert not os.path.exists('/tmp/left') and not os.path.exists('left')",
  ],
  [
    "the standard library",
    "open('/lib/python314.zip', 'r+b').write(b'x' * 1000)",
    "import csv, html, tomllib\nassert open('/lib/python314.zip', 'rb').read(2) == b'PK'",
  ],
  [
    "an open file",
    "import os\nos.open('/tmp', 0)\nos.open('/tmp', 0)",
    "import os\nassert os.open('/tmp', 0) == 3",
  ],
  ["a closed file", "import os\nos.close(1)", "import os\nos.fstat(1)"],
  ["a file limit", "import os\nos.umask(0o777)", "import os\nassert os.umask(0) != 0o777"],
  ["the working folder", "import os\nos.chdir('/tmp')", "import os\nassert os.getcwd() == '/home'"],
  [
    "the environment",
    "import os\nos.environ['LEFT'] = '1'\nos.putenv('LEFT', '1')",
    "import os\nassert 'LEFT' not in os.environ",
  ],
  ["a seed", "import random\nrandom.seed(5)", "import random\nassert random.random() != 0.6229016948897019"],
  [
    "a warning filter",
    "import warnings\nwarnings.simplefilter('error')",
    "import warnings\nwarnings.warn('x')",
  ],
  ["a recursion limit", "import sys\nsys.setrecursionlimit(60)", "def f(n): return n and f(n - 1)\nf(500)"],
  [
    "a decimal context",
    "import decimal\ndecimal.getcontext().prec = 2",
    "import decimal\nassert len(str(decimal.Decimal(1) / 3)) == 30",
  ],
  ["the path of modules", "import sys\nsys.path[:] = []\nsys.meta_path.clear()", "import csv"],
  [
    "a finder",
    "import sys\nclass F:\n  def find_spec(self, name, *a): raise ImportError(name)\nsys.meta_path.insert(0, F())",
    "import tomllib",
  ],
  [
    "the output",
    "import sys\nsys.stdout = None",
    "print('x')\nimport sys\nassert sys.stdout is sys.__stdout__",
  ],
  [
    "the input",
    "import sys, io\nsys.stdin = io.StringIO('7')",
    "try: input()\nexcept EOFError: pass\nelse: assert 0",
  ],
  [
    "the collector",
    "import gc\ngc.disable()\ngc.freeze()",
    "import gc\nassert gc.isenabled() and gc.get_freeze_count() == 0",
  ],
  [
    "the length of numbers",
    "import sys\nsys.set_int_max_str_digits(0)",
    "import sys\nassert sys.get_int_max_str_digits() == 4300",
  ],
  [
    "a signal's handler",
    "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)",
    "import signal\nassert signal.getsignal(signal.SIGINT) is signal.default_int_handler",
  ],
  [
    "a cache",
    "import re, functools\nre._cache.clear()\nre._compile = None",
    "import re\nassert re.match('a', 'a')",
  ],
  [
    "an event loop",
    "import asyncio\nasyncio.set_event_loop(asyncio.new_event_loop())\nasyncio.run = None",
    "import asyncio\nasync def f(): return 3\nassert asyncio.run(f()) == 3",
  ],
  [
    "a last word",
    "import atexit\nclass D:\n  def __del__(self): open('/tmp/left', 'w')\nd = D()\natexit.register(open, '/tmp/left', 'w')",
    "import os\nassert os.listdir('/tmp') == []",
  ],
  ["memory", "left = [0] * 20_000_000", "import gc\nassert 'left' not in globals()"],
];

Deno.test("nothing of one program reaches the next, in 28 ways", async () => {
  await using sandbox = new PythonSandbox();
  const reached: unknown[] = [];
  for (const [name, leaves, looks] of bleeds) {
    for (const program of [leaves, looks]) {
      const { passed, error } = await sandbox.run(program);
      if (!passed) reached.push([name, error]);
    }
  }
  assert.deepEqual(reached, []);
});

Deno.test("asyncio runs what needs no thread or socket, and says what it lacks", async () => {
  await using sandbox = new PythonSandbox();
  const work = "import asyncio\nasync def f(n):\n  await asyncio.sleep(0.001)\n  return n\n" +
    "async def main(): return await asyncio.gather(*map(f, range(3)))\n";
  assert.deepEqual(await sandbox.run(`${work}assert asyncio.run(main()) == [0, 1, 2]`), { passed: true });
  assert.equal(
    await failed(sandbox, "import asyncio\nasync def f(): await asyncio.Event().wait()\nasyncio.run(f())"),
    "RuntimeError: every task waits for another: the sandbox has no threads, sockets or processes",
  );
  const thread = "import asyncio\nasync def f(): return await asyncio.to_thread(abs, 1)\nasyncio.run(f())";
  assert.match(await failed(sandbox, thread), /^RuntimeError: can't start new thread/);
});

Deno.test("a missing module is named; the standard library is there", async () => {
  await using sandbox = new PythonSandbox();
  assert.deepEqual(await sandbox.run("import numpy.linalg as la"), {
    passed: false,
    error: "ModuleNotFoundError: No module named 'numpy'",
    missing: "numpy",
  });
  assert.deepEqual(await sandbox.run("raise ModuleNotFoundError('x')"), {
    passed: false,
    error: "ModuleNotFoundError: x",
  });
  const there =
    "import hashlib, sqlite3, bz2, lzma, zlib, zoneinfo, unittest, csv, html, statistics, uuid, secrets\n" +
    "for name in ('md5', 'sha1', 'sha3_256', 'blake2b'): hashlib.new(name, b'x').hexdigest()\n";
  assert.deepEqual(await sandbox.run(there), { passed: true });
});

Deno.test({
  name: "without the permission to start a process, the error says which one it needs",
  permissions: { read: true, env: true, import: true, net: true, sys: true, write: true, run: false },
  async fn() {
    await using sandbox = new PythonSandbox();
    await assert.rejects(sandbox.run("1"), {
      name: "ConfigError",
      message: /^Cannot start the Python sandbox: .*--allow-run=sh/,
    });
  },
});

Deno.test("recursion goes as deep as in a native Python, also through C", async () => {
  await using sandbox = new PythonSandbox();
  const cached = "from functools import lru_cache\n@lru_cache(None)\ndef f(n): return n and 1 + f(n - 1)\n";
  const deep = (program: string) => `import sys\nsys.setrecursionlimit(10 ** 6)\n${program}`;
  for (
    const program of [
      "def f(n): return n and 1 + f(n - 1)\nassert f(900) == 900",
      deep("def f(n): return n and 1 + f(n - 1)\nassert f(50_000) == 50_000"),
      `${cached}assert f(950) == 950`,
      deep(`${cached}assert f(2_000) == 2_000`),
      deep("def f(n): return n and 1 + max([n - 1], key=f)\nassert f(2_000) == 2_000"),
      `${cached.replace("n and", "")}try: f(0)\nexcept RecursionError: pass`,
      "class A:\n  def __eq__(self, o): return self == o\ntry: A() == A()\nexcept RecursionError: pass",
      "x = []\nfor i in range(2_000): x = [x]\nassert len(repr(x)) == 4_002",
    ]
  ) assert.deepEqual(await sandbox.run(program), { passed: true }, program);
});

Deno.test("tests see what a text defines, and a text what they define", async () => {
  await using sandbox = new PythonSandbox();
  for (
    const parts of [
      ["def f(p): return math.floor(p.x)", "import math\nclass P: x = 1.5", "assert f(P()) == 1"],
      [
        "def check(x): return x",
        "def same(a, b): assert a == b\ndef check(f): same(f(1), 2)",
        "check(abs) if 0 else 0",
      ],
      [
        "import gc, weakref\nclass A: pass\ndef f():\n  a = A()\n  a.a = a\n  r = weakref.ref(a)\n  del a\n  gc.collect()\n  return r()",
        "assert f() is None",
      ],
      ["def f(n):\n  def g(k): return k and g(k - 1)\n  return g(n)", "for i in range(50_000): f(3)"],
      [
        "def f():\n  'f\\n\\n  >>> f()\\n  7'\n  return 7",
        "import doctest\nassert doctest.testmod() == (0, 1)",
      ],
    ]
  ) assert.deepEqual(await sandbox.run(parts), { passed: true }, parts[0]);
});

Deno.test("programs that are asked for together run one after another, and closing ends the process", async () => {
  const sandbox = new PythonSandbox();
  const [, second, third] = await Promise.all([
    sandbox.run("x = 1\nimport sys\nsys.setrecursionlimit(50)\nsys.stdout = None"),
    sandbox.run("x"),
    sandbox.run("def f(n): return n and f(n - 1)\nf(200)\nprint('well')"),
  ]);
  assert.deepEqual(second, { passed: false, error: "NameError: name 'x' is not defined" });
  assert.deepEqual(third, { passed: true });
  await sandbox.close();
  await sandbox.close();
});
