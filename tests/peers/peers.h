/* tests/peers/peers.h - what other programs take for the same work, measured
 * in turns with ours: the suites of `make bench-peers`.
 *
 * A peer that is not installed is said to be so and is no failure
 * (`make bench-peers-deps` installs all of them).  The results of both sides
 * are compared before anything is measured.
 */
#ifndef TESTS_PEERS_PEERS_H
#define TESTS_PEERS_PEERS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PEERS_NOT_INSTALLED "not installed"

/* quantlib.cc, which is linked only where QuantLib is installed: elsewhere
 * these are NULL. */
struct peer_option {
	double forward, strike, vol, tau, discount;
	bool is_call;
};
struct peer_greeks {
	double price, delta, gamma, vega, theta;
};
__attribute__((weak)) void quantlib_price(double *price,
    const struct peer_option *option, size_t count);
__attribute__((weak)) void quantlib_greeks(struct peer_greeks *out,
    const struct peer_option *option, size_t count);
/* Newton's way and that of Li, to 1e-12. */
__attribute__((weak)) void quantlib_implied(double *vol,
    const struct peer_option *option, const double *price, size_t count);
__attribute__((weak)) void quantlib_implied_li(double *vol,
    const struct peer_option *option, const double *price, size_t count);

/* node.c: tests/peers/peers.mjs as a process that answers a line with a line.
 * A peer is one of the packages that it found. */
void node_start(void);
void node_stop(void);
bool node_has(const char *peer);
/* node_ask answers the answer, until the next call. */
const char *node_ask(const char *request);

void peers_ccxt(void);
void peers_ethers(void);
void peers_quantlib(void);
void peers_recorded(void);

#ifdef __cplusplus
}
#endif

#endif
