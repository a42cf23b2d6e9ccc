/* oracle/cmd_attest.c - `margind attest`: an attestation of a book in a market,
 * with everything that a reader needs to recompute it. */
#include "oracle/cmd.h"

#include "base/hex.h"
#include "base/keccak.h"
#include "oracle/attest_json.h"
#include "oracle/file.h"
#include "oracle/keystore.h"
#include "oracle/machine_snapshot.h"
#include "oracle/offline.h"
#include "oracle/options.h"
#include "oracle/schema_value.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>

#include <sodium.h>

#define VAULT_TEXT_MAX (64u * 1024u)
#define VALIDITY_MS 120000u

static const struct option_row ROWS[] = {
	{ "book", "FILE", true, "the book: assets, rules, vaults" },
	{ "market", "FILE", true, "the market: prices" },
	{ "key", "FILE", false, "sign with this key file; never a running "
	  "service's" },
	{ "password-file", "FILE", false, "its password" },
	{ "sequence", "N", false, "default: as-of x 1024" },
	{ "as-of", "TIME", false, "Unix ms or RFC 3339; default: the "
	  "market's" },
	{ "chain-id", "N", false, "of the domain; default: the book's" },
	{ "contract", "ADDRESS", false, "of the domain; default: zero" },
	{ "json", NULL, false, "one JSON object (the only form)" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "attest", .rows = ROWS,
	.summary = "Prints one attestation as JSON, with the price words, the "
	    "rules and every leaf\nand its proof.  The same input gives the "
	    "same bytes.  No record of sequences is\nkept here: that is the "
	    "service's.",
};

struct attest {
	struct offline offline;
	struct attestation header;
	struct eip712_domain domain;
	struct b32 digest;
	size_t signature_count;
	struct attest_signature signature;
	struct text text;
};

/* ---- options ------------------------------------------------------------ */

static bool
domain_take(struct attest *a, const struct options_given *g)
{
	const char *contract = options_get(&COMMAND, g, "contract");

	a->domain.chain_id = a->offline.input->book.chain_id;
	if (!options_u64(&COMMAND, g, "chain-id", &a->domain.chain_id))
		return false;
	if (contract && addr_from_text(&a->domain.contract, contract,
	    strlen(contract)) != ERR_OK) {
		fprintf(stderr, "margind attest: --contract: %s is not an "
		    "address\n", contract);
		return false;
	}
	return true;
}

static bool
times_take(struct attest *a, const struct options_given *g, uint64_t *as_of)
{
	const char *text = options_get(&COMMAND, g, "as-of");

	*as_of = a->offline.market->market.as_of_ms;
	if (text && value_to_instant_ms(as_of, text, strlen(text)) != ERR_OK) {
		fprintf(stderr, "margind attest: --as-of: %s is not an "
		    "instant\n", text);
		return false;
	}
	if (*as_of == 0 || *as_of > UINT64_MAX / 1024 - VALIDITY_MS) {
		fprintf(stderr, "margind attest: no usable as-of in the market "
		    "or in --as-of\n");
		return false;
	}
	a->header.sequence = *as_of * 1024;
	return options_u64(&COMMAND, g, "sequence", &a->header.sequence);
}

/* ---- signing ------------------------------------------------------------ */

static int
sign(struct attest *a, const char *key_path, const char *password_path)
{
	struct sig_context *context = NULL;
	struct sig_key key;
	uint8_t random[32];
	char why[512];
	enum err e;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (sodium_init() < 0 ||
	    getrandom(random, sizeof(random), 0) != sizeof(random) ||
	    sig_context_create(&context, random) != ERR_OK) {
		fprintf(stderr, "margind attest: no randomness or memory\n");
		return EXIT_SIGNER;
	}
	explicit_bzero(random, sizeof(random));
	e = keystore_read_key(&key, context, key_path, password_path, why,
	    sizeof(why));
	if (e == ERR_OK) {
		e = sig_sign(&a->signature.signature, context, &key,
		    &a->digest);
		a->signature.signer = key.address;
		sig_key_wipe(&key);
		snprintf(why, sizeof(why), "the signature failed");
	}
	sig_context_destroy(context);
	if (e != ERR_OK) {
		fprintf(stderr, "margind attest: %s\n", why);
		return EXIT_SIGNER;
	}
	a->signature_count = 1;
	return EXIT_OK;
}

/* ---- printing ----------------------------------------------------------- */

static bool
emit(struct attest *a)
{
	struct text *t = &a->text;
	bool ok = !t->failed && fwrite(t->at, 1, t->len, stdout) == t->len;

	text_clear(t);
	return ok;
}

static void
prices_put(struct attest *a)
{
	const struct machine *k = a->offline.snapshot->machine;
	struct text *t = &a->text;

	text_put(t, ",\"prices\":[");
	for (size_t i = 0; i < k->book.asset_count; i++) {
		const struct price *p = &k->market.asset[i].price;
		const char *name = k->book.assets[i].name;

		text_put(t, i > 0 ? ",{\"asset\":" : "{\"asset\":");
		text_json_string(t, name, strlen(name));
		text_put(t, ",\"id\":");
		text_json_hex(t, k->book.assets[i].id.b, 32);
		text_put(t, ",\"word\":");
		text_json_hex(t, k->word[i].b, 32);
		text_put(t, ",\"mid\":");
		text_json_u128(t, px18_to_raw(p->mid), 18);
		text_put(t, ",\"low\":");
		text_json_u128(t, px18_to_raw(p->low), 18);
		text_put(t, ",\"high\":");
		text_json_u128(t, px18_to_raw(p->high), 18);
		text_printf(t, ",\"status\":\"%s\"}",
		    price_status_name(p->status));
	}
	text_put(t, "]");
}

static bool
rules_put(struct attest *a)
{
	static uint8_t blob[BOOKFILE_BLOB_MAX];
	struct b32 hash;
	size_t len;

	if (bookfile_rules_blob(blob, &len, &hash,
	    &a->offline.input->book) != ERR_OK)
		return false;
	text_put(&a->text, ",\"rules\":");
	text_json_hex(&a->text, blob, len);
	return true;
}

static void
proof_put(struct text *t, const struct merkle *tree, uint32_t slot)
{
	struct b32 proof[MERKLE_DEPTH_MAX];
	size_t len = 0;

	if (merkle_prove(proof, &len, tree, slot) != ERR_OK)
		len = 0;
	text_printf(t, ",\"slot\":%u,\"proof\":[", slot);
	for (size_t i = 0; i < len; i++) {
		text_put(t, i > 0 ? "," : "");
		text_json_hex(t, proof[i].b, 32);
	}
	text_put(t, "]}");
}

static void
legs_put(struct text *t, const char *key, const struct leg_word *legs,
    size_t count)
{
	text_printf(t, ",\"%s\":[", key);
	for (size_t i = 0; i < count; i++) {
		text_put(t, i > 0 ? ",{\"asset\":" : "{\"asset\":");
		text_json_hex(t, legs[i].asset.b, 32);
		text_put(t, ",\"amount\":");
		text_json_u128(t, legs[i].amount, 0);
		text_put(t, "}");
	}
	text_put(t, "]");
}

static void
vault_put(struct attest *a, uint32_t slot)
{
	const struct machine *k = a->offline.snapshot->machine;
	const struct vault *v = &a->offline.input->book.vaults[slot];
	static struct machine_legs legs;
	struct position_leaf position;
	uint32_t at = machine_verdict_slot(k, slot);
	struct text *t = &a->text;

	machine_position_leaf(&position, &legs, k, v);
	text_put(t, slot > 0 ? ",{\"vault\":" : "{\"vault\":");
	text_json_string(t, v->name, strlen(v->name));
	text_printf(t, ",\"state\":\"%s\"",
	    vault_state_name(k->tables.state[slot]));
	legs_put(t, "collateral", legs.collateral, v->collateral_count);
	legs_put(t, "debt", legs.debt, v->debt_count);
	text_put(t, ",\"position\":{\"leaf\":");
	attest_json_position(t, &position);
	proof_put(t, &k->positions, slot);
	text_put(t, ",\"verdict\":");
	if (at == MACHINE_NO_SLOT) {
		text_put(t, "null}");
		return;
	}
	text_put(t, "{\"leaf\":");
	attest_json_verdict(t, &k->tables.leaf[at]);
	proof_put(t, &k->verdicts, at);
	text_put(t, "}");
}

static bool
print(struct attest *a)
{
	uint32_t count = a->offline.input->book.vault_count;

	text_put(&a->text, "{");
	attest_json_fields(&a->text, &a->domain, &a->header, &a->digest,
	    &a->signature, a->signature_count);
	prices_put(a);
	if (!rules_put(a))
		return false;
	text_put(&a->text, ",\"vaults\":[");
	for (uint32_t i = 0; i < count; i++) {
		if (!emit(a))
			return false;
		vault_put(a, i);
	}
	text_put(&a->text, "]}\n");
	return emit(a);
}

/* ---- the command -------------------------------------------------------- */

static int
attest(struct attest *a, const struct options_given *g)
{
	const char *key = options_get(&COMMAND, g, "key");
	const char *password = options_get(&COMMAND, g, "password-file");
	uint64_t as_of;
	int code = EXIT_OK;

	if (!domain_take(a, g) || !times_take(a, g, &as_of))
		return EXIT_USAGE;
	if (offline_evaluate(&a->offline, as_of) != ERR_OK)
		return EXIT_FAILED;
	offline_header(&a->header, &a->offline);
	a->header.valid_until = as_of + VALIDITY_MS;
	attest_digest(&a->digest, &a->domain, &a->header);
	if (key)
		code = sign(a, key, password);
	if (code != EXIT_OK)
		return code;
	text_init(&a->text, ATTEST_JSON_MAX + 4 * BOOKFILE_BLOB_MAX +
	    VAULT_TEXT_MAX);
	code = print(a) ? EXIT_OK : EXIT_FAILED;
	text_free(&a->text);
	return code;
}

int
cmd_attest(int argc, char **argv)
{
	static struct attest a;
	struct options_given given;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	if (!options_get(&COMMAND, &given, "key") !=
	    !options_get(&COMMAND, &given, "password-file")) {
		fprintf(stderr, "margind attest: --key and --password-file "
		    "go together\n");
		return EXIT_USAGE;
	}
	if (offline_read(&a.offline, options_get(&COMMAND, &given, "book"),
	    options_get(&COMMAND, &given, "market"),
	    COMMAND.name) != ERR_OK)
		return EXIT_CONFIG;
	code = attest(&a, &given);
	offline_close(&a.offline);
	return code;
}
