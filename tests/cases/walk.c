/* Which sources there are, and the walk over their files. */
#include "tests/cases/walk.h"

#include "tests/cases/compare.h"
#include "tests/cases/tree.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BYTES 4096u
#define FILE_BYTES_MAX (64l * 1024l * 1024l)

/* NULL: cases that nobody recomputes; they are there to be read. */
static const struct {
	const char *source;
	cases_fn run;
} SOURCES[] = {
	{ "aave-v3", cases_aave_v3 },
	{ "backtest", cases_backtest },
	{ "black76", cases_black76 },
	{ "bybit-docs", cases_bybit },
	{ "compound-v3", cases_compound_v3 },
	{ "dederi-docs", cases_dederi },
	{ "deribit-docs", cases_deribit },
	{ "derive-liquidation", NULL },
	{ "derive-pmrm1", NULL },
	{ "derive-pmrm2", cases_derive_pmrm2 },
	{ "derive-srm", cases_derive_srm },
	{ "drift-v2", cases_drift_v2 },
	{ "dydx-v4", cases_dydx_v4 },
	{ "euler-evk", cases_euler_evk },
	{ "gearbox-v3", cases_gearbox_v3 },
	{ "hyperliquid-docs", cases_hyperliquid },
	{ "isda-simm", cases_isda_simm },
	{ "liquity-v1", cases_liquity_v1 },
	{ "maker-dss", cases_maker_dss },
	{ "mango-v4", cases_mango_v4 },
	{ "margind-model", cases_margind_model },
	{ "morpho-blue", cases_morpho_blue },
	{ "opyn-gamma", cases_opyn_gamma },
	{ "ore-var", cases_ore_var },
	{ "synthetix-v3", cases_synthetix_v3 },
	{ "var-es", cases_var_es },
};

static unsigned files_read;

static bool
is_wanted(const char *source, char *const *only, int only_count)
{
	for (int i = 0; i < only_count; i++)
		if (strcmp(only[i], source) == 0)
			return true;
	return only_count == 0;
}

static char *
file_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	long size = -1;

	if (f && fseek(f, 0, SEEK_END) == 0)
		size = ftell(f);
	if (size < 0 || size > FILE_BYTES_MAX || fseek(f, 0, SEEK_SET) != 0 ||
	    !(text = malloc((size_t)size + 1)) ||
	    fread(text, 1, (size_t)size, f) != (size_t)size) {
		fprintf(stderr, "vectors: %s cannot be read\n", path);
		exit(2);
	}
	fclose(f);
	*len = (size_t)size;
	return text;
}

static void
file_run(const char *path, const char *name, size_t source)
{
	struct cases c = { .source = SOURCES[source].source, .file = name };
	struct case_counts before = case_counts;
	size_t len;
	char *text;

	files_read++;
	if (SOURCES[source].run == NULL) {
		case_skip(&c, "stored, not recomputed");
		return;
	}
	text = file_read(path, &len);
	tree_run(&c, SOURCES[source].run, text, len);
	if (case_counts.passed == before.passed &&
	    case_counts.failed == before.failed &&
	    case_counts.skipped == before.skipped) {
		case_counts.failed++;
		printf("FAILED %s/%s: no case of a known shape\n", c.source,
		    name);
	}
	free(text);
}

static int
name_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* folder_run reads every .json below a source's folder, in name order. */
static void
folder_run(const char *folder, size_t source)
{
	struct dirent **list;
	char path[PATH_BYTES];
	struct stat st;
	int count = scandir(folder, &list, NULL, name_order);

	for (int i = 0; i < count; i++) {
		const char *name = list[i]->d_name;
		size_t len = strlen(name);

		snprintf(path, sizeof(path), "%s/%s", folder, name);
		if (name[0] != '.' && stat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				folder_run(path, source);
			else if (len > 5 &&
			    strcmp(name + len - 5, ".json") == 0)
				file_run(path, name, source);
		}
		free(list[i]);
	}
	if (count >= 0)
		free(list);
}

static void
source_run(const char *root, size_t source, bool is_quiet)
{
	struct case_counts before = case_counts;
	char path[PATH_BYTES];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", root, SOURCES[source].source);
	if (stat(path, &st) != 0)
		return;
	folder_run(path, source);
	if (!is_quiet)
		printf("  %-20s %6u passed %4u failed %4u skipped\n",
		    SOURCES[source].source, case_counts.passed - before.passed,
		    case_counts.failed - before.failed,
		    case_counts.skipped - before.skipped);
}

unsigned
cases_walk(const char *root, char *const *only, int only_count, bool is_quiet)
{
	for (size_t i = 0; i < ARRAY_COUNT(SOURCES); i++)
		if (is_wanted(SOURCES[i].source, only, only_count))
			source_run(root, i, is_quiet);
	return files_read;
}
