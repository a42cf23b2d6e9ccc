#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef MUST_IS_SILENT
/* In libmargind: a trap; the host's standard error is the host's. */
void
must_fail(const char *file, int line, const char *what)
{
	(void)file;
	(void)line;
	(void)what;
	__builtin_trap();
}
#else
void
must_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: MUST(%s) does not hold\n", file, line, what);
	abort();
}
#endif
