/* tests/must_expected.h - MUST as a cmocka assertion, so that a test can say
 * expect_assert_failure(f(bad)).  Include after <cmocka.h>, in one file of a
 * test binary: it takes the place of base/must.c. */
#ifndef TESTS_MUST_EXPECTED_H
#define TESTS_MUST_EXPECTED_H

#include <stdlib.h>

#include "base/must.h"

void
must_fail(const char *file, int line, const char *what)
{
	mock_assert(0, what, file, line);
	abort();
}

#endif
