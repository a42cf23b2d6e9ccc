/* tests/cases/compare.h - what all the comparisons came to. */
#ifndef TESTS_CASES_COMPARE_H
#define TESTS_CASES_COMPARE_H

#include "base/types.h"

struct case_counts {
	unsigned passed, failed, skipped;
};
extern struct case_counts case_counts;
/* What should stand in the hash without being compared. */
void case_hash(const void *bytes, size_t len);
/* case_digest: keccak256 of everything that was got so far. */
void case_digest(struct b32 *out);

#endif
