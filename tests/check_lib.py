#!/usr/bin/env python3
"""libmargind as another program meets it: what it exports and needs, that
nothing in it is floating point or writable, its header alone in C and C++,
an installed tree through pkg-config, the example's numbers, its stack.
Ends with `N passed, N failed`."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SO, ARCHIVE = "build/lib/libmargind.so", "build/lib/libmargind.a"
HEADER = "margin/margind.h"
EXAMPLE = "examples/portfolio-margin/portfolio_margin.c"
WARN = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
# libc: memory and strings, also as _FORTIFY_SOURCE and the stack protector
# have them; the compiler's own: 128-bit division, and what crt1 asks for.
LIBC = re.compile(r"(mem|str)\w+|__(mem|str)\w+_chk|__stack_chk_fail")
COMPILER = re.compile(r"__u?(div|mod|divmod)ti[34]|_GLOBAL_OFFSET_TABLE_|"
                      r"_ITM_\w+|__cxa_finalize|__gmon_start__|"
                      r"__cpu_(model|indicator_init)")
EXPECTED = """\
value                  23839.075051779634
initial margin         3341.728156143871
maintenance margin     2611.2825249150968
left for new trades    20497.346895635763
"""
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED", what, more)


def run(*command, env=None):
    r = subprocess.run(command, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False, text=True, timeout=600,
                       env={**os.environ, **(env or {})})
    return r.returncode, r.stdout


def make(*what):
    code, out = run("make", "--no-print-directory", "-j2", *what)
    check("make " + " ".join(what), code == 0, out[-2000:])


def declared():
    with open(HEADER, encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    return set(re.findall(r"\b(margind_\w+)\(", text))


# ---- symbols and instructions ----------------------------------------------

def symbols(path, *flags):
    code, out = run("nm", *flags, path)
    check(f"nm {path}", code == 0, out)
    return {line.split()[-1].split("@")[0]: line.split()[-2]
            for line in out.splitlines() if len(line.split()) >= 2}


def check_symbols(names):
    shared = symbols(SO, "-D", "--defined-only")
    versions = {n for n, kind in shared.items() if kind == "A"}
    check("exported names", set(shared) - versions == names,
          set(shared) ^ names)
    check("a version node only", versions == {"MARGIND_0"}, versions)
    static = symbols(ARCHIVE, "-g", "--defined-only")
    check("archive's names", set(static) == names, set(static) ^ names)
    for path, flags in ((SO, ["-D"]), (ARCHIVE, [])):
        needs = symbols(path, "--undefined-only", *flags)
        other = [n for n in needs if not LIBC.fullmatch(n) and
                 not COMPILER.fullmatch(n)]
        check(f"{path} needs", not other, other)
    code, out = run("readelf", "-d", SO)
    check("soname", code == 0 and "[libmargind.so.0]" in out, out)
    check("needs only libc", re.findall(r"\(NEEDED\).*\[(.*)\]", out) in
          ([], ["libc.so.6"]), out)


def check_code():
    code, out = run("objdump", "-d", "--no-show-raw-insn", ARCHIVE)
    used = re.findall(r"%[xyz]?mm\d+|%st\b", out)
    check("no vector or floating point register", code == 0 and
          out.count("ret") > 100 and not used, used[:5])
    code, out = run("size", "-A", ARCHIVE)
    sizes = {line.split()[0]: int(line.split()[1])
             for line in out.splitlines()
             if re.match(r"\.\S+\s+\d+\s", line)}
    writable = {n: s for n, s in sizes.items()
                if re.match(r"\.(data|bss|tdata|tbss)(?!\.rel\.ro)", n) and s}
    check("no writable data", code == 0 and ".text" in sizes and
          not writable, writable)


# ---- the header -------------------------------------------------------------

def compilers():
    for cc, language, standards in (
            ("gcc", "c", ("c99", "gnu99", "c11", "gnu17")),
            ("g++", "c++", ("c++11", "c++17", "gnu++20")),
            ("clang-14", "c", ("c99", "gnu11")),
            ("clang++-14", "c++", ("c++11", "c++20"))):
        if shutil.which(cc):
            for standard in standards:
                yield cc, language, standard


def check_header(folder):
    for cc, language, standard in compilers():
        path = os.path.join(folder, "alone." + language)
        with open(path, "w", encoding="utf-8") as f:
            f.write(f'#include "{os.path.abspath(HEADER)}"\n'
                    f'#include "{os.path.abspath(HEADER)}"\n'
                    "int main(void) { return margind_version()[0] == 0; }\n")
        code, out = run(cc, "-std=" + standard, *WARN, "-Wshadow",
                        "-fsyntax-only", "-x", language, path)
        check(f"the header alone: {cc} -std={standard}", code == 0, out)


def check_versions():
    with open(HEADER, encoding="utf-8") as f:
        text = f.read()
    version = ".".join(re.search(rf"MARGIND_VERSION_{part} (\d+)", text)[1]
                       for part in ("MAJOR", "MINOR", "PATCH"))
    code, out = run("make", "-s", "--eval", "v:;@echo $(VERSION)", "v")
    check("one version", code == 0 and out.strip() == version, out + version)


# ---- the installed tree -----------------------------------------------------

def installed(folder):
    return {os.path.relpath(path, folder)
            for path in glob.glob(folder + "/**", recursive=True)
            if not os.path.isdir(path)}


def flags(folder, prefix, *what):
    code, out = run("pkg-config", *what, "margind", env={
        "PKG_CONFIG_PATH": f"{folder}{prefix}/lib/pkgconfig",
        "PKG_CONFIG_SYSROOT_DIR": folder})
    check("pkg-config " + " ".join(what), code == 0, out)
    return out.split()


def build_and_run(what, folder, source, *more, compiler="cc"):
    binary = os.path.join(folder, "program")
    code, out = run(compiler, *WARN, "-o", binary, source, *more)
    check(what + " compiles", code == 0, out)
    return run(binary, env={"LD_LIBRARY_PATH": folder + "/usr/lib"})


def check_example(folder):
    cflags = flags(folder, "/usr", "--cflags")
    libs = flags(folder, "/usr", "--libs")
    archive = folder + "/usr/lib/libmargind.a"
    for what, more in (("shared", [*cflags, *libs]),
                       ("archive", [*cflags, archive])):
        code, out = build_and_run("example, " + what, folder, EXAMPLE, *more)
        check("example, " + what, code == 0 and out == EXPECTED, out)
    got = [float(line.split()[-1]) for line in EXPECTED.splitlines()]
    check("margin is value less requirement",
          abs(got[0] - got[1] - got[3]) < 1e-9)


ALL = """#include <margind.h>
#include <cstdio>
int main()
{
	void *const all[] = { %s };
	for (void *one : all)
		if (!one)
			return 1;
	return std::puts(margind_version()) < 0;
}
"""

# Every table at its largest, on a thread with the stack that is promised.
STACK = """#include <margind.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static struct margind_rules *rules;
static struct margind_unit_option option[MARGIND_OPTIONS_MAX];
static struct margind_sensitivity list[MARGIND_SENSITIVITIES_MAX];
static struct margind_expiry expiry[MARGIND_EXPIRIES_MAX];
static margind_num pnl[MARGIND_PNL_MAX], scratch[MARGIND_PNL_MAX];
static struct margind_portfolio p;
static void *use(void *failed)
{
	struct margind_unit u = { MARGIND_ONE * 2000, MARGIND_ONE, MARGIND_ONE,
	    MARGIND_ONE, 0, 0, expiry, MARGIND_EXPIRIES_MAX, option,
	    MARGIND_OPTIONS_MAX, NULL, 0, NULL, 0 };
	struct margind_standard_account a = { 0, MARGIND_ONE, NULL, 0, NULL, 0,
	    NULL, 0 };
	struct margind_greeks_margin m;
	const struct margind_portfolio *one = &p;
	struct margind_standard s;
	struct margind_total t;
	margind_num v;
	*(int *)failed = margind_portfolio_evaluate(&p, rules, &u) ||
	    margind_portfolio_combine(&t, rules, &one, 1) ||
	    margind_standard_evaluate(&s, rules, &a) ||
	    margind_greeks_evaluate(&m, rules, list,
	    MARGIND_SENSITIVITIES_MAX) ||
	    margind_var(&v, rules, pnl, MARGIND_PNL_MAX, scratch) ||
	    margind_es(&v, rules, pnl, MARGIND_PNL_MAX, scratch) ||
	    margind_rules_preset(rules, "isda-simm") ||
	    margind_rules_set(rules, "var.alpha", MARGIND_ONE / 2);
	return NULL;
}
int main(void)
{
	void *place = malloc(margind_rules_size());
	pthread_attr_t attr;
	pthread_t thread;
	int failed = 1;
	for (uint32_t i = 0; i < MARGIND_EXPIRIES_MAX; i++)
		expiry[i] = (struct margind_expiry){ MARGIND_ONE / (i + 1),
		    1000000, MARGIND_ONE * 2000, 0, 0, MARGIND_ONE };
	for (uint32_t i = 0; i < MARGIND_OPTIONS_MAX; i++)
		option[i] = (struct margind_unit_option){
		    i % MARGIND_EXPIRIES_MAX, i % 2, MARGIND_ONE * (1000 + i),
		    -MARGIND_ONE, MARGIND_ONE / 2, MARGIND_ONE };
	for (uint32_t i = 0; i < MARGIND_SENSITIVITIES_MAX; i++)
		list[i] = (struct margind_sensitivity){
		    (enum margind_risk_class)(i % 3), i % 5, i % 50,
		    MARGIND_ONE * 30, MARGIND_ONE * i };
	if (margind_rules_init(&rules, place, margind_rules_size()))
		return 1;
	/* 16 KiB more: the thread's own. */
	if (pthread_attr_init(&attr) ||
	    pthread_attr_setstacksize(&attr, (256 + 16) * 1024) ||
	    pthread_create(&thread, &attr, use, &failed) ||
	    pthread_join(thread, NULL))
		return 1;
	puts(failed ? "failed" : "done");
	return failed;
}
"""


def check_programs(folder, names):
    more = [*flags(folder, "/usr", "--cflags"), *flags(folder, "/usr",
                                                       "--libs")]
    source = os.path.join(folder, "all.cc")
    with open(source, "w", encoding="utf-8") as f:
        f.write(ALL % ", ".join("(void *)&" + n for n in sorted(names)))
    code, out = build_and_run("every function from C++", folder, source,
                              *more, compiler="c++")
    check("every function from C++", code == 0 and out.count(".") == 2, out)
    source = os.path.join(folder, "stack.c")
    with open(source, "w", encoding="utf-8") as f:
        f.write(STACK)
    code, out = build_and_run("largest tables", folder, source, "-pthread",
                              *more)
    check("largest tables in 256 KiB of stack", code == 0 and out == "done\n",
          (code, out))


# Each key with a value that it takes, and the hash of the rules then.
KEYS = """#include <margind.h>
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
	static const char *const value[] = { "0.493", "43", "3.5" };
	void *place = malloc(margind_rules_size());
	struct margind_rules *r;
	for (size_t i = 0; margind_rules_key(i); i++)
		for (size_t k = 0; k < 3; k++) {
			uint8_t hash[32];
			margind_num v;
			if (margind_rules_init(&r, place, margind_rules_size()) ||
			    margind_from_text(&v, value[k]))
				return 1;
			if (margind_rules_set(r, margind_rules_key(i), v))
				continue;
			margind_rules_hash(hash, r);
			printf("%s %s 0x", margind_rules_key(i), value[k]);
			for (size_t b = 0; b < 32; b++)
				printf("%02x", hash[b]);
			puts("");
			break;
		}
	return 0;
}
"""


def check_keys(folder):
    """A key of the library is that of a rules file: the same rules, by the
    hash that `margind rules check` prints."""
    source = os.path.join(folder, "keys.c")
    with open(source, "w", encoding="utf-8") as f:
        f.write(KEYS)
    code, out = build_and_run("keys", folder, source,
                              *flags(folder, "/usr", "--cflags", "--libs"))
    check("keys", code == 0 and out.count("\n") > 70, out)
    path = os.path.join(folder, "rules.json")
    for line in out.splitlines():
        key, value, digest = line.split()
        tree = value if "." in value else int(value)
        for name in reversed(key.split(".")):
            tree = {name: tree}
        with open(path, "w", encoding="utf-8") as f:
            json.dump(tree, f)
        code, out = run("build/margind", "rules", "check", path)
        check(f"{key} = {value} in a file", code == 0 and digest in out,
              out)


def check_install(folder):
    make("install-lib", "DESTDIR=" + folder, "PREFIX=/usr")
    check("what is installed", installed(folder) == {
        "usr/include/margind.h", "usr/lib/libmargind.a",
        "usr/lib/libmargind.so", "usr/lib/libmargind.so.0",
        "usr/lib/libmargind.so.0.1.0", "usr/lib/pkgconfig/margind.pc"},
        installed(folder))
    check("links stay inside", all(
        not os.path.isabs(os.readlink(path)) for path in
        glob.glob(folder + "/usr/lib/*") if os.path.islink(path)))


def check_install_all(folder):
    """With the program and, where scdoc is there, its man page."""
    make("install", "DESTDIR=" + folder)
    code, out = run(folder + "/usr/local/bin/margind", "--version")
    check("the installed program", code == 0 and "0.1.0" in out, out)
    page = folder + "/usr/local/share/man/man1/margind.1"
    check("the man page", os.path.exists(page) or not shutil.which("scdoc"))


def main():
    names = declared()
    check("the header declares functions", len(names) > 25, names)
    make("all", "lib")
    check_symbols(names)
    check_code()
    check_versions()
    with tempfile.TemporaryDirectory() as folder:
        check_header(folder)
    with tempfile.TemporaryDirectory() as folder:
        check_install(folder)
        check_example(folder)
        check_programs(folder, names)
        check_keys(folder)
    with tempfile.TemporaryDirectory() as folder:
        check_install_all(folder)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
