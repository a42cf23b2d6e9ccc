/* build/tests/vectors DIR [SOURCE...]: recomputes the published cases below
 * DIR and ends with `N passed, N failed`. */
#include "tests/cases/compare.h"
#include "tests/cases/walk.h"

#include <stdio.h>

int
main(int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: vectors DIR [SOURCE...]\n");
		return 2;
	}
	if (cases_walk(argv[1], argv + 2, argc - 2, false) == 0) {
		fprintf(stderr, "vectors: no cases in %s\n", argv[1]);
		return 2;
	}
	printf("%u passed, %u failed\n", case_counts.passed,
	    case_counts.failed);
	return case_counts.failed == 0 ? 0 : 1;
}
