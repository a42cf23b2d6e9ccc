/* tests/cases/compare.h - what all the comparisons came to. */
#ifndef TESTS_CASES_COMPARE_H
#define TESTS_CASES_COMPARE_H

#include "tests/cases/cases.h"

struct case_counts {
	unsigned passed, failed, skipped;
};
extern struct case_counts case_counts;
/* case_digest: keccak256 of everything that was got so far. */
void case_digest(struct b32 *out);

#endif
