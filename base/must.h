/* base/must.h - what we got wrong ourselves ends the process.
 *
 * MUST(cond) holds in every build.  It prints one line to standard error and
 * aborts; the supervisor restarts the role.  It is never used for input. */
#ifndef BASE_MUST_H
#define BASE_MUST_H

__attribute__((noreturn, cold)) void must_fail(const char *file, int line,
    const char *what);

#define MUST(cond) \
	do { \
		if (__builtin_expect(!(cond), 0)) \
			must_fail(__FILE__, __LINE__, #cond); \
	} while (0)

#endif
