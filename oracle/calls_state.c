#include "oracle/calls_state.h"

#include "base/hex.h"
#include "oracle/file.h"
#include "oracle/private_file.h"
#include "oracle/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By enum vault_state, and the overlays by what they stand for. */
static const char *const STATE_WORDS[] = { "HEALTHY", "RESTRICTED", "CALLED",
    "OVERDUE", "LIQUIDATABLE", "LIQUIDATING", "CLOSED", "INSOLVENT", NULL };
static const char *const OVERLAY_WORDS[] = { "none", "STALE", "PENDING",
    "RECOVERY", NULL };
static const enum vault_state OVERLAYS[] = { STATE_HEALTHY, STATE_STALE,
    STATE_PENDING, STATE_RECOVERY };

struct file_row {
	uint64_t version, as_of_ms;
	const struct doc_node *snapshot, *vaults;
	bool is_recovery;
};

struct entry_row {
	char vault[BOOK_NAME_MAX];
	uint32_t state, overlay;
	uint64_t since_ms, deadline_ms;
};

static const struct schema_key ENTRY_KEYS[] = {
	{ .name = "vault", .type = SCHEMA_TEXT, SCHEMA_ROW(entry_row, vault),
	  .help = "its id in the book" },
	{ .name = "state", .type = SCHEMA_CHOICE, SCHEMA_ROW(entry_row, state),
	  .words = STATE_WORDS, .help = "below the overlays" },
	{ .name = "overlay", .type = SCHEMA_CHOICE, .fallback = "none",
	  SCHEMA_ROW(entry_row, overlay), .words = OVERLAY_WORDS,
	  .help = "what lies over it" },
	{ .name = "since", .type = SCHEMA_INSTANT, .is_nonzero = true,
	  SCHEMA_ROW(entry_row, since_ms), .help = "of this state" },
	{ .name = "deadline", .type = SCHEMA_INSTANT, .fallback = "0",
	  SCHEMA_ROW(entry_row, deadline_ms),
	  .help = "of the open call; 0: none is" },
	{ 0 }
};
static const struct schema_key FILE_KEYS[] = {
	{ .name = "version", .type = SCHEMA_WHOLE, .min = CALLS_VERSION,
	  .max = CALLS_VERSION, SCHEMA_ROW(file_row, version),
	  .help = "of this form" },
	{ .name = "as_of", .type = SCHEMA_INSTANT, .is_nonzero = true,
	  SCHEMA_ROW(file_row, as_of_ms), .help = "of the last snapshot" },
	{ .name = "snapshot", .type = SCHEMA_CUSTOM,
	  .shape = "0x and 64 digits", SCHEMA_ROW(file_row, snapshot),
	  .read = schema_keep_node,
	  .help = "its hash" },
	{ .name = "recovery", .type = SCHEMA_BOOL, .fallback = "false",
	  SCHEMA_ROW(file_row, is_recovery),
	  .help = "the system was in recovery" },
	{ .name = "vaults", .type = SCHEMA_CUSTOM, .keys = ENTRY_KEYS,
	  .shape = "list of the keys below", SCHEMA_ROW(file_row, vaults),
	  .read = schema_keep_node, .help = "ascending by name" },
	{ 0 }
};

/* ---- reading ------------------------------------------------------------ */

/* A call is open in CALLED and OVERDUE, and may be while the vault is or may
 * be liquidated. */
static const char *
deadline_problem(const struct call_state *s)
{
	bool has = s->deadline_ms != 0;

	switch (s->state) {
	case STATE_CALLED: case STATE_OVERDUE:
		return has ? NULL : "an open call without a deadline";
	case STATE_LIQUIDATABLE: case STATE_LIQUIDATING:
		return NULL;
	case STATE_HEALTHY: case STATE_RESTRICTED: case STATE_CLOSED:
	case STATE_INSOLVENT: case STATE_STALE: case STATE_PENDING:
	case STATE_RECOVERY:
		break;
	}
	return has ? "a deadline where no call is open" : NULL;
}

static void
entry_read(struct schema *s, struct calls_state *out, const struct doc_node *n)
{
	struct calls_entry *entry = &out->entry[out->count];
	struct entry_row row;
	unsigned before = s->errors->count;
	const char *what;

	memset(&row, 0, sizeof(row));
	schema_read_map(s, n, ENTRY_KEYS, &row, "a vault");
	if (s->errors->count != before)
		return;
	memcpy(entry->vault, row.vault, sizeof(entry->vault));
	entry->state = (struct call_state){
		.state = (enum vault_state)row.state,
		.overlay = OVERLAYS[row.overlay],
		.since_ms = row.since_ms, .deadline_ms = row.deadline_ms,
	};
	what = deadline_problem(&entry->state);
	if (row.since_ms > out->as_of_ms)
		what = "`since` is later than the file's `as_of`";
	if (out->count > 0 && strcmp(entry[-1].vault, entry->vault) >= 0)
		what = "not behind the vault before it, by name";
	if (what)
		doc_error_at(s->errors, n, "vault %s: %s", entry->vault, what);
	else
		out->count++;
}

