// Attacks on the verdict, on the next program and on the host: each fails for itself alone, and what follows it passes.
import assert from "node:assert/strict";
import { PythonSandbox } from "../../../src/eval/mod.ts";

/** A program with nothing wrong, which also looks for what an earlier one may have left. */
const fine = `
import builtins, decimal, gc, math, os, random, re, sys, warnings
assert sorted([3, 1]) == [1, 3] and abs(-1) == 1 and len([1]) == 1
assert math.sqrt(4) == 2 and re.sub("a", "b", "a") == "b"
assert os.getcwd() == "/home" and os.listdir("/home") == ["web_user"] and os.listdir("/tmp") == []
assert sys.getrecursionlimit() == 1000 and sys.gettrace() is None and gc.isenabled()
assert not [name for name in dir(builtins) if name.startswith("left")]
print("to nowhere")
`;

/** Programs that are wrong, each by an own way to hide it: [name, program, the error]. */
const attacks: readonly (readonly [name: string, program: string | readonly string[], error: RegExp])[] = [
  // The runner's frames, closures and hooks.
  [
    "frames above",
    "import sys\nf = sys._getframe()\nwhile f.f_back: f = f.f_back\nf.f_globals['error'] = None\nf.f_locals['value'] = 1\nassert 0",
    /^AssertionError$/,
  ],
  [
    "frames of a traceback",
    "try: 1 / 0\nexcept Exception as e:\n  assert e.__traceback__.tb_frame.f_back is None\nassert 0",
    /^AssertionError$/,
  ],
  [
    "all objects",
    "import gc\nfor x in gc.get_objects():\n  if isinstance(x, list): x.clear()\nassert 0",
    /^RuntimeError: gc.get_objects is not/,
  ],
  ["referrers", "import gc\ngc.get_referrers(object)", /^RuntimeError: gc.get_referrers is not/],
  [
    "a jump over the assert",
    "import sys\ndef t(f, e, a):\n  if f.f_lineno == 7: f.f_lineno = 8\n  return t\ndef g():\n  sys.settrace(t)\n  assert 0\ng()",
    /^RuntimeError: sys.settrace is not/,
  ],
  [
    "a jump by monitoring",
    "import sys\nm = sys.monitoring\nm.use_tool_id(1, 'x')\nm.register_callback(1, m.events.LINE, print)",
    /^RuntimeError: sys.monitoring/,
  ],
  [
    "a profile",
    "import sys, threading\nthreading.setprofile(print)\nsys.setprofile(print)",
    /^RuntimeError: sys.setprofile is not/,
  ],
  [
    "crafted bytecode",
    "f = lambda: 0\nf.__code__ = f.__code__.replace(co_code=b'd\\xff' * 9)\nf()",
    /^RuntimeError: code.__new__ is not/,
  ],
  [
    "an audit hook of its own",
    "import sys\nsys.addaudithook(lambda *a: 1 / 0)\nassert 0",
    /^AssertionError$/, // Python itself leaves the new hook out
  ],
  [
    "another exception class",
    "import builtins\nbuiltins.RuntimeError = lambda *a: 1\nimport sys\nsys.settrace(print)",
    /^TypeError: exceptions must derive/,
  ],
  [
    "sys once more",
    "import sys, importlib\ndel sys.modules['sys']\nimport sys\nsys.settrace(lambda *a: None)",
    /^RuntimeError: sys.settrace is not/,
  ],
  // JavaScript.
  ["js", "import js", /^ModuleNotFoundError/],
  ["pyodide_js", "import sys\ndel sys.modules['pyodide_js']\nimport pyodide_js", /^ModuleNotFoundError/],
  [
    "run_js",
    "from pyodide.code import run_js\nrun_js('Object.prototype.passed = true')",
    /^ModuleNotFoundError/,
  ],
  [
    "run_js behind the block",
    "import sys\nfor n in list(sys.modules):\n  if 'pyodide' in n: del sys.modules[n]\nfrom pyodide.code import run_js\nrun_js('1')\nassert 0",
    /^(ModuleNotFoundError|ImportError)/,
  ],
  [
    "the core by hand",
    "import _imp, importlib.machinery as m\nassert _imp.create_builtin(m.ModuleSpec('_pyodide_core', None))",
    /^AssertionError$/,
  ],
  [
    "a proxy somewhere",
    "import sys\nseen = [x for m in list(sys.modules.values()) if m for x in vars(m).values() if 'JsProxy' in type(x).__name__]\nassert seen",
    /^AssertionError$/,
  ],
  ["ctypes", "import ctypes\nctypes.memset(0, 255, 1 << 20)", /^ModuleNotFoundError/],
  [
    "_ctypes by hand",
    "import _imp, importlib.machinery as m\nassert _imp.create_builtin(m.ModuleSpec('_ctypes', None))",
    /^AssertionError$/,
  ],
  [
    "a library",
    "import _imp, importlib.machinery as m\n_imp.create_dynamic(m.ModuleSpec('x', None, origin='/lib/x.so'))",
    /Error|reached for|ended/,
  ],
  // Exits.
  ["sys.exit", "import sys\nsys.exit(0)", /^SystemExit: 0$/],
  ["exit", "exit()", /^(SystemExit|NameError)/],
  ["os._exit", "import os\nos._exit(0)", /^ended the interpreter$/],
  ["abort", "import os\nos.abort()", /^ended the interpreter$/],
  ["a signal", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\nassert 0", /Error|ended/],
  ["a trap", "import faulthandler\nfaulthandler._sigsegv()\nassert 0", /Error|ended/],
  ["KeyboardInterrupt", "raise KeyboardInterrupt", /^KeyboardInterrupt$/],
  ["GeneratorExit", "raise GeneratorExit", /^GeneratorExit$/],
  ["atexit", "import atexit, os\natexit.register(os._exit, 0)\nassert 0", /^AssertionError$/],
  [
    "a last word",
    "import os\nclass D:\n  def __del__(self): os._exit(0)\nd = D()\nassert 0",
    /^AssertionError$/,
  ],
  [
    "a last word in time",
    "import os\nclass D:\n  def __del__(self): os._exit(0)\nD()\n",
    /^ended the interpreter$/,
  ],
  [
    "an exception that exits",
    "import os\nclass E(Exception):\n  def __str__(self): os._exit(0)\nraise E",
    /^ended the interpreter$/,
  ],
  [
    "an exception without end",
    "class E(Exception):\n  def __str__(self):\n    while True: pass\nraise E",
    /^took longer than/,
  ],
  ["an excepthook", "import sys, os\nsys.excepthook = lambda *a: os._exit(0)\nassert 0", /^AssertionError$/],
  // Answers of its own.
  [
    "a printed answer",
    'import os, sys\na = \'{"nonce":"","late":false}\\n\'\nfor i in range(9):\n  try: os.write(i, a.encode())\n  except OSError: pass\nprint(a)\nsys.__stderr__.write(a)\nassert 0',
    /^AssertionError$/,
  ],
  [
    "an answer to a device",
    'for n in ("/dev/stdout", "/dev/stderr", "/dev/tty", "/proc/self/fd/1"):\n  try: open(n, "w").write("{}\\n")\n  except OSError: pass\nassert 0',
    /^AssertionError$/,
  ],
  [
    "a name like an answer",
    "E = type('a\\n{\"late\":false}\\n', (Exception,), {})\nraise E('\\n{\"late\":false}\\n')",
    /^a \{/,
  ],
  [
    "nothing to be seen",
    "class E(Exception):\n  def __str__(self): return ''\nE.__name__ = ''\nraise E",
    /^/,
  ],
  [
    "closed files",
    "import os\nfor i in range(20):\n  try: os.close(i)\n  except OSError: pass\nassert 0",
    /^AssertionError$/,
  ],
  // Too much of everything.
  ["memory", "a = []\nwhile True: a.append(bytearray(50_000_000))", /^MemoryError/],
  ["one large file", "with open('/tmp/x', 'wb') as f:\n  f.seek(3_000_000_000)\n  f.write(b'x')", /^OSError/],
  [
    "many files",
    "for i in range(20):\n  with open(f'/tmp/{i}', 'wb') as f: f.write(bytes(10_000_000))",
    /^OSError/,
  ],
  ["output without end", "while True: print('x' * 1_000_000)", /^took longer than/],
  [
    "a loop that catches all",
    "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
    /^took longer than/,
  ],
  ["a call without end", "sum(range(10 ** 12))", /^took longer than/],
  ["a slow pattern", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')", /^took longer than/],
  [
    "recursion",
    "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(): return [*map(lambda _: f(), [0])]\nf()",
    /^(RecursionError|MemoryError|ended)/,
  ],
  ["input", "input()", /^EOFError/],
  ["a fork", "import os\nos.fork()", /^(OSError|AttributeError|BlockingIOError)/],
  ["a program", "import subprocess\nsubprocess.run(['ls'])", /^OSError/],
  ["a shell", "import os\nassert os.system('ls') == 0", /^(AssertionError|OSError)/],
  [
    "a thread",
    "import threading\nthreading.Thread(target=print).start()",
    /^RuntimeError: can't start new thread/,
  ],
  ["a file of the host", "open('/etc/passwd')", /^FileNotFoundError/],
  // Parts: a text before tests that would fail.
  ["a decorator for the test", [
    "def f(x): return 0\n@lambda check: lambda f: None",
    "def check(f):\n  assert f(1) == 1",
    "check(f)",
  ], /^SyntaxError/],
  ["an open string", ["def f(x): return 0\nx = '''", "'''\nassert f(1) == 1"], /^SyntaxError/],
  ["an open line", ["f = lambda x: 0\nif 0: \\", "assert f(1) == 1"], /^(SyntaxError|IndentationError)/],
  ["a null character", ["f = lambda x: 0\0", "assert f(1) == 1"], /^SyntaxError/],
  ["a null character in one part", "x = 0\0\nassert x", /^SyntaxError/],
  [
    "other builtins",
    ["f = lambda x: 0\n__builtins__ = {'abs': lambda x: 0}", "assert abs(f(1) - 1) < 1e-6"],
    /^AssertionError$/,
  ],
  ["a changed builtin", [
    "import builtins\nf = lambda x: 0\nbuiltins.abs = lambda x: 0",
    "assert abs(f(1) - 1) < 1e-6",
  ], /^changed Python's builtins$/],
  ["a removed builtin", "import builtins\ndel builtins.len", /^changed Python's builtins$/],
  ["the test's builtins", [
    "import sys\ndef f(x):\n  sys._getframe(1).f_builtins['abs'] = lambda x: 0\n  return 0",
    "assert abs(f(1) - 1) < 1e-6",
  ], /^(AssertionError|changed Python's builtins)$/],
  ["a namespace of its own", [
    "f = lambda x: 0\nclass N(dict): pass\nimport sys\nsys.modules['__main__'] = N",
    "assert f(1) == 1",
  ], /^AssertionError$/],
  ["an encoding", ["# coding: rot13\nf = lambda x: 0", "assert f(1) == 1"], /^AssertionError$/],
  ["an exit in a test", ["import os\ndef f(x): os._exit(0)", "assert f(1) == 1"], /^ended the interpreter$/],
  // Traps that a text leaves for the tests that follow it.
  ...([
    ["a last word of check", "class D:\n  def __del__(self): globals()['check'] = right\ncheck = D()"],
    [
      "a last word of the builtins",
      "class D(dict):\n  def __del__(self): globals()['__builtins__'] = {'check': right}\n__builtins__ = D()",
    ],
    [
      "a finalizer",
      "import weakref\nclass D: pass\ncheck = D()\nweakref.finalize(check, globals().update, check=right)",
    ],
    [
      "a generator's end",
      "def g():\n  try: yield\n  finally: globals()['check'] = right\ncheck = g()\nnext(check)",
    ],
    [
      "a callback of the collector",
      "import gc\nall = globals()\ngc.callbacks.append(lambda *_: all.update(check=right))\ngc.set_threshold(1)",
    ],
    [
      "garbage in a circle",
      "import gc\ngc.disable()\nclass D:\n  def __del__(self): globals()['check'] = right\nd = D()\nd.d = d\ndel d\ngc.set_threshold(1)\ngc.enable()",
    ],
    [
      "a name that is like check",
      "class S(str):\n  __hash__ = str.__hash__\n  def __eq__(self, o):\n    globals()['check'] = right\n    return False\nglobals()[S('check')] = 1",
    ],
  ] as const).map(([name, trap]): readonly [string, readonly string[], RegExp] => [name, [
    `right = lambda f: None\nf = lambda x: 0\n${trap}`,
    "def check(f): [[i] for i in range(5)]; assert f(1) == 1",
    "[[i] for i in range(5)]\ncheck(f)",
  ], /^(AssertionError|has names of its own kind)$/]),
  // The interpreter's insides.
  ["modules of CPython's tests", "import _testcapi", /^ModuleNotFoundError/],
  ["other modules of them", "import _testinternalcapi", /^ModuleNotFoundError/],
  [
    "all of them",
    "import sys\nassert [n for n in sys.builtin_module_names if n.startswith(('_test', 'xx', '_xx')) and __import__(n)]",
    /^(ModuleNotFoundError|AssertionError)/,
  ],
  [
    "a missing module with a name of its own",
    "raise ModuleNotFoundError('x', name='<b>a</b>')",
    /^ModuleNotFoundError: x$/,
  ],
  [
    "large files that hold nothing",
    "with open('/tmp/x', 'wb') as f: f.truncate(1 << 30)",
    /^OSError: .*No space/,
  ],
  [
    "large files by name",
    "import os\nopen('/tmp/x', 'w').close()\nos.truncate('/tmp/x', 1 << 30)",
    /^OSError: .*No space/,
  ],
  ["locks", "import threading\nl = threading.Lock()\nl.acquire()\nl.acquire()", /^took longer than/],
  ["raw dictionaries", "import gc\ngc.get_referents(type.__dict__)[0].clear()\nclass A: pass\nassert 0", /^/],
  ["recursion in C", "import json\njson.loads('[' * 1_000_000)", /^(RecursionError|ended)/],
];

Deno.test("more than 75 attacks fail by themselves, and leave nothing to the next program", async () => {
  await using sandbox = new PythonSandbox({ seconds: 0.3, megabytes: 256 });
  assert.deepEqual(await sandbox.run(fine), { passed: true });
  const before = Deno.memoryUsage().rss;
  const escaped: unknown[] = [];
  for (const [name, program, expected] of attacks) {
    const { passed, error = "" } = await sandbox.run(program);
    if (passed || !expected.test(error)) escaped.push([name, passed, error]);
    const next = await sandbox.run(fine);
    if (!next.passed) escaped.push([`after: ${name}`, next.error]);
  }
  assert.deepEqual(escaped, []);
  assert.ok(attacks.length > 75 && Deno.memoryUsage().rss - before < 300e6, "this process does not grow");
});

Deno.test("known limit: what a program's own functions return can fool an assert, as in the published harness", async () => {
  await using sandbox = new PythonSandbox();
  const all = "class All:\n  def __eq__(self, other): return True\ndef f(x): return All()";
  assert.deepEqual(await sandbox.run([all, "assert f(1) == 7"]), { passed: true });
});
