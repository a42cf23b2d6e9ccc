/* tests/cases/tree.h - a file's text to its tree, which lives until
 * tree_release. */
#ifndef TESTS_CASES_TREE_H
#define TESTS_CASES_TREE_H

#include "tests/cases/cases.h"

const struct node *tree_read(const char *text, size_t len, const char *file);
void tree_release(void);

#endif
