/* tests/incidents/incidents.h - the incidents, a row each.  R-numbers, dates
 * and figures are those of the record (each row names its source). */
#ifndef TESTS_INCIDENTS_INCIDENTS_H
#define TESTS_INCIDENTS_INCIDENTS_H

#include "tests/incidents/report.h"

/* lies.c: one venue, or two, say what is not so. */
extern const struct incident incident_r1, incident_r2, incident_r6,
    incident_r15;
/* publishers.c: publishers that say nothing, too much, or do not know. */
extern const struct incident incident_r7, incident_r8;
/* crash.c: everybody says it, and it is true. */
extern const struct incident incident_r3, incident_r4;
/* luna.c: a price on its way to nothing, and its name afterwards. */
extern const struct incident incident_r10, incident_r11;
/* wrapped.c: a rate, a market, and what is the price. */
extern const struct incident incident_r12, incident_r14, incident_r21,
    incident_r25;
/* binance.c: one exchange's prices of its own tokens. */
extern const struct incident incident_r20;
/* stable.c: money that is not worth its name. */
extern const struct incident incident_r16, incident_r17, incident_r22;
/* pools.c: prices that a pool tells. */
extern const struct incident incident_r5, incident_r9;
/* thin.c: true prices of thin markets. */
extern const struct incident incident_r13, incident_r18;
/* units.c: a wrong scale, a wrong unit. */
extern const struct incident incident_r23, incident_r24;
/* gaps.c: messages that are missing, doubled, or do not come. */
extern const struct incident incident_r30;

#endif
