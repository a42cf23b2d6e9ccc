/* What a signature costs around the library's own: digest, sign, both forms
 * on the wire, against the bare call on a digest that is there already. */
#include <string.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "base/must.h"
#include "contracts-abi/attest.h"
#include "oracle/sig.h"
#include "oracle/wire.h"
#include "tests/bench/bench.h"

#define ROUNDS 301u
#define SIGNATURES 10u
#define DIGESTS 200u

struct sign_bench {
	struct sig_context *ours;
	secp256k1_context *library;
	struct sig_key key;
	struct b32 separator, digest;
	struct attestation message;
	struct eip712_domain domain;
};

static void
sign_ours(void *context)
{
	struct sign_bench *b = context;

	for (unsigned i = 0; i < SIGNATURES; i++) {
		struct wire_signed reply = { .head = { WIRE_VERSION,
		    WIRE_SIGNED, sizeof(reply) } };
		struct sig_compact s;
		uint8_t compact[64];

		b->message.sequence++;
		attest_digest_with(&reply.digest, &b->separator, &b->message);
		MUST(sig_sign(&s, b->ours, &b->key, &reply.digest) == ERR_OK);
		sig_to_eip2098(compact, &s);
		reply.sequence = b->message.sequence;
		memcpy(reply.signature.r, s.r, sizeof(s.r));
		memcpy(reply.signature.s, s.s, sizeof(s.s));
		reply.signature.recovery = s.v;
		reply.signature.signer = b->key.address;
		bench_keep((uint64_t)compact[63] + reply.signature.s[31]);
	}
}

static void
sign_bare(void *context)
{
	struct sign_bench *b = context;

	for (unsigned i = 0; i < SIGNATURES; i++) {
		secp256k1_ecdsa_recoverable_signature s;

		b->digest.b[0]++;
		MUST(secp256k1_ecdsa_sign_recoverable(b->library, &s,
		    b->digest.b, b->key.secret, NULL, NULL) == 1);
		bench_keep(s.data[0]);
	}
}

static void
digest_kept(void *context)
{
	struct sign_bench *b = context;

	for (unsigned i = 0; i < DIGESTS; i++) {
		b->message.sequence++;
		attest_digest_with(&b->digest, &b->separator, &b->message);
		bench_keep(b->digest.b[0]);
	}
}

static void
digest_whole(void *context)
{
	struct sign_bench *b = context;

	for (unsigned i = 0; i < DIGESTS; i++) {
		b->message.sequence++;
		attest_digest(&b->digest, &b->domain, &b->message);
		bench_keep(b->digest.b[0]);
	}
}

void
bench_sign(void)
{
	static const uint8_t random[32] = { 1 }, secret[32] = { 2 };
	struct sign_bench b = { .message = { .sequence = 1 } };
	struct bench_side ours = { sign_ours, &b, SIGNATURES };
	struct bench_side bare = { sign_bare, &b, SIGNATURES };
	struct bench_side kept = { digest_kept, &b, DIGESTS };
	struct bench_side whole = { digest_whole, &b, DIGESTS };

	b.library = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
	MUST(b.library != NULL);
	MUST(secp256k1_context_randomize(b.library, random) == 1);
	MUST(sig_context_create(&b.ours, random) == ERR_OK);
	MUST(sig_key_from_secret(&b.key, b.ours, secret) == ERR_OK);
	b.domain.chain_id = 31337;
	attest_domain_separator(&b.separator, &b.domain);

	bench_compare("digest, sign, serialise; bare sign", &ours, &bare,
	    ROUNDS, 1.10);
	bench_note("attestation digest, separator kept",
	    bench_median_ns(&kept, ROUNDS));
	bench_note("attestation digest",
	    bench_median_ns(&whole, ROUNDS));
	sig_context_destroy(b.ours);
	secp256k1_context_destroy(b.library);
}
