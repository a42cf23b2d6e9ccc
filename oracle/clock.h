/* oracle/clock.h - the clocks of the shells.  Nothing that decides reads one:
 * time reaches the machine and the policy as an argument. */
#ifndef ORACLE_CLOCK_H
#define ORACLE_CLOCK_H

#include <stdint.h>

uint64_t clock_wall_ms(void);		/* Unix time; may step */
uint64_t clock_monotonic_ns(void);	/* for latencies */
uint64_t clock_boot_ms(void);		/* for deadlines; counts sleep too */

#endif
