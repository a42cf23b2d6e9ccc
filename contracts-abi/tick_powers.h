/* contracts-abi/tick_powers.h - what contracts-abi/tick_powers.py computes for
 * tick_price.c. */
#ifndef CONTRACTS_ABI_TICK_POWERS_H
#define CONTRACTS_ABI_TICK_POWERS_H

#include <stdint.h>

#define TICK_BITS 20u

/* m * 2^(e - 255), m with its top bit set, least significant word first. */
struct tick_power {
	uint64_t m[4];
	int e;
};

/* 1.0001^(2^i) and 1.0001^-(2^i), each rounded down to 256 bits. */
extern const struct tick_power TICK_UP[TICK_BITS];
extern const struct tick_power TICK_DOWN[TICK_BITS];

#endif
