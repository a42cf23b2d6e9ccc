/* tests/cases/walk.h - every source's cases below a folder. */
#ifndef TESTS_CASES_WALK_H
#define TESTS_CASES_WALK_H

#include <stdbool.h>

/* cases_walk runs the sources in `only`, or all; returns how many files were
 * read. */
unsigned cases_walk(const char *root, char *const *only, int only_count,
    bool is_quiet);

#endif
