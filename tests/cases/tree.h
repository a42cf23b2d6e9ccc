/* tests/cases/tree.h - one file's text, read to a tree and run. */
#ifndef TESTS_CASES_TREE_H
#define TESTS_CASES_TREE_H

#include "tests/cases/cases.h"

/* tree_run gives the file's tree to `run`; the tree lives that long.  A
 * case_stop below it is one failure and ends this file only. */
void tree_run(struct cases *c, cases_fn run, const char *text, size_t len);

#endif
