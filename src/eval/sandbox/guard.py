# Runs programs one after another, each in a namespace of its own, and tells whether they left Python as it was.
# What it uses is bound here, before any program runs; nothing of it can be reached by name afterwards.
import builtins
import sys
import types


def _make():
    doors = ("js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core", "ctypes", "_ctypes")
    is_door = lambda name: name.split(".")[0] in doors
    for name in [name for name in sys.modules if is_door(name)]:
        del sys.modules[name]

    class Shut:
        def find_spec(self, name, path=None, target=None):
            if is_door(name):
                raise ModuleNotFoundError("No module named %r" % name)

    sys.meta_path[:] = [Shut()] + [f for f in sys.meta_path if "_pyodide" not in type(f).__module__]

    names = dict(builtins.__dict__)
    modules, finders = dict(sys.modules), list(sys.meta_path)
    stdout, stderr, stdin, limit = sys.stdout, sys.stderr, sys.stdin, sys.getrecursionlimit()
    Base, Type, make, run, code, text, length, whole = (
        BaseException, type, dict, exec, compile, str, len, all)
    restore, trace, profile = sys.setrecursionlimit, sys.settrace, sys.setprofile
    name_of = type.__dict__["__name__"].__get__

    def message(error):
        # An exception's texts are the program's own: only what is exactly a str is looked at.
        name, what = name_of(Type(error)), ""
        try:
            what = text(error)
        except Base:
            pass
        parts = [part for part in (name, what) if Type(part) is text and part]
        return " ".join(": ".join(parts).split())[:300]

    def attempt(program):
        """None when the program ends without an exception, else what is wrong, as one line."""
        space = make(__name__="__main__", __builtins__=builtins)
        try:
            run(code(program, "<program>", "exec"), space)
        except Base as error:
            return message(error)
        finally:
            trace(None)
            profile(None)
            sys.stdout, sys.stderr, sys.stdin = stdout, stderr, stdin
            restore(limit)

    def health():
        kept = length(names) == length(builtins.__dict__) and whole(
            [key in builtins.__dict__ and builtins.__dict__[key] is names[key] for key in names])
        if not kept:
            return "tampered"
        held = whole([sys.modules.get(key) is modules[key] for key in modules]) and sys.meta_path == finders
        return "well" if held else "changed"

    return types.SimpleNamespace(run=attempt, health=health)


_make()
