/* base/types.h - the few words that every floor shares.
 *
 * Limits: none of these types owns memory; all are plain values that may be
 * copied, compared field by field and kept on the stack.
 */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

#define U128_MAX (~(u128)0)
#define I128_MAX ((i128)(U128_MAX >> 1))
#define I128_MIN (-I128_MAX - 1)

#define MUST_CHECK __attribute__((warn_unused_result))
#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Answers of a function that the world can make fail.  A caller's bug is not
 * among them: that is MUST (base/must.h).  Outputs are untouched unless the
 * answer is ERR_OK. */
enum err {
	ERR_OK = 0,
	ERR_SYNTAX,	/* text or bytes that are not of the expected form */
	ERR_RANGE,	/* a number that does not fit its type or its bound */
	ERR_LIMIT,	/* more items or bytes than the declared ceiling */
	ERR_UNKNOWN,	/* a name, id or key that is not in the table */
	ERR_MISSING,	/* a required field that is absent */
	ERR_DUPLICATE,	/* a key that is already there */
	ERR_UNIT,	/* quantities whose units do not match */
	ERR_STALE,	/* older than its deadline */
	ERR_QUORUM,	/* fewer independent sources than required */
	ERR_REFUSED,	/* policy says no */
	ERR_STATE,	/* not possible in the present state */
	ERR_AUTH,	/* wrong password, key, signature or credentials */
	ERR_IO,		/* the machine: file, socket, disk; errno has more */
	ERR_CHAIN,	/* the chain answers, but not what it must */
};

/* err_name returns a static lower-case word for e, never NULL. */
const char *err_name(enum err e);

/* Byte strings of the chain's types, most significant byte first. */
struct b32 {
	uint8_t b[32];
};

struct addr {
	uint8_t b[20];
};

bool b32_equal(const struct b32 *a, const struct b32 *b);
bool b32_is_zero(const struct b32 *a);
/* b32_compare orders as unsigned big-endian numbers: <0, 0, >0. */
int b32_compare(const struct b32 *a, const struct b32 *b);
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_is_zero(const struct addr *a);

#endif
