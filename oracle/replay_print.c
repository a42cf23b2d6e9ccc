/* oracle/replay_print.c - the lines of a frame replay and their digest
 * (replay.h).  The digest is keccak256 of every byte of the lines before the
 * summary, their newlines included, whether they are printed or not. */
#include "oracle/replay.h"

#include "base/hex.h"
#include "base/must.h"
#include "feeds/tick_text.h"
#include "oracle/attest_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES (ATTEST_JSON_MAX + 1024u)

void
replay_names_add(struct replay_names *n, const char *name)
{
	static const char others[] = "(others)";
	size_t at = 0;

	if (name[0] == '\0')
		name = "(unnamed)";
	while (at < n->count && strcmp(n->row[at].name, name) != 0)
		at++;
	if (at == n->count && n->count >= REPLAY_NAMES_MAX - 1 &&
	    strcmp(name, others) != 0) {
		replay_names_add(n, others);
		return;
	}
	MUST(at < REPLAY_NAMES_MAX);
	if (at == n->count)
		snprintf(n->row[n->count++].name, sizeof(n->row[0].name), "%s",
		    name);
	n->row[at].times++;
}

static int
name_compare(const void *a, const void *b)
{
	return strcmp(a, b);	/* a row begins with its name */
}

void
replay_output_begin(struct replay_output *o, bool is_json)
{
	memset(o, 0, sizeof(*o));
	o->is_json = is_json;
	keccak256_init(&o->digest);
	text_init(&o->text, LINE_MAX_BYTES);
}

static void
line_end(struct replay_output *o)
{
	text_put(&o->text, "\n");
	MUST(!o->text.failed);
	keccak256_update(&o->digest, o->text.at, o->text.len);
	if (o->is_json)
		(void)fwrite(o->text.at, 1, o->text.len, stdout);
	text_clear(&o->text);
}

void
replay_print_tick(struct replay_output *o, const char *venue,
    const struct tick *t, uint64_t recv_ms)
{
	char line[TICK_TEXT_BUF];
	size_t len = tick_to_json(line, sizeof(line), venue, t, recv_ms);

	text_append(&o->text, line, len);
	line_end(o);
	o->ticks++;
}

void
replay_print_price(struct replay_output *o, const char *unit,
    const struct price *p, uint64_t as_of_ms)
{
	struct text *t = &o->text;

	text_put(t, "{\"price\":{\"asset\":");
	text_json_string(t, unit, strlen(unit));
	text_put(t, ",\"mid\":");
	text_json_u128(t, px18_to_raw(p->mid), 18);
	text_put(t, ",\"low\":");
	text_json_u128(t, px18_to_raw(p->low), 18);
	text_put(t, ",\"high\":");
	text_json_u128(t, px18_to_raw(p->high), 18);
	text_printf(t, ",\"sources\":%" PRIu32 ",\"oldest_age_ms\":%" PRIu32
	    ",\"skew_ms\":%" PRIu32 ",\"status\":\"%s\",\"reason\":\"%s\","
	    "\"as_of\":%" PRIu64 "}}", p->sources, p->age_ms, p->skew_ms,
	    price_status_name(p->status), price_reason_name(p->reason),
	    as_of_ms);
	line_end(o);
	o->prices++;
}

void
replay_print_attestation(struct replay_output *o,
    const struct eip712_domain *d, const struct attestation *a,
    const struct b32 *digest)
{
	text_put(&o->text, "{\"attestation\":");
	attest_json(&o->text, d, a, digest, NULL, 0);
	text_put(&o->text, "}");
	line_end(o);
	o->attestations++;
}

static uint64_t
names_total(const struct replay_names *n)
{
	uint64_t total = 0;

	for (size_t i = 0; i < n->count; i++)
		total += n->row[i].times;
	return total;
}

static void
names_print(const char *key, struct replay_names *n)
{
	struct text t;

	qsort(n->row, n->count, sizeof(n->row[0]), name_compare);
	text_init(&t, 64u * 1024u);
	text_printf(&t, ",\"%s\":{", key);
	for (size_t i = 0; i < n->count; i++) {
		text_put(&t, i > 0 ? "," : "");
		text_json_string(&t, n->row[i].name,
		    strlen(n->row[i].name));
		text_printf(&t, ":%" PRIu64, n->row[i].times);
	}
	text_put(&t, "}");
	MUST(!t.failed);
	fputs(t.at, stdout);
	text_free(&t);
}

void
replay_output_end(struct replay_output *o)
{
	char hex[HEX_B32_BUF];
	struct b32 digest;

	keccak256_final(&o->digest, &digest);
	hex_from_bytes(hex, digest.b, sizeof(digest.b));
	text_free(&o->text);
	if (!o->is_json) {
		printf("%" PRIu64 " frames, %" PRIu64 " ticks, %" PRIu64
		    " price lines, %" PRIu64 " attestations\n%" PRIu64
		    " frames ignored, %" PRIu64 " unknown, %" PRIu64
		    " rejected, %" PRIu64 " gaps\ndigest %s\n", o->frames,
		    o->ticks, o->prices, o->attestations,
		    names_total(&o->ignored), names_total(&o->unknown),
		    names_total(&o->rejected), o->gaps, hex);
		return;
	}
	printf("{\"summary\":{\"frames\":%" PRIu64 ",\"ticks\":%" PRIu64,
	    o->frames, o->ticks);
	names_print("ignored", &o->ignored);
	names_print("unknown", &o->unknown);
	names_print("rejected", &o->rejected);
	printf(",\"gaps\":%" PRIu64 ",\"digest\":\"%s\"}}\n", o->gaps, hex);
}
