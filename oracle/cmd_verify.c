/* oracle/cmd_verify.c - `margind verify`: attestations against themselves, each
 * other, and the files that they are said to come from. */
#include "oracle/cmd.h"

#include "base/hex.h"
#include "oracle/attest_json.h"
#include "oracle/file.h"
#include "oracle/offline.h"
#include "oracle/options.h"
#include "oracle/replay.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define VERIFY_TEXT_MAX (1024u * 1024u * 1024u)
#define BOOKS_MAX 64u
#define REPLAYED_MAX ((size_t)1 << 22)	/* digests of one journal */

static const struct option_row ROWS[] = {
	{ "book", "FILE", false, "recompute the roots from this book" },
	{ "market", "FILE", false, "and this market" },
	{ "journal", "DIR", false, "each must come out of this journal's "
	  "inputs again" },
	{ "signer", "ADDRESS", false, "each must be signed by this address" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "verify", .operands = "FILE", .operands_min = 1,
	.operands_max = 1, .rows = ROWS,
	.summary = "Checks the attestations of FILE (one JSON object, or one a "
	    "line; - is standard\ninput): digest, signatures, sequence; with "
	    "--book and --market every root too,\nwith --journal the whole of it by "
	    "replay.  Prints one line a problem "
	    "and exits 1 if there is any.",
};

/* The newest attestation of one (chain, contract, book). */
struct series {
	struct eip712_domain domain;
	struct b32 book;
	uint64_t sequence, as_of;
	struct b32 digest;
};

struct verify {
	const char *path;
	size_t line;		/* of the attestation at hand */
	size_t problems, count, signed_count;
	struct sig_context *sig;
	bool has_signer, has_files;
	struct addr signer;
	struct offline offline;
	bool has_journal;
	struct b32 *replayed;	/* digests, in the journal's order */
	size_t replayed_count, replayed_room;
	bool is_replay_cut;	/* more than REPLAYED_MAX, or no memory */
	size_t series_count;
	struct series series[BOOKS_MAX];
};

__attribute__((format(printf, 2, 3)))
static void
problem(struct verify *v, const char *format, ...)
{
	va_list args;

	v->problems++;
	printf("%s:%zu: ", v->path, v->line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/* ---- one attestation ---------------------------------------------------- */

static void
signatures_check(struct verify *v, const struct attest_read *r)
{
	bool is_found = false;
	char text[HEX_ADDR_BUF];

	for (size_t i = 0; i < r->signature_count; i++) {
		const struct attest_signature *s = &r->signature[i];

		addr_to_checksum(text, &s->signer);
		if (sig_verify(v->sig, &r->digest, &s->signature, &s->signer)
		    != ERR_OK)
			problem(v, "sequence %llu: the signature of %s is not "
			    "its own (or high-s)", (unsigned long long)
			    r->message.sequence, text);
		for (size_t j = 0; j < i; j++)
			if (addr_equal(&r->signature[j].signer, &s->signer))
				problem(v, "sequence %llu: %s signs twice",
				    (unsigned long long)r->message.sequence,
				    text);
		if (v->has_signer && addr_equal(&s->signer, &v->signer))
			is_found = true;
	}
	if (r->signature_count > 0)
		v->signed_count++;
	if (v->has_signer && !is_found) {
		addr_to_checksum(text, &v->signer);
		problem(v, "sequence %llu: no signature of %s",
		    (unsigned long long)r->message.sequence, text);
	}
}

static void
message_check(struct verify *v, const struct attest_read *r)
{
	const struct attestation *m = &r->message;
	unsigned long long sequence = m->sequence;
	struct b32 digest;

	attest_digest(&digest, &r->domain, m);
	if (!b32_equal(&digest, &r->digest))
		problem(v, "sequence %llu: the digest is not the message's",
		    sequence);
	if (m->valid_until <= m->as_of)
		problem(v, "sequence %llu: validUntil is not after asOf",
		    sequence);
	if (m->status > PRICE_REFUSED ||
	    (m->status == PRICE_OK && m->reason != REASON_NONE) ||
	    (m->status == PRICE_REFUSED && m->reason < REASON_CLOCK))
		problem(v, "sequence %llu: status %u with reason %u",
		    sequence, m->status, m->reason);
	if (m->verdict_count > m->vault_count)
		problem(v, "sequence %llu: more verdicts than vaults",
		    sequence);
}

/* ---- one after the other ------------------------------------------------ */

static struct series *
series_find(struct verify *v, const struct attest_read *r)
{
	for (size_t i = 0; i < v->series_count; i++) {
		struct series *s = &v->series[i];

		if (s->domain.chain_id == r->domain.chain_id &&
		    addr_equal(&s->domain.contract, &r->domain.contract) &&
		    b32_equal(&s->book, &r->message.book))
			return s;
	}
	return NULL;
}

static void
series_check(struct verify *v, const struct attest_read *r)
{
	const struct attestation *m = &r->message;
	unsigned long long sequence = m->sequence;
	struct series *s = series_find(v, r);

	if (s && m->sequence == s->sequence) {
		if (!b32_equal(&r->digest, &s->digest))
			problem(v, "sequence %llu: two different messages",
			    sequence);
	} else if (s && m->sequence < s->sequence) {
		problem(v, "sequence %llu: not above %llu before it", sequence,
		    (unsigned long long)s->sequence);
	} else if (s && m->as_of < s->as_of) {
		problem(v, "sequence %llu: asOf %llu is below %llu before it",
		    sequence, (unsigned long long)m->as_of,
		    (unsigned long long)s->as_of);
	}
	if (!s && v->series_count == BOOKS_MAX) {
		problem(v, "more than %u books in one file", BOOKS_MAX);
		return;
	}
	if (!s) {
		s = &v->series[v->series_count++];
		s->domain = r->domain;
		s->book = m->book;
	} else if (m->sequence <= s->sequence) {
		return;
	}
	s->sequence = m->sequence;
	s->as_of = m->as_of;
	s->digest = r->digest;
}

/* ---- against a journal -------------------------------------------------- */

static void
on_digest(void *arg, const struct b32 *digest)
{
	struct verify *v = arg;

	if (v->replayed_count == v->replayed_room) {
		size_t room = v->replayed_room ? 2 * v->replayed_room : 1024;
		struct b32 *more = room > REPLAYED_MAX ? NULL :
		    realloc(v->replayed, room * sizeof(*more));

		if (!more) {
			v->is_replay_cut = true;
			return;
		}
		v->replayed = more;
		v->replayed_room = room;
	}
	v->replayed[v->replayed_count++] = *digest;
}

/* A journal that does not replay proves nothing of what is in it. */
static bool
journal_replay(struct verify *v, const char *dir)
{
	const struct replay_journal_options o = {
		.dir = dir, .on_digest = on_digest, .arg = v,
	};

	if (replay_journal(&o) != EXIT_OK) {
		fprintf(stderr, "%s: the journal does not replay\n", dir);
		return false;
	}
	if (!v->is_replay_cut)
		return true;
	fprintf(stderr, "%s: more attestations than can be compared\n", dir);
	return false;
}

/* The digest covers every root and sum: to come out again is to have all of
 * them recomputed. */
static void
journal_look(struct verify *v, const struct attest_read *r)
{
	for (size_t i = 0; i < v->replayed_count; i++)
		if (b32_equal(&v->replayed[i], &r->digest))
			return;
	problem(v, "sequence %llu: the journal's inputs do not give it",
	    (unsigned long long)r->message.sequence);
}

/* ---- against the files -------------------------------------------------- */

static void
recompute(struct verify *v, const struct attest_read *r)
{
	const struct attestation *m = &r->message;
	struct attestation want = *m;
	unsigned long long sequence = m->sequence;

	if (offline_evaluate(&v->offline, m->as_of) != ERR_OK) {
		v->problems++;
		return;
	}
	offline_header(&want, &v->offline);
	const struct {
		const char *name;
		bool is_same;
	} fields[] = {
		{ "book", b32_equal(&m->book, &want.book) },
		{ "blockNumber", m->block_number == want.block_number },
		{ "blockHash", b32_equal(&m->block_hash, &want.block_hash) },
		{ "positionsRoot", b32_equal(&m->positions_root,
		    &want.positions_root) },
		{ "pricesHash", b32_equal(&m->prices_hash,
		    &want.prices_hash) },
		{ "verdictsRoot", b32_equal(&m->verdicts_root,
		    &want.verdicts_root) },
		{ "rulesHash", b32_equal(&m->rules_hash, &want.rules_hash) },
		{ "inputsHash", b32_equal(&m->inputs_hash,
		    &want.inputs_hash) },
		{ "status", m->status == want.status },
		{ "reason", m->reason == want.reason },
		{ "vaultCount", m->vault_count == want.vault_count },
		{ "verdictCount", m->verdict_count == want.verdict_count },
		{ "collateralValue", m->collateral_value ==
		    want.collateral_value },
		{ "debtValue", m->debt_value == want.debt_value },
	};

	for (size_t i = 0; i < ARRAY_COUNT(fields); i++)
		if (!fields[i].is_same)
			problem(v, "sequence %llu: %s is not what the files "
			    "give", sequence, fields[i].name);
}

/* ---- the file ----------------------------------------------------------- */

static void
attestation_check(struct verify *v, const struct doc *doc,
    const struct doc_node *n, struct doc_errors *errors)
{
	static struct attest_read r;
	unsigned before = errors->count;

	if (attest_json_read(&r, doc, n, errors) != ERR_OK) {
		v->problems += errors->count - before;
		return;
	}
	v->count++;
	message_check(v, &r);
	signatures_check(v, &r);
	series_check(v, &r);
	if (v->has_files)
		recompute(v, &r);
	if (v->has_journal)
		journal_look(v, &r);
}

/* A line of `margind replay` wraps its attestations and has others between. */
static void
object_check(struct verify *v, const struct doc *doc,
    const struct doc_node *n, struct doc_errors *errors)
{
	static const char *const others[] = { "tick", "price", "summary" };
	const struct doc_node *inner = doc_find(doc, n, "attestation");

	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		if (n->kind == DOC_MAP && n->count == 1 &&
		    doc_find(doc, n, others[i]))
			return;
	attestation_check(v, doc, inner ? inner : n, errors);
}

/* A line is its own document; its errors get the file's line. */
static void
line_check(struct verify *v, const char *text, size_t len)
{
	struct doc_errors errors = {
		.file = v->path, .out = stdout,
		.line_before = (uint32_t)(v->line - 1),
	};
	struct doc *doc;

	if (doc_read(&doc, text, len, &errors) != ERR_OK) {
		v->problems++;
		return;
	}
	v->problems += errors.count;
	if (doc_root(doc))
		object_check(v, doc, doc_root(doc), &errors);
	doc_free(doc);
}

/* One object over several lines, or one a line. */
static void
text_check(struct verify *v, const char *text, size_t len)
{
	struct doc_errors quiet = { .file = v->path };
	const char *end = text + len;
	struct doc *doc;

	v->line = 1;
	if (doc_read(&doc, text, len, &quiet) == ERR_OK) {
		doc_free(doc);
		line_check(v, text, len);
		return;
	}
	for (; text < end; v->line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((stop ? stop : end) - text);

		if (strspn(text, " \t\r") < line_len)
			line_check(v, text, line_len);
		text += line_len + 1;
	}
}

static bool
verify_open(struct verify *v, const struct options_given *g, int *code)
{
	const char *signer = options_get(&COMMAND, g, "signer");
	const char *book = options_get(&COMMAND, g, "book");
	const char *market = options_get(&COMMAND, g, "market");
	const char *journal = options_get(&COMMAND, g, "journal");
	uint8_t random[32];

	*code = EXIT_USAGE;
	if (!book != !market) {
		fprintf(stderr, "margind verify: --book and --market go "
		    "together\n");
		return false;
	}
	v->has_signer = signer != NULL;
	if (signer && addr_from_text(&v->signer, signer, strlen(signer))
	    != ERR_OK) {
		fprintf(stderr, "margind verify: --signer: %s is not an "
		    "address\n", signer);
		return false;
	}
	*code = EXIT_CONFIG;
	v->has_files = book && offline_read(&v->offline, book, market,
	    COMMAND.name) == ERR_OK;
	if (book && !v->has_files)
		return false;
	*code = EXIT_FAILED;
	v->has_journal = journal != NULL;
	if (journal && !journal_replay(v, journal))
		return false;
	if (getrandom(random, sizeof(random), 0) == sizeof(random) &&
	    sig_context_create(&v->sig, random) == ERR_OK)
		return true;
	fprintf(stderr, "margind verify: no randomness or memory\n");
	return false;
}

int
cmd_verify(int argc, char **argv)
{
	static struct verify v;
	struct options_given given;
	char *text = NULL;
	size_t len;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	v.path = given.operand[0];
	if (verify_open(&v, &given, &code)) {
		code = EXIT_FAILED;
		if (file_read_text(&text, &len, v.path, VERIFY_TEXT_MAX,
		    stderr) == ERR_OK) {
			text_check(&v, text, len);
			if (v.problems == 0 && v.count > 0)
				code = EXIT_OK;
			else if (v.problems == 0)
				fprintf(stderr, "%s: no attestation in it\n",
				    v.path);
			fprintf(stderr, "%s: %zu attestations, %zu signed, "
			    "%zu problems\n", v.path, v.count,
			    v.signed_count, v.problems);
		}
	}
	free(text);
	free(v.replayed);
	sig_context_destroy(v.sig);
	offline_close(&v.offline);
	return code;
}