static enum err
entries_read(struct schema *s, struct calls_state *out,
    const struct doc_node *list)
{
	if (list->kind != DOC_LIST) {
		doc_error_at(s->errors, list, "`vaults`: %s where a list is "
		    "expected", doc_kind_name(list->kind));
		return ERR_OK;
	}
	if (list->count > BOOK_VAULTS_MAX) {
		doc_error_at(s->errors, list, "more than %u vaults",
		    BOOK_VAULTS_MAX);
		return ERR_OK;
	}
	out->entry = calloc(list->count + 1u, sizeof(*out->entry));
	if (!out->entry)
		return ERR_LIMIT;
	for (const struct doc_node *n = doc_first(s->doc, list); n;
	    n = doc_next(s->doc, n))
		entry_read(s, out, n);
	return ERR_OK;
}

static enum err
root_read(struct schema *s, struct calls_state *out,
    const struct doc_node *root)
{
	struct file_row row;
	unsigned before = s->errors->count;

	memset(&row, 0, sizeof(row));
	schema_read_map(s, root, FILE_KEYS, &row, "the state");
	if (s->errors->count != before)
		return ERR_OK;
	out->as_of_ms = row.as_of_ms;
	out->is_recovery = row.is_recovery;
	if (row.snapshot->kind != DOC_SCALAR || hex_to_bytes(out->snapshot.b,
	    sizeof(out->snapshot.b), row.snapshot->text,
	    row.snapshot->text_len) != ERR_OK)
		doc_error_at(s->errors, row.snapshot, "`snapshot`: not 0x and "
		    "64 digits");
	return entries_read(s, out, row.vaults);
}

enum err
calls_state_read(struct calls_state *out, const char *text, size_t len,
    const char *file, FILE *errors)
{
	struct doc_errors errs = { .file = file, .out = errors };
	struct schema s = { .errors = &errs };
	struct calls_state state = { 0 };
	struct doc *doc = NULL;
	enum err e = ERR_OK;

	if (len > CALLS_TEXT_MAX) {
		doc_error(&errs, 1, 1, "more than %u bytes", CALLS_TEXT_MAX);
	} else if (doc_read(&doc, text, len, &errs) == ERR_OK) {
		s.doc = doc;
		if (doc_root(doc))
			e = root_read(&s, &state, doc_root(doc));
		else
			doc_error(&errs, 1, 1, "the file is empty");
	}
	doc_free(doc);
	if (doc_errors_end(&errs) != ERR_OK)
		e = ERR_SYNTAX;
	if (e == ERR_OK)
		*out = state;
	else
		calls_state_free(&state);
	return e;
}

void
calls_state_free(struct calls_state *s)
{
	free(s->entry);
	memset(s, 0, sizeof(*s));
}

/* ---- writing ------------------------------------------------------------ */

static const char *
overlay_word(enum vault_state overlay)
{
	for (size_t i = 0; i < ARRAY_COUNT(OVERLAYS); i++)
		if (OVERLAYS[i] == overlay)
			return OVERLAY_WORDS[i];
	return OVERLAY_WORDS[0];
}

void
calls_state_write(struct text *t, const struct calls_state *s)
{
	text_printf(t, "{\"version\":%u,\"as_of\":%llu,\"snapshot\":",
	    CALLS_VERSION, (unsigned long long)s->as_of_ms);
	text_json_hex(t, s->snapshot.b, sizeof(s->snapshot.b));
	text_printf(t, ",\"recovery\":%s,\"vaults\":[", s->is_recovery ?
	    "true" : "false");
	for (uint32_t i = 0; i < s->count; i++) {
		const struct calls_entry *n = &s->entry[i];

		text_put(t, i == 0 ? "\n{\"vault\":" : ",\n{\"vault\":");
		text_json_string(t, n->vault, strlen(n->vault));
		text_printf(t, ",\"state\":\"%s\",\"overlay\":\"%s\","
		    "\"since\":%llu,\"deadline\":%llu}",
		    vault_state_name(n->state.state),
		    overlay_word(n->state.overlay),
		    (unsigned long long)n->state.since_ms,
		    (unsigned long long)n->state.deadline_ms);
	}
	text_put(t, "]}\n");
}

static int
name_compare(const void *name, const void *entry)
{
	return strcmp(name, ((const struct calls_entry *)entry)->vault);
}

const struct calls_entry *
calls_state_find(const struct calls_state *s, const char *vault)
{
	return s->count == 0 ? NULL : bsearch(vault, s->entry, s->count,
	    sizeof(*s->entry), name_compare);
}

/* ---- the file ----------------------------------------------------------- */

enum err
calls_state_load(struct calls_state *out, const char *path)
{
	char *text;
	size_t len;
	enum err e;

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		memset(out, 0, sizeof(*out));
		return ERR_OK;
	}
	e = file_read_text(&text, &len, path, CALLS_TEXT_MAX, stderr);
	if (e != ERR_OK)
		return e;
	e = calls_state_read(out, text, len, path, stderr);
	if (e == ERR_LIMIT)
		fprintf(stderr, "%s: no memory\n", path);
	free(text);
	return e;
}

enum err
calls_state_save(const struct calls_state *s, const char *path)
{
	char why[PRIVATE_WHY] = "larger than this program reads";
	struct text t;
	enum err e = ERR_LIMIT;

	text_init(&t, CALLS_TEXT_MAX);
	calls_state_write(&t, s);
	if (!t.failed)
		e = private_file_replace(path, t.at, t.len, why);
	text_free(&t);
	if (e != ERR_OK)
		fprintf(stderr, "%s: %s\n", path, why);
	return e;
}
