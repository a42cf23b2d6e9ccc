#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

void
must_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: MUST(%s) does not hold\n", file, line, what);
	abort();
}
